//! F: domains, e-mail addresses and web addresses.

use serde_json::{Value, json};

use super::expected::{Expected, bad_json, invalid, taken};
use super::row::{Request, Row, acc, con, post, related, row, run};
use crate::support::TestApp;

#[tokio::test]
async fn domains_and_addresses_have_one_normal_form() {
    run(&TestApp::new().await, rows()).await;
}

pub(super) fn rows() -> Vec<Row> {
    [
        one_account(),
        other_accounts(),
        no_domains(),
        related_domains(),
        one_contact(),
        other_contacts(),
        no_emails(),
    ]
    .into_iter()
    .chain([lists(), links()])
    .flatten()
    .collect()
}

fn account(domain: impl Into<Value>) -> Request {
    post("/v1/accounts", json!({"domain": domain.into()}).to_string())
}

fn contact(email: impl Into<Value>) -> Request {
    post("/v1/contacts", json!({"email": email.into()}).to_string())
}

/// The record of this domain or address, there since an earlier row.
fn found(pointer: &'static str, key: &str) -> Expected {
    taken(200)
        .with(pointer, key)
        .with("/resolved/outcome", "matched")
}

fn created(pointer: &'static str, key: &str) -> Expected {
    taken(201)
        .with(pointer, key)
        .with("/resolved/outcome", "created")
}

fn one_account() -> Vec<Row> {
    let mut rows = vec![row(
        "F01",
        account("Acme.COM"),
        created("/domain", "acme.com"),
    )];
    let same = [
        ("F01", "acme.com"),
        ("F02", "acme.com."),
        ("F03", "https://www.Acme.com/about?x#y"),
        ("F03", " acme.com "),
        ("F03", "http://acme.com"),
        ("F04", "acme.com:443"),
        ("F06", "ＡＣＭＥ．com"),
        ("F06", "acme。com"),
        ("F07", "ac\u{ad}me.com"),
    ];
    rows.extend(same.map(|(id, domain)| row(id, account(domain), found("/domain", "acme.com"))));
    rows
}

fn other_accounts() -> Vec<Row> {
    let others = [
        ("F05", "аcme.com", "xn--cme-5cd.com"), // Cyrillic а
        ("F10", "faß.de", "xn--fa-hia.de"),
        ("F10", "fass.de", "fass.de"),
        ("F11", "☃.net", "xn--n3h.net"),
    ];
    others
        .map(|(id, sent, kept)| row(id, account(sent), created("/domain", kept)))
        .into()
}

fn no_domains() -> Vec<Row> {
    let (label, name) = (
        format!("{}.com", "a".repeat(64)),
        format!("{}com", "a.".repeat(126)),
    );
    let domains: Vec<(&'static str, &str)> = vec![
        ("F04", "user:pw@acme.com"),
        ("F08", "ac\u{200d}me.com"),
        ("F09", "xn--ascii-.com"),
        ("F09", "xn--a.com"),
        ("F12", "1.2.3.4"),
        ("F12", "0x7f.1"),
        ("F12", "2130706433"),
        ("F12", "[::1]"),
        ("F12", "https://127.0.0.1/"),
        ("F13", "localhost"),
        ("F13", "intranet"),
        ("F13", "com"),
        ("F13", "co.uk"),
        ("F14", "%61cme.com"),
        ("F15", &label),
        ("F15", &name),
        ("F16", "..com"),
        ("F16", "-a.com"),
        ("F16", "a-.com"),
        ("F16", "a..b.com"),
        ("F16", ".acme.com"),
        ("F17", "a_b.com"),
        ("F17", "ac me.com"),
        ("F17", "acme,com"),
        ("F17", "acme/com"),
        ("F18", "acme.com\u{1}.evil.com"),
    ];
    let rows = domains
        .into_iter()
        .map(|(id, domain)| row(id, account(domain), invalid("domain")));
    let nul = row(
        "F18",
        account("acme.com\0.evil.com"),
        bad_json("nul_character", "domain"),
    );
    let required = || invalid("domain").saying("is required");
    let missing = [
        row("F19", account(""), required()),
        row("F19", account(Value::Null), required()),
        row("F19", post("/v1/accounts", "{}"), required()),
        row("F19", account(5), invalid("domain").saying("is a number")),
    ];
    rows.chain([nul]).chain(missing).collect()
}

