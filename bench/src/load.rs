//! The load generator: one thread, as many keep-alive connections as clients, every answer counted.

use std::cell::Cell;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use futures_util::future::{join_all, try_join_all};
use serde_json::Value;

use crate::http::Connection;
use crate::process;
use crate::stopwatch::Stopwatch;
use crate::times::Times;

/// How a number of requests went.
pub(crate) struct Load {
    pub(crate) per_second: f64,
    pub(crate) times: Times,
    /// How much of one core this generator took: near 1, it is itself what limits.
    pub(crate) cores: f64,
}

/// Sends every request once: each client takes the next as soon as it has its answer.
///
/// # Errors
/// At the first answer that is not 2xx: a benchmark of failures would be fast.
pub(crate) fn send(address: &str, requests: &[Vec<u8>], clients: usize) -> Result<Load> {
    let load = run(address, clients, |number| requests.get(number))?;
    ensure!(
        load.times.count == requests.len(),
        "some requests were not sent"
    );
    Ok(load)
}

/// Sends the requests in turn, `count` times in all, or as often as there is time for.
///
/// # Errors
/// At the first answer that is not 2xx.
pub(crate) fn repeat(
    address: &str,
    requests: &[Vec<u8>],
    clients: usize,
    (count, within): (usize, Duration),
) -> Result<Load> {
    let watch = Stopwatch::start();
    run(address, clients, |number| {
        let is_over = number >= count || (number >= clients && watch.elapsed() >= within);
        (!is_over).then(|| &requests[number % requests.len()])
    })
}

fn run<'a>(
    address: &str,
    clients: usize,
    request: impl Fn(usize) -> Option<&'a Vec<u8>>,
) -> Result<Load> {
    let count = Cell::new(0);
    let next = || request(count.replace(count.get() + 1));
    let runtime = runtime()?;
    runtime.block_on(async {
        let connections = try_join_all((0..clients).map(|_| Connection::open(address))).await?;
        let cpu = process::cpu_seconds(std::process::id())?;
        let watch = Stopwatch::start();
        let clients = connections
            .into_iter()
            .map(|connection| client(connection, &next));
        let times: Result<Vec<_>> = join_all(clients).await.into_iter().collect();
        let elapsed = watch.elapsed().as_secs_f64();
        let cpu = process::cpu_seconds(std::process::id())? - cpu;
        let times = times?.concat();
        ensure!(!times.is_empty(), "nothing was sent");
        Ok(Load {
            per_second: times.len() as f64 / elapsed,
            times: Times::of(times),
            cores: cpu / elapsed,
        })
    })
}

/// Sends a request `count` times, or as often as there is time for, each time behind another one, which is not timed.
///
/// # Errors
/// At the first answer that is not 2xx.
pub(crate) fn behind(
    address: &str,
    another: impl Fn(usize) -> Vec<u8>,
    request: &[u8],
    (count, within): (usize, Duration),
) -> Result<Times> {
    let watch = Stopwatch::start();
    runtime()?.block_on(async {
        let mut connection = Connection::open(address).await?;
        let mut times = vec![];
        while times.len() < count && (times.is_empty() || watch.elapsed() < within) {
            exchanged(&mut connection, &another(times.len())).await?;
            times.push(exchanged(&mut connection, request).await?);
        }
        Ok(Times::of(times))
    })
}

/// The body of one answer.
pub(crate) fn get(address: &str, path: &str) -> Result<String> {
    exchange(address, &get_request(path))
}

/// The body of the answer to a request.
pub(crate) fn exchange(address: &str, request: &[u8]) -> Result<String> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(address).await?;
        let (status, body) = connection.exchange(request).await?;
        match status {
            200 => Ok(String::from_utf8_lossy(body).into_owned()),
            _ => bail!("{}", refusal(status, body)),
        }
    })
}

pub(crate) fn get_request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_io().build()?)
}

async fn client<'a>(
    mut connection: Connection,
    next: &impl Fn() -> Option<&'a Vec<u8>>,
) -> Result<Vec<Duration>> {
    let mut times = vec![];
    while let Some(request) = next() {
        times.push(exchanged(&mut connection, request).await?);
    }
    Ok(times)
}

/// How long a request took that succeeded.
async fn exchanged(connection: &mut Connection, request: &[u8]) -> Result<Duration> {
    let watch = Stopwatch::start();
    let (status, body) = connection.exchange(request).await?;
    let elapsed = watch.elapsed();
    ensure!((200..300).contains(&status), refusal(status, body));
    Ok(elapsed)
}

/// What an answer says that is no success: its code is enough, where it has one.
fn refusal(status: u16, body: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let code = json.as_ref().and_then(|json| json["code"].as_str());
    match code {
        Some(code) => format!("a request was answered with {status} {code}"),
        None => {
            let body = String::from_utf8_lossy(body);
            format!("a request was answered with {status}: {body}")
        }
    }
}
