//! Bodies at random that fit the published schema, plain and odd.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::document::published;
use crate::openapi::members;
use crate::support::Tenant;

/// What stands for an organisation's own names, so that some references are good.
const NAMES: [(&str, &str); 5] = [
    ("pipeline_id", "<pipeline>"),
    ("stage_id", "<stage>"),
    ("stage_name", "<label>"),
    ("owner_id", "<owner>"),
    ("owner_email", "<address>"),
];

/// Everything that the published request schema allows.
pub(super) fn published_bodies() -> BoxedStrategy<Value> {
    fitting("", &published())
}

/// The body with an organisation's own names in their places.
pub(super) fn with_real_names(body: &Value, tenant: &Tenant) -> Value {
    let (label, stage) = &tenant.stages[2];
    let mut text = body.to_string();
    for (member, placeholder) in NAMES {
        let real = match member {
            "pipeline_id" => tenant.pipeline_id.to_string(),
            "stage_id" => stage.to_string(),
            "stage_name" => label.clone(),
            "owner_id" => tenant.owner_id.to_string(),
            _ => tenant.owner_email.clone(),
        };
        text = text.replace(&format!("\"{placeholder}\""), &json!(real).to_string());
    }
    serde_json::from_str(&text).expect("names need no escape")
}

/// Values that fit a schema, of a member of this name.
fn fitting(name: &str, schema: &Value) -> BoxedStrategy<Value> {
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let of_each = types.iter().map(|kind| match kind.as_str() {
        Some("object") => object(schema),
        Some("array") => vec(fitting(name, &schema["items"]), 0..4)
            .prop_map(Value::Array)
            .boxed(),
        Some("string") => string(name, schema),
        Some("number") => number(),
        Some("integer") => integer(),
        Some("boolean") => any::<bool>().prop_map(Value::Bool).boxed(),
        Some("null") => Just(Value::Null).boxed(),
        other => panic!("no values of type {other:?}"),
    });
    let of_each = of_each.collect::<Vec<_>>();
    proptest::strategy::Union::new(of_each).boxed()
}

/// All that is required, some of what is not, and further members where they are allowed.
fn object(schema: &Value) -> BoxedStrategy<Value> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut strategy = further(&schema["additionalProperties"]);
    for (name, member) in members(&schema["properties"]) {
        let is_required = required.iter().any(|required| required == name.as_str());
        let (name, value) = (name.clone(), fitting(name, member));
        let value = match is_required {
            true => value.prop_map(Some).boxed(),
            false => proptest::option::of(value).boxed(),
        };
        let with_member = (strategy, value).prop_map(move |(mut object, value)| {
            // Further members come first: one that has a known name gives way to it.
            object.remove(&name);
            object.extend(value.map(|value| (name.clone(), value)));
            object
        });
        strategy = with_member.boxed();
    }
    strategy.prop_map(Value::Object).boxed()
}

fn further(allowed: &Value) -> BoxedStrategy<Map<String, Value>> {
    let value = match allowed {
        Value::Bool(false) => return Just(Map::new()).boxed(),
        Value::Bool(true) => anything(),
        schema => fitting("", schema),
    };
    let members = btree_map(key(), value, 0..4);
    members
        .prop_map(|members| members.into_iter().collect())
        .boxed()
}

/// Names of custom fields, of members that mean something elsewhere, and of nothing.
fn key() -> BoxedStrategy<String> {
    const KEYS: [&str; 14] = [
        "seats",
        "Lead Source",
        "custom__seats",
        "custom_fields",
        "custom_attributes",
        "id",
        "name",
        "owner_id",
        "tags",
        "__proto__",
        "日本語",
        "created_at",
        "resolved",
        "metadata",
    ];
    prop_oneof![4 => select(&KEYS[..]).prop_map(str::to_owned), 1 => "[a-zA-Z_ é.-]{0,70}"].boxed()
}

