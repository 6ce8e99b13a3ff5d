//! Lists and searches answer what looking at every record does.

use std::collections::BTreeSet;
use std::sync::Arc;

use lanekeeper_core::model::Model;
use lanekeeper_core::model::generate::search::{draft, filter, records};
use lanekeeper_core::query::{Draft, FilterDraft, Found, Operator, Query};
use lanekeeper_core::{Change, Object, Record, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::{TestOrg, TestStore, law, setup};

pub(crate) fn modelled(changes: &[Change]) -> Model {
    let mut model = Model::new(&setup());
    changes.iter().for_each(|change| model.apply(change));
    model
}

/// All pages of a search; `between` is run after each.
pub(super) fn pages(org: TestOrg, draft: &Draft, mut between: impl FnMut()) -> Vec<Found> {
    let mut draft = draft.clone();
    let mut all = vec![];
    loop {
        let page = org.search(&draft).unwrap();
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

/// Page by page, the database answers what looking at every record does.
#[test]
fn a_search_answers_what_the_model_does() {
    let test = TestStore::open();
    let drafts = prop::collection::vec(any_draft(), 30);
    law(
        60,
        file!(),
        (records(&setup()), drafts),
        |(changes, drafts)| {
            let edits = Object::ALL
                .into_iter()
                .flat_map(|object| edits_of(&changes, object));
            let edits: Vec<Change> = edits.collect();
            let all: Vec<Change> = changes.iter().chain(&edits).cloned().collect();
            let (org, model) = (test.organization(), modelled(&all));
            org.make(&changes);
            org.make(&edits);

            for draft in &drafts {
                let Some(query) = query(&model, draft) else {
                    continue;
                };
                let expected = model.search(&query);
                let found = pages(org, draft, || {});
                prop_assert_eq!(ids(&found), ids(&expected), "{:#?}", draft);
                prop_assert_eq!(found, expected);
            }
            Ok(())
        },
    );
}

/// Whatever others come in, change and go meanwhile, every record that was there throughout is answered once.
#[test]
fn paging_answers_each_record_once_while_others_come_change_and_go() {
    let test = TestStore::open();
    law(
        60,
        file!(),
        (records(&setup()), any_draft()),
        |(changes, draft)| {
            let (org, model) = (test.organization(), modelled(&changes));
            org.make(&changes);
            let Some(query) = query(&model, &draft) else {
                return Ok(());
            };
            let edits = edits_of(&changes, draft.object);
            let edited: BTreeSet<Uuid> = edits.iter().map(id_of).collect();
            let mut expected = ids(&model.search(&query));
            expected.retain(|id| !edited.contains(id));
            let mut edits = edits.into_iter();
            let mut number = 500_000;

            let found = pages(org, &draft, || {
                number += 1;
                if number < 500_020 {
                    org.make(&[copy_of_some(&changes, draft.object, number)]);
                }
                let next: Vec<Change> = edits.next().into_iter().collect();
                org.make(&next);
            });

            let mut still = ids(&found);
            still.retain(|id| expected.contains(id));
            prop_assert_eq!(still, expected);
            Ok(())
        },
    );
}

/// A condition, its negation and the lack of a value: each record is in one of the three.
#[test]
fn a_filter_its_negation_and_no_value_make_up_all() {
    let test = TestStore::open();
    let wanted = filter(&setup(), Object::Opportunity);
    law(
        60,
        file!(),
        (records(&setup()), wanted),
        |(changes, wanted)| {
            let Some(negation) = negation(&wanted) else {
                return Ok(());
            };
            let org = test.organization();
            org.make(&changes);
            let count = |filters: Vec<FilterDraft>| {
                let pipeline_id = Some(setup().pipeline.id);
                let draft = Draft {
                    filters,
                    pipeline_id,
                    ..Draft::of(Object::Opportunity)
                };
                org.search(&draft).unwrap().found.len()
            };
            let with = |operator: Operator| FilterDraft {
                operator: operator.name().to_owned(),
                ..wanted.clone()
            };

            let fulfilled = count(vec![wanted.clone()]);
            let not_fulfilled = count(vec![with(negation), with(Operator::NotEmpty)]);
            let without_value = count(vec![with(Operator::Empty)]);

            prop_assert_eq!(fulfilled + not_fulfilled + without_value, count(vec![]));
            Ok(())
        },
    );
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
pub(crate) fn edits_of(changes: &[Change], object: Object) -> Vec<Change> {
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
