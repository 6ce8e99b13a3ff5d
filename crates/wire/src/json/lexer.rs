//! Bytes to strings, numbers and words.

use std::borrow::Cow;

use super::fault::{Found, Syntax};
use super::number::Number;

/// The strings, numbers and words of JSON, wherever they stand.
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// The next byte. Between calls, and where a fault is found, a character begins here.
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space.
    pub(super) fn peek_token(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    /// Goes past the next byte, which is known to be there.
    pub(super) fn skip_byte(&mut self) {
        self.at += 1;
    }

    /// Goes past `byte` if it comes next. Says whether it did.
    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn eat_token(&mut self, byte: u8) -> bool {
        self.peek_token();
        self.eat(byte)
    }

    pub(super) fn unexpected(&self, expected: &'static str) -> Syntax {
        let next = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next());
        Syntax {
            at: self.at,
            expected,
            found: next.map_or(Found::End, Found::Char),
        }
    }

    pub(super) fn word(&mut self, word: &str, expected: &'static str) -> Result<(), Syntax> {
        if !word.bytes().all(|byte| self.eat(byte)) {
            return Err(self.unexpected(expected));
        }
        Ok(())
    }

    /// Reads the string whose opening quote comes next.
    pub(super) fn string(&mut self) -> Result<Text<'a>, Syntax> {
        let begin = self.at;
        let (mut has_escape, mut has_nul) = (false, false);
        self.at += 1;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escape = true;
                    has_nul |= self.escape()?;
                }
                Some(_) => {
                    let expected = r"a control character to be escaped, as '\n' or '\u000a'";
                    return Err(self.unexpected(expected));
                }
                None => return Err(self.unexpected("the closing double quote")),
            }
        }
        self.at += 1;
        let quoted = &self.text[begin..self.at];
        Ok(Text {
            quoted,
            has_escape,
            has_nul,
        })
    }

    /// Goes to the next byte that a string does not hold as it is.
    fn skip_plain(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let ends_here = |&byte: &u8| byte == b'"' || byte == b'\\' || byte < 0x20;
        self.at += rest.iter().position(ends_here).unwrap_or(rest.len());
    }

    /// Reads the escape whose backslash comes next. Says whether it stands for NUL.
    fn escape(&mut self) -> Result<bool, Syntax> {
        let begin = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                return Ok(false);
            }
            Some(b'u') => self.at += 1,
            _ => return Err(self.unexpected(r#"one of " \ / b f n r t u after the backslash"#)),
        }
        let unit = self.code_unit()?;
        let is_whole = match unit {
            0xD800..=0xDBFF => {
                self.eat(b'\\') && self.eat(b'u') && matches!(self.code_unit()?, 0xDC00..=0xDFFF)
            }
            0xDC00..=0xDFFF => false,
            _ => true,
        };
        if !is_whole {
            return Err(Syntax {
                at: begin,
                expected: r"a surrogate pair such as '\ud83d\ude00'",
                found: Found::HalfSurrogatePair,
            });
        }
        Ok(unit == 0)
    }

    fn code_unit(&mut self) -> Result<u32, Syntax> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected(r"four hexadecimal digits after '\u'"));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    /// Reads the number whose minus sign or first digit comes next.
    pub(super) fn number(&mut self) -> Result<Number<'a>, Syntax> {
        let begin = self.at;
        self.eat(b'-');
        if self.eat(b'0') {
            if let Some(b'0'..=b'9') = self.peek() {
                return Err(self.unexpected("a number without leading zeros"));
            }
        } else {
            self.digits("a digit after the minus sign")?;
        }
        let integer = &self.text[begin..self.at];
        let mut fraction = "";
        if self.eat(b'.') {
            let digits_begin = self.at;
            self.digits("a digit after the decimal point")?;
            fraction = &self.text[digits_begin..self.at];
        }
        let has_exponent = self.eat(b'e') || self.eat(b'E');
        if has_exponent {
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.digits("a digit in the exponent")?;
        }
        Ok(Number {
            literal: &self.text[begin..self.at],
            integer,
            fraction,
            has_exponent,
        })
    }

    fn digits(&mut self, expected: &'static str) -> Result<(), Syntax> {
        let begin = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == begin {
            return Err(self.unexpected(expected));
        }
        Ok(())
    }
}

/// A string as it is written.
pub(super) struct Text<'a> {
    quoted: &'a str,
    has_escape: bool,
    pub(super) has_nul: bool,
}

impl<'a> Text<'a> {
    pub(super) fn unescaped(&self) -> Cow<'a, str> {
        if self.has_escape {
            // Exactly the text that serde_json will read.
            let text = serde_json::from_str(self.quoted);
            return Cow::Owned(text.expect("the lexer let only valid escapes through"));
        }
        Cow::Borrowed(&self.quoted[1..self.quoted.len() - 1])
    }
}
