//! Every write of the document may be tried without a trace and be sent again without harm, and is in the change feed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{World, bodies};
use crate::openapi::{document, guarded_operations, operations};
use crate::redaction::redacted;
use crate::support::{Answer, TestApp};

/// The operations that change something, by their documents: what is not a read, and no search.
fn writes() -> impl Iterator<Item = (String, &'static Value)> {
    guarded_operations().filter(|(name, _)| !name.starts_with("GET ") && !name.ends_with("/search"))
}

#[test]
fn every_write_takes_an_idempotency_key_and_may_be_tried() {
    let parameters = |details: &Value| {
        let parameters = details["parameters"].as_array().cloned();
        let names = parameters.into_iter().flatten();
        names
            .map(|parameter| parameter["$ref"].to_string())
            .collect::<String>()
    };
    let takes_both = |details: &Value| {
        let parameters = parameters(details);
        ["/IdempotencyKey\"", "/DryRun\""]
            .iter()
            .all(|name| parameters.contains(name))
    };

    let those: BTreeSet<String> = operations(document())
        .filter(|(_, details)| takes_both(details))
        .map(|(name, _)| name)
        .collect();

    let writes: BTreeSet<String> = writes().map(|(name, _)| name).collect();
    assert_eq!(those, writes);
}

/// Each documented request of each write, in an organisation of its own.
#[tokio::test]
async fn every_write_can_be_tried_and_repeated_and_is_in_the_feed_once() {
    let app = TestApp::new().await;
    let mut sent = BTreeSet::new();

    for (operation, details) in writes() {
        for (name, body) in bodies(details) {
            check(&app, &operation, body, &format!("{operation} {name}")).await;
            sent.insert(operation.clone());
        }
    }

    assert_eq!(sent, writes().map(|(name, _)| name).collect());
}

/// Tries the request, sends it, and sends it again.
async fn check(app: &TestApp, operation: &str, body: Option<&Value>, what: &str) {
    let world = World::of(app, operation).await;
    let before = Seen::by(app, &world).await;

    let tried = world.request(operation, body, Some("dry_run=true"));
    let tried = tried.send().await;
    assert_eq!(Seen::by(app, &world).await, before, "{what}");

    let send = || {
        world
            .request(operation, body, None)
            .header("idempotency-key", "a")
    };
    let done = send().send().await;
    assert!(matches!(done.status, 200 | 201), "{what}: {}", done.body);
    let shown = without_key(&done);
    assert_eq!(
        (tried.status, redacted(&tried.body)),
        (done.status, redacted(&shown)),
        "{what}"
    );
    let after = Seen::by(app, &world).await;
    // There is no example that leaves everything as it was.
    assert_eq!(after.changesets_since(&before), 1, "{what}");

    let again = send().send().await;
    assert_eq!((again.status, &again.body), (done.status, &shown), "{what}");
    assert_eq!(again.header("idempotency-replayed"), "true", "{what}");
    assert_eq!(Seen::by(app, &world).await, after, "{what}");
}

/// The body without the text of a new key, which only the first answer has.
fn without_key(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    if body["data"].get("api_key").is_some() {
        body["data"]["api_key"] = Value::Null;
    }
    body
}

/// All that can be read of an organisation.
#[derive(Debug, PartialEq)]
struct Seen {
    changes: Vec<Value>,
    answers: Vec<(String, Value)>,
}

impl Seen {
    async fn by(app: &TestApp, world: &World<'_>) -> Self {
        let changes = app.feed(&world.tenant).await;
        let mut answers = vec![];
        for (operation, _) in guarded_operations() {
            let is_read = operation.starts_with("GET ") && operation != "GET /v1/changes";
            if is_read && !world.with_its_ids(&operation).contains('{') {
                let mut answer = world.request(&operation, None, None).send().await;
                let status = answer.status;
                assert!(matches!(status, 200 | 404), "{operation}: {}", answer.body);
                forget_uses(&mut answer.body);
                answers.push((operation, answer.body));
            }
        }
        Self { changes, answers }
    }

    fn changesets_since(&self, before: &Self) -> usize {
        let new = &self.changes[before.changes.len()..];
        let changesets: BTreeSet<&str> = new
            .iter()
            .filter_map(|change| change["changeset_id"].as_str())
            .collect();
        changesets.len()
    }
}

/// Reading uses a key, which is told some time later; and each failure has an id of its own.
fn forget_uses(body: &mut Value) {
    if let Some(keys) = body["data"]["keys"].as_array_mut() {
        for key in keys {
            key["last_used_at"] = json!(null);
        }
    }
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
}
