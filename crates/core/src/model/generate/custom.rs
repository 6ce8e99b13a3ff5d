//! Custom fields of every type, values that fit them, and what they are compared with.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use uuid::Uuid;

use super::search::{number, text};
use crate::custom::metadata::{Choice, Metadata};
use crate::custom::{AttributeType, FieldDefinition, Scope};
use crate::plan::setup::Setup;
use crate::query::Input;
use crate::{Object, Value};

/// Values and labels of options. Two values differ in their case only.
const OPTIONS: &[(&str, &str)] = &[("web", "Website"), ("WEB", "Web shop"), ("žluť", "Yellow")];
const DAYS: &[&str] = &["1969-12-31", "2026-05-25", "2026-05-26", "2027-01-01"];
const MOMENTS: &[&str] = &[
    "1969-12-31T23:59:55.000000Z",
    "2023-11-14T22:13:20.000000Z",
    "2026-05-25T09:30:03.285099Z",
];
const TIMES: &[&str] = &["00:00:00", "09:30:00", "23:59:59"];
const EMAILS: &[&str] = &["jane@acme.com", "bob@acme.com", "jane@zlut.cz"];
const PHONES: &[&str] = &["+49 (30) 123-456", "+49 30 123456", "415 555 0100"];
const LINKS: &[&str] = &[
    "https://acme.com/",
    "https://acme.com/Pricing",
    "http://b.org/",
];
const MEMBERS: u128 = 3;

/// The custom fields that the records of an object have: one of each type, named after it.
#[must_use]
pub fn fields(setup: &Setup, object: Object) -> Vec<FieldDefinition> {
    let scope = match object {
        Object::Account => Scope::Accounts,
        Object::Contact => Scope::Contacts,
        Object::Opportunity => Scope::Opportunities(setup.pipeline.id),
        Object::Note | Object::Activity => return vec![],
    };
    let fields = AttributeType::all().zip(1_u32..);
    let fields = fields.map(|(attribute_type, order)| FieldDefinition {
        id: Uuid::from_u128(u128::from(order) + 90_000 + 100 * object as u128),
        scope,
        is_system: false,
        slug: slug(attribute_type),
        name: format!("My {}", attribute_type.name()),
        attribute_type,
        metadata: metadata(attribute_type),
        is_hidden: false,
        order: i64::from(order),
        created_at: setup.organization.created_at,
    });
    fields.collect()
}

pub(super) fn slug(attribute_type: AttributeType) -> String {
    format!("my_{}", attribute_type.name())
}

fn metadata(attribute_type: AttributeType) -> Metadata {
    if !attribute_type.has_options() {
        return Metadata::default();
    }
    let options = OPTIONS.iter().map(|(value, label)| Choice {
        label: (*label).to_owned(),
        value: (*value).to_owned(),
        color: None,
    });
    let options = options.collect();
    Metadata {
        options,
        ..Metadata::default()
    }
}

/// A value as a field of this type stores it.
pub(super) fn value(attribute_type: AttributeType) -> BoxedStrategy<Value> {
    use AttributeType as T;
    let one_of = |texts: &'static [&'static str]| select(texts).prop_map(str::to_owned);
    let values: Vec<&str> = OPTIONS.iter().map(|(value, _)| *value).collect();
    let owned = |texts: Vec<&str>| Value::Texts(texts.into_iter().map(str::to_owned).collect());
    match attribute_type {
        T::String | T::Location => text().prop_map(Value::Text).boxed(),
        T::Number | T::Currency | T::Percentage => number().prop_map(Value::number).boxed(),
        T::Rating => (0..6_u8)
            .prop_map(|stars| Value::Number(stars.into()))
            .boxed(),
        T::Checkbox => any::<bool>().prop_map(Value::Boolean).boxed(),
        T::Date => one_of(DAYS).prop_map(Value::Text).boxed(),
        T::DateRange => subsequence(DAYS, 2).prop_map(owned).boxed(),
        T::Timestamp | T::Datetime => one_of(MOMENTS).prop_map(Value::Text).boxed(),
        T::Time => one_of(TIMES).prop_map(Value::Text).boxed(),
        T::Email => one_of(EMAILS).prop_map(Value::Text).boxed(),
        T::Phone => one_of(PHONES).prop_map(Value::Text).boxed(),
        T::Website | T::Url => one_of(LINKS).prop_map(Value::Text).boxed(),
        T::Select | T::Radio => select(values)
            .prop_map(|value| Value::Text(value.to_owned()))
            .boxed(),
        T::MultiSelect => subsequence(values, 1..3).prop_map(owned).boxed(),
        T::TeamMembers => subsequence((0..MEMBERS).collect::<Vec<_>>(), 1..3)
            .prop_map(|members| Value::Texts(members.into_iter().map(member).collect()))
            .boxed(),
    }
}

fn member(number: u128) -> String {
    Uuid::from_u128(80_000 + number).to_string()
}

/// What a field of this type is compared with: mostly a value that some record may have, written in one way or another.
pub(super) fn input(attribute_type: AttributeType) -> BoxedStrategy<Input> {
    use AttributeType as T;
    let entries = value(attribute_type).prop_flat_map(|value| match value {
        Value::Texts(texts) => select(texts).prop_map(Value::Text).boxed(),
        value => Just(value).boxed(),
    });
    let plain = entries.prop_map(|value| match value {
        Value::Text(text) => Input::Text(text),
        Value::Number(number) => Input::Number(number),
        Value::Boolean(flag) => Input::Boolean(flag),
        other => unreachable!("{other:?} is no entry"),
    });
    match attribute_type {
        T::Select | T::Radio | T::MultiSelect => {
            let labels: Vec<&str> = OPTIONS.iter().map(|(_, label)| *label).collect();
            let others = select(labels).prop_map(|label| Input::Text(label.to_uppercase()));
            prop_oneof![3 => plain, 1 => others, 1 => Just(Input::Text("wEb".to_owned()))].boxed()
        }
        T::String | T::Location | T::Email | T::Phone | T::Website | T::Url => {
            let part = (plain, 0..3_usize, any::<bool>()).prop_map(|(input, cut, upper)| {
                let Input::Text(text) = input else {
                    unreachable!("these hold texts")
                };
                let len = text.chars().count().div_ceil(cut + 1);
                let part: String = text.chars().take(len).collect();
                Input::Text(if upper { part.to_uppercase() } else { part })
            });
            part.boxed()
        }
        T::Date | T::DateRange | T::Timestamp | T::Datetime => {
            let seconds = select(&[-5.0, 0.0, 1_700_000_000.0]).prop_map(Input::Number);
            prop_oneof![3 => plain, 1 => seconds].boxed()
        }
        _ => plain.boxed(),
    }
}
