//! The index of texts: what [`index_text`] says of a record, under its row's number.

use lanekeeper_core::query::index_text;
use lanekeeper_core::{Object, Record};
use rusqlite::{Connection, params};

use crate::Org;

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

pub(super) fn add(
    connection: &Connection,
    org: Org,
    record: &Record,
    rid: i64,
) -> rusqlite::Result<()> {
    let table = table(record.object);
    let sql = format!("insert into {table} (rowid, org, body) values (?1, ?2, ?3)");
    let mut insert = connection.prepare_cached(&sql)?;
    insert.execute(params![rid, org_token(org), index_text(record)])?;
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
    let sql = format!("delete from {} where rowid = ?1", table(after.object));
    connection.prepare_cached(&sql)?.execute([rid])?;
    add(connection, org, after, rid)
}
