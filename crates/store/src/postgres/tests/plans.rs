//! How PostgreSQL goes about lists and searches: through an index, in the order that was asked for wherever rows may be many.

use std::time::Duration;

use lanekeeper_core::query::{Draft, FilterDraft, Input};
use lanekeeper_core::{Change, Object};
use uuid::Uuid;

use super::{TestStore, run};
use crate::SearchPage;
use crate::postgres::search::explain;
use crate::postgres::session::{Purpose, Session, Sight};
use crate::postgres::summary;
use crate::testing::setup;
use crate::tests::plans::{filled, filter, filtered, of, sorted, text};
use crate::tests::timeline::entry;

/// So many that PostgreSQL would rather not read all of them.
const COUNT: u128 = 2_000;
/// More texts, each with a word that no record has.
const TEXTS: &str = "
    insert into opportunity_text (org, record, body)
    select org, gen_random_uuid(), 'word' || number
    from (select org from opportunity limit 1) one, generate_series(1, 50000) number";

/// What everybody's notes are about.
const TARGET: Uuid = Uuid::from_u128(7);

pub(super) async fn open_filled() -> TestStore {
    let test = TestStore::open().await;
    test.postgres().make(test.org, &filled(COUNT)).await;
    let entries = [Object::Note, Object::Activity].into_iter();
    let entries =
        entries.flat_map(|object| (0..COUNT).map(move |number| entry(object, number, TARGET)));
    let entries: Vec<Change> = entries.map(Change::CreateRecord).collect();
    let (notes, activities) = entries.split_at(entries.len() / 2);
    for entries in [notes, activities] {
        test.postgres().make(test.org, entries).await;
    }
    test.database.run(TEXTS);
    test.database.run("vacuum analyze");
    test
}

/// The plans of a search's statements. No table is read whole, and no index but within the organisation.
async fn plans(test: &TestStore, draft: &Draft) -> Vec<String> {
    let postgres = test.postgres();
    let purpose = Purpose::Search(Duration::from_secs(60));
    let session = Session::begin(&postgres.pool, Sight::Org(test.org), purpose);
    let session = session.await.unwrap();
    let plans = explain(&session, test.org, draft, &postgres.cursor_key).await;
    let plans = plans.unwrap();
    for plan in &plans {
        let mut lines = plan.lines().map(str::trim_start);
        let strays = lines.find(|line| {
            let is_whole = line.contains("Seq Scan");
            let conditions = line.strip_prefix("Index Cond: ");
            is_whole || conditions.is_some_and(|all| !all.contains("(org = "))
        });
        assert_eq!(strays, None, "{draft:#?}\n{plan}");
    }
    plans
}

fn is_sorted(plan: &str) -> bool {
    plan.lines().any(|line| line.contains("->  Sort"))
}

/// The same search from its second page on.
async fn second_page(test: &TestStore, draft: &Draft) -> Draft {
    let next = |page: SearchPage| page.next_cursor;
    let cursor = test.store.search(test.org, draft.clone(), next);
    let cursor = cursor.await.unwrap().unwrap();
    assert!(cursor.is_some(), "{draft:#?}");
    Draft {
        cursor,
        ..draft.clone()
    }
}

/// Fails unless the order is that of an index on the first page and on the second.
async fn assert_is_walked(test: &TestStore, draft: &Draft, index: &str) {
    for draft in [draft.clone(), second_page(test, draft).await] {
        let plans = plans(test, &draft).await;
        // On a page that is not the first, the first statement asks for what is like the last record before it.
        let walk = &plans[usize::from(draft.cursor.is_some())];
        assert!(
            walk.contains(&format!("{index} on ")) && !is_sorted(walk),
            "{index}\n{draft:#?}\n{walk}"
        );
    }
}

#[test]
fn what_many_records_have_is_walked_in_the_order_of_the_answer() {
    run(async {
        let test = open_filled().await;
        let common = || filtered(vec![filter("my_string", "eq", text("acme"))]);
        let options = vec![filter("my_multi_select", "contains", text("web"))];
        let about = |object| Draft {
            filters: vec![filter("account_id", "eq", text(&TARGET.to_string()))],
            ..of(object)
        };
        let words = |words: &str| Draft {
            text: Some(words.to_owned()),
            ..of(Object::Opportunity)
        };
        let cases = [
            (of(Object::Account), "account_by_update"),
            (of(Object::Contact), "contact_by_update"),
            (of(Object::Opportunity), "opportunity_by_update"),
            (of(Object::Note), "note_by_creation"),
            (of(Object::Activity), "activity_by_creation"),
            (about(Object::Note), "note_link_pkey"),
            (about(Object::Activity), "activity_link_pkey"),
            (common(), "custom_value_by_update"),
            (filtered(options), "custom_value_by_update"),
            (
                sorted(common(), "deal_size", "desc"),
                "opportunity_by_deal_size",
            ),
            (sorted(common(), "my_string", "asc"), "custom_value_pkey"),
            (words("acme"), "opportunity_by_update"),
            (words("ac me"), "opportunity_by_update"),
        ];
        for (draft, index) in cases {
            assert_is_walked(&test, &draft, index).await;
        }
    });
}

