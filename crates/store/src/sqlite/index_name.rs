//! The index of names, for what is sorted by them: what [`index_name`] says of a record, and its row's number. Records in the
//! trash have none.

use lanekeeper_core::query::index_name;
use lanekeeper_core::{Object, Record};
use rusqlite::{Connection, params};

use crate::Org;

/// The table of an object's names, if it has one.
pub(super) const fn table(object: Object) -> Option<&'static str> {
    match object {
        Object::Account => Some("account_name"),
        Object::Contact => Some("contact_name"),
        Object::Opportunity | Object::Note | Object::Activity => None,
    }
}

pub(super) fn add(
    connection: &Connection,
    org: Org,
    record: &Record,
    rid: i64,
) -> rusqlite::Result<()> {
    let Some((table, name)) = entry(record) else {
        return Ok(());
    };
    let sql = format!("insert into {table} (org, value, record) values (?1, ?2, ?3)");
    let mut insert = connection.prepare_cached(&sql)?;
    insert.execute(params![org.number, name, rid])?;
    Ok(())
}

/// Writes the name anew if it has changed.
pub(super) fn update(
    connection: &Connection,
    org: Org,
    before: &Record,
    after: &Record,
) -> rusqlite::Result<()> {
    let (entry_before, entry_after) = (entry(before), entry(after));
    if entry_before == entry_after {
        return Ok(());
    }
    let name = after.object.name();
    let sql = format!("select rid from {name} where org = ?1 and id = ?2");
    let mut rid = connection.prepare_cached(&sql)?;
    let rid = rid.query_row(params![org.number, after.id], |row| row.get(0))?;
    if let Some((table, name)) = entry_before {
        let sql = format!("delete from {table} where org = ?1 and value = ?2 and record = ?3");
        let mut delete = connection.prepare_cached(&sql)?;
        delete.execute(params![org.number, name, rid])?;
    }
    add(connection, org, after, rid)
}

fn entry(record: &Record) -> Option<(&'static str, String)> {
    let table = table(record.object)?;
    let name = index_name(record).filter(|_| record.is_live());
    name.map(|name| (table, name))
}
