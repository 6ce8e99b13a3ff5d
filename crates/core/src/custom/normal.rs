//! The one form in which a custom field stores a value.

use thiserror::Error;
use uuid::Uuid;

use super::day::{self, InvalidDay};
use super::{AttributeType, FieldDefinition, TEXT_CHARS_MAX};
use crate::email::InvalidEmail;
use crate::link::{InvalidLink, link};
use crate::object::{LINE_CHARS_MAX, LIST_LEN_MAX};
use crate::text::{InvalidText, multi_line, one_line, quote};
use crate::timestamp::InvalidTimestamp;
use crate::value::Value;
use crate::{Email, Timestamp};

/// Longest telephone number, in characters.
pub const PHONE_CHARS_MAX: usize = 100;
/// Fewest digits of a telephone number.
const PHONE_DIGITS_MIN: usize = 3;
/// Most options that a message names.
const CHOICES_NAMED_MAX: usize = 20;

/// Why a field does not hold a value. The message follows the path of what was sent.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Unfit {
    /// Another kind of value.
    #[error("is {sent}, but the field '{slug}' holds {wanted}")]
    Kind {
        /// What was sent.
        sent: &'static str,
        /// The field.
        slug: String,
        /// What it holds.
        wanted: &'static str,
    },
    /// Not such a text.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// Not a moment.
    #[error(transparent)]
    Time(#[from] InvalidTimestamp),
    /// Not a day or a time of day.
    #[error(transparent)]
    Day(#[from] InvalidDay),
    /// Not an address.
    #[error(transparent)]
    Email(#[from] InvalidEmail),
    /// Not a web address.
    #[error(transparent)]
    Link(#[from] InvalidLink),
    /// Not a telephone number.
    #[error("is not a telephone number: {0}; send something like +1 415 555 0100")]
    Phone(String),
    /// Not whole, or out of its range.
    #[error("is not a whole number from 0 to {max}: {number}")]
    Rating {
        /// What was sent.
        number: f64,
        /// The highest there is.
        max: u32,
    },
    /// Seconds with a fraction.
    #[error("is not whole: {0}; send Unix seconds as a whole number")]
    Seconds(f64),
    /// None of the options.
    #[error("is none of the options of '{slug}': {sent}; {choices}")]
    Choice {
        /// What was sent.
        sent: String,
        /// The field.
        slug: String,
        /// What there is instead.
        choices: String,
    },
    /// A text that names no member.
    #[error("is neither a member's id nor an e-mail address: {0}")]
    Member(String),
    /// Too long a list.
    #[error("has {0} entries; at most {LIST_LEN_MAX} are allowed")]
    TooMany(usize),
}

/// What a text names a member by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKey {
    /// The member's id.
    Id(Uuid),
    /// The member's address.
    Email(Email),
}

impl MemberKey {
    /// What the text names a member by, if it can: an id in its usual form, or an address.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        const USUAL_LEN: usize = 36;
        if text.len() == USUAL_LEN
            && let Ok(id) = text.parse()
        {
            return Some(Self::Id(id));
        }
        let email = Some(text).filter(|text| text.contains('@'))?.parse();
        email.ok().map(Self::Email)
    }
}

impl FieldDefinition {
    /// The one form in which this field stores a value. Idempotent. Members (`team_members`) come out as they are named,
    /// by id or address; who they are is for the plan to find.
    ///
    /// # Errors
    /// [`Unfit`] if this field does not hold such a value.
    pub fn normal(&self, value: &Value) -> Result<Value, Unfit> {
        use AttributeType as T;
        match (self.attribute_type, value) {
            (T::String, Value::Text(text)) => Ok(Value::Text(multi_line(text, TEXT_CHARS_MAX)?)),
            (T::Number | T::Currency | T::Percentage, Value::Number(number)) => {
                Ok(Value::number(*number))
            }
            (T::Rating, Value::Number(number)) => self.rating(*number),
            (T::Checkbox, Value::Boolean(_)) => Ok(value.clone()),
            (T::Date, Value::Text(text)) => Ok(Value::Text(day::day(text)?)),
            (T::Date, value) => Ok(Value::Text(day::day(&self.moment(value)?.to_string())?)),
            (T::DateRange, Value::Text(text)) => {
                Ok(Value::Texts(day::range(std::slice::from_ref(text))?))
            }
            (T::DateRange, Value::Texts(texts)) => Ok(Value::Texts(day::range(texts)?)),
            (T::Timestamp | T::Datetime, value) => Ok(Value::Text(self.moment(value)?.to_string())),
            (T::Time, Value::Text(text)) => Ok(Value::Text(day::time(text)?)),
            (T::Location, Value::Text(text)) => {
                Ok(Value::Text(one_line(text.trim(), LINE_CHARS_MAX)?))
            }
            (T::Email, Value::Text(text)) => Ok(Value::Text(text.parse::<Email>()?.to_string())),
            (T::Phone, Value::Text(text)) => phone(text),
            (T::Website | T::Url, Value::Text(text)) => Ok(Value::Text(link(text)?)),
            (T::Select | T::Radio, Value::Text(text)) => Ok(Value::Text(self.choice(text)?)),
            (T::MultiSelect, value) => self.list(value, |text| self.choice(text)),
            (T::TeamMembers, value) => self.list(value, member),
            (_, value) => Err(self.another_kind(value)),
        }
    }

    fn another_kind(&self, value: &Value) -> Unfit {
        Unfit::Kind {
            sent: value.kind_name(),
            slug: self.slug.clone(),
            wanted: self.attribute_type.wanted(),
        }
    }

    fn rating(&self, number: f64) -> Result<Value, Unfit> {
        let max = self.metadata.rating_max();
        if number.fract() != 0.0 || !(0.0..=f64::from(max)).contains(&number) {
            return Err(Unfit::Rating { number, max });
        }
        Ok(Value::number(number))
    }

    /// ISO 8601 with a zone, or Unix seconds.
    fn moment(&self, value: &Value) -> Result<Timestamp, Unfit> {
        match value {
            Value::Text(text) => Ok(text.trim().parse()?),
            Value::Number(number) if number.fract() != 0.0 => Err(Unfit::Seconds(*number)),
            // What is too large saturates, and is refused as out of range.
            Value::Number(number) => Ok(Timestamp::from_unix_seconds(*number as i64)?),
            Value::Integer(seconds) => Ok(Timestamp::from_unix_seconds(*seconds)?),
            Value::Time(time) => Ok(*time),
            value => Err(self.another_kind(value)),
        }
    }

    /// The value of the option that a text names.
    fn choice(&self, text: &str) -> Result<String, Unfit> {
        let choice = self.metadata.choice(text);
        choice.map(|choice| choice.value.clone()).ok_or_else(|| {
            let labels = self.metadata.options.iter().take(CHOICES_NAMED_MAX);
            let labels: Vec<String> = labels.map(|choice| quote(&choice.label)).collect();
            Unfit::Choice {
                sent: quote(text),
                slug: self.slug.clone(),
                choices: match labels.as_slice() {
                    [] => "it has none yet".to_owned(),
                    labels => format!("they are {}", labels.join(", ")),
                },
            }
        })
    }

    /// Several texts, or a single one, each in its normal form, each once.
    fn list(
        &self,
        value: &Value,
        normal: impl Fn(&str) -> Result<String, Unfit>,
    ) -> Result<Value, Unfit> {
        let texts = match value {
            Value::Text(text) => std::slice::from_ref(text),
            Value::Texts(texts) if texts.len() > LIST_LEN_MAX => {
                return Err(Unfit::TooMany(texts.len()));
            }
            Value::Texts(texts) => texts,
            value => return Err(self.another_kind(value)),
        };
        let mut list: Vec<String> = vec![];
        for text in texts {
            let text = normal(text)?;
            if !list.contains(&text) {
                list.push(text);
            }
        }
        Ok(Value::Texts(list))
    }
}

/// As it was sent, trimmed: numbers are written in too many ways for one form.
fn phone(text: &str) -> Result<Value, Unfit> {
    let text = one_line(text.trim(), PHONE_CHARS_MAX)?;
    let digits = text.chars().filter(|letter| letter.is_numeric()).count();
    if digits < PHONE_DIGITS_MIN {
        return Err(Unfit::Phone(quote(&text)));
    }
    Ok(Value::Text(text))
}

fn member(text: &str) -> Result<String, Unfit> {
    match MemberKey::of(text.trim()) {
        Some(MemberKey::Id(id)) => Ok(id.to_string()),
        Some(MemberKey::Email(email)) => Ok(email.to_string()),
        None => Err(Unfit::Member(quote(text))),
    }
}

#[cfg(test)]
mod tests;
