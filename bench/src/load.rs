//! The load generator: one thread, as many keep-alive connections as clients, every answer counted.

use std::cell::Cell;
use std::time::Duration;

use anyhow::{Result, bail};
use futures_util::future::{join_all, try_join_all};

use crate::http::Connection;
use crate::stopwatch::Stopwatch;

/// How a number of requests went.
pub(crate) struct Load {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Sends every request once: each client takes the next as soon as it has its answer.
///
/// # Errors
/// At the first answer that is not 2xx: a benchmark of failures would be fast.
pub(crate) fn send(address: &str, requests: &[Vec<u8>], clients: usize) -> Result<Load> {
    let next = Cell::new(0);
    let runtime = runtime()?;
    runtime.block_on(async {
        let connections = try_join_all((0..clients).map(|_| Connection::open(address))).await?;
        let watch = Stopwatch::start();
        let clients = connections
            .into_iter()
            .map(|connection| client(connection, requests, &next));
        let times: Result<Vec<_>> = join_all(clients).await.into_iter().collect();
        let elapsed = watch.elapsed();
        let mut times = times?.concat();
        times.sort_unstable();
        anyhow::ensure!(times.len() == requests.len(), "some requests were not sent");
        Ok(Load {
            per_second: times.len() as f64 / elapsed.as_secs_f64(),
            p50: percentile(&times, 50),
            p99: percentile(&times, 99),
        })
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
        let body = String::from_utf8_lossy(body).into_owned();
        match status {
            200 => Ok(body),
            _ => bail!("a request was answered with {status}: {body}"),
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

async fn client(
    mut connection: Connection,
    requests: &[Vec<u8>],
    next: &Cell<usize>,
) -> Result<Vec<Duration>> {
    let mut times = vec![];
    while let Some(request) = requests.get(next.replace(next.get() + 1)) {
        let watch = Stopwatch::start();
        let (status, body) = connection.exchange(request).await?;
        times.push(watch.elapsed());
        if !(200..300).contains(&status) {
            let body = String::from_utf8_lossy(body);
            bail!("a request was answered with {status}: {body}");
        }
    }
    Ok(times)
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = sorted.len() * percent / 100;
    sorted[place.min(sorted.len() - 1)]
}
