//! The embedded database: one file, one writer thread, readers beside it.

mod apply;
mod boards;
mod columns;
pub(crate) mod connection;
mod copy;
#[cfg(feature = "counting")]
pub(crate) mod counting;
mod cycle;
mod functions;
mod idempotency;
mod index_custom;
mod index_name;
pub(crate) mod index_text;
mod load;
mod opportunity;
mod queue;
mod read;
mod search;
mod settings;
mod summary;
#[cfg(test)]
pub(crate) mod tests;
mod timeline;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::commits::Commits;
use crate::in_flight::InFlight;
use crate::known_keys::KnownKeys;
use crate::sqlite::boards::Boards;
use crate::sqlite::writer::Writer;
use crate::{
    Access, Clock, Database, OpenError, Org, ReadError, Settings, Write, WriteError, Written,
};

/// Reader connections that are kept open; more are opened under load, and closed again.
const READERS_KEPT_MAX: usize = 8;

/// A SQLite file, open.
pub struct Sqlite {
    path: PathBuf,
    clock: Clock,
    cursor_key: [u8; 32],
    readers: Mutex<Vec<Connection>>,
    writer: Option<Writer>,
    /// What a copy is written by.
    copier: Option<Mutex<Connection>>,
    commits: Commits,
    in_flight: InFlight,
    known_keys: Arc<KnownKeys>,
    boards: Boards,
    failed: watch::Receiver<bool>,
    _lock: Option<File>,
}

impl Sqlite {
    pub(crate) fn open(
        path: &Path,
        access: Access,
        settings: Settings,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let database = Database::Sqlite(path.to_owned());
        let inspected = connection::inspect(path)?;
        if access == Access::CopyFrom && inspected.is_none() {
            return Err(OpenError::Missing(database));
        }
        let is_ready = match &inspected {
            Some(connection) => !connection::is_behind(connection, path)?,
            None => false,
        };
        // A server has the lock as long as it runs, and a copy both; a command, while it makes the file or brings its schema up to date.
        let lock = match (access, is_ready) {
            (Access::Command, true) => None,
            _ => Some(connection::lock(path)?),
        };
        let open = match access {
            Access::Serve => connection::open_server_writer,
            Access::Command | Access::CopyFrom | Access::CopyInto => connection::open_writer,
        };
        let mut main = open(path, settings.cache_kib)?;
        if !is_ready {
            connection::migrate(&mut main, path)?;
        }
        let lock = lock.filter(|_| access != Access::Command);
        let unfinished = connection::unfinished_copy(&main, path)?;
        if access != Access::CopyInto
            && let Some(source_name) = unfinished
        {
            return Err(OpenError::Unfinished {
                database,
                source_name,
            });
        }
        let cursor_key = connection::cursor_key(&main, path)?;
        let commits = Commits::default();
        let known_keys = Arc::new(KnownKeys::new(clock.clone()));
        let (failing, failed) = watch::channel(false);
        let (mut writer, mut copier) = (None, None);
        match access {
            Access::Serve => {
                connection::empty_wal(&main, path)?;
                #[cfg(feature = "recording")]
                if let Some(recorder) = settings.recorder.clone() {
                    let recording = crate::recording::record(&mut main, recorder);
                    recording.map_err(|source| connection::open_error(path, source))?;
                }
                let beside = connection::open_writer(path, 0)?;
                writer = Some(Writer::start(
                    main,
                    beside,
                    settings,
                    clock.clone(),
                    commits.clone(),
                    Arc::clone(&known_keys),
                    failing,
                ));
            }
            Access::CopyInto => {
                connection::checkpoint_by_itself(&main, path)?;
                copier = Some(Mutex::new(main));
            }
            Access::Command | Access::CopyFrom => {}
        }
        Ok(Self {
            path: path.to_owned(),
            clock,
            cursor_key,
            readers: Mutex::default(),
            writer,
            copier,
            commits,
            in_flight: InFlight::default(),
            known_keys,
            boards: Boards::default(),
            failed,
            _lock: lock,
        })
    }

    pub(crate) async fn write(&self, write: Write) -> Result<Written, WriteError> {
        let claim = match &write.idempotency {
            Some(idempotency) if !write.dry_run => {
                Some(self.in_flight.claim(write.org, &idempotency.key)?)
            }
            _ => None,
        };
        let (answer, answered) = oneshot::channel();
        self.writer()?.send((Box::new(write), answer))?;
        let written = answered.await.map_err(|_| WriteError::Closed)?;
        drop(claim);
        written
    }

    pub(crate) async fn touch_keys(&self, used: Vec<(Org, Uuid)>) -> Result<(), WriteError> {
        let (answer, answered) = oneshot::channel();
        self.writer()?.touch_keys((used, answer))?;
        answered.await.map_err(|_| WriteError::Closed)?
    }

    fn writer(&self) -> Result<&Writer, WriteError> {
        self.writer.as_ref().ok_or(WriteError::Closed)
    }

    pub(crate) fn commits(&self, org: &Org) -> watch::Receiver<i64> {
        self.commits.of(*org)
    }

    pub(crate) fn failed(&self) -> watch::Receiver<bool> {
        self.failed.clone()
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if *self.failed.borrow() {
            return Err("the disk failed under a commit; restart once it is in order".to_owned());
        }
        self.read(|connection| {
            Ok(connection.query_row("select max(org) from organization", [], |_| Ok(()))?)
        })
        .map_err(|error| error.to_string())
    }

    /// Waits for its threads, on another one.
    pub(crate) async fn close(sqlite: Arc<Self>) {
        let closed = tokio::task::spawn_blocking(move || sqlite.close_now());
        closed.await.expect("closing does not panic");
    }

    pub(crate) fn close_now(&self) {
        if let Some(writer) = &self.writer {
            writer.close();
        }
        self.lock_readers().clear();
    }

    /// Runs a read on a connection of its own; what it reads is one state of the database only within one statement.
    fn read<T>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let kept = self.lock_readers().pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => connection::open_reader(&self.path)?,
        };
        let result = read(&mut connection);
        let mut readers = self.lock_readers();
        if readers.len() < READERS_KEPT_MAX {
            readers.push(connection);
        }
        result
    }

    fn lock_readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
