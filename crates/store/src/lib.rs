//! Where the data is: the only crate that knows SQL.
//!
//! A backend owns its connections, `load`, `apply`, its reads and its migrations. It never compares, defaults,
//! normalises or refuses: that is decided in `lanekeeper-core`.
#![warn(missing_docs)]

mod changeset;
mod clock;
mod commits;
mod copy;
#[cfg(feature = "counting")]
pub mod counting;
mod error;
mod idempotency;
mod in_flight;
mod known_keys;
mod postgres;
mod read;
#[cfg(feature = "recording")]
pub mod recording;
mod search;
mod sqlite;
mod stored;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod write;

pub use changeset::{ChangePage, StoredChange};
pub use clock::Clock;
pub use copy::{Compared, CopyError, Digest, Phase, Progress, copy};
pub use error::{OpenError, ReadError, WriteError};
pub use postgres::PostgresUrl;
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

/// Which database: `sqlite:PATH` or `postgres://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(PostgresUrl),
}

impl FromStr for Database {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Ok(Self::Sqlite(path.into()))
            }
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.parse()?)),
            _ => Err(
                "is not a database; use sqlite:PATH, such as sqlite:lanekeeper.db, or postgres://USER:PASSWORD@HOST/DATABASE"
                    .to_owned(),
            ),
        }
    }
}

impl std::fmt::Display for Database {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(out),
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
    /// To be copied from, while no server has it. It must be there.
    CopyFrom,
    /// To be copied into, while no server has it. Made if it is not there; it may hold an unfinished copy.
    CopyInto,
}

/// The open database.
#[derive(Clone)]
pub enum Store {
    /// A SQLite file.
    Sqlite(Arc<sqlite::Sqlite>),
    /// A PostgreSQL server.
    Postgres(Arc<postgres::Postgres>),
}

