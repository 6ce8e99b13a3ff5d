//! The end of a server: what it accepted it answers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::TestApp;

#[tokio::test]
async fn a_server_that_drains_is_not_ready_and_still_answers() {
    let app = TestApp::new().await;

    app.drain();
    let (ready, health) = (app.get("/readyz").await, app.get("/healthz").await);
    let created = app.create(json!({}), json!({})).await;

    assert_eq!(
        (ready.status, ready.body),
        (503, json!({"status": "draining"}))
    );
    assert_eq!((health.status, created.status), (200, 201));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_head_has_arrived_is_answered_although_the_server_stops() {
    let mut app = TestApp::new().await;
    let body = app
        .tenant
        .opportunity(json!({"name": "Last"}), json!({}))
        .to_string();
    let head = format!(
        "POST /v1/opportunities HTTP/1.1\r\nhost: localhost\r\nx-api-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        app.tenant.key,
        body.len(),
    );
    let address = app.address.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(head.as_bytes()).unwrap();
    sleep(Duration::from_millis(100)).await;

    let finish = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(200));
        connection.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    });
    let (answer, ()) = tokio::join!(finish, app.stop());

    let answer = answer.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(
        answer.to_lowercase().contains("connection: close"),
        "{answer}"
    );
    let app = app.restart().await;
    assert_eq!(app.counts().await, [0, 0, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_was_answered_is_there_after_a_restart() {
    let app = TestApp::new().await;
    let answers =
        join_all((0..40).map(|_| app.create(json!({}), json!({"account_domain": "acme.com"}))))
            .await;

    let app = app.restart().await;

    for answer in answers {
        let id = answer.data()["id"].as_str().expect("an id");
        let read = app.get(&format!("/v1/opportunities/{id}")).await;
        assert_eq!(
            (read.status, &read.data()["account_domain"]),
            (200, &Value::from("acme.com"))
        );
    }
    assert_eq!(app.counts().await, [1, 0, 40, 0]);
}
