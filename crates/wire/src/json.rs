//! The strict look at a JSON body before serde_json reads the same bytes.
//!
//! serde_json keeps the last of two equal keys, rounds long numbers, lets NUL through and nests 127 deep.
//! [`check`] refuses all that in one pass and without recursion, so that nothing a caller sends is changed
//! in silence and no body exhausts the stack. What it accepts, serde_json accepts.
//!
//! It knows nothing about requests, their members and types: which value belongs where is decided later.

mod fault;
mod keys;
mod lexer;
mod number;
mod open;
#[cfg(test)]
mod tests;

pub(crate) use fault::shown_key;
pub use fault::{JsonFault, Pointer, Syntax};

use lexer::{Lexer, Text};
use number::Fit;
use open::{Kind, Open};

/// Deepest nesting accepted: the outermost object or array is level 1, and plain values add none.
pub const DEPTH_MAX: usize = 32;

/// Most members accepted in one object.
pub const MEMBERS_MAX: usize = 10_000;

/// Longest key accepted, in bytes of UTF-8 after unescaping.
pub const KEY_LEN_BYTES_MAX: usize = 1_000;

/// Most significant digits accepted in a number with an exponent, or with a fraction that is not all zeros.
/// 17 tell any double from its neighbours; what is written with more has digits that a double drops.
pub const SIGNIFICANT_DIGITS_MAX: usize = 17;

/// Checks that `bytes` are one JSON text (RFC 8259) in UTF-8, inside the limits above, without duplicate
/// keys, NUL characters and numbers that a double cannot hold.
///
/// A number without exponent whose fraction, if it has one, is all zeros must be a double exactly: 2^53 and
/// 2^63 are, 2^53 + 1 is not, nor is `9007199254740993.0`. Any other number is read as a double, `1e-400` as
/// zero.
///
/// # Errors
/// The first fault in the order of the bytes, except that text which is not UTF-8 is refused as such
/// wherever its bad byte stands.
///
/// ```
/// # use lanekeeper_wire::json::check;
/// assert_eq!(check(br#"{"name": "Acme", "deal_size": 1200.50}"#), Ok(()));
///
/// let fault = check(br#"{"opportunity": {"name": "a", "n\u0061me": "b"}}"#).unwrap_err();
/// assert_eq!((fault.code(), fault.pointer()), ("duplicate_key", Some("opportunity.name")));
/// ```
pub fn check(bytes: &[u8]) -> Result<(), JsonFault> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(JsonFault::ByteOrderMark);
    }
    let text = str::from_utf8(bytes).map_err(|error| JsonFault::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    Checker::new(text).document()
}

/// The walk over one text: how values follow each other, and the rules that need to know where we are.
struct Checker<'a> {
    lexer: Lexer<'a>,
    open: Open<'a>,
}

/// What comes next in a text.
enum Step {
    Value,
    /// What may follow a complete value: a comma, a closing bracket, the end of the text.
    AfterValue,
    Nothing,
}

