//! `lanekeeper copy`: what a copy serves, and what becomes of one that is killed, or damaged.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Client, Ended, Init, Place, Server};

#[tokio::test]
async fn a_copy_serves_what_its_source_did() {
    let (source, target) = (Place::new(), Place::new());
    let init = source.init();
    let (page, feed) = {
        let server = Server::start(&source).await;
        let client = server.client(&init.api_key);
        fill(&client, &init, 1).await;
        let first = client.get("/v1/accounts?limit=2").await;
        let feed = client.get("/v1/changes?limit=1000").await.body["data"].take();
        server.stop().await;
        (first, feed)
    };

    let ended = Ended::of(&mut command(&source, &target, &["--json"]));
    let printed: Value = serde_json::from_str(&ended.stdout).expect("JSON");

    assert_eq!(printed["is_equal"], true);
    let of = |name: &str| {
        let tables = printed["tables"].as_array().expect("tables");
        let table = tables.iter().find(|table| table["table"] == name);
        table.expect("the table").clone()
    };
    assert_eq!(of("opportunity")["from"]["count"], 100);
    assert_eq!(of("opportunity")["to"], of("opportunity")["from"]);
    assert_eq!(of("account")["organization_id"], init.organization_id);
    let server = Server::start(&target).await;
    let client = server.client(&init.api_key);
    let copied_feed = client.get("/v1/changes?limit=1000").await;
    assert_eq!(copied_feed.data(), &feed);
    let cursor = page.data()["next_cursor"].as_str().expect("a cursor");
    let next = format!("/v1/accounts?limit=2&cursor={cursor}");
    assert_eq!(client.get(&next).await.status, 200);
    let body = bulk(&init, 0);
    let again = client.try_post_once("/v1/opportunities/bulk", &body, "0");
    let again = again.await.expect("an answer");
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn a_copy_that_is_killed_again_and_again_goes_on_where_it_was_and_is_whole() {
    let (source, target) = (filled(15).await, Place::new());
    let mut began_at = vec![];

    loop {
        let mut copying = Copying::start(&source, &target);
        let began = copying.next_copied().expect("it says where it begins");
        began_at.push(began);
        let is_further = std::iter::from_fn(|| copying.next_copied()).any(|done| done > began);
        if !is_further {
            break assert!(copying.child.wait().expect("ours").success());
        }
        copying.kill();
        let refused = target.run(&["key", "list"]);
        let complaint = refused.complaint();
        assert!(
            complaint.contains("holds an unfinished copy of"),
            "{complaint}"
        );
        assert!(
            complaint.contains("finish it with `lanekeeper copy --from"),
            "{complaint}"
        );
    }

    assert!(began_at.len() > 5, "{began_at:?}");
    assert!(
        began_at.is_sorted_by(|one, next| one < next),
        "{began_at:?}"
    );
    let keys = ["key", "list", "--json"];
    assert_eq!(target.json(&keys), source.json(&keys));
}

#[tokio::test]
async fn a_damaged_copy_is_shown_and_not_served() {
    let source = filled(3).await;
    let target = killed_while_it_compares(&source);
    target
        .database
        .run("update opportunity set deal_size = deal_size + 1");

    let ended = Ended::of(&mut command(&source, &target, &[]));
    let served = target.run(&["serve"]);

    assert_eq!(ended.status, Some(1));
    let different = ended
        .stdout
        .lines()
        .filter(|line| line.ends_with("DIFFERENT"));
    let different: Vec<&str> = different.collect();
    assert_eq!(different.len(), 1, "{}", ended.stdout);
    assert!(different[0].contains("opportunity"));
    assert!(
        ended.stderr.contains("1 of 12 tables differ"),
        "{}",
        ended.stderr
    );
    assert!(served.complaint().contains("holds an unfinished copy of"));
}

#[tokio::test]
async fn a_database_that_is_not_empty_is_left_alone() {
    let (source, target) = (filled(1).await, Place::new());
    let there = target.init();

    let refused = Ended::of(&mut command(&source, &target, &[]));

    assert_eq!(refused.status, Some(1));
    assert!(
        refused
            .complaint()
            .contains("is not empty and was left alone")
    );
    let list = target.json(&["organization", "list", "--json"]);
    assert_eq!(list[0]["id"], there.organization_id);
    assert_eq!(list.as_array().map(Vec::len), Some(1));
}

/// A target in which everything is, but is not said to be.
fn killed_while_it_compares(source: &Place) -> Place {
    loop {
        let target = Place::new();
        let mut copying = Copying::start(source, &target);
        while copying.next_copied().is_some() {}
        copying.kill();
        // Otherwise it was finished before it could be killed.
        if target.run(&["key", "list"]).status != Some(0) {
            return target;
        }
    }
}

/// A database with some hundreds of opportunities, that nobody serves.
async fn filled(hundreds: usize) -> Place {
    let place = Place::new();
    let init = place.init();
    let server = Server::start(&place).await;
    fill(&server.client(&init.api_key), &init, hundreds).await;
    server.stop().await;
    place
}

async fn fill(client: &Client, init: &Init, hundreds: usize) {
    for hundred in 0..hundreds {
        let body = bulk(init, hundred);
        let key = hundred.to_string();
        let made = client
            .try_post_once("/v1/opportunities/bulk", &body, &key)
            .await;
        assert_eq!(made.expect("an answer").status, 201);
    }
}

/// A hundred opportunities, always the same.
fn bulk(init: &Init, hundred: usize) -> Value {
    let items = (0..100).map(|one| {
        let domain = format!("d{hundred}-{one}.com");
        init.opportunity(&format!("Deal {one}"), &domain, &format!("jane@{domain}"))
    });
    json!(items.collect::<Vec<_>>())
}

fn command(source: &Place, target: &Place, more: &[&str]) -> Command {
    let (from, to) = (source.database.url(), target.database.url());
    source.command(&[&["copy", "--from", &from, "--to", &to], more].concat())
}

/// A copy on its way.
struct Copying {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Copying {
    fn start(source: &Place, target: &Place) -> Self {
        let mut command = command(source, target, &[]);
        let piped = command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program starts");
        let stderr = child.stderr.take().expect("a pipe");
        Self {
            child,
            lines: BufReader::new(stderr).lines(),
        }
    }

    /// How much is copied, as it says next; none once it compares.
    fn next_copied(&mut self) -> Option<u64> {
        let line = self.lines.next()?.expect("text");
        let (done, _) = line.strip_prefix("copied ")?.split_once(" of ")?;
        Some(done.parse().expect("a number"))
    }

    /// `kill -9`.
    fn kill(mut self) {
        drop(self.child.kill());
        self.child.wait().expect("the child is ours");
    }
}
