//! A point in time as it is stored, compared and answered.
//!
//! Has no clock: whoever needs the present time is given it.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::text::quote;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const LAST_SECOND_OF_DAY: i64 = 86_399;

/// Furthest time accepted as a number, in seconds from the epoch: beyond it, it is surely milliseconds.
const UNIX_SECONDS_MAX: u64 = 100_000_000_000;

/// A point in time: microseconds since the Unix epoch, UTC, in the years 0001 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text or number is not a point in time. The message follows the name of the field. The variants hold
/// the text as [`quote`] shows it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidTimestamp {
    /// Not of the form `2026-05-25T09:30:03Z`.
    #[error("is not a date-time: {0}; send something like 2026-05-25T09:30:03Z")]
    Form(String),
    /// A date without a time of day.
    #[error("is a date without a time: {0}; send something like 2026-05-25T09:30:03Z")]
    NoTime(String),
    /// No `Z` and no offset at the end.
    #[error("has no time zone: {0}; end it with Z or an offset such as +02:00")]
    NoZone(String),
    /// February 30, hour 25, offset `+24:00`, or `:60` where no leap second can be.
    #[error("names a date, time or offset that does not exist: {0}")]
    NoSuchTime(String),
    /// Outside the years 0001 to 9999, as written or in UTC.
    #[error("is outside the years 0001 to 9999: {0}")]
    Year(String),
    /// A number of seconds beyond ±10¹¹.
    #[error("looks like milliseconds; send seconds")]
    Milliseconds,
}

impl Timestamp {
    /// The first microsecond of year 0001.
    pub const MIN: Self = Self(-62_135_596_800 * MICROS_PER_SECOND);

    /// The last microsecond of year 9999.
    pub const MAX: Self = Self(253_402_300_800 * MICROS_PER_SECOND - 1);

    /// From microseconds since the Unix epoch; what is beyond [`Self::MIN`] or [`Self::MAX`] becomes that.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the Unix epoch; negative before 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// From seconds since the Unix epoch, as callers send them.
    ///
    /// # Errors
    /// [`InvalidTimestamp::Milliseconds`] as for [`unix_seconds`], [`InvalidTimestamp::Year`] before year 0001.
    ///
    /// ```
    /// # use lanekeeper_core::timestamp::{InvalidTimestamp, Timestamp};
    /// assert_eq!(Timestamp::from_unix_seconds(-1)?.to_string(), "1969-12-31T23:59:59.000000Z");
    /// assert_eq!(Timestamp::from_unix_seconds(1_779_701_403_000), Err(InvalidTimestamp::Milliseconds));
    /// # Ok::<(), InvalidTimestamp>(())
    /// ```
    pub fn from_unix_seconds(seconds: i64) -> Result<Self, InvalidTimestamp> {
        let micros = unix_seconds(seconds)? * MICROS_PER_SECOND;
        in_range(micros).ok_or_else(|| InvalidTimestamp::Year(quote(&seconds.to_string())))
    }

    /// The ISO 8601 text in ASCII, without a heap allocation.
    fn iso(self) -> [u8; 27] {
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let (year, month, day) = civil_from_days(self.0.div_euclid(MICROS_PER_DAY));
        let micros = self.0.rem_euclid(MICROS_PER_DAY);
        let seconds = micros / MICROS_PER_SECOND;
        put(&mut text[0..4], year);
        put(&mut text[5..7], month);
        put(&mut text[8..10], day);
        put(&mut text[11..13], seconds / 3_600);
        put(&mut text[14..16], seconds / 60 % 60);
        put(&mut text[17..19], seconds % 60);
        put(&mut text[20..26], micros % MICROS_PER_SECOND);
        text
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Reads an ISO 8601 date-time with a zone: `2026-05-25T09:30:03.285099Z`, `2026-05-25T11:30+02:00`.
    ///
    /// Seconds and fraction may be absent; of a fraction six digits count, the rest is cut off. Offsets are
    /// `±hh:mm`, `±hhmm` or `±hh`; `-00:00` is UTC. A leap second, `23:59:60` in UTC, is the second before it.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] names the rule that failed and quotes the text.
    ///
    /// ```
    /// # use lanekeeper_core::timestamp::{InvalidTimestamp, Timestamp};
    /// let time: Timestamp = "2026-05-25T11:30:03+02:00".parse()?;
    /// assert_eq!(time.to_string(), "2026-05-25T09:30:03.000000Z");
    ///
    /// let refused = "2026-05-25T11:30:03".parse::<Timestamp>().unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "has no time zone: '2026-05-25T11:30:03'; end it with Z or an offset such as +02:00",
    /// );
    /// # Ok::<(), InvalidTimestamp>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let written = read(text)?;
        if written.year == 0 {
            return Err(InvalidTimestamp::Year(quote(text)));
        }
        let micros = written
            .micros()
            .ok_or_else(|| InvalidTimestamp::NoSuchTime(quote(text)))?;
        in_range(micros).ok_or_else(|| InvalidTimestamp::Year(quote(text)))
    }
}

impl fmt::Display for Timestamp {
    /// Always six fractional digits, so that texts sort as times do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(as_text(&self.iso()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(as_text(&self.iso()))
    }
}

/// Checks a date that is a number of seconds since the Unix epoch, and returns it.
///
/// # Errors
/// [`InvalidTimestamp::Milliseconds`] beyond ±10¹¹.
///
/// ```
/// # use lanekeeper_core::timestamp::{InvalidTimestamp, unix_seconds};
/// assert_eq!(unix_seconds(1_779_701_403), Ok(1_779_701_403));
/// assert_eq!(unix_seconds(1_779_701_403_000), Err(InvalidTimestamp::Milliseconds));
/// ```
pub fn unix_seconds(seconds: i64) -> Result<i64, InvalidTimestamp> {
    if seconds.unsigned_abs() > UNIX_SECONDS_MAX {
        return Err(InvalidTimestamp::Milliseconds);
    }
    Ok(seconds)
}

