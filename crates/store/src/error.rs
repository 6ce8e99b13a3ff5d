//! What can go wrong with the database.

use std::path::PathBuf;

use lanekeeper_core::facts::NotLoaded;

/// Why a database could not be opened, in words for its operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server has it.
    #[error("{} is in use by another Lanekeeper; stop that one first, or choose another file", .0.display())]
    InUse(PathBuf),
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
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// SQLite said no.
    #[error("the database did not answer")]
    Sqlite(#[source] rusqlite::Error),
    /// The file is busy, or cannot be reached: another try may do better.
    #[error("the database cannot be read at the moment")]
    Unavailable(#[source] rusqlite::Error),
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
    Overloaded,
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

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi;
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) {
            return Self::Overloaded;
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
            other => Self::Failed(other.to_string()),
        }
    }
}
