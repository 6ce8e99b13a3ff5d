//! What can go wrong with the database.

use std::path::PathBuf;

use lanekeeper_core::facts::NotLoaded;

use crate::Database;

/// Why a database could not be opened, in words for its operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server has it.
    #[error("{} is in use by another Lanekeeper; stop that one first, or choose another file", .0.display())]
    InUse(PathBuf),
    /// There is none.
    #[error("there is no database at {0}")]
    Missing(Database),
    /// A copy into it was interrupted: it may hold a part of something.
    #[error(
        "{database} holds an unfinished copy of {source_name}; finish it with `lanekeeper copy --from {source_name} --to {database}`, or delete what is in {database}"
    )]
    Unfinished {
        /// The database.
        database: Database,
        /// What was being copied into it.
        source_name: String,
    },
    /// It is some other program's file.
    #[error("{} is a database, but not Lanekeeper's; choose another file", .0.display())]
    Foreign(PathBuf),
    /// It is no database at all.
    #[error("{} is not a database; choose another file", .0.display())]
    NotADatabase(PathBuf),
    /// It was written by a newer version.
    #[error("{} was written by a newer Lanekeeper (schema {found}, this one knows {known}); upgrade Lanekeeper", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The newest that this binary knows.
        known: u32,
    },
    /// The file or its folder could not be used.
    #[error("cannot open {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite said no.
    #[error("cannot open {}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// PostgreSQL said no, or nothing.
    #[error("cannot open {database}: {reason}")]
    Postgres {
        /// Which, without its password.
        database: String,
        /// Why, and what to do about it.
        reason: String,
    },
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// SQLite said no.
    #[error("the database did not answer")]
    Sqlite(#[source] rusqlite::Error),
    /// PostgreSQL said no.
    #[error("the database did not answer")]
    Postgres(#[source] tokio_postgres::Error),
    /// The file is busy, or cannot be reached: another try may do better.
    #[error("the database cannot be read at the moment")]
    Unavailable(#[source] rusqlite::Error),
    /// The database server cannot be reached: another try may do better.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// What is stored is not what was written.
    #[error("the database holds what Lanekeeper did not write: {0}")]
    Corrupt(String),
    /// A search was stopped because it took too long, or did not get its turn.
    #[error("the search took too long")]
    TooSlow,
    /// A bug.
    #[error(transparent)]
    NotLoaded(#[from] NotLoaded),
}

/// Why nothing was written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// Too many requests wait.
    #[error("too many requests are waiting to be written")]
    Overloaded {
        /// When to try again, by how much waits and how fast it is written.
        retry_after_secs: u64,
    },
    /// The store is closing, or has failed.
    #[error("the database is closed for writing")]
    Closed,
    /// No space is left.
    #[error("no space is left for the database")]
    StorageFull,
    /// The idempotency key came with another request before.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// The request with this idempotency key is still being written.
    #[error("the request with this idempotency key is still in flight")]
    InFlight,
    /// The key that asks was revoked, or has ended, while the request was on its way.
    #[error("the key has ended")]
    KeyEnded,
    /// The organisation keeps too many idempotency keys.
    #[error("too many idempotency keys are kept")]
    TooManyKeys,
    /// The database has an organisation already.
    #[error("the database is set up already")]
    AlreadySetUp,
    /// The disk failed while a commit was being synced.
    #[error("the disk failed under a commit: {0}")]
    DiskFailed(String),
    /// The database server cannot be reached. What was being committed just then may have been made.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// Something else: a bug, or the disk.
    #[error("the write failed: {0}")]
    Failed(String),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(
                Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::CannotOpen
                | Code::SystemIoFailure,
            ) => Self::Unavailable(error),
            _ => Self::Sqlite(error),
        }
    }
}

impl WriteError {
    /// Others had the database for too long.
    const LOCKED: Self = Self::Overloaded {
        retry_after_secs: 1,
    };
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi;
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) {
            return Self::LOCKED;
        }
        let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
        match extended {
            ffi::SQLITE_FULL | ffi::SQLITE_IOERR_WRITE => Self::StorageFull,
            ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC => {
                Self::DiskFailed(error.to_string())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<ReadError> for WriteError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Sqlite(error) | ReadError::Unavailable(error) => error.into(),
            ReadError::Postgres(error) => error.into(),
            ReadError::Unreachable(reason) => Self::Unreachable(reason),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Codes of PostgreSQL that say that it cannot be used at the moment: it starts, stops, is full, or has become a copy of another.
const UNREACHABLE: [&str; 9] = [
    "57P01", "57P02", "57P03", "57P05", "53200", "53300", "25006", "25P03", "25P04",
];
const CANCELLED: &str = "57014";
const LOCK_TIMEOUT: &str = "55P03";
const DISK_FULL: &str = "53100";

/// Whether an error of PostgreSQL is about the connection, not about what was asked.
fn is_unreachable(error: &tokio_postgres::Error) -> bool {
    match error.code().map(tokio_postgres::error::SqlState::code) {
        Some(code) => code.starts_with("08") || UNREACHABLE.contains(&code),
        None => {
            let source = std::error::Error::source(error);
            error.is_closed() || source.is_some_and(|source| source.is::<std::io::Error>())
        }
    }
}

/// The whole chain of causes, for the operator.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl From<tokio_postgres::Error> for ReadError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code().map(tokio_postgres::error::SqlState::code) {
            Some(CANCELLED) => Self::TooSlow,
            Some(LOCK_TIMEOUT | DISK_FULL) => Self::Unreachable(chain(&error)),
            _ if is_unreachable(&error) => Self::Unreachable(chain(&error)),
            _ => Self::Postgres(error),
        }
    }
}

impl From<tokio_postgres::Error> for WriteError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code().map(tokio_postgres::error::SqlState::code) {
            Some(LOCK_TIMEOUT | CANCELLED) => Self::LOCKED,
            Some(DISK_FULL) => Self::StorageFull,
            _ if is_unreachable(&error) => Self::Unreachable(chain(&error)),
            _ => Self::Failed(chain(&error)),
        }
    }
}
