//! Raw SQLite: the recorded statements on one thread, prepared, in groups, and nothing else.

#[cfg(test)]
pub(crate) mod tests;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Result;
use lanekeeper_store::recording::open_writer;
use rusqlite::{Connection, Statement};

use crate::recording::{Create, Recording, Step};
use crate::stopwatch::Stopwatch;

/// The server's page cache, and how it keeps the log short.
const CACHE_KIB: u32 = 64 * 1024;
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);
const LOG_PAGES_MAX: i64 = 16_384;

/// Replays the first creates of a recording on a database that is set up, in transactions of `group_len`: so many to
/// warm up, then so many that are measured; creates per second of those.
pub(crate) fn replay(
    database: &Path,
    recording: &Recording,
    (warm_up, count): (usize, usize),
    group_len: usize,
) -> Result<f64> {
    let connection = open_writer(database, CACHE_KIB)?;
    let beside = open_writer(database, 0)?;
    let log_pages = Arc::new(AtomicI64::new(0));
    let (stop, stopped) = channel::<()>();
    let pages = Arc::clone(&log_pages);
    let checkpoints = std::thread::spawn(move || checkpoint_beside(&beside, &pages, &stopped));

    let (before, measured) = recording.creates[..warm_up + count].split_at(warm_up);
    let mut raw = Raw::prepare(&connection, recording)?;
    let mut elapsed = Duration::ZERO;
    for (creates, is_measured) in [(before, false), (measured, true)] {
        let watch = Stopwatch::start();
        for group in creates.chunks(group_len) {
            raw.run(&recording.shared, group)?;
            if log_pages.load(Ordering::Relaxed) > LOG_PAGES_MAX {
                log_pages.store(0, Ordering::Relaxed);
                checkpoint(&connection)?;
            }
        }
        if is_measured {
            elapsed = watch.elapsed();
        }
    }

    drop(stop);
    checkpoints.join().expect("checkpoints do not panic");
    Ok(measured.len() as f64 / elapsed.as_secs_f64())
}

struct Raw<'a> {
    begin: Statement<'a>,
    commit: Statement<'a>,
    statements: Vec<Statement<'a>>,
}

impl<'a> Raw<'a> {
    fn prepare(connection: &'a Connection, recording: &Recording) -> Result<Self> {
        let statements = recording.statements.iter();
        let statements = statements.map(|sql| connection.prepare(sql));
        Ok(Self {
            begin: connection.prepare("begin immediate")?,
            commit: connection.prepare("commit")?,
            statements: statements.collect::<Result<_, _>>()?,
        })
    }

    /// One transaction, in the store's order: what is looked up, then what is written.
    fn run(&mut self, shared: &[Step], group: &[Create]) -> Result<()> {
        self.begin.raw_execute()?;
        let reads = group.iter().flat_map(|create| &create.reads);
        let writes = group.iter().flat_map(|create| &create.writes);
        let end = group.last().into_iter().flat_map(|create| &create.end);
        for step in shared.iter().chain(reads).chain(writes).chain(end) {
            self.step(step)?;
        }
        self.commit.raw_execute()?;
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        let statement = &mut self.statements[step.statement];
        for (place, value) in (1..).zip(&step.values) {
            statement.raw_bind_parameter(place, value)?;
        }
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    }
}

fn checkpoint_beside(connection: &Connection, log_pages: &AtomicI64, stopped: &Receiver<()>) {
    while stopped.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        let pages = checkpoint(connection).unwrap_or(0);
        log_pages.store(pages, Ordering::Relaxed);
    }
}

fn checkpoint(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("pragma wal_checkpoint(passive)", [], |row| row.get(1))
}
