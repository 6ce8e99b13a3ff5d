//! Custom attributes, and members that no schema names.

use lanekeeper_core::command::{Attribute, Attributes};
use lanekeeper_core::custom::{KEY_CHARS_MAX, TEXT_CHARS_MAX};
use lanekeeper_core::object::LIST_LEN_MAX;
use lanekeeper_core::text::{is_blank, multi_line, one_line};
use lanekeeper_core::{Faults, Object, Value};
use serde_json::Value as Json;

use crate::read::{Members, Rest, kind};

/// The members that hold custom attributes: the published one, and the name that answers use.
pub(crate) const CONTAINERS: [&str; 2] = ["custom_attributes", "custom_fields"];

/// Takes a member that holds custom attributes, and nothing else.
pub(crate) fn take_container(
    name: &str,
    members: &mut Members,
    attributes: &mut Attributes,
    faults: &mut Faults,
) {
    let path = members.path_of(name);
    let Some(container) = members.present(name) else {
        return;
    };
    let Some(container) = Members::of(container, &path, faults) else {
        return;
    };
    for member in container.rest() {
        keep(member, attributes, faults);
    }
}

/// Takes a member that holds custom attributes where the published schema lets it hold anything: what can be one is
/// kept, and the rest is no fault.
pub(crate) fn take_open_container(
    name: &str,
    members: &mut Members,
    attributes: &mut Attributes,
    faults: &mut Faults,
) {
    let path = members.path_of(name);
    let container = match members.present(name) {
        None => return,
        Some(json) => Members::of(json, &path, &mut Faults::default()),
    };
    let Some(container) = container else {
        attributes.ignored.push(path);
        return;
    };
    for member in container.rest() {
        if member.value.is_array() || member.value.is_object() {
            keep_as_extra(member, attributes);
        } else {
            keep(member, attributes, faults);
        }
    }
}

/// Takes what is left as custom attributes, but for the names that only answers have.
pub(crate) fn take_rest_as_attributes(
    object: Object,
    members: Members,
    attributes: &mut Attributes,
    faults: &mut Faults,
) {
    for member in members.rest() {
        if object.reserves(&member.key) {
            attributes.ignored.push(member.path);
        } else {
            keep(member, attributes, faults);
        }
    }
}

/// Takes what is left as extra: kept if it names a custom field, else ignored.
pub(crate) fn take_rest_as_extra(members: Members, attributes: &mut Attributes) {
    for member in members.rest() {
        keep_as_extra(member, attributes);
    }
}

fn keep_as_extra(member: Rest, attributes: &mut Attributes) {
    let (key, value) = (member.key, read_value(member.value).ok().flatten());
    let attribute = Attribute { key, value };
    attributes.extra.insert(member.path, attribute);
}

/// Takes a member as a custom attribute.
pub(crate) fn keep(member: Rest, attributes: &mut Attributes, faults: &mut Faults) {
    if let Err(message) = check_key(&member.key) {
        faults.add(member.shown_path, message);
        return;
    }
    match read_value(member.value) {
        Ok(value) => {
            let attribute = Attribute {
                key: member.key,
                value,
            };
            attributes.kept.insert(member.path, attribute);
        }
        Err(message) => faults.add(member.path, message),
    }
}

fn check_key(key: &str) -> Result<(), String> {
    if is_blank(key) {
        return Err("has no name; a custom attribute needs one".to_owned());
    }
    let checked = one_line(key, KEY_CHARS_MAX);
    checked
        .map(drop)
        .map_err(|error| format!("has a name that {error}"))
}

/// None for null and for a blank text.
fn read_value(json: Json) -> Result<Option<Value>, String> {
    Ok(match json {
        Json::Null => None,
        Json::Bool(flag) => Some(Value::Boolean(flag)),
        Json::Number(number) => number.as_f64().map(Value::number),
        Json::String(text) if is_blank(&text) => None,
        Json::String(text) => {
            let text = multi_line(&text, TEXT_CHARS_MAX).map_err(|error| error.to_string())?;
            Some(Value::Text(text))
        }
        Json::Array(entries) => Some(Value::Texts(texts(entries)?)),
        other => {
            let kind = kind(&other);
            return Err(format!(
                "is {kind}; send a string, a number, a boolean or null"
            ));
        }
    })
}

fn texts(entries: Vec<Json>) -> Result<Vec<String>, String> {
    if entries.len() > LIST_LEN_MAX {
        return Err(format!(
            "has {} entries; at most {LIST_LEN_MAX} are allowed",
            entries.len()
        ));
    }
    let texts = entries.into_iter().map(|entry| match entry {
        Json::String(text) => {
            one_line(&text, TEXT_CHARS_MAX).map_err(|error| format!("has an entry that {error}"))
        }
        other => Err(format!(
            "has an entry that is {}; send strings",
            kind(&other)
        )),
    });
    texts.collect()
}
