//! How SQLite goes about lists and searches: through an index, in the order that was asked for wherever rows may be many.

use lanekeeper_core::query::{Draft, Input};
use lanekeeper_core::{Change, Object};
use uuid::Uuid;

use super::search::{make, page};
use super::{TestStore, open, setup};
use crate::tests::plans::{
    MORE_THAN_FEW, filled, filter, filtered, of, rare, record, sorted, text,
};

fn open_filled() -> TestStore {
    let test = open();
    make(&test, &filled(MORE_THAN_FEW));
    test
}

fn plans(test: &TestStore, draft: &Draft) -> Vec<String> {
    let sqlite = super::sqlite(&test.store);
    sqlite.explain(test.org, draft).unwrap().unwrap()
}

/// The plan of the first statement; none may read a whole table.
fn plan(test: &TestStore, draft: &Draft) -> String {
    let plans = plans(test, draft);
    for plan in &plans {
        let mut lines = plan.lines();
        let scanned = lines.find(|line| line.starts_with("SCAN") && !is_bounded(line));
        assert_eq!(scanned, None, "{draft:#?}\n{plan}");
    }
    plans[0].clone()
}

/// The rows that an index of texts found, those few that wait for it, and that index itself, which is always said to be
/// scanned.
fn is_bounded(line: &str) -> bool {
    line == "SCAN hit" || line == "SCAN waiting_text" || line.contains("VIRTUAL TABLE INDEX")
}

fn is_in_order(plan: &str) -> bool {
    !plan.contains("TEMP B-TREE")
}

/// The same search from its second page on.
fn second_page(test: &TestStore, draft: &Draft) -> Draft {
    let cursor = page(test, draft).next_cursor;
    assert!(cursor.is_some(), "{draft:#?}");
    Draft {
        cursor,
        ..draft.clone()
    }
}

#[test]
fn what_many_records_have_is_walked_in_the_order_of_the_answer() {
    let test = open_filled();
    let setup = setup();
    let id = |id: Uuid| text(&id.to_string());
    let stage = setup.pipeline.stages[0].id;
    let stage_name = setup.pipeline.stages[0].label.clone();
    let by_stage = filter("stage_id", "eq", id(stage));
    let of_stage = Draft {
        stage_id: Some(stage),
        ..of(Object::Opportunity)
    };
    let common = || filtered(vec![filter("my_string", "eq", text("acme"))]);
    let options = vec![filter("my_multi_select", "contains", text("web"))];
    let cases = [
        (of(Object::Account), "account_by_update (org=?"),
        (of(Object::Contact), "contact_by_update (org=?"),
        (
            of(Object::Opportunity),
            "opportunity_by_update (org=? AND pipeline_id=?",
        ),
        (
            of_stage,
            "opportunity_by_stage (org=? AND pipeline_id=? AND stage_id=?",
        ),
        (
            filtered(vec![by_stage.clone()]),
            "opportunity_by_stage (org=? AND pipeline_id=? AND stage_id=?",
        ),
        (
            filtered(vec![by_stage, filter("amount", "gte", Input::Number(1.0))]),
            "opportunity_by_stage (org=? AND pipeline_id=? AND stage_id=?",
        ),
        (
            filtered(vec![filter("owner_id", "eq", id(setup.owner.id))]),
            "opportunity_by_owner (org=? AND pipeline_id=? AND owner_id=?",
        ),
        (
            filtered(vec![filter("stage_name", "eq", text(&stage_name))]),
            "opportunity_by_stage (org=? AND pipeline_id=? AND stage_id=?",
        ),
        (
            filtered(vec![filter("owner_email", "eq", text("owner@example.com"))]),
            "opportunity_by_owner (org=? AND pipeline_id=? AND owner_id=?",
        ),
        (
            common(),
            "custom_value_by_update (org=? AND field=? AND value=?",
        ),
        (
            filtered(options),
            "custom_value_by_update (org=? AND field=? AND value=?",
        ),
        (
            filtered(vec![filter("my_number", "gte", Input::Number(1.0))]),
            "opportunity_by_update (org=? AND pipeline_id=?",
        ),
        (
            sorted(common(), "deal_size", "desc"),
            "opportunity_by_deal_size (org=? AND pipeline_id=?",
        ),
        (
            sorted(common(), "my_string", "asc"),
            "SEARCH v USING PRIMARY KEY (org=? AND field=? AND value=?",
        ),
        (
            Draft {
                text: Some("acme".to_owned()),
                ..of(Object::Opportunity)
            },
            "opportunity_by_update (org=? AND pipeline_id=?",
        ),
    ];
    for (draft, index) in cases {
        let first = plan(&test, &draft);
        assert!(
            first.contains(index) && is_in_order(&first),
            "{index}\n{draft:#?}\n{first}"
        );
        let next = plan(&test, &second_page(&test, &draft));
        assert!(
            next.contains(index) && is_in_order(&next),
            "{index}\n{draft:#?}\n{next}"
        );
        // Wherever a page begins, it is sought: first what is like the last one of the page before, by its row.
        let sought = ["rowid<?", "rowid>?", "record<?", "record>?"];
        assert!(
            sought.iter().any(|sought| next.contains(sought)),
            "{draft:#?}\n{next}"
        );
    }
}

