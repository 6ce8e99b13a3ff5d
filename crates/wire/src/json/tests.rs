use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use super::*;

type Seen = Result<(), (&'static str, Option<String>)>;

/// The answer to a body as a caller sees it.
fn seen(body: impl AsRef<[u8]>) -> Seen {
    check(body.as_ref()).map_err(|fault| (fault.code(), fault.pointer().map(str::to_owned)))
}

fn refused(code: &'static str, pointer: &str) -> Seen {
    Err((
        code,
        Some(pointer.to_owned()).filter(|path| !path.is_empty()),
    ))
}

fn message(body: impl AsRef<[u8]>) -> String {
    check(body.as_ref()).unwrap_err().to_string()
}

fn code(body: impl AsRef<[u8]>) -> &'static str {
    check(body.as_ref()).unwrap_err().code()
}

fn serde_json_accepts(body: impl AsRef<[u8]>) -> bool {
    serde_json::from_slice::<Value>(body.as_ref()).is_ok()
}

/// `{"k0":0,"k1":0,…}`
fn object_of(members: usize) -> String {
    let members: Vec<String> = (0..members).map(|n| format!("\"k{n}\":0")).collect();
    format!("{{{}}}", members.join(","))
}

// ---- The tables of reliability.md ----

#[test]
fn the_rows_of_the_bad_input_tables_are_refused_with_code_and_pointer() {
    let long_key = format!("{{\"{}\":1}}", "k".repeat(1_000_000));
    let long_key_shown = format!("{}…", "k".repeat(39));
    let utf16: Vec<u8> = "{\"a\":1}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let utf16_with_mark = [b"\xff\xfe".as_slice(), &utf16].concat();
    let digits_30 = format!(
        "{{\"custom_attributes\":{{\"n\":{}}}}}",
        "123456789".repeat(4)
    );
    let digits_4000 = format!("{{\"custom_attributes\":{{\"n\":{}}}}}", "9".repeat(4_000));

    let rows: &[(&str, &[u8], &str, &str)] = &[
        ("C01", b"", "malformed_json", ""),
        (
            "C05",
            br#"{"name":"a","name":"b"}"#,
            "duplicate_key",
            "name",
        ),
        (
            "C06 custom",
            br#"{"opportunity":{"custom_attributes":{"a":1,"a":1}}}"#,
            "duplicate_key",
            "opportunity.custom_attributes.a",
        ),
        (
            "C06 unknown",
            br#"{"x":[{},{"y":{"z":1,"z":2}}]}"#,
            "duplicate_key",
            "x.1.y.z",
        ),
        (
            "C07",
            br#"{"name":1,"n\u0061me":2}"#,
            "duplicate_key",
            "name",
        ),
        ("C08", br#"{"name":"a"} x"#, "malformed_json", ""),
        (
            "C08 two",
            br#"{"name":"a"}{"name":"a"}"#,
            "malformed_json",
            "",
        ),
        ("C09 trailing comma", br#"{"a":1,}"#, "malformed_json", ""),
        (
            "C09 trailing comma in an array",
            b"[1,]",
            "malformed_json",
            "1",
        ),
        ("C09 comment", br#"{"a":1 /* one */}"#, "malformed_json", ""),
        (
            "C09 comment line",
            b"{\"a\": // one\n1}",
            "malformed_json",
            "a",
        ),
        ("C09 single quotes", br#"{'a':1}"#, "malformed_json", ""),
        ("C09 unquoted key", br#"{a:1}"#, "malformed_json", ""),
        (
            "C10",
            br#"{"deal_size":NaN}"#,
            "malformed_json",
            "deal_size",
        ),
        (
            "C10 infinity",
            br#"{"deal_size":Infinity}"#,
            "malformed_json",
            "deal_size",
        ),
        (
            "C10 minus infinity",
            br#"{"deal_size":-Infinity}"#,
            "malformed_json",
            "deal_size",
        ),
        ("C11", b"\xef\xbb\xbf{}", "invalid_utf8", ""),
        ("C11 inside", b"[\xef\xbb\xbf1]", "malformed_json", "0"),
        ("C12", &utf16_with_mark, "invalid_utf8", ""),
        ("C12 without mark", &utf16, "malformed_json", ""),
        ("C13", b"{\"a\":\"\xff\xfe\"}", "invalid_utf8", ""),
        ("C13 overlong", b"{\"a\":\"\xc0\xaf\"}", "invalid_utf8", ""),
        (
            "C13 surrogate",
            b"{\"a\":\"\xed\xa0\x80\"}",
            "invalid_utf8",
            "",
        ),
        ("C14", br#"{"a":"\ud800"}"#, "malformed_json", "a"),
        (
            "C14 reversed",
            br#"{"a":"\ude00\ud83d"}"#,
            "malformed_json",
            "a",
        ),
        ("C15 NUL", b"{\"a\":\"\x00\"}", "malformed_json", "a"),
        ("C15 tab", b"{\"a\":\"\x09\"}", "malformed_json", "a"),
        ("C15 last", b"{\"a\":\"\x1f\"}", "malformed_json", "a"),
        (
            "C18",
            object_of(100_000).leak().as_bytes(),
            "too_many_members",
            "",
        ),
        ("C19", long_key.as_bytes(), "key_too_long", &long_key_shown),
        (
            "D01",
            br#"{"deal_size":1e400}"#,
            "number_out_of_range",
            "deal_size",
        ),
        (
            "D03",
            br#"{"deal_size":9007199254740993}"#,
            "number_not_exact",
            "deal_size",
        ),
        (
            "D08 30 digits",
            digits_30.as_bytes(),
            "number_not_exact",
            "custom_attributes.n",
        ),
        (
            "D08 4,000 digits",
            digits_4000.as_bytes(),
            "number_out_of_range",
            "custom_attributes.n",
        ),
        ("E01", br#"{"name":"a\u0000b\n"}"#, "nul_character", "name"),
        (
            "E02",
            br#"{"custom_attributes":{"a\u0000b":1}}"#,
            "nul_character",
            r"custom_attributes.a\u0000b",
        ),
        (
            "bulk",
            br#"[{},{},{},{"opportunity":{"close_date":1e999}}]"#,
            "number_out_of_range",
            "3.opportunity.close_date",
        ),
    ];

    for (id, body, code, pointer) in rows {
        assert_eq!(seen(body), refused(code, pointer), "{id}");
    }
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

// ---- Messages and pointers ----

#[test]
fn malformed_json_is_told_by_what_was_expected_and_what_was_found() {
    let rows: &[(&str, &str)] = &[
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
    ];

    for (body, end) in rows {
        assert_eq!(message(body), format!("malformed JSON at byte {end}"));
    }
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

// ---- Limits ----

#[test]
fn thirty_two_levels_are_accepted_and_one_more_is_too_deep() {
    let arrays = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let objects = |depth: usize| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);

    for body in [arrays(32), objects(32), format!("[{0},{0}]", arrays(31))] {
        assert_eq!(seen(&body), Ok(()), "{body}");
    }
    for body in [
        arrays(33),
        objects(33),
        format!("[{},{}]", arrays(31), arrays(32)),
    ] {
        assert_eq!(code(&body), "too_deep", "{body}");
    }
}

/// C17: whoever recursed would overflow this stack, which no handler can catch.
#[test]
fn a_hundred_thousand_brackets_fit_a_small_stack() {
    let bodies = ["[", "{\"a\":", "[{\"a\":"].map(|open| open.repeat(100_000));
    let reader = std::thread::Builder::new().stack_size(256 * 1024);

    let codes = reader.spawn(move || bodies.map(|body| code(&body)));

    assert_eq!(codes.unwrap().join().unwrap(), ["too_deep"; 3]);
}

#[test]
fn ten_thousand_members_are_accepted_and_one_more_is_too_many() {
    assert_eq!(seen(object_of(10_000)), Ok(()));
    assert_eq!(seen(object_of(10_001)), refused("too_many_members", ""));
    assert_eq!(
        seen(format!("[0,{}]", object_of(10_001))),
        refused("too_many_members", "1")
    );
    assert_eq!(
        seen(format!("[{0},{0}]", object_of(6_000))),
        Ok(()),
        "the limit is per object"
    );
    assert_eq!(
        seen(format!("[{}0]", "0,".repeat(20_000))),
        Ok(()),
        "an array has no such limit"
    );
}

#[test]
fn a_key_is_measured_in_bytes_after_unescaping() {
    let body = |key: String| format!("{{\"{key}\":1}}");

    for key in ["k".repeat(1_000), "é".repeat(500), "\\u0061".repeat(1_000)] {
        assert_eq!(seen(body(key)), Ok(()));
    }
    for key in ["k".repeat(1_001), "é".repeat(501), "\\u00e9".repeat(501)] {
        assert_eq!(code(body(key)), "key_too_long");
    }
}

// ---- Duplicate keys ----

#[test]
fn a_duplicate_is_found_in_an_object_of_any_size() {
    for size in 1..100 {
        let members = object_of(size).replace('}', "");
        for n in [0, size / 2, size - 1] {
            let body = format!("{members},\"k{n}\":0}}");
            assert_eq!(seen(body), refused("duplicate_key", &format!("k{n}")));
        }
    }
}

/// Where an object is large enough to be hashed, the objects in it have sets of their own, or none.
#[test]
fn an_inner_object_of_any_size_does_not_disturb_the_names_around_it() {
    for (outer, inner) in (28..40).flat_map(|outer| (28..40).map(move |inner| (outer, inner))) {
        let begin = object_of(outer).replace('}', "");
        let begin = format!("{begin},\"in\":[{0},{0}]", object_of(inner));

        assert_eq!(seen(format!("{begin},\"new\":0}}")), Ok(()));
        assert_eq!(seen(format!("{begin},\"k{outer}\":0}}")), Ok(()));
        assert_eq!(
            seen(format!("{begin},\"k1\":0}}")),
            refused("duplicate_key", "k1")
        );
    }
}

// ---- Numbers ----

#[test]
fn a_number_without_fraction_must_be_a_double_exactly() {
    let exact = "0 -0 9007199254740992 -9007199254740992 9007199254740994 10000000000000000
        9223372036854775808 18446744073709549568";
    for exact in exact.split_whitespace() {
        assert_eq!(seen(exact), Ok(()), "{exact}");
    }
    let rounded = "9007199254740993 -9007199254740993 9223372036854775807 18446744073709551615
        100000000000000000000001";
    for rounded in rounded.split_whitespace() {
        assert_eq!(seen(rounded), refused("number_not_exact", ""), "{rounded}");
    }
    assert_eq!(seen("1".repeat(309)), refused("number_not_exact", ""));
    for large in ["2".repeat(309), "1".repeat(310), "9".repeat(4_000)] {
        assert_eq!(seen(&large), refused("number_out_of_range", ""), "{large}");
    }
}

#[test]
fn a_number_with_fraction_or_exponent_may_have_seventeen_significant_digits() {
    let few = "0.30000000000000004 1.1234567890123456 12345678901234567e-3
        0.00000000000000000000012345678901234567 1.50000000000000000000000 1.0000000000000000
        100000000000000000000.0 0.0000000000000000000000 -0.0e0 1e308 2.2250738585072014e-308 5e-324
        1e-400 0e400 0e99999999999999999999 1E+2";
    for few in few.split_whitespace() {
        assert_eq!(seen(few), Ok(()), "{few}");
    }
    let many = "0.300000000000000041 1.12345678901234567 123456789012345678e-3 -1.00000000000000001
        10000000000000000.01";
    for many in many.split_whitespace() {
        assert_eq!(seen(many), refused("number_not_exact", ""), "{many}");
    }
    let large = "1e309 -1e309 1e400 10e308 1.8e308 1e99999999999999999999 0.1e310";
    for large in large.split_whitespace() {
        assert_eq!(seen(large), refused("number_out_of_range", ""), "{large}");
    }
}

// ---- The grammar, fragment by fragment ----

/// JSON values, each right wherever a value may stand; two spaces or a line break between them.
const RIGHT: &str = r#"
    null  true  false
    0  -0  7  -7  10  1234567890  0.5  -0.5  1.25  10.010  0.0  0e0  0e+1  1e0  1e00  1e5  1E5  1e+5
    1e-5  1E+05  1.5e2  -1.5E-2
    ""  "a"  " "  "'"  "/"  "//"  "[{,:}]"  "é"  "😀"
    "\""  "\\"  "\/"  "\b\f\n\r\t"  "\\n"  "\\u0000"
    "\u0061"  "\u00e9"  "\u00E9"  "\u0001"  "\u001f"  "\uFFFF"  "\uFEFF"  "\u2028"
    "\ud83d\ude00"  "\uD83D\uDE00x"  "\uD800\uDC00"  "\uDBFF\uDFFF"
    []  [ ]  [[]]  [0]  [0,1]  [null]  [ 1 , 2 ]  [[],[]]  [{}]  ["",[0.1]]
    {}  { }  {"":0}  {"a":{}}  {"a":[]}  {"a":1,"b":2}  {"a":1,"A":2}  { "a" : 1 , "b" : [ ] }
    {"a":{"a":{"a":1}}}  [{"a":1},{"a":1}]  {"\u0061\"":1}  {"é":1,"e\u0301":2}
"#;

/// More of them, with characters that cannot be seen.
const RIGHT_UNSEEN: &[&str] = &[
    "\"\u{7f}\"",
    "\"\u{2028}\"",
    "\"\u{feff}\"",
    "\"\u{ffff}\"",
    "{\n\t\"a\"\r\n:\n1}",
];

/// Wrong wherever a value may stand, in the same form.
const WRONG: &str = r#"
    nul  nulll  Null  NULL  None  undefined  tru  truefalse  True  fals  FALSE
    nan  NaN  -NaN  Infinity  -Infinity  inf
    +1  ++1  --1  - 1  -  -a  00  01  -01  -00  1.  -1.  .5  -.5  1.e5  1.5.  1.5.5
    1e  1e+  1e-  1E  1ee5  1e5.5  1e 5  1 2  1a  1_000  0x10  0b1  1'000  1L  ١  １
    "  "a  "\  "\"  "\a"  "\x41"  "\'"  "\0"  "\U0061"  "a"b  "a" "b"
    "\u"  "\u0"  "\u006"  "\u006g"  "\u+061"  "\u 061"
    "\ud800"  "\udc00"  "\ud800x"  "\ud800\n"  "\ud800\u0061"  "\ud800\ud800"  "\ude00\ud83d"
    "\udbff"  "\udfff"  "\ud83d\u"  "\ud83d\ude0"  "\ud83d\\ude00"
    'a'  `a`  “a”  a  é  😀  (1)  ("a":1}  ("a":1)  <a>  &
    [  ]  [1  1]  [1,  [,1]  [,]  [1,]  [1,,2]  [1 2]  [1;2]  [1:2]  [1}  ["a"
    {  }  {]  {,}  {"a"}  {"a":}  {"a":1,}  {"a":1,,"b":2}  {,"a":1}  {"a":1"b":2}  {"a":1;"b":2}
    {"a" 1}  {"a"=1}  {"a"::1}  {"a":1]  {"a":1  {"a":1}}  {"a":a}  {"\ud800":1}
    {a:1}  {'a':1}  {1:1}  {null:1}  {[]:1}
    // x  /* x */ 1  1 // x  1 /* x */  # x
"#;

const WRONG_UNSEEN: &[&str] = &[
    "\"\t\"",
    "\"\n\"",
    "\"\r\"",
    "\"\0\"",
    "\"\u{1f}\"",
    "\"\\\n\"",
    "{\"\n\":1}",
    "\u{a0}1",
    "1\u{a0}",
    "\u{2028}1",
    "\x0c1",
    "\x0b1",
    "\x001",
    "1\0",
    "1\u{feff}",
];

fn fragments(seen: &'static str, unseen: &'static [&str]) -> impl Iterator<Item = &'static str> {
    let seen = seen.split('\n').flat_map(|line| line.split("  "));
    let seen = seen.filter(|fragment| !fragment.is_empty());
    seen.chain(unseen.iter().copied())
}

/// The fragment alone and in the places that a value may stand.
fn placed(fragment: &str) -> [String; 6] {
    [
        fragment.to_owned(),
        format!(" \t\r\n{fragment} \t\r\n"),
        format!("[{fragment}]"),
        format!("[0 , {fragment}\n]"),
        format!("{{\"member\":{fragment}}}"),
        format!("{{\"x\":[{{}},{{\"y\": {fragment}}}],\"z\":1}}"),
    ]
}

#[test]
fn what_is_json_is_accepted_everywhere() {
    for body in fragments(RIGHT, RIGHT_UNSEEN).flat_map(placed) {
        assert!(serde_json_accepts(&body), "{body}");
        assert_eq!(seen(&body), Ok(()), "{body}");
    }
}

#[test]
fn what_is_not_json_is_malformed_everywhere() {
    for body in fragments(WRONG, WRONG_UNSEEN).flat_map(placed) {
        assert!(!serde_json_accepts(&body), "{body}");
        assert_eq!(code(&body), "malformed_json", "{body}");
    }
}

#[test]
fn every_way_to_break_utf8_is_found_in_texts_keys_and_between() {
    let broken: &[&[u8]] = &[
        b"\x80",
        b"\xbf",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xc3",
        b"\xc3(",
        b"\xe0\x80\xaf",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf0\x80\x80\xaf",
        b"\xf0\x9f\x98",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xfe",
        b"\xff",
        b"\xff\xfe",
        b"J\xfcrgen",
    ];
    let places: &[(&[u8], &[u8])] = &[
        (b"", b""),
        (b"{\"a\":\"", b"\"}"),
        (b"{\"", b"\":1}"),
        (b"[1,", b"2]"),
        (b"{\"a\":1,\"a\":\"", b"\"}"),
    ];

    for (before, after) in places {
        for bytes in broken {
            let body = [before, *bytes, after].concat();
            assert_eq!(seen(&body), refused("invalid_utf8", ""), "{body:?}");
            assert!(!serde_json_accepts(&body));
        }
    }
}

// ---- Laws ----

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

    /// An integer with at most 53 bits between its first and its last set bit is a double. Beyond u64 only
    /// one direction is a law: serde_json misses some of those doubles unless built with `float_roundtrip`.
    #[test]
    fn an_integer_is_accepted_only_if_a_double_holds_it(mantissa in 0..1_u64 << 55, shift in 0..64_u32, minus in any::<bool>()) {
        let integer = u128::from(mantissa) << shift;
        let is_double = integer == 0 || 128 - integer.leading_zeros() - integer.trailing_zeros() <= 53;
        let body = if minus { format!("-{integer}") } else { integer.to_string() };

        let accepted = check(body.as_bytes()).is_ok();

        prop_assert!(!accepted || is_double);
        prop_assert!(accepted || !is_double || integer > u128::from(u64::MAX));
    }

    /// Around the size where comparing gives way to hashing, too, and however the keys are written.
    #[test]
    fn a_key_is_a_duplicate_exactly_if_an_equal_one_came_before(
        keys in vec(("[a-p]{3}", any::<bool>()), 0..80),
    ) {
        let mut set = HashSet::new();
        let repeated = keys.iter().map(|(key, _)| key).find(|key| !set.insert(*key));
        let members: Vec<String> = keys.iter().map(|(key, escape_first)| {
            let source = match escape_first {
                true => format!("\\u{:04x}{}", u32::from(key.as_bytes()[0]), &key[1..]),
                false => key.clone(),
            };
            format!("\"{source}\":{}", if key.ends_with('a') { object_of(40) } else { r#"{"a":1}"#.to_owned() })
        }).collect();

        let answer = seen(format!("{{{}}}", members.join(",")));

        prop_assert_eq!(answer, repeated.map_or(Ok(()), |key| refused("duplicate_key", key)));
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
