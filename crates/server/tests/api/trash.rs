//! Into the trash, and out of it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn what_is_deleted_is_found_by_nobody_and_restored_as_it_was() {
    let app = TestApp::new().await;
    let body = json!({"domain": "acme.com", "industry": "Steel", "region": "EMEA"});
    let id = app.made("/v1/accounts", body).await;
    let target = format!("/v1/accounts/{id}");
    let before = app.get(&target).await;

    let deleted = app.delete(&target).await;

    assert_eq!(deleted.status, 200);
    assert_eq!(deleted.body["message"], "Account moved to the trash");
    assert_eq!(deleted.data()["id"], json!(id));
    assert_eq!(app.get(&target).await.status, 404);
    assert_eq!(app.delete(&target).await.status, 404);
    assert_eq!(app.patch(&target, json!({"name": "A"})).await.status, 404);
    for list in ["/v1/accounts", "/v1/accounts?q=acme"] {
        assert_eq!(app.get(list).await.data()["accounts"], json!([]), "{list}");
    }

    let restored = app.call("POST", &format!("{target}/restore")).send().await;

    assert_eq!(restored.status, 200);
    assert_eq!(restored.body["message"], "Account restored successfully");
    assert_eq!(restored.data()["custom_fields"], json!({"region": "EMEA"}));
    assert_eq!(restored.data()["created_at"], before.data()["created_at"]);
    let found = app.get("/v1/accounts?q=acme").await;
    assert_eq!(found.data()["accounts"][0]["id"], json!(id));
}

#[tokio::test]
async fn a_deleted_record_frees_its_domain_and_its_addresses() {
    let app = TestApp::new().await;
    let acme = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let jane = json!({"email": "jane@acme.com", "other_emails": ["jane@gmail.com"]});
    let jane = app.made("/v1/contacts", jane).await;
    app.delete(&format!("/v1/accounts/{acme}")).await;
    app.delete(&format!("/v1/contacts/{jane}")).await;

    let account = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let contact = app
        .made("/v1/contacts", json!({"email": "jane@gmail.com"}))
        .await;

    assert_ne!((account, contact), (acme.clone(), jane.clone()));
    for (target, field) in [
        (format!("/v1/accounts/{acme}/restore"), "domain"),
        (format!("/v1/contacts/{jane}/restore"), "email"),
    ] {
        let clash = app.call("POST", &target).send().await;
        assert_eq!((clash.status, clash.code()), (409, "conflict"));
        assert!(clash.errors(field).contains("meanwhile"), "{}", clash.body);
    }
}

#[tokio::test]
async fn a_contact_of_a_deleted_account_gets_the_account_that_takes_its_place() {
    let app = TestApp::new().await;
    let jane = app
        .made("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    let acme = app
        .post("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let acme = acme.data()["id"].as_str().unwrap().to_owned();
    app.delete(&format!("/v1/accounts/{acme}")).await;

    let related = json!({"account_domain": "acme.com", "primary_contact_email": "jane@acme.com"});
    let created = app.create(json!({}), related).await;

    assert_eq!(created.data()["resolved"]["account"]["outcome"], "created");
    let contact = app.get(&format!("/v1/contacts/{jane}")).await;
    assert_eq!(contact.data()["account_id"], created.data()["account_id"]);
    assert_ne!(contact.data()["account_id"], json!(acme));
}

#[tokio::test]
async fn what_referred_to_a_deleted_record_goes_on_doing_so() {
    let app = TestApp::new().await;
    let related = json!({"account_domain": "acme.com", "primary_contact_email": "jane@acme.com"});
    let created = app.create(json!({"name": "Pumps"}), related).await;
    let account = created.data()["account_id"].as_str().unwrap();

    app.delete(&format!("/v1/accounts/{account}")).await;

    let id = created.data()["id"].as_str().unwrap();
    let read = app.get(&format!("/v1/opportunities/{id}")).await;
    assert_eq!(read.data()["account_id"], json!(account));
    assert_eq!(read.data()["account_name"], "Acme");
    let updated = app
        .patch(&format!("/v1/opportunities/{id}"), json!({"deal_size": 5}))
        .await;
    assert_eq!(updated.data()["account_name"], "Acme");
}

#[tokio::test]
async fn the_feed_tells_deleted_and_restored_records_whole() {
    let app = TestApp::new().await;
    let id = app
        .made(
            "/v1/accounts",
            json!({"domain": "acme.com", "industry": "Steel"}),
        )
        .await;
    let before = app.feed(&app.tenant).await.len();

    app.delete(&format!("/v1/accounts/{id}")).await;
    app.call("POST", &format!("/v1/accounts/{id}/restore"))
        .send()
        .await;

    let changes = &app.feed(&app.tenant).await[before..];
    let whole = json!({"name": "Acme", "domain": "acme.com", "industry": "Steel"});
    assert_eq!(changes[0]["action"], "deleted");
    assert_eq!(
        (&changes[0]["before"], &changes[0]["after"]),
        (&whole, &Value::Null)
    );
    assert_eq!(changes[1]["action"], "restored");
    assert_eq!(
        (&changes[1]["before"], &changes[1]["after"]),
        (&Value::Null, &whole)
    );
}

#[tokio::test]
async fn restoring_what_is_not_in_the_trash_changes_nothing() {
    let app = TestApp::new().await;
    let id = app
        .made("/v1/contacts", json!({"email": "jane@gmail.com"}))
        .await;
    let before = app.feed(&app.tenant).await.len();

    let live = app
        .call("POST", &format!("/v1/contacts/{id}/restore"))
        .send()
        .await;
    let nobody = format!("/v1/contacts/{}/restore", Uuid::now_v7());
    let nobody = app.call("POST", &nobody).send().await;

    assert_eq!((live.status, nobody.status), (200, 404));
    assert_eq!(app.feed(&app.tenant).await.len(), before);
}

#[tokio::test]
async fn a_body_where_none_belongs_is_told() {
    let app = TestApp::new().await;
    let id = app
        .made("/v1/contacts", json!({"email": "jane@gmail.com"}))
        .await;
    let target = format!("/v1/contacts/{id}");

    let with_body = app
        .call("DELETE", &target)
        .json(&json!({"a": 1}))
        .send()
        .await;
    let with_empty = app.call("DELETE", &target).json(&json!({})).send().await;

    assert_eq!(with_body.status, 400);
    assert!(with_body.errors("").contains("takes no body"));
    assert_eq!(with_empty.status, 200);
}

#[tokio::test]
async fn a_deleted_opportunity_leaves_its_account_and_contacts() {
    let app = TestApp::new().await;
    let related = json!({"account_domain": "acme.com", "primary_contact_email": "jane@acme.com"});
    let created = app.create(json!({"name": "Pumps"}), related).await;
    let id = created.data()["id"].as_str().unwrap();

    app.delete(&format!("/v1/opportunities/{id}")).await;

    let list = format!("/v1/opportunities?pipeline_id={}", app.tenant.pipeline_id);
    assert_eq!(app.get(&list).await.data()["opportunities"], json!([]));
    for (object, member) in [("accounts", "account_id"), ("contacts", "contact_id")] {
        let id = created.data()[member].as_str().unwrap();
        assert_eq!(app.get(&format!("/v1/{object}/{id}")).await.status, 200);
    }
    let restored = app
        .call("POST", &format!("/v1/opportunities/{id}/restore"))
        .send()
        .await;
    assert_eq!(restored.data()["contact_email"], "jane@acme.com");
}