/// Any JSON, not too deep.
fn anything() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number(),
        text()
    ];
    let deeper = leaf.prop_recursive(3, 12, 3, |inner| {
        let object = btree_map(key(), inner.clone(), 0..3);
        prop_oneof![
            vec(inner, 0..3).prop_map(Value::Array),
            object.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    deeper.boxed()
}

fn string(name: &str, schema: &Value) -> BoxedStrategy<Value> {
    let any = match (name, schema["format"].as_str()) {
        (_, Some("uuid")) => uuid(),
        (_, Some("email")) => email(),
        ("account_domain", None) => domain(),
        (_, None) => text(),
        (_, Some(format)) => panic!("no strings of format {format}"),
    };
    match NAMES.iter().find(|(member, _)| *member == name) {
        Some((_, placeholder)) => prop_oneof![9 => Just(json!(placeholder)), 1 => any].boxed(),
        None => any,
    }
}

fn text() -> BoxedStrategy<Value> {
    let odd = select(
        &[
            "",
            " ",
            "\t",
            "\u{200b}",
            "null",
            "0",
            "ß",
            "👩‍👩‍👧",
            "a\u{0301}",
            "\u{202e}abc",
            "';--",
        ][..],
    );
    prop_oneof![3 => "[a-zA-Z0-9 äöü.,!?]{1,40}", 1 => odd.prop_map(str::to_owned), 1 => ".{0,30}", 1 => "a{400,600}"]
        .prop_map(Value::String)
        .boxed()
}

fn number() -> BoxedStrategy<Value> {
    let float =
        any::<f64>().prop_filter_map("JSON has finite numbers", serde_json::Number::from_f64);
    let edge = select(
        &[
            0.0,
            -0.0,
            0.1,
            1e308,
            -1e308,
            5e-324,
            9_007_199_254_740_992.0,
            1e21,
        ][..],
    );
    prop_oneof![
        3 => (-1_000_000..1_000_000_i64).prop_map(|whole| json!(whole)),
        1 => any::<i64>().prop_map(|whole| json!(whole)),
        1 => any::<u64>().prop_map(|whole| json!(whole)),
        1 => float.prop_map(Value::Number),
        1 => edge.prop_map(|edge| json!(edge)),
    ]
    .boxed()
}

/// A whole number, also one that is written with a zero fraction.
fn integer() -> BoxedStrategy<Value> {
    let seconds = -100_000_000_000..=100_000_000_000_i64;
    prop_oneof![
        4 => seconds.clone().prop_map(|whole| json!(whole)),
        2 => seconds.prop_map(|whole| json!(whole as f64)),
        1 => any::<i64>().prop_map(|whole| json!(whole)),
        1 => any::<u64>().prop_map(|whole| json!(whole)),
    ]
    .boxed()
}

fn uuid() -> BoxedStrategy<Value> {
    let text = any::<u128>().prop_map(|bits| uuid::Uuid::from_u128(bits).to_string());
    let upper =
        any::<u128>().prop_map(|bits| uuid::Uuid::from_u128(bits).to_string().to_uppercase());
    prop_oneof![text, upper].prop_map(Value::String).boxed()
}

/// Addresses from the grammar of RFC 5321, the seldom forms too.
fn email() -> BoxedStrategy<Value> {
    let usual = "[a-z]{1,8}(\\.[a-z0-9]{1,5}){0,2}@(acme|globex|blue-ocean)\\.(com|co\\.uk)";
    let atoms = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-zA-Z0-9+_-]{1,10}){0,2}@[a-z0-9]{1,10}(\\.[a-z]{2,6}){0,3}";
    let seldom = select(
        &[
            "\"jane doe\"@acme.com",
            "jane@[127.0.0.1]",
            "jane@gmail.com",
            "jane@localhost",
            "JANE@ACME.COM",
        ][..],
    );
    prop_oneof![6 => usual, 2 => atoms, 1 => seldom.prop_map(str::to_owned)]
        .prop_map(Value::String)
        .boxed()
}

fn domain() -> BoxedStrategy<Value> {
    let good = select(
        &[
            "acme.com",
            "https://www.Acme.com/about",
            "blue-ocean.co.uk",
            "bücher.de",
            "acme.com:8080",
            "ACME.COM.",
        ][..],
    );
    prop_oneof![4 => good.prop_map(|domain| json!(domain)), 1 => text()].boxed()
}
