//! Lists and searches: a query of the core as SQL, run with a deadline.

mod access;
mod expression;
mod order;
mod range;
mod referred;
mod render;
mod source;

use std::sync::Arc;
use std::time::Duration;

use lanekeeper_core::pipeline::UnknownAttributes;
use lanekeeper_core::query::{Draft, Found, Query, Sign};
use lanekeeper_core::{Facts, Faults, Object};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params, params_from_iter};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use uuid::Uuid;

use self::access::Access;
use super::{Sqlite, index_text, load, read};
use crate::clock::timer;
use crate::{Org, ReadError, SearchPage};

/// How long a search may look for its records.
const TIME_MAX: Duration = Duration::from_secs(2);
/// How many steps of SQLite's machine there are between two looks at the watch: some tenths of a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;
/// Searches that run at once, each with a thread and a connection.
const AT_ONCE_MAX: usize = 16;
/// How long a search waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(5);
/// A page ends early when its records are larger than this together.
const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE_MAX);

impl Sqlite {
    /// Looks for records on a thread where nothing else waits for it.
    pub(crate) async fn search(
        sqlite: Arc<Self>,
        org: Org,
        draft: Draft,
    ) -> Result<Result<SearchPage, Faults>, ReadError> {
        aside(move || sqlite.search_now(org, &draft)).await
    }

    pub(crate) fn search_now(
        &self,
        org: Org,
        draft: &Draft,
    ) -> Result<Result<SearchPage, Faults>, ReadError> {
        self.read(|connection| {
            with_deadline(connection, |connection| {
                // One state of the database for the fields, the rows and the records.
                let snapshot = connection.unchecked_transaction()?;
                let sign = |bytes: &[u8]| *blake3::keyed_hash(&self.cursor_key, bytes).as_bytes();
                search(&snapshot, org, draft, &sign)
            })
        })
    }
}

/// Reads, in its turn, on a thread where nothing else waits for it.
pub(super) async fn aside<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    let turn = timeout(TURN_WITHIN, TURNS.acquire()).await;
    let _turn = turn.map_err(|_| ReadError::TooSlow)?;
    let read = tokio::task::spawn_blocking(read);
    read.await.unwrap_or_else(|panicked| {
        Err(ReadError::Corrupt(format!("a search panicked: {panicked}")))
    })
}

fn search(
    connection: &Connection,
    org: Org,
    draft: &Draft,
    sign: Sign,
) -> Result<Result<SearchPage, Faults>, ReadError> {
    let rule = UnknownAttributes::default(); // a search makes no fields
    let facts = load::load(connection, org, &draft.needs(), rule)?;
    let query = match resolve(draft, &facts, org, sign)? {
        Ok(query) => query,
        Err(faults) => return Ok(Err(faults)),
    };
    let (found, has_more) = page(connection, org, &query)?;
    let last = found.last().filter(|_| has_more);
    let definitions = draft.definitions(&facts)?;
    Ok(Ok(SearchPage {
        next_cursor: last.map(|last| query.cursor_behind(last, org.id(), sign)),
        found,
        limit: query.limit,
        selection: query.selection,
        definitions: definitions.into_iter().cloned().collect(),
    }))
}

/// What the draft asks for, from its cursor on.
fn resolve(
    draft: &Draft,
    facts: &Facts,
    org: Org,
    sign: Sign,
) -> Result<Result<Query, Faults>, ReadError> {
    let query = Query::resolve(draft, facts)?;
    Ok(query.and_then(|query| match &draft.cursor {
        Some(cursor) => query.from_cursor(cursor, org.id(), sign),
        None => Ok(query),
    }))
}

/// The records of a page, and whether there are more behind them.
fn page(connection: &Connection, org: Org, query: &Query) -> Result<(Vec<Found>, bool), ReadError> {
    let rids = rids(connection, org, query)?;
    let mut has_more = rids.len() > query.limit;
    let mut found = vec![];
    let mut bytes = 0;
    for rid in rids.into_iter().take(query.limit) {
        if bytes > PAGE_BYTES_MAX {
            has_more = true;
            break;
        }
        let record = record(connection, org, query.object, rid)?;
        bytes += record.record().bytes();
        found.push(record);
    }
    Ok((found, has_more))
}

