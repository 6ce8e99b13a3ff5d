//! Lists and searches: the statements of a [`Search`], run with a deadline.

use std::sync::Arc;
use std::time::Duration;

use lanekeeper_core::pipeline::UnknownAttributes;
use lanekeeper_core::query::{Draft, Found, Query, Sign};
use lanekeeper_core::{Faults, Object};
use rusqlite::types::{FromSql, Value as Sql};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params, params_from_iter};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use uuid::Uuid;

use super::columns::atom_sql;
use super::{Sqlite, load, opportunity};
use crate::clock::timer;
use crate::search::{
    Bind, Choice, Dialect, Edge, Filling, RECORDS_AT_ONCE, Search, Statement, TIME_MAX, Way,
    resolve,
};
use crate::{Org, ReadError, SearchPage};

/// How many steps of SQLite's machine there are between two looks at the watch: some tenths of a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;
/// Searches that run at once, each with a thread and a connection.
const AT_ONCE_MAX: usize = 16;
/// How long a search waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(5);

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE_MAX);

impl Sqlite {
    /// Looks for records, and shows them, on a thread where nothing else waits for it.
    pub(crate) async fn search<T: Send + 'static>(
        sqlite: Arc<Self>,
        org: Org,
        draft: Draft,
        show: impl FnOnce(SearchPage) -> T + Send + 'static,
    ) -> Result<Result<T, Faults>, ReadError> {
        aside(move || Ok(sqlite.search_now(org, &draft)?.map(show))).await
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
    let search = new_search(org, &query);
    let page = page(connection, search)?;
    let definitions = draft.definitions(&facts)?;
    Ok(Ok(SearchPage::new(search, page, definitions, sign)))
}

const fn new_search(org: Org, query: &Query) -> Search<'_> {
    Search {
        dialect: Dialect::Sqlite,
        org,
        query,
    }
}

/// The records of a page, and whether there are more behind them.
fn page(connection: &Connection, search: Search) -> Result<(Vec<Found>, bool), ReadError> {
    let (org, query) = (search.org, search.query);
    let rids = rids(connection, search)?;
    let has_more = rids.len() > query.limit;
    let mut page = Filling::default();
    for rids in rids[..rids.len().min(query.limit)].chunks(RECORDS_AT_ONCE) {
        if !page.take(found(connection, org, query.object, rids)?) {
            return Ok((page.records, true));
        }
    }
    Ok((page.records, has_more))
}

/// The rows that match, in order; one more than the page has, if there is one.
fn rids(connection: &Connection, search: Search) -> Result<Vec<i64>, ReadError> {
    let after = match &search.query.after {
        None => None,
        Some(position) => Some(edge(connection, search, position.id)?),
    };
    let way = way(connection, search)?;
    let mut rids = vec![];
    for statement in search.statements(&way, after) {
        let missing = search.missing(rids.len());
        rids.extend(answers::<i64>(connection, statement.up_to(missing))?);
        if rids.len() > search.query.limit {
            break;
        }
    }
    Ok(rids)
}

/// The way to the rows.
fn way(connection: &Connection, search: Search) -> Result<Way, ReadError> {
    let mut referred = vec![];
    for reference in search.references() {
        let ids = answers(connection, reference.ids.clone())?;
        referred.extend(reference.way(ids));
    }
    let mut choice = Choice::new(search, referred);
    while let Some(statement) = choice.to_count() {
        let rows: Vec<i64> = answers(connection, statement)?;
        choice.counted(rows.into_iter().sum());
    }
    Ok(choice.way())
}

/// The single column that a statement answers.
fn answers<T: FromSql>(connection: &Connection, statement: Statement) -> Result<Vec<T>, ReadError> {
    let mut prepared = connection.prepare_cached(&statement.text)?;
    let values = statement.values.into_iter().map(sql_of);
    let rows = prepared.query_map(params_from_iter(values), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn sql_of(bind: Bind) -> Sql {
    match bind {
        Bind::Atom(atom) => atom_sql(&atom),
        Bind::Bytes(bytes) => Sql::Blob(bytes),
        Bind::List(_) => unreachable!("SQLite is bound to single values"),
    }
}

/// The row of the record behind which a page begins. If it is gone, a number between those of its neighbours: rows are in
/// the order of their ids.
fn edge(connection: &Connection, search: Search, id: Uuid) -> Result<Edge, ReadError> {
    let sql = format!(
        "select rid, id = ?2 from {} where org = ?1 and id <= ?2 order by id desc limit 1",
        search.query.object.name()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let edge = statement.query_row(params![search.org.number, id], |row| {
        let (rid, is_there): (i64, bool) = (row.get(0)?, row.get(1)?);
        Ok(Edge::Rows {
            above: rid,
            below: if is_there { rid } else { rid + 1 },
        })
    });
    let before_all = Edge::Rows { above: 0, below: 0 };
    Ok(edge.optional()?.unwrap_or(before_all))
}

/// The records in some rows, in their order.
fn found(
    connection: &Connection,
    org: Org,
    object: Object,
    rids: &[i64],
) -> Result<Vec<Found>, ReadError> {
    let page = serde_json::to_string(rids).expect("numbers are JSON");
    let found: Vec<Found> = match object {
        Object::Opportunity => {
            let views = opportunity::of_rows(connection, org, &page)?.into_iter();
            let found = views.map(|view| Found::Opportunity(Box::new(view)));
            found.collect()
        }
        Object::Account | Object::Contact | Object::Note | Object::Activity => {
            let records = load::records_of_rows(connection, org, object, &page)?;
            let found = records.into_iter();
            found
                .map(|record| Found::Record(Arc::new(record)))
                .collect()
        }
    };
    match found.len() == rids.len() {
        true => Ok(found),
        false => Err(ReadError::Corrupt(
            "a row is not in its own snapshot".to_owned(),
        )),
    }
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
            let search = new_search(org, &query);
            let before_all = Edge::Rows { above: 0, below: 0 };
            let edge = query.after.as_ref().map(|_| before_all);
            let way = way(connection, search)?;
            let statements = search.statements(&way, edge).into_iter();
            let plans = statements.map(|statement| {
                let statement = statement.up_to(1);
                let text = format!("explain query plan {}", statement.text);
                let mut prepared = connection.prepare(&text).unwrap();
                let values = statement.values.into_iter().map(sql_of);
                let lines = prepared.query_map(params_from_iter(values), |row| row.get(3));
                let lines = lines.unwrap().collect::<Result<Vec<String>, _>>();
                lines.unwrap().join("\n")
            });
            Ok(Ok(plans.collect()))
        })
    }
}
