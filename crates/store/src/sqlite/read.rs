//! Reads: short, each on a connection of its own.

use std::sync::{Arc, LazyLock};

use lanekeeper_core::custom::{FieldDefinition, Scope};
use lanekeeper_core::key::Key;
use lanekeeper_core::outcome::{AccountBrief, ContactBrief, OpportunityView, OwnerBrief};
use lanekeeper_core::pipeline::{Pipeline, User};
use lanekeeper_core::query::Found;
use lanekeeper_core::{Object, Timestamp, Value};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::columns::{record_columns, record_of};
use super::load::settings::{KEY_COLUMNS, key_of};
use super::{Sqlite, load};
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
                Object::Opportunity => opportunity(connection, *org, By::Id(id))?
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

/// What finds an opportunity.
#[derive(Clone, Copy)]
pub(super) enum By {
    Id(Uuid),
    Rid(i64),
}

/// Reads an opportunity with what surrounds it, in one state of the database: the first statement is open until the last ends.
struct OpportunitySql {
    by_id: String,
    by_rid: String,
    /// How many columns are the record's.
    record_len: usize,
}

/// Written once: it is read for each opportunity of a page.
static OPPORTUNITY: LazyLock<OpportunitySql> = LazyLock::new(|| {
    let columns = record_columns(Object::Opportunity, "o.");
    let by = |column: &str| {
        format!(
            "select {columns}, s.label, a.id, a.name, a.domain,
                 c.id, c.email, c.first_name, c.last_name, c.full_name, m.id, m.email
             from opportunity o
             join stage s on s.org = o.org and s.id = o.stage_id
             left join account a on a.org = o.org and a.id = o.account_id
             left join contact c on c.org = o.org and c.id = o.contact_id
             left join member m on m.org = o.org and m.id = o.owner_id
             where o.org = ?1 and o.{column} = ?2 and o.deleted_at is null"
        )
    };
    OpportunitySql {
        by_id: by("id"),
        by_rid: by("rid"),
        record_len: columns.split(", ").count(),
    }
});

pub(super) fn opportunity(
    connection: &Connection,
    org: Org,
    by: By,
) -> Result<Option<OpportunityView>, ReadError> {
    let sql = match by {
        By::Id(_) => &OPPORTUNITY.by_id,
        By::Rid(_) => &OPPORTUNITY.by_rid,
    };
    let first = OPPORTUNITY.record_len;
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = match by {
        By::Id(id) => statement.query(params![org.number, id])?,
        By::Rid(rid) => statement.query(params![org.number, rid])?,
    };
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let mut record = record_of(row, Object::Opportunity)?;
    let additional_contacts = additional_contacts(connection, org, record.id)?;
    if !additional_contacts.is_empty() {
        let ids = additional_contacts
            .iter()
            .map(|contact| contact.id)
            .collect();
        record
            .values
            .insert("additional_contact_ids", Value::Ids(ids));
    }
    Ok(Some(OpportunityView {
        record: Arc::new(record),
        stage_name: row.get(first)?,
        account: account_brief(row, first + 1)?,
        contact: contact_brief(row, first + 4)?,
        additional_contacts,
        owner: owner_brief(row, first + 9)?,
    }))
}

fn additional_contacts(
    connection: &Connection,
    org: Org,
    id: Uuid,
) -> Result<Vec<ContactBrief>, ReadError> {
    let sql = "
        select c.id, c.email, c.first_name, c.last_name, c.full_name
        from opportunity_contact link
        join contact c on c.org = link.org and c.id = link.contact_id
        where link.org = ?1 and link.opportunity_id = ?2 order by link.rid";
    let mut statement = connection.prepare_cached(sql)?;
    let contacts = statement.query_map(params![org.number, id], |row| contact_brief(row, 0))?;
    Ok(contacts
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?)
}

fn account_brief(row: &Row, first: usize) -> rusqlite::Result<Option<AccountBrief>> {
    let Some(id) = row.get(first)? else {
        return Ok(None);
    };
    let name: Option<String> = row.get(first + 1)?;
    let name = name.unwrap_or_default();
    Ok(Some(AccountBrief {
        id,
        name,
        domain: row.get(first + 2)?,
    }))
}

fn contact_brief(row: &Row, first: usize) -> rusqlite::Result<Option<ContactBrief>> {
    let Some(id) = row.get(first)? else {
        return Ok(None);
    };
    Ok(Some(ContactBrief {
        id,
        email: row.get(first + 1)?,
        first_name: row.get(first + 2)?,
        last_name: row.get(first + 3)?,
        full_name: row.get(first + 4)?,
    }))
}

fn owner_brief(row: &Row, first: usize) -> rusqlite::Result<Option<OwnerBrief>> {
    let Some(id) = row.get(first)? else {
        return Ok(None);
    };
    Ok(Some(OwnerBrief {
        id,
        email: row.get(first + 1)?,
    }))
}