/// What is found by words and is neither rare nor common is not all sorted.
#[test]
fn what_several_records_have_in_their_texts_is_looked_for_along_the_order_of_the_answer() {
    let test = open_filled();
    let more = [100, 101].map(|number| record(Object::Opportunity, number, true));
    make(
        &test,
        &more.map(|record| Change::CreateRecord(record.into())),
    );
    let draft = Draft {
        text: Some("zeppelin".to_owned()),
        ..of(Object::Opportunity)
    };

    let plan = plan(&test, &draft);

    let index = "SEARCH r USING INDEX opportunity_by_update (org=? AND pipeline_id=?";
    assert!(plan.starts_with(index) && is_in_order(&plan), "{plan}");
    assert!(
        plan.contains("opportunity_text VIRTUAL TABLE INDEX"),
        "{plan}"
    );
    assert_eq!(page(&test, &draft).found.len(), 2);
}

#[test]
fn what_few_records_have_is_gone_to_and_sorted() {
    let test = open_filled();
    for (draft, index, _) in rare() {
        let plan = plan(&test, &draft);
        assert!(plan.contains(index), "{index}\n{draft:#?}\n{plan}");
    }
}

/// Each published order that has an index is walked, whatever its direction and wherever a page begins.
#[test]
fn every_order_but_a_few_is_that_of_an_index() {
    let test = open_filled();
    let cases: [(Object, &[&str]); 3] = [
        (
            Object::Account,
            &["updated_at", "created_at", "name", "domain", "id"],
        ),
        (
            Object::Contact,
            &["updated_at", "created_at", "name", "email", "id"],
        ),
        (
            Object::Opportunity,
            &[
                "updated_at",
                "created_at",
                "id",
                "deal_size",
                "close_date",
                "next_action_date",
                "my_string",
                "my_number",
            ],
        ),
    ];
    for (object, fields) in cases {
        for field in fields {
            for direction in ["asc", "desc"] {
                let draft = sorted(of(object), field, direction);
                for draft in [second_page(&test, &draft), draft] {
                    let all = plans(&test, &draft);
                    plan(&test, &draft);
                    assert!(
                        all.iter().all(|plan| is_in_order(plan)),
                        "{draft:#?}\n{all:#?}"
                    );
                }
            }
        }
    }
}

/// Of these an index has the order, but for records of the same stage, owner or account.
#[test]
fn records_by_stage_owner_or_account_are_sorted_within_each_of_them() {
    let test = open_filled();
    let cases = [
        (Object::Opportunity, "stage_id"),
        (Object::Opportunity, "owner_id"),
        (Object::Contact, "account_id"),
    ];
    for (object, field) in cases {
        let plan = plan(&test, &sorted(of(object), field, "desc"));
        let index = format!("{}_by_{}", object.name(), field.trim_end_matches("_id"));
        assert!(plan.contains(&index), "{plan}");
        assert!(!plan.contains("TEMP B-TREE FOR ORDER BY"), "{plan}");
    }
}
