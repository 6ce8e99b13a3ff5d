//! The writer thread: takes what waits, runs it as one group, answers each.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, params};
use tokio::sync::watch;
use uuid::Uuid;

use super::cycle::{Cycle, Group};
use super::queue::{Queue, Touch, Waiting};
use crate::commits::Commits;
use crate::known_keys::KnownKeys;
use crate::{Clock, Org, Settings, Write, WriteError, Written};

/// How often the log is copied into the file, beside the writer.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);
/// Pages in the log after which the writer itself helps, so that the log can begin anew.
const LOG_PAGES_MAX: i64 = 16_384;

/// The way to the writer thread.
pub(super) struct Writer {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the writer on `main`, and checkpoints on `beside`.
    pub(super) fn start(
        main: Connection,
        beside: Connection,
        settings: Settings,
        clock: Clock,
        commits: Commits,
        known_keys: Arc<KnownKeys>,
        failing: watch::Sender<bool>,
    ) -> Self {
        let queue = Arc::new(Queue::new(&settings, clock.clone()));
        let (stop, stopped) = channel();
        let log_pages = Arc::new(Mutex::new(0));
        let checkpoints = Checkpoints {
            log_pages: Arc::clone(&log_pages),
            _stop: stop,
        };
        let cycle = Cycle::new(clock.clone(), settings.idempotency_keys_max);
        let also_failing = failing.clone();
        let thread = WriterThread {
            queue: Arc::clone(&queue),
            main,
            cycle,
            clock,
            commits,
            known_keys,
            failing,
            checkpoints,
        };
        let threads = vec![
            spawn("writer", move || thread.run()),
            spawn("checkpoints", move || {
                checkpoint_beside(&beside, &log_pages, &stopped, &also_failing);
            }),
        ];
        Self {
            queue,
            threads: Mutex::new(threads),
        }
    }

    /// Hands over a request, or says at once that too many wait.
    pub(super) fn send(&self, waiting: Waiting) -> Result<(), WriteError> {
        self.queue.push(waiting)
    }

    /// Hands over when keys were last used.
    pub(super) fn touch_keys(&self, touch: Touch) -> Result<(), WriteError> {
        self.queue.touch(touch)
    }

    /// Takes no more, and waits until what was taken is done.
    pub(super) fn close(&self) {
        self.queue.close();
        for thread in lock(&self.threads).drain(..) {
            if thread.join().is_err() {
                tracing::error!("a database thread panicked");
            }
        }
    }
}

struct Checkpoints {
    log_pages: Arc<Mutex<i64>>,
    /// Dropped with the writer, which ends the checkpoints.
    _stop: std::sync::mpsc::Sender<()>,
}

struct WriterThread {
    queue: Arc<Queue>,
    main: Connection,
    cycle: Cycle,
    clock: Clock,
    commits: Commits,
    known_keys: Arc<KnownKeys>,
    failing: watch::Sender<bool>,
    checkpoints: Checkpoints,
}

/// However the thread ends, nobody waits for it any longer.
impl Drop for WriterThread {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

impl WriterThread {
    fn run(mut self) {
        while let Some(batch) = self.queue.next() {
            for (used, answer) in batch.touches {
                drop(answer.send(self.touch_keys(&used)));
            }
            self.run_group(batch.group);
            self.help_checkpoint();
        }
        if let Err(error) = self
            .main
            .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        {
            tracing::warn!(%error, "the log could not be copied into the file; the next start does it");
        }
    }

    /// One transaction for all; if it fails, one for each, so that only the guilty one fails.
    fn run_group(&mut self, group: Vec<Waiting>) {
        if group.is_empty() {
            return;
        }
        let begun = self.clock.now();
        let writes: Vec<&Write> = group.iter().map(|(write, _)| write.as_ref()).collect();
        let results = match self.transact(&writes) {
            Ok(results) => results,
            Err(error) if writes.len() == 1 => vec![Err(error)],
            // After a failed sync it may be there at the next start: nobody of the group may be told that it is not.
            Err(error @ (WriteError::DiskFailed(_) | WriteError::Closed)) => {
                writes.iter().map(|_| Err(error.clone())).collect()
            }
            Err(error) => {
                tracing::warn!(%error, requests = writes.len(), "a group failed; running its requests one by one");
                writes
                    .iter()
                    .map(|write| self.transact_one(write))
                    .collect()
            }
        };
        let micros = self.clock.now().as_micros() - begun.as_micros();
        metrics::histogram!("lanekeeper_write_group_len").record(group.len() as f64);
        metrics::histogram!("lanekeeper_write_group_seconds").record(micros as f64 / 1e6);
        for ((_, answer), result) in group.into_iter().zip(results) {
            // Whoever asked may be gone; what was made stays made.
            drop(answer.send(result));
        }
    }

