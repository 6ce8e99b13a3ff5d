//! What a copy reads and writes here.

use lanekeeper_core::Timestamp;
use lanekeeper_core::custom::Scope;
use lanekeeper_core::pipeline::{Organization, UnknownAttributes};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, TransactionBehavior, params};
use uuid::Uuid;

use super::apply::{create_organization, create_record, people, set_last_sequence, settings};
use super::columns::{record_columns, record_of};
use super::index_text;
use super::load::settings::{KEY_COLUMNS, USER_COLUMNS, key_of, user_of};
use super::load::{FIELD_COLUMNS, add_links, field_of};
use super::read::changeset_of;
use super::{Sqlite, load};
use crate::changeset::{CHANGESET_COLUMNS, ChangesetRow};
use crate::copy::entity::{Entity, KeptAnswer, Part, Place, Position};
use crate::copy::{BATCH_BYTES_MAX, BATCH_LEN_MAX, Unfinished};
use crate::{Org, ReadError, WriteError};

impl Sqlite {
    pub(crate) fn cursor_key(&self) -> [u8; 32] {
        self.cursor_key
    }

    pub(crate) fn unfinished_copy(&self) -> Result<Option<Unfinished>, ReadError> {
        let sql = "select source_name, place from unfinished_copy";
        self.read(|connection| {
            let found = connection.query_row(sql, [], |row| {
                let (source_name, place) = (row.get(0)?, row.get(1)?);
                Ok(Unfinished { source_name, place })
            });
            Ok(found.optional()?)
        })
    }

    pub(crate) fn begin_copy(
        &self,
        cursor_key: &[u8; 32],
        copy: &Unfinished,
    ) -> Result<(), WriteError> {
        self.transact(|connection| {
            connection.execute(
                "insert into unfinished_copy (source_name, place) values (?1, ?2)",
                params![copy.source_name, copy.place],
            )?;
            let sql = "update secret set value = ?1 where name = 'cursor'";
            connection.execute(sql, [cursor_key])?;
            Ok(())
        })
    }

    pub(crate) fn finish_copy(&self) -> Result<(), WriteError> {
        self.transact(|connection| {
            connection.execute("delete from unfinished_copy", [])?;
            Ok(())
        })
    }

