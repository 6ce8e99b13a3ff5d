//! C: JSON, and the shape of bodies.

use serde_json::{Value, json};

use super::expected::{bad_json, invalid, refused, taken};
use super::row::{Row, acc, con, opp, post, related, row, run};
use crate::support::TestApp;

const ACCOUNTS: &str = "/v1/accounts";
const OPPORTUNITIES: &str = "/v1/opportunities";

#[tokio::test]
async fn bad_json_is_refused() {
    run(&TestApp::new().await, rows()).await;
}

pub(super) fn rows() -> Vec<Row> {
    [
        syntax(),
        encodings(),
        sizes(),
        shapes(),
        types(),
        custom_attributes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn syntax() -> Vec<Row> {
    let malformed = |body: &str| (post(ACCOUNTS, body), refused(400, "malformed_json"));
    let bodies = [
        ("C01", ""),
        ("C01", " \n"),
        ("C08", r#"{"domain":"acme.com"} x"#),
        ("C08", r#"{"domain":"acme.com"}{"domain":"acme.com"}"#),
        ("C09", r#"{"domain":"acme.com",}"#),
        ("C09", r#"{"domain":"acme.com" /* ours */}"#),
        ("C09", "{'domain':'acme.com'}"),
        ("C09", r#"{domain:"acme.com"}"#),
        ("C10", r#"{"domain":"acme.com","founded":NaN}"#),
        ("C10", r#"{"domain":"acme.com","founded":Infinity}"#),
        ("C10", r#"{"domain":"acme.com","founded":-Infinity}"#),
        ("C14", r#"{"domain":"acme.com","name":"\ud800"}"#),
        ("C14", r#"{"domain":"acme.com","name":"\ude00\ud83d"}"#),
        ("C15", "{\"domain\":\"acme.com\",\"name\":\"a\u{1}b\"}"),
        ("C15", "{\"domain\":\"acme.com\",\"name\":\"a\nb\"}"),
        ("C15", "{\"domain\":\"acme.com\",\"name\":\"a\0b\"}"),
    ];
    let rows = bodies.into_iter().map(|(id, body)| {
        let (request, expected) = malformed(body);
        row(id, request, expected)
    });
    rows.collect()
}

fn encodings() -> Vec<Row> {
    let invalid_utf8 = || bad_json("invalid_utf8", "");
    let named = |bytes: &[u8]| [br#"{"domain":"acme.com","name":""#, bytes, br#""}"#].concat();
    let utf_16: Vec<u8> =
        r#"{"domain":"acme.com"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        row(
            "C11",
            post(ACCOUNTS, b"\xef\xbb\xbf{\"domain\":\"acme.com\"}"),
            invalid_utf8(),
        ),
        row(
            "C12",
            post(ACCOUNTS, [b"\xff\xfe", utf_16.as_slice()].concat()),
            invalid_utf8(),
        ),
        // Without a byte order mark it is UTF-8, with many NULs.
        row(
            "C12",
            post(ACCOUNTS, utf_16),
            refused(400, "malformed_json"),
        ),
        row("C13", post(ACCOUNTS, named(b"\xff\xfe")), invalid_utf8()),
        row("C13", post(ACCOUNTS, named(b"\xc0\xaf")), invalid_utf8()),
        row(
            "C13",
            post(ACCOUNTS, named(b"\xed\xa0\x80")),
            invalid_utf8(),
        ),
    ]
}

fn sizes() -> Vec<Row> {
    let nested = |levels: usize| {
        // The body itself and `opportunity` are the first two levels.
        let (open, close) = ("[".repeat(levels - 2), "]".repeat(levels - 2));
        opp(&format!(r#""more":{open}{close}"#))
    };
    let members: Vec<String> = (0..100_000)
        .map(|number| format!("\"{number:x}\":0"))
        .collect();
    let long_key = format!(r#"{{"{}":0}}"#, "k".repeat(1_000_000));
    let long_name = format!(
        r#"[{{"domain":"acme.com","name":"{}"}}]"#,
        "a".repeat(1_900_000)
    );
    vec![
        row(
            "C16",
            nested(32),
            taken(201).with("/ignored", json!(["opportunity.more"])),
        ),
        row("C16", nested(33), refused(400, "too_deep")),
        row(
            "C17",
            post(ACCOUNTS, "[".repeat(100_000)),
            refused(400, "too_deep"),
        ),
        row(
            "C18",
            post(ACCOUNTS, format!("{{{}}}", members.join(","))),
            bad_json("too_many_members", ""),
        ),
        row(
            "C19",
            post(ACCOUNTS, long_key),
            refused(400, "key_too_long"),
        ),
        row(
            "C20",
            post("/v1/accounts/bulk", &long_name),
            invalid("0.name").saying("1900000 characters"),
        ),
        row(
            "C20",
            post(ACCOUNTS, &long_name),
            refused(413, "body_too_large"),
        ),
    ]
}

fn shapes() -> Vec<Row> {
    let without = |member: &str| {
        let mut body =
            json!({"pipeline_id": "{pipeline}", "opportunity": {}, "related_objects": {}});
        body.as_object_mut().expect("an object").remove(member);
        post(OPPORTUNITIES, body.to_string())
    };
    let with = |member: &str, value: Value| {
        let mut body =
            json!({"pipeline_id": "{pipeline}", "opportunity": {}, "related_objects": {}});
        body[member] = value;
        post(OPPORTUNITIES, body.to_string())
    };
    let mut rows = vec![
        row(
            "C03",
            post(OPPORTUNITIES, r#"["Big deal",100,1700000000]"#),
            invalid("").saying("is an array"),
        ),
        row(
            "C03",
            with("opportunity", json!(["Big deal", 100])),
            invalid("opportunity"),
        ),
        row(
            "C03",
            with("related_objects", json!([])),
            invalid("related_objects"),
        ),
        row(
            "C04",
            post(ACCOUNTS, "[]"),
            invalid("").saying("is an array"),
        ),
        row(
            "C04",
            post("/v1/accounts/bulk", "[]"),
            invalid("").saying("has 0 items"),
        ),
        row(
            "C04",
            post("/v1/accounts/bulk", "{}"),
            invalid("").saying("is an object"),
        ),
        row(
            "C04",
            post("/v1/accounts/bulk", "[[]]"),
            invalid("0").saying("is an array"),
        ),
        row(
            "C05",
            opp(r#""name":"a","name":"b""#),
            bad_json("duplicate_key", "opportunity.name"),
        ),
        row(
            "C05",
            post(ACCOUNTS, r#"{"domain":"a.com","domain":"b.com"}"#),
            bad_json("duplicate_key", "domain"),
        ),
        row(
            "C06",
            opp(r#""custom_attributes":{"a":1,"a":2}"#),
            bad_json("duplicate_key", "opportunity.custom_attributes.a"),
        ),
        row(
            "C06",
            opp(r#""more":{"a":1,"a":2}"#),
            bad_json("duplicate_key", "opportunity.more.a"),
        ),
        row(
            "C07",
            opp(r#""name":"a","n\u0061me":"b""#),
            bad_json("duplicate_key", "opportunity.name"),
        ),
        row(
            "C22",
            without("pipeline_id"),
            invalid("pipeline_id").saying("is required"),
        ),
        row(
            "C22",
            without("opportunity"),
            invalid("opportunity").saying("is required"),
        ),
        row(
            "C22",
            without("related_objects"),
            invalid("related_objects").saying("is required"),
        ),
        row(
            "C23",
            with("pipeline_id", Value::Null),
            invalid("pipeline_id").saying("is null"),
        ),
        row(
            "C24",
            related(r#""account":"acme.com""#),
            invalid("related_objects.account").saying("not allowed"),
        ),
        row(
            "C24",
            related(&format!(r#""{}":1"#, "k".repeat(300))),
            invalid(&format!("related_objects.{}…", "k".repeat(39))).saying("not allowed"),
        ),
        row(
            "C25",
            with(
                "opportunity",
                json!({
                    "name": "Ours", "more": {"x": 1}, "id": "00000000-0000-7000-8000-000000000001", "org_id": "{organization}",
                    "created_at": "2001-01-01T00:00:00Z", "deleted": true, "owner_id": "{owner}",
                }),
            ),
            taken(201)
                .with("/name", "Ours")
                .with("/owner_id", Value::Null)
                .with("/custom_fields", json!({}))
                .with(
                    "/ignored",
                    json!([
                        "opportunity.created_at",
                        "opportunity.deleted",
                        "opportunity.id",
                        "opportunity.more",
                        "opportunity.org_id",
                        "opportunity.owner_id",
                    ]),
                ),
        ),
        row(
            "C25",
            with("more", json!(1)),
            taken(201).with("/ignored", json!(["more"])),
        ),
        row(
            "C25",
            acc(r#""id":"00000000-0000-7000-8000-000000000001","deleted":true,"org_id":7"#),
            taken(201).with("/ignored", json!(["deleted", "id", "org_id"])),
        ),
        row(
            "C30",
            post(
                OPPORTUNITIES,
                r#"{"Pipeline_ID":"{pipeline}","opportunity":{},"related_objects":{}}"#,
            ),
            invalid("pipeline_id"),
        ),
    ];
    for body in ["null", "\"x\"", "5", "true"] {
        rows.push(row(
            "C02",
            post(OPPORTUNITIES, body),
            invalid("").saying("send an object"),
        ));
        rows.push(row(
            "C02",
            post("/v1/contacts/bulk", body),
            invalid("").saying("send an array"),
        ));
    }
    rows
}

fn types() -> Vec<Row> {
    vec![
        row(
            "C28",
            opp(r#""stage_id":"{stage}""#),
            taken(201).with("/stage_name", "Qualified"),
        ),
        row(
            "C28",
            opp(r#""stage_id":"{{stage}}""#),
            invalid("opportunity.stage_id").saying("is not a UUID"),
        ),
        row(
            "C28",
            opp(r#""deal_size":"100""#),
            invalid("opportunity.deal_size").saying("is a string"),
        ),
        row(
            "C28",
            opp(r#""name":5"#),
            invalid("opportunity.name").saying("is a number"),
        ),
        row(
            "C28",
            opp(r#""stage_name":true"#),
            invalid("opportunity.stage_name").saying("is a boolean"),
        ),
        row(
            "C28",
            opp(r#""stage_id":7"#),
            invalid("opportunity.stage_id").saying("is a number"),
        ),
        row(
            "C28",
            related(r#""account_domain":["acme.com"]"#),
            invalid("related_objects.account_domain").saying("is an array"),
        ),
        row(
            "C28",
            con(r#""email_verified":"yes""#),
            invalid("email_verified").saying("is a string"),
        ),
        row(
            "C28",
            acc(r#""twitter_followers":"100""#),
            invalid("twitter_followers").saying("is a string"),
        ),
        row(
            "C28",
            acc(r#""description":{"text":"a"}"#),
            invalid("description").saying("is an object"),
        ),
    ]
}

fn custom_attributes() -> Vec<Row> {
    const HERE: &str = "opportunity.custom_attributes";
    let custom = |value: &str| opp(&format!(r#""custom_attributes":{value}"#));
    let at = |key: &str| format!("{HERE}.{key}");
    let long = "k".repeat(300);
    vec![
        row(
            "C21",
            custom(r#"{"__proto__":"a","constructor":"b"}"#),
            taken(201).with("/custom_fields", json!({"constructor": "b", "proto": "a"})),
        ),
        row(
            "C21",
            opp(r#""__proto__":{"deal_size":7}"#),
            taken(201).with("/deal_size", Value::Null),
        ),
        row(
            "C26",
            custom(r#"{"list":[1]}"#),
            invalid(&at("list")).saying("is a number"),
        ),
        row(
            "C26",
            custom(r#"{"list":["a"]}"#),
            invalid(&at("list")).saying("is a list"),
        ),
        row(
            "C26",
            custom(r#"{"object":{"b":1}}"#),
            invalid(&at("object")).saying("is an object"),
        ),
        row("C27", custom("null"), invalid(HERE).saying("is null")),
        row("C27", custom("[]"), invalid(HERE).saying("is an array")),
        row("C27", custom("\"x\""), invalid(HERE).saying("is a string")),
        row(
            "C29",
            custom(&format!(r#"{{"{long}":1}}"#)),
            invalid(&at(&format!("{}…", "k".repeat(39)))).saying("has 300 characters"),
        ),
        row(
            "C29",
            acc(&format!(r#""{long}":1"#)),
            invalid(&format!("{}…", "k".repeat(39))).saying("has 300 characters"),
        ),
        row(
            "C29",
            custom(r#"{"":1}"#),
            invalid(&at("\"\"")).saying("has no name"),
        ),
        row(
            "C29",
            custom("{\"a\\nb\":1}"),
            invalid(&at(r"a\u000ab")).saying("control character"),
        ),
        // A display name is a key too; the slug keeps the form.
        row(
            "C29",
            custom(r#"{"Lead $ource":1,"a.b":2,"c/d":3}"#),
            taken(201).with(
                "/custom_fields",
                json!({"a_b": 2, "c_d": 3, "lead_ource": 1}),
            ),
        ),
    ]
}
