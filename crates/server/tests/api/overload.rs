//! More requests than can be answered: early refusals, and one organisation beside another that floods.

use std::sync::Arc;

use lanekeeper_store::Settings;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::{Answer, Tenant, TestApp, Wanted};

/// Creates an account.
async fn create(app: Arc<TestApp>, key: String, number: usize) -> Answer {
    let body = json!({ "domain": format!("a{number}.com") });
    let call = app.call("POST", "/v1/accounts").key(&key);
    call.json(&body).send().await
}

/// Creates on their way, each on its own.
fn creates(app: &Arc<TestApp>, tenant: &Tenant, count: usize) -> JoinSet<Answer> {
    let mut answers = JoinSet::new();
    for number in 0..count {
        answers.spawn(create(Arc::clone(app), tenant.key.clone(), number));
    }
    answers
}

/// Requests that have a place in the server.
async fn in_progress(app: &TestApp) -> usize {
    let metrics = app.get("/metrics").await;
    let text = metrics.body.as_str().unwrap_or_default();
    let name = "lanekeeper_requests_in_progress ";
    let mut lines = text.lines();
    let figure = lines.find_map(|line| line.strip_prefix(name));
    figure.unwrap_or("0").parse().expect("a number")
}

fn is_refusal(answer: &Answer) -> bool {
    if answer.status != 503 {
        return false;
    }
    assert_eq!(answer.code(), "overloaded");
    let retry_after_secs: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=30).contains(&retry_after_secs));
    true
}

#[tokio::test]
async fn an_organisation_that_floods_is_refused_and_another_is_not() {
    const FLOOD: usize = 40;
    let settings = Settings {
        queue_len_max: 16,
        group_len_max: 4,
        ..Settings::default()
    };
    let wanted = Wanted {
        settings,
        ..Wanted::default()
    };
    let app = Arc::new(TestApp::with(wanted).await);
    let other = app.another_tenant().await;

    // The database is somebody else's: what is not refused waits.
    let hold = app.database.hold();
    let mut flood = creates(&app, &app.tenant, FLOOD);
    let mut refused = 0;
    while in_progress(&app).await != flood.len() || refused == 0 {
        while let Some(answer) = flood.try_join_next() {
            assert!(is_refusal(&answer.unwrap()));
            refused += 1;
        }
    }
    let mut others = creates(&app, &other, 3);
    while in_progress(&app).await != flood.len() + others.len() {
        tokio::task::yield_now().await;
    }
    drop(hold);

    while let Some(answer) = others.join_next().await {
        assert_eq!(answer.unwrap().status, 201);
    }
    let mut created = 0;
    while let Some(answer) = flood.join_next().await {
        match answer.unwrap() {
            answer if answer.status == 201 => created += 1,
            answer => assert!(is_refusal(&answer), "{answer:?}"),
        }
    }
    assert!(created > 0);
    let stored = app.database.number("select count(*) from account");
    assert_eq!(stored, created + 3);
}

#[tokio::test]
async fn requests_of_clients_that_hang_up_leave_their_places() {
    let app = TestApp::new().await;
    let address = app.address.trim_start_matches("http://");
    let head = format!(
        "POST /v1/accounts HTTP/1.1\r\nhost: a\r\nx-api-key: {}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        app.tenant.key
    );

    // More than there are places, as none of them ever is whole.
    let mut hung_up = vec![];
    for _ in 0..300 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(head.as_bytes()).await.unwrap();
        hung_up.push(client);
    }
    drop(hung_up);

    app.made("/v1/accounts", json!({ "domain": "acme.com" }))
        .await;
    while in_progress(&app).await != 0 {
        tokio::task::yield_now().await;
    }
}
