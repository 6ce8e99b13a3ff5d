//! The one that writes: takes what waits, runs it as one group, answers each. That is a thread's work; a request that is alone
//! is run by the thread that brought it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, params};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
use tokio::task::block_in_place;
use uuid::Uuid;

use super::cycle::{Cycle, Group};
use super::queue::{Batch, Queue, Touch, Waiting};
use crate::commits::Commits;
use crate::known_keys::KnownKeys;
use crate::{Clock, Org, Settings, Write, WriteError, Written};

/// How often the log is copied into the file, beside the writer.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);
/// Pages in the log after which the writer itself helps, so that the log can begin anew.
const LOG_PAGES_MAX: i64 = 16_384;
/// Where the writer is to help, so few new pages are left to it, or those of the last of so many passes: all wait meanwhile.
const LEFT_PAGES_MAX: i64 = 1_024;
const PASSES_MAX: usize = 4;

/// The way to the one that writes.
pub(super) struct Writer {
    queue: Arc<Queue>,
    runner: Arc<Mutex<Runner>>,
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
        let cycle = Cycle::new(clock.clone(), settings.idempotency_keys_max);
        let also_failing = failing.clone();
        let runner = Arc::new(Mutex::new(Runner {
            queue: Arc::clone(&queue),
            main,
            cycle,
            clock,
            commits,
            known_keys,
            failing,
            log_pages: Arc::clone(&log_pages),
        }));
        let thread = WriterThread {
            queue: Arc::clone(&queue),
            runner: Arc::clone(&runner),
            _checkpoints: stop,
        };
        let threads = vec![
            spawn("writer", move || thread.run()),
            spawn("checkpoints", move || {
                checkpoint_beside(&beside, &log_pages, &stopped, &also_failing);
            }),
        ];
        Self {
            queue,
            runner,
            threads: Mutex::new(threads),
        }
    }

    /// Hands over a request, or says at once that too many wait.
    pub(super) fn send(&self, waiting: Waiting) -> Result<(), WriteError> {
        self.queue.push(waiting)?;
        if !self.run_here() {
            self.queue.wake();
        }
        Ok(())
    }

    /// Runs what waits on this thread, if it is one request and nothing else is written: to wake the writer and to be woken by
    /// it takes about as long as to plan and write a record. Whether it did.
    fn run_here(&self) -> bool {
        let runtime = Handle::try_current().map(|handle| handle.runtime_flavor());
        if runtime.ok() != Some(RuntimeFlavor::MultiThread) {
            return false; // no other thread would do meanwhile what this one leaves
        }
        let Ok(mut runner) = self.runner.try_lock() else {
            return false;
        };
        if runner.is_log_long() {
            return false; // the writer helps to shorten it, and nobody is to wait for that
        }
        let Some(batch) = self.queue.take_alone() else {
            return false;
        };
        block_in_place(|| runner.run(batch));
        true
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

struct WriterThread {
    queue: Arc<Queue>,
    runner: Arc<Mutex<Runner>>,
    /// Dropped with the thread, which ends the checkpoints.
    _checkpoints: Sender<()>,
}

/// However the thread ends, nobody waits for it any longer.
impl Drop for WriterThread {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

impl WriterThread {
    /// Until the queue is closed; or until a run panicked, on this thread or another, because nobody knows what that left.
    fn run(self) {
        while let Some(batch) = self.queue.next() {
            let Ok(mut runner) = self.runner.lock() else {
                tracing::error!("a group of requests panicked: nothing more is written");
                return;
            };
            runner.run(batch);
            runner.help_checkpoint();
        }
        if let Ok(runner) = self.runner.lock() {
            runner.empty_log();
        }
    }
}

/// The connection that writes, and all that goes with it.
struct Runner {
    queue: Arc<Queue>,
    main: Connection,
    cycle: Cycle,
    clock: Clock,
    commits: Commits,
    known_keys: Arc<KnownKeys>,
    failing: watch::Sender<bool>,
    log_pages: Arc<Mutex<i64>>,
}

impl Runner {
    fn run(&mut self, batch: Batch) {
        for (used, answer) in batch.touches {
            drop(answer.send(self.touch_keys(&used)));
        }
        self.run_group(batch.group);
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

    fn is_log_long(&self) -> bool {
        *lock(&self.log_pages) > LOG_PAGES_MAX
    }

    fn help_checkpoint(&self) {
        if self.is_log_long() {
            *lock(&self.log_pages) = 0;
            if let Err(error) = checkpoint(&self.main) {
                self.note_failure(&error.into());
            }
        }
    }

    fn empty_log(&self) {
        let sql = "pragma wal_checkpoint(truncate)";
        if let Err(error) = self.main.query_row(sql, [], |_| Ok(())) {
            tracing::warn!(%error, "the log could not be copied into the file; the next start does it");
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
        match catch_up(connection) {
            Ok(pages) => *lock(log_pages) = pages,
            Err(error) => {
                tracing::warn!(%error, "a checkpoint failed");
                stop_if_disk_failed(&error.into(), failing);
            }
        }
    }
}

/// Copies what is in the log, and if it is long what came meanwhile, which is less each time; the pages in the log.
fn catch_up(connection: &Connection) -> rusqlite::Result<i64> {
    let mut pages = checkpoint(connection)?;
    for _ in 1..PASSES_MAX {
        let before = pages;
        if before <= LOG_PAGES_MAX {
            break;
        }
        pages = checkpoint(connection)?;
        if (0..=LEFT_PAGES_MAX).contains(&(pages - before)) {
            break;
        }
    }
    Ok(pages)
}

/// Copies what can be copied without waiting; the pages in the log when that began.
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
