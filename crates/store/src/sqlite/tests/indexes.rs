//! The tables that are indexes of other tables say what those do, however they came to be.

use lanekeeper_core::model::generate::search::records;
use lanekeeper_core::query::Draft;
use lanekeeper_core::{Change, Object, Record};
use proptest::prelude::*;
use rusqlite::Connection;

use super::search::make;
use super::{TestStore, open, setup};
use crate::Org;
use crate::sqlite::connection::open_writer;
use crate::sqlite::{index_custom, index_name, load};
use crate::tests::search::edits_of;

const INDEXES: [&str; 3] = ["custom_value", "account_name", "contact_name"];

/// Fails unless the indexes are as if they were made now.
pub(super) fn check_indexes(connection: &Connection, org: Org) {
    let kept = rows(connection);
    let scratch = connection.unchecked_transaction().unwrap();
    for index in INDEXES {
        scratch
            .execute(&format!("delete from {index}"), [])
            .unwrap();
    }
    for object in Object::ALL {
        let sql = format!("select rid from {} order by rid", object.name());
        let mut statement = scratch.prepare(&sql).unwrap();
        let rids = statement.query_map([], |row| row.get(0)).unwrap();
        let rids: Vec<i64> = rids.map(Result::unwrap).collect();
        let page = serde_json::to_string(&rids).unwrap();
        let records = load::records_of_rows(&scratch, org, object, &page).unwrap();
        for (rid, record) in rids.into_iter().zip(records) {
            index_name::add(&scratch, org, &record, rid).unwrap();
            index_custom::add(&scratch, org, &record, rid).unwrap();
        }
    }
    assert_eq!(kept, rows(&scratch));
}

/// Fails unless the text of every record waits or is in the index of texts, and none is in both.
fn check_texts(connection: &Connection) {
    for object in Object::ALL {
        let name = object.name();
        let rids = |sql: &str| -> Vec<i64> {
            let mut statement = connection.prepare(sql).unwrap();
            let rids = statement.query_map([], |row| row.get(0));
            rids.unwrap().map(Result::unwrap).collect()
        };
        let known = rids(&format!(
            "select record from waiting_text where object = '{name}'
             union all select id from {name}_text_docsize order by 1"
        ));
        assert_eq!(known, rids(&format!("select rid from {name} order by rid")));
    }
}

/// Every row of the indexes, as text.
fn rows(connection: &Connection) -> Vec<String> {
    let rows = INDEXES.into_iter().flat_map(|index| {
        let mut statement = connection
            .prepare(&format!("select * from {index}"))
            .unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let values = (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap()));
            Ok(format!(
                "{index}: {}",
                values.collect::<Vec<_>>().join(", ")
            ))
        });
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>()
    });
    rows.collect()
}

fn count(test: &TestStore, index: &str) -> i64 {
    let connection = open_writer(&test.path, 0).unwrap();
    let sql = format!("select count(*) from {index}");
    connection.query_row(&sql, [], |row| row.get(0)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn records_that_change_go_and_come_back_are_indexed_as_they_are(changes in records(&setup())) {
        let test = open();
        make(&test, &changes);

        for object in Object::ALL {
            make(&test, &edits_of(&changes, object));
        }

        let connection = open_writer(&test.path, 0).unwrap();
        check_indexes(&connection, test.org);
        check_texts(&connection);
    }
}

#[test]
fn texts_wait_until_they_are_many_and_are_found_all_the_while() {
    let test = open();
    let accounts = (1..=7).map(super::search::account);
    let found = accounts.map(|account| {
        make(&test, &[Change::CreateRecord(account)]);
        let draft = Draft {
            text: Some("example".to_owned()),
            ..Draft::of(Object::Account)
        };
        (
            count(&test, "waiting_text"),
            super::search::page(&test, &draft).found.len(),
        )
    });
    let found: Vec<_> = found.collect();
    assert_eq!(
        found,
        [(1, 1), (2, 2), (3, 3), (0, 4), (1, 5), (2, 6), (3, 7)]
    );
}

#[test]
fn what_is_in_the_trash_is_in_no_index() {
    let test = open();
    let account = super::search::account(1);
    let named = Record {
        values: [
            (
                "domain",
                lanekeeper_core::Value::Text("d.example.com".to_owned()),
            ),
            ("name", lanekeeper_core::Value::Text("Acme".to_owned())),
        ]
        .into(),
        ..Record::clone(&account)
    };
    let live = std::sync::Arc::new(named);
    make(&test, &[Change::CreateRecord(live.clone())]);
    assert_eq!(count(&test, "account_name"), 1);
    let gone = Record {
        deleted_at: Some(live.updated_at),
        ..Record::clone(&live)
    };
    let (before, after) = (live, std::sync::Arc::new(gone));

    make(&test, &[Change::UpdateRecord { before, after }]);

    assert_eq!(count(&test, "account_name"), 0);
}
