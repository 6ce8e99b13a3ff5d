//! The index of texts: what [`index_text`] says of a record, under its row's number.

use lanekeeper_core::query::index_text;
use lanekeeper_core::{Object, Record};
use rusqlite::{Connection, params};

use crate::Org;

/// How many texts wait, so that many go into the index at once. Every search by text reads them all, and tests have few.
const WAITING_MAX: i64 = if cfg!(test) { 4 } else { 512 };
/// Longer texts do not wait.
const WAITING_BYTES_MAX: usize = 1_000;

/// The table of an object's texts.
pub(crate) const fn table(object: Object) -> &'static str {
    match object {
        Object::Account => "account_text",
        Object::Contact => "contact_text",
        Object::Opportunity => "opportunity_text",
        Object::Note => "note_text",
        Object::Activity => "activity_text",
    }
}

/// Three characters that stand for an organisation: its number, in digits from a part of Unicode that is for private use.
fn org_token(org: Org) -> String {
    const FIRST: u32 = 0xE000;
    const BASE: u64 = 6_400;
    let number = org.number.unsigned_abs();
    let digits = [number / (BASE * BASE), number / BASE % BASE, number % BASE];
    let letters = digits.map(|digit| {
        let digit = u32::try_from(digit % BASE).expect("a digit is small");
        char::from_u32(FIRST + digit).expect("private use is no surrogate")
    });
    letters.iter().collect()
}

/// What FTS5 is asked for: the rows of an organisation with a word, or with the digits.
pub(crate) fn expression(org: Org, word: &str, digits: Option<&str>) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let body = match digits {
        None => quoted(word),
        Some(digits) => format!("({} OR {})", quoted(word), quoted(digits)),
    };
    format!("org : {} AND body : {body}", quoted(&org_token(org)))
}

/// Adds a new record's text, to those that wait if it is short.
pub(super) fn add(
    connection: &Connection,
    org: Org,
    record: &Record,
    rid: i64,
) -> rusqlite::Result<()> {
    let body = index_text(record);
    if body.len() > WAITING_BYTES_MAX {
        let table = table(record.object);
        let sql = format!("insert into {table} (rowid, org, body) values (?1, ?2, ?3)");
        let mut insert = connection.prepare_cached(&sql)?;
        insert.execute(params![rid, org_token(org), body])?;
        return Ok(());
    }
    let sql = "
        insert into waiting_text (org, object, record, token, body) values (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql)?;
    let object = record.object.name();
    insert.execute(params![org.number, object, rid, org_token(org), body])?;
    Ok(())
}

/// Writes the texts anew if they have changed.
pub(super) fn update(
    connection: &Connection,
    org: Org,
    before: &Record,
    after: &Record,
) -> rusqlite::Result<()> {
    if index_text(before) == index_text(after) {
        return Ok(());
    }
    let name = after.object.name();
    let sql = format!("select rid from {name} where org = ?1 and id = ?2");
    let mut rid = connection.prepare_cached(&sql)?;
    let rid = rid.query_row(params![org.number, after.id], |row| row.get(0))?;
    remove(connection, org, after.object, rid)?;
    add(connection, org, after, rid)
}

/// Takes a record's text out, from wherever it is.
fn remove(connection: &Connection, org: Org, object: Object, rid: i64) -> rusqlite::Result<()> {
    let sql = "delete from waiting_text where org = ?1 and object = ?2 and record = ?3";
    let mut waiting = connection.prepare_cached(sql)?;
    if waiting.execute(params![org.number, object.name(), rid])? == 0 {
        let sql = format!("delete from {} where rowid = ?1", table(object));
        connection.prepare_cached(&sql)?.execute([rid])?;
    }
    Ok(())
}

/// Moves the texts that wait into the index once they are many. Each object's in the order of their rows, which the index
/// takes in one go.
pub(super) fn flush(connection: &Connection) -> rusqlite::Result<()> {
    let mut waiting = connection.prepare_cached("select count(*) from waiting_text")?;
    let waiting: i64 = waiting.query_row([], |row| row.get(0))?;
    if waiting < WAITING_MAX {
        return Ok(());
    }
    for object in Object::ALL {
        let (table, name) = (table(object), object.name());
        let sql = format!(
            "insert into {table} (rowid, org, body)
             select record, token, body from waiting_text where object = '{name}' order by record"
        );
        connection.prepare_cached(&sql)?.execute([])?;
    }
    let mut empty = connection.prepare_cached("delete from waiting_text")?;
    empty.execute([])?;
    Ok(())
}
