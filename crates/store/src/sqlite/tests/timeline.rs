use lanekeeper_core::query::{Draft, FilterDraft, Input};
use lanekeeper_core::{Change, Object};
use uuid::Uuid;

use super::search::{make, page, plan_of};
use super::{TestStore, open};
use crate::tests::timeline::entry;

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
