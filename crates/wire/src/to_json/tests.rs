use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::to_json;

/// What serde_json writes, which has to be the same.
fn by_serde(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn ours(value: &impl Serialize) -> String {
    String::from_utf8(to_json(value).unwrap()).unwrap()
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = "[ -~\u{0}-\u{1f}\u{7f}é€😀\"\\\\]{0,40}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(text, inner, 0..8)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_written_as_serde_json_writes_it(value in any_json()) {
        prop_assert_eq!(ours(&value), by_serde(&value));
    }
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Newtype(u8);

#[derive(Serialize)]
struct Pair(i8, f32);

#[derive(Serialize)]
enum Kinds {
    Unit,
    Newtype(char),
    Tuple(u16, i16),
    Struct { unsigned: u32, signed: i32 },
}

#[derive(Serialize)]
struct Everything<'a> {
    unit: (),
    unit_struct: Unit,
    newtype: Newtype,
    pair: Pair,
    kinds: [Kinds; 4],
    tuple: (f64, f64, &'a str),
    some: Option<&'a str>,
    none: Option<&'a str>,
    #[serde(rename = "statusCode")]
    renamed: u16,
    raw: &'a RawValue,
    raws: Vec<Box<RawValue>>,
    empty: Empty,
    map: BTreeMap<&'a str, [u8; 0]>,
    #[serde(flatten)]
    flat: BTreeMap<String, Value>,
}

#[derive(Serialize)]
struct Empty {}

#[test]
fn everything_that_serde_knows_is_written_as_serde_json_writes_it() {
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
    let everything = Everything {
        unit: (),
        unit_struct: Unit,
        newtype: Newtype(7),
        pair: Pair(-1, 0.5),
        kinds: [
            Kinds::Unit,
            Kinds::Newtype('"'),
            Kinds::Tuple(1, -1),
            Kinds::Struct {
                unsigned: u32::MAX,
                signed: i32::MIN,
            },
        ],
        tuple: (f64::NAN, 1e300, "a\u{1}b"),
        some: Some("\r\n\t\u{8}\u{c}"),
        none: None,
        renamed: 200,
        raw: &raw(r#"{"a": "\"b\"", "n": 1.0}"#),
        raws: vec![raw("1"), raw("\"x\"")],
        empty: Empty {},
        map: BTreeMap::from([("a \"key\"", []), ("b", [])]),
        flat: BTreeMap::from([("x".to_owned(), json!([{}]))]),
    };
    assert_eq!(ours(&everything), by_serde(&everything));
}

#[test]
fn a_key_that_is_no_text_is_refused() {
    assert!(to_json(&BTreeMap::from([(1, 2)])).is_err());
}
