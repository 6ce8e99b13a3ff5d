use std::collections::BTreeSet;

use lanekeeper_core::change::Actor;
use lanekeeper_core::model::Model;
use lanekeeper_core::model::generate::search::{draft, filter, records};
use lanekeeper_core::query::{Draft, FilterDraft, Found, Input, Operator, Query};
use lanekeeper_core::{Change, Object, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::{TestStore, open, setup};
use crate::SearchPage;
use crate::sqlite::apply::{Origin, apply};
use crate::sqlite::connection::open_writer;

/// Writes changes as they are; what they were planned from does not matter here.
fn make(test: &TestStore, changes: &[Change]) {
    let connection = open_writer(&test.path, 0).unwrap();
    let last: i64 = connection
        .query_row(
            "select ifnull(max(last_sequence), 0) from changeset",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let origin = Origin {
        org: test.org,
        id: Uuid::now_v7(),
        request_id: "test",
        actor: &Actor::cli(),
        at: Timestamp::from_micros(0),
    };
    let transaction = connection.unchecked_transaction().unwrap();
    apply(&transaction, &origin, changes, last).unwrap();
    transaction.commit().unwrap();
}

fn modelled(changes: &[Change]) -> Model {
    let mut model = Model::new(&setup());
    changes.iter().for_each(|change| model.apply(change));
    model
}

fn page(test: &TestStore, draft: &Draft) -> SearchPage {
    let crate::Store::Sqlite(sqlite) = &test.store;
    sqlite.search_now(test.org, draft).unwrap().unwrap()
}

/// All pages of a search; `between` is run after each.
fn pages(test: &TestStore, draft: &Draft, mut between: impl FnMut()) -> Vec<Found> {
    let mut draft = draft.clone();
    let mut all = vec![];
    loop {
        let page = page(test, &draft);
        assert!(page.found.len() <= draft.limit);
        all.extend(page.found);
        between();
        match page.next_cursor {
            Some(cursor) => draft.cursor = Some(cursor),
            None => return all,
        }
    }
}

fn ids(found: &[Found]) -> Vec<Uuid> {
    found.iter().map(|found| found.record().id).collect()
}

/// What a draft asks for, if it makes sense.
fn query(model: &Model, draft: &Draft) -> Option<Query> {
    Query::resolve(draft, &model.facts(&draft.needs()))
        .unwrap()
        .ok()
}

fn any_draft() -> impl Strategy<Value = Draft> {
    prop::sample::select(&Object::ALL).prop_flat_map(|object| draft(&setup(), object))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Page by page, the database answers what looking at every record does.
    #[test]
    fn a_search_answers_what_the_model_does(
        changes in records(&setup()), drafts in prop::collection::vec(any_draft(), 30),
    ) {
        let (test, model) = (open(), modelled(&changes));
        make(&test, &changes);

        for draft in &drafts {
            let Some(query) = query(&model, draft) else { continue };
            let expected = model.search(&query);
            let found = pages(&test, draft, || {});
            prop_assert_eq!(ids(&found), ids(&expected), "{:#?}", draft);
            prop_assert_eq!(found, expected);
        }
    }

    /// Whatever comes in meanwhile, every record that was there is answered once.
    #[test]
    fn paging_answers_each_record_once_while_others_come_in(
        changes in records(&setup()), draft in any_draft(),
    ) {
        let (test, model) = (open(), modelled(&changes));
        make(&test, &changes);
        let Some(query) = query(&model, &draft) else { return Ok(()) };
        let expected = ids(&model.search(&query));
        let mut number = 500_000;

        let found = pages(&test, &draft, || {
            number += 1;
            if number < 500_020 {
                make(&test, &[copy_of_some(&changes, draft.object, number)]);
            }
        });

        let found = ids(&found);
        let unique: BTreeSet<Uuid> = found.iter().copied().collect();
        prop_assert_eq!(unique.len(), found.len());
        let still: Vec<Uuid> = found.into_iter().filter(|id| expected.contains(id)).collect();
        prop_assert_eq!(still, expected);
    }

    /// A condition, its negation and the lack of a value: each record is in one of the three.
    #[test]
    fn a_filter_its_negation_and_no_value_make_up_all(
        changes in records(&setup()), wanted in filter(&setup(), Object::Opportunity),
    ) {
        let Some(negation) = negation(&wanted) else { return Ok(()) };
        let test = open();
        make(&test, &changes);
        let count = |filters: Vec<FilterDraft>| {
            let pipeline_id = Some(setup().pipeline.id);
            let draft = Draft { filters, pipeline_id, ..Draft::of(Object::Opportunity) };
            page(&test, &draft).found.len()
        };
        let with = |operator: Operator| FilterDraft {
            operator: operator.name().to_owned(), ..wanted.clone()
        };

        let fulfilled = count(vec![wanted.clone()]);
        let not_fulfilled = count(vec![with(negation), with(Operator::NotEmpty)]);
        let without_value = count(vec![with(Operator::Empty)]);

        prop_assert_eq!(fulfilled + not_fulfilled + without_value, count(vec![]));
    }
}

fn negation(filter: &FilterDraft) -> Option<Operator> {
    Some(match Operator::named(&filter.operator)? {
        Operator::Eq => Operator::Neq,
        Operator::In => Operator::NotIn,
        Operator::Contains => Operator::NotContains,
        _ => return None,
    })
}

/// One more record like one of these.
fn copy_of_some(changes: &[Change], object: Object, number: u128) -> Change {
    let mut like = changes.iter().filter_map(|change| match change {
        Change::CreateRecord(record) if record.object == object => Some(record),
        _ => None,
    });
    let mut record = like.next().unwrap().as_ref().clone();
    record.id = Uuid::from_u128(number);
    record.values.remove("other_emails");
    let text = |text: String| lanekeeper_core::Value::Text(text);
    match object {
        Object::Account => drop(
            record
                .values
                .insert("domain", text(format!("d{number}.org"))),
        ),
        Object::Contact => drop(
            record
                .values
                .insert("email", text(format!("p{number}@d.org"))),
        ),
        Object::Opportunity => {}
    }
    Change::CreateRecord(record.into())
}

#[test]
fn common_searches_walk_an_index_and_not_the_whole_organisation() {
    let test = open();
    let setup = setup();
    let id = |id: Uuid| Some(Input::Text(id.to_string()));
    let by = |field: &str, value: Option<Input>| {
        vec![FilterDraft {
            path: "filters.0".to_owned(),
            field: field.to_owned(),
            operator: "eq".to_owned(),
            value,
        }]
    };
    let opportunities = || Draft {
        pipeline_id: Some(setup.pipeline.id),
        ..Draft::of(Object::Opportunity)
    };
    let filtered = |filters| Draft {
        filters,
        ..opportunities()
    };
    let searched = Draft {
        text: Some("acme".to_owned()),
        ..opportunities()
    };
    let stage = setup.pipeline.stages[0].id;
    let cases = [
        (Draft::of(Object::Account), "account_by_update", true),
        (Draft::of(Object::Contact), "contact_by_update", true),
        (opportunities(), "opportunity_by_update", true),
        (
            Draft {
                stage_id: Some(stage),
                ..opportunities()
            },
            "opportunity_by_stage",
            true,
        ),
        (
            filtered(by("stage_id", id(stage))),
            "opportunity_by_stage",
            true,
        ),
        (
            filtered(by("owner_id", id(setup.owner.id))),
            "opportunity_by_owner",
            true,
        ),
        (
            filtered(by("account_id", id(stage))),
            "opportunity_by_account",
            true,
        ),
        (searched, "virtual table index", false),
    ];
    for (draft, index, is_in_order) in cases {
        let plan = plan_of(&test, &draft);
        assert!(plan.to_lowercase().contains(index), "{plan}");
        assert!(!plan.contains("SCAN r"), "{plan}");
        assert_eq!(
            !plan.contains("TEMP B-TREE FOR ORDER BY"),
            is_in_order,
            "{plan}"
        );
    }
}

/// A page in the middle is found by its place in the index, however deep it is.
#[test]
fn a_deep_page_is_sought_and_not_counted_off() {
    let test = open();
    let accounts: Vec<Change> = (0..5)
        .map(|number| Change::CreateRecord(account(number)))
        .collect();
    make(&test, &accounts);
    let mut draft = Draft {
        limit: 2,
        ..Draft::of(Object::Account)
    };
    draft.cursor = page(&test, &draft).next_cursor;

    let plan = plan_of(&test, &draft);

    assert!(
        plan.contains("account_by_update (org=? AND updated_at<?)"),
        "{plan}"
    );
}

fn account(number: u128) -> std::sync::Arc<lanekeeper_core::Record> {
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

fn plan_of(test: &TestStore, draft: &Draft) -> String {
    let crate::Store::Sqlite(sqlite) = &test.store;
    sqlite.explain(test.org, draft).unwrap().unwrap()
}
