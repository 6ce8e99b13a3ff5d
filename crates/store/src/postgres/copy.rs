//! What a copy reads and writes here.

use deadpool_postgres::ClientWrapper as Client;
use lanekeeper_core::custom::Scope;
use lanekeeper_core::pipeline::{Organization, UnknownAttributes};
use lanekeeper_core::{Object, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::Postgres;
use super::apply::{execute, insert_changesets, settings, write_new};
use super::columns::{record_of, selected};
use super::cycle::Failure;
use super::load::settings::{
    FIELD_COLUMNS, KEY_COLUMNS, USER_COLUMNS, field_of, key_of, pipelines, rows, user_of,
};
use super::read::changeset_of;
use super::session::{Purpose, Session, Sight};
use crate::changeset::{CHANGESET_COLUMNS, ChangesetRow};
use crate::copy::entity::{Entity, KeptAnswer, Part, Place, Position};
use crate::copy::{BATCH_BYTES_MAX, BATCH_LEN_MAX, Unfinished};
use crate::{Org, ReadError, WriteError};

/// Rows that are asked for at once: each may be large.
const ROWS_AT_ONCE: usize = 50;

impl Postgres {
    pub(crate) fn cursor_key(&self) -> [u8; 32] {
        self.cursor_key
    }

    pub(crate) async fn unfinished_copy(&self) -> Result<Option<Unfinished>, ReadError> {
        let session = self.copying(Sight::Operator).await?;
        let found = rows(
            &session,
            "select source_name, place from unfinished_copy",
            &[],
        )
        .await;
        let found = session.end(found)?.pop();
        let found = found.map(|row| {
            Ok(Unfinished {
                source_name: row.try_get(0)?,
                place: row.try_get(1)?,
            })
        });
        found.transpose()
    }

    pub(crate) async fn begin_copy(
        &self,
        cursor_key: &[u8; 32],
        copy: &Unfinished,
    ) -> Result<(), WriteError> {
        let session = self.copying(Sight::Operator).await?;
        let sql = "insert into unfinished_copy (source_name, place) values ($1, $2)";
        session
            .execute(sql, &[&copy.source_name, &copy.place])
            .await?;
        let sql = "update secret set value = $1 where name = 'cursor'";
        session.execute(sql, &[&cursor_key.as_slice()]).await?;
        Ok(session.commit().await?)
    }

    pub(crate) async fn finish_copy(&self) -> Result<(), WriteError> {
        let session = self.copying(Sight::Operator).await?;
        session.execute("delete from unfinished_copy", &[]).await?;
        Ok(session.commit().await?)
    }

    pub(crate) async fn count_part(
        &self,
        organization_id: Uuid,
        part: Part,
    ) -> Result<u64, ReadError> {
        let org = Org::new(0, organization_id);
        let session = self.copying(Sight::Org(org)).await?;
        let sql = match part {
            Part::Organization => "select count(*) from organization where id = $1".to_owned(),
            part => format!("select count(*) from {} where org = $1", part.table()),
        };
        let counted = rows(&session, &sql, &[&organization_id]).await;
        let counted = session.end(counted)?;
        let count: i64 = counted[0].try_get(0)?;
        Ok(count.unsigned_abs())
    }

    pub(crate) async fn read_batch(&self, place: &Place) -> Result<Vec<Entity>, ReadError> {
        let org = Org::new(0, place.organization_id);
        let session = self.copying(Sight::Org(org)).await?;
        let batch = read_behind(&session, org, place).await;
        session.end(batch)
    }

    pub(crate) async fn write_batch(
        &self,
        batch: &[Entity],
        place: &Place,
    ) -> Result<(), WriteError> {
        let org = Org::new(0, place.organization_id);
        let session = self.copying(Sight::Org(org)).await?;
        write(&session, org, batch).await?;
        let sql = "update unfinished_copy set place = $1";
        session.execute(sql, &[&place.to_string()]).await?;
        Ok(session.commit().await?)
    }

    async fn copying(&self, sight: Sight<'_>) -> Result<Session, ReadError> {
        Session::begin(&self.pool, sight, Purpose::Copy).await
    }
}

/// Every part is read by the index that its entities are unique by, through a cursor: how many rows are a batch is known
/// when they are seen.
async fn read_behind(client: &Client, org: Org, place: &Place) -> Result<Vec<Entity>, ReadError> {
    let (part, table) = (place.part, place.part.table());
    let (columns, key) = columns_of(part);
    let mine = match part {
        Part::Organization => "r.id = $1",
        Part::Merges(_) => "r.org = $1 and r.merged_into is not null",
        _ => "r.org = $1",
    };
    let sql = format!(
        "declare batch no scroll cursor for
         select {columns} from {table} r where {mine} and r.{key} > $2 order by r.{key} limit {BATCH_LEN_MAX}"
    );
    let after: &(dyn ToSql + Sync) = match &place.after {
        Position::Id(id) => id,
        Position::Sequence(sequence) => sequence,
        Position::Key(key) => key,
    };
    client.execute(&sql, &[&org.id(), after]).await?;
    let fetch = format!("fetch {ROWS_AT_ONCE} from batch");
    let (mut batch, mut bytes) = (vec![], 0);
    loop {
        let rows = client.query(&fetch, &[]).await?;
        let is_last = rows.len() < ROWS_AT_ONCE;
        for entity in entities_of(client, org, part, &rows).await? {
            bytes += entity.bytes();
            batch.push(entity);
        }
        if is_last || bytes >= BATCH_BYTES_MAX {
            return Ok(batch);
        }
    }
}

/// What is read of a part, and what it is in the order of.
fn columns_of(part: Part) -> (String, &'static str) {
    let columns = match part {
        Part::Organization => "id, name, unknown_attributes, created_at, last_sequence",
        Part::Pipelines => "id",
        Part::Users => USER_COLUMNS,
        Part::Keys => KEY_COLUMNS,
        Part::Fields => return (format!("{FIELD_COLUMNS}, object, pipeline_id"), "id"),
        Part::Records(object) => selected(object),
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

async fn entities_of(
    client: &Client,
    org: Org,
    part: Part,
    rows: &[Row],
) -> Result<Vec<Entity>, ReadError> {
    if part == Part::Pipelines {
        let ids = rows.iter().map(|row| row.try_get(0));
        let ids: Vec<Uuid> = ids.collect::<Result<_, _>>()?;
        let pipelines = pipelines(client, org, Some(&ids)).await?;
        return Ok(pipelines.into_iter().map(Entity::Pipeline).collect());
    }
    rows.iter().map(|row| entity_of(part, row)).collect()
}

fn entity_of(part: Part, row: &Row) -> Result<Entity, ReadError> {
    Ok(match part {
        Part::Organization => organization_of(row)?,
        Part::Pipelines => unreachable!("pipelines are read with their stages"),
        Part::Users => Entity::User(user_of(row)?),
        Part::Keys => Entity::Key(key_of(row)?),
        Part::Fields => Entity::Field(field_of(row, scope_of(row)?)?),
        Part::Records(object) => Entity::Record(Box::new(record_of(row, object)?)),
        Part::Merges(object) => Entity::Merge {
            object,
            id: row.try_get(0)?,
            survivor: row.try_get(1)?,
        },
        Part::Changesets => Entity::Changeset(changeset_of(row)?),
        Part::Answers => answer_of(row)?,
    })
}

fn organization_of(row: &Row) -> Result<Entity, ReadError> {
    let rule: String = row.try_get(2)?;
    let unknown = || ReadError::Corrupt(format!("the rule {rule}"));
    Ok(Entity::Organization {
        organization: Organization {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            unknown_attributes: UnknownAttributes::named(&rule).ok_or_else(unknown)?,
            created_at: Timestamp::from_micros(row.try_get(3)?),
        },
        last_sequence: row.try_get(4)?,
    })
}

/// Whose field it is, from the columns behind those of [`field_of`].
fn scope_of(row: &Row) -> Result<Scope, ReadError> {
    let (object, pipeline_id): (String, Option<Uuid>) = (row.try_get(9)?, row.try_get(10)?);
    let unknown = || ReadError::Corrupt(format!("a field of {object}"));
    Scope::named(&object, pipeline_id).ok_or_else(unknown)
}

fn answer_of(row: &Row) -> Result<Entity, ReadError> {
    let (fingerprint, status): (Vec<u8>, i32) = (row.try_get(1)?, row.try_get(2)?);
    let corrupt = || ReadError::Corrupt("a kept answer".to_owned());
    Ok(Entity::Answer(KeptAnswer {
        key: row.try_get(0)?,
        fingerprint: fingerprint.try_into().map_err(|_| corrupt())?,
        status: u16::try_from(status).map_err(|_| corrupt())?,
        body: row.try_get(3)?,
        created_at: Timestamp::from_micros(row.try_get(4)?),
    }))
}

/// Writes what there may be many of with one statement for all of a batch.
async fn write(client: &Client, org: Org, batch: &[Entity]) -> Result<(), Failure> {
    let (mut records, mut merges, mut changesets, mut answers) = (vec![], vec![], vec![], vec![]);
    for entity in batch {
        match entity {
            Entity::Organization {
                organization,
                last_sequence,
            } => create_organization(client, organization, *last_sequence).await?,
            Entity::Pipeline(pipeline) => settings::create_pipeline(client, org, pipeline).await?,
            Entity::User(user) => settings::create_user(client, org, user).await?,
            Entity::Key(key) => settings::create_key(client, org, key).await?,
            Entity::Field(field) => settings::create_field(client, org, field).await?,
            Entity::Record(record) => records.push(record.as_ref()),
            Entity::Merge {
                object,
                id,
                survivor,
            } => merges.push((*object, *id, *survivor)),
            Entity::Changeset(row) => changesets.push(row),
            Entity::Answer(answer) => answers.push(answer),
        }
    }
    write_new(client, org, &records).await?;
    merge(client, org, &merges).await?;
    note(client, org, &changesets).await?;
    keep(client, org, &answers).await
}

async fn create_organization(
    client: &Client,
    organization: &Organization,
    last_sequence: i64,
) -> Result<(), Failure> {
    let sql = "
        insert into organization (id, name, unknown_attributes, created_at, last_sequence)
        values ($1, $2, $3, $4, $5)";
    let rule = organization.unknown_attributes.name();
    let created_at = organization.created_at.as_micros();
    let name = &organization.name;
    execute(
        client,
        sql,
        &[&organization.id, name, &rule, &created_at, &last_sequence],
    )
    .await
}

async fn merge(client: &Client, org: Org, merges: &[(Object, Uuid, Uuid)]) -> Result<(), Failure> {
    for object in Object::ALL {
        let of_object = merges.iter().filter(|(merged, _, _)| *merged == object);
        let (ids, survivors): (Vec<Uuid>, Vec<Uuid>) =
            of_object.map(|(_, id, survivor)| (*id, *survivor)).unzip();
        if ids.is_empty() {
            continue;
        }
        let sql = format!(
            "update {table} r set merged_into = u.survivor
             from unnest($2::uuid[], $3::uuid[]) as u (id, survivor) where r.org = $1 and r.id = u.id",
            table = object.name()
        );
        execute(client, &sql, &[&org.id(), &ids, &survivors]).await?;
    }
    Ok(())
}

/// Notes changesets in the feed, and when the last of them was.
async fn note(client: &Client, org: Org, rows: &[&ChangesetRow]) -> Result<(), Failure> {
    let Some(last) = rows.iter().map(|row| row.changeset.occurred_at).max() else {
        return Ok(());
    };
    insert_changesets(client, org, rows).await?;
    let sql = "update organization set last_write_at = greatest(last_write_at, $2) where id = $1";
    execute(client, sql, &[&org.id(), &last.as_micros()]).await
}

/// Keeps answers, and counts them.
async fn keep(client: &Client, org: Org, answers: &[&KeptAnswer]) -> Result<(), Failure> {
    if answers.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = answers.iter().map(|answer| answer.key.as_str()).collect();
    let prints: Vec<&[u8]> = answers
        .iter()
        .map(|answer| &answer.fingerprint[..])
        .collect();
    let statuses: Vec<i32> = answers.iter().map(|answer| answer.status.into()).collect();
    let bodies: Vec<&[u8]> = answers.iter().map(|answer| &answer.body[..]).collect();
    let times = answers.iter().map(|answer| answer.created_at.as_micros());
    let times: Vec<i64> = times.collect();
    let sql = "
        insert into idempotency (org, key, fingerprint, status, body, created_at)
        select $1, u.* from unnest($2::text[], $3::bytea[], $4::int4[], $5::bytea[], $6::int8[]) as u";
    execute(
        client,
        sql,
        &[&org.id(), &keys, &prints, &statuses, &bodies, &times],
    )
    .await?;
    let count = i64::try_from(answers.len()).unwrap_or(i64::MAX);
    let sql = "update organization set idempotency_keys = idempotency_keys + $2 where id = $1";
    execute(client, sql, &[&org.id(), &count]).await
}
