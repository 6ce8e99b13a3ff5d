//! Changes made: rows from changes, in the order of the plan.

pub(super) mod people;
pub(super) mod settings;

use lanekeeper_core::change::{Actor, Change, edits};
use lanekeeper_core::pipeline::Organization;
use lanekeeper_core::{Object, Record, Timestamp};
use rusqlite::types::{ToSqlOutput, Value as Sql};
use rusqlite::{Connection, ToSql, params, params_from_iter};
use uuid::Uuid;

use super::columns::{has_column, sql_of, statements};
use super::{index_custom, index_name, index_text, timeline};
use crate::stored::custom_sql;
use crate::{Org, changeset};

/// What the changes of one request are stored with.
pub(super) struct Origin<'a> {
    pub(super) org: Org,
    pub(super) id: Uuid,
    pub(super) request_id: &'a str,
    pub(super) actor: &'a Actor,
    pub(super) at: Timestamp,
}

/// Makes the changes and notes them in the feed behind `last_sequence`; the new last sequence.
pub(super) fn apply(
    connection: &Connection,
    origin: &Origin,
    changes: &[Change],
    last_sequence: i64,
) -> rusqlite::Result<i64> {
    if changes.is_empty() {
        return Ok(last_sequence);
    }
    for change in changes {
        apply_one(connection, origin.org, change)?;
    }
    let mut last = last_sequence;
    for (count, json) in changeset::to_rows(changes) {
        let first = last + 1;
        last += i64::try_from(count).expect("a plan has few changes");
        note(connection, origin, first, last, &json)?;
    }
    Ok(last)
}

/// Notes changes in the feed.
fn note(
    connection: &Connection,
    origin: &Origin,
    first: i64,
    last: i64,
    changes: &str,
) -> rusqlite::Result<()> {
    let sql = "
        insert into changeset (org, first_sequence, last_sequence, id, request_id, actor_kind, actor_id, actor_name, occurred_at, changes)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection.prepare_cached(sql)?.execute(params![
        origin.org.number,
        first,
        last,
        origin.id,
        origin.request_id,
        origin.actor.kind.name(),
        origin.actor.id,
        origin.actor.name,
        origin.at.as_micros(),
        changes,
    ])?;
    Ok(())
}

/// Notes the organisation's last sequence.
pub(super) fn set_last_sequence(
    connection: &Connection,
    org: Org,
    last_sequence: i64,
) -> rusqlite::Result<()> {
    let sql = "update organization set last_sequence = ?2 where org = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![org.number, last_sequence])?;
    Ok(())
}

fn apply_one(connection: &Connection, org: Org, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::CreateRecord(record) => create_record(connection, org, record),
        Change::UpdateRecord { before, after } => update_record(connection, org, before, after),
        Change::CreateField(field) => settings::create_field(connection, org, field),
        Change::UpdateField { before, after } => {
            settings::update_field(connection, org, after)?;
            index_custom::convert(connection, org, before, after)
        }
        // Made by `create_organization`, which gives the organisation its number.
        Change::CreateOrganization(_) => Ok(()),
        Change::UpdateOrganization { after, .. } => {
            let sql = "update organization set unknown_attributes = ?2 where org = ?1";
            connection.execute(sql, params![org.number, after.name()])?;
            Ok(())
        }
        Change::CreatePipeline(pipeline) => settings::create_pipeline(connection, org, pipeline),
        Change::UpdatePipeline { after, .. } => settings::update_pipeline(connection, org, after),
        Change::CreateStage {
            pipeline_id,
            stage,
            at,
        } => {
            settings::create_stage(connection, org, *pipeline_id, stage)?;
            settings::touch_pipeline(connection, org, *pipeline_id, *at)
        }
        Change::UpdateStage {
            pipeline_id,
            after,
            at,
            ..
        } => {
            settings::update_stage(connection, org, after)?;
            settings::touch_pipeline(connection, org, *pipeline_id, *at)
        }
        Change::DeleteStage {
            pipeline_id,
            stage,
            at,
        } => {
            settings::delete_stage(connection, org, stage.id)?;
            settings::touch_pipeline(connection, org, *pipeline_id, *at)
        }
        Change::CreateUser(user) => people::create_user(connection, org, user),
        Change::UpdateUser { after, .. } => people::update_user(connection, org, after),
        Change::CreateKey(key) => people::create_key(connection, org, key),
        Change::RevokeKey { id, revoked_at } => {
            people::revoke_key(connection, org, *id, *revoked_at)
        }
    }
}

/// Gives an organisation its number.
pub(super) fn create_organization(
    connection: &Connection,
    organization: &Organization,
) -> rusqlite::Result<Org> {
    let unknown = organization.unknown_attributes.name();
    connection.execute(
        "insert into organization (id, name, unknown_attributes, created_at) values (?1, ?2, ?3, ?4)",
        params![organization.id, organization.name, unknown, organization.created_at.as_micros()],
    )?;
    Ok(Org::new(connection.last_insert_rowid(), organization.id))
}

