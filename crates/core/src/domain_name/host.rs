//! Host names to ASCII: what a company's domain and the domain part of an e-mail address have in common.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use thiserror::Error;
use unicode_normalization::char::is_combining_mark;

use super::DomainName;
use crate::text::name_of;

/// The full stops that UTS 46 reads as a dot.
pub(super) const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

const LABEL_LEN_BYTES_MAX: usize = 63;

/// More than any valid name has in Unicode; keeps IDNA, whose cost grows with the text, off absurd input.
const TYPED_CHARS_MAX: usize = 1_000;

/// Why a host name is refused. The message follows the quoted text: "'a..b.com' has an empty label".
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidHost {
    /// Longer than [`DomainName::LEN_BYTES_MAX`] in ASCII.
    #[error("is longer than {} bytes", DomainName::LEN_BYTES_MAX)]
    TooLong,
    /// Two dots in a row, or a dot first.
    #[error("has an empty label")]
    EmptyLabel,
    /// A label longer than 63 bytes in ASCII.
    #[error("has a label longer than {LABEL_LEN_BYTES_MAX} bytes")]
    LabelTooLong,
    /// A character that no host name has.
    #[error("contains the character {}", name_of(*.0))]
    Character(char),
    /// A hyphen at an end of a label, or two where `xn--` has its.
    #[error("has a label with a hyphen first, last, or in third and fourth place")]
    Hyphen,
    /// Letters that IDNA does not let stand together, or an `xn--` label that decodes to nothing valid.
    #[error("has a label that is not a valid internationalised name")]
    Label,
    /// An IP address in any spelling: `1.2.3.4`, `0x7f.1`, `2130706433`, `[::1]`.
    #[error("is an IP address")]
    IpAddress,
    /// One label only, such as `localhost`.
    #[error("has no dot")]
    NoDot,
}

/// The host name by IDNA (UTS 46, not transitional, STD 3) as lower-case ASCII of at least two labels.
pub(crate) fn to_ascii(host: &str, hyphens: Hyphens) -> Result<String, InvalidHost> {
    if host.chars().nth(TYPED_CHARS_MAX).is_some() {
        return Err(InvalidHost::TooLong);
    }
    // Lengths are checked below, to say which one is wrong.
    let ascii = Uts46::new()
        .to_ascii(
            host.as_bytes(),
            AsciiDenyList::STD3,
            hyphens,
            DnsLength::Ignore,
        )
        .map_err(|_| spelling_fault(host))?;
    check_labels(&ascii)?;
    Ok(ascii.into_owned())
}

fn check_labels(ascii: &str) -> Result<(), InvalidHost> {
    if ascii.split('.').any(str::is_empty) {
        return Err(InvalidHost::EmptyLabel);
    }
    if ascii
        .split('.')
        .any(|label| label.len() > LABEL_LEN_BYTES_MAX)
    {
        return Err(InvalidHost::LabelTooLong);
    }
    if ascii.len() > DomainName::LEN_BYTES_MAX {
        return Err(InvalidHost::TooLong);
    }
    if ascii.rsplit('.').next().is_some_and(is_number) {
        return Err(InvalidHost::IpAddress);
    }
    if !ascii.contains('.') {
        return Err(InvalidHost::NoDot);
    }
    Ok(())
}

/// Readers of URLs take a host whose last label is a number for an IPv4 address
/// (<https://url.spec.whatwg.org/#ends-in-a-number-checker>), and no top-level domain is one.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// What to tell about a name that IDNA refused without saying why.
fn spelling_fault(host: &str) -> InvalidHost {
    if let Some(character) = host.chars().find(|character| is_never_allowed(*character)) {
        InvalidHost::Character(character)
    } else if host.split(DOTS).any(has_misplaced_hyphen) {
        InvalidHost::Hyphen
    } else {
        InvalidHost::Label
    }
}

fn is_never_allowed(character: char) -> bool {
    let mut buffer = [0; 4];
    let alone = character.encode_utf8(&mut buffer).as_bytes();
    // A mark alone is refused for having no letter before it, and says nothing.
    !is_combining_mark(character)
        && Uts46::new()
            .to_ascii(
                alone,
                AsciiDenyList::STD3,
                Hyphens::Allow,
                DnsLength::Ignore,
            )
            .is_err()
}

fn has_misplaced_hyphen(label: &str) -> bool {
    let is_a_label = label
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    let is_reserved = label.get(2..4) == Some("--");
    !is_a_label && (is_reserved || label.starts_with('-') || label.ends_with('-'))
}
