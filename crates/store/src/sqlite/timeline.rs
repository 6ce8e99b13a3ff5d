//! Timelines: by which accounts, contacts and opportunities the rows of notes and activities are found.

use lanekeeper_core::{Object, Record};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::Org;

/// The table that finds an object's rows by what they are about; none for what is on no timeline.
pub(super) const fn table(object: Object) -> Option<&'static str> {
    match object {
        Object::Account | Object::Contact | Object::Opportunity => None,
        Object::Note => Some("note_link"),
        Object::Activity => Some("activity_link"),
    }
}

/// Puts a row on the timelines of what its record is about.
pub(super) fn add(
    connection: &Connection,
    org: Org,
    record: &Record,
    rid: i64,
) -> rusqlite::Result<()> {
    let Some(table) = table(record.object) else {
        return Ok(());
    };
    let sql = format!(
        "insert into {table} (org, value, is_live, created_at, record) values (?1, ?2, ?3, ?4, ?5)"
    );
    let mut insert = connection.prepare_cached(&sql)?;
    for target_id in targets(record) {
        let (is_live, created_at) = (record.is_live(), record.created_at.as_micros());
        insert.execute(params![org.number, target_id, is_live, created_at, rid])?;
    }
    Ok(())
}

/// Moves a row to the timelines of what its record is about now.
pub(super) fn update(
    connection: &Connection,
    org: Org,
    before: &Record,
    after: &Record,
) -> rusqlite::Result<()> {
    let Some(table) = table(after.object) else {
        return Ok(());
    };
    let place = |record: &Record| (record.is_live(), record.created_at);
    if place(before) == place(after) && targets(before).eq(targets(after)) {
        return Ok(());
    }
    let sql = format!(
        "select rid from {} where org = ?1 and id = ?2",
        after.object.name()
    );
    let mut rid = connection.prepare_cached(&sql)?;
    let rid: i64 = rid.query_row(params![org.number, after.id], |row| row.get(0))?;
    let sql = format!(
        "delete from {table}
         where org = ?1 and value = ?2 and is_live = ?3 and created_at = ?4 and record = ?5"
    );
    let mut delete = connection.prepare_cached(&sql)?;
    for target_id in targets(before) {
        let (is_live, created_at) = (before.is_live(), before.created_at.as_micros());
        delete.execute(params![org.number, target_id, is_live, created_at, rid])?;
    }
    add(connection, org, after, rid)
}

/// What a record is about.
fn targets(record: &Record) -> impl Iterator<Item = Uuid> {
    let fields = record.object.references().iter();
    fields.flat_map(|(field, _)| record.references(field).iter().copied())
}
