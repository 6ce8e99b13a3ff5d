//! E: text.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::expected::{bad_json, invalid, refused, taken};
use super::row::{Row, acc, activity, con, get, note, opp, post, related, row, run};
use super::{Story, tell};
use crate::support::TestApp;

#[tokio::test]
async fn text_is_kept_as_sent_or_refused() {
    run(&TestApp::new().await, rows()).await;
    tell(stories()).await;
}

pub(super) fn rows() -> Vec<Row> {
    [nul(), controls(), lengths(), kept(), tags(), entries()]
        .into_iter()
        .flatten()
        .collect()
}

/// An opportunity of this name, or with these next steps; the text is escaped for JSON here.
fn member(name: &str, text: &str) -> String {
    format!("\"{name}\":{}", Value::from(text))
}

pub(super) fn stories() -> Vec<Story> {
    vec![
        ("E09", || {
            both_spellings_of_a_letter_are_kept_and_found().boxed()
        }),
        ("E10", || {
            a_search_folds_letters_that_ascii_does_not_have().boxed()
        }),
    ]
}

async fn both_spellings_of_a_letter_are_kept_and_found() {
    let app = TestApp::new().await;
    let spellings = ["\u{e9}cole", "e\u{301}cole"];
    for (number, name) in spellings.into_iter().enumerate() {
        let body = json!({"email": format!("p{number}@gmail.com"), "full_name": name});
        assert_eq!(app.post("/v1/contacts", body).await.status, 201);
    }

    for word in [spellings[0], spellings[1], "ECOLE"] {
        let body = json!({"q": word, "sort": "created_at"});
        let found = app.post("/v1/contacts/search", body).await;
        let names = found.data()["contacts"].as_array().into_iter().flatten();
        let names: Vec<_> = names.map(|contact| contact["full_name"].clone()).collect();
        assert_eq!(names, spellings);
    }
}

async fn a_search_folds_letters_that_ascii_does_not_have() {
    let app = TestApp::new().await;
    let note = json!({"content": "Die Straße zur École", "account_domain": "acme.com"});
    assert_eq!(app.post("/v1/notes", note).await.status, 201);

    for word in ["strasse", "STRASSE", "straße", "ÉCOLE", "école", "ecole"] {
        let found = app.post("/v1/notes/search", json!({"q": word})).await;
        let notes = found.data()["notes"].as_array().map(Vec::len);
        assert_eq!(notes, Some(1), "{word}");
    }
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
            activity(r#""activity_type":"CALL","metadata":{"a":["\u0000"]}"#),
            nul("metadata.a.0"),
        ),
        row(
            "E02",
            post(
                "/v1/accounts/search",
                r#"{"filters":[{"field":"name","operator":"eq","value":"a\u0000"}]}"#,
            ),
            nul("filters.0.value"),
        ),
        row(
            "E02",
            get("/v1/notes?cursor=a%00"),
            invalid("cursor").saying("NUL"),
        ),
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

/// Notes and activities.
fn entries() -> Vec<Row> {
    let content = |text: &str| note(&member("content", text));
    let kept = |id, text: &str| row(id, content(text), taken(201).with("/content", text));
    let of_type = |text: &str| {
        let expected = invalid("activity_type").saying("send one of EMAIL, MEETING, EMAIL_OPEN");
        row("E20", activity(&member("activity_type", text)), expected)
    };
    let title = member("title", "a\tb") + "," + &member("content", "a");
    vec![
        kept("E03", "one\r\n\ttwo"),
        row(
            "E03",
            content("a\u{1b}b"),
            invalid("content").saying("control character"),
        ),
        row(
            "E03",
            note(&title),
            invalid("title").saying("control character"),
        ),
        // Plain text, whatever it looks like: it is answered as JSON, and nobody runs it.
        kept(
            "E13",
            "[x](javascript:alert(1)) <a href=\"data:text/html,<b>\">y</a>",
        ),
        kept("E13", "# Title\n\n<script>alert(1)</script> **bold**"),
        kept("E17", &"a".repeat(100_000)),
        row(
            "E17",
            content(&"a".repeat(100_001)),
            invalid("content").saying("100001 characters"),
        ),
        row(
            "E17",
            content(&"a".repeat(1_000_000)),
            invalid("content").saying("1000000 characters"),
        ),
        row(
            "E17",
            content(&"a".repeat(1_048_577)),
            refused(413, "body_too_large"),
        ),
        of_type("email"),
        of_type("EMAIL "),
        of_type("HACK"),
    ]
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
