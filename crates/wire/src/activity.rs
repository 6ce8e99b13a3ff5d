//! `POST /v1/activities`.

use std::str::FromStr;

use lanekeeper_core::command::{Command, CreateEntry};
use lanekeeper_core::plan::Item;
use lanekeeper_core::value::Values;
use lanekeeper_core::{Faults, Object, Value};
use serde_json::Value as Json;

use crate::entry::{About, created_at};
use crate::read::Members;
use crate::value::system_values;

/// Reads a body as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read(body: Json) -> Item {
    let mut faults = Faults::default();
    let command = read_body(body, &mut faults);
    let command = command.map(|record| Command::CreateEntry(Box::new(record)));
    Item { command, faults }
}

fn read_body(body: Json, faults: &mut Faults) -> Option<CreateEntry> {
    let mut members = Members::of(body, "", faults)?;
    for name in ["activity_type", "title"] {
        members.require(name, faults);
    }
    let values = system_values(Object::Activity, &mut members, faults);
    let created_at = created_at(&mut members, faults);
    let about = About::read(&mut members, faults);
    let domains = about.domains.into_iter();
    Some(CreateEntry {
        object: Object::Activity,
        created_at,
        domains: texts(&values, "domains").chain(domains).collect(),
        emails: about.emails,
        participants: texts(&values, "participants").collect(),
        records: about.records,
        ignored: members.ignored(),
        values,
    })
}

/// The normal forms in a list of the values.
fn texts<T: FromStr>(values: &Values, field: &str) -> impl Iterator<Item = T> {
    let texts = match values.get(field) {
        Some(Value::Texts(texts)) => texts.as_slice(),
        _ => &[],
    };
    texts.iter().filter_map(|text| text.parse().ok())
}
