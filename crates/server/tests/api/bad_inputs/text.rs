//! E: text.

use serde_json::{Value, json};

use super::expected::{bad_json, invalid, refused, taken};
use super::row::{Row, acc, con, get, opp, related, row, run};
use crate::support::TestApp;

#[tokio::test]
async fn text_is_kept_as_sent_or_refused() {
    run(&TestApp::new().await, rows()).await;
}

pub(super) fn rows() -> Vec<Row> {
    [nul(), controls(), lengths(), kept(), tags()]
        .into_iter()
        .flatten()
        .collect()
}

/// An opportunity of this name, or with these next steps; the text is escaped for JSON here.
fn member(name: &str, text: &str) -> String {
    format!("\"{name}\":{}", Value::from(text))
}

fn nul() -> Vec<Row> {
    let nul = |path| bad_json("nul_character", path);
    vec![
        row("E01", opp(&member("name", "a\0b")), nul("opportunity.name")),
        row(
            "E01",
            opp(&member("next_steps", "\0")),
            nul("opportunity.next_steps"),
        ),
        row(
            "E02",
            opp(r#""custom_attributes":{"a\u0000":1}"#),
            nul(r"opportunity.custom_attributes.a\u0000"),
        ),
        row("E02", acc(r#""tags":["a","\u0000"]"#), nul("tags.1")),
        row(
            "E02",
            get("/v1/changes?after=1%00"),
            invalid("after").saying("NUL"),
        ),
        // An id with a NUL is one that nothing has.
        row("E02", get("/v1/accounts/%00"), refused(404, "not_found")),
        row(
            "E02",
            get("/v1/pipelines/{pipeline}%00/stages"),
            refused(404, "not_found"),
        ),
    ]
}

fn controls() -> Vec<Row> {
    let name = |text: &str| opp(&member("name", text));
    let refused = || invalid("opportunity.name").saying("control character");
    let unnamed = || taken(201).with("/name", "New opportunity");
    let steps = "one\r\n\ttwo";
    vec![
        row("E03", name("a\u{7}b"), refused()),
        row("E03", name("a\tb"), refused()),
        row("E03", name("a\u{85}b"), refused()),
        row(
            "E03",
            opp(&member("next_steps", steps)),
            taken(201).with("/next_steps", steps),
        ),
        row(
            "E03",
            opp(&member("next_steps", "a\u{1b}b")),
            invalid("opportunity.next_steps"),
        ),
        row("E04", name(""), unnamed()),
        row("E04", name("   "), unnamed()),
        row("E04", name("\u{200b}"), unnamed()),
        row(
            "E04",
            acc(&member("name", " \u{200b}")),
            taken(201).with("/resolved/outcome", "created"),
        ),
        row(
            "E08",
            related(&member("account_domain", "ac\u{202e}me.com")),
            invalid("related_objects.account_domain"),
        ),
        row(
            "E08",
            related(&member("primary_contact_email", "ja\u{202e}ne@acme.com")),
            invalid("related_objects.primary_contact_email"),
        ),
        row("E16", name("a\n{\"level\":\"error\"}"), refused()),
        row(
            "E16",
            name("a\u{2028}b").header("x-request-id", "{\"level\":\"error\"}"),
            taken(201).with("/name", "a\u{2028}b"),
        ),
    ]
}

fn lengths() -> Vec<Row> {
    // Seven code points each.
    let families = |count: usize| "👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(count);
    let zalgo = format!("Z{}", "\u{301}".repeat(1_000));
    let name = |text: &str| opp(&member("name", text));
    let (long, longer) = ("é".repeat(500), "é".repeat(501));
    vec![
        row("E05", name(&long), taken(201).with("/name", long.as_str())),
        row(
            "E05",
            name(&longer),
            invalid("opportunity.name").saying("501 characters"),
        ),
        row(
            "E05",
            con(&member("first_name", &"a".repeat(2_001))),
            invalid("first_name").saying("2001 characters"),
        ),
        row(
            "E06",
            name(&families(71)),
            taken(201).with("/name", families(71)),
        ),
        row(
            "E06",
            opp(&member("next_steps", &families(500))),
            taken(201).with("/next_steps", families(500)),
        ),
        row(
            "E07",
            opp(&member("next_steps", &zalgo)),
            invalid("opportunity.next_steps").saying("combining marks"),
        ),
        row(
            "E17",
            acc(&member("description", &"a".repeat(10_000))),
            taken(201),
        ),
        row(
            "E17",
            acc(&member("description", &"a".repeat(10_001))),
            invalid("description").saying("10001 characters"),
        ),
        row(
            "E17",
            opp(&member("next_steps", &"a".repeat(1_000_000))),
            invalid("opportunity.next_steps"),
        ),
    ]
}

/// What looks dangerous, or odd, and is nobody's business but the sender's.
fn kept() -> Vec<Row> {
    let names = [
        ("E08", "a\u{202e}b"),
        ("E09", "\u{e9}cole"),
        ("E09", "e\u{301}cole"),
        ("E11", "<script>alert(1)</script>"),
        ("E11", "\"><img src=x onerror=alert(1)>"),
        ("E12", "</script><b>"),
        ("E14", "'; DROP TABLE accounts;--"),
        ("E15", "{{7*7}}"),
        ("E15", "${7*7} %s%n"),
        ("E18", "a\u{378}\u{e000}\u{ffff}\u{10ffff}b"),
    ];
    let rows = names.into_iter().map(|(id, name)| {
        let request = con(&member("full_name", name));
        row(id, request, taken(201).with("/full_name", name))
    });
    rows.collect()
}

fn tags() -> Vec<Row> {
    let tags = |tags: Value| acc(&format!("\"tags\":{tags}"));
    let kept = |tags: Value| taken(201).with("/tags", tags);
    vec![
        row(
            "E19",
            tags(vec!["a"; 1_001].into()),
            invalid("tags").saying("1001 entries"),
        ),
        row(
            "E19",
            tags(json!(["a".repeat(1_000)])),
            invalid("tags.0").saying("1000 characters"),
        ),
        row(
            "E19",
            tags(json!(["a", "b", "a", " a "])),
            kept(json!(["a", "b"])),
        ),
        row(
            "E19",
            tags(json!([null])),
            invalid("tags.0").saying("is null"),
        ),
        row("E19", tags(json!("a,b")), kept(json!(["a", "b"]))),
        row(
            "E19",
            tags(json!({"a": 1})),
            invalid("tags").saying("is an object"),
        ),
        row(
            "E19",
            tags(json!(vec!["a"; 1_001].join(","))),
            invalid("tags").saying("1001 entries"),
        ),
    ]
}