impl<'a> Checker<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            lexer: Lexer::new(text),
            open: Open::new(),
        }
    }

    fn document(mut self) -> Result<(), JsonFault> {
        let mut next = Step::Value;
        loop {
            next = match next {
                Step::Value => self.value()?,
                Step::AfterValue => self.after_value()?,
                Step::Nothing => return Ok(()),
            };
        }
    }

    fn value(&mut self) -> Result<Step, JsonFault> {
        let first = self.lexer.peek_token();
        let read = match first {
            Some(b'{') => return self.object(),
            Some(b'[') => return self.array(),
            Some(b'"') => return self.text(),
            Some(b'-' | b'0'..=b'9') => return self.number(),
            Some(b't') => self.lexer.word("true", "'true'"),
            Some(b'f') => self.lexer.word("false", "'false'"),
            Some(b'n') => self.lexer.word("null", "'null'"),
            other => Err(self.lexer.unexpected(value_wanted(other))),
        };
        read.map_err(|syntax| self.malformed(syntax))?;
        Ok(Step::AfterValue)
    }

    fn object(&mut self) -> Result<Step, JsonFault> {
        self.enter(Kind::Object)?;
        if self.lexer.eat_token(b'}') {
            self.open.leave();
            return Ok(Step::AfterValue);
        }
        self.name("a key in double quotes or '}'")
    }

    fn array(&mut self) -> Result<Step, JsonFault> {
        self.enter(Kind::Array)?;
        if self.lexer.eat_token(b']') {
            self.open.leave();
            return Ok(Step::AfterValue);
        }
        self.open.count_one();
        Ok(Step::Value)
    }

    /// Goes past the opening bracket that comes next.
    fn enter(&mut self, kind: Kind) -> Result<(), JsonFault> {
        if !self.open.enter(kind) {
            return Err(JsonFault::TooDeep(self.open.here()));
        }
        self.lexer.skip_byte();
        Ok(())
    }

    fn after_value(&mut self) -> Result<Step, JsonFault> {
        let next = self.lexer.peek_token();
        let expected = match (self.open.innermost(), next) {
            (None, None) => return Ok(Step::Nothing),
            (None, Some(_)) => "nothing after the body's one JSON value",
            (Some(kind), Some(b',')) => {
                self.lexer.skip_byte();
                return self.after_comma(kind);
            }
            (Some(Kind::Array), Some(b']')) | (Some(Kind::Object), Some(b'}')) => {
                self.lexer.skip_byte();
                self.open.leave();
                return Ok(Step::AfterValue);
            }
            (Some(Kind::Array), _) => "a comma or ']'",
            (Some(Kind::Object), _) => "a comma or '}'",
        };
        let syntax = self.lexer.unexpected(expected);
        Err(JsonFault::Malformed(syntax, self.open.around()))
    }

    fn after_comma(&mut self, kind: Kind) -> Result<Step, JsonFault> {
        match kind {
            Kind::Object => self.name("a key in double quotes after the comma"),
            Kind::Array => {
                self.open.count_one();
                if self.lexer.peek_token() == Some(b']') {
                    let syntax = self.lexer.unexpected("a value after the comma");
                    return Err(self.malformed(syntax));
                }
                Ok(Step::Value)
            }
        }
    }

    /// Reads a key and its colon.
    fn name(&mut self, expected: &'static str) -> Result<Step, JsonFault> {
        let text = match self.lexer.peek_token() {
            Some(b'"') => self.lexer.string(),
            _ => Err(self.lexer.unexpected(expected)),
        };
        let text = text.map_err(|syntax| JsonFault::Malformed(syntax, self.open.around()))?;
        self.admit(&text)?;
        if !self.lexer.eat_token(b':') {
            let syntax = self.lexer.unexpected("a colon after the key");
            return Err(self.malformed(syntax));
        }
        Ok(Step::Value)
    }

    fn admit(&mut self, text: &Text<'a>) -> Result<(), JsonFault> {
        let name = text.unescaped();
        let too_long = name.len() > KEY_LEN_BYTES_MAX;
        let is_new = self.open.add_name(name);
        if too_long {
            return Err(JsonFault::KeyTooLong(self.open.here()));
        }
        if text.has_nul {
            return Err(JsonFault::NulCharacter(self.open.here()));
        }
        if !is_new {
            return Err(JsonFault::DuplicateKey(self.open.here()));
        }
        if self.open.count() > MEMBERS_MAX {
            return Err(JsonFault::TooManyMembers(self.open.around()));
        }
        Ok(())
    }

    fn text(&mut self) -> Result<Step, JsonFault> {
        let text = self
            .lexer
            .string()
            .map_err(|syntax| self.malformed(syntax))?;
        if text.has_nul {
            return Err(JsonFault::NulCharacter(self.open.here()));
        }
        Ok(Step::AfterValue)
    }

    fn number(&mut self) -> Result<Step, JsonFault> {
        let number = self
            .lexer
            .number()
            .map_err(|syntax| self.malformed(syntax))?;
        let here = || self.open.here();
        match number.fit() {
            Fit::Exact => Ok(Step::AfterValue),
            Fit::TooLarge => Err(JsonFault::NumberOutOfRange(here(), number.shown())),
            Fit::TooManyDigits => Err(JsonFault::NumberNotExact(here(), number.shown())),
        }
    }

    fn malformed(&self, syntax: Syntax) -> JsonFault {
        JsonFault::Malformed(syntax, self.open.here())
    }
}

/// What is missing where a value ought to begin, with the reason if `found` shows what the writer meant.
fn value_wanted(found: Option<u8>) -> &'static str {
    match found {
        Some(b'\'') => "a value (text stands in double quotes)",
        Some(b'/' | b'#') => "a value (JSON has no comments)",
        Some(b'N' | b'I') => "a value (JSON has neither NaN nor Infinity)",
        Some(b'+' | b'.') => "a value (a number begins with a digit or a minus sign)",
        Some(b'T' | b'F') => "a value ('true' and 'false' are lower case)",
        _ => "a value",
    }
}
