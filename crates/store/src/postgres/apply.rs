//! Changes made: rows from changes. What a group does to a record is written once, as it is in the end, and all records of a
//! kind with one statement.

mod derived;
pub(super) mod settings;

use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper as Client;
use futures_util::future::{try_join, try_join_all};
use lanekeeper_core::change::{Actor, Change};
use lanekeeper_core::{Object, Record, Timestamp};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::columns::{Columns, Width, statements};
use super::cycle::Failure;
use crate::Org;
use crate::changeset::{self, ChangesetRow};

/// Rows of the feed, column by column.
const INSERT_CHANGESETS: &str = "
    insert into changeset
        (org, first_sequence, last_sequence, id, request_id, actor_kind, actor_id, actor_name, occurred_at, changes)
    select $1, u.* from unnest(
        $2::int8[], $3::int8[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::int8[], $10::text[]
    ) as u";

/// The changes of one request, and what they are stored with.
pub(super) struct Changeset {
    pub(super) id: Uuid,
    pub(super) request_id: String,
    pub(super) actor: Actor,
    pub(super) at: Timestamp,
    pub(super) changes: Vec<Change>,
}

/// What becomes of a record: as it was before the group, if it was there, and as it is after it.
pub(super) struct Edit<'a> {
    before: Option<&'a Record>,
    after: &'a Record,
}

/// Makes the changes, and notes them in the feed behind `last_sequence`; the new last sequence.
pub(super) async fn apply(
    client: &Client,
    org: Org,
    changesets: &[Changeset],
    last_sequence: i64,
) -> Result<i64, Failure> {
    let changes = || changesets.iter().flat_map(|changeset| &changeset.changes);
    for change in changes() {
        settings::apply(client, org, change).await?;
    }
    let edits = edits(changes());
    let all: Vec<&Edit> = edits.values().collect();
    let rows = rows_of(changesets, last_sequence);
    let rows: Vec<&ChangesetRow> = rows.iter().collect();
    try_join(
        write_edits(client, org, &all),
        insert_changesets(client, org, &rows),
    )
    .await?;
    for change in changes() {
        if let Change::UpdateField { before, after } = change {
            derived::convert(client, org, before, after).await?;
        }
    }
    Ok(rows.last().map_or(last_sequence, |row| row.last_sequence))
}

/// Writes records that were not there, as they are.
pub(super) async fn write_new(
    client: &Client,
    org: Org,
    records: &[&Record],
) -> Result<(), Failure> {
    let new = |after| Edit {
        before: None,
        after,
    };
    let edits: Vec<Edit> = records.iter().copied().map(new).collect();
    write_edits(client, org, &edits.iter().collect::<Vec<_>>()).await
}

/// All sent together: foreign keys are held against the whole at the commit.
async fn write_edits(client: &Client, org: Org, edits: &[&Edit<'_>]) -> Result<(), Failure> {
    let objects = Object::ALL.map(|object| write_object(client, org, object, edits));
    let custom_values = derived::write_custom_values(client, org, edits);
    try_join(try_join_all(objects), custom_values).await?;
    Ok(())
}

/// The records of one object, and what is derived from them.
async fn write_object(
    client: &Client,
    org: Org,
    object: Object,
    edits: &[&Edit<'_>],
) -> Result<(), Failure> {
    let edits = edits.iter().copied();
    let edits: Vec<&Edit> = edits.filter(|edit| edit.after.object == object).collect();
    if edits.is_empty() {
        return Ok(());
    }
    let records = write_records(client, org, object, &edits);
    try_join(records, derived::write(client, org, object, &edits)).await?;
    Ok(())
}

/// What becomes of each record, by its id: records that were created together are written together.
fn edits<'a>(changes: impl Iterator<Item = &'a Change>) -> BTreeMap<Uuid, Edit<'a>> {
    let mut edits: BTreeMap<Uuid, Edit> = BTreeMap::new();
    for change in changes {
        let (before, after) = match change {
            Change::CreateRecord(record) => (None, record),
            Change::UpdateRecord { before, after } => (Some(before.as_ref()), after),
            _ => continue,
        };
        let edit = edits.entry(after.id).or_insert(Edit { before, after });
        edit.after = after;
    }
    edits
}

