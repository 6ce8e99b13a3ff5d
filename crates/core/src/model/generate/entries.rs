//! Random notes and activities.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::record::number;
use super::{domain, email, texts};
use crate::activity::TYPES;
use crate::command::{CreateEntry, Reference};
use crate::plan::setup::Setup;
use crate::{Email, Object, Timestamp, Value};

pub(super) fn note(setup: &Setup) -> impl Strategy<Value = CreateEntry> + use<> {
    (entry(setup), texts(&["title"])).prop_map(|(entry, mut values)| {
        values.insert("content", Value::Text("What was said".to_owned()));
        CreateEntry {
            object: Object::Note,
            values,
            participants: vec![],
            ..entry
        }
    })
}

pub(super) fn activity(setup: &Setup) -> impl Strategy<Value = CreateEntry> + use<> {
    let activity_type = prop::sample::select(TYPES);
    let parts = (entry(setup), texts(&["description"]), activity_type);
    parts.prop_map(|(entry, mut values, activity_type)| {
        values.insert("activity_type", Value::Text(activity_type.to_owned()));
        values.insert("title", Value::Text("What was done".to_owned()));
        let participants = entry.participants.iter().map(Email::to_string);
        values.insert("participants", Value::Texts(participants.collect()));
        CreateEntry {
            object: Object::Activity,
            values,
            ..entry
        }
    })
}

/// What both have. The times are given, so that two stores with clocks of their own come to the same dates.
fn entry(setup: &Setup) -> impl Strategy<Value = CreateEntry> + use<> {
    let created_at = prop::sample::select(&[
        0,
        1_600_000_000_000_000,
        1_700_000_000_000_000,
        250_000_000_000_000_000,
        250_000_000_000_000_001,
    ]);
    let member = setup.owner.email.clone();
    let participant = prop_oneof![4 => email(), 1 => Just(member)];
    let parts = (
        created_at,
        vec(domain(), 0..2),
        vec(email(), 0..2),
        vec(participant, 0..3),
        option::weighted(0.3, named()),
    );
    parts.prop_map(
        |(micros, domains, emails, participants, record)| CreateEntry {
            object: Object::Note,
            values: [].into(),
            created_at: Some(Timestamp::from_micros(micros)),
            domains,
            emails,
            participants,
            records: record.into_iter().collect(),
            ignored: vec!["extra".to_owned()],
        },
    )
}

/// A record by its id, which may be nobody's or another object's.
fn named() -> impl Strategy<Value = Reference> {
    let objects = prop::sample::select(&[Object::Account, Object::Contact, Object::Opportunity]);
    (objects, number()).prop_map(|(object, id)| Reference {
        path: format!("{}_id", object.name()),
        object,
        id,
    })
}
