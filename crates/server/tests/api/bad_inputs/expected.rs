//! What is expected of an answer.

use serde_json::Value;

use crate::support::Answer;

/// Most characters of a caller's text that an answer may repeat, with room for the quotes around them.
const REPEATED_CHARS_MAX: usize = 105;
/// So many characters of a key in a row tell something about it.
const KEY_PART_CHARS: usize = 14;

/// What is expected of an answer.
pub(super) struct Expected {
    status: u16,
    code: &'static str,
    /// A path that `errors` must have, and what a message about it must contain.
    about: Option<(String, &'static str)>,
    /// What `data` must hold, by JSON pointer.
    data: Vec<(&'static str, Value)>,
    /// Whether changes come of it, where that is known.
    makes: Option<bool>,
    /// Headers of the answer.
    headers: Vec<(&'static str, &'static str)>,
}

/// A refusal with this status and code.
pub(super) fn refused(status: u16, code: &'static str) -> Expected {
    Expected {
        status,
        code,
        about: None,
        data: vec![],
        makes: (status != 200).then_some(status < 300),
        headers: vec![],
    }
}

/// A 400 for the value at this path.
pub(super) fn invalid(path: &str) -> Expected {
    refused(400, "validation_failed").about(path)
}

/// A 400 for bad JSON at this path.
pub(super) fn bad_json(code: &'static str, path: &str) -> Expected {
    refused(400, code).about(path)
}

/// A success with this status.
pub(super) fn taken(status: u16) -> Expected {
    refused(status, "")
}

impl Expected {
    /// With a message about this path.
    pub(super) fn about(self, path: &str) -> Self {
        let about = Some((path.to_owned(), ""));
        Self { about, ..self }
    }

    /// The message contains this.
    pub(super) fn saying(mut self, part: &'static str) -> Self {
        let (_, says) = self.about.as_mut().expect("a path first");
        *says = part;
        self
    }

    /// `data` holds this value at a JSON pointer.
    pub(super) fn with(mut self, pointer: &'static str, value: impl Into<Value>) -> Self {
        self.data.push((pointer, value.into()));
        self
    }

    /// As it was answered before, and made then.
    pub(super) fn replayed(self) -> Self {
        let makes = Some(false);
        Self { makes, ..self }.header("idempotency-replayed", "true")
    }

    /// With this header.
    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Whether the answer to what was sent is as expected; `news` is how many changes came of it.
    pub(super) fn check(
        &self,
        sent: &str,
        keys: &[String],
        answer: &Answer,
        news: u64,
    ) -> Result<(), String> {
        let is_refused = self.status >= 400;
        if answer.status != self.status {
            return Err(format!(
                "{} instead of {}: {}",
                answer.status,
                self.status,
                shown(&answer.body)
            ));
        }
        if is_refused {
            check_envelope(answer)?;
            check_repeats(sent, keys, &answer.body)?;
            ensure(answer.code() == self.code, || {
                format!("code {} instead of {}", answer.code(), self.code)
            })?;
        }
        ensure(self.makes.is_none_or(|makes| makes == (news > 0)), || {
            format!("{news} changes came of it")
        })?;
        if let Some((path, says)) = &self.about {
            let messages = answer.errors(path);
            ensure(!messages.is_empty() && messages.contains(says), || {
                format!("no such message about '{path}': {}", shown(&answer.body))
            })?;
        }
        for (pointer, value) in &self.data {
            let found = answer.data().pointer(pointer).unwrap_or(&Value::Null);
            // To serde_json the integer 0 is not the float -0.0.
            ensure(found == value, || {
                format!("{pointer} is {} instead of {value}", shown(found))
            })?;
        }
        for (name, value) in &self.headers {
            ensure(answer.header(name) == *value, || {
                format!(
                    "header {name} is '{}' instead of '{value}'",
                    answer.header(name)
                )
            })?;
        }
        Ok(())
    }
}

/// What every refusal has.
pub(super) fn check_envelope(answer: &Answer) -> Result<(), String> {
    let body = &answer.body;
    let is_text = |member: &str| body[member].as_str().is_some_and(|text| !text.is_empty());
    let rules = [
        (
            answer.header("content-type") == "application/json",
            "media type",
        ),
        (body["success"] == false, "success"),
        (body["statusCode"] == answer.status, "statusCode"),
        (is_text("message"), "message"),
        (is_text("code"), "code"),
        (is_text("request_id"), "request_id"),
        (
            body["request_id"] == answer.header("x-request-id"),
            "x-request-id",
        ),
        (answer.status != 400 || body["errors"].is_object(), "errors"),
        (
            answer.status != 401 || !answer.header("www-authenticate").is_empty(),
            "www-authenticate",
        ),
        (
            ![409, 429, 503].contains(&answer.status) || !answer.header("retry-after").is_empty(),
            "retry-after",
        ),
    ];
    let broken: Vec<&str> = rules
        .iter()
        .filter(|(is_kept, _)| !is_kept)
        .map(|(_, name)| *name)
        .collect();
    ensure(broken.is_empty(), || {
        format!("wrong in {broken:?}: {}", shown(body))
    })
}

/// No key, and no more than a little of anything else, comes back.
pub(super) fn check_repeats(sent: &str, keys: &[String], body: &Value) -> Result<(), String> {
    let answered = body.to_string();
    for key in keys {
        let part = windows(key, KEY_PART_CHARS).find(|part| answered.contains(part));
        ensure(part.is_none(), || "repeats a part of a key".to_owned())?;
    }
    let long = texts(body)
        .into_iter()
        .find(|text| windows(text, REPEATED_CHARS_MAX).any(|part| sent.contains(&part)));
    ensure(long.is_none(), || {
        format!("repeats too much: {}", shown(body))
    })
}

fn windows(text: &str, len_chars: usize) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.chars().collect();
    let starts = 0..(chars.len() + 1).saturating_sub(len_chars);
    starts.map(move |start| chars[start..start + len_chars].iter().collect())
}

/// Every text in an answer, the names of members too.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(entries) => entries.iter().flat_map(texts).collect(),
        Value::Object(members) => {
            let both = |(name, value)| [vec![String::as_str(name)], texts(value)].concat();
            members.iter().flat_map(both).collect()
        }
        _ => vec![],
    }
}

fn ensure(is_so: bool, fault: impl Fn() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(fault()) }
}

fn shown(value: &Value) -> String {
    value.to_string().chars().take(600).collect()
}
