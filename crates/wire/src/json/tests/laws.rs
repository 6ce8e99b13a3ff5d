//! What must be true of any body.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{check, serde_json_accepts};

/// The promise to whoever parses afterwards, and that nothing is called malformed without cause.
fn assert_agreement(body: &[u8]) -> Result<(), TestCaseError> {
    let shown = String::from_utf8_lossy(body);
    match check(body).map_err(|fault| fault.code()) {
        Ok(()) => prop_assert!(serde_json_accepts(body), "accepted here only: {shown}"),
        Err("malformed_json" | "invalid_utf8" | "number_out_of_range") => {
            prop_assert!(!serde_json_accepts(body), "refused here only: {shown}");
        }
        Err(_rule_of_our_own) => {}
    }
    Ok(())
}

fn spaces() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", " ", "\n", "\t \r"])
}

/// A string's source without its quotes.
fn string_source() -> impl Strategy<Value = String> {
    let atoms: Vec<&str> = r#"a B é 😀 \n \" \\ \/ \u0061 \u00E9 \ud83d\ude00 } '"#
        .split(' ')
        .collect();
    vec(select(atoms), 0..8).prop_map(|atoms| atoms.concat())
}

/// JSON that breaks no rule of ours, in all the ways it may be written.
fn valid_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(vec!["null", "true", "false"]).prop_map(str::to_owned),
        "-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,2})?([eE][+-]?[0-9]{1,2})?",
        string_source().prop_map(|source| format!("\"{source}\"")),
    ];
    leaf.prop_recursive(6, 64, 40, |value| {
        let item = (spaces(), value, spaces())
            .prop_map(|(before, value, after)| format!("{before}{value}{after}"))
            .boxed();
        let member = (string_source(), spaces(), item.clone());
        prop_oneof![
            vec(item, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            vec(member, 0..40).prop_map(|members| {
                // Numbered, so that no two are equal.
                let members = members.iter().enumerate();
                let members: Vec<String> = members
                    .map(|(n, (name, space, item))| format!("{space}\"{name}{n}\"{space}:{item}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

#[derive(Debug, Clone)]
enum Mutation {
    Remove,
    Insert(u8),
    Replace(u8),
    Truncate,
    /// Copies what is between two places to the first.
    Repeat(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let byte = || {
        prop_oneof![
            select(b"{}[],:\"\\/+-.01eEunt\x00\x1f \xc3\xa9\xff".as_slice()),
            any::<u8>()
        ]
    };
    prop_oneof![
        Just(Mutation::Remove),
        byte().prop_map(Mutation::Insert),
        byte().prop_map(Mutation::Replace),
        Just(Mutation::Truncate),
        any::<Index>().prop_map(Mutation::Repeat),
    ]
}

fn mutate(bytes: &mut Vec<u8>, place: Index, mutation: &Mutation) {
    let at = place.index(bytes.len() + 1);
    let inside = at < bytes.len();
    match mutation {
        Mutation::Insert(byte) => bytes.insert(at, *byte),
        Mutation::Remove if inside => drop(bytes.remove(at)),
        Mutation::Replace(byte) if inside => bytes[at] = *byte,
        Mutation::Truncate => bytes.truncate(at),
        Mutation::Repeat(other) if inside => {
            let other = other.index(bytes.len());
            let part = bytes[at.min(other)..at.max(other)].to_vec();
            bytes.splice(at..at, part);
        }
        _ => {}
    }
}

/// Pieces of JSON in any order: now and then JSON, often nearly.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let pieces = r#"{ } [ ] , : " "a" "a": "b": "\u0061": \ \u0000 \ud83d \ude00 null true false nul é
        0 1 - . e + 99999999999999999 0000000000000000000 e308 1.797693134862315e308
        1.7976931348623157e308 1.7976931348623158e308"#;
    let pieces = pieces.split_whitespace().map(str::as_bytes);
    let pieces: Vec<&[u8]> = pieces
        .chain([b" ".as_slice(), b"\n", b"\x00", b"\xff"])
        .collect();
    vec(select(pieces), 0..24).prop_map(|pieces| pieces.concat())
}

/// Numbers at the edges of what a double holds.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,25}(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?",
        "-?1\\.79769313486231[0-9]{1,8}[eE]308",
        "-?0\\.0{1,30}[1-9]{1,18}[eE]3[0-9]{2}",
        "-?[1-9][0-9]{0,20}0{270,310}([eE]-[0-9]{1,3})?",
        "[1-9][0-9]{290,310}(\\.0)?",
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_panic_and_in_agreement_with_serde_json(bytes in vec(any::<u8>(), 0..64)) {
        assert_agreement(&bytes)?;
    }

    #[test]
    fn any_soup_of_json_pieces_is_judged_in_agreement_with_serde_json(bytes in soup()) {
        assert_agreement(&bytes)?;
    }

    #[test]
    fn json_that_breaks_no_rule_is_accepted_by_both(body in valid_json()) {
        prop_assert!(serde_json_accepts(&body));
        prop_assert_eq!(check(body.as_bytes()), Ok(()));
    }

    #[test]
    fn mutated_json_is_judged_in_agreement_with_serde_json(
        body in valid_json(),
        mutations in vec((any::<Index>(), mutation()), 1..4),
    ) {
        let mut bytes = body.into_bytes();
        for (place, mutation) in &mutations {
            mutate(&mut bytes, *place, mutation);
        }
        assert_agreement(&bytes)?;
    }

    #[test]
    fn a_number_that_is_accepted_is_one_that_serde_json_can_read(number in number()) {
        assert_agreement(number.as_bytes())?;
    }

    #[test]
    fn a_message_stays_short_and_printable_whatever_the_body(
        keys in vec("\\PC{0,300}|[a-z\\x00-\\x1f\\x7f-\\x9f]{0,60}", 1..32),
        last in prop_oneof![number(), "[0-9]{400}", string_source(), Just("\"\\u0000\"".to_owned()), Just("\u{85}".to_owned())],
    ) {
        let names = keys.iter().map(|key| serde_json::to_string(key).unwrap());
        let body = names.map(|name| format!("{{{name}:")).collect::<String>() + &last;

        let fault = check(body.as_bytes()).unwrap_err();

        let text = fault.to_string();
        prop_assert!(text.chars().count() <= 300, "{text}");
        prop_assert!(!text.chars().any(char::is_control), "{text}");
        prop_assert!(fault.pointer().is_none_or(|path| path.chars().count() <= 100));
    }
}
