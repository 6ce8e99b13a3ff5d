//! Random records, and random searches that find some of them.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use uuid::Uuid;

use super::custom;
pub use super::custom::fields;
use crate::command::Reference;
use crate::custom::AttributeType;
use crate::object::Kind;
use crate::plan::setup::Setup;
use crate::query::{Draft, Fields, FilterDraft, Holds, Input, Operator, SortDraft};
use crate::value::{CustomValues, Values};
use crate::{Change, Json, Object, Record, Timestamp, Value};

const TEXTS: &[&str] = &[
    "Acme",
    "ACME Corp",
    "Žluť 100%",
    "a_b",
    "axb",
    "straße",
    "STRASSE 7",
    "100",
    "Zoë \"Z\" O'Neil",
    // The greatest letter there is: nothing comes behind what begins with it.
    "Acme\u{10FFFF}x",
    // Alike as far as texts are sorted by.
    concat!(
        "Longer than one hundred characters, so that indexes and cursors hold only its beginning, ",
        "which is this: one"
    ),
    concat!(
        "Longer than one hundred characters, so that indexes and cursors hold only its beginning, ",
        "which is this: two"
    ),
];
const NUMBERS: &[f64] = &[-3.5, 0.0, 7.0, 1_000.25, 1e15];
const SECONDS: &[i64] = &[-5, 0, 1_700_000_000, 1_771_286_400];

/// Some records of every object, in creation order; references lead somewhere.
pub fn records(setup: &Setup) -> impl Strategy<Value = Vec<Change>> + use<> {
    let accounts = vec(record(setup, Object::Account), 1..8);
    let contacts = vec(record(setup, Object::Contact), 1..8);
    let opportunities = vec(record(setup, Object::Opportunity), 1..25);
    let entries = [Object::Note, Object::Activity].map(|object| vec(record(setup, object), 1..12));
    let setup = setup.clone();
    let all = (accounts, contacts, opportunities, entries);
    all.prop_map(move |(accounts, contacts, opportunities, entries)| {
        let fields = Object::ALL
            .into_iter()
            .flat_map(|object| fields(&setup, object));
        let fields = fields.map(|field| Change::CreateField(Arc::new(field)));
        let all = accounts.into_iter().chain(contacts).chain(opportunities);
        let all = all.chain(entries.into_iter().flatten());
        let records = all.zip(0_u128..).map(|(mut record, number)| {
            record.id = id_of(number);
            if record.object == Object::Account {
                let domain = Value::Text(format!("d{number}.example.com"));
                record.values.insert("domain", domain);
            }
            if record.object == Object::Contact {
                let email = Value::Text(format!("p{number}@example.com"));
                record.values.insert("email", email);
                let others = vec![
                    format!("q{number}@example.com"),
                    format!("r{number}@acme.com"),
                ];
                if let Some(other_emails) = record.values.get_mut("other_emails") {
                    *other_emails = Value::Texts(others);
                }
            }
            Change::CreateRecord(Arc::new(record))
        });
        let changes: Vec<Change> = fields.chain(records).collect();
        with_good_references(changes)
    })
}

fn id_of(number: u128) -> Uuid {
    Uuid::from_u128(100_000 + number)
}

/// References were drawn as numbers: what is not there or of another kind is left out.
fn with_good_references(changes: Vec<Change>) -> Vec<Change> {
    let records = |object: Object| {
        let records = changes.iter().filter_map(move |change| match change {
            Change::CreateRecord(record) if record.object == object => Some(record.id),
            _ => None,
        });
        records.collect::<Vec<_>>()
    };
    let referred = [Object::Account, Object::Contact, Object::Opportunity];
    let known = referred.map(|object| (object, records(object)));
    let repaired = changes.iter().cloned().map(|change| match change {
        Change::CreateRecord(record) => {
            let mut record = Record::clone(&record);
            for (field, target) in record.object.references() {
                let ids = known.iter().find(|(object, _)| object == target);
                let (_, ids) = ids.expect("what is referred to");
                record.values.retain(|name, value| match value {
                    _ if name != field => true,
                    Value::Ids(sent) => {
                        sent.retain(|id| ids.contains(id));
                        !sent.is_empty()
                    }
                    value => matches!(value, Value::Id(id) if ids.contains(id)),
                });
            }
            Change::CreateRecord(Arc::new(record))
        }
        other => other,
    });
    repaired.collect()
}

