//! The two databases, side by side.

use std::path::Path;

use lanekeeper_core::model::generate::request;
use lanekeeper_core::model::generate::search::draft;
use lanekeeper_core::query::Draft;
use lanekeeper_core::{Faults, Object};
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

use super::{TestStore, run};
use crate::testing::{Request, bound, masked_results, masked_text, setup, write};
use crate::{Access, Clock, Database, Org, SearchPage, Settings, Store};

fn any_draft() -> impl Strategy<Value = Draft> {
    prop::sample::select(&Object::ALL).prop_flat_map(|object| draft(&setup(), object))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever is asked for, and whatever is looked for then, both answer the same but for ids and times.
    #[test]
    fn both_databases_answer_alike(
        requests in vec(request(&setup()), 1..16), drafts in vec(any_draft(), 12),
    ) {
        run(compare(requests, drafts))?;
    }
}

async fn compare(requests: Vec<Request>, drafts: Vec<Draft>) -> Result<(), TestCaseError> {
    let postgres = TestStore::open().await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("crm.db");
    let (sqlite, org) = open(&file).await;

    for request in &requests {
        let on_sqlite = bound(std::slice::from_ref(request), &|object| ids(&file, object));
        let on_postgres = bound(std::slice::from_ref(request), &|object| {
            super::laws::ids(&postgres, object)
        });
        let from_sqlite = written(&sqlite, org, &on_sqlite[0]).await;
        let from_postgres = written(&postgres.store, postgres.org, &on_postgres[0]).await;
        prop_assert_eq!(from_sqlite, from_postgres);
    }
    for draft in &drafts {
        let from_sqlite = sqlite
            .search(org, draft.clone(), |page| page)
            .await
            .unwrap();
        let from_postgres = postgres
            .store
            .search(postgres.org, draft.clone(), |page| page)
            .await
            .unwrap();
        prop_assert_eq!(found(from_sqlite), found(from_postgres), "{:#?}", draft);
    }
    sqlite.close().await;
    Ok(())
}

async fn open(file: &Path) -> (Store, Org) {
    let database = Database::Sqlite(file.to_owned());
    let (settings, clock) = (Settings::default(), Clock::default());
    let store = Store::open(&database, Access::Serve, settings, clock)
        .await
        .unwrap();
    store.set_up(&setup()).await.unwrap();
    let org = store.overview().await.unwrap()[0].org;
    (store, org)
}

async fn written(store: &Store, org: Org, (items, mode): &Request) -> Vec<String> {
    masked_results([store.write(write(org, items.clone(), *mode)).await])
}

fn ids(file: &Path, object: Object) -> Vec<Uuid> {
    let connection = rusqlite::Connection::open(file).unwrap();
    let sql = format!("select id from {} order by rid", object.name());
    let mut statement = connection.prepare(&sql).unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.map(Result::unwrap).collect()
}

/// What a search found, in its order, and whether there is more.
fn found(page: Result<SearchPage, Faults>) -> String {
    masked_text(&match page {
        Ok(page) => format!("{:?} {}", page.found, page.next_cursor.is_some()),
        Err(faults) => format!("{faults:?}"),
    })
}
