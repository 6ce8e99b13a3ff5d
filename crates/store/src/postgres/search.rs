//! Lists and searches: the statements of a [`Search`], within the caller's transaction and its time.

use deadpool_postgres::ClientWrapper as Client;
use futures_util::future::try_join3;
use lanekeeper_core::Faults;
use lanekeeper_core::pipeline::UnknownAttributes;
use lanekeeper_core::query::{Draft, Found, Query};
use tokio_postgres::types::{FromSqlOwned, ToSql};
use uuid::Uuid;

use super::bind::type_of;
use super::load::load;
use super::read::found;
use crate::search::{
    Choice, Dialect, Edge, Filling, RECORDS_AT_ONCE, Search, Statement, Way, resolve,
};
use crate::{Org, ReadError, SearchPage};

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
    let has_more = ids.len() > limit;
    let mut page = Filling::default();
    for ids in ids[..ids.len().min(limit)].chunks(RECORDS_AT_ONCE) {
        if !page.take(found(client, search.org, object, ids).await?) {
            return Ok((page.records, true));
        }
    }
    Ok((page.records, has_more))
}

/// The records that match, in order; one more than the page has, if there is one.
async fn ids(client: &Client, search: Search<'_>) -> Result<Vec<Uuid>, ReadError> {
    let way = way(client, search).await?;
    let edge = search.query.after.as_ref().map(|_| Edge::Id);
    let mut ids = vec![];
    for statement in search.statements(&way, edge) {
        let missing = search.missing(ids.len());
        ids.extend(in_order::<Uuid>(client, statement.up_to(missing)).await?);
        if ids.len() > search.query.limit {
            break;
        }
    }
    Ok(ids)
}

/// What a statement answers whose order an index may have: then it is planned without sorting, which PostgreSQL would
/// rather do wherever it takes what is looked for for rare. All is sent at once.
async fn in_order<T: FromSqlOwned>(
    client: &Client,
    statement: Statement,
) -> Result<Vec<T>, ReadError> {
    if !statement.is_in_order {
        return answers(client, statement).await;
    }
    let sorting = async |is_on| {
        let set = format!("set local enable_sort = {is_on}");
        Ok::<_, ReadError>(client.batch_execute(&set).await?)
    };
    let (_, found, _) =
        try_join3(sorting("off"), answers(client, statement), sorting("on")).await?;
    Ok(found)
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

/// How PostgreSQL goes about a search: the plan of each of its statements.
#[cfg(test)]
pub(super) async fn explain(
    client: &Client,
    org: Org,
    draft: &Draft,
    cursor_key: &[u8; 32],
) -> Result<Vec<String>, ReadError> {
    let sign = |bytes: &[u8]| *blake3::keyed_hash(cursor_key, bytes).as_bytes();
    let facts = load(client, org, &draft.needs(), Default::default()).await?;
    let query = resolve(draft, &facts, org, &sign)?.unwrap();
    let search = new_search(org, &query);
    let way = way(client, search).await?;
    let mut plans = vec![];
    for statement in search.statements(&way, query.after.as_ref().map(|_| Edge::Id)) {
        let text = format!("explain (costs off) {}", statement.text);
        let missing = search.missing(0);
        let lines = in_order::<String>(client, Statement { text, ..statement }.up_to(missing));
        plans.push(lines.await?.join("\n"));
    }
    Ok(plans)
}
