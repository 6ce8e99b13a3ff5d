//! Two servers on one database are one.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::audit::audit;
use crate::support::{Place, Server};

/// How soon one server knows what another has done.
const KNOWN_WITHIN: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_bulks_of_the_same_hundred_domains_make_a_hundred_accounts() {
    const BULKS: usize = 20;
    let place = Place::on_postgres();
    let init = place.init();
    let servers = [Server::start(&place).await, Server::start(&place).await];

    let bulks = (0..BULKS).map(|number| {
        let mut domains: Vec<Value> = (0..100)
            .map(|domain| json!({"domain": format!("same{domain}.com")}))
            .collect();
        fastrand::shuffle(&mut domains);
        let client = servers[number % 2].client(&init.api_key);
        tokio::spawn(async move { client.post("/v1/accounts/bulk", &domains.into()).await })
    });
    let answers = join_all(bulks.collect::<Vec<_>>()).await;

    for answer in answers {
        let answer = answer.unwrap();
        assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
        assert_eq!(answer.data().as_array().map(Vec::len), Some(100));
    }
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(place.database.number(deadlocks), 0);
    for server in servers {
        server.stop().await;
    }
    assert_eq!(audit(&place.database).accounts.len(), 100);
}

#[tokio::test]
async fn a_key_that_one_server_revokes_is_refused_by_the_other_within_a_second() {
    let place = Place::on_postgres();
    let init = place.init();
    let (one, other) = (Server::start(&place).await, Server::start(&place).await);
    let website = json!({"name": "Website", "scope": "write"});
    let admin = one.client(&init.api_key);
    let key = admin.post("/v1/keys", &website).await;
    let client = other.client(key.data()["api_key"].as_str().expect("a key"));
    for _ in 0..10 {
        assert_eq!(client.get("/v1/pipelines").await.status, 200);
    }

    let target = format!("/v1/keys/{}", key.data()["id"].as_str().expect("an id"));
    let revoked = admin.delete(&target).await;
    let since = Instant::now();
    while client.get("/v1/pipelines").await.status == 200 {
        assert!(since.elapsed() < KNOWN_WITHIN, "it is still good");
    }

    assert_eq!(revoked.status, 200, "{}", revoked.body);
    let account = json!({"domain": "acme.com"});
    assert_eq!(client.post("/v1/accounts", &account).await.status, 401);
}

#[tokio::test]
async fn who_waits_for_changes_at_one_server_is_woken_by_a_write_at_the_other() {
    let place = Place::on_postgres();
    let init = place.init();
    let (one, other) = (Server::start(&place).await, Server::start(&place).await);
    let (writer, reader) = (one.client(&init.api_key), other.client(&init.api_key));
    let so_far = reader.get("/v1/changes?limit=500").await;
    let so_far = so_far.data()["changes"].as_array().map(Vec::len);
    let target = format!("/v1/changes?wait=20&after={}", so_far.expect("changes"));
    let waiting = tokio::spawn(async move {
        let page = reader.get(&target).await;
        (page, Instant::now())
    });
    sleep(Duration::from_millis(500)).await;
    assert!(!waiting.is_finished(), "there is nothing new yet");

    let account = writer
        .post("/v1/accounts", &json!({"domain": "acme.com"}))
        .await;
    let written = Instant::now();
    let (page, woken) = waiting.await.unwrap();

    assert!(woken - written < KNOWN_WITHIN, "{:?}", woken - written);
    let change = &page.data()["changes"][0];
    assert_eq!(change["object_id"], account.data()["id"], "{}", page.body);
}
