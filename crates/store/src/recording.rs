//! What the writer says to SQLite, word for word, and how it speaks to PostgreSQL: the benchmark does the same without the
//! rest of Lanekeeper.

use std::path::Path;
use std::sync::mpsc::Sender;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::OpenError;
use crate::sqlite::connection;

/// A statement that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// As it was prepared, with `?1` where a value was bound.
    pub sql: String,
    /// With the values as literals.
    pub expanded: String,
}

/// A connection with the writer's own settings.
///
/// # Errors
/// [`OpenError`] if the file is no database, or cannot be opened.
pub fn open_writer(path: &Path, cache_kib: u32) -> Result<Connection, OpenError> {
    connection::open_writer(path, cache_kib)
}

/// What a connection that writes to PostgreSQL is told, as `PGOPTIONS` has it.
pub fn postgres_options() -> String {
    crate::postgres::writer_options()
}

/// Tells of every statement from now on, in the order in which they run.
pub(crate) fn record(connection: &mut Connection, recorder: Sender<Ran>) -> rusqlite::Result<()> {
    let tell = move |event: TraceEvent| {
        if let TraceEvent::Stmt(statement, _) = event {
            let sql = statement.sql().into_owned();
            let expanded = statement.expanded_sql().unwrap_or_else(|| sql.clone());
            // What SQLite runs on its own behalf, under a statement of ours.
            if expanded.starts_with("--") {
                return;
            }
            // Whoever listened may have heard enough.
            drop(recorder.send(Ran { sql, expanded }));
        }
    };
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(tell))
}
