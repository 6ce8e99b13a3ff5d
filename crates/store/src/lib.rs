//! Where the data is: the only crate that knows SQL.
//!
//! A backend owns its connections, `load`, `apply`, its reads and its migrations. It never compares, defaults,
//! normalises or refuses: that is decided in `lanekeeper-core`.
#![warn(missing_docs)]

mod changeset;
mod clock;
mod error;
mod read;
#[cfg(feature = "recording")]
pub mod recording;
mod search;
mod sqlite;
mod write;

pub use changeset::{ChangePage, StoredChange};
pub use clock::Clock;
pub use error::{OpenError, ReadError, WriteError};
pub use read::{KeyEntry, Org, Overview};
pub use search::SearchPage;
pub use write::{Answer, Idempotency, Render, Write, Written};

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use lanekeeper_core::change::Actor;
use lanekeeper_core::custom::{FieldDefinition, Scope};
use lanekeeper_core::key::Key;
use lanekeeper_core::pipeline::{Pipeline, UnknownAttributes, User};
use lanekeeper_core::plan::setup::Setup;
use lanekeeper_core::query::{Draft, Found};
use lanekeeper_core::summary::Summary;
use lanekeeper_core::{Faults, Object};
use tokio::sync::watch;
use uuid::Uuid;

/// Which database: `sqlite:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file on this machine.
    Sqlite(PathBuf),
}

impl FromStr for Database {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Ok(Self::Sqlite(path.into()))
            }
            Some(("postgres" | "postgresql", _)) => {
                Err("PostgreSQL is not supported by this version; use sqlite:PATH".to_owned())
            }
            _ => Err("is not a database; use sqlite:PATH, such as sqlite:lanekeeper.db".to_owned()),
        }
    }
}

impl std::fmt::Display for Database {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "sqlite:{}", path.display()),
        }
    }
}

/// How much a store may use.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Requests that may wait for the writer; one more is answered with [`WriteError::Overloaded`].
    pub queue_len_max: usize,
    /// Commands that share a transaction at most.
    pub group_len_max: usize,
    /// Page cache of the writer, in KiB.
    pub cache_kib: u32,
    /// Answers kept for one organisation's idempotency keys at most.
    pub idempotency_keys_max: i64,
    /// Where to tell of every statement that the writer runs.
    #[cfg(feature = "recording")]
    pub recorder: Option<std::sync::mpsc::Sender<recording::Ran>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            queue_len_max: 1_024,
            group_len_max: 512,
            cache_kib: 65_536,
            idempotency_keys_max: 1_000_000,
            #[cfg(feature = "recording")]
            recorder: None,
        }
    }
}

/// How a store is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As the one server of this database, with a lock against a second one. Made if it is not there.
    Serve,
    /// For a short command beside a server that may be running. Made if it is not there.
    Command,
}

/// The open database.
#[derive(Clone)]
pub enum Store {
    /// A SQLite file.
    Sqlite(Arc<sqlite::Sqlite>),
}

impl Store {
    /// Opens the database, creates it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError`] says what an operator can do about it.
    pub async fn open(
        database: &Database,
        access: Access,
        settings: Settings,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let Database::Sqlite(path) = database;
        let sqlite = sqlite::Sqlite::open(path, access, settings, clock)?;
        Ok(Self::Sqlite(Arc::new(sqlite)))
    }

