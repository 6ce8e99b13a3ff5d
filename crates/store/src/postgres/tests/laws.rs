use lanekeeper_core::custom::{FieldDefinition, Scope};
use lanekeeper_core::model::generate::request;
use lanekeeper_core::model::{Dump, Model, dump, dump_of_people};
use lanekeeper_core::{Object, Record};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::{TestStore, run};
use crate::postgres::cycle::Cycle;
use crate::postgres::load::records_by_id;
use crate::postgres::session::{Purpose, Session, Sight};
use crate::testing::{Request, bound, ids_of, masked, masked_results, setup, write};
use crate::{Clock, Write};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is asked, in groups of whatever size, the database answers and holds what the model does; and the feed
    /// has every change once.
    #[test]
    fn the_store_agrees_with_the_model(
        groups in vec(vec(request(&setup()), 1..4), 1..12),
    ) {
        run(agree(groups))?;
    }
}

async fn agree(groups: Vec<Vec<Request>>) -> Result<(), TestCaseError> {
    let test = TestStore::open().await;
    let mut model = Model::new(&setup());
    let mut cycle = Cycle::new(Clock::default(), 100);

    for requests in groups {
        let ids = |object: Object| ids(&test, object);
        let in_store = bound(&requests, &ids);
        let in_model = bound(&requests, &|object| ids_of(&model, object));
        let stored = write_group(&test, &mut cycle, &in_store).await;
        let modelled = in_model.iter().map(|(items, mode)| {
            let now = Clock::default().now();
            masked(model.write(items, *mode, now, &mut Uuid::now_v7).unwrap())
        });
        let modelled: Vec<String> = modelled.collect();
        prop_assert_eq!(stored, modelled);
    }

    prop_assert_eq!(dump_of(&test).await, model.dump());
    check_feed(&test).await
}

async fn write_group(test: &TestStore, cycle: &mut Cycle, requests: &[Request]) -> Vec<String> {
    let writes = requests.iter();
    let writes = writes.map(|(items, mode)| write(test.org, items.clone(), *mode));
    let writes: Vec<Write> = writes.collect();
    let writes: Vec<&Write> = writes.iter().collect();
    let client = test.postgres().pool.get().await.unwrap();
    let group = cycle.run(&client, test.org, &writes).await;
    masked_results(group.unwrap().results)
}

pub(super) async fn dump_of(test: &TestStore) -> Dump {
    let (store, org) = (&test.store, test.org);
    let pool = &test.postgres().pool;
    let session = Session::begin(pool, Sight::Org(org), Purpose::Read)
        .await
        .unwrap();
    let mut records: Vec<Record> = vec![];
    for object in Object::ALL {
        let ids = ids(test, object);
        let mut found = records_by_id(&session, org, object, &ids).await.unwrap();
        found.sort_by_key(|record| record.id);
        records.extend(found);
    }
    let pipelines = store.pipelines(&org).await.unwrap();
    let of_pipelines = pipelines.iter();
    let of_pipelines = of_pipelines.map(|pipeline| Scope::Opportunities(pipeline.id));
    let mut fields: Vec<FieldDefinition> = vec![];
    for scope in [Scope::Accounts, Scope::Contacts]
        .into_iter()
        .chain(of_pipelines)
    {
        fields.extend(store.fields(&org, scope).await.unwrap());
    }
    let mut dump = dump(records.iter(), &fields, pipelines.iter());
    let (users, keys) = (
        store.users(&org).await.unwrap(),
        store.keys(&org).await.unwrap(),
    );
    dump.extend(dump_of_people(users.iter(), keys.iter()));
    dump
}

pub(super) fn ids(test: &TestStore, object: Object) -> Vec<Uuid> {
    let sql = format!("select id from {} order by id", object.name());
    let ids = test.database.texts(&sql);
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

/// The feed counts from one without gaps, and ends where the organisation says.
pub(super) async fn check_feed(test: &TestStore) -> Result<(), TestCaseError> {
    let mut after = 0;
    loop {
        let page = test.store.changes(test.org, after, 3).await.unwrap();
        for entry in &page.changes {
            prop_assert_eq!(entry.sequence, after + 1);
            after = entry.sequence;
        }
        if !page.has_more {
            let last = test
                .database
                .number("select last_sequence from organization");
            prop_assert_eq!(after, last);
            return Ok(());
        }
    }
}
