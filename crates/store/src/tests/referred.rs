//! Filters on what opportunities refer to find what looking at every opportunity finds, also by what is in the trash.

use lanekeeper_core::model::generate::search::records;
use lanekeeper_core::query::{Draft, FilterDraft, Input, SortDraft};
use lanekeeper_core::{Change, Object, Record};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::search::{edits_of, ids, modelled, pages, query};
use super::{TestStore, law, setup};

/// What to look for: a field, the operator, two values, an order and its direction.
type Wanted = (&'static str, &'static str, [Index; 2], &'static str, bool);

fn wanted() -> impl Strategy<Value = Wanted> {
    let fields = select(&[
        "account_domain",
        "contact_email",
        "stage_name",
        "owner_email",
        "additional_contacts",
    ]);
    let operators = select(&["eq", "in", "contains", "contains_all", "neq", "not_empty"]);
    let sorts = select(&["updated_at", "id", "account_domain", "deal_size"]);
    (fields, operators, any::<[Index; 2]>(), sorts, any::<bool>())
}

/// What some record has of it, or in the case of a stage or an owner what there is.
fn values(changes: &[Change], field: &str) -> Vec<String> {
    let records = changes.iter().filter_map(|change| match change {
        Change::CreateRecord(record) => Some(record.as_ref()),
        _ => None,
    });
    let of = |object: Object, value: &dyn Fn(&Record) -> String| {
        let records = records.clone().filter(|record| record.object == object);
        records.map(value).collect::<Vec<_>>()
    };
    let stages = setup().pipeline.stages;
    match field {
        "account_domain" => of(Object::Account, &|account| {
            account.text("domain").to_owned()
        }),
        "contact_email" => of(Object::Contact, &|contact| contact.text("email").to_owned()),
        "stage_name" => stages.into_iter().map(|stage| stage.label).collect(),
        "owner_email" => vec![
            "OWNER@example.com".to_owned(),
            "nobody@example.com".to_owned(),
        ],
        _ => of(Object::Contact, &|contact| contact.id.to_string()),
    }
}

fn draft(changes: &[Change], (field, operator, at, sort, is_descending): Wanted) -> Draft {
    let values = values(changes, field);
    let [one, other] = at.map(|at| Input::Text(at.get(&values).clone()));
    let value = match operator {
        "not_empty" => None,
        "in" | "contains_all" => Some(Input::List(vec![one, other])),
        _ => Some(one),
    };
    let filter = FilterDraft {
        path: "filters.0".to_owned(),
        field: field.to_owned(),
        operator: operator.to_owned(),
        value,
    };
    let direction = if is_descending { "desc" } else { "asc" };
    let sort = SortDraft {
        path: "sort.0".to_owned(),
        field: sort.to_owned(),
        direction: Some(direction.to_owned()),
    };
    Draft {
        pipeline_id: Some(setup().pipeline.id),
        filters: vec![filter],
        sort: vec![sort],
        limit: 3,
        ..Draft::of(Object::Opportunity)
    }
}

#[test]
fn what_opportunities_refer_to_finds_them_wherever_it_is() {
    let test = TestStore::open();
    let wanted = prop::collection::vec(wanted(), 40);
    law(
        40,
        file!(),
        (records(&setup()), wanted),
        |(changes, wanted)| {
            let edits = Object::ALL
                .into_iter()
                .flat_map(|object| edits_of(&changes, object));
            let edits: Vec<Change> = edits.collect();
            let changes: Vec<Change> = changes.into_iter().chain(edits).collect();
            let (org, model) = (test.organization(), modelled(&changes));
            org.make(&changes);

            for wanted in wanted {
                let draft = draft(&changes, wanted);
                let Some(query) = query(&model, &draft) else {
                    continue;
                };
                let expected = ids(&model.search(&query));
                prop_assert_eq!(ids(&pages(org, &draft, || {})), expected, "{:#?}", draft);
            }
            Ok(())
        },
    );
}
