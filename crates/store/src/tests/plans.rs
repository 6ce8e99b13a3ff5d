//! Records and searches by which the plans of the databases are judged.

use std::sync::Arc;

use lanekeeper_core::model::generate::search::fields;
use lanekeeper_core::query::{Draft, FilterDraft, Input, SortDraft};
use lanekeeper_core::value::{CustomValues, Values};
use lanekeeper_core::{Change, Object, Record, Timestamp, Value};
use uuid::Uuid;

use super::setup;

/// More than what tests take for few.
pub(crate) const MORE_THAN_FEW: u128 = 6;

/// Some records of each object that are alike, but for the last, which has what nobody else has.
pub(crate) fn filled(count: u128) -> Vec<Change> {
    let objects = [Object::Account, Object::Contact, Object::Opportunity];
    let made = objects.into_iter().flat_map(|object| {
        let definitions = fields(&setup(), object).into_iter();
        let definitions = definitions.map(|field| Change::CreateField(Arc::new(field)));
        let records = (0..count).map(move |number| record(object, number, number == count - 1));
        let records = records.map(|record| Change::CreateRecord(record.into()));
        definitions.chain(records)
    });
    made.collect()
}

/// A record like others, or one that has what nobody else has.
pub(crate) fn record(object: Object, number: u128, is_rare: bool) -> Record {
    let setup = setup();
    let text = |text: &str| Value::Text(text.to_owned());
    let word = if is_rare { "Zeppelin" } else { "Acme" };
    let at = Timestamp::from_micros(i64::try_from(number).unwrap());
    let own: Values = match object {
        Object::Account => [
            ("domain", text(&format!("d{number}.example.com"))),
            ("name", text(word)),
        ]
        .into(),
        Object::Contact => [
            ("email", text(&format!("p{number}@example.com"))),
            ("full_name", text(word)),
        ]
        .into(),
        _ => [
            ("name", text(word)),
            ("pipeline_id", Value::Id(setup.pipeline.id)),
            ("stage_id", Value::Id(setup.pipeline.stages[0].id)),
            ("owner_id", Value::Id(setup.owner.id)),
            ("deal_size", Value::Number(if is_rare { 1e6 } else { 10.0 })),
            ("close_date", Value::Integer(1_771_286_400)),
            ("next_action_date", Value::Integer(1_771_286_400)),
        ]
        .into(),
    };
    let custom = [
        ("my_string", text(word)),
        ("my_number", Value::Number(if is_rare { 1e6 } else { 10.0 })),
        (
            "my_multi_select",
            Value::Texts(vec!["web".to_owned(), "WEB".to_owned()]),
        ),
    ];
    let custom = custom.map(|(slug, value)| (slug.to_owned(), value));
    Record {
        object,
        id: Uuid::from_u128(1_000_000 * (object as u128 + 1) + number),
        created_at: at,
        updated_at: at,
        deleted_at: None,
        merged_into: None,
        values: own,
        custom: CustomValues::from(custom),
    }
}

pub(crate) fn of(object: Object) -> Draft {
    let is_opportunity = object == Object::Opportunity;
    Draft {
        pipeline_id: is_opportunity.then(|| setup().pipeline.id),
        limit: 2,
        ..Draft::of(object)
    }
}

pub(crate) fn filter(field: &str, operator: &str, value: Input) -> FilterDraft {
    FilterDraft {
        path: "filters.0".to_owned(),
        field: field.to_owned(),
        operator: operator.to_owned(),
        value: Some(value),
    }
}

pub(crate) fn filtered(filters: Vec<FilterDraft>) -> Draft {
    let of_all = of(Object::Opportunity);
    Draft { filters, ..of_all }
}

pub(crate) fn sorted(draft: Draft, field: &str, direction: &str) -> Draft {
    let sort = SortDraft {
        path: "sort.0".to_owned(),
        field: field.to_owned(),
        direction: Some(direction.to_owned()),
    };
    Draft {
        sort: vec![sort],
        ..draft
    }
}

pub(crate) fn text(text: &str) -> Input {
    Input::Text(text.to_owned())
}
