//! Reads: short, each on a connection of its own.

use std::sync::Arc;

use lanekeeper_core::custom::{FieldDefinition, Scope};
use lanekeeper_core::key::Key;
use lanekeeper_core::pipeline::{Pipeline, User};
use lanekeeper_core::query::Found;
use lanekeeper_core::{Object, Timestamp};
use rusqlite::{Row, params};
use uuid::Uuid;

use super::load::settings::{KEY_COLUMNS, key_of};
use super::{Sqlite, load, opportunity};
use crate::changeset::{CHANGESET_COLUMNS, Changeset, ChangesetRow};
use crate::{ChangePage, KeyEntry, Org, Overview, ReadError};

impl Sqlite {
    pub(crate) fn key(&self, hash: &[u8; 32]) -> Result<Option<Arc<KeyEntry>>, ReadError> {
        let look_up = match self.known_keys.get(hash) {
            Ok(known) => return Ok(Some(known)),
            Err(look_up) => look_up,
        };
        let found = self.look_up_key(hash)?.map(Arc::new);
        if let Some(found) = &found {
            self.known_keys.keep(hash, &look_up, found);
        }
        Ok(found)
    }

    fn look_up_key(&self, hash: &[u8; 32]) -> Result<Option<KeyEntry>, ReadError> {
        let sql = format!(
            "select {KEY_COLUMNS}, organization.org, organization.id
             from api_key key join organization using (org) where hash = ?1"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([hash])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            let org = Org::new(row.get(10)?, row.get(11)?);
            Ok(Some(KeyEntry {
                org,
                key: key_of(row)?,
            }))
        })
    }

    pub(crate) fn keys(&self, org: &Org) -> Result<Vec<Key>, ReadError> {
        let sql = format!("select {KEY_COLUMNS} from api_key key where org = ?1 order by rid");
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let keys = statement.query_map([org.number], |row| Ok(key_of(row)))?;
            keys.map(|key| key?).collect()
        })
    }

    pub(crate) fn live_keys(&self, org: &Org) -> Result<Vec<Key>, ReadError> {
        self.read(|connection| load::settings::live_keys(connection, *org))
    }

    pub(crate) fn users(&self, org: &Org) -> Result<Vec<User>, ReadError> {
        self.read(|connection| load::settings::all_users(connection, *org))
    }

    pub(crate) fn user(&self, org: &Org, id: Uuid) -> Result<Option<User>, ReadError> {
        self.read(|connection| load::settings::user(connection, *org, id))
    }

    pub(crate) fn overview(&self) -> Result<Vec<Overview>, ReadError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("select org, id, name from organization order by org")?;
            let organizations = statement.query_map([], |row| {
                let org = Org::new(row.get(0)?, row.get(1)?);
                Ok(Overview {
                    org,
                    name: row.get(2)?,
                })
            })?;
            Ok(organizations.collect::<Result<_, _>>()?)
        })
    }

    pub(crate) fn record(
        &self,
        org: &Org,
        object: Object,
        id: Uuid,
    ) -> Result<Option<Found>, ReadError> {
        self.read(|connection| {
            Ok(match object {
                Object::Opportunity => opportunity::by_id(connection, *org, id)?
                    .map(|view| Found::Opportunity(Box::new(view))),
                Object::Account | Object::Contact | Object::Note | Object::Activity => {
                    // One state of the database for a record and what it was merged into.
                    let snapshot = connection.unchecked_transaction()?;
                    let record = load::answering(&snapshot, *org, object, id)?;
                    record.map(|record| Found::Record(Arc::new(record)))
                }
            })
        })
    }

    pub(crate) fn pipelines(&self, org: &Org) -> Result<Vec<Pipeline>, ReadError> {
        self.read(|connection| load::pipelines(connection, *org))
    }

    pub(crate) fn pipeline(&self, org: &Org, id: Uuid) -> Result<Option<Pipeline>, ReadError> {
        self.read(|connection| load::pipeline(connection, *org, id))
    }

    pub(crate) fn fields(
        &self,
        org: &Org,
        scope: Scope,
    ) -> Result<Vec<FieldDefinition>, ReadError> {
        self.read(|connection| load::fields(connection, *org, scope))
    }

    /// Reads on a thread where nothing else waits for it: a page may be large.
    pub(crate) async fn changes(
        sqlite: Arc<Self>,
        org: Org,
        after: i64,
        limit: usize,
    ) -> Result<ChangePage, ReadError> {
        let read = tokio::task::spawn_blocking(move || sqlite.changes_now(org, after, limit));
        read.await.unwrap_or_else(|panicked| {
            Err(ReadError::Corrupt(format!("a read panicked: {panicked}")))
        })
    }

    pub(super) fn changes_now(
        &self,
        org: Org,
        after: i64,
        limit: usize,
    ) -> Result<ChangePage, ReadError> {
        let sql = format!(
            "select {CHANGESET_COLUMNS}
             from changeset where org = ?1 and last_sequence > ?2 order by last_sequence"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![org.number, after])?;
            let mut page = ChangePage::default();
            while let Some(row) = rows.next()? {
                if page.add(changeset_of(row)?, after, limit)? {
                    break;
                }
            }
            Ok(page)
        })
    }
}

/// The row of the feed that has the [`CHANGESET_COLUMNS`].
pub(super) fn changeset_of(row: &Row) -> Result<ChangesetRow, ReadError> {
    Ok(ChangesetRow {
        first_sequence: row.get(0)?,
        changes: row.get(1)?,
        changeset: Changeset {
            id: row.get(2)?,
            request_id: row.get(3)?,
            actor_kind: row.get(4)?,
            actor_id: row.get(5)?,
            actor_name: row.get(6)?,
            occurred_at: Timestamp::from_micros(row.get(7)?),
        },
        last_sequence: row.get(8)?,
    })
}
