//! Keys made and ended over the API.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

fn text(created: &Answer) -> &str {
    created.data()["api_key"].as_str().expect("a key")
}

fn target(created: &Answer) -> String {
    format!("/v1/keys/{}", created.data()["id"].as_str().expect("an id"))
}

async fn status(app: &TestApp, key: &str) -> u16 {
    app.call("GET", "/v1/accounts").key(key).send().await.status
}

#[tokio::test]
async fn a_new_key_is_shown_once_works_and_is_kept_nowhere() {
    let app = TestApp::new().await;

    let body = json!({"name": "Website", "scope": "write", "for": "?"});
    let created = app.post("/v1/keys", body).await;
    let listed = app.get("/v1/keys").await;

    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.data()["ignored"], json!(["for"]));
    let key = text(&created);
    assert_eq!(status(&app, key).await, 200);
    let hint = created.data()["hint"].as_str().expect("a hint");
    assert!(hint.ends_with(&key[42..]), "{hint}");
    let keys = listed.data()["keys"].as_array().expect("a list");
    assert_eq!((keys.len(), &keys[1]["name"]), (2, &json!("Website")));
    let told = format!("{}{}", listed.body, json!(app.feed(&app.tenant).await));
    assert!(!told.contains(key));
    let stored = app.database.everything();
    let has = |text: &str| {
        stored
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(has("Website"), "everything is looked through");
    assert!(!has(key), "the key is in the database");
}

