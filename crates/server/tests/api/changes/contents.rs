//! What a change says.

use std::collections::BTreeSet;

use lanekeeper_core::change::Actor;
use lanekeeper_core::pipeline::UnknownAttributes;
use serde_json::{Value, json};

use crate::redaction::redacted;
use crate::support::TestApp;

#[tokio::test]
async fn the_set_up_of_an_organisation_is_in_its_feed() {
    let app = TestApp::new().await;

    let changes = app.feed(&app.tenant).await;

    let objects: Vec<_> = changes.iter().map(|change| &change["object"]).collect();
    assert_eq!(objects, ["organization", "pipeline", "user", "key"]);
    assert!(
        changes
            .iter()
            .all(|change| change["actor"] == json!({"kind": "cli", "id": null, "name": null}))
    );
    assert_eq!(changes[1]["object_id"], json!(app.tenant.pipeline_id));
    assert!(!json!(changes).to_string().contains(&app.tenant.key));
}

#[tokio::test]
async fn a_very_large_changeset_is_told_whole() {
    let app = TestApp::new().await;
    let description = "🦀".repeat(10_000);
    let account = |number: u32| json!({"domain": format!("d{number}.com"), "description": description, "next": description});
    let accounts: Vec<Value> = (0..90).map(account).collect();
    let before = app.feed(&app.tenant).await.len();

    let created = app.post("/v1/accounts/bulk", json!(accounts)).await;

    assert_eq!(created.status, 201);
    let changes = &app.feed(&app.tenant).await[before..];
    assert_eq!(changes.len(), 91, "a field and the accounts");
    let ids: BTreeSet<String> = changes
        .iter()
        .map(|change| change["changeset_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_created_record_is_told_with_what_it_has() {
    let app = TestApp::new().await;

    let call = app
        .call("POST", "/v1/accounts")
        .header("x-request-id", "order-17");
    call.json(&json!({"domain": "acme.com", "tags": ["a"], "Region": "EMEA"}))
        .send()
        .await;

    insta::assert_json_snapshot!(redacted(&json!(app.changes().await)), @r#"
    [
      {
        "action": "created",
        "actor": {
          "id": "<id 1>",
          "kind": "api_key",
          "name": "Test"
        },
        "after": {
          "attribute_type": "string",
          "is_hidden": false,
          "is_system": false,
          "metadata": {},
          "name": "Region",
          "object": "account",
          "order": 1,
          "property_name": "region"
        },
        "before": null,
        "changed": [
          "attribute_type",
          "is_hidden",
          "is_system",
          "metadata",
          "name",
          "object",
          "order",
          "property_name"
        ],
        "changeset_id": "<id 2>",
        "object": "field",
        "object_id": "<id 3>",
        "occurred_at": "<time>",
        "request_id": "order-17",
        "sequence": 5
      },
      {
        "action": "created",
        "actor": {
          "id": "<id 1>",
          "kind": "api_key",
          "name": "Test"
        },
        "after": {
          "custom__region": "EMEA",
          "domain": "acme.com",
          "name": "Acme",
          "tags": [
            "a"
          ]
        },
        "before": null,
        "changed": [
          "name",
          "domain",
          "tags",
          "custom__region"
        ],
        "changeset_id": "<id 2>",
        "object": "account",
        "object_id": "<id 4>",
        "occurred_at": "<time>",
        "request_id": "order-17",
        "sequence": 6
      }
    ]
    "#);
}

#[tokio::test]
async fn an_updated_record_is_told_with_what_was_filled_before_and_after() {
    let app = TestApp::new().await;
    let first = app
        .post(
            "/v1/contacts",
            json!({"email": "jane@gmail.com", "job_title": "CEO"}),
        )
        .await;
    let before = app.changes().await.len();
    let body = json!({"email": "jane@gmail.com", "job_title": "CTO", "phone": "+44", "other_emails": ["j@gmail.com"], "seats": 3});

    app.post("/v1/contacts", body).await;

    let changes = app.changes().await.split_off(before);
    let [_field, contact] = changes.as_slice() else {
        panic!("a field and a contact: {changes:#?}")
    };
    assert_eq!(contact["object_id"], first.data()["id"]);
    assert_eq!(contact["action"], "updated");
    assert_eq!(
        contact["changed"],
        json!(["phone", "other_emails", "custom__seats"])
    );
    assert_eq!(
        contact["before"],
        json!({"phone": null, "other_emails": null, "custom__seats": null})
    );
    assert_eq!(
        contact["after"],
        json!({"phone": "+44", "other_emails": ["j@gmail.com"], "custom__seats": 3})
    );
}

#[tokio::test]
async fn all_changes_of_a_request_share_their_changeset_request_and_actor() {
    let app = TestApp::new().await;
    let (key_id, key) = app
        .another_key(|key| key.name = "Website form".to_owned())
        .await;
    let deal = app.tenant.opportunity(
        json!({"custom_attributes": {"seats": 1}}),
        json!({"account_domain": "acme.com", "primary_contact_email": "jane@acme.com", "additional_contact_emails": ["bob@acme.com"]}),
    );
    let call = app
        .call("POST", "/v1/opportunities/bulk")
        .key(&key)
        .header("x-request-id", "import:2026-05-25");

    let created = call.json(&json!([deal, deal])).send().await;

    let changes = app.changes().await;
    let objects: Vec<_> = changes
        .iter()
        .map(|change| change["object"].as_str().unwrap())
        .collect();
    assert_eq!(
        objects,
        [
            "field",
            "account",
            "contact",
            "contact",
            "opportunity",
            "opportunity"
        ]
    );
    let distinct = |member: &str| {
        changes
            .iter()
            .map(|change| change[member].to_string())
            .collect::<BTreeSet<_>>()
            .len()
    };
    assert_eq!([distinct("changeset_id"), distinct("occurred_at")], [1, 1]);
    for change in &changes {
        assert_eq!(change["request_id"], "import:2026-05-25");
        assert_eq!(
            change["actor"],
            json!({"kind": "api_key", "id": key_id, "name": "Website form"})
        );
        assert_eq!(change["occurred_at"], created.data()[0]["created_at"]);
    }
}

#[tokio::test]
async fn a_request_without_an_id_is_in_the_feed_under_the_one_it_was_given() {
    let app = TestApp::new().await;

    let created = app.create(json!({}), json!({})).await;

    let changes = app.changes().await;
    assert_eq!(changes[0]["request_id"], created.header("x-request-id"));
}

#[tokio::test]
async fn what_the_operator_does_is_in_the_feed() {
    let app = TestApp::new().await;
    let cli = Actor::cli();
    let (key_id, _) = app.another_key(|_| {}).await;
    let before = app.feed(&app.tenant).await.len();

    app.store
        .update_organization(&app.org().await, UnknownAttributes::Refuse, &cli)
        .await
        .unwrap();
    app.store
        .revoke_key(&app.org().await, key_id, &cli)
        .await
        .unwrap();

    let changes: Vec<Value> = app.feed(&app.tenant).await.split_off(before);
    insta::assert_json_snapshot!(redacted(&json!(changes)), @r#"
    [
      {
        "action": "updated",
        "actor": {
          "id": null,
          "kind": "cli",
          "name": null
        },
        "after": {
          "unknown_attributes": "strict"
        },
        "before": {
          "unknown_attributes": "create"
        },
        "changed": [
          "unknown_attributes"
        ],
        "changeset_id": "<id 1>",
        "object": "organization",
        "object_id": "<id 2>",
        "occurred_at": "<time>",
        "request_id": "<id 3>",
        "sequence": 6
      },
      {
        "action": "updated",
        "actor": {
          "id": null,
          "kind": "cli",
          "name": null
        },
        "after": {
          "revoked_at": "<time>"
        },
        "before": {
          "revoked_at": null
        },
        "changed": [
          "revoked_at"
        ],
        "changeset_id": "<id 4>",
        "object": "key",
        "object_id": "<id 5>",
        "occurred_at": "<time>",
        "request_id": "<id 6>",
        "sequence": 7
      }
    ]
    "#);
}
