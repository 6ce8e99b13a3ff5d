//! Opening the file: settings, lock, migrations.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::{OpenError, ReadError};

/// Marks a file as Lanekeeper's ("LANE").
const APPLICATION_ID: i32 = 0x4c41_4e45;
/// Every migration in order: its place is its number.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/sqlite/0001_start.sql")];
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const STATEMENTS_KEPT_MAX: usize = 128;
const VALUE_BYTES_MAX: i32 = 32 * 1024 * 1024;

/// The first SQLite without the bug that could damage a WAL when two connections reset it at once.
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// What every connection is told. FULL: a commit is on disk before it is answered. No memory map: a disk error is then an
/// error and not a signal. Checkpoints are made beside the writer.
const EVERY_CONNECTION: &str = "
    pragma foreign_keys = on;
    pragma trusted_schema = off;
    pragma cell_size_check = on;
    pragma mmap_size = 0;
    pragma temp_store = memory;";
const WRITER: &str = "
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma journal_size_limit = 67108864;
    pragma wal_autocheckpoint = 0;";

/// Locks the database against a second server, until the file is dropped.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let cannot = |source| OpenError::File {
        path: lock_path.clone(),
        source,
    };
    let file = File::create(&lock_path).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}

/// A connection that may write.
pub(super) fn open_writer(path: &Path, cache_kib: u32) -> Result<Connection, OpenError> {
    let open = || {
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        configure(&connection)?;
        connection.execute_batch(WRITER)?;
        if cache_kib > 0 {
            connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
        }
        Ok(connection)
    };
    open().map_err(|source| open_error(path, source))
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, ReadError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    assert!(
        rusqlite::version_number() >= SQLITE_VERSION_MIN,
        "SQLite {} is too old to keep data safe",
        rusqlite::version()
    );
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(EVERY_CONNECTION)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT_MAX);
    Ok(())
}

/// Brings the schema up to date, under a lock, each migration whole or not at all.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| open_error(path, source);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = transaction.map_err(failed)?;
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (
        pragma("application_id").map_err(failed)?,
        pragma("user_version").map_err(failed)?,
    );
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let version = u32::try_from(version).unwrap_or(0);
    let tables = "select count(*) from sqlite_schema";
    let is_empty = transaction
        .query_row(tables, [], |row| row.get::<_, i64>(0))
        .map_err(failed)?
        == 0;
    if application != APPLICATION_ID && !is_empty {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    if version > known {
        let path = path.to_owned();
        return Err(OpenError::Newer {
            path,
            found: version,
            known,
        });
    }
    for migration in &MIGRATIONS[version as usize..] {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    if version < known {
        transaction
            .pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(failed)?;
        transaction
            .pragma_update(None, "user_version", known)
            .map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// Copies what the last run left in the WAL into the file. After a crash or a failed fsync the log's pages may be in
/// the cache but not on disk; copied, they are written and synced anew before anything is built on them.
pub(super) fn empty_wal(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let checkpoint = connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()));
    checkpoint.map_err(|source| open_error(path, source))
}

fn open_error(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign(path),
        _ => OpenError::Sqlite { path, source },
    }
}
