//! A value of any shape, as JSON has them: what callers keep with an activity, and nothing here looks into.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::value::serialize_number;

/// A value of any shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Json {
    /// Nothing.
    Null,
    /// Yes or no.
    Boolean(bool),
    /// Any number that a double holds.
    Number(#[serde(serialize_with = "number")] f64),
    /// A text.
    Text(String),
    /// Several values.
    List(Vec<Json>),
    /// Values by name.
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// About how much memory its texts take.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Boolean(_) | Self::Number(_) => 8,
            Self::Text(text) => text.len(),
            Self::List(entries) => entries.iter().map(Self::len_bytes).sum(),
            Self::Object(members) => {
                let members = members.iter();
                members
                    .map(|(name, value)| name.len() + value.len_bytes())
                    .sum()
            }
        }
    }
}

fn number<S: serde::Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_number(*number, serializer)
}
