//! What surrounds the API: health, metrics, ids of requests, what HTTP says of what there is not, the end.

mod docs;
mod ending;

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn health_readiness_and_metrics_need_no_key() {
    let app = TestApp::new().await;
    app.create(json!({}), json!({})).await;
    let open = |target: &'static str| app.call("GET", target).without_header("x-api-key").send();

    let (health, ready, metrics) = (
        open("/healthz").await,
        open("/readyz").await,
        open("/metrics").await,
    );

    assert_eq!((health.status, health.body), (200, json!({"status": "ok"})));
    assert_eq!(
        (ready.status, ready.body),
        (200, json!({"status": "ready"}))
    );
    let text = metrics.body.as_str().unwrap();
    let counted = "lanekeeper_http_requests_total{method=\"POST\",route=\"/v1/opportunities\",status=\"201\"} 1";
    assert!(text.contains(counted), "{text}");
    assert!(text.contains("lanekeeper_http_request_seconds_bucket"));
    assert!(text.contains("lanekeeper_write_group_len"));
}

#[tokio::test]
async fn nothing_of_anybodys_data_is_in_the_metrics() {
    let app = TestApp::new().await;
    let created = app
        .post("/v1/accounts", json!({"domain": "secret.com"}))
        .await;
    let id = created.data()["id"].as_str().unwrap();
    app.get(&format!("/v1/accounts/{id}")).await;
    app.get("/v1/no/such/secret").await;

    let metrics = app.get("/metrics").await;

    let text = metrics.body.as_str().unwrap();
    assert!(text.contains("route=\"/v1/accounts/{account_id}\""));
    assert!(!text.contains("secret") && !text.contains(id), "{text}");
}

#[tokio::test]
async fn an_unknown_path_is_a_404_in_the_envelope() {
    let app = TestApp::new().await;

    for target in [
        "/",
        "/v1",
        "/v1/",
        "/v1/accounts/",
        "/v1/nothing",
        "/v2/accounts",
        "/v1/accounts/a/b",
    ] {
        let answer = app.get(target).await;
        assert_eq!(
            (answer.status, answer.code()),
            (404, "not_found"),
            "{target}"
        );
        assert_eq!(answer.body["request_id"], answer.header("x-request-id"));
    }
}

#[tokio::test]
async fn an_unknown_id_in_the_path_is_a_404() {
    let app = TestApp::new().await;

    for resource in ["accounts", "contacts", "opportunities"] {
        for id in [
            "018f13b3-8239-7ef8-a8f1-93ad10b76110",
            "x",
            "018f13b382397ef8a8f193ad10b76110",
            "%00",
        ] {
            let answer = app.get(&format!("/v1/{resource}/{id}")).await;
            assert_eq!(
                (answer.status, answer.code()),
                (404, "not_found"),
                "{resource} {id}"
            );
        }
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_a_405_with_those_it_has() {
    let app = TestApp::new().await;

    for (method, target, allowed) in [
        ("DELETE", "/v1/accounts", "GET,HEAD,POST"),
        ("GET", "/v1/accounts/fields/bulk", "POST"),
        ("POST", "/v1/changes", "GET,HEAD"),
        ("PUT", "/healthz", "GET,HEAD"),
        ("BREW", "/v1/opportunities/search", "POST"),
        ("OPTIONS", "/v1/contacts/bulk", "POST,PATCH"),
    ] {
        let answer = app.call(method, target).send().await;
        assert_eq!(
            (answer.status, answer.code()),
            (405, "method_not_allowed"),
            "{method} {target}"
        );
        assert_eq!(answer.header("allow"), allowed, "{method} {target}");
    }
}

#[tokio::test]
async fn a_caller_who_takes_no_json_is_told_with_a_406() {
    let app = TestApp::new().await;

    let refused = app
        .call("GET", "/v1/pipelines")
        .header("accept", "text/html")
        .send()
        .await;
    let taken = app
        .call("GET", "/v1/pipelines")
        .header("accept", "text/html, */*;q=0.1")
        .send()
        .await;

    assert_eq!(
        (refused.status, refused.code(), taken.status),
        (406, "not_acceptable", 200)
    );
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let app = TestApp::new().await;

    for target in ["/v1/pipelines", "/healthz", "/openapi.json"] {
        let get = app.get(target).await;
        let head = app.call("HEAD", target).send_unchecked().await;
        assert_eq!(
            (head.status(), head.headers()["content-type"].clone()),
            (200.try_into().unwrap(), get.headers["content-type"].clone())
        );
        assert_eq!(head.bytes().await.unwrap().len(), 0);
    }
    let refused = app.call("HEAD", "/v1/accounts/bulk").send_unchecked().await;
    assert_eq!(refused.status(), 405);
}

#[tokio::test]
async fn the_callers_request_id_comes_back_and_a_bad_one_is_replaced() {
    let app = TestApp::new().await;

    let kept = app
        .call("GET", "/v1/nothing")
        .header("x-request-id", "order-17:retry.2")
        .send()
        .await;
    let longest = "x".repeat(128);
    let long = app
        .call("GET", "/healthz")
        .header("x-request-id", &longest)
        .send()
        .await;

    assert_eq!(
        (kept.header("x-request-id"), &kept.body["request_id"]),
        ("order-17:retry.2", &json!("order-17:retry.2"))
    );
    assert_eq!(long.header("x-request-id"), longest);
    for bad in ["two words", "a\"b", &"x".repeat(129), "ä", ""] {
        let replaced = app
            .call("GET", "/v1/nothing")
            .header("x-request-id", bad)
            .send()
            .await;
        let id = replaced.header("x-request-id");
        assert!(id.parse::<uuid::Uuid>().is_ok(), "{bad}: {id}");
        assert_eq!(replaced.body["request_id"], id);
    }
}
