//! What the messages say, and where their pointers point.

use super::{check, message, object_of, refused, seen};

/// Each row: the body, and its message after the words that all have in common.
fn assert_malformed(rows: &[(&str, &str)]) {
    for (body, end) in rows {
        assert_eq!(message(body), format!("malformed JSON at byte {end}"));
    }
}

#[test]
fn a_misplaced_value_or_mark_is_told_by_what_was_expected_and_what_was_found() {
    assert_malformed(&[
        ("", "0: expected a value, found the end of the body"),
        (
            "{} x",
            "3: expected nothing after the body's one JSON value, found 'x'",
        ),
        ("[1,]", "3: expected a value after the comma, found ']'"),
        ("[1 2]", "3: expected a comma or ']', found '2'"),
        ("[,1]", "1: expected a value, found ','"),
        (
            r#"{"a":1,}"#,
            "7: expected a key in double quotes after the comma, found '}'",
        ),
        (
            "{a:1}",
            "1: expected a key in double quotes or '}', found 'a'",
        ),
        (r#"{"a" 1}"#, "5: expected a colon after the key, found '1'"),
        (
            r#"{"a":1"#,
            "6: expected a comma or '}', found the end of the body",
        ),
    ]);
}

#[test]
fn a_misspelt_value_is_told_by_how_json_writes_it() {
    assert_malformed(&[
        (
            "['a']",
            "1: expected a value (text stands in double quotes), found a single quote",
        ),
        (
            "// x",
            "0: expected a value (JSON has no comments), found '/'",
        ),
        (
            "NaN",
            "0: expected a value (JSON has neither NaN nor Infinity), found 'N'",
        ),
        (
            "-Infinity",
            "1: expected a digit after the minus sign, found 'I'",
        ),
        (
            "+1",
            "0: expected a value (a number begins with a digit or a minus sign), found '+'",
        ),
        (
            "01",
            "1: expected a number without leading zeros, found '1'",
        ),
        (
            "-00",
            "2: expected a number without leading zeros, found '0'",
        ),
        (
            "1.",
            "2: expected a digit after the decimal point, found the end of the body",
        ),
        ("[1e]", "3: expected a digit in the exponent, found ']'"),
        (
            "True",
            "0: expected a value ('true' and 'false' are lower case), found 'T'",
        ),
        ("[nul]", "4: expected 'null', found ']'"),
    ]);
}

#[test]
fn a_broken_string_is_told_by_what_belongs_there() {
    assert_malformed(&[
        (
            "\"a",
            "2: expected the closing double quote, found the end of the body",
        ),
        (
            r#""\é""#,
            r#"2: expected one of " \ / b f n r t u after the backslash, found 'é'"#,
        ),
        (
            r#""\u00é0""#,
            r"5: expected four hexadecimal digits after '\u', found 'é'",
        ),
        (
            r#""\ud800""#,
            r"1: expected a surrogate pair such as '\ud83d\ude00', found half of one",
        ),
        (
            "\"\n\"",
            r"1: expected a control character to be escaped, as '\n' or '\u000a', found U+000A",
        ),
    ]);
}

#[test]
fn every_other_message_names_the_place_and_the_rule() {
    let rows: &[(&[u8], &str)] = &[
        (b"{\"a\xff\":1}", "the body is not valid UTF-8 (at byte 3)"),
        (
            b"\xef\xbb\xbf{}",
            "the body begins with a byte order mark; send UTF-8 without one",
        ),
        (br#"[{"a":1,"a":2}]"#, "'0.a' is given more than once"),
        (
            br#"{"a":"\u0000"}"#,
            "'a' contains a NUL character, which cannot be stored",
        ),
        (
            br#""\u0000""#,
            "the body contains a NUL character, which cannot be stored",
        ),
        (
            br#"{"a":1e400}"#,
            "'a' is too large for a 64-bit floating-point number: 1e400",
        ),
        (
            b"9007199254740993",
            "the body has more digits than a 64-bit floating-point number keeps: 9007199254740993",
        ),
    ];

    for (body, expected) in rows {
        assert_eq!(message(body), *expected);
    }
    assert_eq!(
        message(object_of(10_001)),
        "the body has more than 10000 members"
    );
    assert_eq!(
        message("[".repeat(33)),
        format!("'{}' is nested deeper than 32 levels", ["0"; 32].join("."))
    );
    let shown = format!("the key '{}…' is longer than 1000 bytes", "k".repeat(39));
    assert_eq!(message(format!("{{\"{}\":1}}", "k".repeat(1_001))), shown);
}

#[test]
fn a_pointer_names_the_innermost_value_that_reading_had_come_to() {
    let rows: &[(&str, &str)] = &[
        ("x", ""),
        ("[x]", "0"),
        ("[[],{\"a\":[1,x]}]", "1.a.1"),
        ("{\"a\":{\"b\":1},\"c\" x}", "c"),
        ("{\"a\":{\"b\":1},x}", ""),
        ("{\"a\":{\"b\":1 x}}", "a"),
        ("{\"a\":{\"b\":1,\"c", "a"),
        ("{\"a\":{\"\":x}}", "a.\"\""),
    ];

    for (body, pointer) in rows {
        assert_eq!(seen(body), refused("malformed_json", pointer), "{body}");
    }
}

#[test]
fn a_long_path_is_shown_by_its_ends() {
    let body = format!("{}x", "{\"opportunity\":[".repeat(16));

    let fault = check(body.as_bytes()).unwrap_err();

    let shown = fault.pointer().unwrap();
    assert_eq!(shown.chars().count(), 100);
    assert!(shown.starts_with("opportunity.0.opportunity.0.") && shown.ends_with(".opportunity.0"));
    assert!(shown.contains('…'));
}
