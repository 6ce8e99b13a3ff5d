//! The change feed: everything that was written, once, in the order of the commits.

mod contents;
mod waiting;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::TestApp;

const CLIENTS: usize = 32;
const WRITES: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_has_no_gaps_and_never_changes_behind_a_reader_while_clients_write() {
    let app = TestApp::new().await;

    let (seen, answers) = tokio::join!(
        follow(&app),
        join_all((0..CLIENTS).map(|client| write(&app, client)))
    );

    let all = app.feed(&app.tenant).await;
    assert_eq!(all[..seen.len()], seen[..]);
    let sequences: Vec<_> = all
        .iter()
        .map(|change| change["sequence"].as_u64().unwrap())
        .collect();
    let expected: Vec<_> = (1..).take(all.len()).collect();
    assert_eq!(sequences, expected);
    assert_follows_the_commits(&all);
    let created: BTreeSet<_> = all
        .iter()
        .filter(|change| change["object"] == "opportunity")
        .map(|change| change["object_id"].to_string())
        .collect();
    let answered: BTreeSet<_> = answers.into_iter().flatten().collect();
    assert_eq!((created.len(), created), (CLIENTS * WRITES, answered));
}

/// Reads along with `wait` until all opportunities were seen.
async fn follow(app: &TestApp) -> Vec<Value> {
    let mut seen: Vec<Value> = vec![];
    while seen
        .iter()
        .filter(|change| change["object"] == "opportunity")
        .count()
        < CLIENTS * WRITES
    {
        let after = seen
            .last()
            .map_or(0, |change| change["sequence"].as_u64().expect("a number"));
        let page = app
            .get(&format!("/v1/changes?after={after}&wait=20&limit=7"))
            .await;
        let changes = page.data()["changes"].as_array().expect("a list");
        assert!(!changes.is_empty(), "nothing came for 20 seconds");
        seen.extend(changes.iter().cloned());
    }
    seen
}

/// One client's writes, one after the other: the ids of its opportunities.
async fn write(app: &TestApp, client: usize) -> Vec<String> {
    let mut ids = vec![];
    for number in 0..WRITES {
        let related = json!({"account_domain": format!("d{}.com", (client + number) % 40)});
        let created = app.create(json!({}), related).await;
        assert_eq!(created.status, 201, "{}", created.body);
        ids.push(created.data()["id"].to_string());
    }
    ids
}

/// Changes of one request lie together, and later ones are dated later.
fn assert_follows_the_commits(all: &[Value]) {
    let mut changesets: Vec<(&Value, &Value)> = all
        .iter()
        .map(|change| (&change["changeset_id"], &change["occurred_at"]))
        .collect();
    changesets.dedup();
    let different: BTreeSet<_> = changesets.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(different.len(), changesets.len());
    let times: Vec<_> = changesets.iter().map(|(_, time)| time.as_str()).collect();
    assert!(times.is_sorted());
}

#[tokio::test]
async fn paging_meets_each_change_once() {
    let app = TestApp::new().await;
    let items: Value = (0..20)
        .map(|number| json!({"email": format!("j@d{number}.com")}))
        .collect();
    app.post("/v1/contacts/bulk", items).await;
    let all = app.feed(&app.tenant).await;

    for limit in [1, 3, 44, 500] {
        let (mut met, mut after, mut pages) = (vec![], 0, 0);
        loop {
            let page = app
                .get(&format!("/v1/changes?after={after}&limit={limit}"))
                .await;
            let changes = page.data()["changes"].as_array().unwrap();
            assert!(changes.len() <= limit);
            met.extend(changes.iter().cloned());
            after = page.data()["next_after"].as_u64().unwrap();
            pages += 1;
            if page.data()["has_more"] == false {
                break;
            }
        }
        assert_eq!(
            (met, pages),
            (all.clone(), all.len().div_ceil(limit)),
            "limit {limit}"
        );
    }
    let end = app.get(&format!("/v1/changes?after={}", all.len())).await;
    assert_eq!(
        *end.data(),
        json!({"changes": [], "has_more": false, "next_after": all.len()})
    );
}

#[tokio::test]
async fn behind_the_highest_number_there_is_nothing() {
    let app = TestApp::new().await;

    let page = app.get(&format!("/v1/changes?after={}", i64::MAX)).await;

    assert_eq!(page.status, 200, "{:?}", page.body);
    assert_eq!(page.data()["changes"], json!([]));
}

#[tokio::test]
async fn without_a_limit_a_page_has_a_hundred_changes() {
    let app = TestApp::new().await;
    let items: Value = (0..100)
        .map(|number| json!({"domain": format!("d{number}.com")}))
        .collect();
    app.post("/v1/accounts/bulk", items).await;

    let page = app.get("/v1/changes").await;

    assert_eq!(page.data()["changes"].as_array().map(Vec::len), Some(100));
    assert_eq!(
        (&page.data()["has_more"], &page.data()["next_after"]),
        (&json!(true), &json!(100))
    );
}

#[tokio::test]
async fn parameters_that_are_unknown_or_out_of_bounds_are_refused() {
    let app = TestApp::new().await;

    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("after=-1", "after"),
        ("after=x", "after"),
        ("wait=31", "wait"),
        ("since=1", "'since'"),
        ("limit=1&limit=2", "limit"),
    ] {
        let refused = app.get(&format!("/v1/changes?{query}")).await;
        assert_eq!(
            (refused.status, refused.code()),
            (400, "validation_failed"),
            "{query}"
        );
        assert_ne!(refused.errors(name), "", "{query}: {}", refused.body);
    }
}
