use lanekeeper_core::query::{Draft, FilterDraft, Input, SortDraft};
use lanekeeper_core::{Object, Value};
use lanekeeper_store::{Access, Clock, Database, SearchPage, Settings, Store};

use super::generate::generate;
use super::shape::{COMMON_SOURCE, deal_size, is_rare, lead_source, pipeline};
use crate::raw::tests::set_up;
use crate::work::Tenant;

const COUNT: usize = 450;

/// What the generator writes is what the store reads: searches find as many as there should be.
#[test]
fn a_generated_database_is_searched_as_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("small.db");
    let tenant = set_up(&database);
    let tenants = [(tenant, COUNT)];

    let made = generate(&database, &tenants).unwrap();

    let tenant = &tenants[0].0;
    let place = Database::Sqlite(database);
    let opened = Store::open(&place, Access::Serve, Settings::default(), Clock::default());
    let store = wait(opened).unwrap();
    let numbers = || (0..COUNT).filter(|number| pipeline(*number) == 0);
    let all = search(&store, tenant, Draft::of(Object::Opportunity));
    assert_eq!(all.found.len(), numbers().count());
    let common = filtered("lead_source", Input::Text(COMMON_SOURCE.to_uppercase()));
    let expected = numbers().filter(|number| lead_source(*number) == Some(COMMON_SOURCE));
    assert_eq!(search(&store, tenant, common).found.len(), expected.count());
    let rare = Draft {
        text: Some("zeppelin".to_owned()),
        ..Draft::of(Object::Opportunity)
    };
    let expected = numbers().filter(|number| is_rare(*number)).count();
    assert_eq!(search(&store, tenant, rare).found.len(), expected);
    let largest = search(&store, tenant, by_size());
    let expected = numbers().filter_map(deal_size).max_by(f64::total_cmp);
    let found = largest.found[0].record().values.get("deal_size").cloned();
    assert_eq!(found, expected.map(Value::Number));
    let others = [
        Object::Account,
        Object::Contact,
        Object::Note,
        Object::Activity,
    ];
    let others = others.map(|object| count(&store, object));
    assert_eq!(others, [90, 180, 112, 225]);
    assert_eq!(made.records, COUNT + others.iter().sum::<usize>());
    assert_eq!(made.ids.len(), COUNT);
    wait(store.close());
}

fn filtered(field: &str, value: Input) -> Draft {
    let filter = FilterDraft {
        path: "filters.0".to_owned(),
        field: field.to_owned(),
        operator: "eq".to_owned(),
        value: Some(value),
    };
    Draft {
        filters: vec![filter],
        ..Draft::of(Object::Opportunity)
    }
}

fn by_size() -> Draft {
    let sort = SortDraft {
        path: "sort".to_owned(),
        field: "deal_size".to_owned(),
        direction: Some("desc".to_owned()),
    };
    Draft {
        sort: vec![sort],
        ..Draft::of(Object::Opportunity)
    }
}

fn count(store: &Store, object: Object) -> usize {
    let limit = 500;
    let draft = Draft {
        limit,
        ..Draft::of(object)
    };
    found(store, draft).found.len()
}

fn search(store: &Store, tenant: &Tenant, draft: Draft) -> SearchPage {
    let pipeline_id = Some(tenant.pipeline_id.parse().unwrap());
    let limit = 500;
    found(
        store,
        Draft {
            pipeline_id,
            limit,
            ..draft
        },
    )
}

fn found(store: &Store, draft: Draft) -> SearchPage {
    let org = wait(store.overview()).unwrap()[0].org;
    wait(store.search(org, draft, |page| page))
        .unwrap()
        .unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}
