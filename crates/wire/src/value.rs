//! The value of a system field, read as its kind says.

use lanekeeper_core::link::link;
use lanekeeper_core::object::{Kind, LIST_LEN_MAX, Object, SetBy, TAG_CHARS_MAX};
use lanekeeper_core::text::{multi_line, one_line};
use lanekeeper_core::timestamp::unix_seconds;
use lanekeeper_core::value::Values;
use lanekeeper_core::{Email, Faults, Timestamp, Value};
use serde_json::Value as Json;

use crate::read::{Members, join, kind as kind_name, text};

/// The values of the fields that a caller may set, as far as they were sent and are not null.
pub(crate) fn system_values(object: Object, members: &mut Members, faults: &mut Faults) -> Values {
    let fields = object
        .fields()
        .iter()
        .filter(|field| field.set_by == SetBy::Caller);
    let mut values = Values::new();
    for field in fields {
        if let Some(json) = members.optional(field.name) {
            let value = read(field.kind, json, &members.path_of(field.name), faults);
            values.extend(value.map(|value| (field.name, value)));
        }
    }
    values
}

pub(crate) fn read(kind: Kind, json: Json, path: &str, faults: &mut Faults) -> Option<Value> {
    match kind {
        Kind::Line(chars_max) => {
            let text = text(json, path, faults)?;
            or_fault(one_line(&text, chars_max), path, faults).map(Value::Text)
        }
        Kind::Lines(chars_max) => {
            let text = text(json, path, faults)?;
            or_fault(multi_line(&text, chars_max), path, faults).map(Value::Text)
        }
        Kind::Link => read_link(json, path, faults).map(Value::Text),
        Kind::Number => number(&json, path, faults).map(Value::number),
        Kind::Year => year(&json, path, faults).map(Value::Number),
        Kind::Boolean => boolean(&json, path, faults).map(Value::Boolean),
        Kind::Tags => tags(json, path, faults).map(Value::Texts),
        Kind::Emails => {
            let emails = emails(json, path, faults)?;
            let emails: Vec<String> = emails.iter().map(Email::to_string).collect();
            (!emails.is_empty()).then_some(Value::Texts(emails))
        }
        Kind::Time => time(&json, path, faults).map(Value::Time),
        Kind::UnixSeconds => seconds(&json, path, faults).map(Value::Integer),
        Kind::Domain | Kind::Email | Kind::Id | Kind::Ids => unreachable!("the plan sets these"),
    }
}

fn read_link(json: Json, path: &str, faults: &mut Faults) -> Option<String> {
    let text = text(json, path, faults)?;
    or_fault(link(&text), path, faults)
}

pub(crate) fn number(json: &Json, path: &str, faults: &mut Faults) -> Option<f64> {
    let number = json.as_f64();
    if number.is_none() {
        faults.add(path, format!("is {}; send a number", kind_name(json)));
    }
    number
}

fn year(json: &Json, path: &str, faults: &mut Faults) -> Option<f64> {
    let year = number(json, path, faults)?;
    if year.fract() != 0.0 || !(1000.0..=9999.0).contains(&year) {
        faults.add(
            path,
            format!("is not a year: {year}; send a whole number from 1000 to 9999"),
        );
        return None;
    }
    Some(year)
}

pub(crate) fn boolean(json: &Json, path: &str, faults: &mut Faults) -> Option<bool> {
    let boolean = json.as_bool();
    if boolean.is_none() {
        faults.add(path, format!("is {}; send true or false", kind_name(json)));
    }
    boolean
}

/// Unix seconds: a whole number, also written `1771286400.0`.
fn seconds(json: &Json, path: &str, faults: &mut Faults) -> Option<i64> {
    if !json.is_number() {
        faults.add(
            path,
            format!(
                "is {}; send Unix seconds as a whole number",
                kind_name(json)
            ),
        );
        return None;
    }
    let seconds = match json.as_i64() {
        Some(seconds) => seconds,
        None => {
            let number = json.as_f64().unwrap_or(f64::MAX);
            if number.fract() != 0.0 {
                faults.add(
                    path,
                    format!("is not whole: {number}; send Unix seconds as a whole number"),
                );
                return None;
            }
            number as i64 // what is too large saturates, and is refused as out of range
        }
    };
    or_fault(unix_seconds(seconds), path, faults)
}

/// ISO 8601 with a zone, or Unix seconds.
fn time(json: &Json, path: &str, faults: &mut Faults) -> Option<Timestamp> {
    match json {
        Json::String(text) => or_fault(text.parse(), path, faults),
        Json::Number(_) => {
            let seconds = seconds(json, path, faults)?;
            or_fault(Timestamp::from_unix_seconds(seconds), path, faults)
        }
        other => {
            let kind = kind_name(other);
            faults.add(
                path,
                format!("is {kind}; send an ISO 8601 date-time or Unix seconds"),
            );
            None
        }
    }
}

/// A list of tags, or one text with commas; each once, in the order sent.
fn tags(json: Json, path: &str, faults: &mut Faults) -> Option<Vec<String>> {
    let json = match json {
        Json::String(text) => text.split(',').map(Json::from).collect(),
        other => other,
    };
    let sent = entries(json, path, "an array of strings", faults)?;
    let mut tags: Vec<String> = vec![];
    for (index, entry) in sent.into_iter().enumerate() {
        let path = join(path, index);
        let Some(tag) = text(entry, &path, faults) else {
            continue;
        };
        let tag = or_fault(one_line(tag.trim(), TAG_CHARS_MAX), &path, faults);
        tags.extend(tag.filter(|tag| !tags.contains(tag)));
    }
    (!tags.is_empty()).then_some(tags)
}

/// A list of addresses in their normal form; each once, in the order sent.
pub(crate) fn emails(json: Json, path: &str, faults: &mut Faults) -> Option<Vec<Email>> {
    let sent = entries(json, path, "an array of e-mail addresses", faults)?;
    let mut emails: Vec<Email> = vec![];
    for (index, entry) in sent.into_iter().enumerate() {
        let path = join(path, index);
        let Json::String(text) = entry else {
            faults.add(path, format!("is {}; send a string", kind_name(&entry)));
            continue;
        };
        let email = or_fault(text.parse::<Email>(), &path, faults);
        emails.extend(email.filter(|email| !emails.contains(email)));
    }
    Some(emails)
}

/// The entries of an array that is not too long.
pub(crate) fn entries(
    json: Json,
    path: &str,
    wanted: &str,
    faults: &mut Faults,
) -> Option<Vec<Json>> {
    match json {
        Json::Array(entries) if entries.len() <= LIST_LEN_MAX => Some(entries),
        Json::Array(entries) => {
            let len = entries.len();
            faults.add(
                path,
                format!("has {len} entries; at most {LIST_LEN_MAX} are allowed"),
            );
            None
        }
        other => {
            faults.add(path, format!("is {}; send {wanted}", kind_name(&other)));
            None
        }
    }
}

pub(crate) fn or_fault<T, E: std::fmt::Display>(
    result: Result<T, E>,
    path: &str,
    faults: &mut Faults,
) -> Option<T> {
    result.map_err(|error| faults.add(path, error)).ok()
}
