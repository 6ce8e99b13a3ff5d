//! What the documented examples are about: the records that they name by their ids.

use serde_json::{Value, json};

use super::examples;
use crate::openapi::document;
use crate::support::{Answer, Tenant, TestApp};

const PIPELINE: &str = "018f13b3-8239-7ef8-a8f1-93ad10b76110";
const ACCOUNT: &str = "019e5e78-2e03-7c52-8f0d-3b9a1e4c7d02";
const CONTACT: &str = "019e5e78-2e03-7d91-b6e2-5f0c8a2d9e03";
const OPPORTUNITY: &str = "019e5e78-2e03-7b1c-9a40-6c1f2d7e8b01";
const NOTE: &str = "019e5e80-1c10-7a3b-8d4e-6f5a4b3c2d10";
const ACTIVITY: &str = "019e5e80-2d20-7b4c-9e5f-7a6b5c4d3e11";
/// The pipeline's first stage, to which what is in the second moves.
const STAGE: &str = "018f13b3-8239-7f0f-8a91-0b4c6d8e1f10";
const SECOND_STAGE: &str = "018f13b3-8239-7f10-9b02-1c5d7e9a2b11";
const USER: &str = "018f13b3-8239-7f22-8c03-2d6e8fab3c12";
/// The record that is merged into another.
const MERGED: &str = "019e5e7b-6b20-7c11-8e2d-1f5a7b9c3d0a";

/// The ids of the document, each with the id that stands for it here.
pub(super) struct World(Vec<(&'static str, String)>);

/// Whether the operation is about a record that must be there.
pub(super) fn is_about_a_record(operation: &str) -> bool {
    let places = [
        "{account_id}",
        "{contact_id}",
        "{opportunity_id}",
        "{note_id}",
        "{activity_id}",
    ];
    let is_bulk = operation.starts_with("PATCH ") && operation.ends_with("/bulk");
    is_bulk || places.iter().any(|place| operation.contains(place))
}

/// Makes what an operation is about.
pub(super) async fn of(app: &TestApp, tenant: &Tenant, operation: &str) -> World {
    let mut ids = vec![
        (PIPELINE, tenant.pipeline_id.to_string()),
        (STAGE, tenant.stages[0].1.to_string()),
        (SECOND_STAGE, tenant.stages[1].1.to_string()),
        (USER, tenant.owner_id.to_string()),
    ];
    if !is_about_a_record(operation) {
        return World(ids);
    }
    let world = World(ids.clone());
    for (name, target, id) in [
        ("Opportunity", "/v1/opportunities", OPPORTUNITY),
        ("Account", "/v1/accounts", ACCOUNT),
        ("Contact", "/v1/contacts", CONTACT),
        ("Note", "/v1/notes", NOTE),
        ("Activity", "/v1/activities", ACTIVITY),
    ] {
        // The record as its own example makes it: no other example made parts of it before.
        if !operation.contains(target) {
            continue;
        }
        let body = &document()["components"]["requestBodies"][name];
        let (_, body) = examples(Some(body)).next().expect("an example");
        let body = world.with_its_ids(&body.to_string());
        let made = post(app, tenant, target, &body).await;
        ids.push((id, made));
        let other = match name {
            "Account" => json!({"domain": "initech.com"}),
            _ => json!({"email": "bill@initech.com"}),
        };
        if operation.ends_with("/merge") {
            ids.push((MERGED, post(app, tenant, target, &other.to_string()).await));
        }
    }
    World(ids)
}

async fn post(app: &TestApp, tenant: &Tenant, target: &str, body: &str) -> String {
    let call = app.call("POST", target).key(&tenant.key);
    let made = call.bytes(body.as_bytes()).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.data()["id"].as_str().expect("an id").to_owned()
}

impl World {
    /// The text with the ids of this world in place of the document's, and in the places that the path has for them.
    pub(super) fn with_its_ids(&self, text: &str) -> String {
        let places = [
            (PIPELINE, "{pipeline_id}"),
            (SECOND_STAGE, "{stage_id}"),
            (USER, "{user_id}"),
            (ACCOUNT, "{account_id}"),
            (CONTACT, "{contact_id}"),
            (OPPORTUNITY, "{opportunity_id}"),
            (NOTE, "{note_id}"),
            (ACTIVITY, "{activity_id}"),
        ];
        let mut text = text.to_owned();
        for (documented, id) in &self.0 {
            text = text.replace(documented, id);
            for (_, place) in places.iter().filter(|(of, _)| of == documented) {
                text = text.replace(place, id);
            }
        }
        text
    }

    /// The answer with the document's ids in place of those of this world.
    pub(super) fn with_documented_ids(&self, mut answer: Answer) -> Answer {
        let mut text = answer.body.to_string();
        for (documented, id) in &self.0 {
            text = text.replace(id, documented);
        }
        answer.body = serde_json::from_str::<Value>(&text).expect("ids are plain");
        answer
    }
}
