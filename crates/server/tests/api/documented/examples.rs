//! The examples of requests work, and answer what the examples of answers show.

mod world;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::openapi::{document, members, operations, resolve};
use crate::support::{Answer, Tenant, TestApp};

#[tokio::test]
async fn every_documented_request_succeeds_and_answers_like_the_documented_answer() {
    let app = TestApp::new().await;
    let mut sent = 0;

    for (operation, details) in operations(document()) {
        let bodies: Vec<_> = match details.get("requestBody") {
            None if world::is_about_a_record(&operation) => vec![("none", None)],
            body => examples(body)
                .map(|(name, body)| (name.as_str(), Some(body)))
                .collect(),
        };
        for (name, body) in bodies {
            let answer = send(&app, &operation, body).await;
            assert!(
                matches!(answer.status, 200 | 201),
                "{operation} {name}: {}",
                answer.body
            );
            assert_is_like_an_example(&operation, name, details, &answer);
            sent += 1;
        }
    }

    assert!(sent >= 12, "only {sent} examples were found");
}

/// Sends a documented body to an organisation of its own.
async fn send(app: &TestApp, operation: &str, body: Option<&Value>) -> Answer {
    let tenant: Tenant = app.another_tenant();
    let world = world::of(app, &tenant, operation).await;
    let text = world.with_its_ids(&body.map(Value::to_string).unwrap_or_default());
    let operation = world.with_its_ids(operation);
    let (method, target) = operation.split_once(' ').expect("method and path");
    if let Some(creating) = target.strip_suffix("/update") {
        let fields = &document()["components"]["requestBodies"]["Fields"];
        let (_, fields) = examples(Some(fields)).next().expect("fields to change");
        let call = app.call(method, creating).key(&tenant.key);
        assert_eq!(call.json(fields).send().await.status, 201);
    }
    let call = app.call(method, target).key(&tenant.key);
    let answer = match body {
        Some(_) => call.bytes(text.as_bytes()).send().await,
        None => call.send().await,
    };
    world.with_documented_ids(answer)
}

/// The example answer of the same name has the same members at every depth; where there is none of that name, the
/// answer's own members are those of some other example.
fn assert_is_like_an_example(operation: &str, name: &str, details: &Value, answer: &Answer) {
    let documented = &details["responses"][answer.status.to_string()];
    let examples: Vec<_> = examples(Some(documented)).collect();
    let twin = examples.iter().find(|(own, _)| own == &name);
    match twin {
        Some((_, example)) => {
            assert_eq!(places(&answer.body), places(example), "{operation} {name}");
            assert_eq!(
                answer.body["message"], example["message"],
                "{operation} {name}"
            );
        }
        None => {
            let (_, example) = examples.first().expect("an example of the answer");
            let names = |body: &Value| {
                body["data"]
                    .as_object()
                    .map(|data| data.keys().cloned().collect::<Vec<_>>())
            };
            assert_eq!(names(&answer.body), names(example), "{operation} {name}");
        }
    }
}

/// The named examples of a body.
fn examples(body: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    let body = body.map(|body| resolve(document(), body));
    let examples = body.map(|body| &body["content"]["application/json"]["examples"]);
    let examples = examples.into_iter().flat_map(members);
    examples.map(|(name, example)| (name, &resolve(document(), example)["value"]))
}

/// The place of every member, at any depth, with whether it is null.
fn places(value: &Value) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    add_places(value, "", &mut places);
    places
}

fn add_places(value: &Value, place: &str, places: &mut BTreeSet<String>) {
    let nothing = if value.is_null() { " is null" } else { "" };
    places.insert(format!("{place}{nothing}"));
    for (name, member) in value.as_object().into_iter().flat_map(Map::iter) {
        add_places(member, &format!("{place}.{name}"), places);
    }
    for (index, entry) in value.as_array().into_iter().flatten().enumerate() {
        add_places(entry, &format!("{place}.{index}"), places);
    }
}
