//! `POST /v1/notes`.

use lanekeeper_core::command::{Command, CreateEntry};
use lanekeeper_core::object::{Kind, NOTE_CHARS_MAX};
use lanekeeper_core::plan::Item;
use lanekeeper_core::text::is_blank;
use lanekeeper_core::{Faults, Object, Value};
use serde_json::Value as Json;

use crate::entry::{About, created_at};
use crate::read::Members;
use crate::value;

/// The member that holds the text, by all its names.
const CONTENT: [&str; 4] = ["content", "note", "body", "text"];

/// Reads a body as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read(body: Json) -> Item {
    let mut faults = Faults::default();
    let command = read_body(body, &mut faults);
    let command = command.map(|create| Command::CreateEntry(Box::new(create)));
    Item { command, faults }
}

fn read_body(body: Json, faults: &mut Faults) -> Option<CreateEntry> {
    let mut members = Members::of(body, "", faults)?;
    let content = content(&mut members, faults);
    let mut values = value::system_values(Object::Note, &mut members, faults);
    values.extend(content.map(|content| ("content", content)));
    let created_at = created_at(&mut members, faults);
    let about = About::read_some(&mut members, faults);
    Some(CreateEntry {
        object: Object::Note,
        values,
        created_at,
        domains: about.domains,
        emails: about.emails,
        participants: vec![],
        records: about.records,
        ignored: members.ignored(),
    })
}

/// The text under whichever name it was sent; under several, if it is the same.
fn content(members: &mut Members, faults: &mut Faults) -> Option<Value> {
    let sent = CONTENT.map(|name| (name, members.optional(name)));
    let is_text = |json: &Json| !matches!(json, Json::String(text) if is_blank(text));
    let mut sent = sent
        .into_iter()
        .filter_map(|(name, json)| Some((name, json.filter(is_text)?)));
    let Some((name, content)) = sent.next() else {
        faults.add(CONTENT[0], "is required");
        return None;
    };
    for (other, _) in sent.filter(|(_, json)| *json != content) {
        faults.add(
            other,
            format!("is another text than '{name}'; send one of them"),
        );
    }
    value::read(Kind::Lines(NOTE_CHARS_MAX), content, name, faults)
}
