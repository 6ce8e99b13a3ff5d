//! PostgreSQL: one database for any number of servers.

mod apply;
mod bind;
mod columns;
mod connection;
mod copy;
mod cycle;
mod health;
mod idempotency;
mod lane;
mod load;
mod migrate;
mod outbox;
mod queue;
mod read;
mod search;
mod session;
mod settings;
mod statistics;
mod summary;
#[cfg(test)]
mod tests;
mod tls;
mod url;
pub(crate) mod value_bytes;

use std::sync::Arc;

use deadpool_postgres::Pool;
use tokio::sync::{Semaphore, oneshot, watch};
use uuid::Uuid;

pub use url::PostgresUrl;

#[cfg(feature = "recording")]
pub(crate) use connection::lane_options as writer_options;

use self::health::Health;
use self::lane::Lanes;
use self::session::{Purpose, Session, Sight};
use self::statistics::Statistics;
use crate::commits::Commits;
use crate::in_flight::InFlight;
use crate::known_keys::KnownKeys;
use crate::{Access, Clock, Database, OpenError, Org, Settings, Write, WriteError, Written};

/// Connections that read, and those of short commands.
const READERS_MAX: usize = 16;
/// How many of them may be searching: the others are for what is answered at once.
const SEARCHES_MAX: usize = 8;
/// How many may be looking for a key that is not known yet: a flood of wrong ones leaves the others to read.
const KEY_LOOK_UPS_MAX: usize = 2;

/// A PostgreSQL database, open.
pub struct Postgres {
    pool: Pool,
    clock: Clock,
    cursor_key: [u8; 32],
    health: Health,
    /// None for a command, which has no requests.
    lanes: Option<Lanes>,
    commits: Commits,
    in_flight: InFlight,
    known_keys: Arc<KnownKeys>,
    searches: Semaphore,
    key_look_ups: Semaphore,
    failed: watch::Sender<bool>,
}

impl Postgres {
    pub(crate) async fn open(
        url: &PostgresUrl,
        access: Access,
        settings: Settings,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let migrate::Prepared {
            cursor_key,
            unfinished_copy,
        } = migrate::prepare(url).await?;
        if access != Access::CopyInto
            && let Some(source_name) = unfinished_copy
        {
            let database = Database::Postgres(url.clone());
            return Err(OpenError::Unfinished {
                database,
                source_name,
            });
        }
        let pool = connection::pool(url, READERS_MAX)?;
        let commits = Commits::default();
        let known_keys = Arc::new(KnownKeys::new(clock.clone()));
        let health = match access {
            Access::Serve => Health::watch(
                url.clone(),
                commits.clone(),
                Arc::clone(&known_keys),
                pool.clone(),
            ),
            Access::Command | Access::CopyFrom | Access::CopyInto => Health::unwatched(),
        };
        let lanes = match access {
            Access::Serve => {
                let write_pool = connection::lane_pool(url, lane::LANES)?;
                Some(Lanes::start(
                    write_pool,
                    settings,
                    clock.clone(),
                    commits.clone(),
                    health.clone(),
                    Arc::clone(&known_keys),
                    Statistics::new(pool.clone()),
                ))
            }
            Access::Command | Access::CopyFrom | Access::CopyInto => None,
        };
        Ok(Self {
            pool,
            clock,
            cursor_key,
            health,
            lanes,
            commits,
            in_flight: InFlight::default(),
            known_keys,
            searches: Semaphore::new(SEARCHES_MAX),
            key_look_ups: Semaphore::new(KEY_LOOK_UPS_MAX),
            failed: watch::channel(false).0,
        })
    }

    pub(crate) async fn write(&self, write: Write) -> Result<Written, WriteError> {
        let claim = match &write.idempotency {
            Some(idempotency) if !write.dry_run => {
                Some(self.in_flight.claim(write.org, &idempotency.key)?)
            }
            _ => None,
        };
        self.health.check().map_err(WriteError::Unreachable)?;
        let (answer, answered) = oneshot::channel();
        let lanes = self.lanes.as_ref().ok_or(WriteError::Closed)?;
        lanes.send(lane::Job { write, answer })?;
        // Also who waits behind others is told at once that the database is away; the lane then leaves the request out.
        let written = tokio::select! {
            written = answered => written.unwrap_or(Err(WriteError::Closed)),
            () = self.health.lost() => Err(WriteError::Unreachable(health::SILENT.to_owned())),
        };
        drop(claim);
        written
    }

    /// Notes when keys were last used, an organisation at a time.
    pub(crate) async fn touch_keys(&self, used: Vec<(Org, Uuid)>) -> Result<(), WriteError> {
        let now = self.clock.now().as_micros();
        let sql = "update api_key set last_used_at = $3 where org = $1 and id = any($2)";
        for keys in used.chunk_by(|(one, _), (other, _)| one == other) {
            let org = keys[0].0;
            let ids: Vec<Uuid> = keys.iter().map(|(_, id)| *id).collect();
            let session = Session::begin(&self.pool, Sight::Org(org), Purpose::Write).await?;
            session.execute(sql, &[&org.id(), &ids, &now]).await?;
            session.commit().await?;
        }
        Ok(())
    }

    pub(crate) fn commits(&self, org: &Org) -> watch::Receiver<i64> {
        self.commits.of(*org)
    }

    /// Never true: a server whose disk fails stops by itself, which is an error of the connection.
    pub(crate) fn failed(&self) -> watch::Receiver<bool> {
        self.failed.subscribe()
    }

    /// The database is asked all the time by who watches it.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.health.check()
    }

    pub(crate) async fn close(&self) {
        if let Some(lanes) = &self.lanes {
            lanes.close().await;
        }
        self.health.stop().await;
        self.pool.close();
    }
}
