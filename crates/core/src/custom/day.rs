//! Days and times of day as custom fields hold them.

use jiff::civil::{Date, Time};
use thiserror::Error;

use crate::Timestamp;
use crate::text::quote;

/// Why a text is no day or no time of day.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidDay {
    /// Not a date, or one that does not exist.
    #[error("is not a date: {0}; send something like 2026-05-25")]
    Date(String),
    /// Not two dates.
    #[error("is not two dates; send something like [\"2026-05-01\", \"2026-05-31\"]")]
    NotTwo,
    /// A range that ends before it begins.
    #[error("ends on {end}, before it begins on {start}")]
    Backwards {
        /// The first day.
        start: String,
        /// The last day.
        end: String,
    },
    /// Not a time of day.
    #[error("is not a time: {0}; send something like 09:30:00")]
    Time(String),
}

/// The day of a text, as `2026-05-25`: a date, or a date-time with zone, of which the day that is written counts.
pub(super) fn day(text: &str) -> Result<String, InvalidDay> {
    let fault = || InvalidDay::Date(quote(text));
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10).ok_or_else(fault)?;
    if !rest.is_empty() && text.parse::<Timestamp>().is_err() {
        return Err(fault());
    }
    let [year, month, day] = digits(date, '-', [4, 2, 2]).ok_or_else(fault)?;
    let day = Date::new(year, month as i8, day as i8).map_err(|_| fault())?;
    if day.year() == 0 {
        return Err(fault());
    }
    Ok(day.to_string())
}

/// Two days in order: given as two texts, or as one with a slash between them.
pub(super) fn range(texts: &[String]) -> Result<Vec<String>, InvalidDay> {
    let (start, end) = match texts {
        [both] => both.split_once('/').ok_or(InvalidDay::NotTwo)?,
        [start, end] => (start.as_str(), end.as_str()),
        _ => return Err(InvalidDay::NotTwo),
    };
    let (start, end) = (day(start)?, day(end)?);
    if end < start {
        return Err(InvalidDay::Backwards { start, end });
    }
    Ok(vec![start, end])
}

/// A time of day, as `09:30:00`; seconds may be left out.
pub(super) fn time(text: &str) -> Result<String, InvalidDay> {
    let fault = || InvalidDay::Time(quote(text));
    let trimmed = text.trim();
    let [hour, minute, second] = digits(trimmed, ':', [2, 2, 2])
        .or_else(|| digits(&format!("{trimmed}:00"), ':', [2, 2, 2]))
        .ok_or_else(fault)?;
    let time = Time::new(hour as i8, minute as i8, second as i8, 0).map_err(|_| fault())?;
    Ok(time.to_string())
}

/// Three numbers of so many digits each.
fn digits(text: &str, between: char, lens: [usize; 3]) -> Option<[i16; 3]> {
    let mut parts = text.split(between);
    let mut numbers = [0; 3];
    for (number, len) in numbers.iter_mut().zip(lens) {
        let part = parts.next().filter(|part| part.len() == len)?;
        let all_digits = part.bytes().all(|byte| byte.is_ascii_digit());
        *number = Some(part).filter(|_| all_digits)?.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}