fn record(setup: &Setup, object: Object) -> impl Strategy<Value = Record> + use<> {
    let fields = object.fields().iter();
    let values: Vec<_> = fields
        .map(|field| {
            let is_required = match object {
                Object::Opportunity => matches!(field.name, "pipeline_id" | "stage_id"),
                Object::Note => field.name == "content",
                Object::Activity => matches!(field.name, "activity_type" | "title"),
                Object::Account | Object::Contact => false, // they get their keys below
            };
            let filled = value(setup, field.name, field.kind);
            let value = match is_required {
                true => filled.prop_map(Some).boxed(),
                false => option::weighted(0.6, filled).boxed(),
            };
            value.prop_map(|value| (field.name, value))
        })
        .collect();
    let custom: Vec<_> = AttributeType::all()
        .map(|attribute_type| {
            let value = option::weighted(0.4, custom::value(attribute_type));
            value.prop_map(move |value| (custom::slug(attribute_type), value))
        })
        .collect();
    (values, custom, 0..4_i64).prop_map(move |(values, custom, micros)| {
        let values = values.into_iter();
        let values = values.filter_map(|(name, value)| match (name, value) {
            // The plan sees to it that an account and an opportunity have one.
            ("name", None) => Some((name, Value::Text("Acme".to_owned()))),
            (name, value) => Some((name, value?)),
        });
        let custom = custom.into_iter().filter(|_| !object.is_on_timelines());
        let custom = custom.filter_map(|(slug, value)| Some((slug, value?)));
        Record {
            object,
            id: Uuid::nil(),
            created_at: Timestamp::from_micros(micros * 1_000_000),
            updated_at: Timestamp::from_micros(5_000_000 - micros * 1_000_000),
            deleted_at: None,
            merged_into: None,
            values: values.collect::<Values>(),
            custom: custom.collect::<CustomValues>(),
        }
    })
}

fn value(setup: &Setup, name: &str, kind: Kind) -> BoxedStrategy<Value> {
    let stages: Vec<Uuid> = setup.pipeline.stages.iter().map(|stage| stage.id).collect();
    let some_id = || (0..16_u128).prop_map(id_of);
    match (name, kind) {
        ("pipeline_id", _) => Just(Value::Id(setup.pipeline.id)).boxed(),
        ("stage_id", _) => select(stages).prop_map(Value::Id).boxed(),
        ("owner_id", _) => Just(Value::Id(setup.owner.id)).boxed(),
        (_, Kind::Id) => some_id().prop_map(Value::Id).boxed(),
        (_, Kind::Ids | Kind::Links) => subsequence((0..16_u128).collect::<Vec<_>>(), 1..4)
            .prop_map(|numbers| Value::Ids(numbers.into_iter().map(id_of).collect()))
            .boxed(),
        (_, Kind::Number | Kind::Year) => number().prop_map(Value::number).boxed(),
        (_, Kind::UnixSeconds) => select(SECONDS).prop_map(Value::Integer).boxed(),
        (_, Kind::Time) => select(SECONDS)
            .prop_map(|seconds| Value::Time(Timestamp::from_micros(seconds * 1_000_000 + 1)))
            .boxed(),
        (_, Kind::Boolean) => any::<bool>().prop_map(Value::Boolean).boxed(),
        ("participants", _) => subsequence(vec!["p1@example.com", "q2@acme.com"], 1..=2)
            .prop_map(|texts| Value::Texts(texts.into_iter().map(str::to_owned).collect()))
            .boxed(),
        (_, Kind::OneOf(texts)) => select(texts)
            .prop_map(|text| Value::Text(text.to_owned()))
            .boxed(),
        (_, Kind::Object(_)) => (text(), number())
            .prop_map(|(text, number)| {
                let members = [("a", Json::Text(text)), ("b", Json::Number(number))];
                let members = members.map(|(name, value)| (name.to_owned(), value));
                Value::Object(Json::Object(members.into()))
            })
            .boxed(),
        // An address belongs to one contact: it gets the record's number.
        (_, Kind::Emails) => Just(Value::Texts(vec![])).boxed(),
        (_, Kind::Tags | Kind::Domains) => subsequence(TEXTS, 1..3)
            .prop_map(|texts| Value::Texts(texts.into_iter().map(str::to_owned).collect()))
            .boxed(),
        _ => text().prop_map(Value::Text).boxed(),
    }
}

pub(super) fn text() -> impl Strategy<Value = String> {
    select(TEXTS).prop_map(str::to_owned)
}

pub(super) fn number() -> impl Strategy<Value = f64> {
    select(NUMBERS)
}

/// A search of an object, of which a few fit nothing.
pub fn draft(setup: &Setup, object: Object) -> impl Strategy<Value = Draft> + use<> {
    let (pipeline, stage) = (setup.pipeline.id, setup.pipeline.stages[0].id);
    let is_opportunity = object == Object::Opportunity;
    let words = select(&[
        "acme",
        "co",
        "žluť ac",
        "100%",
        "d1",
        "example",
        "p9@",
        "strasse 7",
        "\"z\"",
        "_",
    ]);
    let filters = vec(filter(setup, object), 0..3);
    let sorts = vec(sort(object), 0..3);
    let text = option::weighted(0.3, words);
    let staged = prop::bool::weighted(0.3);
    let about = option::weighted(0.4, about());
    (filters, sorts, text, staged, about, 1..6_usize).prop_map(
        move |(filters, sort, text, staged, about, limit)| Draft {
            about: about
                .into_iter()
                .filter(|_| object.is_on_timelines())
                .collect(),
            pipeline_id: is_opportunity.then_some(pipeline),
            stage_id: (is_opportunity && staged).then_some(stage),
            text: text.map(str::to_owned),
            filters,
            sort,
            limit,
            ..Draft::of(object)
        },
    )
}

