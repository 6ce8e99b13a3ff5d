//! What is on the timelines of accounts, contacts and opportunities.

use std::sync::Arc;

use lanekeeper_core::query::{Draft, FilterDraft, Input};
use lanekeeper_core::value::Values;
use lanekeeper_core::{Change, Object, Record, Timestamp, Value};
use uuid::Uuid;

use super::TestStore;

/// A note or an activity about an account.
pub(crate) fn entry(object: Object, number: u128, account_id: Uuid) -> Arc<Record> {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut values = Values::from([("account_ids", Value::Ids(vec![account_id]))]);
    values.insert("title", text("Title"));
    match object {
        Object::Note => values.insert("content", text("Text")),
        _ => values.insert("activity_type", text("CALL")),
    };
    Arc::new(Record {
        object,
        id: Uuid::from_u128(number + 2_000_000),
        created_at: Timestamp::from_micros(i64::try_from(number % 3).unwrap()),
        updated_at: Timestamp::from_micros(1),
        deleted_at: None,
        merged_into: None,
        values,
        custom: Default::default(),
    })
}

/// What is in the trash is on no timeline, until it is restored.
#[test]
fn a_trashed_note_leaves_the_timeline_and_a_restored_one_is_back() {
    let (test, target) = (TestStore::open(), Uuid::from_u128(7));
    let org = test.organization();
    let live = entry(Object::Note, 1, target);
    let trashed = Arc::new(Record {
        deleted_at: Some(Timestamp::from_micros(9)),
        ..Record::clone(&live)
    });
    let elsewhere = Arc::new(Record {
        values: entry(Object::Note, 1, Uuid::from_u128(8)).values.clone(),
        ..Record::clone(&live)
    });
    let on = |target: Uuid| {
        let about = FilterDraft {
            path: "filters.0".to_owned(),
            field: "account_id".to_owned(),
            operator: "eq".to_owned(),
            value: Some(Input::Text(target.to_string())),
        };
        let filters = vec![about];
        let draft = Draft {
            filters,
            ..Draft::of(Object::Note)
        };
        org.search(&draft).unwrap().found.len()
    };
    let update = |before: &Arc<Record>, after: &Arc<Record>| Change::UpdateRecord {
        before: Arc::clone(before),
        after: Arc::clone(after),
    };
    let mut seen = vec![];

    for change in [
        Change::CreateRecord(Arc::clone(&live)),
        update(&live, &trashed),
        update(&trashed, &live),
        update(&live, &elsewhere),
    ] {
        org.make(&[change]);
        seen.push((on(target), on(Uuid::from_u128(8))));
    }

    assert_eq!(seen, [(1, 0), (0, 0), (1, 0), (0, 1)]);
}
