//! The index of custom values: what [`index_values`] says of each, under its field, for the row of its record. Records in the
//! trash have none.

use lanekeeper_core::custom::{AttributeType, FieldDefinition};
use lanekeeper_core::query::{Holds, index_values};
use lanekeeper_core::{Object, Record, Timestamp, Value};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::columns::{atom_sql, custom_of};
use crate::Org;

/// Where a field's values are in the index.
struct Place {
    field: i64,
    attribute_type: AttributeType,
}

/// The row of a record, and what stands beside each of its values.
#[derive(Clone, Copy)]
struct Row {
    rid: i64,
    updated_at: Timestamp,
}

pub(super) fn add(
    connection: &Connection,
    org: Org,
    record: &Record,
    rid: i64,
) -> rusqlite::Result<()> {
    let row = Row {
        rid,
        updated_at: record.updated_at,
    };
    for (slug, value) in indexed(record) {
        if let Some(place) = place(connection, org, record, slug)? {
            insert(connection, org, row, &place, value)?;
        }
    }
    Ok(())
}

/// Takes a record out, as far as its values are in.
pub(super) fn remove(
    connection: &Connection,
    org: Org,
    record: &Record,
    rid: i64,
) -> rusqlite::Result<()> {
    for (slug, value) in indexed(record) {
        if let Some(place) = place(connection, org, record, slug)? {
            delete(connection, org, rid, &place, value)?;
        }
    }
    Ok(())
}

/// Writes a record's values anew: also those that are as they were stand beside the time of the update.
pub(super) fn update(
    connection: &Connection,
    org: Org,
    before: &Record,
    after: &Record,
) -> rusqlite::Result<()> {
    if before.custom.is_empty() && after.custom.is_empty() {
        return Ok(());
    }
    let name = after.object.name();
    let sql = format!("select rid from {name} where org = ?1 and id = ?2");
    let mut rid = connection.prepare_cached(&sql)?;
    let rid = rid.query_row(params![org.number, after.id], |row| row.get(0))?;
    remove(connection, org, before, rid)?;
    add(connection, org, after, rid)
}

/// Writes a field's values anew if its new type compares them otherwise.
pub(super) fn convert(
    connection: &Connection,
    org: Org,
    before: &FieldDefinition,
    after: &FieldDefinition,
) -> rusqlite::Result<()> {
    let holds = [before, after].map(|field| Holds::of_custom(field.attribute_type));
    if holds[0] == holds[1] {
        return Ok(());
    }
    let scope = after.scope;
    let found = find(
        connection,
        org,
        scope.object(),
        scope.pipeline_id(),
        &after.slug,
    )?;
    let place = found.expect("the field was just updated");
    let sql = "select distinct record from custom_value where org = ?1 and field = ?2";
    let mut rids = connection.prepare_cached(sql)?;
    let rids = rids.query_map(params![org.number, place.field], |row| row.get(0))?;
    let rids: Vec<i64> = rids.collect::<Result<_, _>>()?;
    let sql = "delete from custom_value where org = ?1 and field = ?2";
    connection
        .prepare_cached(sql)?
        .execute(params![org.number, place.field])?;
    let name = scope.object().name();
    let sql = format!("select updated_at, custom from {name} where org = ?1 and rid = ?2");
    let mut holder = connection.prepare_cached(&sql)?;
    for rid in rids {
        let (updated_at, value) = holder.query_row(params![org.number, rid], |row| {
            let updated_at = Timestamp::from_micros(row.get(0)?);
            let custom = custom_of(row.get_ref(1)?);
            let mut custom = custom.map_err(|corrupt| {
                rusqlite::Error::FromSqlConversionFailure(1, Type::Text, corrupt.into())
            })?;
            Ok((updated_at, custom.remove(&after.slug)))
        })?;
        if let Some(value) = value {
            insert(connection, org, Row { rid, updated_at }, &place, &value)?;
        }
    }
    Ok(())
}

fn indexed(record: &Record) -> impl Iterator<Item = (&String, &Value)> {
    record.custom.iter().filter(|_| record.is_live())
}

fn place(
    connection: &Connection,
    org: Org,
    record: &Record,
    slug: &str,
) -> rusqlite::Result<Option<Place>> {
    let pipeline_id = record.reference("pipeline_id");
    find(connection, org, record.object, pipeline_id, slug)
}

fn find(
    connection: &Connection,
    org: Org,
    object: Object,
    pipeline_id: Option<Uuid>,
    slug: &str,
) -> rusqlite::Result<Option<Place>> {
    let sql = "
        select rid, attribute_type from field
        where org = ?1 and object = ?2 and ifnull(pipeline_id, x'') = ifnull(?3, x'') and slug = ?4";
    let mut field = connection.prepare_cached(sql)?;
    let found = field.query_row(
        params![org.number, object.name(), pipeline_id, slug],
        |row| {
            let name = row.get_ref(1)?.as_str()?;
            let attribute_type = AttributeType::named(name);
            Ok(attribute_type.map(|attribute_type| (row.get(0), attribute_type)))
        },
    );
    let Some((field, attribute_type)) = found.optional()?.flatten() else {
        return Ok(None);
    };
    Ok(Some(Place {
        field: field?,
        attribute_type,
    }))
}

fn insert(
    connection: &Connection,
    org: Org,
    row: Row,
    place: &Place,
    value: &Value,
) -> rusqlite::Result<()> {
    let sql = "
        insert into custom_value (org, field, value, record, updated_at)
        values (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql)?;
    for atom in index_values(place.attribute_type, value) {
        let updated_at = row.updated_at.as_micros();
        insert.execute(params![
            org.number,
            place.field,
            atom_sql(&atom),
            row.rid,
            updated_at
        ])?;
    }
    Ok(())
}

fn delete(
    connection: &Connection,
    org: Org,
    rid: i64,
    place: &Place,
    value: &Value,
) -> rusqlite::Result<()> {
    let sql = "
        delete from custom_value
        where org = ?1 and field = ?2 and value = ?3 and record = ?4";
    let mut delete = connection.prepare_cached(sql)?;
    for atom in index_values(place.attribute_type, value) {
        delete.execute(params![org.number, place.field, atom_sql(&atom), rid])?;
    }
    Ok(())
}
