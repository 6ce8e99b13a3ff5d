//! The server does what the document says: the same operations, the documented examples, every body that is published.

mod bodies;
mod examples;
mod statements;
mod world;
mod writes;

use std::cell::Cell;
use std::collections::BTreeSet;

use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::openapi::{document, operations, validator};
use crate::support::{Answer, TestApp};

#[test]
fn the_routes_are_the_operations_of_the_document() {
    let documented: BTreeSet<String> = operations(document()).map(|(name, _)| name).collect();

    let routes = lanekeeper_server::route_names();

    assert_eq!(routes.len(), documented.len());
    let routes: BTreeSet<String> = routes.into_iter().map(str::to_owned).collect();
    assert_eq!(routes, documented);
}

/// Generated clients read `allOf` as it stands: a typed `data` that is not required where it is typed may be missing.
#[test]
fn the_data_of_every_success_is_required_where_it_is_typed() {
    let schemas = document()["components"]["schemas"]
        .as_object()
        .expect("schemas");
    let successes = schemas
        .iter()
        .filter(|(_, schema)| schema["allOf"][0]["$ref"] == "#/components/schemas/ApiResponse");

    let (required, not): (Vec<_>, Vec<_>) =
        successes.partition(|(_, schema)| schema["required"] == json!(["data"]));

    assert!(!required.is_empty());
    assert!(not.is_empty(), "{not:?}");
}

/// What a 400 may say of a body that fits the published schema: that a value is beyond a limit, has no normal form, or
/// refers to what is not there. Each is the beginning of a message.
const ALLOWED_MESSAGES: [&str; 15] = [
    // Limits.
    "has a name that ",
    "has no name; ",
    "has more than ",
    "looks like milliseconds; ",
    "names no field, and there are 200 already",
    // Normal forms.
    "contains the control character ",
    "is empty; ",
    "is not a bare e-mail address: ",
    "is not a company's domain: ",
    "is not a domain: ",
    "is not an e-mail address: ",
    "is not supported: ",
    // References.
    "names no ",
    "names the field ",
    "names another member ",
];

/// A value for a custom field of another type refers to that field.
fn is_allowed(message: &str) -> bool {
    let is_known = ALLOWED_MESSAGES
        .iter()
        .any(|beginning| message.starts_with(beginning));
    let is_of_a_field = message.contains(", but the field '");
    let is_too_long = message.starts_with("has ") && message.contains("; at most ");
    let is_refused_anywhere = [" has more digits than ", " contains a NUL character"];
    let is_refused_anywhere = is_refused_anywhere
        .iter()
        .any(|part| message.contains(part));
    is_known || is_of_a_field || is_too_long || is_refused_anywhere
}

#[test]
fn what_the_published_schema_allows_is_never_refused_for_its_shape() {
    const CASES: u32 = 200;
    let runtime = Runtime::new().expect("a runtime");
    let app = runtime.block_on(TestApp::new());
    let published_answer = validator(document(), &published_answer());
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let created = Cell::new(0);

    let run = TestRunner::new(config).run(&bodies::published_bodies(), |body| {
        let answer = runtime.block_on(send(&app, &body));
        created.set(created.get() + u32::from(answer.status == 201));
        match answer.status {
            201 if published_answer.is_valid(&answer.body) => Ok(()),
            400 => refused_for_something_else(&answer.body),
            status => Err(TestCaseError::fail(format!("{status}: {}", answer.body))),
        }
    });

    if let Err(error) = run {
        panic!("{error}");
    }
    let created = created.get();
    assert!(
        created > CASES / 10,
        "only {created} bodies were good: the generator is too wild"
    );
}

/// Sends a body to an organisation of its own, so that no field that another body made is in its way.
async fn send(app: &TestApp, body: &Value) -> Answer {
    let tenant = app.another_tenant().await;
    let body = bodies::with_real_names(body, &tenant);
    let call = app.call("POST", "/v1/opportunities").key(&tenant.key);
    call.json(&body).send().await
}

fn refused_for_something_else(body: &Value) -> Result<(), TestCaseError> {
    let errors = body["errors"].as_object().into_iter().flatten();
    for (path, messages) in errors {
        for message in messages.as_array().into_iter().flatten() {
            let text = message.as_str().unwrap_or_default();
            if !is_allowed(text) {
                return Err(TestCaseError::fail(format!("{path} {text}")));
            }
        }
    }
    Ok(())
}

/// What is published of the answer of `createOpportunityV1`: `ApiResponse`.
fn published_answer() -> Value {
    json!({
        "type": "object",
        "properties": {
            "success": {"type": "boolean"},
            "message": {"type": "string"},
            "data": {},
        },
        "additionalProperties": true,
    })
}