    fn transact_one(&mut self, write: &Write) -> Result<Written, WriteError> {
        let mut results = self.transact(&[write])?;
        results.pop().expect("one result for one request")
    }

    fn transact(
        &mut self,
        writes: &[&Write],
    ) -> Result<Vec<Result<Written, WriteError>>, WriteError> {
        self.check_disk()?;
        let begun = self.clock.now();
        let run = AssertUnwindSafe(|| self.cycle.run(&mut self.main, writes));
        let run = catch_unwind(run)
            .unwrap_or_else(|_| Err(WriteError::Failed("a panic in the plan".to_owned())));
        match run {
            Ok(Group {
                results,
                committed,
                commit_micros,
                revokes_keys,
            }) => {
                if revokes_keys {
                    self.known_keys.forget();
                }
                let micros = self.clock.now().as_micros() - begun.as_micros();
                let work_micros = micros.max(0).unsigned_abs().saturating_sub(commit_micros);
                let len = writes.iter().map(|write| write.items.len()).sum();
                self.queue.took(len, work_micros, commit_micros);
                committed
                    .into_iter()
                    .for_each(|(org, sequence)| self.commits.tell(org, sequence));
                Ok(results)
            }
            Err(error) => {
                self.note_failure(&error);
                Err(error)
            }
        }
    }

    /// Nothing is written after a sync has failed.
    fn check_disk(&self) -> Result<(), WriteError> {
        match *self.failing.borrow() {
            true => Err(WriteError::Closed),
            false => Ok(()),
        }
    }

    fn note_failure(&self, error: &WriteError) {
        tracing::error!(%error, "a transaction failed");
        stop_if_disk_failed(error, &self.failing);
    }

    fn touch_keys(&mut self, used: &[(Org, Uuid)]) -> Result<(), WriteError> {
        self.check_disk()?;
        let touched = self.update_keys(used);
        if let Err(error) = &touched {
            self.note_failure(error);
        }
        touched
    }

    fn update_keys(&mut self, used: &[(Org, Uuid)]) -> Result<(), WriteError> {
        let now = self.clock.now().as_micros();
        let transaction = self.main.transaction()?;
        for (org, id) in used {
            let sql = "update api_key set last_used_at = ?3 where org = ?1 and id = ?2";
            transaction
                .prepare_cached(sql)?
                .execute(params![org.number, id, now])?;
        }
        Ok(transaction.commit()?)
    }

    fn help_checkpoint(&self) {
        let mut log_pages = lock(&self.checkpoints.log_pages);
        if *log_pages > LOG_PAGES_MAX {
            *log_pages = 0;
            drop(log_pages);
            if let Err(error) = checkpoint(&self.main) {
                self.note_failure(&error.into());
            }
        }
    }
}

/// After a failed sync nobody knows what is on disk, and syncing again proves nothing: nothing more is written.
fn stop_if_disk_failed(error: &WriteError, failing: &watch::Sender<bool>) {
    if matches!(error, WriteError::DiskFailed(_)) {
        failing.send_replace(true);
    }
}

/// Copies the log into the file again and again, until the writer is gone.
fn checkpoint_beside(
    connection: &Connection,
    log_pages: &Mutex<i64>,
    stopped: &Receiver<()>,
    failing: &watch::Sender<bool>,
) {
    while stopped.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        match checkpoint(connection) {
            Ok(pages) => *lock(log_pages) = pages,
            Err(error) => {
                tracing::warn!(%error, "a checkpoint failed");
                stop_if_disk_failed(&error.into(), failing);
            }
        }
    }
}

/// Copies what can be copied without waiting; the pages in the log.
fn checkpoint(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("pragma wal_checkpoint(passive)", [], |row| row.get(1))
}

/// A thread whose name tells an operator what it is busy with.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(run).expect("the system gives a thread")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