fn related_domains() -> Vec<Row> {
    vec![
        row(
            "F20",
            related(r#""account_domain":"""#),
            taken(201).with("/account_id", Value::Null),
        ),
        row(
            "F20",
            related(r#""account_domain":"  ""#),
            taken(201).with("/account_id", Value::Null),
        ),
        row(
            "F32",
            related(r#""primary_contact_email":"jane@gmail.com""#),
            taken(201)
                .with("/contact_email", "jane@gmail.com")
                .with("/resolved/primary_contact/outcome", "created")
                .with("/resolved/account", Value::Null),
        ),
        // No account of that domain came of it.
        row("F32", account("gmail.com"), created("/domain", "gmail.com")),
        row(
            "F33",
            related(r#""account_domain":"acme.com","primary_contact_email":"jane@other.com""#),
            taken(201)
                .with("/account_domain", "acme.com")
                .with("/contact_email", "jane@other.com")
                .with("/resolved/account/outcome", "matched"),
        ),
        row("F33", account("other.com"), created("/domain", "other.com")),
    ]
}

fn one_contact() -> Vec<Row> {
    vec![
        row(
            "F21",
            contact("Jane@Acme.com"),
            created("/email", "jane@acme.com"),
        ),
        row(
            "F21",
            contact("jane@acme.com"),
            found("/email", "jane@acme.com"),
        ),
        row(
            "F28",
            contact("jane@xn--cme-5cd.com"),
            created("/email", "jane@xn--cme-5cd.com"),
        ),
        row(
            "F28",
            contact("jane@аcme.com"),
            found("/email", "jane@xn--cme-5cd.com"),
        ),
        row(
            "F30",
            contact(" jane@acme.com\t"),
            found("/email", "jane@acme.com"),
        ),
    ]
}

fn other_contacts() -> Vec<Row> {
    let others = [
        ("F22", "jane+tag@acme.com"),
        ("F22", "j.ane@gmail.com"),
        ("F29", "jаne@acme.com"), // Cyrillic а
    ];
    others
        .map(|(id, email)| row(id, contact(email), created("/email", email)))
        .into()
}

fn no_emails() -> Vec<Row> {
    let (local, whole) = (
        format!("{}@acme.com", "a".repeat(65)),
        format!("jane@{}com", "a.".repeat(125)),
    );
    let emails: Vec<(&'static str, &str)> = vec![
        ("F23", "jane"),
        ("F23", "@acme.com"),
        ("F23", "jane@"),
        ("F23", "a@b@c.com"),
        ("F23", "jane@acme"),
        ("F24", "\"Jane Doe\" <jane@acme.com>"),
        ("F24", "mailto:jane@acme.com"),
        ("F25", "jane@[127.0.0.1]"),
        ("F25", "\"a b\"@acme.com"),
        ("F26", &local),
        ("F26", &whole),
        ("F27", "jane@acme.com\r\nBcc: x@y.z"),
    ];
    let rows = emails.into_iter();
    let rows = rows.flat_map(|(id, email)| {
        let primary = json!({"primary_contact_email": email}).to_string();
        let primary = related(&primary[1..primary.len() - 1]);
        [
            row(id, contact(email), invalid("email")),
            row(
                id,
                primary,
                invalid("related_objects.primary_contact_email"),
            ),
        ]
    });
    rows.collect()
}

fn lists() -> Vec<Row> {
    const HERE: &str = "related_objects.additional_contact_emails";
    let additional = |emails: Value| {
        related(&format!(
            r#""primary_contact_email":"jane@acme.com","additional_contact_emails":{emails}"#
        ))
    };
    let many: Vec<String> = (0..1_001)
        .map(|number| format!("jane-{number}@acme.com"))
        .collect();
    vec![
        row(
            "F31",
            additional(many.into()),
            invalid(HERE).saying("1001 entries"),
        ),
        row(
            "F31",
            additional(json!(["bob@acme.com", "Bob@ACME.com", "Jane@acme.com"])),
            taken(201)
                .with("/additional_contacts/0/contact_email", "bob@acme.com")
                .with("/additional_contacts/1", Value::Null)
                .with("/contact_email", "jane@acme.com"),
        ),
        row(
            "F31",
            additional(json!([null])),
            invalid(&format!("{HERE}.0")).saying("is null"),
        ),
        row(
            "F31",
            additional(json!("a@b.com")),
            invalid(HERE).saying("is a string"),
        ),
        row(
            "F31",
            additional(json!(["bob@acme.com", "bob"])),
            invalid(&format!("{HERE}.1")),
        ),
        row("F31", additional(Value::Null), taken(201)),
    ]
}

fn links() -> Vec<Row> {
    let long = format!("https://{}.com", "a".repeat(5_000));
    let links = [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "//evil",
        "data:text/html,x",
        "\u{1}javascript:x",
        &long,
    ];
    let rows = links.into_iter().flat_map(|link| {
        let member = |name: &str| format!("\"{name}\":{}", Value::from(link));
        [
            row("F34", acc(&member("linkedin")), invalid("linkedin")),
            row("F34", acc(&member("logo")), invalid("logo")),
            row("F34", con(&member("avatar_url")), invalid("avatar_url")),
        ]
    });
    let good = row(
        "F34",
        con(r#""avatar_url":"https://acme.com/a.png""#),
        taken(201),
    );
    rows.chain([good]).collect()
}
