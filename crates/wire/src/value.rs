//! The value of a system field, read as its kind says.

use std::fmt::Display;
use std::str::FromStr;

use lanekeeper_core::link::link;
use lanekeeper_core::object::{Kind, LIST_LEN_MAX, Object, SetBy, TAG_CHARS_MAX};
use lanekeeper_core::text::{multi_line, one_line, quote};
use lanekeeper_core::timestamp::unix_seconds;
use lanekeeper_core::value::Values;
use lanekeeper_core::{DomainName, Email, Faults, Json as CoreJson, Timestamp, Value};
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
        Kind::Domains => {
            let domains: Vec<DomainName> = normal_forms(json, path, "domains", faults)?;
            let domains: Vec<String> = domains.iter().map(DomainName::to_string).collect();
            (!domains.is_empty()).then_some(Value::Texts(domains))
        }
        Kind::OneOf(allowed) => one_of(json, allowed, path, faults).map(Value::Text),
        Kind::Object(bytes_max) => object(json, bytes_max, path, faults).map(Value::Object),
        Kind::Time => time(&json, path, faults).map(Value::Time),
        Kind::UnixSeconds => seconds(&json, path, faults).map(Value::Integer),
        Kind::Domain | Kind::Email | Kind::Id | Kind::Ids | Kind::Links => {
            unreachable!("the plan sets these")
        }
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
pub(crate) fn time(json: &Json, path: &str, faults: &mut Faults) -> Option<Timestamp> {
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

/// One of some texts, exactly.
fn one_of(json: Json, allowed: &[&str], path: &str, faults: &mut Faults) -> Option<String> {
    let sent = text(json, path, faults)?;
    if !allowed.contains(&sent.as_str()) {
        let message = format!("is {}; send one of {}", quote(&sent), allowed.join(", "));
        faults.add(path, message);
        return None;
    }
    Some(sent)
}

/// An object of any shape, unless it is large.
fn object(json: Json, bytes_max: usize, path: &str, faults: &mut Faults) -> Option<CoreJson> {
    if !json.is_object() {
        faults.add(path, format!("is {}; send an object", kind_name(&json)));
        return None;
    }
    let bytes = json.to_string().len();
    if bytes > bytes_max {
        let message = format!("has {bytes} bytes of JSON; at most {bytes_max} are allowed");
        faults.add(path, message);
        return None;
    }
    let object = serde_json::from_value(json);
    Some(object.expect("every value of JSON is one of the core"))
}

/// A list of addresses in their normal form; each once, in the order sent.
pub(crate) fn emails(json: Json, path: &str, faults: &mut Faults) -> Option<Vec<Email>> {
    normal_forms(json, path, "e-mail addresses", faults)
}

/// A list of texts in their normal form; each once, in the order sent.
pub(crate) fn normal_forms<T>(
    json: Json,
    path: &str,
    wanted: &str,
    faults: &mut Faults,
) -> Option<Vec<T>>
where
    T: FromStr<Err: Display> + PartialEq,
{
    let sent = entries(json, path, &format!("an array of {wanted}"), faults)?;
    let mut forms: Vec<T> = vec![];
    for (index, entry) in sent.into_iter().enumerate() {
        let path = join(path, index);
        let Json::String(text) = entry else {
            faults.add(path, format!("is {}; send a string", kind_name(&entry)));
            continue;
        };
        let form = or_fault(text.parse::<T>(), &path, faults);
        forms.extend(form.filter(|form| !forms.contains(form)));
    }
    Some(forms)
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
