//! A company's domain, the key by which accounts are found.
//!
//! Reads what people paste, including whole URLs. Knows nothing about e-mail addresses or about the network.

mod host;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use idna::uts46::Hyphens;
use serde::Serialize;
use thiserror::Error;

use crate::text::quote;

pub use host::InvalidHost;
pub(crate) use host::to_ascii;

/// A company's domain, such as `acme.com`: lower-case ASCII without scheme, `www.`, port, path or final dot, so
/// that two values are equal exactly when they name the same company domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DomainName(String);

/// Why a text is not a company's domain. The message follows the name of the field:
/// "`account_domain` is not a domain: 'a..b.com' has an empty label; …". The variants hold the text as
/// [`quote`] shows it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidDomain {
    /// Nothing but white space.
    #[error("is empty; send a domain such as acme.com")]
    Empty,
    /// User info before the host, as in `jane@acme.com` or `user:pw@acme.com`.
    #[error("is not a domain: {0} looks like an e-mail address; send something like acme.com")]
    LooksLikeEmail(String),
    /// A scheme other than `http` and `https`.
    #[error(
        "is not a domain: {0} has a scheme other than http and https; send something like acme.com"
    )]
    Scheme(String),
    /// A port that is no number from 0 to 65535.
    #[error("is not a domain: {0} has an invalid port; send something like acme.com")]
    Port(String),
    /// `%61cme.com`: never decoded, since each reader would decode it differently.
    #[error(
        "is not a domain: {0} has a percent sign in its host name; send something like acme.com"
    )]
    Percent(String),
    /// `co.uk`, under which anybody may register.
    #[error("is not a company's domain: {0} is a public suffix; send something like acme.com")]
    PublicSuffix(String),
    /// The host name itself is at fault.
    #[error("is not a domain: {text} {fault}; send something like acme.com")]
    Host {
        /// The text, quoted.
        text: String,
        /// What is wrong with its host name.
        fault: InvalidHost,
    },
}

impl DomainName {
    /// Longest domain accepted, in bytes (RFC 1035, section 2.3.4).
    pub const LEN_BYTES_MAX: usize = 253;

    /// The domain as ASCII, such as `acme.com` or `xn--fa-hia.de`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name for the company, from the label that was registered: `blue-ocean.co.uk` gives `Blue Ocean`,
    /// `mail.acme.com` gives `Acme`, `xn--fa-hia.de` gives `Faß`.
    ///
    /// ```
    /// # use lanekeeper_core::domain_name::{DomainName, InvalidDomain};
    /// assert_eq!("blue-ocean.co.uk".parse::<DomainName>()?.company_name(), "Blue Ocean");
    /// # Ok::<(), InvalidDomain>(())
    /// ```
    pub fn company_name(&self) -> String {
        let (label, _) = idna::domain_to_unicode(registered_label(&self.0));
        let words: Vec<String> = label
            .split(['-', '_'])
            .filter(|word| !word.is_empty())
            .map(capitalized)
            .collect();
        words.join(" ")
    }
}

impl FromStr for DomainName {
    type Err = InvalidDomain;

    /// Reads a domain the way people paste it, URL or not. Reading what this wrote changes nothing.
    ///
    /// `www.` goes only where a company's domain is left: `www.co.uk` and `www.com` keep theirs. Refused as
    /// public suffixes are those of registries (`co.uk`); those that companies run for their customers
    /// (`github.io`, `blogspot.com`) are also domains of these companies, and pass.
    ///
    /// # Errors
    /// [`InvalidDomain`] names the rule that failed and quotes the text.
    ///
    /// ```
    /// # use lanekeeper_core::domain_name::{DomainName, InvalidDomain};
    /// let pasted: DomainName = "https://www.Acme.COM:443/pricing".parse()?;
    /// assert_eq!(pasted.as_str(), "acme.com");
    ///
    /// let refused = "a..b.com".parse::<DomainName>().unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "is not a domain: 'a..b.com' has an empty label; send something like acme.com",
    /// );
    /// # Ok::<(), InvalidDomain>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, InvalidDomain> {
        let text = text.trim();
        let ascii = host::to_ascii(host_of(text)?, Hyphens::Check)
            .map_err(|fault| invalid_host(text, fault))?;
        let domain = without_www(&ascii);
        if is_public_suffix(domain) {
            return Err(InvalidDomain::PublicSuffix(quote(text)));
        }
        Ok(Self(domain.to_owned()))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The host name in a bare domain or a URL, still as typed.
fn host_of(text: &str) -> Result<&str, InvalidDomain> {
    if text.is_empty() {
        return Err(InvalidDomain::Empty);
    }
    let rest = without_scheme(text)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if authority.contains('@') {
        return Err(InvalidDomain::LooksLikeEmail(quote(text)));
    }
    if authority.contains('%') {
        return Err(InvalidDomain::Percent(quote(text)));
    }
    if authority.starts_with('[') || authority.parse::<Ipv6Addr>().is_ok() {
        return Err(invalid_host(text, InvalidHost::IpAddress));
    }
    let host = without_port(authority).ok_or_else(|| InvalidDomain::Port(quote(text)))?;
    Ok(host.strip_suffix(host::DOTS).unwrap_or(host))
}

fn without_scheme(text: &str) -> Result<&str, InvalidDomain> {
    match text.split_once("://") {
        // A URL inside a path or query: acme.com/?next=https://…
        Some((before, _)) if before.contains(['/', '?', '#']) => Ok(text),
        Some((scheme, rest)) if is_web_scheme(scheme) => Ok(rest),
        Some(_) => Err(InvalidDomain::Scheme(quote(text))),
        None => Ok(text),
    }
}

fn is_web_scheme(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

fn without_port(authority: &str) -> Option<&str> {
    let Some((host, port)) = authority.split_once(':') else {
        return Some(authority);
    };
    let is_digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let is_port = port.is_empty() || (is_digits && port.parse::<u16>().is_ok());
    is_port.then_some(host)
}

/// Takes every `www.` that has a company's domain after it, so that a second reading finds none to take.
fn without_www(mut domain: &str) -> &str {
    while let Some(rest) = domain.strip_prefix("www.")
        && rest.contains('.')
        && !is_public_suffix(rest)
    {
        domain = rest;
    }
    domain
}

fn is_public_suffix(domain: &str) -> bool {
    psl::suffix(domain.as_bytes()).is_some_and(|suffix| {
        suffix.as_bytes().len() == domain.len() && suffix.typ() == Some(psl::Type::Icann)
    })
}

/// The label just left of the public suffix. A domain that is itself a suffix, as `github.io`, has none;
/// then the first domain above it that has one, else its own first label.
fn registered_label(domain: &str) -> &str {
    let registered = psl::domain_str(domain).or_else(|| {
        let (_, parent) = domain.split_once('.')?;
        psl::domain_str(parent)
    });
    first_label(registered.unwrap_or(domain))
}

fn first_label(domain: &str) -> &str {
    domain.split('.').next().unwrap_or(domain)
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

fn invalid_host(text: &str, fault: InvalidHost) -> InvalidDomain {
    InvalidDomain::Host {
        text: quote(text),
        fault,
    }
}
