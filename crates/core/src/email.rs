//! An e-mail address, the key by which contacts are found.
//!
//! Knows nothing about which domains are public mail providers, and nothing about sending.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use idna::uts46::Hyphens;
use serde::Serialize;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain_name::{DomainName, InvalidHost, to_ascii};
use crate::text::{is_invisible, name_of, quote};

/// Lower-casing and composing leave at least an eighth of the bytes, so nothing longer than this can fit.
const LOCAL_TYPED_LEN_BYTES_MAX: usize = 8 * Email::LOCAL_LEN_BYTES_MAX;

/// An e-mail address, such as `jane@acme.com`: lower case, local part in Unicode normal form C, domain part in
/// ASCII, so that two values are equal exactly when they are the same contact's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Email(String);

/// Why a text is not an e-mail address. The message follows the name of the field. The variants hold the text
/// as [`quote`] shows it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidEmail {
    /// Nothing but white space.
    #[error("is empty; send an e-mail address such as jane@acme.com")]
    Empty,
    /// `Jane Doe <jane@acme.com>`.
    #[error("is not a bare e-mail address: {0} has angle brackets; send only jane@acme.com")]
    DisplayName(String),
    /// `mailto:jane@acme.com`.
    #[error("is not a bare e-mail address: {0} starts with mailto:; send only jane@acme.com")]
    Mailto(String),
    /// No `@`.
    #[error("is not an e-mail address: {0} has no @; send something like jane@acme.com")]
    NoAt(String),
    /// More than one `@`.
    #[error("is not an e-mail address: {0} has more than one @; send one address")]
    ManyAt(String),
    /// `@acme.com`.
    #[error(
        "is not an e-mail address: {0} has nothing before the @; send something like jane@acme.com"
    )]
    LocalEmpty(String),
    /// `"a b"@acme.com`: the standard has such addresses, the contract has not.
    #[error("is not supported: {0} has a quoted local part; send something like jane@acme.com")]
    LocalQuoted(String),
    /// A local part longer than [`Email::LOCAL_LEN_BYTES_MAX`].
    #[error(
        "is not an e-mail address: {0} has more than {max} bytes before the @",
        max = Email::LOCAL_LEN_BYTES_MAX
    )]
    LocalTooLong(String),
    /// A dot at an end of the local part, or two in a row.
    #[error(
        "is not an e-mail address: {0} has a dot first, last or twice in a row before the @; \
         send something like jane.doe@acme.com"
    )]
    LocalDots(String),
    /// A character that a local part cannot have, or a control character anywhere.
    #[error(
        "is not an e-mail address: {text} contains the character {}; \
         send something like jane@acme.com",
        name_of(*.character)
    )]
    Character {
        /// The text, quoted.
        text: String,
        /// The first such character.
        character: char,
    },
    /// `jane@[127.0.0.1]`.
    #[error(
        "is not supported: {0} has an address literal after the @; send something like jane@acme.com"
    )]
    AddressLiteral(String),
    /// The part after the `@` is not a host name.
    #[error(
        "is not an e-mail address: in {text} the part after the @ {fault}; send something like jane@acme.com"
    )]
    Domain {
        /// The text, quoted.
        text: String,
        /// What is wrong with its domain part.
        fault: InvalidHost,
    },
    /// Longer than [`Email::LEN_BYTES_MAX`] in normal form.
    #[error(
        "is not an e-mail address: {0} is longer than {max} bytes",
        max = Email::LEN_BYTES_MAX
    )]
    TooLong(String),
}

impl Email {
    /// Longest address accepted, in bytes of its normal form (RFC 5321, section 4.5.3.1.3, less the brackets).
    pub const LEN_BYTES_MAX: usize = 254;

    /// Longest local part accepted, in bytes of its normal form (RFC 5321, section 4.5.3.1.1).
    pub const LOCAL_LEN_BYTES_MAX: usize = 64;

    /// The whole address, such as `jane@acme.com`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the `@`, in ASCII, such as `mail.acme.com`.
    pub fn domain_part(&self) -> &str {
        let (_, domain) = self.0.split_once('@').expect("an address has one @");
        domain
    }

