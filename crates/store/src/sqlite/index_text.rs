//! The index of texts: what [`index_text`] says of a record, three characters at a time, under its row's number. It finds what
//! may have a word; whether it does is for the record to say.

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

/// What FTS5 is asked for: the rows of an organisation that may have every word, or the digits.
pub(crate) fn expression(org: Org, words: &[String], digits: Option<&str>) -> String {
    let words = words.iter().flat_map(|word| covering(word));
    let words = all_of(org, false, words);
    match digits {
        None => words,
        Some(digits) => {
            let digits = all_of(org, false, covering(last(digits)));
            format!("({words}) OR ({digits})")
        }
    }
}

/// The rows whose texts changed and that may have one of the words.
pub(crate) fn expression_of_changed(org: Org, words: &[String]) -> String {
    let words = words.iter();
    let words = words.map(|word| format!("({})", all_of(org, true, covering(word))));
    words.collect::<Vec<_>>().join(" OR ")
}

fn all_of<'a>(org: Org, is_changed: bool, triples: impl IntoIterator<Item = &'a str>) -> String {
    let beginning = beginning(org.number, is_changed);
    let tokens = triples.into_iter().map(|triple| {
        // No text has a control character, and FTS5 takes none.
        let triple = triple.replace(|letter: char| letter.is_ascii_control(), ".");
        format!("\"{beginning}{}\"", triple.replace('"', "\"\""))
    });
    tokens.collect::<Vec<_>>().join(" AND ")
}

/// The end of a telephone number, which tells it apart: many begin alike.
fn last(digits: &str) -> &str {
    const TOLD_APART_BY: usize = 9;
    &digits[digits.len().saturating_sub(TOLD_APART_BY)..]
}

/// What a token begins with: whose it is, so that nobody's common words slow down anybody else. A text that changed has all
/// tokens once more, which say that it did.
fn beginning(org: i64, is_changed: bool) -> String {
    let sign = if is_changed { '~' } else { ':' };
    format!("{org}{sign}")
}

/// All that the index has of a text.
pub(super) fn tokens(org: i64, body: &str, is_changed: bool) -> String {
    let mut tokens = String::with_capacity(6 * body.len());
    for is_changed in [false, true].into_iter().take(1 + usize::from(is_changed)) {
        let beginning = beginning(org, is_changed);
        for triple in body.split('\n').flat_map(triples) {
            tokens += &beginning;
            tokens += triple;
            tokens += " ";
        }
    }
    tokens
}

/// Every three characters in a row.
fn triples(word: &str) -> impl Iterator<Item = &str> {
    let is_end = |place: &usize| word.is_char_boundary(*place);
    let starts = (0..word.len()).filter(is_end);
    let ends = (0..=word.len()).filter(is_end).skip(3);
    starts.zip(ends).map(|(start, end)| &word[start..end])
}

/// As few of them as have every character of the word. What is found by them is held against the word.
fn covering(word: &str) -> Vec<&str> {
    let triples: Vec<&str> = triples(word).collect();
    let last = triples.len().saturating_sub(1);
    let places = (0..last).step_by(3).chain([last]);
    places
        .filter_map(|place| triples.get(place).copied())
        .collect()
}

/// Adds a new record's text, to those that wait if it is short.
pub(super) fn add(
    connection: &Connection,
    org: Org,
    record: &Record,
    rid: i64,
) -> rusqlite::Result<()> {
    put(connection, org, record, rid, false)
}

fn put(
    connection: &Connection,
    org: Org,
    record: &Record,
    rid: i64,
    is_changed: bool,
) -> rusqlite::Result<()> {
    let body = index_text(record, &related(connection, org, record)?);
    if body.len() > WAITING_BYTES_MAX {
        let table = table(record.object);
        let sql = format!("insert into {table} (rowid, body) values (?1, ?2)");
        let mut insert = connection.prepare_cached(&sql)?;
        insert.execute(params![rid, tokens(org.number, &body, is_changed)])?;
        return Ok(());
    }
    let sql = "
        insert into waiting_text (org, object, record, is_changed, body) values (?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(sql)?;
    let object = record.object.name();
    insert.execute(params![org.number, object, rid, is_changed, body])?;
    Ok(())
}

/// The texts of an opportunity's account and primary contact, which are looked through with its own.
fn related(connection: &Connection, org: Org, record: &Record) -> rusqlite::Result<Vec<String>> {
    if record.object != Object::Opportunity {
        return Ok(vec![]);
    }
    let sql = "
        select name, domain, null, null from account where org = ?1 and id = ?2
        union all
        select full_name, first_name, last_name, email from contact where org = ?1 and id = ?3";
    let mut texts = connection.prepare_cached(sql)?;
    let ids = ["account_id", "contact_id"].map(|field| record.reference(field));
    let mut rows = texts.query(params![org.number, ids[0], ids[1]])?;
    let mut related = vec![];
    while let Some(row) = rows.next()? {
        for column in 0..4 {
            related.extend(row.get::<_, Option<String>>(column)?);
        }
    }
    Ok(related)
}

/// Writes the texts anew if they have changed. Those of accounts and contacts are marked: opportunities that were written
/// before have the old ones.
pub(super) fn update(
    connection: &Connection,
    org: Org,
    before: &Record,
    after: &Record,
) -> rusqlite::Result<()> {
    let is_related = matches!(after.object, Object::Account | Object::Contact);
    let refers_to = |record: &Record| match record.object {
        Object::Opportunity => ["account_id", "contact_id"].map(|field| record.reference(field)),
        _ => [None; 2],
    };
    let is_same = index_text(before, &[]) == index_text(after, &[]);
    if is_same && refers_to(before) == refers_to(after) {
        return Ok(());
    }
    let name = after.object.name();
    let sql = format!("select rid from {name} where org = ?1 and id = ?2");
    let mut rid = connection.prepare_cached(&sql)?;
    let rid = rid.query_row(params![org.number, after.id], |row| row.get(0))?;
    remove(connection, org, after.object, rid)?;
    put(connection, org, after, rid, is_related)
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
            "insert into {table} (rowid, body)
             select record, index_tokens(org, body, is_changed) from waiting_text where object = '{name}' order by record"
        );
        connection.prepare_cached(&sql)?.execute([])?;
    }
    let mut empty = connection.prepare_cached("delete from waiting_text")?;
    empty.execute([])?;
    Ok(())
}
