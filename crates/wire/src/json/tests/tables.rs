//! The tables of reliability.md, row by row.

use super::{object_of, refused, seen};

/// Each row: its name in the tables, the body, and the pointer of the answer.
fn assert_refused(code: &'static str, rows: &[(&str, &(impl AsRef<[u8]> + ?Sized), &str)]) {
    for (id, body, pointer) in rows {
        assert_eq!(seen(body), refused(code, pointer), "{id}");
    }
}

#[test]
fn what_is_not_json_is_malformed() {
    let rows = [
        ("C01", "", ""),
        ("C08", r#"{"name":"a"} x"#, ""),
        ("C08 two", r#"{"name":"a"}{"name":"a"}"#, ""),
        ("C09 trailing comma", r#"{"a":1,}"#, ""),
        ("C09 trailing comma in an array", "[1,]", "1"),
        ("C09 comment", r#"{"a":1 /* one */}"#, ""),
        ("C09 comment line", "{\"a\": // one\n1}", "a"),
        ("C09 single quotes", "{'a':1}", ""),
        ("C09 unquoted key", "{a:1}", ""),
        ("C10", r#"{"size":NaN}"#, "size"),
        ("C10 infinity", r#"{"size":Infinity}"#, "size"),
        ("C10 minus infinity", r#"{"size":-Infinity}"#, "size"),
        ("C11 inside", "[\u{feff}1]", "0"),
        (
            "C12 without mark",
            "{\x00\"\x00a\x00\"\x00:\x001\x00}\x00",
            "",
        ),
        ("C14", r#"{"a":"\ud800"}"#, "a"),
        ("C14 reversed", r#"{"a":"\ude00\ud83d"}"#, "a"),
        ("C15 NUL", "{\"a\":\"\x00\"}", "a"),
        ("C15 tab", "{\"a\":\"\x09\"}", "a"),
        ("C15 last", "{\"a\":\"\x1f\"}", "a"),
    ];

    assert_refused("malformed_json", &rows);
}

#[test]
fn a_body_in_another_encoding_or_with_a_byte_order_mark_is_refused() {
    let rows: [(&str, &[u8], &str); 5] = [
        ("C11", b"\xef\xbb\xbf{}", ""),
        ("C12", b"\xff\xfe{\x00\"\x00a\x00\"\x00:\x001\x00}\x00", ""),
        ("C13", b"{\"a\":\"\xff\xfe\"}", ""),
        ("C13 overlong", b"{\"a\":\"\xc0\xaf\"}", ""),
        ("C13 surrogate", b"{\"a\":\"\xed\xa0\x80\"}", ""),
    ];

    assert_refused("invalid_utf8", &rows);
}

#[test]
fn a_key_given_twice_is_refused() {
    let rows = [
        ("C05", r#"{"name":"a","name":"b"}"#, "name"),
        (
            "C06 custom",
            r#"{"opportunity":{"custom_attributes":{"a":1,"a":1}}}"#,
            "opportunity.custom_attributes.a",
        ),
        (
            "C06 unknown",
            r#"{"x":[{},{"y":{"z":1,"z":2}}]}"#,
            "x.1.y.z",
        ),
        ("C07", r#"{"name":1,"n\u0061me":2}"#, "name"),
    ];

    assert_refused("duplicate_key", &rows);
}

#[test]
fn too_many_members_and_too_long_keys_are_refused() {
    let long_key = format!("{{\"{}\":1}}", "k".repeat(1_000_000));
    let long_key_shown = format!("{}…", "k".repeat(39));

    assert_refused("too_many_members", &[("C18", &object_of(100_000), "")]);
    assert_refused("key_too_long", &[("C19", &long_key, &long_key_shown)]);
}

#[test]
fn numbers_that_no_double_holds_are_refused() {
    let custom = |number: String| format!("{{\"custom_attributes\":{{\"n\":{number}}}}}");
    let (digits_36, digits_4000) = (custom("123456789".repeat(4)), custom("9".repeat(4_000)));

    let too_large = [
        ("D01", r#"{"deal_size":1e400}"#, "deal_size"),
        ("D08 4,000 digits", &digits_4000, "custom_attributes.n"),
        (
            "bulk",
            r#"[{},{},{},{"opportunity":{"close_date":1e999}}]"#,
            "3.opportunity.close_date",
        ),
    ];
    let rounded = [
        ("D03", r#"{"deal_size":9007199254740993}"#, "deal_size"),
        ("D08 36 digits", &digits_36, "custom_attributes.n"),
    ];

    assert_refused("number_out_of_range", &too_large);
    assert_refused("number_not_exact", &rounded);
}

#[test]
fn nul_is_refused_in_texts_and_keys() {
    let rows = [
        ("E01", r#"{"name":"a\u0000b\n"}"#, "name"),
        (
            "E02",
            r#"{"custom_attributes":{"a\u0000b":1}}"#,
            r"custom_attributes.a\u0000b",
        ),
    ];

    assert_refused("nul_character", &rows);
}

#[test]
fn what_the_tables_leave_to_a_later_look_passes() {
    let long_text = format!("{{\"name\":\"{}\"}}", "x".repeat(1_900_000));

    let rows: &[(&str, &str)] = &[
        ("C02", "null"),
        ("C02", "\"x\""),
        ("C02", "5"),
        ("C02", "true"),
        ("C03", r#"["Big deal",100,1700000000]"#),
        ("C04", "[]"),
        ("C20", &long_text),
        (
            "C21",
            r#"{"custom_attributes":{"__proto__":1,"constructor":2}}"#,
        ),
        ("C29", r#"{"custom_attributes":{"a b.$/":1,"":2}}"#),
        ("D02", r#"{"deal_size":1e308,"other":1e16}"#),
        ("D06", r#"{"deal_size":-0,"other":-0.0}"#),
        ("D09", r#"{"close_date":1.0,"next_action_date":1e3}"#),
    ];

    for (id, body) in rows {
        assert_eq!(seen(body), Ok(()), "{id}");
    }
}
