//! Which numbers a double holds.

use super::SIGNIFICANT_DIGITS_MAX;
use super::fault::shown_number;

/// A number as it is written.
pub(super) struct Number<'a> {
    pub(super) literal: &'a str,
    /// The minus sign, if any, and the digits before the decimal point.
    pub(super) integer: &'a str,
    /// The digits after the decimal point, if any.
    pub(super) fraction: &'a str,
    pub(super) has_exponent: bool,
}

/// How a double takes a number.
pub(super) enum Fit {
    Exact,
    TooLarge,
    TooManyDigits,
}

impl Number<'_> {
    /// A number of so few digits keeps every rule. Nearly all are, so this saves reading them twice.
    const SHORT_LEN_BYTES_MAX: usize = 15;

    pub(super) fn fit(&self) -> Fit {
        if !self.has_exponent && self.literal.len() <= Self::SHORT_LEN_BYTES_MAX {
            return Fit::Exact;
        }
        // serde_json is the judge, because its reading is the one that counts: unless it is built with
        // `float_roundtrip`, it may miss the nearest double.
        let Ok(double) = serde_json::from_str::<f64>(self.literal) else {
            return Fit::TooLarge;
        };
        let is_exact = if self.is_plainly_whole() {
            format!("{double:.0}") == self.integer
        } else {
            self.significant_digits() <= SIGNIFICANT_DIGITS_MAX
        };
        if is_exact {
            Fit::Exact
        } else {
            Fit::TooManyDigits
        }
    }

    /// Is an integer, with `.0` or without. `1e3` is one too, but whoever writes an exponent means a double.
    fn is_plainly_whole(&self) -> bool {
        !self.has_exponent && self.fraction.bytes().all(|digit| digit == b'0')
    }

    fn significant_digits(&self) -> usize {
        let digits = self.integer.bytes().chain(self.fraction.bytes());
        let digits = digits.filter(u8::is_ascii_digit);
        let zeros_first = digits.clone().take_while(|&digit| digit == b'0').count();
        let zeros_last = digits
            .clone()
            .rev()
            .take_while(|&digit| digit == b'0')
            .count();
        // Of zero itself both are all digits.
        digits.count().saturating_sub(zeros_first + zeros_last)
    }

    pub(super) fn shown(&self) -> String {
        shown_number(self.literal)
    }
}
