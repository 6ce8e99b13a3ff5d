//! `?dry_run=true`: the full answer, and nothing stored.

use serde_json::json;

use crate::redaction::redacted;
use crate::support::TestApp;

#[tokio::test]
async fn a_dry_run_answers_what_the_real_one_then_answers() {
    let app = TestApp::new().await;
    let opportunity =
        json!({"stage_name": "Won", "custom_attributes": {"Region": "EMEA"}, "source": "web"});
    let related =
        json!({"account_domain": "acme.com", "additional_contact_emails": ["bob@acme.com"]});
    let deal = app.tenant.opportunity(opportunity, related);

    for (target, body) in [
        ("/v1/opportunities", deal.clone()),
        ("/v1/opportunities/bulk", json!([deal, deal])),
        (
            "/v1/accounts",
            json!({"domain": "globex.com", "industry": "Energy", "seats": 5}),
        ),
        (
            "/v1/accounts/bulk",
            json!([{"domain": "globex.com", "type": "lead"}, {"domain": "initech.com"}]),
        ),
        (
            "/v1/contacts",
            json!({"email": "kim@hooli.com", "other_emails": ["k@hooli.com"]}),
        ),
        (
            "/v1/contacts/bulk",
            json!([{"email": "k@hooli.com", "phone": "1"}, {"email": "jo@gmail.com"}]),
        ),
        (
            "/v1/notes",
            json!({"content": "Hello", "contact_email": "new@hooli.com"}),
        ),
        (
            "/v1/activities/bulk",
            json!([{"activity_type": "CALL", "title": "x", "participants": ["new@hooli.com"]}]),
        ),
        (
            "/v1/pipelines",
            json!({"name": "Renewals", "is_default": true}),
        ),
        (
            "/v1/users",
            json!({"email": "kim@hooli.com", "role": "admin"}),
        ),
    ] {
        let before = app.feed(&app.tenant).await;
        let dry = app
            .post(&format!("{target}?dry_run=true"), body.clone())
            .await;
        assert_eq!(app.feed(&app.tenant).await, before, "{target}");
        let real = app.post(&format!("{target}?dry_run=false"), body).await;

        assert!(matches!(real.status, 200 | 201), "{}", real.body);
        assert_eq!(
            (dry.status, redacted(&dry.body)),
            (real.status, redacted(&real.body))
        );
        assert_ne!(app.feed(&app.tenant).await, before, "{target}");
    }
}

#[tokio::test]
async fn nothing_that_a_dry_run_answered_can_be_read() {
    let app = TestApp::new().await;

    let dry = app
        .post("/v1/accounts?dry_run=true", json!({"domain": "acme.com"}))
        .await;
    let read = app
        .get(&format!(
            "/v1/accounts/{}",
            dry.data()["id"].as_str().unwrap()
        ))
        .await;

    assert_eq!((dry.status, read.status), (201, 404));
}

#[tokio::test]
async fn a_dry_run_refuses_what_the_real_one_would() {
    let app = TestApp::new().await;
    let body = app.tenant.opportunity(
        json!({"stage_name": "none"}),
        json!({"owner_email": "nobody@acme.com"}),
    );

    let dry = app
        .post("/v1/opportunities?dry_run=true", body.clone())
        .await;
    let real = app.post("/v1/opportunities", body).await;

    assert_eq!((dry.status, real.status), (400, 400));
    assert_eq!(dry.body["errors"], real.body["errors"]);
}

#[tokio::test]
async fn a_dry_run_of_a_bulk_may_be_partial() {
    let app = TestApp::new().await;
    let body = json!([{"domain": "acme.com"}, {"domain": "co.uk"}, {"domain": "acme.com"}]);

    let dry = app
        .post("/v1/accounts/bulk?dry_run=true&partial=true", body.clone())
        .await;
    let nothing = app.counts().await;
    let real = app
        .post("/v1/accounts/bulk?partial=true&dry_run=false", body)
        .await;

    assert_eq!((dry.status, nothing), (207, [0; 4]));
    assert_eq!(redacted(&dry.body), redacted(&real.body));
    let statuses: Vec<_> = real
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["statusCode"])
        .collect();
    assert_eq!(statuses, [201, 400, 200]);
}