/// A record that a note or an activity may be about.
fn about() -> impl Strategy<Value = Reference> {
    let objects = select(&[Object::Account, Object::Contact, Object::Opportunity]);
    (objects, 0..20_u128).prop_map(|(object, number)| Reference {
        path: format!("{}_id", object.name()),
        object,
        id: id_of(number),
    })
}

/// A filter that makes sense.
pub fn filter(setup: &Setup, object: Object) -> impl Strategy<Value = FilterDraft> + use<> {
    let definitions = fields(setup, object);
    let known = Fields::new(object, definitions.iter().collect());
    let names = names(object).into_iter();
    let known = names.map(|name| {
        let field = known.named(&name).expect("a field of the table");
        let slug = name.strip_prefix("custom__").unwrap_or(&name);
        let definition = definitions.iter().find(|field| field.slug == slug);
        let attribute_type = definition.map(|field| field.attribute_type);
        (name, field.holds, attribute_type)
    });
    let ids: Vec<Uuid> = setup.pipeline.stages.iter().map(|stage| stage.id).collect();
    let fields = select(known.collect::<Vec<_>>());
    fields.prop_flat_map(move |(field, holds, attribute_type)| {
        let fitting: Vec<Operator> = Operator::all()
            .filter(|operator| operator.applies_to(holds))
            .collect();
        let input = match attribute_type {
            Some(attribute_type) => custom::input(attribute_type),
            None => input(holds, ids.clone()),
        };
        let inputs = vec(input, 2);
        (select(fitting), inputs).prop_map(move |(operator, inputs)| {
            let value = match operator {
                Operator::Empty | Operator::NotEmpty => None,
                Operator::In
                | Operator::NotIn
                | Operator::ContainsAll
                | Operator::ContainsNone
                | Operator::Between => Some(Input::List(inputs)),
                _ => inputs.into_iter().next(),
            };
            FilterDraft {
                path: "filters.0".to_owned(),
                field: field.clone(),
                operator: operator.name().to_owned(),
                value,
            }
        })
    })
}

fn input(holds: Holds, stages: Vec<Uuid>) -> BoxedStrategy<Input> {
    let parts = &[
        "acme",
        "ACME corp",
        "_",
        "%",
        "zlut",
        "e",
        "STRASSE",
        "d2.example.com",
        "p3@example.com",
    ];
    match holds {
        Holds::Text | Holds::Lower | Holds::Exact | Holds::Texts | Holds::Choices => select(parts)
            .prop_map(|text: &str| Input::Text(text.to_owned()))
            .boxed(),
        Holds::Number => number().prop_map(Input::Number).boxed(),
        Holds::Boolean => any::<bool>().prop_map(Input::Boolean).boxed(),
        Holds::Time | Holds::Seconds | Holds::Instant | Holds::Day | Holds::Days => {
            select(&[-5.0, 0.0, 2.0, 1_700_000_000.0])
                .prop_map(Input::Number)
                .boxed()
        }
        Holds::Object => Just(Input::Boolean(true)).boxed(), // for no operator that applies
        Holds::Id | Holds::Ids => {
            let known = (0..16_u128).prop_map(id_of);
            prop_oneof![known, select(stages)]
                .prop_map(|id| Input::Text(id.to_string()))
                .boxed()
        }
    }
}

fn sort(object: Object) -> impl Strategy<Value = SortDraft> {
    let direction = option::of(select(&["asc", "desc"]));
    (select(names(object)), direction).prop_map(|(field, direction)| SortDraft {
        path: "sort.0".to_owned(),
        field,
        direction: direction.map(str::to_owned),
    })
}

fn names(object: Object) -> Vec<String> {
    let system = object.fields().iter().map(|field| field.name);
    let system = system.filter(|name| *name != "additional_contact_ids");
    let more: &[&str] = match object {
        Object::Account => &[],
        Object::Contact => &["name"],
        Object::Note | Object::Activity => &["account_id", "contact_id"],
        Object::Opportunity => &[
            "stage_name",
            "account_name",
            "account_domain",
            "contact_name",
            "contact_email",
            "owner_email",
            "additional_contacts",
            "amount",
        ],
    };
    let common = ["id", "created_at", "updated_at"];
    let all = system.chain(more.iter().copied()).chain(common);
    let custom = AttributeType::all().map(custom::slug);
    let custom = custom.chain(["custom__my_number".to_owned()]);
    let custom = custom.filter(|_| !object.is_on_timelines());
    all.map(str::to_owned).chain(custom).collect()
}
