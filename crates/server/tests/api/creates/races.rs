//! Many clients at once: nothing is made twice.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::TestApp;

const CLIENTS: usize = 64;
const DOMAINS: [&str; 4] = [
    "acme.com",
    "https://www.ACME.com/",
    "Acme.com.",
    "acme.COM:443",
];
const EMAILS: [&str; 4] = [
    "jane@acme.com",
    "JANE@acme.com",
    "Jane@Acme.Com",
    " jane@acme.com ",
];

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_race_on_one_domain_and_address_all_get_the_same_records() {
    let app = TestApp::new().await;

    let answers = join_all((0..CLIENTS).map(|client| race(&app, client))).await;

    let [accounts, contacts] = ["account", "contact"].map(|kind| {
        let ids = answers
            .iter()
            .flatten()
            .filter(|(of, _)| *of == kind)
            .map(|(_, id)| id.to_string());
        ids.collect::<BTreeSet<_>>()
    });
    assert_eq!((accounts.len(), contacts.len()), (1, 1));
    let [accounts, contacts, ..] = app.counts().await;
    assert_eq!((accounts, contacts), (1, 1));
}

/// One client's request, singly or in bulk: the ids that it got.
async fn race(app: &TestApp, client: usize) -> Vec<(&'static str, Value)> {
    let (domain, email) = (DOMAINS[client % 4], EMAILS[client / 4 % 4]);
    let deal = app.tenant.opportunity(
        json!({}),
        json!({"account_domain": domain, "primary_contact_email": email}),
    );
    let (target, body) = match client % 5 {
        0 => ("/v1/opportunities", deal),
        1 => ("/v1/opportunities/bulk", json!([deal.clone(), deal])),
        2 => ("/v1/accounts", json!({"domain": domain})),
        3 => ("/v1/contacts", json!({"email": email})),
        _ => (
            "/v1/accounts/bulk",
            json!([{"domain": domain}, {"domain": "acme.com"}]),
        ),
    };
    let answer = app.post(target, body).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
    let items = match answer.data() {
        Value::Array(items) => items.clone(),
        item => vec![item.clone()],
    };
    let ids = items.iter().flat_map(|item| match client % 5 {
        0 | 1 => vec![
            ("account", item["account_id"].clone()),
            ("contact", item["contact_id"].clone()),
        ],
        2 | 4 => vec![("account", item["id"].clone())],
        _ => vec![
            ("account", item["account_id"].clone()),
            ("contact", item["id"].clone()),
        ],
    });
    ids.collect()
}
