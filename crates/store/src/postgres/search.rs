//! Lists and searches: the statements of a [`Search`], within the caller's transaction and its time.

use deadpool_postgres::ClientWrapper as Client;
use lanekeeper_core::Faults;
use lanekeeper_core::pipeline::UnknownAttributes;
use lanekeeper_core::query::{Draft, Found, Query};
use tokio_postgres::types::{FromSqlOwned, ToSql};
use uuid::Uuid;

use super::bind::type_of;
use super::load::load;
use super::read::found;
use crate::search::{Choice, Dialect, Edge, PAGE_BYTES_MAX, Search, Statement, Way, resolve};
use crate::{Org, ReadError, SearchPage};

/// Records that are read at once: a page whose records are large ends before all of them are read.
const RECORDS_AT_ONCE: usize = 100;

pub(super) async fn search(
    client: &Client,
    org: Org,
    draft: &Draft,
    cursor_key: &[u8; 32],
) -> Result<Result<SearchPage, Faults>, ReadError> {
    let sign = |bytes: &[u8]| *blake3::keyed_hash(cursor_key, bytes).as_bytes();
    let rule = UnknownAttributes::default(); // a search makes no fields
    let facts = load(client, org, &draft.needs(), rule).await?;
    let query = match resolve(draft, &facts, org, &sign)? {
        Ok(query) => query,
        Err(faults) => return Ok(Err(faults)),
    };
    let search = new_search(org, &query);
    let page = page(client, search).await?;
    let definitions = draft.definitions(&facts)?;
    Ok(Ok(SearchPage::new(search, page, definitions, &sign)))
}

const fn new_search(org: Org, query: &Query) -> Search<'_> {
    Search {
        dialect: Dialect::Postgres,
        org,
        query,
    }
}

/// The records of a page, and whether there are more behind them.
async fn page(client: &Client, search: Search<'_>) -> Result<(Vec<Found>, bool), ReadError> {
    let (limit, object) = (search.query.limit, search.query.object);
    let ids = ids(client, search).await?;
    let mut has_more = ids.len() > limit;
    let (mut page, mut bytes) = (vec![], 0);
    for ids in ids[..ids.len().min(limit)].chunks(RECORDS_AT_ONCE) {
        for record in found(client, search.org, object, ids).await? {
            if bytes > PAGE_BYTES_MAX {
                has_more = true;
                break;
            }
            bytes += record.record().bytes();
            page.push(record);
        }
    }
    Ok((page, has_more))
}

/// The records that match, in order; one more than the page has, if there is one.
async fn ids(client: &Client, search: Search<'_>) -> Result<Vec<Uuid>, ReadError> {
    let way = way(client, search).await?;
    let edge = search.query.after.as_ref().map(|_| Edge::Id);
    let mut ids = vec![];
    for statement in search.statements(&way, edge) {
        let missing = search.missing(ids.len());
        ids.extend(answers::<Uuid>(client, statement.up_to(missing)).await?);
        if ids.len() > search.query.limit {
            break;
        }
    }
    Ok(ids)
}

/// The way to the rows.
async fn way(client: &Client, search: Search<'_>) -> Result<Way, ReadError> {
    let mut referred = vec![];
    for reference in search.references() {
        let ids = answers(client, reference.ids.clone()).await?;
        referred.extend(reference.way(ids));
    }
    let mut choice = Choice::new(search, referred);
    while let Some(statement) = choice.to_count() {
        let rows: Vec<i64> = answers(client, statement).await?;
        choice.counted(rows.into_iter().sum());
    }
    Ok(choice.way())
}

/// The single column that a statement answers. It is planned for its values, and in one round trip.
async fn answers<T: FromSqlOwned>(
    client: &Client,
    statement: Statement,
) -> Result<Vec<T>, ReadError> {
    let values = statement.values.iter();
    let values = values.map(|bind| (bind as &(dyn ToSql + Sync), type_of(bind)));
    let values: Vec<_> = values.collect();
    let rows = client.query_typed(&statement.text, &values).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?)
}