#[test]
fn what_few_records_have_is_gone_to_and_sorted() {
    run(async {
        let test = open_filled().await;
        let stage = setup().pipeline.stages[0].id.to_string();
        let by_stage = filter("stage_id", "eq", text(&stage));
        let opportunities = |filters: Vec<FilterDraft>| (filtered(filters), "CTE hit");
        let of_word = Draft {
            text: Some("zeppelin".to_owned()),
            ..of(Object::Opportunity)
        };
        let seven = Input::List(vec![Input::Number(1e6), Input::Number(7.0)]);
        let is_rich = filter("amount", "gt", Input::Number(10.0));
        let domains = Input::List(vec![text("d1.example.com"), text("d2.example.com")]);
        let domain = filter("account_domain", "in", domains);
        let cases = [
            (
                opportunities(vec![by_stage, is_rich]),
                "opportunity_by_deal_size",
            ),
            (
                opportunities(vec![filter("my_string", "starts_with", text("ZEP"))]),
                "custom_value_",
            ),
            (
                opportunities(vec![filter("my_number", "in", seven)]),
                "custom_value_",
            ),
            (opportunities(vec![domain]), "opportunity_by_account"),
            (
                opportunities(vec![
                    filter("additional_contacts", "contains", text(&stage)),
                    filter("amount", "gte", Input::Number(1.0)),
                ]),
                "opportunities_of_contact",
            ),
            ((of_word, "CTE hit"), "opportunity_text_by_word"),
        ];
        for ((draft, hits), index) in cases {
            let plans = plans(&test, &draft).await;
            let [plan] = plans.as_slice() else {
                panic!("{draft:#?}\n{plans:#?}")
            };
            assert!(
                plan.contains(hits) && plan.contains(index),
                "{index}\n{draft:#?}\n{plan}"
            );
            // Each record is fetched by its id, however rare PostgreSQL takes the rest for.
            assert!(
                plan.contains("opportunity_pkey on opportunity one"),
                "{plan}"
            );
        }
    });
}

/// Each published order that has an index is walked, whatever its direction and wherever a page begins.
#[test]
fn every_order_but_a_few_is_that_of_an_index() {
    run(async {
        let test = open_filled().await;
        let cases: [(Object, &[(&str, &str)]); 3] = [
            (
                Object::Account,
                &[
                    ("updated_at", "account_by_update"),
                    ("created_at", "account_by_creation"),
                    ("name", "account_by_name"),
                    ("id", "account_pkey"),
                ],
            ),
            (
                Object::Contact,
                &[
                    ("updated_at", "contact_by_update"),
                    ("created_at", "contact_by_creation"),
                    ("name", "contact_by_name"),
                    ("id", "contact_pkey"),
                ],
            ),
            (
                Object::Opportunity,
                &[
                    ("updated_at", "opportunity_by_update"),
                    ("created_at", "opportunity_by_creation"),
                    ("id", "opportunity_pkey"),
                    ("deal_size", "opportunity_by_deal_size"),
                    ("close_date", "opportunity_by_close_date"),
                    ("next_action_date", "opportunity_by_next_action"),
                    ("my_string", "custom_value_pkey"),
                    ("my_number", "custom_value_pkey"),
                ],
            ),
        ];
        for (object, orders) in cases {
            for (field, index) in orders {
                for direction in ["asc", "desc"] {
                    assert_is_walked(&test, &sorted(of(object), field, direction), index).await;
                }
            }
        }
    });
}

/// Of these an index has the order, but for what is alike in it, which is sorted.
#[test]
fn records_by_stage_owner_account_or_key_are_sorted_within_each_of_them() {
    run(async {
        let test = open_filled().await;
        let cases = [
            (Object::Opportunity, "stage_id", "opportunity_by_stage"),
            (Object::Opportunity, "owner_id", "opportunity_by_owner"),
            (Object::Contact, "account_id", "contact_by_account"),
            (Object::Account, "domain", "account_by_domain"),
            (Object::Contact, "email", "contact_by_email"),
        ];
        for (object, field, index) in cases {
            for direction in ["asc", "desc"] {
                let plans = plans(&test, &sorted(of(object), field, direction)).await;
                assert!(
                    plans[0].contains(index) && !is_sorted(&plans[0]),
                    "{}",
                    plans[0]
                );
            }
        }
    });
}

#[test]
fn a_summary_looks_at_one_index_and_at_no_row() {
    run(async {
        let test = open_filled().await;
        let purpose = Purpose::Search(Duration::from_secs(60));
        let session = Session::begin(&test.postgres().pool, Sight::Org(test.org), purpose);

        let plan = summary::explain(&session.await.unwrap(), test.org, setup().pipeline.id).await;

        let plan = plan.unwrap();
        assert!(
            plan.contains("Index Only Scan using opportunity_of_stage"),
            "{plan}"
        );
    });
}
