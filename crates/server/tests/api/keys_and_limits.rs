//! Keys: what each may do, and how often.

use std::time::Duration;

use lanekeeper_core::change::Actor;
use lanekeeper_core::key::KeyScope;
use lanekeeper_server::RateLimit;
use serde_json::json;

use crate::support::{Answer, TestApp, Wanted};

const READ: (&str, &str) = ("GET", "/v1/pipelines");
const WRITE: (&str, &str) = ("POST", "/v1/accounts");

#[tokio::test]
async fn a_key_does_what_its_scope_reaches() {
    let app = TestApp::new().await;

    for (scope, read, write) in [
        (KeyScope::Read, 200, 401),
        (KeyScope::Write, 200, 201),
        (KeyScope::Admin, 200, 200),
    ] {
        let (_, key) = app.another_key(|key| key.scope = scope).await;
        assert_eq!(ask(&app, READ, &key).await.status, read);
        let answer = ask(&app, WRITE, &key).await;
        assert_eq!(answer.status, write, "{}", answer.body);
        if write == 401 {
            assert_eq!(answer.code(), "key_not_allowed");
            assert!(answer.body["message"].as_str().unwrap().contains("'write'"));
        }
    }
}

#[tokio::test]
async fn a_key_may_be_restricted_to_some_routes() {
    let app = TestApp::new().await;
    let routes = [
        "POST /v1/accounts".to_owned(),
        "GET /v1/accounts/{account_id}".to_owned(),
    ];
    let (_, key) = app.another_key(|key| key.routes = routes.to_vec()).await;

    let created = ask(&app, WRITE, &key).await;
    let id = created.data()["id"].as_str().unwrap();
    let read = ask(&app, ("GET", &format!("/v1/accounts/{id}")), &key).await;

    assert_eq!((created.status, read.status), (201, 200));
    for elsewhere in [
        READ,
        ("POST", "/v1/accounts/bulk"),
        ("POST", "/v1/inbound/accounts"),
        ("GET", "/v1/changes"),
    ] {
        let refused = ask(&app, elsewhere, &key).await;
        assert_eq!(
            (refused.status, refused.code()),
            (401, "key_not_allowed"),
            "{elsewhere:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_good_key_is_answered_with_401_and_the_scheme() {
    let app = TestApp::new().await;
    let stranger = TestApp::new().await.tenant.key;
    let mistyped = app.tenant.key.replace(&app.tenant.key[45..], "~");

    for (key, code) in [
        ("", "missing_key"),
        ("lk_live_nonsense", "invalid_key"),
        (mistyped.as_str(), "invalid_key"),
        (stranger.as_str(), "invalid_key"),
    ] {
        let refused = ask(&app, READ, key).await;
        assert_eq!((refused.status, refused.code()), (401, code));
        assert_ne!(refused.header("www-authenticate"), "");
    }
    let missing = app
        .call("GET", READ.1)
        .without_header("x-api-key")
        .send()
        .await;
    let twice = app
        .call("GET", READ.1)
        .another_header("x-api-key", &app.tenant.key)
        .send()
        .await;
    assert_eq!((missing.status, missing.code()), (401, "missing_key"));
    assert_eq!((twice.status, twice.code()), (401, "ambiguous_key"));
}

#[tokio::test]
async fn a_key_ends_when_it_expires() {
    let app = TestApp::new().await;
    let end = app.clock.now().as_micros() + 60_000_000;
    let end = lanekeeper_core::Timestamp::from_micros(end);
    let (_, key) = app.another_key(|key| key.expires_at = Some(end)).await;

    let before = ask(&app, READ, &key).await;
    app.clock.advance(Duration::from_secs(61));
    let after = ask(&app, READ, &key).await;

    assert_eq!(before.status, 200);
    assert_eq!((after.status, after.code()), (401, "invalid_key"));
    assert_eq!(ask(&app, READ, &app.tenant.key).await.status, 200);
}

#[tokio::test]
async fn an_organisation_has_several_keys_and_a_revoked_one_ends_at_once() {
    let app = TestApp::new().await;
    let (one_id, one) = app.another_key(|_| {}).await;
    let (_, other) = app.another_key(|_| {}).await;
    assert_eq!(ask(&app, READ, &one).await.status, 200);

    let is_revoked = app
        .store
        .revoke_key(&app.org().await, one_id, &Actor::cli())
        .await
        .unwrap();
    let refused = ask(&app, READ, &one).await;

    assert!(is_revoked);
    assert_eq!((refused.status, refused.code()), (401, "invalid_key"));
    assert_eq!(ask(&app, READ, &other).await.status, 200);
}

#[tokio::test]
async fn the_last_use_of_a_key_is_noted() {
    let app = TestApp::new().await;
    let (used_id, used) = app.another_key(|_| {}).await;
    let (unused_id, _) = app.another_key(|_| {}).await;
    let before = app.clock.now();
    ask(&app, READ, &used).await;

    let app = app.restart().await;

    let keys = app.store.keys(&app.org().await).await.unwrap();
    let last_use = |id| keys.iter().find(|key| key.id == id).unwrap().last_used_at;
    assert!(last_use(used_id).is_some_and(|last_use| last_use >= before));
    assert_eq!(last_use(unused_id), None);
}

#[tokio::test]
async fn over_the_rate_limit_a_key_waits_on_that_route_alone() {
    let app = TestApp::with(Wanted {
        rate_limit: Some("1/s,burst=3".parse().unwrap()),
        ..Wanted::default()
    })
    .await;
    let (_, other) = app.another_key(|_| {}).await;
    let key = &app.tenant.key;

    let mut answers = vec![];
    for _ in 0..4 {
        answers.push(ask(&app, READ, key).await);
    }

    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert_eq!(answers[0].header("ratelimit-policy"), "\"default\";q=3;w=3");
    assert_eq!(answers[0].header("ratelimit"), "\"default\";r=2;t=1");
    assert_eq!(
        (answers[3].code(), answers[3].header("retry-after")),
        ("rate_limited", "1")
    );
    assert_eq!(answers[3].header("ratelimit"), "\"default\";r=0;t=1");
    assert_eq!(ask(&app, WRITE, key).await.status, 201);
    assert_eq!(ask(&app, READ, &other).await.status, 200);
}

#[tokio::test]
async fn a_refused_request_has_no_effect_and_works_after_the_wait() {
    let app = TestApp::with(Wanted {
        rate_limit: Some("1/s,burst=1".parse().unwrap()),
        ..Wanted::default()
    })
    .await;
    let body = app.tenant.opportunity(json!({}), json!({}));

    let first = app.post("/v1/opportunities", body.clone()).await;
    let refused = app.post("/v1/opportunities", body.clone()).await;
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    tokio::time::sleep(Duration::from_secs(wait)).await;
    let again = app.post("/v1/opportunities", body).await;

    assert_eq!(
        (first.status, refused.status, again.status),
        (201, 429, 201)
    );
    assert_eq!(app.counts().await, [0, 0, 2, 0]);
}

#[tokio::test]
async fn without_a_rate_limit_nothing_is_counted() {
    let app = TestApp::new().await;

    for _ in 0..300 {
        let answer = ask(&app, READ, &app.tenant.key).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("ratelimit"));
    }
}

#[tokio::test]
async fn whoever_tries_wrong_keys_is_slowed_down_and_good_keys_are_not() {
    let app = TestApp::with(Wanted {
        rate_limit: Some(RateLimit::default()),
        ..Wanted::default()
    })
    .await;

    let mut last = ask(&app, READ, "lk_live_wrong").await;
    for _ in 0..400 {
        if last.status == 429 {
            break;
        }
        assert_eq!(last.status, 401);
        last = ask(&app, READ, "lk_live_wrong").await;
    }

    assert_eq!((last.status, last.code()), (429, "rate_limited"));
    assert_ne!(last.header("retry-after"), "");
    assert_eq!(ask(&app, READ, &app.tenant.key).await.status, 200);
}

/// Asks with this key: for an account to be created, where it is a write.
async fn ask(app: &TestApp, (method, target): (&str, &str), key: &str) -> Answer {
    let call = app.call(method, target).key(key);
    match method {
        "POST" => call.json(&json!({"domain": "acme.com"})).send().await,
        _ => call.send().await,
    }
}
