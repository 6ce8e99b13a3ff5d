//! The domains at which anybody gets a mailbox. An address there says nothing about where somebody works.

use std::sync::LazyLock;

/// True for a public mail provider, such as `gmail.com`.
///
/// `domain` is a domain in normal form: [`Email::domain_part`](crate::email::Email::domain_part) or
/// [`DomainName::as_str`](crate::domain_name::DomainName::as_str). Compared whole: `corp.gmail.com` is not one.
///
/// ```
/// use lanekeeper_core::mail_provider::is_public;
///
/// assert!(is_public("gmail.com"));
/// assert!(!is_public("acme.com"));
/// ```
pub fn is_public(domain: &str) -> bool {
    PUBLIC.binary_search(&domain).is_ok()
}

/// Sorted, for the binary search. Mail services, internet providers' mail, and throw-away addresses.
static PUBLIC: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("mail_provider/names.txt").lines().collect());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain_name::DomainName;

    #[test]
    fn the_list_is_sorted_and_names_each_provider_once() {
        for pair in PUBLIC.windows(2) {
            assert!(pair[0] < pair[1], "{} before {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn the_list_has_domains_in_normal_form() {
        for provider in PUBLIC.iter() {
            let domain: DomainName = provider.parse().unwrap();
            assert_eq!(domain.as_str(), *provider);
        }
    }

    #[test]
    fn public_mail_providers_are_known_world_wide() {
        let providers = [
            "gmail.com",
            "googlemail.com",
            "outlook.com",
            "hotmail.co.uk",
            "live.fr",
            "yahoo.co.jp",
            "icloud.com",
            "gmx.de",
            "web.de",
            "proton.me",
            "protonmail.com",
            "aol.com",
            "mail.ru",
            "yandex.ru",
            "qq.com",
            "163.com",
            "126.com",
            "naver.com",
            "seznam.cz",
            "wp.pl",
            "libero.it",
            "orange.fr",
            "uol.com.br",
            "rediffmail.com",
        ];
        for provider in providers {
            assert!(is_public(provider), "{provider}");
        }
    }

    #[test]
    fn companies_and_parts_of_a_provider_are_not_public() {
        for domain in [
            "acme.com",
            "google.com",
            "microsoft.com",
            "corp.gmail.com",
            "com",
            "",
            "GMAIL.COM",
        ] {
            assert!(!is_public(domain), "{domain}");
        }
    }
}
