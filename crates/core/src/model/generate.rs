//! Random commands from a small world, so that they meet.

mod custom;
mod entries;
pub mod record;
pub mod search;
mod settings;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

use crate::command::{
    Attribute, Attributes, CreateOpportunity, OwnerKey, ResolveAccount, ResolveContact, StageKey,
};
use crate::plan::setup::Setup;
use crate::plan::{Item, Mode};
use crate::value::{Value, Values};
use crate::{Command, DomainName, Email, Faults};

/// A request: some items and what becomes of it if one is refused.
pub fn request(setup: &Setup) -> impl Strategy<Value = (Vec<Item>, Mode)> + use<> {
    let mode = prop_oneof![1 => Just(Mode::Whole), 1 => Just(Mode::Partial)];
    (vec(item(setup), 1..5), mode)
}

/// A command, now and then one that was read with faults.
pub fn item(setup: &Setup) -> impl Strategy<Value = Item> + use<> {
    let faults = prop_oneof![
        30 => Just(Faults::default()),
        1 => Just(Faults::one("opportunity.close_date", "is not whole")),
    ];
    (command(setup), faults).prop_map(|(command, faults)| Item {
        command: Some(command),
        faults,
    })
}

fn command(setup: &Setup) -> impl Strategy<Value = Command> + use<> {
    prop_oneof![
        4 => opportunity(setup).prop_map(|create| Command::CreateOpportunity(Box::new(create))),
        4 => account(setup).prop_map(|resolve| Command::ResolveAccount(Box::new(resolve))),
        2 => entries::note(setup).prop_map(|create| Command::CreateEntry(Box::new(create))),
        3 => entries::activity(setup).prop_map(|create| Command::CreateEntry(Box::new(create))),
        4 => contact(setup).prop_map(|resolve| Command::ResolveContact(Box::new(resolve))),
        10 => record::command(setup),
        2 => settings::create_field(setup).prop_map(|create| Command::CreateField(Box::new(create))),
        2 => settings::update_field(setup).prop_map(|update| Command::UpdateField(Box::new(update))),
        4 => settings::administration(setup),
    ]
}

fn opportunity(setup: &Setup) -> impl Strategy<Value = CreateOpportunity> + use<> {
    let pipeline = prop_oneof![20 => Just(setup.pipeline.id), 1 => Just(Uuid::max())];
    let owner_id = option::of(prop_oneof![3 => Just(setup.owner.id), 1 => Just(Uuid::max())]);
    let owner_email = option::of(prop_oneof![3 => Just(setup.owner.email.clone()), 1 => email()]);
    let stage_id =
        option::of(prop_oneof![8 => Just(setup.pipeline.stages[2].id), 1 => Just(Uuid::max())]);
    let stage_name = option::of(prop_oneof![8 => Just("WON "), 1 => Just("Nowhere")]);
    let values = texts(&["name", "next_steps"]);
    let stage = (stage_id, stage_name);
    let owner = (owner_id, owner_email);
    let around = (
        option::of(domain()),
        option::of(email()),
        vec(email(), 0..3),
    );
    (pipeline, values, stage, owner, around, attributes(setup)).prop_map(
        |(
            pipeline_id,
            values,
            (stage_id, stage_name),
            (owner_id, owner_email),
            around,
            attributes,
        )| {
            CreateOpportunity {
                pipeline_id,
                values,
                stage: StageKey {
                    id: stage_id,
                    name: stage_name.map(str::to_owned),
                },
                account_domain: around.0,
                primary_contact_email: around.1,
                additional_contact_emails: around.2,
                owner: OwnerKey {
                    id: owner_id,
                    email: owner_email,
                },
                attributes,
            }
        },
    )
}

fn account(setup: &Setup) -> impl Strategy<Value = ResolveAccount> + use<> {
    let values = texts(&["name", "industry", "description"]);
    (domain(), values, attributes(setup)).prop_map(|(domain, values, attributes)| ResolveAccount {
        domain,
        values,
        attributes,
    })
}

fn contact(setup: &Setup) -> impl Strategy<Value = ResolveContact> + use<> {
    let others = option::of(vec(email(), 1..3));
    (
        email(),
        texts(&["first_name", "full_name"]),
        others,
        attributes(setup),
    )
        .prop_map(|(email, mut values, others, attributes)| {
            let others = others.map(|others| others.iter().map(Email::to_string).collect());
            values.extend(others.map(|others| ("other_emails", Value::Texts(others))));
            ResolveContact {
                email,
                values,
                attributes,
            }
        })
}

fn domain() -> impl Strategy<Value = DomainName> {
    const DOMAINS: &[&str] = &["acme.com", "blue-ocean.co.uk", "xn--fa-hia.de"];
    prop::sample::select(DOMAINS).prop_map(|text| text.parse().expect("a domain"))
}

fn email() -> impl Strategy<Value = Email> {
    let names = prop::sample::select(&["jane", "bob", "eve"]);
    let domains = prop::sample::select(&["acme.com", "blue-ocean.co.uk", "gmail.com"]);
    (names, domains)
        .prop_map(|(name, domain)| format!("{name}@{domain}").parse().expect("an address"))
}

/// Some of the fields, with one of two texts each.
fn texts(fields: &'static [&'static str]) -> impl Strategy<Value = Values> {
    let text =
        prop::sample::select(&["One", "Zwölf"]).prop_map(|text| Value::Text(text.to_owned()));
    btree_map(prop::sample::select(fields), text, 0..=fields.len())
}

/// Attributes that name the same fields in several ways, with values of several types.
fn attributes(setup: &Setup) -> impl Strategy<Value = Attributes> + use<> {
    let key = || {
        prop::sample::select(&[
            "seats",
            "Seats",
            "custom__lead_source",
            "Lead Source",
            "grade",
            "team",
        ])
    };
    let member = Value::Text(setup.owner.email.to_string());
    let value = prop_oneof![
        4 => Just(Some(Value::Text("web".to_owned()))),
        3 => Just(Some(Value::Number(12.0))),
        1 => Just(Some(Value::Boolean(true))),
        1 => Just(Some(Value::Texts(vec!["a".to_owned()]))),
        1 => Just(Some(Value::Text("2026-05-25".to_owned()))),
        2 => Just(Some(member)),
        1 => Just(None),
    ];
    let entry = |place: &'static str| {
        move |(key, value): (&str, Option<Value>)| {
            (
                format!("{place}.{key}"),
                Attribute {
                    key: key.to_owned(),
                    value,
                },
            )
        }
    };
    let kept = btree_map(key(), value.clone(), 0..2);
    let extra = btree_map(key(), value, 0..2);
    (kept, extra).prop_map(move |(kept, extra)| Attributes {
        kept: kept.into_iter().map(entry("custom_attributes")).collect(),
        extra: extra.into_iter().map(entry("opportunity")).collect(),
        ignored: vec![],
    })
}
