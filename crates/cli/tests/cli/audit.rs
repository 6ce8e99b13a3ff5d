//! What must be true of every database at rest, whatever happened to it, read past our own code.

use std::collections::{BTreeMap, BTreeSet};

use lanekeeper_testing::{Row, TestDatabase};
use serde_json::Value;

use crate::support::Client;

/// The ids of what is stored.
pub(crate) struct Stored {
    pub(crate) accounts: BTreeSet<String>,
    pub(crate) contacts: BTreeSet<String>,
    pub(crate) opportunities: BTreeSet<String>,
}

impl Stored {
    pub(crate) fn has(&self, id: &str) -> bool {
        let all = [&self.accounts, &self.contacts, &self.opportunities];
        all.iter().any(|ids| ids.contains(id))
    }
}

/// Holds the database against its laws; what is in it.
pub(crate) fn audit(database: &TestDatabase) -> Stored {
    if !database.is_on_postgres() {
        assert_eq!(database.texts("pragma integrity_check"), ["ok"]);
        let broken = "select \"table\" from pragma_foreign_key_check";
        assert!(database.texts(broken).is_empty());
    }
    assert_nothing_is_doubled(database);
    assert_changes_have_no_gap(database);
    let stored = Stored {
        accounts: ids(database, "account"),
        contacts: ids(database, "contact"),
        opportunities: ids(database, "opportunity"),
    };
    let created = created_by_changesets(database);
    let told: BTreeSet<String> = created.iter().cloned().collect();
    assert_eq!(told.len(), created.len(), "something was created twice");
    let is: BTreeSet<String> = [&stored.accounts, &stored.contacts, &stored.opportunities]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    assert_eq!(told, is, "the change feed is not what is stored");
    stored
}

fn assert_nothing_is_doubled(database: &TestDatabase) {
    for (table, column) in [("account", "domain"), ("contact", "email")] {
        let plain = format!("lower(trim({column}, ' .'))");
        let doubled =
            format!("select {plain} from {table} group by org, {plain} having count(*) > 1");
        let doubled = database.texts(&doubled);
        assert!(doubled.is_empty(), "twice in {table}: {doubled:?}");
    }
}

/// Each organisation's changesets follow on each other, hold as many changes as they have numbers, and end where the
/// organisation says.
fn assert_changes_have_no_gap(database: &TestDatabase) {
    let key = match database.is_on_postgres() {
        true => "id",
        false => "org",
    };
    let ends = database.rows(&format!("select {key}, last_sequence from organization"));
    let mut ends: BTreeMap<String, i64> = ends
        .into_iter()
        .map(|mut row| (text(&mut row, 0), number(&mut row, 1)))
        .collect();
    let changesets = "
        select org, first_sequence, last_sequence, changes from changeset
        order by org, last_sequence desc";
    for mut row in database.rows(changesets) {
        let (org, first, last) = (text(&mut row, 0), number(&mut row, 1), number(&mut row, 2));
        let before = ends.get_mut(&org).expect("its organisation is there");
        assert_eq!(*before, last, "a gap in the changes of {org}");
        assert_eq!(changes(&text(&mut row, 3)).len() as i64, last - first + 1);
        *before = first - 1;
    }
    assert!(ends.values().all(|end| *end == 0), "changes without a row");
}

/// The ids of the records that the feed says were created.
fn created_by_changesets(database: &TestDatabase) -> Vec<String> {
    let changesets = database.texts("select changes from changeset");
    let changes = changesets.iter().flat_map(|text| changes(text));
    let created = changes.filter(is_created_record);
    created.map(|change| id(&change).to_lowercase()).collect()
}

fn changes(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("an array of changes")
}

fn is_created_record(change: &Value) -> bool {
    let object = change["object"].as_str().expect("an object");
    let is_record = ["account", "contact", "opportunity"].contains(&object);
    is_record && change["action"] == "created"
}

fn id(change: &Value) -> &str {
    change["object_id"].as_str().expect("an id")
}

fn ids(database: &TestDatabase, table: &str) -> BTreeSet<String> {
    let ids = database.texts(&format!("select id from {table}"));
    ids.into_iter().collect()
}

fn text(row: &mut Row, column: usize) -> String {
    row[column].take().expect("a value")
}

fn number(row: &mut Row, column: usize) -> i64 {
    text(row, column).parse().expect("a number")
}

/// Reads the whole change feed; its sequence must be 1, 2, 3, … The ids of the records that it says were created.
pub(crate) async fn created_by_feed(client: &Client) -> BTreeSet<String> {
    let mut created = BTreeSet::new();
    let mut after = 0;
    loop {
        let page = client
            .get(&format!("/v1/changes?limit=500&after={after}"))
            .await;
        assert_eq!(page.status, 200);
        for change in page.data()["changes"].as_array().expect("changes") {
            after += 1;
            assert_eq!(change["sequence"], after, "a gap in the feed");
            if is_created_record(change) {
                assert!(created.insert(id(change).to_owned()), "created twice");
            }
        }
        if page.data()["has_more"] == Value::Bool(false) {
            return created;
        }
    }
}
