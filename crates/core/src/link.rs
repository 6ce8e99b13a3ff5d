//! A web address, or a handle.

use thiserror::Error;

use crate::object::LINK_CHARS_MAX;
use crate::text::{InvalidText, one_line, quote};

/// Why a text is no link.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidLink {
    /// Not one line, or too long.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// Another scheme, which a page might run.
    #[error("is not a web address: {0}; it has to begin with https:// or http://")]
    Scheme(String),
}

/// Checks a web address, also without its scheme, or a handle; trimmed, else exactly as sent.
///
/// # Errors
/// [`InvalidLink`] if it is not one line of at most [`LINK_CHARS_MAX`] characters, or has a scheme other than http and https.
///
/// ```
/// use lanekeeper_core::link::link;
///
/// assert_eq!(link(" https://acme.com/a "), Ok("https://acme.com/a".to_owned()));
/// assert!(link("javascript:alert(1)").is_err());
/// ```
pub fn link(text: &str) -> Result<String, InvalidLink> {
    let text = one_line(text.trim(), LINK_CHARS_MAX)?;
    let scheme = text
        .split_once(':')
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_web = matches!(scheme.as_deref(), None | Some("http" | "https"));
    if !is_web || text.starts_with("//") {
        return Err(InvalidLink::Scheme(quote(&text)));
    }
    Ok(text)
}
