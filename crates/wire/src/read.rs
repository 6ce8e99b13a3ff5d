//! Reading a JSON object member by member, noting every fault with its path.

use lanekeeper_core::Faults;
use lanekeeper_core::pipeline::ORDER_MAX;
use lanekeeper_core::text::{is_blank, one_line, quote};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::json::shown_key;
use crate::value::boolean;

/// The members of an object that are still to be read.
pub(crate) struct Members {
    path: String,
    left: Map<String, Value>,
}

impl Members {
    /// The members of `value`, if it is an object; a fault at `path` if not.
    pub(crate) fn of(value: Value, path: &str, faults: &mut Faults) -> Option<Self> {
        match value {
            Value::Object(left) => Some(Self {
                path: path.to_owned(),
                left,
            }),
            other => {
                faults.add(path, format!("is {}; send an object", kind(&other)));
                None
            }
        }
    }

    /// A member that must be there, and not null.
    pub(crate) fn required(&mut self, name: &str, faults: &mut Faults) -> Option<Value> {
        let value = self.left.remove(name);
        if value.is_none() {
            faults.add(self.path_of(name), "is required");
        }
        value
    }

    /// A member, if it is there and not null.
    pub(crate) fn optional(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name).filter(|value| !value.is_null())
    }

    /// A member, if it is there, null too.
    pub(crate) fn present(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name)
    }

    /// Whether a member is there, null or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// Of what is to be changed: faults where a member is cleared that always has a value.
    pub(crate) fn refuse_clearing(&mut self, names: &[&str], faults: &mut Faults) {
        for name in names {
            let is_cleared = match self.left.get(*name) {
                Some(Value::Null) => true,
                Some(Value::String(text)) => is_blank(text),
                _ => false,
            };
            if is_cleared {
                self.left.remove(*name);
                let message = "cannot be empty; leave it out to keep what is there";
                faults.add(self.path_of(name), message);
            }
        }
    }

    /// Yes or no, if it is there and not null.
    pub(crate) fn flag(&mut self, name: &str, faults: &mut Faults) -> Option<bool> {
        let json = self.optional(name)?;
        boolean(&json, &self.path_of(name), faults)
    }

    /// One of a few names, if it is there, not null and not blank.
    pub(crate) fn one_of<T>(
        &mut self,
        name: &str,
        named: impl Fn(&str) -> Option<T>,
        names: &str,
        faults: &mut Faults,
    ) -> Option<T> {
        let text = self.text(name, faults)?;
        let found = named(text.trim());
        if found.is_none() {
            let message = format!("is {}; send {names}", quote(&text));
            faults.add(self.path_of(name), message);
        }
        found
    }

    /// A text, if it is there and not blank.
    pub(crate) fn text(&mut self, name: &str, faults: &mut Faults) -> Option<String> {
        let value = self.optional(name)?;
        text(value, &self.path_of(name), faults)
    }

    /// A text in its normal form, if it is there and not blank.
    pub(crate) fn parsed<T>(&mut self, name: &str, faults: &mut Faults) -> Option<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let text = self.text(name, faults)?;
        let parsed = text.parse();
        parsed
            .map_err(|error| faults.add(self.path_of(name), error))
            .ok()
    }

    /// A text in its normal form that must be there and not blank.
    pub(crate) fn required_parsed<T>(&mut self, name: &str, faults: &mut Faults) -> Option<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        self.require(name, faults)?;
        self.parsed(name, faults)
    }

    /// A text of one line, trimmed, if it is there and not blank.
    pub(crate) fn line(
        &mut self,
        name: &str,
        chars_max: usize,
        faults: &mut Faults,
    ) -> Option<String> {
        let text = self.text(name, faults)?;
        let line = one_line(text.trim(), chars_max);
        line.map_err(|error| faults.add(self.path_of(name), error))
            .ok()
    }

    /// A text of one line, trimmed, that must be there and not blank.
    pub(crate) fn required_line(
        &mut self,
        name: &str,
        chars_max: usize,
        faults: &mut Faults,
    ) -> Option<String> {
        self.require(name, faults)?;
        self.line(name, chars_max, faults)
    }

    /// A place in an order, from 1, if it is there and not null.
    pub(crate) fn order(&mut self, name: &str, faults: &mut Faults) -> Option<i64> {
        let value = self.optional(name)?;
        let number = value.as_f64().filter(|number| number.fract() == 0.0);
        let order = number.filter(|number| (1.0..=ORDER_MAX as f64).contains(number));
        if order.is_none() {
            let message = format!("is not a whole number from 1 to {ORDER_MAX}");
            faults.add(self.path_of(name), message);
        }
        order.map(|order| order as i64)
    }

    /// None, and a fault, if the member is absent, null or blank.
    pub(crate) fn require(&self, name: &str, faults: &mut Faults) -> Option<()> {
        let is_missing = match self.left.get(name) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => is_blank(text),
            Some(_) => false,
        };
        if is_missing {
            faults.add(self.path_of(name), "is required");
            return None;
        }
        Some(())
    }

    /// An id, if it is there and not null.
    pub(crate) fn id(&mut self, name: &str, faults: &mut Faults) -> Option<Uuid> {
        let value = self.optional(name)?;
        id(value, &self.path_of(name), faults)
    }

    /// The paths of what was not read.
    pub(crate) fn ignored(self) -> Vec<String> {
        self.rest().map(|member| member.path).collect()
    }

    /// What was not read.
    pub(crate) fn rest(self) -> impl Iterator<Item = Rest> {
        let Self { path, left } = self;
        left.into_iter().map(move |(key, value)| Rest {
            path: join(&path, &key),
            shown_path: join(&path, shown_key(&key)),
            key,
            value,
        })
    }

    /// The path of a member.
    pub(crate) fn path_of(&self, name: &str) -> String {
        join(&self.path, name)
    }
}

/// A member whose name is the caller's choice.
pub(crate) struct Rest {
    pub(crate) path: String,
    /// The path for a message about the key itself, which may be anything and of any length.
    pub(crate) shown_path: String,
    pub(crate) key: String,
    pub(crate) value: Value,
}

/// An id: a UUID in its usual form.
pub(crate) fn id(value: Value, path: &str, faults: &mut Faults) -> Option<Uuid> {
    const USUAL_LEN: usize = 36;
    let Value::String(text) = value else {
        faults.add(
            path,
            format!("is {}; send a UUID as a string", kind(&value)),
        );
        return None;
    };
    let parsed = Some(&text).filter(|text| text.len() == USUAL_LEN);
    let parsed = parsed.and_then(|text| text.parse().ok());
    if parsed.is_none() {
        faults.add(path, format!("is not a UUID: {}", quote(&text)));
    }
    parsed
}

/// A text, unless it is blank: what holds nothing to see is read like null.
pub(crate) fn text(value: Value, path: &str, faults: &mut Faults) -> Option<String> {
    match value {
        Value::String(text) if is_blank(&text) => None,
        Value::String(text) => Some(text),
        other => {
            faults.add(path, format!("is {}; send a string", kind(&other)));
            None
        }
    }
}

/// The path of a member or an entry.
pub(crate) fn join(path: &str, name: impl std::fmt::Display) -> String {
    match path {
        "" => name.to_string(),
        path => format!("{path}.{name}"),
    }
}

/// What a JSON value is, in words that a caller reads.
pub(crate) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