fn in_range(micros: i64) -> Option<Timestamp> {
    (Timestamp::MIN.0..=Timestamp::MAX.0)
        .contains(&micros)
        .then_some(Timestamp(micros))
}

/// A date-time as written: digits in the right places, not yet known to exist.
struct Written {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    fraction_micros: i64,
    offset: Offset,
}

struct Offset {
    sign: i64,
    hours: i64,
    minutes: i64,
}

impl Written {
    /// Microseconds since the epoch, or `None` if there is no such time.
    fn micros(&self) -> Option<i64> {
        let is_leap_second = self.second == 60;
        let second = if is_leap_second { 59 } else { self.second };
        let civil = DateTime::new(
            i16::try_from(self.year).ok()?,
            i8::try_from(self.month).ok()?,
            i8::try_from(self.day).ok()?,
            i8::try_from(self.hour).ok()?,
            i8::try_from(self.minute).ok()?,
            i8::try_from(second).ok()?,
            0,
        )
        .ok()?;
        let seconds = civil.duration_since(EPOCH).as_secs() - self.offset.seconds()?;
        if is_leap_second && seconds.rem_euclid(86_400) != LAST_SECOND_OF_DAY {
            return None;
        }
        Some(seconds * MICROS_PER_SECOND + self.fraction_micros)
    }
}

impl Offset {
    const UTC: Self = Self {
        sign: 1,
        hours: 0,
        minutes: 0,
    };

    fn seconds(&self) -> Option<i64> {
        (self.hours < 24 && self.minutes < 60)
            .then(|| self.sign * (self.hours * 3_600 + self.minutes * 60))
    }
}

fn read(text: &str) -> Result<Written, InvalidTimestamp> {
    let form = || InvalidTimestamp::Form(quote(text));
    let mut reader = Reader { rest: text };
    // ISO 8601's expanded years.
    if reader.sign().is_some() && reader.number(4).is_some() {
        return Err(InvalidTimestamp::Year(quote(text)));
    }
    let (year, month, day) = reader.date().ok_or_else(form)?;
    if reader.rest.is_empty() {
        return Err(InvalidTimestamp::NoTime(quote(text)));
    }
    let (hour, minute, second, fraction_micros) = reader.time().ok_or_else(form)?;
    if reader.rest.is_empty() {
        return Err(InvalidTimestamp::NoZone(quote(text)));
    }
    let offset = reader.offset().ok_or_else(form)?;
    if !reader.rest.is_empty() {
        return Err(form());
    }
    Ok(Written {
        year,
        month,
        day,
        hour,
        minute,
        second,
        fraction_micros,
        offset,
    })
}

/// Takes a date-time from the front of a text, piece by piece.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn date(&mut self) -> Option<(i64, i64, i64)> {
        let year = self.number(4)?;
        self.one_of(&['-'])?;
        let month = self.number(2)?;
        self.one_of(&['-'])?;
        Some((year, month, self.number(2)?))
    }

    fn time(&mut self) -> Option<(i64, i64, i64, i64)> {
        self.one_of(&['T', 't', ' '])?;
        let hour = self.number(2)?;
        self.one_of(&[':'])?;
        let minute = self.number(2)?;
        if self.one_of(&[':']).is_none() {
            return Some((hour, minute, 0, 0));
        }
        let second = self.number(2)?;
        let fraction_micros = match self.one_of(&['.', ',']) {
            Some(_) => self.fraction_micros()?,
            None => 0,
        };
        Some((hour, minute, second, fraction_micros))
    }

    fn offset(&mut self) -> Option<Offset> {
        if self.one_of(&['Z', 'z']).is_some() {
            return Some(Offset::UTC);
        }
        let sign = self.sign()?;
        let hours = self.number(2)?;
        let has_minutes = self.one_of(&[':']).is_some() || !self.rest.is_empty();
        let minutes = if has_minutes { self.number(2)? } else { 0 };
        Some(Offset {
            sign,
            hours,
            minutes,
        })
    }

    fn sign(&mut self) -> Option<i64> {
        self.one_of(&['+', '-'])
            .map(|sign| if sign == '-' { -1 } else { 1 })
    }

    /// One digit or more, of which six count.
    fn fraction_micros(&mut self) -> Option<i64> {
        let not_digit = |character: char| !character.is_ascii_digit();
        let len = self.rest.find(not_digit).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(len);
        self.rest = rest;
        let counted = &digits[..len.min(6)];
        let scale = 10_i64.pow(6 - u32::try_from(counted.len()).ok()?);
        counted.parse::<i64>().ok().map(|number| number * scale)
    }

    fn number(&mut self, len: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(len)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.rest = rest;
        digits.parse().ok()
    }

    fn one_of(&mut self, characters: &[char]) -> Option<char> {
        let first = self.rest.chars().next()?;
        self.rest = self.rest.strip_prefix(characters)?;
        Some(first)
    }
}

/// Year, month and day of the proleptic Gregorian calendar, from days since the epoch: `civil_from_days` of
/// <https://howardhinnant.github.io/date_algorithms.html>, where the year begins in March.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468; // from 0000-03-01
    let era = days.div_euclid(146_097); // 400 years
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

fn put(digits: &mut [u8], mut number: i64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn as_text(iso: &[u8; 27]) -> &str {
    str::from_utf8(iso).expect("digits and punctuation are ASCII")
}
