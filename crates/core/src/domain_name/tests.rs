use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<String, InvalidDomain> {
    text.parse::<DomainName>()
        .map(|domain| domain.as_str().to_owned())
}

fn host_fault(text: &str) -> Option<InvalidHost> {
    match read(text) {
        Err(InvalidDomain::Host { fault, .. }) => Some(fault),
        _ => None,
    }
}

/// A name of so many bytes, 251 to 313, in labels of 49 and less.
fn name_of(len_bytes: usize) -> String {
    let labels = format!("{}.", "a".repeat(49)).repeat(5);
    format!("{labels}{}", "b".repeat(len_bytes - labels.len()))
}

#[test]
fn spellings_of_one_domain_are_one_domain() {
    let spellings = [
        "acme.com",
        "Acme.COM",
        "acme.com.",
        " acme.com \r\n",
        "www.acme.com",
        "WWW.www.Acme.com.",
        "https://www.Acme.com/about?x#y",
        "http://acme.com",
        "HTTPS://acme.com:443/",
        "acme.com:443",
        "acme.com:",
        "acme.com./about",
        "acme.com?next=https://other.com/@jane",
        "acme.com/?next=ftp://other.com",
        "https://acme.com/a%20b/@jane:80",
        "acme.com#top",
        "ＡＣＭＥ．com",
        "ｗｗｗ．acme.com",
        "acme。com",
        "acme.com。",
        "ac\u{ad}me.com",
    ];
    for text in spellings {
        assert_eq!(read(text).as_deref(), Ok("acme.com"), "{text}");
    }
}