    pub(crate) fn count_part(&self, organization_id: Uuid, part: Part) -> Result<u64, ReadError> {
        let sql = format!("select count(*) from {} where org = ?1", part.table());
        self.read(|connection| {
            let Some(org) = org_of(connection, organization_id)? else {
                return Ok(0);
            };
            let count: i64 = connection.query_row(&sql, [org.number], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    pub(crate) fn read_batch(&self, place: &Place) -> Result<Vec<Entity>, ReadError> {
        self.read(|connection| {
            let Some(org) = org_of(connection, place.organization_id)? else {
                return Ok(vec![]);
            };
            read_behind(connection, org, place)
        })
    }

    pub(crate) fn write_batch(&self, batch: &[Entity], place: &Place) -> Result<(), WriteError> {
        let copier = self.copier.as_ref().ok_or(WriteError::Closed)?;
        let mut connection = copier
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for entity in batch {
            write(&transaction, place.organization_id, entity)?;
        }
        index_text::flush(&transaction)?;
        let sql = "update unfinished_copy set place = ?1";
        transaction.execute(sql, [place.to_string()])?;
        Ok(transaction.commit()?)
    }
}

fn org_of(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<Org>> {
    let sql = "select org from organization where id = ?1";
    let mut number = connection.prepare_cached(sql)?;
    let number = number.query_row([id], |row| row.get(0)).optional()?;
    Ok(number.map(|number| Org::new(number, id)))
}

/// Every part is read by the index that its entities are unique by.
fn read_behind(connection: &Connection, org: Org, place: &Place) -> Result<Vec<Entity>, ReadError> {
    let part = place.part;
    let sql = select(part);
    let after: &dyn ToSql = match &place.after {
        Position::Id(id) => id,
        Position::Sequence(sequence) => sequence,
        Position::Key(key) => key,
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![org.number, after])?;
    let (mut batch, mut bytes) = (vec![], 0);
    while let Some(row) = rows.next()? {
        let entity = entity_of(connection, org, part, row)?;
        bytes += entity.bytes();
        batch.push(entity);
        if bytes >= BATCH_BYTES_MAX {
            break;
        }
    }
    Ok(batch)
}

/// The statement that reads a part: `?1` = org, `?2` = the position.
pub(super) fn select(part: Part) -> String {
    let (columns, key) = columns_of(part);
    // The plus keeps SQLite from an index that is in another order.
    let only = match part {
        Part::Merges(_) => "and +merged_into is not null",
        _ => "",
    };
    format!(
        "select {columns} from {table} where org = ?1 and {key} > ?2 {only} order by {key} limit {BATCH_LEN_MAX}",
        table = part.table()
    )
}

/// What is read of a part, and what it is in the order of.
fn columns_of(part: Part) -> (String, &'static str) {
    let columns = match part {
        Part::Organization => "id, name, unknown_attributes, created_at, last_sequence",
        Part::Pipelines => "id",
        Part::Users => USER_COLUMNS,
        Part::Keys => return (KEY_COLUMNS.replace("key.", ""), "id"),
        Part::Fields => return (format!("{FIELD_COLUMNS}, object, pipeline_id"), "id"),
        Part::Records(object) => return (record_columns(object, ""), "id"),
        Part::Merges(_) => "id, merged_into",
        Part::Changesets => return (CHANGESET_COLUMNS.to_owned(), "last_sequence"),
        Part::Answers => {
            return (
                "key, fingerprint, status, body, created_at".to_owned(),
                "key",
            );
        }
    };
    (columns.to_owned(), "id")
}

fn entity_of(
    connection: &Connection,
    org: Org,
    part: Part,
    row: &Row,
) -> Result<Entity, ReadError> {
    Ok(match part {
        Part::Organization => organization_of(row)?,
        Part::Pipelines => {
            let pipeline = load::pipeline(connection, org, row.get(0)?)?;
            Entity::Pipeline(pipeline.expect("its row was just read"))
        }
        Part::Users => Entity::User(user_of(row)?),
        Part::Keys => Entity::Key(key_of(row)?),
        Part::Fields => Entity::Field(field_of(row, scope_of(row)?)?),
        Part::Records(object) => {
            let mut record = record_of(row, object)?;
            add_links(connection, org, &mut record)?;
            Entity::Record(Box::new(record))
        }
        Part::Merges(object) => Entity::Merge {
            object,
            id: row.get(0)?,
            survivor: row.get(1)?,
        },
        Part::Changesets => Entity::Changeset(changeset_of(row)?),
        Part::Answers => Entity::Answer(KeptAnswer {
            key: row.get(0)?,
            fingerprint: row.get(1)?,
            status: row.get(2)?,
            body: row.get(3)?,
            created_at: Timestamp::from_micros(row.get(4)?),
        }),
    })
}

fn organization_of(row: &Row) -> Result<Entity, ReadError> {
    let rule: String = row.get(2)?;
    let unknown = || ReadError::Corrupt(format!("the rule {rule}"));
    Ok(Entity::Organization {
        organization: Organization {
            id: row.get(0)?,
            name: row.get(1)?,
            unknown_attributes: UnknownAttributes::named(&rule).ok_or_else(unknown)?,
            created_at: Timestamp::from_micros(row.get(3)?),
        },
        last_sequence: row.get(4)?,
    })
}

/// Whose field it is, from the columns behind those of [`field_of`].
fn scope_of(row: &Row) -> Result<Scope, ReadError> {
    let (object, pipeline_id): (String, Option<Uuid>) = (row.get(9)?, row.get(10)?);
    let unknown = || ReadError::Corrupt(format!("a field of {object}"));
    Scope::named(&object, pipeline_id).ok_or_else(unknown)
}

/// An organisation is written before everything of it, and everything with its organisation's number.
fn write(
    connection: &Connection,
    organization_id: Uuid,
    entity: &Entity,
) -> Result<(), WriteError> {
    if let Entity::Organization {
        organization,
        last_sequence,
    } = entity
    {
        let org = create_organization(connection, organization)?;
        return Ok(set_last_sequence(connection, org, *last_sequence)?);
    }
    let missing = || WriteError::Failed(format!("the organisation {organization_id} is gone"));
    let org = org_of(connection, organization_id)?.ok_or_else(missing)?;
    match entity {
        Entity::Organization { .. } => {}
        Entity::Pipeline(pipeline) => settings::create_pipeline(connection, org, pipeline)?,
        Entity::User(user) => people::create_user(connection, org, user)?,
        Entity::Key(key) => people::create_key(connection, org, key)?,
        Entity::Field(field) => settings::create_field(connection, org, field)?,
        Entity::Record(record) => create_record(connection, org, record)?,
        Entity::Merge {
            object,
            id,
            survivor,
        } => {
            let table = object.name();
            let sql = format!("update {table} set merged_into = ?3 where org = ?1 and id = ?2");
            let mut update = connection.prepare_cached(&sql)?;
            update.execute(params![org.number, id, survivor])?;
        }
        Entity::Changeset(row) => note(connection, org, row)?,
        // They come by their keys, not as they were kept: until all of them are a day old, some stay longer than that.
        Entity::Answer(answer) => keep(connection, org, answer)?,
    }
    Ok(())
}

fn note(connection: &Connection, org: Org, row: &ChangesetRow) -> rusqlite::Result<()> {
    let sql = format!(
        "insert into changeset (org, {CHANGESET_COLUMNS})
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    );
    let changeset = &row.changeset;
    connection.prepare_cached(&sql)?.execute(params![
        org.number,
        row.first_sequence,
        row.changes,
        changeset.id,
        changeset.request_id,
        changeset.actor_kind,
        changeset.actor_id,
        changeset.actor_name,
        changeset.occurred_at.as_micros(),
        row.last_sequence,
    ])?;
    Ok(())
}

fn keep(connection: &Connection, org: Org, answer: &KeptAnswer) -> rusqlite::Result<()> {
    let sql = "
        insert into idempotency (org, key, fingerprint, status, body, created_at)
        values (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(params![
        org.number,
        answer.key,
        answer.fingerprint,
        answer.status,
        answer.body,
        answer.created_at.as_micros(),
    ])?;
    Ok(())
}