async fn write_records(
    client: &Client,
    org: Org,
    object: Object,
    edits: &[&Edit<'_>],
) -> Result<(), Failure> {
    let new = edits.iter().filter(|edit| edit.before.is_none());
    let new: Vec<&Record> = new.map(|edit| edit.after).collect();
    let changed = edits.iter().filter(|edit| edit.before.is_some());
    let changed: Vec<&Record> = changed.map(|edit| edit.after).collect();
    set_aside(client, org, object, edits).await?;
    let statements = statements(object);
    let (whole, width) = (Width::Whole, Width::of(&new));
    let update = execute_columns(client, org, (object, whole), &statements.update, &changed);
    let insert = execute_columns(client, org, (object, width), statements.insert(width), &new);
    try_join(update, insert).await?;
    Ok(())
}

/// Takes records whose key changes out of the unique index: two may change places, and one may take what another leaves.
async fn set_aside(
    client: &Client,
    org: Org,
    object: Object,
    edits: &[&Edit<'_>],
) -> Result<(), Failure> {
    let key = match object {
        Object::Account => "domain",
        Object::Contact => "email",
        Object::Opportunity | Object::Note | Object::Activity => return Ok(()),
    };
    let leaving = edits.iter().filter_map(|edit| {
        let before = edit.before?;
        let is_same = before.text(key) == edit.after.text(key) && edit.after.is_live();
        (before.is_live() && !is_same).then_some(before.id)
    });
    let leaving: Vec<Uuid> = leaving.collect();
    if leaving.is_empty() {
        return Ok(());
    }
    let table = object.name();
    let sql = format!("update {table} set deleted_at = 0 where org = $1 and id = any($2)");
    execute(client, &sql, &[&org.id(), &leaving]).await
}

async fn execute_columns(
    client: &Client,
    org: Org,
    (object, width): (Object, Width),
    sql: &str,
    records: &[&Record],
) -> Result<(), Failure> {
    if records.is_empty() {
        return Ok(());
    }
    let columns = Columns::new(object, width, records);
    execute(client, sql, &columns.parameters(&org.id())).await
}

/// Runs a statement that is prepared once for each connection.
pub(super) async fn execute(
    client: &Client,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<(), Failure> {
    let statement = client.prepare_cached(sql).await?;
    client.execute(&statement, parameters).await?;
    Ok(())
}

/// The rows of the changesets in the feed, behind its last sequence.
fn rows_of(changesets: &[Changeset], last_sequence: i64) -> Vec<ChangesetRow> {
    let mut last = last_sequence;
    let mut rows = vec![];
    for changeset in changesets {
        let Changeset {
            id,
            request_id,
            actor,
            at,
            changes,
        } = changeset;
        for (count, changes) in changeset::to_rows(changes) {
            let first_sequence = last + 1;
            last += i64::try_from(count).expect("a plan has few changes");
            rows.push(ChangesetRow {
                first_sequence,
                last_sequence: last,
                changeset: changeset::Changeset {
                    id: *id,
                    request_id: request_id.clone(),
                    actor_kind: actor.kind.name().to_owned(),
                    actor_id: actor.id,
                    actor_name: actor.name.clone(),
                    occurred_at: *at,
                },
                changes,
            });
        }
    }
    rows
}

/// Writes rows of the feed.
pub(super) async fn insert_changesets(
    client: &Client,
    org: Org,
    rows: &[&ChangesetRow],
) -> Result<(), Failure> {
    let sets = || rows.iter().map(|row| &row.changeset);
    let firsts: Vec<i64> = rows.iter().map(|row| row.first_sequence).collect();
    let lasts: Vec<i64> = rows.iter().map(|row| row.last_sequence).collect();
    let ids: Vec<Uuid> = sets().map(|set| set.id).collect();
    let requests: Vec<&str> = sets().map(|set| set.request_id.as_str()).collect();
    let kinds: Vec<&str> = sets().map(|set| set.actor_kind.as_str()).collect();
    let actors: Vec<Option<Uuid>> = sets().map(|set| set.actor_id).collect();
    let names: Vec<Option<&str>> = sets().map(|set| set.actor_name.as_deref()).collect();
    let times: Vec<i64> = sets().map(|set| set.occurred_at.as_micros()).collect();
    let jsons: Vec<&str> = rows.iter().map(|row| row.changes.as_str()).collect();
    let parameters: [&(dyn ToSql + Sync); 10] = [
        &org.id(),
        &firsts,
        &lasts,
        &ids,
        &requests,
        &kinds,
        &actors,
        &names,
        &times,
        &jsons,
    ];
    execute(client, INSERT_CHANGESETS, &parameters).await
}
