//! Two servers on one database.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Place, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_bulks_of_the_same_hundred_domains_in_any_order_make_a_hundred_accounts() {
    let place = Place::on_postgres();
    let init = place.init();
    let servers = [Server::start(&place).await, Server::start(&place).await];

    let mut bulks = JoinSet::new();
    for number in 0..20_usize {
        let client = servers[number % servers.len()].client(&init.api_key);
        let mut domains: Vec<usize> = (0..100).collect();
        fastrand::Rng::with_seed(number as u64).shuffle(&mut domains);
        let requests = domains.iter();
        let requests = requests.map(|number| json!({"account": {"domain": format!("acme{number}.com")}}));
        let body = json!({"requests": requests.collect::<Vec<Value>>()});
        bulks.spawn(async move { client.post("/v1/accounts/bulk", &body).await });
    }

    for answer in bulks.join_all().await {
        assert!(answer.status < 300, "{} {:?}", answer.status, answer.body);
    }
    assert_eq!(place.database.number("select count(*) from account"), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_one_server_ends_is_refused_by_the_other_within_a_second() {
    let place = Place::on_postgres();
    let init = place.init();
    let (one, other) = (Server::start(&place).await, Server::start(&place).await);
    let (admin, route) = (one.client(&init.api_key), "/v1/keys");
    let made = admin.post(route, &json!({"name": "Website", "scope": "read"})).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let text = made.data()["api_key"].as_str().expect("a key").to_owned();
    let visitor = other.client(&text);
    assert_eq!(visitor.get("/v1/pipelines").await.status, 200);

    let id = made.data()["key"]["id"].as_str().or(made.data()["id"].as_str());
    let ended = admin.delete(&format!("{route}/{}", id.expect("an id"))).await;
    let since = Instant::now();

    assert_eq!(ended.status, 200, "{:?}", ended.body);
    while visitor.get("/v1/pipelines").await.status != 401 {
        assert!(since.elapsed() < Duration::from_secs(1), "still good");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_changes_at_one_server_is_woken_by_a_write_at_the_other() {
    let place = Place::on_postgres();
    let init = place.init();
    let (one, other) = (Server::start(&place).await, Server::start(&place).await);
    let follower = other.client(&init.api_key);
    let feed = follower.get("/v1/changes?limit=500").await;
    let mut last = feed.data()["next_after"].as_i64().expect("a number");

    for round in 0..5 {
        let waiting = follower.clone();
        let target = format!("/v1/changes?after={last}&wait=30");
        let waiting = tokio::spawn(async move { waiting.get(&target).await });
        sleep(Duration::from_millis(200)).await;
        let account = json!({"account": {"domain": format!("acme{round}.com")}});
        let created = one.client(&init.api_key).post("/v1/accounts", &account).await;
        assert_eq!(created.status, 201, "{:?}", created.body);

        let woken = timeout(Duration::from_secs(5), waiting).await;
        let woken = woken.expect("it was woken").expect("no panic");
        assert_eq!(woken.data()["changes"][0]["sequence"], json!(last + 1));
        last = woken.data()["next_after"].as_i64().expect("a number");
    }
}
