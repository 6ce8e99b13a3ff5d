//! `Idempotency-Key`: the first answer is kept, and repeated.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_byte_by_byte_and_has_no_effect() {
    let app = TestApp::new().await;
    let deal = app.tenant.opportunity(
        json!({"name": "Deal"}),
        json!({"account_domain": "acme.com"}),
    );

    let requests = [
        ("/v1/opportunities", deal.clone()),
        ("/v1/opportunities/bulk", json!([deal, deal])),
        ("/v1/accounts", json!({"domain": "globex.com"})),
        (
            "/v1/contacts/bulk?partial=true",
            json!([{"email": "jane@globex.com"}, {"email": "jane"}]),
        ),
    ];
    for (number, (target, body)) in requests.iter().enumerate() {
        let key = format!("key-{number}");
        let first = keyed(&app, target, body, &key).await;
        let before = app.changes().await;
        let again = keyed(&app, target, body, &key).await;

        assert!(
            matches!(first.status, 201 | 207),
            "{target}: {}",
            first.body
        );
        assert_eq!(first.header("idempotency-replayed"), "");
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
        assert_eq!(app.changes().await, before);
    }
}

#[tokio::test]
async fn a_kept_answer_outlives_the_server() {
    let app = TestApp::new().await;
    let body = app
        .tenant
        .opportunity(json!({}), json!({"account_domain": "acme.com"}));
    let first = keyed(&app, "/v1/opportunities", &body, "once").await;

    let app = app.restart().await;
    let again = keyed(&app, "/v1/opportunities", &body, "once").await;

    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    assert_eq!(app.counts().await, [1, 0, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_requests_at_once_with_one_key_have_one_effect() {
    let app = TestApp::new().await;
    let body = app
        .tenant
        .opportunity(json!({}), json!({"account_domain": "acme.com"}));

    let sent = (0..100).map(|_| keyed(&app, "/v1/opportunities", &body, "race"));
    let answers = join_all(sent).await;

    let (done, in_flight): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 201);
    assert!(done.iter().all(|answer| answer.bytes == done[0].bytes));
    let first = done
        .iter()
        .filter(|answer| answer.header("idempotency-replayed").is_empty());
    assert_eq!(first.count(), 1);
    for answer in in_flight {
        assert_eq!(
            (answer.status, answer.code()),
            (409, "idempotency_key_in_flight")
        );
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(app.counts().await, [1, 0, 1, 0]);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let app = TestApp::new().await;

    let refused = keyed(&app, "/v1/accounts", &json!({"domain": "acme"}), "fixed").await;
    let good = keyed(
        &app,
        "/v1/accounts",
        &json!({"domain": "acme.com"}),
        "fixed",
    )
    .await;

    assert_eq!((refused.status, good.status), (400, 201));
}

#[tokio::test]
async fn a_dry_run_keeps_no_answer() {
    let app = TestApp::new().await;
    let body = json!({"domain": "acme.com"});

    let dry = keyed(&app, "/v1/accounts?dry_run=true", &body, "dry").await;
    let real = keyed(&app, "/v1/accounts", &body, "dry").await;

    assert_eq!((dry.status, real.status), (201, 201));
    assert_eq!(real.header("idempotency-replayed"), "");
    assert_ne!(real.data()["id"], dry.data()["id"]);
}

#[tokio::test]
async fn after_a_day_the_key_is_free_again() {
    let app = TestApp::new().await;
    let body = app.tenant.opportunity(json!({}), json!({}));
    let first = keyed(&app, "/v1/opportunities", &body, "daily").await;

    app.clock.advance(Duration::from_secs(24 * 60 * 60 - 60));
    let within = keyed(&app, "/v1/opportunities", &body, "daily").await;
    app.clock.advance(Duration::from_secs(120));
    let after = keyed(&app, "/v1/opportunities", &body, "daily").await;

    assert_eq!(within.bytes, first.bytes);
    assert_eq!(
        (after.status, after.header("idempotency-replayed")),
        (201, "")
    );
    assert_ne!(after.data()["id"], first.data()["id"]);
}

async fn keyed(app: &TestApp, target: &str, body: &Value, key: &str) -> Answer {
    let call = app.call("POST", target).header("idempotency-key", key);
    call.json(body).send().await
}
