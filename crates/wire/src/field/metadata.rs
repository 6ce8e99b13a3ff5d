//! The metadata of a field: options as they are sent and as they are shown.

use lanekeeper_core::custom::metadata::{COLOR_CHARS_MAX, Choice, Metadata, OPTION_CHARS_MAX};
use lanekeeper_core::custom::{AttributeType, KEY_CHARS_MAX};
use lanekeeper_core::object::LINE_CHARS_MAX;
use lanekeeper_core::text::{is_blank, multi_line, one_line};
use lanekeeper_core::{Faults, Value};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;

use crate::read::{Members, join, kind};
use crate::value::{entries, or_fault};

/// The names that options are sent under: the published one for writing, and the one that answers use.
const OPTIONS: [&str; 2] = ["select_options", "options"];

/// Takes the metadata, if it was sent; null says that there is none.
pub(super) fn take(members: &mut Members, faults: &mut Faults) -> Option<Metadata> {
    let json = members.present("metadata")?;
    if json.is_null() {
        return Some(Metadata::default());
    }
    let mut members = Members::of(json, "metadata", faults)?;
    let mut metadata = Metadata::default();
    let mut named = None;
    for name in OPTIONS {
        let Some(json) = members.optional(name) else {
            continue;
        };
        let path = members.path_of(name);
        let options = options(json, &path, faults);
        if named.replace(name).is_some() && options != metadata.options {
            faults.add(
                path,
                "says something else than 'select_options'; send one of them",
            );
        }
        metadata.options = options;
    }
    for member in members.rest() {
        let value = scalar(&member.key, member.value);
        let value = or_fault(value, &member.shown_path, faults).flatten();
        metadata.rest.extend(value.map(|value| (member.key, value)));
    }
    or_fault(metadata.checked(), "metadata", faults)
}

/// The metadata, if it is one for fields of the type.
pub(super) fn fitting(
    attribute_type: AttributeType,
    metadata: Option<Metadata>,
    faults: &mut Faults,
) -> Option<Metadata> {
    let metadata = metadata?;
    if !attribute_type.has_options() && !metadata.options.is_empty() {
        let name = attribute_type.name();
        let message = format!("has options, but a field of the type '{name}' has none");
        faults.add("metadata", message);
        return None;
    }
    Some(metadata)
}

/// Options in the order that they give, those without one where they stand.
fn options(json: Json, path: &str, faults: &mut Faults) -> Vec<Choice> {
    let sent = entries(json, path, "an array of options", faults).unwrap_or_default();
    let mut options: Vec<(f64, Choice)> = vec![];
    for (index, json) in sent.into_iter().enumerate() {
        let place = index as f64 + 1.0;
        options.extend(option(json, place, &join(path, index), faults));
    }
    options.sort_by(|one, other| one.0.total_cmp(&other.0));
    options.into_iter().map(|(_, choice)| choice).collect()
}

/// An option with its place: an object, or only its label.
fn option(json: Json, place: f64, path: &str, faults: &mut Faults) -> Option<(f64, Choice)> {
    if let Json::String(label) = json {
        let label = or_fault(line(&label, OPTION_CHARS_MAX), path, faults)?;
        let (value, color) = (label.clone(), None);
        return Some((
            place,
            Choice {
                label,
                value,
                color,
            },
        ));
    }
    let mut members = Members::of(json, path, faults)?;
    let label = members.required_line("label", OPTION_CHARS_MAX, faults);
    let value = members.line("value", OPTION_CHARS_MAX, faults);
    let color = members.line("color", COLOR_CHARS_MAX, faults);
    let place = match members.optional("order") {
        Some(json) => crate::value::number(&json, &join(path, "order"), faults)?,
        None => place,
    };
    let label = label?;
    let value = value.unwrap_or_else(|| label.clone());
    Some((
        place,
        Choice {
            label,
            value,
            color,
        },
    ))
}

fn line(text: &str, chars_max: usize) -> Result<String, String> {
    if is_blank(text) {
        return Err("is blank; an option needs a label".to_owned());
    }
    one_line(text.trim(), chars_max).map_err(|error| error.to_string())
}

/// A further member: none for null.
fn scalar(key: &str, json: Json) -> Result<Option<Value>, String> {
    one_line(key, KEY_CHARS_MAX).map_err(|error| format!("has a name that {error}"))?;
    Ok(match json {
        Json::Null => None,
        Json::Bool(flag) => Some(Value::Boolean(flag)),
        Json::Number(number) => number.as_f64().map(Value::number),
        Json::String(text) => {
            let text = multi_line(&text, LINE_CHARS_MAX).map_err(|error| error.to_string())?;
            Some(Value::Text(text))
        }
        other => {
            let kind = kind(&other);
            return Err(format!(
                "is {kind}; send a string, a number, a boolean or null"
            ));
        }
    })
}

/// Metadata in an answer: always with its options where the field has such.
#[derive(Default)]
pub(crate) struct Shown<'a> {
    options: Option<&'a [Choice]>,
    rest: Option<&'a Metadata>,
}

impl<'a> Shown<'a> {
    pub(crate) fn of(is_select: bool, metadata: &'a Metadata) -> Self {
        Self {
            options: is_select.then_some(metadata.options.as_slice()),
            rest: Some(metadata),
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(options) = self.options {
            map.serialize_entry("options", options)?;
        }
        for (name, value) in self.rest.iter().flat_map(|metadata| &metadata.rest) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
