use std::collections::BTreeSet;
use std::sync::Arc;

use lanekeeper_core::change::Actor;
use lanekeeper_core::model::Model;
use lanekeeper_core::model::generate::search::{draft, filter, records};
use lanekeeper_core::query::{Draft, FilterDraft, Found, Operator, Query};
use lanekeeper_core::{Change, Object, Record, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::{TestStore, open, setup};
use crate::SearchPage;
use crate::sqlite::apply::{Origin, apply};
use crate::sqlite::connection::open_writer;

/// Writes changes as they are; what they were planned from does not matter here.
pub(super) fn make(test: &TestStore, changes: &[Change]) {
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

pub(super) fn modelled(changes: &[Change]) -> Model {
    let mut model = Model::new(&setup());
    changes.iter().for_each(|change| model.apply(change));
    model
}

pub(super) fn page(test: &TestStore, draft: &Draft) -> SearchPage {
    let sqlite = super::sqlite(&test.store);
    sqlite.search_now(test.org, draft).unwrap().unwrap()
}

/// All pages of a search; `between` is run after each.
pub(super) fn pages(test: &TestStore, draft: &Draft, mut between: impl FnMut()) -> Vec<Found> {
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

pub(super) fn ids(found: &[Found]) -> Vec<Uuid> {
    found.iter().map(|found| found.record().id).collect()
}

/// What a draft asks for, if it makes sense.
pub(super) fn query(model: &Model, draft: &Draft) -> Option<Query> {
    Query::resolve(draft, &model.facts(&draft.needs()))
        .unwrap()
        .ok()
}

fn any_draft() -> impl Strategy<Value = Draft> {
    prop::sample::select(&Object::ALL).prop_flat_map(|object| draft(&setup(), object))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Page by page, the database answers what looking at every record does.
    #[test]
    fn a_search_answers_what_the_model_does(
        changes in records(&setup()), drafts in prop::collection::vec(any_draft(), 30),
    ) {
        let edits = Object::ALL.into_iter().flat_map(|object| edits_of(&changes, object));
        let changes: Vec<Change> = changes.iter().cloned().chain(edits).collect();
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

    /// Whatever others come in, change and go meanwhile, every record that was there throughout is answered once.
    #[test]
    fn paging_answers_each_record_once_while_others_come_change_and_go(
        changes in records(&setup()), draft in any_draft(),
    ) {
        let (test, model) = (open(), modelled(&changes));
        make(&test, &changes);
        let Some(query) = query(&model, &draft) else { return Ok(()) };
        let edits = edits_of(&changes, draft.object);
        let edited: BTreeSet<Uuid> = edits.iter().map(id_of).collect();
        let mut expected = ids(&model.search(&query));
        expected.retain(|id| !edited.contains(id));
        let mut edits = edits.into_iter();
        let mut number = 500_000;

        let found = pages(&test, &draft, || {
            number += 1;
            if number < 500_020 {
                make(&test, &[copy_of_some(&changes, draft.object, number)]);
            }
            let next: Vec<Change> = edits.next().into_iter().collect();
            make(&test, &next);
        });

        let mut still = ids(&found);
        still.retain(|id| expected.contains(id));
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

/// Changes to every other record of an object: in turn it goes to the trash, becomes like the one before it, and goes but
/// comes back.
pub(super) fn edits_of(changes: &[Change], object: Object) -> Vec<Change> {
    let records = changes.iter().filter_map(|change| match change {
        Change::CreateRecord(record) if record.object == object => Some(record),
        _ => None,
    });
    let records: Vec<&Arc<Record>> = records.collect();
    let pairs = records.windows(2).step_by(2).enumerate();
    let edits = pairs.flat_map(|(number, pair)| {
        let (model, before) = (pair[0], pair[1]);
        let deleted_at = Some(Timestamp::from_micros(9_000_000));
        let gone = Record {
            deleted_at,
            ..Record::clone(before)
        };
        let versions = match number % 3 {
            0 => vec![gone],
            1 => vec![like(model, before)],
            _ => vec![gone, like(model, before)],
        };
        let versions = versions.into_iter().map(Arc::new);
        let edits = versions.scan(Arc::clone(before), |before, after| {
            let before = std::mem::replace(before, Arc::clone(&after));
            Some(Change::UpdateRecord { before, after })
        });
        edits.collect::<Vec<_>>()
    });
    edits.collect()
}

/// A record with the values of another, but for those that are its own.
fn like(model: &Record, record: &Record) -> Record {
    let mut values = model.values.clone();
    for own in ["domain", "email", "other_emails"] {
        values.remove(own);
        values.extend(
            record
                .values
                .get_key_value(own)
                .map(|(name, value)| (*name, value.clone())),
        );
    }
    Record {
        values,
        custom: model.custom.clone(),
        updated_at: Timestamp::from_micros(4_500_000),
        ..record.clone()
    }
}

fn id_of(change: &Change) -> Uuid {
    match change {
        Change::UpdateRecord { after, .. } => after.id,
        other => panic!("{other:?} is no edit"),
    }
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
        Object::Opportunity | Object::Note | Object::Activity => {}
    }
    Change::CreateRecord(record.into())
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
