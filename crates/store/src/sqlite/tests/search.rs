//! How the tests of SQLite's plans write and search.

use lanekeeper_core::query::Draft;
use lanekeeper_core::{Change, Object, Timestamp};
use uuid::Uuid;

use super::TestStore;
use crate::SearchPage;

pub(super) fn make(test: &TestStore, changes: &[Change]) {
    super::sqlite(&test.store).make(test.org, changes);
}

pub(super) fn page(test: &TestStore, draft: &Draft) -> SearchPage {
    let sqlite = super::sqlite(&test.store);
    sqlite.search_now(test.org, draft).unwrap().unwrap()
}

pub(super) fn account(number: u128) -> std::sync::Arc<lanekeeper_core::Record> {
    let domain = lanekeeper_core::Value::Text(format!("d{number}.example.com"));
    lanekeeper_core::Record {
        object: Object::Account,
        id: Uuid::from_u128(number + 1_000_000),
        created_at: Timestamp::from_micros(1),
        updated_at: Timestamp::from_micros(1),
        deleted_at: None,
        merged_into: None,
        values: [("domain", domain)].into(),
        custom: Default::default(),
    }
    .into()
}

pub(super) fn plan_of(test: &TestStore, draft: &Draft) -> String {
    let sqlite = super::sqlite(&test.store);
    let plans = sqlite.explain(test.org, draft).unwrap().unwrap();
    plans.join("\n--\n")
}
