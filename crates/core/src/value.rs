//! The value of one field of a record.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::{Json, Timestamp};

/// The value of a system or custom field. A field without a value is absent from its record: there is no null.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, as it was sent.
    Text(String),
    /// A finite number; never `-0.0` ([`Value::number`]).
    Number(f64),
    /// A whole number, such as Unix seconds.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// Several texts in their order, such as tags.
    Texts(Vec<String>),
    /// A moment.
    Time(Timestamp),
    /// The id of another record.
    Id(Uuid),
    /// The ids of several records in their order.
    Ids(Vec<Uuid>),
    /// An object of any shape.
    Object(Json),
}

/// Values by the name of their field.
pub type Values = BTreeMap<&'static str, Value>;

/// Custom values by the slug of their field.
pub type CustomValues = BTreeMap<String, Value>;

impl Value {
    /// A number, with minus zero made plain zero so that equal numbers are stored alike.
    #[must_use]
    pub fn number(number: f64) -> Self {
        Self::Number(if number == 0.0 { 0.0 } else { number })
    }

    /// Whether it holds nothing: an empty text or an empty list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Texts(texts) => texts.is_empty(),
            Self::Ids(ids) => ids.is_empty(),
            _ => false,
        }
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Texts(texts) => texts.iter().map(String::len).sum(),
            Self::Ids(ids) => ids.len() * size_of::<Uuid>(),
            _ => size_of::<Self>(),
        }
    }

    /// What it is, in a word that a caller reads.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Number(_) | Self::Integer(_) => "a number",
            Self::Boolean(_) => "a boolean",
            Self::Texts(_) | Self::Ids(_) => "a list",
            Self::Time(_) => "a time",
            Self::Id(_) => "an id",
            Self::Object(_) => "an object",
        }
    }
}

/// Numbers that are whole, and exactly so in JSON's usual reading, are written without a fraction.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serialize_number(*number, serializer),
            Self::Integer(integer) => serializer.serialize_i64(*integer),
            Self::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Self::Texts(texts) => texts.serialize(serializer),
            Self::Time(time) => time.serialize(serializer),
            Self::Id(id) => id.serialize(serializer),
            Self::Ids(ids) => ids.serialize(serializer),
            Self::Object(json) => json.serialize(serializer),
        }
    }
}

pub(crate) fn serialize_number<S: Serializer>(
    number: f64,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0; // 2^53
    if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
        serializer.serialize_i64(number as i64)
    } else {
        serializer.serialize_f64(number)
    }
}
