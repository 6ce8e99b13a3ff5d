//! The examples of requests work, and answer what the examples of answers show.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::world::{World, bodies};
use crate::openapi::{Example, examples, guarded_operations};
use crate::support::{Answer, TestApp};

#[tokio::test]
async fn every_documented_request_succeeds_and_answers_like_the_documented_answer() {
    let app = TestApp::new().await;
    let mut sent = BTreeSet::new();

    for (operation, details) in guarded_operations() {
        for (name, body) in bodies(details) {
            let answer = send(&app, &operation, details, body).await;
            assert!(
                matches!(answer.status, 200 | 201),
                "{operation} {name}: {}",
                answer.body
            );
            match body {
                Some(_) => assert_is_like_an_example(&operation, name, details, &answer),
                None => assert_is_like_the_example(&operation, details, &answer),
            }
            sent.insert(operation.clone());
        }
    }

    let guarded: BTreeSet<String> = guarded_operations().map(|(name, _)| name).collect();
    assert_eq!(sent, guarded);
}

/// Sends a documented request to an organisation of its own.
async fn send(
    app: &TestApp,
    operation: &str,
    details: &'static Value,
    body: Option<&Value>,
) -> Answer {
    let world = World::of(app, operation).await;
    let documented = examples(details["responses"].get("200")).next();
    let query = documented.and_then(|(_, page)| world.query(operation, page));
    let answer = world
        .request(operation, body, query.as_deref())
        .send()
        .await;
    world.with_documented_ids(answer)
}

/// Where there is no body that has a name: one of the examples has the same message, and at every depth the same members,
/// however many entries there are. A record that is restored is shown as one that is updated.
fn assert_is_like_the_example(operation: &str, details: &'static Value, answer: &Answer) {
    let documented = &details["responses"][answer.status.to_string()];
    let is_restored = operation.ends_with("/restore");
    let is_alike = |example: &Value| {
        let is_said = is_restored || answer.body["message"] == example["message"];
        is_said && members_of(&answer.body) == members_of(example)
    };
    assert!(
        examples(Some(documented)).any(|(_, example)| is_alike(example)),
        "{operation}: {:#}",
        answer.body
    );
}

/// The example answer of the same name has the same members at every depth; where there is none of that name, the
/// answer's own members are those of some other example.
fn assert_is_like_an_example(
    operation: &str,
    name: &str,
    details: &'static Value,
    answer: &Answer,
) {
    let documented = &details["responses"][answer.status.to_string()];
    let examples: Vec<Example> = examples(Some(documented)).collect();
    let twin = examples.iter().find(|(own, _)| *own == name);
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

/// The same, of all entries of an array together, whether null or not.
fn members_of(value: &Value) -> BTreeSet<String> {
    let places = places(value).into_iter();
    let places = places.map(|place| {
        let parts = place.trim_end_matches(" is null").split('.');
        let parts = parts.map(|part| part.parse::<usize>().map_or(part, |_| "[]"));
        parts.collect::<Vec<_>>().join(".")
    });
    places.collect()
}
