//! A load on a thread of its own, which goes on until it is stopped: beside what is measured, or more than can be answered.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::future::{join_all, try_join_all};
use tokio::time::sleep;

use crate::http::Connection;
use crate::stopwatch::Stopwatch;

/// How far behind others a thread is.
const BEHIND: i32 = 10;

/// Makes request `number`.
pub(crate) type Requests = Arc<dyn Fn(usize) -> Vec<u8> + Send + Sync>;

/// How requests come.
#[derive(Clone, Copy)]
pub(crate) enum Arrivals {
    /// Each client sends the next as soon as it has its answer.
    OneByOne { clients: usize },
    /// So many a second, whether those before were answered or not, as long as one of the connections is free.
    Anyway { per_second: f64, connections: usize },
}

/// A load that is on.
pub(crate) struct Pressure {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Answers>>,
}

/// What was answered.
pub(crate) struct Answers {
    /// How long the accepted ones took.
    pub(crate) accepted: Vec<Duration>,
    /// How long the refusals took.
    pub(crate) refused: Vec<Duration>,
    pub(crate) seconds: f64,
}

impl Pressure {
    /// Beside what is measured. It has what the processors have left: a flood comes from elsewhere, and takes no time from
    /// who is measured.
    pub(crate) fn start(
        address: &str,
        requests: &Requests,
        first: usize,
        arrivals: Arrivals,
    ) -> Self {
        Self::spawn(address, requests, first, arrivals, BEHIND)
    }

    fn spawn(
        address: &str,
        requests: &Requests,
        first: usize,
        arrivals: Arrivals,
        niceness: i32,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (address, requests) = (address.to_owned(), Arc::clone(requests));
        let thread = {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                // Of this thread alone.
                rustix::process::nice(niceness)?;
                run(&address, &requests, first, arrivals, &stop)
            })
        };
        Self { stop, thread }
    }

    pub(crate) fn stop(self) -> Result<Answers> {
        self.stop.store(true, Ordering::Relaxed);
        let answers = self.thread.join();
        answers.ok().context("the load generator panicked")?
    }
}

/// What is measured itself, for so long.
pub(crate) fn press(
    address: &str,
    requests: &Requests,
    first: usize,
    arrivals: Arrivals,
    time: Duration,
) -> Result<Answers> {
    let pressure = Pressure::spawn(address, requests, first, arrivals, 0);
    std::thread::sleep(time);
    pressure.stop()
}

impl Answers {
    pub(crate) fn per_second(&self) -> f64 {
        self.accepted.len() as f64 / self.seconds
    }

    /// How many were sent for each second, whatever came of them.
    pub(crate) fn sent_per_second(&self) -> f64 {
        (self.accepted.len() + self.refused.len()) as f64 / self.seconds
    }
}

fn run(
    address: &str,
    requests: &Requests,
    first: usize,
    arrivals: Arrivals,
    stop: &AtomicBool,
) -> Result<Answers> {
    let (clients, per_second) = match arrivals {
        Arrivals::OneByOne { clients } => (clients, None),
        Arrivals::Anyway {
            per_second,
            connections,
        } => (connections, Some(per_second)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let connections = try_join_all((0..clients).map(|_| Connection::open(address))).await?;
        let schedule = Schedule {
            requests,
            first,
            count: Rc::new(Cell::new(0)),
            watch: Stopwatch::start(),
            per_second,
            stop,
        };
        let clients = connections
            .into_iter()
            .map(|connection| client(connection, &schedule));
        let parts: Result<Vec<_>> = join_all(clients).await.into_iter().collect();
        let seconds = schedule.watch.elapsed().as_secs_f64();
        let (accepted, refused): (Vec<_>, Vec<_>) = parts?.into_iter().unzip();
        Ok(Answers {
            accepted: accepted.concat(),
            refused: refused.concat(),
            seconds,
        })
    })
}

/// What the clients of a load share.
struct Schedule<'a> {
    requests: &'a Requests,
    first: usize,
    count: Rc<Cell<usize>>,
    watch: Stopwatch,
    per_second: Option<f64>,
    stop: &'a AtomicBool,
}

impl Schedule<'_> {
    /// The next request, when it is time for it; none once this is over.
    async fn next(&self) -> Option<Vec<u8>> {
        let number = self.count.replace(self.count.get() + 1);
        if let Some(per_second) = self.per_second {
            let due = Duration::from_secs_f64(number as f64 / per_second);
            if let Some(early) = due.checked_sub(self.watch.elapsed()) {
                sleep(early).await;
            }
        }
        let is_over = self.stop.load(Ordering::Relaxed);
        (!is_over).then(|| (self.requests)(self.first + number))
    }
}

async fn client(
    mut connection: Connection,
    schedule: &Schedule<'_>,
) -> Result<(Vec<Duration>, Vec<Duration>)> {
    const OVERLOADED: u16 = 503;
    let (mut accepted, mut refused) = (vec![], vec![]);
    while let Some(request) = schedule.next().await {
        let watch = Stopwatch::start();
        let (status, body) = connection.exchange(&request).await?;
        match status {
            200..300 => accepted.push(watch.elapsed()),
            OVERLOADED => {
                let body = String::from_utf8_lossy(body);
                ensure!(body.contains("overloaded"), "it was answered with {body}");
                refused.push(watch.elapsed());
            }
            _ => bail!(
                "a request was answered with {status}: {}",
                String::from_utf8_lossy(body)
            ),
        }
    }
    Ok((accepted, refused))
}
