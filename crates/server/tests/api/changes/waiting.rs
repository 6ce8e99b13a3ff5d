//! `wait`: the answer comes with the next commit.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{TestApp, Wanted};

#[tokio::test]
async fn waiting_ends_as_soon_as_something_is_committed_and_not_before() {
    let app = TestApp::new().await;
    let target = format!(
        "/v1/changes?after={}&wait=25",
        app.feed(&app.tenant).await.len()
    );
    let waiting = app.get(&target);
    tokio::pin!(waiting);

    let too_soon = timeout(Duration::from_millis(300), &mut waiting).await;
    app.post("/v1/accounts?dry_run=true", json!({"domain": "acme.com"}))
        .await;
    app.post("/v1/accounts", json!({"domain": "acme"})).await;
    let still_too_soon = timeout(Duration::from_millis(100), &mut waiting).await;
    let (page, created) = tokio::join!(
        waiting,
        app.post("/v1/accounts", json!({"domain": "acme.com"}))
    );

    assert!(too_soon.is_err() && still_too_soon.is_err());
    let changes = page.data()["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["object_id"], created.data()["id"]);
}

#[tokio::test]
async fn the_commits_of_another_organisation_wake_nobody() {
    let app = TestApp::new().await;
    let other = app.another_tenant().await;
    let target = format!(
        "/v1/changes?after={}&wait=1",
        app.feed(&app.tenant).await.len()
    );
    let write = app
        .call("POST", "/v1/accounts")
        .key(&other.key)
        .json(&json!({"domain": "acme.com"}));
    let begun = Instant::now();

    let (page, created) = tokio::join!(app.get(&target), write.send());

    assert_eq!(created.status, 201);
    assert_eq!(page.data()["changes"], json!([]));
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn where_there_is_something_already_nobody_waits() {
    let app = TestApp::new().await;

    let page = timeout(
        Duration::from_secs(5),
        app.get("/v1/changes?after=0&wait=30"),
    )
    .await;

    let page = page.expect("an answer at once");
    assert_ne!(page.data()["changes"], json!([]));
}

#[tokio::test]
async fn a_server_that_is_about_to_stop_lets_nobody_wait() {
    let app = TestApp::with(Wanted::default()).await;
    let target = format!(
        "/v1/changes?after={}&wait=30",
        app.feed(&app.tenant).await.len()
    );
    let drain = async {
        sleep(Duration::from_millis(100)).await;
        app.drain();
    };

    let (page, ()) = timeout(Duration::from_secs(5), async {
        tokio::join!(app.get(&target), drain)
    })
    .await
    .expect("an answer at once");

    assert_eq!((page.status, &page.data()["changes"]), (200, &json!([])));
}