/// What PostgreSQL is waited with is large, up to 64 KiB, and goes into a box, as a request's future is moved several times: on
/// SQLite it would be for nothing.
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
        Ok(match database {
            Database::Sqlite(path) => {
                let sqlite = sqlite::Sqlite::open(path, access, settings, clock)?;
                Self::Sqlite(Arc::new(sqlite))
            }
            Database::Postgres(url) => {
                let postgres = postgres::Postgres::open(url, access, settings, clock).await?;
                Self::Postgres(Arc::new(postgres))
            }
        })
    }

    /// Whether a read waits for another process, and not only for a disk.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Plans and makes a write: when this returns `Ok`, what it made is on disk.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was made.
    pub async fn write(&self, write: Write) -> Result<Written, WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(write).await,
            Self::Postgres(postgres) => Box::pin(postgres.write(write)).await,
        }
    }

    /// Makes an organisation in a database that has none.
    ///
    /// # Errors
    /// [`WriteError::AlreadySetUp`] if it has one.
    pub async fn set_up(&self, setup: &Setup) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.set_up(setup, false),
            Self::Postgres(postgres) => Box::pin(postgres.set_up(setup, false)).await,
        }
    }

    /// Makes one more organisation.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was made.
    pub async fn add_organization(&self, setup: &Setup) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.set_up(setup, true),
            Self::Postgres(postgres) => Box::pin(postgres.set_up(setup, true)).await,
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
            Self::Postgres(postgres) => {
                Box::pin(postgres.update_organization(org, rule, actor)).await
            }
        }
    }

    /// Keeps a new key.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was made.
    pub async fn create_key(&self, org: &Org, key: &Key, actor: &Actor) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.create_key(org, key, actor),
            Self::Postgres(postgres) => Box::pin(postgres.create_key(org, key, actor)).await,
        }
    }

    /// Ends a key now; `false` if there is no such key, or it was revoked before.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was changed.
    pub async fn revoke_key(&self, org: &Org, id: Uuid, actor: &Actor) -> Result<bool, WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.revoke_key(org, id, actor).await,
            Self::Postgres(postgres) => Box::pin(postgres.revoke_key(org, id, actor)).await,
        }
    }

    /// Notes when keys were last used.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was noted.
    pub async fn touch_keys(&self, used: Vec<(Org, Uuid)>) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.touch_keys(used).await,
            Self::Postgres(postgres) => Box::pin(postgres.touch_keys(used)).await,
        }
    }

    /// The key of this hash, with its organisation: the only way to come by an [`Org`] from outside.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn key(&self, hash: &[u8; 32]) -> Result<Option<Arc<KeyEntry>>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.key(hash),
            Self::Postgres(postgres) => Box::pin(postgres.key(hash)).await,
        }
    }

    /// The keys of an organisation, in creation order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn keys(&self, org: &Org) -> Result<Vec<Key>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.keys(org),
            Self::Postgres(postgres) => Box::pin(postgres.keys(org)).await,
        }
    }

    /// The keys of an organisation that are not revoked, in creation order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn live_keys(&self, org: &Org) -> Result<Vec<Key>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.live_keys(org),
            Self::Postgres(postgres) => Box::pin(postgres.live_keys(org)).await,
        }
    }

    /// The members of an organisation, in creation order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn users(&self, org: &Org) -> Result<Vec<User>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.users(org),
            Self::Postgres(postgres) => Box::pin(postgres.users(org)).await,
        }
    }

    /// One member.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn user(&self, org: &Org, id: Uuid) -> Result<Option<User>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.user(org, id),
            Self::Postgres(postgres) => Box::pin(postgres.user(org, id)).await,
        }
    }

    /// The organisations, for the operator on the command line.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn overview(&self) -> Result<Vec<Overview>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.overview(),
            Self::Postgres(postgres) => Box::pin(postgres.overview()).await,
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
            Self::Postgres(postgres) => Box::pin(postgres.record(org, object, id)).await,
        }
    }

    /// The pipelines with their stages, in creation order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn pipelines(&self, org: &Org) -> Result<Vec<Pipeline>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.pipelines(org),
            Self::Postgres(postgres) => Box::pin(postgres.pipelines(org)).await,
        }
    }

    /// One pipeline with its stages.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn pipeline(&self, org: &Org, id: Uuid) -> Result<Option<Pipeline>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.pipeline(org, id),
            Self::Postgres(postgres) => Box::pin(postgres.pipeline(org, id)).await,
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
            Self::Postgres(postgres) => Box::pin(postgres.summary(org, pipeline_id)).await,
        }
    }

    /// The custom fields of a scope, in their order.
    ///
    /// # Errors
    /// [`ReadError`] if the database does not answer.
    pub async fn fields(&self, org: &Org, scope: Scope) -> Result<Vec<FieldDefinition>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.fields(org, scope),
            Self::Postgres(postgres) => Box::pin(postgres.fields(org, scope)).await,
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
            Self::Postgres(postgres) => Box::pin(postgres.changes(org, after, limit)).await,
        }
    }

    /// What `show` makes of a page of a list or search; faults, if it makes no sense. It is shown by the thread that read it,
    /// which has the records at hand and frees them again: another would have to fetch all of them.
    ///
    /// # Errors
    /// [`ReadError::TooSlow`] if it took too long, or others before it did.
    pub async fn search<T: Send + 'static>(
        &self,
        org: Org,
        draft: Draft,
        show: impl FnOnce(SearchPage) -> T + Send + 'static,
    ) -> Result<Result<T, Faults>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => {
                sqlite::Sqlite::search(Arc::clone(sqlite), org, draft, show).await
            }
            Self::Postgres(postgres) => Ok(Box::pin(postgres.search(org, draft)).await?.map(show)),
        }
    }

    /// Tells of commits: the value is the organisation's last sequence, as far as this server committed it.
    #[must_use]
    pub fn commits(&self, org: &Org) -> watch::Receiver<i64> {
        match self {
            Self::Sqlite(sqlite) => sqlite.commits(org),
            Self::Postgres(postgres) => postgres.commits(org),
        }
    }

    /// Whether the database can be written and read: why not, if not.
    ///
    /// # Errors
    /// The reason, for the operator.
    pub async fn check(&self) -> Result<(), String> {
        match self {
            Self::Sqlite(sqlite) => sqlite.check(),
            Self::Postgres(postgres) => postgres.check(),
        }
    }

    /// Becomes true when the disk failed under a commit, after which nothing may be written until a restart.
    #[must_use]
    pub fn failed(&self) -> watch::Receiver<bool> {
        match self {
            Self::Sqlite(sqlite) => sqlite.failed(),
            Self::Postgres(postgres) => postgres.failed(),
        }
    }

    /// Finishes what was accepted, and closes the file. Later writes are refused.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite::Sqlite::close(Arc::clone(sqlite)).await,
            Self::Postgres(postgres) => Box::pin(postgres.close()).await,
        }
    }
}
