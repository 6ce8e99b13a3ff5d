//! What a custom field says about its values: the options of a select, the highest rating, and what else a caller keeps here.

use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;

use crate::text::{fold, quote};
use crate::value::Value;

/// Most options of one field.
pub const OPTIONS_MAX: usize = 500;
/// Longest label and value of an option, in characters.
pub const OPTION_CHARS_MAX: usize = 255;
/// Longest colour, in characters.
pub const COLOR_CHARS_MAX: usize = 32;
/// Most further members of one field's metadata.
pub const REST_MAX: usize = 50;
/// The highest rating where the metadata has no `max`.
pub const RATING_MAX_DEFAULT: u32 = 5;
/// The highest `max` that a rating may have.
pub const RATING_MAX_MAX: u32 = 100;

/// What a custom field says about its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// The options of a select, in their order.
    pub options: Vec<Choice>,
    /// Further members: texts, numbers and booleans.
    pub rest: BTreeMap<String, Value>,
}

/// An option of a select.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What people call it.
    pub label: String,
    /// What is stored; unique in its field.
    pub value: String,
    /// A colour for screens.
    pub color: Option<String>,
}

/// Why metadata is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidMetadata {
    /// More than [`OPTIONS_MAX`].
    #[error("has {0} options; at most {OPTIONS_MAX} are allowed")]
    TooManyOptions(usize),
    /// Two options of one value, or of labels that differ only in case or accents.
    #[error("has two options {0}; name each once")]
    TwiceTheSame(String),
    /// The highest rating.
    #[error("has a max that is not a whole number from 1 to {RATING_MAX_MAX}")]
    Max,
    /// More than [`REST_MAX`].
    #[error("has {0} members; at most {REST_MAX} are allowed")]
    TooMany(usize),
}

impl Metadata {
    /// These, if they make sense together.
    ///
    /// # Errors
    /// [`InvalidMetadata`] says what does not.
    pub fn checked(self) -> Result<Self, InvalidMetadata> {
        if self.options.len() > OPTIONS_MAX {
            return Err(InvalidMetadata::TooManyOptions(self.options.len()));
        }
        if self.rest.len() > REST_MAX {
            return Err(InvalidMetadata::TooMany(self.rest.len()));
        }
        let mut seen = std::collections::BTreeSet::new();
        for choice in &self.options {
            let is_new = seen.insert((true, choice.value.clone()));
            if !is_new || !seen.insert((false, fold(choice.label.trim()))) {
                return Err(InvalidMetadata::TwiceTheSame(quote(&choice.label)));
            }
        }
        if self.rest.contains_key("max") && self.max().is_none() {
            return Err(InvalidMetadata::Max);
        }
        Ok(self)
    }

    /// The highest rating.
    #[must_use]
    pub fn rating_max(&self) -> u32 {
        self.max().unwrap_or(RATING_MAX_DEFAULT)
    }

    fn max(&self) -> Option<u32> {
        match self.rest.get("max") {
            Some(Value::Number(max)) if max.fract() == 0.0 => Some(*max),
            _ => None,
        }
        .filter(|max| (1.0..=f64::from(RATING_MAX_MAX)).contains(max))
        .map(|max| max as u32)
    }

    /// The option of that value, else of that label whatever its case and accents.
    #[must_use]
    pub fn choice(&self, sent: &str) -> Option<&Choice> {
        let by_value = self.options.iter().find(|choice| choice.value == sent);
        let by_label = || {
            let folded = fold(sent.trim());
            let same = |choice: &&Choice| fold(choice.label.trim()) == folded;
            self.options.iter().find(same)
        };
        by_value.or_else(by_label)
    }
}