#[test]
fn domains_that_look_alike_stay_apart() {
    let cases = [
        ("аcme.com", "xn--cme-5cd.com"), // Cyrillic
        ("faß.de", "xn--fa-hia.de"),
        ("fass.de", "fass.de"),
        ("☃.net", "xn--n3h.net"),
        ("mail.acme.com", "mail.acme.com"),
        ("xn--FA-hia.de", "xn--fa-hia.de"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("1und1.de", "1und1.de"),
        ("0x7f.com", "0x7f.com"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn www_goes_only_where_a_companys_domain_is_left() {
    let cases = [
        ("www.com", "www.com"),
        ("www.www.com", "www.com"),
        ("www.co.uk", "www.co.uk"),
        ("www.www.co.uk", "www.co.uk"),
        ("www.acme.co.uk", "acme.co.uk"),
        ("www.github.io", "github.io"),
        ("www.ck", "www.ck"),
        ("www2.acme.com", "www2.acme.com"),
        ("wwwacme.com", "wwwacme.com"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        assert_eq!(read(expected).as_deref(), Ok(expected), "{expected}");
    }
}

#[test]
fn registries_suffixes_are_refused_and_other_names_pass() {
    for text in [
        "co.uk",
        "https://CO.uk/",
        "公司.cn",
        "xn--55qx5d.cn",
        "foo.ck",
    ] {
        assert_eq!(
            read(text),
            Err(InvalidDomain::PublicSuffix(quote(text))),
            "{text}"
        );
    }
    for text in [
        "github.io",
        "blogspot.com",
        "acme.github.io",
        "foo.unknowntld",
    ] {
        assert_eq!(read(text).as_deref(), Ok(text));
    }
}

#[test]
fn faulty_host_names_are_refused_for_what_is_wrong() {
    let label_of_64 = format!("{}.com", "a".repeat(64));
    let name_of_254 = name_of(254);
    let umlauts = format!("{}.com", "ü".repeat(62));
    let endless = "a.".repeat(100_000);
    let cases = [
        ("..com", InvalidHost::EmptyLabel),
        ("a..b.com", InvalidHost::EmptyLabel),
        (".acme.com", InvalidHost::EmptyLabel),
        ("acme.com..", InvalidHost::EmptyLabel),
        (".", InvalidHost::EmptyLabel),
        ("https://", InvalidHost::EmptyLabel),
        ("//acme.com", InvalidHost::EmptyLabel),
        ("\u{ad}.com", InvalidHost::EmptyLabel),
        ("-a.com", InvalidHost::Hyphen),
        ("a-.com", InvalidHost::Hyphen),
        ("ab--c.com", InvalidHost::Hyphen),
        ("a_b.com", InvalidHost::Character('_')),
        ("ac me.com", InvalidHost::Character(' ')),
        ("acme,com", InvalidHost::Character(',')),
        ("acme.com\0.evil.com", InvalidHost::Character('\0')),
        ("acme.com\\x", InvalidHost::Character('\\')),
        ("jane＠acme.com", InvalidHost::Character('＠')),
        ("％61cme.com", InvalidHost::Character('％')),
        ("ac\u{200d}me.com", InvalidHost::Character('\u{200d}')),
        ("ac\u{202e}me.com", InvalidHost::Character('\u{202e}')),
        ("\u{301}a.com", InvalidHost::Label),
        ("xn--ascii-.com", InvalidHost::Label),
        ("xn--a", InvalidHost::Label),
        ("xn--a.com", InvalidHost::Label),
        ("xn--.com", InvalidHost::Label),
        (&label_of_64, InvalidHost::LabelTooLong),
        (&umlauts, InvalidHost::LabelTooLong),
        (&name_of_254, InvalidHost::TooLong),
        (&endless, InvalidHost::TooLong),
        ("localhost", InvalidHost::NoDot),
        ("intranet", InvalidHost::NoDot),
        ("com", InvalidHost::NoDot),
        ("com.", InvalidHost::NoDot),
        ("acme/com", InvalidHost::NoDot),
    ];
    for (text, fault) in cases {
        assert_eq!(host_fault(text), Some(fault), "{text}");
    }
}

#[test]
fn ip_addresses_are_refused_in_any_spelling() {
    let addresses = [
        "1.2.3.4",
        "1.2.3.4.",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "1.2.3.0x",
        "2130706433",
        "017700000001",
        "１.２.３.４",
        "1.2.3.4:80",
        "https://1.2.3.4/",
        "www.1.2.3.4",
        "[::1]",
        "::1",
        "fe80::1",
        "https://[::1]:8080/x",
        "[v1.x]",
        "::ffff:1.2.3.4",
    ];
    for text in addresses {
        assert_eq!(host_fault(text), Some(InvalidHost::IpAddress), "{text}");
    }
}

#[test]
fn user_info_looks_like_an_email_address() {
    for text in [
        "jane@acme.com",
        "user:pw@acme.com",
        "https://u@acme.com/",
        "mailto:jane@acme.com",
    ] {
        assert_eq!(
            read(text),
            Err(InvalidDomain::LooksLikeEmail(quote(text))),
            "{text}"
        );
    }
}

#[test]
fn what_surrounds_the_host_is_checked_too() {
    for text in ["%61cme.com", "acme%2ecom", "fe80::1%eth0"] {
        assert!(
            matches!(read(text), Err(InvalidDomain::Percent(_))),
            "{text}"
        );
    }
    for text in ["ftp://acme.com", "javascript://acme.com", "://acme.com"] {
        assert!(
            matches!(read(text), Err(InvalidDomain::Scheme(_))),
            "{text}"
        );
    }
    for text in [
        "acme.com:x",
        "acme.com:65536",
        "acme.com:+80",
        "acme.com:1:2",
        "https:acme.com",
    ] {
        assert!(matches!(read(text), Err(InvalidDomain::Port(_))), "{text}");
    }
    for text in ["", "  ", "\u{3000}\n"] {
        assert_eq!(read(text), Err(InvalidDomain::Empty));
    }
}

#[test]
fn the_longest_names_pass() {
    for text in [format!("{}.com", "a".repeat(63)), name_of(253)] {
        assert_eq!(read(&text), Ok(text));
    }
}

#[test]
fn messages_say_what_is_wrong_and_what_to_send() {
    let long = format!("{}_.com", "a".repeat(200));
    let cases = [
        (
            "a..b.com".to_owned(),
            "is not a domain: 'a..b.com' has an empty label; send something like acme.com".to_owned(),
        ),
        (
            " jane@acme.com".to_owned(),
            "is not a domain: 'jane@acme.com' looks like an e-mail address; send something like acme.com"
                .to_owned(),
        ),
        (
            "a\u{202e}b.com".to_owned(),
            r"is not a domain: 'a\u{202e}b.com' contains the character U+202E; send something like acme.com"
                .to_owned(),
        ),
        (
            "co.uk".to_owned(),
            "is not a company's domain: 'co.uk' is a public suffix; send something like acme.com".to_owned(),
        ),
        (
            long,
            format!(
                "is not a domain: '{}…' contains the character '_'; send something like acme.com",
                "a".repeat(100)
            ),
        ),
        (String::new(), "is empty; send a domain such as acme.com".to_owned()),
    ];
    for (text, message) in cases {
        assert_eq!(read(&text).unwrap_err().to_string(), message);
    }
}

#[test]
fn the_company_is_named_after_the_registered_label() {
    let cases = [
        ("acme.com", "Acme"),
        ("blue-ocean.co.uk", "Blue Ocean"),
        ("mail.acme.com", "Acme"),
        ("eu.mail.blue-ocean.co.uk", "Blue Ocean"),
        ("faß.de", "Faß"),
        ("élan-vital.fr", "Élan Vital"),
        ("株式会社.jp", "株式会社"),
        ("北京.公司.cn", "北京"),
        ("1-800-flowers.com", "1 800 Flowers"),
        ("acme.github.io", "Acme"),
        ("github.io", "Github"),
        ("s3.amazonaws.com", "Amazonaws"),
        ("www.com", "Www"),
        ("foo.unknowntld", "Foo"),
    ];
    for (text, expected) in cases {
        let domain: DomainName = text.parse().unwrap();
        assert_eq!(domain.company_name(), expected, "{text}");
    }
}

#[test]
fn a_domain_is_displayed_as_its_text() {
    let domain: DomainName = "Acme.com".parse().unwrap();

    assert_eq!(domain.to_string(), "acme.com");
}

/// Pieces that meet in real and in hostile input, in any order.
fn pasted() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9-]{1,8}",
        4 => Just(".".to_owned()),
        2 => prop::sample::select(vec!["www.", "com", "co.uk", "github.io", "ck", "xn--fa-hia", "xn--"])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["https://", "ftp://", ":80", "/x", "?", "#", "@", "%", "[", " ", "\0"])
            .prop_map(str::to_owned),
        2 => "[\\p{L}\\p{M}\\p{N}\\p{Cf}．。]{1,4}",
    ];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_twice_changes_nothing(text in pasted()) {
        if let Ok(once) = read(&text) {
            prop_assert_eq!(read(&once), Ok(once.clone()));
            prop_assert_eq!(read(&format!("https://www.{once}./")), Ok(once));
        }
    }

    #[test]
    fn any_text_is_answered_without_panic(text in any::<String>()) {
        match text.parse::<DomainName>() {
            Ok(domain) => prop_assert!(!domain.company_name().is_empty()),
            Err(refused) => prop_assert!(!refused.to_string().chars().any(char::is_control)),
        }
    }

    #[test]
    fn what_is_read_is_a_dns_name(text in pasted()) {
        if let Ok(domain) = read(&text) {
            prop_assert!(domain.len() <= DomainName::LEN_BYTES_MAX);
            prop_assert!(domain.split('.').count() >= 2);
            prop_assert!(domain.split('.').all(|label| (1..=63).contains(&label.len())));
            prop_assert!(domain.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.')));
        }
    }
}
