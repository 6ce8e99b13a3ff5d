//! The grammar, fragment by fragment.

use super::{code, refused, seen, serde_json_accepts};

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