    /// Plans and makes a write: when this returns `Ok`, what it made is on disk.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was made.
    pub async fn write(&self, write: Write) -> Result<Written, WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(write).await,
        }
    }

    /// Makes an organisation in a database that has none.
    ///
    /// # Errors
    /// [`WriteError::AlreadySetUp`] if it has one.
    pub async fn set_up(&self, setup: &Setup) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.set_up(setup, false),
        }
    }

    /// Makes one more organisation.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was made.
    pub async fn add_organization(&self, setup: &Setup) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.set_up(setup, true),
        }
    }

    /// Changes what an organisation does with attributes that name no field.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was changed.
    pub async fn update_organization(
        &self,
        org: &Org,
        rule: UnknownAttributes,
        actor: &Actor,
    ) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.update_organization(org, rule, actor),
        }
    }

    /// Keeps a new key.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was made.
    pub async fn create_key(&self, org: &Org, key: &Key, actor: &Actor) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.create_key(org, key, actor),
        }
    }

    /// Ends a key now; `false` if there is no such key, or it was revoked before.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was changed.
    pub async fn revoke_key(&self, org: &Org, id: Uuid, actor: &Actor) -> Result<bool, WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.revoke_key(org, id, actor),
        }
    }

    /// Notes when keys were last used.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was noted.
    pub async fn touch_keys(&self, used: Vec<(Org, Uuid)>) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.touch_keys(used).await,
        }
    }

    /// The key of this hash, with its organisation: the only way to come by an [`Org`] from outside.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn key(&self, hash: &[u8; 32]) -> Result<Option<KeyEntry>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.key(hash),
        }
    }

    /// The keys of an organisation, in creation order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn keys(&self, org: &Org) -> Result<Vec<Key>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.keys(org),
        }
    }

    /// The keys of an organisation that are not revoked, in creation order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn live_keys(&self, org: &Org) -> Result<Vec<Key>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.live_keys(org),
        }
    }

    /// The members of an organisation, in creation order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn users(&self, org: &Org) -> Result<Vec<User>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.users(org),
        }
    }

    /// One member.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn user(&self, org: &Org, id: Uuid) -> Result<Option<User>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.user(org, id),
        }
    }

    /// The organisations, for the operator on the command line.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn overview(&self) -> Result<Vec<Overview>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.overview(),
        }
    }

    /// One live record with what surrounds it, or the one that it was merged into.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn record(
        &self,
        org: &Org,
        object: Object,
        id: Uuid,
    ) -> Result<Option<Found>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.record(org, object, id),
        }
    }

    /// The pipelines with their stages, in creation order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn pipelines(&self, org: &Org) -> Result<Vec<Pipeline>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.pipelines(org),
        }
    }

    /// One pipeline with its stages.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn pipeline(&self, org: &Org, id: Uuid) -> Result<Option<Pipeline>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.pipeline(org, id),
        }
    }

    /// What is in a pipeline, stage by stage; none if there is no such pipeline.
    ///
    /// # Errors
    /// [`ReadError::TooSlow`] if it took too long, or others before it did.
    pub async fn summary(&self, org: Org, pipeline_id: Uuid) -> Result<Option<Summary>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => {
                sqlite::Sqlite::summary(Arc::clone(sqlite), org, pipeline_id).await
            }
        }
    }

    /// The custom fields of a scope, in their order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn fields(&self, org: &Org, scope: Scope) -> Result<Vec<FieldDefinition>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.fields(org, scope),
        }
    }

    /// At most `limit` changes after the sequence `after`, in commit order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn changes(
        &self,
        org: Org,
        after: i64,
        limit: usize,
    ) -> Result<ChangePage, ReadError> {
        match self {
            Self::Sqlite(sqlite) => {
                sqlite::Sqlite::changes(Arc::clone(sqlite), org, after, limit).await
            }
        }
    }

    /// A page of a list or search; faults, if it makes no sense.
    ///
    /// # Errors
    /// [`ReadError::TooSlow`] if it took too long, or others before it did.
    pub async fn search(
        &self,
        org: Org,
        draft: Draft,
    ) -> Result<Result<SearchPage, Faults>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite::Sqlite::search(Arc::clone(sqlite), org, draft).await,
        }
    }

    /// Tells of commits: the value is the organisation's last sequence, as far as this server committed it.
    #[must_use]
    pub fn commits(&self, org: &Org) -> watch::Receiver<i64> {
        match self {
            Self::Sqlite(sqlite) => sqlite.commits(org),
        }
    }

    /// Whether the database can be written and read: why not, if not.
    ///
    /// # Errors
    /// The reason, for the operator.
    pub async fn check(&self) -> Result<(), String> {
        match self {
            Self::Sqlite(sqlite) => sqlite.check(),
        }
    }

    /// Becomes true when the disk failed under a commit, after which nothing may be written until a restart.
    #[must_use]
    pub fn failed(&self) -> watch::Receiver<bool> {
        match self {
            Self::Sqlite(sqlite) => sqlite.failed(),
        }
    }

    /// Finishes what was accepted, and closes the file. Later writes are refused.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite::Sqlite::close(Arc::clone(sqlite)).await,
        }
    }
}