/// The rows that match, in order; one more than the page has, if there is one.
fn rids(connection: &Connection, org: Org, query: &Query) -> Result<Vec<i64>, ReadError> {
    let after = match &query.after {
        None => None,
        Some(position) => Some(rid_of(connection, org, query, position.id)?),
    };
    let access = access(connection, org, query)?;
    let mut rids = vec![];
    for statement in render::statements(org, query, &access, after) {
        let mut prepared = connection.prepare_cached(&statement.text)?;
        let missing = Sql::Integer(render::limit(query, rids.len()));
        let values = statement.values.into_iter().chain([missing]);
        let rows = prepared.query_map(params_from_iter(values), |row| row.get(0))?;
        for rid in rows {
            rids.push(rid?);
        }
        if rids.len() > query.limit {
            break;
        }
    }
    Ok(rids)
}

/// The way to the rows.
fn access(connection: &Connection, org: Org, query: &Query) -> Result<Access, ReadError> {
    let referred = referred::ways(connection, org, query)?;
    let count = |access: &Access, most: i64| {
        let statement = render::count(org, query, access);
        let mut prepared = connection.prepare_cached(&statement.text)?;
        let values = statement.values.into_iter().chain([Sql::Integer(most)]);
        Ok(prepared.query_row(params_from_iter(values), |row| row.get(0))?)
    };
    access::choose(query, &index_text::org_token(org), referred, count)
}

/// The row of the record behind which a page begins. If it is gone, a number between those of its neighbours: rows are in
/// the order of their ids.
fn rid_of(
    connection: &Connection,
    org: Org,
    query: &Query,
    id: Uuid,
) -> Result<render::Edge, ReadError> {
    let sql = format!(
        "select rid, id = ?2 from {} where org = ?1 and id <= ?2 order by id desc limit 1",
        query.object.name()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let edge = statement.query_row(params![org.number, id], |row| {
        let (rid, is_there): (i64, bool) = (row.get(0)?, row.get(1)?);
        Ok(render::Edge {
            above: rid,
            below: if is_there { rid } else { rid + 1 },
        })
    });
    Ok(edge.optional()?.unwrap_or_default())
}

fn record(connection: &Connection, org: Org, object: Object, rid: i64) -> Result<Found, ReadError> {
    let gone = || ReadError::Corrupt(format!("no row {rid} in its own snapshot"));
    Ok(match object {
        Object::Opportunity => {
            let view = read::opportunity(connection, org, read::By::Rid(rid))?;
            Found::Opportunity(Box::new(view.ok_or_else(gone)?))
        }
        Object::Account | Object::Contact | Object::Note | Object::Activity => {
            let record = load::record_by_rid(connection, org, object, rid)?;
            Found::Record(Arc::new(record.ok_or_else(gone)?))
        }
    })
}

/// Stops what runs when its time is over.
pub(super) fn with_deadline<T>(
    connection: &mut Connection,
    run: impl FnOnce(&Connection) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(timer(TIME_MAX)))?;
    let result = run(connection);
    connection.progress_handler(0, None::<fn() -> bool>)?;
    match result {
        Err(ReadError::Sqlite(error))
            if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) =>
        {
            Err(ReadError::TooSlow)
        }
        result => result,
    }
}

#[cfg(test)]
impl Sqlite {
    /// How SQLite goes about a search: the lines of the plan of each of its statements.
    pub(crate) fn explain(
        &self,
        org: Org,
        draft: &Draft,
    ) -> Result<Result<Vec<String>, Faults>, ReadError> {
        let sign = |bytes: &[u8]| *blake3::keyed_hash(&self.cursor_key, bytes).as_bytes();
        self.read(|connection| {
            let facts = load::load(connection, org, &draft.needs(), Default::default())?;
            let query = match resolve(draft, &facts, org, &sign)? {
                Ok(query) => query,
                Err(faults) => return Ok(Err(faults)),
            };
            let edge = query.after.as_ref().map(|_| render::Edge::default());
            let access = access(connection, org, &query)?;
            let statements = render::statements(org, &query, &access, edge);
            let plans = statements.iter().map(|statement| {
                let text = format!("explain query plan {}", statement.text);
                let mut prepared = connection.prepare(&text).unwrap();
                let values = statement.values.iter().cloned().chain([Sql::Integer(1)]);
                let lines = prepared.query_map(params_from_iter(values), |row| row.get(3));
                let lines = lines.unwrap().collect::<Result<Vec<String>, _>>();
                lines.unwrap().join("\n")
            });
            Ok(Ok(plans.collect()))
        })
    }
}
