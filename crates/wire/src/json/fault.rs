//! Why a body is refused, and how its sender is told.

use std::borrow::Cow;
use std::fmt;

use super::{DEPTH_MAX, KEY_LEN_BYTES_MAX, MEMBERS_MAX};

/// Why a body is refused. Displayed, it is a message for the caller that names the place and has at most
/// 300 characters, whatever the body holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// Latin-1, UTF-16, an overlong form, an encoded surrogate. `at` counts bytes from 0.
    #[error("the body is not valid UTF-8 (at byte {at})")]
    NotUtf8 {
        /// The first bad byte.
        at: usize,
    },
    /// U+FEFF comes first, which RFC 8259 forbids to send.
    #[error("the body begins with a byte order mark; send UTF-8 without one")]
    ByteOrderMark,
    /// Not JSON.
    #[error("malformed JSON {0}")]
    Malformed(Syntax, Pointer),
    /// Two keys of one object are equal after unescaping.
    #[error("{0} is given more than once")]
    DuplicateKey(Pointer),
    /// `\u0000` in a text or a key.
    #[error("{0} contains a NUL character, which cannot be stored")]
    NulCharacter(Pointer),
    /// More than [`DEPTH_MAX`] objects and arrays inside each other.
    #[error("{0} is nested deeper than {DEPTH_MAX} levels")]
    TooDeep(Pointer),
    /// More than [`MEMBERS_MAX`] members in one object.
    #[error("{0} has more than {MEMBERS_MAX} members")]
    TooManyMembers(Pointer),
    /// A key of more than [`KEY_LEN_BYTES_MAX`] bytes.
    #[error("the key {0} is longer than {KEY_LEN_BYTES_MAX} bytes")]
    KeyTooLong(Pointer),
    /// A number beyond the largest double, about 1.8e308. The text is the number as sent, shortened.
    #[error("{0} is too large for a 64-bit floating-point number: {1}")]
    NumberOutOfRange(Pointer, String),
    /// A number that a double would change. The text is the number as sent, shortened.
    #[error("{0} has more digits than a 64-bit floating-point number keeps: {1}")]
    NumberNotExact(Pointer, String),
}

impl JsonFault {
    /// The fault's name for programs, as in the answer's `code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } | Self::ByteOrderMark => "invalid_utf8",
            Self::Malformed(..) => "malformed_json",
            Self::DuplicateKey(_) => "duplicate_key",
            Self::NulCharacter(_) => "nul_character",
            Self::TooDeep(_) => "too_deep",
            Self::TooManyMembers(_) => "too_many_members",
            Self::KeyTooLong(_) => "key_too_long",
            Self::NumberOutOfRange(..) => "number_out_of_range",
            Self::NumberNotExact(..) => "number_not_exact",
        }
    }

    /// The path of the key or value at fault, such as `opportunity.custom_attributes.a` or
    /// `3.opportunity.close_date`; in malformed JSON, of the value or object that reading had come to.
    /// `None` at top level.
    ///
    /// For people to read: an empty key is `""`, control characters are escaped, long keys and paths are
    /// shortened with `…` to at most 100 characters.
    pub fn pointer(&self) -> Option<&str> {
        let pointer = match self {
            Self::NotUtf8 { .. } | Self::ByteOrderMark => return None,
            Self::Malformed(_, pointer)
            | Self::DuplicateKey(pointer)
            | Self::NulCharacter(pointer)
            | Self::TooDeep(pointer)
            | Self::TooManyMembers(pointer)
            | Self::KeyTooLong(pointer)
            | Self::NumberOutOfRange(pointer, _)
            | Self::NumberNotExact(pointer, _) => pointer,
        };
        Some(pointer.0.as_str()).filter(|path| !path.is_empty())
    }
}

/// A path as [`JsonFault::pointer`] gives it, displayed in quotes, or as "the body" at top level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer(String);

impl Pointer {
    const LEN_CHARS_MAX: usize = 100;

    pub(super) fn new<'k>(keys: impl Iterator<Item = Cow<'k, str>>) -> Self {
        let keys: Vec<String> = keys.map(|key| shown_key(&key)).collect();
        let path = keys.join(".");
        let len_chars = path.chars().count();
        if len_chars <= Self::LEN_CHARS_MAX {
            return Self(path);
        }
        // Both ends help most: the member that the reader knows, and the value at fault.
        let tail_chars = KEY_CHARS_MAX + 1;
        let head = path.chars().take(Self::LEN_CHARS_MAX - 1 - tail_chars);
        let tail = path.chars().skip(len_chars - tail_chars);
        Self(head.chain(['…']).chain(tail).collect())
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "" => f.write_str("the body"),
            path => write!(f, "'{path}'"),
        }
    }
}

const KEY_CHARS_MAX: usize = 40;

/// A caller's key in a path for people: `""` if it is empty, control characters escaped, a long one shortened.
pub(crate) fn shown_key(key: &str) -> String {
    match key {
        "" => "\"\"".to_owned(),
        _ => shortened(key, KEY_CHARS_MAX),
    }
}

const NUMBER_CHARS_MAX: usize = 40;

/// `literal` as [`JsonFault::NumberOutOfRange`] and [`JsonFault::NumberNotExact`] show it.
pub(super) fn shown_number(literal: &str) -> String {
    shortened(literal, NUMBER_CHARS_MAX)
}

/// `text` for a message: control characters escaped, and cut to `chars_max` characters with `…` at the end.
fn shortened(text: &str, chars_max: usize) -> String {
    let mut shown = String::new();
    // One more than there is room for, to see whether something is left out.
    for c in text.chars().take(chars_max + 1) {
        if c.is_control() {
            shown.extend(format!("\\u{:04x}", u32::from(c)).chars());
        } else {
            shown.push(c);
        }
    }
    if shown.chars().count() > chars_max {
        shown = shown.chars().take(chars_max - 1).chain(['…']).collect();
    }
    shown
}

/// Where a text stops being JSON, what ought to stand there, and what does. Counts bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syntax {
    pub(super) at: usize,
    pub(super) expected: &'static str,
    pub(super) found: Found,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    End,
    Char(char),
    HalfSurrogatePair,
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at,
            expected,
            found,
        } = self;
        write!(f, "at byte {at}: expected {expected}, found ")?;
        match found {
            Found::End => f.write_str("the end of the body"),
            Found::Char('\'') => f.write_str("a single quote"),
            Found::Char(c) if c.is_control() => write!(f, "U+{:04X}", u32::from(*c)),
            Found::Char(c) => write!(f, "'{c}'"),
            Found::HalfSurrogatePair => f.write_str("half of one"),
        }
    }
}
