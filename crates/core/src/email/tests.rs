use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<String, InvalidEmail> {
    text.parse::<Email>().map(|email| email.as_str().to_owned())
}

#[test]
fn spellings_of_one_address_are_one_address() {
    let cases = [
        ("Jane@Acme.com", "jane@acme.com"),
        (" jane@acme.com\r\n", "jane@acme.com"),
        ("jane@ＡＣＭＥ．com", "jane@acme.com"),
        ("jane@xn--cme-5cd.com", "jane@xn--cme-5cd.com"),
        ("jane@аcme.com", "jane@xn--cme-5cd.com"), // Cyrillic
        ("JOSE\u{301}@acme.com", "jos\u{e9}@acme.com"),
        ("jos\u{e9}@acme.com", "jos\u{e9}@acme.com"),
        ("jane@www.acme.com", "jane@www.acme.com"),
        ("jane@r3---sn.acme.com", "jane@r3---sn.acme.com"),
        ("jane@co.uk", "jane@co.uk"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn addresses_that_reach_other_mailboxes_stay_apart() {
    let addresses = [
        "jane@gmail.com",
        "jane+tag@gmail.com",
        "j.ane@gmail.com",
        "jаne@gmail.com", // Cyrillic
        "jane@mail.gmail.com",
    ];
    let read: std::collections::BTreeSet<_> = addresses.iter().flat_map(|a| read(a)).collect();

    assert_eq!(read.len(), addresses.len());
}

#[test]
fn a_local_part_may_have_any_atom_character() {
    let local = "a!#$%&'*+/=?^_`{|}~-z.09";

    assert_eq!(
        read(&format!("{local}@acme.com")).unwrap(),
        format!("{local}@acme.com")
    );
}

#[test]
fn what_is_not_one_address_is_refused() {
    type Expected = fn(&InvalidEmail) -> bool;
    let cases: &[(&str, Expected)] = &[
        ("", |e| matches!(e, InvalidEmail::Empty)),
        (" \t", |e| matches!(e, InvalidEmail::Empty)),
        ("jane", |e| matches!(e, InvalidEmail::NoAt(_))),
        ("@acme.com", |e| matches!(e, InvalidEmail::LocalEmpty(_))),
        ("a@b@c.com", |e| matches!(e, InvalidEmail::ManyAt(_))),
        ("a@b.com, c@d.com", |e| matches!(e, InvalidEmail::ManyAt(_))),
        ("\"Jane Doe\" <jane@acme.com>", |e| {
            matches!(e, InvalidEmail::DisplayName(_))
        }),
        ("<jane@acme.com>", |e| {
            matches!(e, InvalidEmail::DisplayName(_))
        }),
        ("MailTo:jane@acme.com", |e| {
            matches!(e, InvalidEmail::Mailto(_))
        }),
        ("\"a b\"@acme.com", |e| {
            matches!(e, InvalidEmail::LocalQuoted(_))
        }),
        ("jane@[127.0.0.1]", |e| {
            matches!(e, InvalidEmail::AddressLiteral(_))
        }),
        ("jane@[IPv6:::1]", |e| {
            matches!(e, InvalidEmail::AddressLiteral(_))
        }),
    ];
    for (text, is_expected) in cases {
        let refused = read(text).unwrap_err();
        assert!(is_expected(&refused), "{text}: {refused}");
    }
}

#[test]
fn a_faulty_local_part_is_refused() {
    for text in [".jane@acme.com", "jane.@acme.com", "ja..ne@acme.com"] {
        assert!(
            matches!(read(text), Err(InvalidEmail::LocalDots(_))),
            "{text}"
        );
    }
    let cases = [
        ("ja ne@acme.com", ' '),
        ("ja\u{a0}ne@acme.com", '\u{a0}'),
        ("jane@acme.com\r\nBcc: x@y.z", '\r'),
        ("jane\0@acme.com", '\0'),
        ("jane@acme.com\0", '\0'),
        ("ja\u{85}ne@acme.com", '\u{85}'),
        ("ja\u{202e}ne@acme.com", '\u{202e}'),
        ("ja\u{200b}ne@acme.com", '\u{200b}'),
        ("\u{feff}jane@acme.com", '\u{feff}'),
        ("ja\u{3164}ne@acme.com", '\u{3164}'),
        ("ja,ne@acme.com", ','),
        ("jane(work)@acme.com", '('),
        ("ja\\ne@acme.com", '\\'),
        ("ja\"ne@acme.com", '"'),
        ("ja:ne@acme.com", ':'),
        ("ja💌ne@acme.com", '💌'),
        ("a=\u{338}@acme.com", '≠'),
    ];
    for (text, expected) in cases {
        match read(text) {
            Err(InvalidEmail::Character { character, .. }) => assert_eq!(character, expected),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_faulty_domain_part_is_refused() {
    let cases = [
        ("jane@", InvalidHost::EmptyLabel),
        ("jane@acme", InvalidHost::NoDot),
        ("jane@acme.com.", InvalidHost::EmptyLabel),
        ("jane@acme..com", InvalidHost::EmptyLabel),
        ("jane@-acme.com", InvalidHost::Hyphen),
        ("jane@ac_me.com", InvalidHost::Character('_')),
        ("jane@acme.com:25", InvalidHost::Character(':')),
        ("jane@acme.com/x", InvalidHost::Character('/')),
        ("jane@ acme.com", InvalidHost::Character(' ')),
        ("jane@ac\u{202e}me.com", InvalidHost::Character('\u{202e}')),
        ("jane@1.2.3.4", InvalidHost::IpAddress),
        ("jane@xn--a.com", InvalidHost::Label),
    ];
    for (text, expected) in cases {
        match read(text) {
            Err(InvalidEmail::Domain { fault, .. }) => assert_eq!(fault, expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn lengths_are_counted_in_bytes_of_the_normal_form() {
    let local = |len: usize| format!("{}@acme.com", "a".repeat(len));
    assert!(read(&local(64)).is_ok());
    assert!(matches!(
        read(&local(65)),
        Err(InvalidEmail::LocalTooLong(_))
    ));
    let umlauts = format!("{}@acme.com", "u\u{308}".repeat(32));
    assert_eq!(read(&umlauts).unwrap().len(), 64 + "@acme.com".len());

    let whole = |tld: &str| {
        let labels = format!("{}.", "a".repeat(61)).repeat(3);
        format!("{}@{labels}{tld}", "a".repeat(64))
    };
    assert_eq!(whole("com").len(), 254);
    assert!(read(&whole("com")).is_ok());
    assert!(matches!(
        read(&whole("comm")),
        Err(InvalidEmail::TooLong(_))
    ));
}

#[test]
fn the_account_domain_is_that_of_the_domain_part() {
    let cases = [
        ("jane@acme.com", Some("acme.com")),
        ("jane@www.acme.com", Some("acme.com")),
        ("jane@mail.acme.com", Some("mail.acme.com")),
        ("jane@faß.de", Some("xn--fa-hia.de")),
        ("jane@co.uk", None),
        ("jane@r3---sn.acme.com", None),
    ];
    for (text, expected) in cases {
        let domain = text.parse::<Email>().unwrap().domain();
        assert_eq!(domain.as_ref().map(DomainName::as_str), expected, "{text}");
    }
}

#[test]
fn messages_say_what_is_wrong_and_what_to_send() {
    let cases = [
        (
            "jane",
            "is not an e-mail address: 'jane' has no @; send something like jane@acme.com",
        ),
        (
            "a@b.com\r\nBcc: x@y.z",
            "is not an e-mail address: 'a@b.com\\r\\nBcc: x@y.z' contains the character U+000D; \
             send something like jane@acme.com",
        ),
        (
            "Jane <jane@acme.com>",
            "is not a bare e-mail address: 'Jane <jane@acme.com>' has angle brackets; \
             send only jane@acme.com",
        ),
        (
            "jane@a..com",
            "is not an e-mail address: in 'jane@a..com' the part after the @ has an empty label; \
             send something like jane@acme.com",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(read(text).unwrap_err().to_string(), message);
    }
}

/// What a generator for JSON Schema's `format: email` sends: a dot-atom and a host name.
fn ordinary() -> impl Strategy<Value = String> {
    let atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,15}";
    let label = "[A-Za-z]([A-Za-z0-9-]{0,13}[A-Za-z0-9])?"
        .prop_filter("not an A-label", |l: &String| {
            !l.to_ascii_lowercase().starts_with("xn--")
        });
    let local = prop::collection::vec(atom, 1..4).prop_map(|atoms| atoms.join("."));
    let labels = prop::collection::vec(label, 1..4).prop_map(|labels| labels.join("."));
    (local, labels, "[a-zA-Z]{2,8}")
        .prop_map(|(local, labels, top)| format!("{local}@{labels}.{top}"))
}

proptest! {
    #[test]
    fn an_ordinary_address_is_only_lower_cased(text in ordinary()) {
        prop_assert_eq!(read(&text), Ok(text.to_ascii_lowercase()));
    }

    #[test]
    fn reading_twice_changes_nothing(
        local in "(\\p{L}|\\p{M}|\\p{N}|[.=<>+]){1,10}",
        domain in "(\\p{L}|\\p{M}|[a-z0-9.-]){1,10}",
    ) {
        if let Ok(once) = read(&format!("{local}@{domain}.com")) {
            prop_assert!(once.len() <= Email::LEN_BYTES_MAX);
            prop_assert_eq!(read(&once), Ok(once));
        }
    }

    #[test]
    fn any_text_is_answered_without_panic(text in "(\\PC|\\p{C}|[@.<>\"\\[]){0,30}") {
        match text.parse::<Email>() {
            Ok(email) => {
                let domain = email.domain();
                prop_assert!(domain.is_none_or(|d| email.domain_part().ends_with(d.as_str())));
            }
            Err(refused) => prop_assert!(!refused.to_string().chars().any(char::is_control)),
        }
    }
}

#[test]
fn any_letter_in_a_local_part_is_read_once_and_for_all() {
    // Beyond, no character has another form.
    for character in '\0'..='\u{2fa1d}' {
        if let Ok(once) = read(&format!("a{character}b@acme.com")) {
            assert_eq!(read(&once).as_ref(), Ok(&once), "{character:?}");
        }
    }
}