pub(super) fn create_record(
    connection: &Connection,
    org: Org,
    record: &Record,
) -> rusqlite::Result<()> {
    let statements = statements(record.object);
    let mut insert = connection.prepare_cached(&statements.insert)?;
    insert.raw_bind_parameter(1, org.number)?;
    insert.raw_bind_parameter(2, record.id)?;
    insert.raw_bind_parameter(3, record.created_at.as_micros())?;
    insert.raw_bind_parameter(4, record.updated_at.as_micros())?;
    insert.raw_bind_parameter(5, record.deleted_at.map(Timestamp::as_micros))?;
    insert.raw_bind_parameter(6, record.merged_into)?;
    insert.raw_bind_parameter(7, custom_sql(&record.custom))?;
    // What is not bound is null: a record has few of the values that it might have.
    for (place, value) in record.filled() {
        if let Some(parameter) = statements.parameters[place] {
            insert.raw_bind_parameter(parameter, sql_of(Some(value)))?;
        }
    }
    insert.raw_execute()?;
    let rid = connection.last_insert_rowid();
    index_text::add(connection, org, record, rid)?;
    index_name::add(connection, org, record, rid)?;
    index_custom::add(connection, org, record, rid)?;
    timeline::add(connection, org, record, rid)?;
    create_links(connection, org, record)
}

/// What a record is linked to by tables of their own.
fn create_links(connection: &Connection, org: Org, record: &Record) -> rusqlite::Result<()> {
    match record.object {
        Object::Account | Object::Note | Object::Activity => Ok(()),
        Object::Contact if !record.is_live() => Ok(()),
        Object::Contact => {
            let sql = "insert into contact_address (org, email, contact_id) values (?1, ?2, ?3)";
            let mut insert = connection.prepare_cached(sql)?;
            for email in record.texts("other_emails") {
                insert.execute(params![org.number, email, record.id])?;
            }
            Ok(())
        }
        Object::Opportunity => {
            let sql = "insert into opportunity_contact (org, opportunity_id, contact_id) values (?1, ?2, ?3)";
            let mut insert = connection.prepare_cached(sql)?;
            for contact_id in record.references("additional_contact_ids") {
                insert.execute(params![org.number, record.id, contact_id])?;
            }
            Ok(())
        }
    }
}

/// Writes only the columns that differ, so that only their indexes are touched.
fn update_record(
    connection: &Connection,
    org: Org,
    before: &Record,
    after: &Record,
) -> rusqlite::Result<()> {
    let mut changed: Vec<(&str, ToSqlOutput)> = vec![];
    if before.deleted_at != after.deleted_at {
        let deleted_at = after.deleted_at.map(Timestamp::as_micros);
        changed.push(("deleted_at", ToSqlOutput::Owned(deleted_at.into())));
    }
    if before.merged_into != after.merged_into {
        changed.push(("merged_into", after.merged_into.to_sql()?));
    }
    if before.custom != after.custom {
        let custom = custom_sql(&after.custom);
        changed.push(("custom", ToSqlOutput::Owned(custom.into())));
    }
    let fields = after.object.fields().iter();
    for field in fields.filter(|field| has_column(field)) {
        let value = after.values.get(field.name);
        if before.values.get(field.name) != value {
            changed.push((field.name, sql_of(value)));
        }
    }
    let places = (4..).zip(&changed);
    let places = places.map(|(place, (name, _))| format!(", {name} = ?{place}"));
    let (table, places) = (after.object.name(), places.collect::<String>());
    let sql = format!("update {table} set updated_at = ?3{places} where org = ?1 and id = ?2");
    let fixed = [
        ToSqlOutput::Owned(Sql::Integer(org.number)),
        after.id.to_sql()?,
        ToSqlOutput::Owned(Sql::Integer(after.updated_at.as_micros())),
    ];
    let values = changed.into_iter().map(|(_, value)| value);
    connection
        .prepare_cached(&sql)?
        .execute(params_from_iter(fixed.into_iter().chain(values)))?;

    index_text::update(connection, org, before, after)?;
    index_name::update(connection, org, before, after)?;
    index_custom::update(connection, org, before, after)?;
    timeline::update(connection, org, before, after)?;
    let has_new_links = before.is_live() != after.is_live()
        || edits(before, after).iter().any(|edit| {
            matches!(
                edit.field.as_ref(),
                "other_emails" | "additional_contact_ids"
            )
        });
    if has_new_links {
        delete_links(connection, org, after)?;
        create_links(connection, org, after)?;
    }
    Ok(())
}

fn delete_links(connection: &Connection, org: Org, record: &Record) -> rusqlite::Result<()> {
    let sql = match record.object {
        Object::Account | Object::Note | Object::Activity => return Ok(()),
        Object::Contact => "delete from contact_address where org = ?1 and contact_id = ?2",
        Object::Opportunity => {
            "delete from opportunity_contact where org = ?1 and opportunity_id = ?2"
        }
    };
    connection
        .prepare_cached(sql)?
        .execute(params![org.number, record.id])?;
    Ok(())
}
