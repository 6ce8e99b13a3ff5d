//! Lanes: each takes the organisation whose turn it is, and runs its requests that wait as one group.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use futures_util::FutureExt as _;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::connection::{discard, reason};
use super::cycle::{Cycle, Failure, Group};
use super::health::{Health, SILENT};
use super::queue::{Line, Queue};
use super::statistics::Statistics;
use crate::commits::Commits;
use crate::known_keys::KnownKeys;
use crate::{Clock, Org, Settings, Write, WriteError, Written};

/// Organisations that are written to at once, each on a connection of its own.
pub(super) const LANES: usize = 4;
/// How often a group is tried that others keep from being committed.
const TRIES: u32 = 10;
/// How long to wait before the next try, at most, for each that failed.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a group may take.
const GROUP_WITHIN: Duration = Duration::from_secs(30);

/// A request, and where to answer.
pub(super) struct Job {
    pub(super) write: Write,
    pub(super) answer: oneshot::Sender<Result<Written, WriteError>>,
}

/// The way to the lanes.
pub(super) struct Lanes {
    queue: Arc<Queue>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Lanes {
    pub(super) fn start(
        pool: Pool,
        settings: Settings,
        clock: Clock,
        commits: Commits,
        health: Health,
        known_keys: Arc<KnownKeys>,
        statistics: Statistics,
    ) -> Self {
        let queue = Arc::new(Queue::new(&settings));
        let tasks = (0..LANES).map(|_| {
            let lane = Lane {
                queue: Arc::clone(&queue),
                pool: pool.clone(),
                cycle: Cycle::new(clock.clone(), settings.idempotency_keys_max),
                clock: clock.clone(),
                commits: commits.clone(),
                health: health.clone(),
                known_keys: Arc::clone(&known_keys),
                statistics: statistics.clone(),
            };
            tokio::spawn(lane.run())
        });
        let tasks = Mutex::new(tasks.collect());
        Self { queue, tasks }
    }

    /// Hands over a request, or says at once that too many wait.
    pub(super) fn send(&self, job: Job) -> Result<(), WriteError> {
        self.queue.push(job)
    }

    /// Takes no more, and waits until what was taken is done.
    pub(super) async fn close(&self) {
        self.queue.close();
        let tasks: Vec<JoinHandle<()>> = lock(&self.tasks).drain(..).collect();
        for task in tasks {
            if task.await.is_err() {
                tracing::error!("a writer panicked");
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Lane {
    queue: Arc<Queue>,
    pool: Pool,
    cycle: Cycle,
    clock: Clock,
    commits: Commits,
    health: Health,
    known_keys: Arc<KnownKeys>,
    statistics: Statistics,
}

impl Lane {
    async fn run(mut self) {
        while let Some(line) = Queue::next(&self.queue).await {
            self.run_group(line).await;
        }
    }

    /// One transaction for all; if it fails, one for each, so that only the guilty one fails.
    async fn run_group(&mut self, mut line: Line) {
        let (org, mut group) = (line.org, std::mem::take(&mut line.group));
        // Whoever has been told that the database is away, or is gone, asks again if need be.
        group.retain(|job| !job.answer.is_closed());
        if group.is_empty() {
            return;
        }
        let begun = self.clock.now();
        let writes: Vec<&Write> = group.iter().map(|job| &job.write).collect();
        let results = match self.transact(org, &writes).await {
            Ok(results) => results,
            Err(error @ WriteError::Failed(_)) if writes.len() > 1 => {
                tracing::warn!(%error, requests = writes.len(), "a group failed; running its requests one by one");
                let mut results = vec![];
                for write in &writes {
                    results.push(self.transact_one(org, write).await);
                }
                results
            }
            Err(error) => writes.iter().map(|_| Err(error.clone())).collect(),
        };
        let micros = self.clock.now().as_micros() - begun.as_micros();
        let len = writes.iter().map(|write| write.items.len()).sum();
        line.took(len, micros.max(0).unsigned_abs());
        metrics::histogram!("lanekeeper_write_group_len").record(group.len() as f64);
        metrics::histogram!("lanekeeper_write_group_seconds").record(micros as f64 / 1e6);
        for (job, result) in group.into_iter().zip(results) {
            // Whoever asked may be gone; what was made stays made.
            drop(job.answer.send(result));
        }
    }

    async fn transact_one(&mut self, org: Org, write: &Write) -> Result<Written, WriteError> {
        let mut results = self.transact(org, &[write]).await?;
        results.pop().expect("one result for one request")
    }

    async fn transact(
        &mut self,
        org: Org,
        writes: &[&Write],
    ) -> Result<Vec<Result<Written, WriteError>>, WriteError> {
        let health = self.health.clone();
        let out_of_reach = || WriteError::Unreachable(SILENT.to_owned());
        let run = timeout(GROUP_WITHIN, self.try_often(org, writes));
        let run = tokio::select! {
            // It may have been committed: a standby that is waited for may be away.
            run = run => run.unwrap_or_else(|_| Err(WriteError::Unreachable("it took too long".to_owned()))),
            () = health.lost() => Err(out_of_reach()),
        };
        match run {
            Ok(Group {
                results,
                committed,
                changes,
                revokes_keys,
            }) => {
                if revokes_keys {
                    self.known_keys.forget();
                    self.health.tell_revocation();
                }
                self.statistics.wrote(changes);
                if let Some(sequence) = committed {
                    self.commits.tell(org, sequence);
                    self.health.tell(org, sequence);
                }
                Ok(results)
            }
            Err(error) => {
                tracing::error!(%error, "a transaction failed");
                if matches!(error, WriteError::Unreachable(_)) {
                    // It may have been committed: whoever waits looks for it.
                    self.known_keys.forget();
                    self.commits.tell(org, 0);
                    self.health.tell(org, 0);
                }
                Err(error)
            }
        }
    }

    /// Loads, plans and applies again if others were in the way.
    async fn try_often(&mut self, org: Org, writes: &[&Write]) -> Result<Group, WriteError> {
        let mut tried = 0;
        loop {
            tried += 1;
            let client = self.pool.get().await;
            let client = client.map_err(|error| WriteError::Unreachable(reason(&error)))?;
            let client = Connection(Some(client));
            let run = AssertUnwindSafe(self.cycle.run(client.get(), org, writes));
            let run = run.catch_unwind().await;
            match run.unwrap_or(Err(Failure::Panic)) {
                Ok(group) => {
                    client.keep();
                    return Ok(group);
                }
                Err(failure) if failure.is_passing() && tried < TRIES => {
                    tracing::debug!(%failure, tried, "trying again");
                    drop(client);
                    let pause = PAUSE * tried;
                    sleep(pause.mul_f64(fastrand::f64())).await;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }
}

/// A connection that is closed unless its transaction has ended.
struct Connection(Option<Object>);

impl Connection {
    fn get(&self) -> &Object {
        self.0.as_ref().expect("it is there until it is dropped")
    }

    fn keep(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(discard);
    }
}
