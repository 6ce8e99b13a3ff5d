//! What fields are compared with.

use crate::query::Holds;
use crate::text::{fold, quote};
use crate::timestamp::Timestamp;
use uuid::Uuid;

/// Longest text to compare with, in characters.
const CHARS_MAX: usize = 10_000;
const ISO_LEN: usize = "2026-05-25T09:30:03.285099Z".len();
const DATE_LEN: usize = "2026-05-25".len();

/// A value as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// Several values.
    List(Vec<Input>),
}

/// A value that compares as it is. Values of one field are all of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Atom {
    /// A text, folded if the field's texts are.
    Text(String),
    /// A finite number, never minus zero.
    Number(f64),
    /// Microseconds since 1970 UTC; 1 and 0 for yes and no.
    Whole(i64),
    /// An id.
    Id(Uuid),
}

impl Eq for Atom {}

impl PartialOrd for Atom {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Atom {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Whole(one), Self::Whole(other)) => one.cmp(other),
            (Self::Id(one), Self::Id(other)) => one.cmp(other),
            (one, other) => one.rank().cmp(&other.rank()),
        }
    }
}

impl Atom {
    /// Orders atoms of different kinds, which never meet in one field.
    const fn rank(&self) -> u8 {
        match self {
            Self::Text(_) => 0,
            Self::Number(_) => 1,
            Self::Whole(_) => 2,
            Self::Id(_) => 3,
        }
    }

    /// The input as something that a field's values compare with.
    ///
    /// # Errors
    /// What is wrong with it, in words that follow the path of the value.
    pub fn of(input: &Input, holds: Holds) -> Result<Self, String> {
        match holds {
            Holds::Text | Holds::Texts => text(input, fold),
            Holds::Lower => text(input, str::to_lowercase),
            Holds::Exact | Holds::Choices => text(input, str::to_owned),
            Holds::Instant => iso(input, ISO_LEN),
            Holds::Day | Holds::Days => iso(input, DATE_LEN),
            Holds::Number => number(input),
            Holds::Boolean => boolean(input),
            Holds::Time | Holds::Seconds => time(input),
            Holds::Id | Holds::Ids => id(input),
            Holds::Object => Err(wrong(input, "nothing: only empty and not_empty are asked")),
        }
    }

    /// A number; minus zero is zero.
    pub(super) fn number(number: f64) -> Self {
        Self::Number(if number == 0.0 { 0.0 } else { number })
    }
}

fn text(input: &Input, normal: impl Fn(&str) -> String) -> Result<Atom, String> {
    let Input::Text(text) = input else {
        return Err(wrong(input, "a string"));
    };
    if text.chars().count() > CHARS_MAX {
        return Err(format!("has more than {CHARS_MAX} characters"));
    }
    let text = normal(text);
    if text.is_empty() {
        return Err("holds no text; use the operator 'empty' to find what has no value".to_owned());
    }
    Ok(Atom::Text(text))
}

fn number(input: &Input) -> Result<Atom, String> {
    match input {
        Input::Number(number) => Ok(Atom::number(*number)),
        other => Err(wrong(other, "a number")),
    }
}

fn boolean(input: &Input) -> Result<Atom, String> {
    match input {
        Input::Boolean(flag) => Ok(Atom::Whole(i64::from(*flag))),
        other => Err(wrong(other, "true or false")),
    }
}

/// A moment, or its beginning such as the day, as it is stored in texts, which sort as moments do.
fn iso(input: &Input, len: usize) -> Result<Atom, String> {
    match time(input)? {
        Atom::Whole(micros) => {
            let mut text = Timestamp::from_micros(micros).to_string();
            text.truncate(len);
            Ok(Atom::Text(text))
        }
        other => Ok(other),
    }
}

/// ISO 8601 or Unix seconds; a date alone is its midnight in UTC.
fn time(input: &Input) -> Result<Atom, String> {
    let time = match input {
        Input::Text(text) if is_date(text) => format!("{text}T00:00:00Z").parse::<Timestamp>(),
        Input::Text(text) => text.parse(),
        Input::Number(seconds) if seconds.fract() != 0.0 => {
            return Err(format!(
                "is not whole: {seconds}; send Unix seconds as a whole number"
            ));
        }
        // What is too large saturates, and is refused as out of range.
        Input::Number(seconds) => Timestamp::from_unix_seconds(*seconds as i64),
        other => return Err(wrong(other, "an ISO 8601 date-time or Unix seconds")),
    };
    let time = time.map_err(|error| error.to_string())?;
    Ok(Atom::Whole(time.as_micros()))
}

fn is_date(text: &str) -> bool {
    text.len() == DATE_LEN
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn id(input: &Input) -> Result<Atom, String> {
    const USUAL_LEN: usize = 36;
    let Input::Text(text) = input else {
        return Err(wrong(input, "a UUID as a string"));
    };
    let id = Some(text).filter(|text| text.len() == USUAL_LEN);
    let id = id.and_then(|text| text.parse().ok());
    id.map(Atom::Id)
        .ok_or_else(|| format!("is not a UUID: {}", quote(text)))
}

pub(super) fn wrong(input: &Input, wanted: &str) -> String {
    let kind = match input {
        Input::Text(_) => "a string",
        Input::Number(_) => "a number",
        Input::Boolean(_) => "a boolean",
        Input::List(_) => "an array",
    };
    format!("is {kind}; send {wanted}")
}