    /// The company's domain behind the address, public mail providers not excepted; `None` where its domain
    /// part cannot be an account's domain, as in `jane@co.uk`.
    ///
    /// ```
    /// # use lanekeeper_core::email::{Email, InvalidEmail};
    /// let jane: Email = "jane@www.acme.com".parse()?;
    /// assert_eq!(jane.domain().unwrap().as_str(), "acme.com");
    /// assert_eq!("jane@co.uk".parse::<Email>()?.domain(), None);
    /// # Ok::<(), InvalidEmail>(())
    /// ```
    pub fn domain(&self) -> Option<DomainName> {
        self.domain_part().parse().ok()
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    /// Reads a bare address. Reading what this wrote changes nothing.
    ///
    /// The local part is a dot-atom (RFC 5322, section 3.2.3), in which letters, digits and marks of any
    /// script may stand. Tags stay: `jane+tag@acme.com` is another contact than `jane@acme.com`.
    ///
    /// # Errors
    /// [`InvalidEmail`] names the rule that failed and quotes the text.
    ///
    /// ```
    /// # use lanekeeper_core::email::{Email, InvalidEmail};
    /// let jane: Email = " Jane@ACME.com ".parse()?;
    /// assert_eq!(jane.as_str(), "jane@acme.com");
    ///
    /// let refused = "jane@acme".parse::<Email>().unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "is not an e-mail address: in 'jane@acme' the part after the @ has no dot; \
    ///      send something like jane@acme.com",
    /// );
    /// # Ok::<(), InvalidEmail>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        check_form(text)?;
        let (local, domain) = split_at_sign(text)?;
        let local = read_local(text, local)?;
        let domain = read_domain(text, domain)?;
        let address = format!("{local}@{domain}");
        if address.len() > Self::LEN_BYTES_MAX {
            return Err(InvalidEmail::TooLong(quote(text)));
        }
        Ok(Self(address))
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Tells the common ways to send more than the bare address, for a better message than "has a space".
fn check_form(text: &str) -> Result<(), InvalidEmail> {
    let is_mailto = || {
        text.get(..7)
            .is_some_and(|start| start.eq_ignore_ascii_case("mailto:"))
    };
    if text.is_empty() {
        Err(InvalidEmail::Empty)
    } else if let Some(character) = text.chars().find(|character| character.is_control()) {
        Err(invalid_character(text, character))
    } else if text.contains(['<', '>']) {
        Err(InvalidEmail::DisplayName(quote(text)))
    } else if text.starts_with('"') {
        Err(InvalidEmail::LocalQuoted(quote(text)))
    } else if is_mailto() {
        Err(InvalidEmail::Mailto(quote(text)))
    } else {
        Ok(())
    }
}

fn split_at_sign(text: &str) -> Result<(&str, &str), InvalidEmail> {
    match text.split_once('@') {
        None => Err(InvalidEmail::NoAt(quote(text))),
        Some((_, domain)) if domain.contains('@') => Err(InvalidEmail::ManyAt(quote(text))),
        Some(("", _)) => Err(InvalidEmail::LocalEmpty(quote(text))),
        Some(parts) => Ok(parts),
    }
}

fn read_local(text: &str, local: &str) -> Result<String, InvalidEmail> {
    // Keeps the work of normalising off absurd input.
    if local.len() > LOCAL_TYPED_LEN_BYTES_MAX {
        return Err(InvalidEmail::LocalTooLong(quote(text)));
    }
    let local = local_normal_form(local);
    if local.len() > Email::LOCAL_LEN_BYTES_MAX {
        return Err(InvalidEmail::LocalTooLong(quote(text)));
    }
    if local.split('.').any(str::is_empty) {
        return Err(InvalidEmail::LocalDots(quote(text)));
    }
    match local.chars().find(|character| !is_local(*character)) {
        Some(character) => Err(invalid_character(text, character)),
        None => Ok(local),
    }
}

/// Lower case, and of the ways to write one letter the composed one, so that a contact is not made twice.
fn local_normal_form(local: &str) -> String {
    if local.is_ascii() {
        local.to_ascii_lowercase()
    } else {
        local.to_lowercase().nfc().collect()
    }
}

fn is_local(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(character)
    } else {
        // Not every letter can be seen: the Hangul fillers cannot.
        (character.is_alphanumeric() || is_combining_mark(character)) && !is_invisible(character)
    }
}

/// `Hyphens::CheckFirstLast`, since mail goes to `r3---sn.acme.com` although no company has such a domain.
fn read_domain(text: &str, domain: &str) -> Result<String, InvalidEmail> {
    if domain.starts_with('[') {
        return Err(InvalidEmail::AddressLiteral(quote(text)));
    }
    to_ascii(domain, Hyphens::CheckFirstLast).map_err(|fault| InvalidEmail::Domain {
        text: quote(text),
        fault,
    })
}

fn invalid_character(text: &str, character: char) -> InvalidEmail {
    InvalidEmail::Character {
        text: quote(text),
        character,
    }
}