#[tokio::test]
async fn the_repeated_answer_and_a_dry_run_are_without_the_key() {
    let app = TestApp::new().await;
    let body = json!({"name": "Website", "scope": "read"});
    let send = || {
        app.call("POST", "/v1/keys")
            .header("idempotency-key", "once")
            .json(&body)
    };

    let dry = app.post("/v1/keys?dry_run=true", body.clone()).await;
    let first = send().send().await;
    let again = send().send().await;

    assert_eq!((dry.status, first.status, again.status), (201, 201, 201));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.data()["id"], first.data()["id"]);
    assert_eq!(status(&app, text(&first)).await, 200);
    assert_eq!(
        (&dry.data()["api_key"], &again.data()["api_key"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        app.get("/v1/keys").await.data()["keys"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_no_longer_listed() {
    let app = TestApp::new().await;
    let created = app
        .post("/v1/keys", json!({"name": "Website", "scope": "admin"}))
        .await;
    let key = text(&created).to_owned();

    let by_itself = app.call("DELETE", &target(&created)).key(&key).send().await;
    let again = app.delete(&target(&created)).await;

    assert_eq!(by_itself.status, 200, "{}", by_itself.body);
    assert_eq!(by_itself.body["message"], "Key revoked successfully");
    assert_ne!(by_itself.data()["revoked_at"], Value::Null);
    assert_eq!(again.data()["revoked_at"], by_itself.data()["revoked_at"]);
    assert_eq!(status(&app, &key).await, 401);
    assert_eq!(
        app.get("/v1/keys").await.data()["keys"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let revoked = app.changes().await;
    let revoked = revoked
        .iter()
        .filter(|change| change["changed"] == json!(["revoked_at"]));
    assert_eq!(revoked.count(), 1);
}

#[tokio::test]
async fn some_key_can_always_administer() {
    let app = TestApp::new().await;
    let first = format!("/v1/keys/{}", app.tenant.key_id);
    let soon = app.clock.now().to_string().replace("2026", "2999");
    for body in [
        json!({"name": "Writer", "scope": "write"}),
        json!({"name": "Narrow", "scope": "admin", "routes": ["GET /v1/keys"]}),
    ] {
        assert_eq!(app.post("/v1/keys", body).await.status, 201);
    }

    let refused = app.delete(&first).await;
    let ending = json!({"name": "Ending", "scope": "admin", "expires_at": soon});
    app.post("/v1/keys", ending).await;
    let still_refused = app.delete(&first).await;
    let other = json!({"name": "Other", "scope": "admin"});
    app.post("/v1/keys", other).await;
    let revoked = app.delete(&first).await;

    assert_eq!((refused.status, refused.code()), (409, "conflict"));
    assert_eq!(still_refused.status, 409, "the other one ends some day");
    assert!(
        refused
            .errors("key_id")
            .contains("the last key that may administer")
    );
    assert_eq!(revoked.status, 200, "{}", revoked.body);
}

#[tokio::test]
async fn a_key_gives_away_no_more_than_it_has() {
    let app = TestApp::new().await;
    let routes = ["POST /v1/keys", "GET /v1/accounts"];
    let narrow = json!({"name": "Narrow", "scope": "admin", "routes": routes});
    let narrow = app.post("/v1/keys", narrow).await;
    let make = async |routes: Value| {
        let body = json!({"name": "Next", "scope": "read", "routes": routes});
        app.call("POST", "/v1/keys")
            .key(text(&narrow))
            .json(&body)
            .send()
            .await
    };

    let (all, wider) = (
        make(json!([])).await,
        make(json!(["GET /v1/contacts"])).await,
    );
    let within = make(json!(["GET /v1/accounts", " GET /v1/accounts"])).await;

    assert_eq!((all.status, wider.status), (400, 400));
    assert!(
        wider
            .errors("routes")
            .contains("go beyond those of the key that asks")
    );
    assert_eq!(within.status, 201, "{}", within.body);
    assert_eq!(within.data()["routes"], json!(["GET /v1/accounts"]));
}

#[tokio::test]
async fn a_key_that_ends_makes_none_that_lasts_longer() {
    let app = TestApp::new().await;
    let soon = app.clock.now().to_string().replace("2026", "2998");
    let ending = json!({"name": "Ending", "scope": "admin", "expires_at": soon});
    let ending = app.post("/v1/keys", ending).await;
    let make = async |expires_at: Value| {
        let body = json!({"name": "Next", "scope": "read", "expires_at": expires_at});
        let call = app.call("POST", "/v1/keys").key(text(&ending));
        call.json(&body).send().await
    };

    let (never, later) = (
        make(Value::Null).await,
        make(json!("2999-01-01T00:00:00Z")).await,
    );
    let sooner = make(json!("2997-01-01T00:00:00Z")).await;

    assert_eq!((never.status, later.status, sooner.status), (400, 400, 201));
    assert!(
        later
            .errors("expires_at")
            .contains("goes beyond the end of the key that asks")
    );
}

#[tokio::test]
async fn all_faults_of_a_key_are_told_and_one_that_ends_ends() {
    let app = TestApp::new().await;
    let now = app.clock.now();

    let body = json!({"scope": "root", "routes": ["GET /v1/nothing", 5], "expires_at": "soon"});
    let refused = app.post("/v1/keys", body).await;
    let missing = app.post("/v1/keys", json!({"name": "Website"})).await;
    let over = json!({"name": "Website", "scope": "read", "expires_at": now});
    let over = app.post("/v1/keys", over).await;
    let in_an_hour = now.as_micros() / 1_000_000 + 3_600;
    let ending = json!({"name": "Website", "scope": "read", "expires_at": in_an_hour});
    let ending = app.post("/v1/keys", ending).await;
    app.clock.advance(Duration::from_secs(7_200));

    assert_eq!(refused.errors("name"), "is required");
    assert_eq!(
        refused.errors("scope"),
        "is 'root'; send read, write or admin"
    );
    assert!(
        refused
            .errors("routes.0")
            .contains("is no route: 'GET /v1/nothing'")
    );
    assert_ne!(refused.errors("routes.1"), "");
    assert_ne!(refused.errors("expires_at"), "");
    assert_eq!(missing.errors("scope"), "is required");
    assert!(over.errors("expires_at").contains("is over already"));
    assert_eq!(ending.status, 201, "{}", ending.body);
    assert_eq!(status(&app, text(&ending)).await, 401);
}
