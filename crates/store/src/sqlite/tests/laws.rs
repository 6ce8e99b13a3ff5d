use lanekeeper_core::custom::{FieldDefinition, Scope};
use lanekeeper_core::model::generate::request;
use lanekeeper_core::model::{Dump, Model, dump, dump_of_people};
use lanekeeper_core::{Object, Record};
use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::Connection;
use uuid::Uuid;

use super::indexes::check_indexes;
use super::{at_once, open, setup, write};
use crate::sqlite::connection::open_writer;
use crate::sqlite::cycle::Cycle;
use crate::sqlite::load::record_with_links;
use crate::testing::{Request, bound, ids_of, masked, masked_results};
use crate::{Clock, Org, Store, Write};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked, in groups of whatever size, the database answers and holds what the model does; and the feed
    /// has every change once.
    #[test]
    fn the_store_agrees_with_the_model(
        groups in vec(vec(request(&setup()), 1..4), 1..12),
    ) {
        let test = open();
        let mut model = Model::new(&setup());
        let mut connection = open_writer(&test.path, 0).unwrap();
        let mut cycle = Cycle::new(Clock::default(), 100);

        for requests in groups {
            let in_store = bound(&requests, &|object| ids(&connection, object));
            let in_model = bound(&requests, &|object| ids_of(&model, object));
            let requests = in_store;
            let stored = run(&mut cycle, &mut connection, test.org, &requests);
            let modelled = in_model.iter().map(|(items, mode)| {
                model.write(items, *mode, Clock::default().now(), &mut Uuid::now_v7).unwrap()
            });
            let modelled: Vec<_> = modelled.map(masked).collect();
            prop_assert_eq!(stored, modelled);
        }

        prop_assert_eq!(dump_of(&test.store, test.org, &connection), model.dump());
        check_indexes(&connection, test.org);
        check_feed(&test.store, test.org)?;
    }
}

pub(super) fn run(
    cycle: &mut Cycle,
    connection: &mut Connection,
    org: Org,
    requests: &[Request],
) -> Vec<String> {
    let writes: Vec<Write> = requests
        .iter()
        .map(|(items, mode)| write(org, items.clone(), *mode))
        .collect();
    let writes: Vec<&Write> = writes.iter().collect();
    let group = cycle.run(connection, &writes).unwrap();
    masked_results(group.results)
}

pub(super) fn dump_of(store: &Store, org: Org, connection: &Connection) -> Dump {
    let records: Vec<Record> = Object::ALL
        .into_iter()
        .flat_map(|object| {
            ids(connection, object)
                .into_iter()
                .map(move |id| (object, id))
        })
        .map(|(object, id)| {
            let found = record_with_links(connection, org, object, id);
            found.unwrap().unwrap()
        })
        .collect();
    let pipelines = at_once(store.pipelines(&org)).unwrap();
    let of_pipelines = pipelines
        .iter()
        .map(|pipeline| Scope::Opportunities(pipeline.id));
    let scopes = [Scope::Accounts, Scope::Contacts].into_iter();
    let fields = scopes.chain(of_pipelines);
    let fields = fields.flat_map(|scope| at_once(store.fields(&org, scope)).unwrap());
    let fields: Vec<FieldDefinition> = fields.collect();
    let mut dump = dump(records.iter(), &fields, pipelines.iter());
    let (users, keys) = (
        at_once(store.users(&org)).unwrap(),
        at_once(store.keys(&org)).unwrap(),
    );
    dump.extend(dump_of_people(users.iter(), keys.iter()));
    dump
}

pub(super) fn ids(connection: &Connection, object: Object) -> Vec<Uuid> {
    let sql = format!("select id from {} order by rid", object.name());
    let mut statement = connection.prepare(&sql).unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.map(Result::unwrap).collect()
}

/// The feed counts from one without gaps, and ends where the organisation says.
pub(super) fn check_feed(store: &Store, org: Org) -> Result<(), TestCaseError> {
    let sqlite = super::sqlite(store);
    let mut after = 0;
    loop {
        let page = sqlite.changes_now(org, after, 3).unwrap();
        for entry in &page.changes {
            prop_assert_eq!(entry.sequence, after + 1);
            after = entry.sequence;
        }
        if !page.has_more {
            return Ok(());
        }
    }
}
