//! Opening the file: settings, lock, migrations.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};

use super::functions;
use crate::{OpenError, ReadError};

/// Marks a file as Lanekeeper's ("LANE").
const APPLICATION_ID: i32 = 0x4c41_4e45;
/// Every migration in order: its place is its number.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/sqlite/0001_start.sql")];
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
const STATEMENTS_KEPT_MAX: usize = 128;
/// Page cache of a reader: enough for what is above the leaves of the indexes of millions of records. It fills as it is used.
const READER_CACHE_KIB: i64 = 16_384;
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

/// Looks whose file it is before a lock is made beside it: what is not ours is left as it is. Nothing is looked at where
/// there is no file yet, or an empty one.
///
/// The connection is to be kept until another one is open: the last one to close a database copies its log.
pub(super) fn inspect(path: &Path) -> Result<Option<Connection>, OpenError> {
    if std::fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        return Ok(None);
    }
    let failed = |source| open_error(path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    configure(&connection).map_err(failed)?;
    check_owner(&connection, path)?;
    Ok(Some(connection))
}

/// Locks the database against a second server, until the file is dropped. A command that brings a schema up to date
/// has the lock for a moment; a server has it as long as it runs.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let cannot = |source| OpenError::File {
        path: lock_path.clone(),
        source,
    };
    let file = File::create(&lock_path).map_err(cannot)?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
    }
    Err(OpenError::InUse(path.to_owned()))
}

/// A connection that may write. A file that is not ours is refused before anything about it is changed.
pub(crate) fn open_writer(path: &Path, cache_kib: u32) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, writer_flags());
    set_up_writer(connection, path, cache_kib)
}

/// The connection that a server writes by: as any other that may write, but its log is written in large pieces.
pub(super) fn open_server_writer(path: &Path, cache_kib: u32) -> Result<Connection, OpenError> {
    let connection = lanekeeper_wal::open(path, writer_flags());
    set_up_writer(connection, path, cache_kib)
}

fn writer_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn set_up_writer(
    connection: rusqlite::Result<Connection>,
    path: &Path,
    cache_kib: u32,
) -> Result<Connection, OpenError> {
    let failed = |source| open_error(path, source);
    let connection = connection.map_err(failed)?;
    configure(&connection).map_err(failed)?;
    check_owner(&connection, path)?;
    connection.execute_batch(WRITER).map_err(failed)?;
    if cache_kib > 0 {
        let pages_in_kib = -i64::from(cache_kib);
        let sized = connection.pragma_update(None, "cache_size", pages_in_kib);
        sized.map_err(failed)?;
    }
    Ok(connection)
}

/// Refuses another program's database, and a newer version's. It looks at one state of the file, because another process
/// may be setting it up.
fn check_owner(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| open_error(path, source);
    let state = connection.unchecked_transaction().map_err(failed)?;
    let application: i32 = pragma(&state, "application_id").map_err(failed)?;
    let found = schema_version(&state).map_err(failed)?;
    let tables = "select count(*) from sqlite_schema";
    let tables: i64 = state
        .query_row(tables, [], |row| row.get(0))
        .map_err(failed)?;
    let path = path.to_owned();
    if application != APPLICATION_ID && tables > 0 {
        return Err(OpenError::Foreign(path));
    }
    let known = known_version();
    if found > known {
        return Err(OpenError::Newer { path, found, known });
    }
    Ok(())
}

fn schema_version(connection: &Connection) -> rusqlite::Result<u32> {
    pragma(connection, "user_version")
}

fn pragma<T: FromSql>(connection: &Connection, name: &str) -> rusqlite::Result<T> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// The schema that this binary knows.
fn known_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).expect("there are few migrations")
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, ReadError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
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
    // Otherwise the planner looks at bound values, and compiles some statements anew whenever they are bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT_MAX);
    functions::register(connection)
}

/// Whether the schema is older than what this binary knows.
pub(super) fn is_behind(connection: &Connection, path: &Path) -> Result<bool, OpenError> {
    let version = schema_version(connection).map_err(|source| open_error(path, source))?;
    Ok(version < known_version())
}

/// Brings the schema up to date, all of it or nothing. The caller has the lock: no server is running on the old one.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    migrate_whole(connection).map_err(|source| open_error(path, source))
}

fn migrate_whole(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = schema_version(&transaction)?;
    for migration in MIGRATIONS.iter().skip(version as usize) {
        transaction.execute_batch(migration)?;
    }
    if version < known_version() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", known_version())?;
    }
    transaction.commit()
}

/// The key that signs cursors.
pub(super) fn cursor_key(connection: &Connection, path: &Path) -> Result<[u8; 32], OpenError> {
    let sql = "select value from secret where name = 'cursor'";
    let key = connection.query_row(sql, [], |row| row.get(0));
    key.map_err(|source| open_error(path, source))
}

/// What is being copied into this database, if that is not finished.
pub(super) fn unfinished_copy(
    connection: &Connection,
    path: &Path,
) -> Result<Option<String>, OpenError> {
    let sql = "select source_name from unfinished_copy";
    let found = connection.query_row(sql, [], |row| row.get(0)).optional();
    found.map_err(|source| open_error(path, source))
}

/// Lets a connection copy its log into the file, now and then, where nobody does so beside it.
pub(super) fn checkpoint_by_itself(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    const LOG_PAGES: u32 = 4_096;
    let told = connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES);
    told.map_err(|source| open_error(path, source))
}

/// Copies what the last run left in the WAL into the file. After a crash or a failed fsync the log's pages may be in
/// the cache but not on disk; copied, they are written and synced anew before anything is built on them.
pub(super) fn empty_wal(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let checkpoint = connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()));
    checkpoint.map_err(|source| open_error(path, source))
}

pub(super) fn open_error(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenError::NotADatabase(path),
        _ => OpenError::Sqlite { path, source },
    }
}
