use std::sync::Arc;

use lanekeeper_core::query::{Draft, FilterDraft, Input};
use lanekeeper_core::value::Values;
use lanekeeper_core::{Change, Object, Record, Timestamp, Value};
use uuid::Uuid;

use super::search::{make, page, plan_of};
use super::{TestStore, open};

/// However much else an organisation has, a timeline is its own stretch of an index, at any depth.
#[test]
fn a_timeline_is_read_along_its_index_and_sought_where_a_page_begins() {
    let test = open();
    let target = Uuid::from_u128(7);
    for object in [Object::Note, Object::Activity] {
        let notes = (0..5).map(|number| Change::CreateRecord(entry(object, number, target)));
        make(&test, &notes.collect::<Vec<_>>());
        let about = |field: &str| FilterDraft {
            path: "filters.0".to_owned(),
            field: field.to_owned(),
            operator: "contains".to_owned(),
            value: Some(Input::Text(target.to_string())),
        };
        for field in ["account_id", "contact_ids", "opportunity_id"] {
            let mut draft = Draft {
                filters: vec![about(field)],
                limit: 2,
                ..Draft::of(object)
            };
            assert_is_walked(&test, &draft, "value=? AND is_live=?");
            if field == "account_id" {
                draft.cursor = page(&test, &draft).next_cursor;
                assert_is_walked(&test, &draft, "is_live=? AND created_at<?");
            }
        }
        let plan = plan_of(&test, &Draft::of(object));
        let index = format!("{}_by_creation", object.name());
        assert!(plan.contains(&index), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

fn assert_is_walked(test: &TestStore, draft: &Draft, how: &str) {
    let plan = plan_of(test, draft);
    assert!(plan.contains("SEARCH v USING PRIMARY KEY"), "{plan}");
    assert!(plan.contains(how), "{plan}");
    assert!(
        !plan.contains("SCAN r") && !plan.contains("SCAN v"),
        "{plan}"
    );
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

/// A note or an activity about an account.
fn entry(object: Object, number: u128, account_id: Uuid) -> Arc<Record> {
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
    let (test, target) = (open(), Uuid::from_u128(7));
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
        page(&test, &draft).found.len()
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
        make(&test, &[change]);
        seen.push((on(target), on(Uuid::from_u128(8))));
    }

    assert_eq!(seen, [(1, 0), (0, 0), (1, 0), (0, 1)]);
}
