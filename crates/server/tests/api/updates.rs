//! New values for records: in bulk by their ids, and one by its address.

mod opportunities;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn what_is_sent_overwrites_and_null_clears_and_the_rest_stays() {
    let app = TestApp::new().await;
    let body = json!({
        "domain": "acme.com", "industry": "Steel", "founded": 1999, "tags": ["a"], "description": "Makes things",
        "region": "EMEA", "seats": 3,
    });
    let id = app.made("/v1/accounts", body).await;

    let update = json!({
        "industry": "Robotics", "founded": null, "tags": "b, c", "description": " ",
        "custom__region": "APAC", "custom_fields": {"seats": null},
    });
    let updated = app.patch("/v1/accounts/bulk", json!({&id: update})).await;

    assert_eq!(updated.status, 200, "{}", updated.body);
    assert_eq!(updated.body["message"], "1 account updated");
    let record = &updated.data()[&id];
    assert_eq!(record["industry"], "Robotics");
    assert_eq!(record["founded"], Value::Null);
    assert_eq!(record["description"], Value::Null);
    assert_eq!(record["tags"], json!(["b", "c"]));
    assert_eq!(record["name"], "Acme");
    assert_eq!(record["custom_fields"], json!({"region": "APAC"}));
    let read = app.get(&format!("/v1/accounts/{id}")).await;
    assert_eq!(read.data(), record);
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_none() {
    let app = TestApp::new().await;
    let id = app
        .made(
            "/v1/accounts",
            json!({"domain": "acme.com", "industry": "Steel"}),
        )
        .await;
    let before = app.get(&format!("/v1/accounts/{id}")).await;
    let changes = app.feed(&app.tenant).await.len();

    let same = json!({"domain": "https://ACME.com", "industry": "Steel", "founded": null});
    let updated = app.patch(&format!("/v1/accounts/{id}"), same).await;

    assert_eq!(updated.data(), before.data());
    assert_eq!(app.feed(&app.tenant).await.len(), changes);
}

#[tokio::test]
async fn every_fault_of_a_bulk_is_told_under_its_record_and_nothing_is_done() {
    let app = TestApp::new().await;
    let good = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let bad = app
        .made("/v1/accounts", json!({"domain": "initech.com"}))
        .await;
    let nobody = Uuid::now_v7().to_string();

    let answer = app
        .patch(
            "/v1/accounts/bulk",
            json!({
                &good: {"industry": "Steel"},
                &bad: {"founded": 12, "industri": "Steel", "domain": null, "id": bad, "created_at": null},
                &nobody: {"industry": "Steel"},
                "jane": {},
            }),
        )
        .await;

    assert_eq!(answer.status, 400);
    let says = |path: &str, message: &str| {
        let errors = answer.errors(path);
        assert!(errors.contains(message), "{path}: {errors}");
    };
    says(&format!("{bad}.founded"), "is not a year");
    says(
        &format!("{bad}.industri"),
        "names no field; did you mean 'industry'?",
    );
    says(&format!("{bad}.domain"), "cannot be cleared");
    says(&format!("{bad}.id"), "cannot be set");
    says(&format!("{bad}.created_at"), "cannot be set");
    says(&nobody, "names no account");
    says("jane", "is not a UUID");
    let read = app.get(&format!("/v1/accounts/{good}")).await;
    assert_eq!(read.data()["industry"], Value::Null);
}

#[tokio::test]
async fn with_partial_the_good_updates_are_made() {
    let app = TestApp::new().await;
    let good = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let nobody = Uuid::max().to_string();

    let body = json!({&good: {"industry": "Steel"}, &nobody: {"industry": "Steel"}});
    let answer = app.patch("/v1/accounts/bulk?partial=true", body).await;

    assert_eq!(answer.status, 207);
    let items = answer.data().as_array().unwrap();
    assert_eq!(items[0]["id"], json!(good));
    assert_eq!(items[0]["data"]["industry"], "Steel");
    assert_eq!(items[1]["id"], json!(nobody));
    assert_eq!(items[1]["statusCode"], 400);
}

#[tokio::test]
async fn a_bulk_update_takes_one_to_fifty_records() {
    let app = TestApp::new().await;
    let many = (0..51).map(|_| (Uuid::now_v7().to_string(), json!({})));
    let many: serde_json::Map<String, Value> = many.collect();

    for (body, says) in [
        (
            json!({}),
            "has 0 members; send an object of 1 to 50 records",
        ),
        (json!([]), "is an array; send an object of 1 to 50 records"),
        (Value::Object(many), "has 51 members"),
    ] {
        let answer = app.patch("/v1/contacts/bulk", body).await;
        assert_eq!(answer.status, 400);
        assert!(answer.errors("").contains(says), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_domain_or_an_address_of_another_record_is_a_clash() {
    let app = TestApp::new().await;
    let acme = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    app.made("/v1/accounts", json!({"domain": "initech.com"}))
        .await;
    let jane = app
        .made("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    let bob = json!({"email": "bob@gmail.com", "other_emails": ["bob@initech.com"]});
    app.made("/v1/contacts", bob).await;

    let domain = json!({"domain": "www.initech.com"});
    let domain = app.patch(&format!("/v1/accounts/{acme}"), domain).await;
    let contact =
        json!({"email": "bob@initech.com", "other_emails": ["jane@gmail.com", "bob@gmail.com"]});
    let contact = app.patch(&format!("/v1/contacts/{jane}"), contact).await;

    assert_eq!((domain.status, domain.code()), (409, "conflict"));
    assert!(
        domain
            .errors("domain")
            .contains("is already the domain of the account")
    );
    assert_eq!(contact.status, 409);
    assert!(
        contact
            .errors("email")
            .contains("is already an address of the contact")
    );
    assert!(
        contact
            .errors("other_emails.1")
            .contains("is already an address")
    );
}

#[tokio::test]
async fn a_changed_domain_or_address_leads_to_the_record_and_the_old_one_does_not() {
    let app = TestApp::new().await;
    let acme = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let jane = json!({"email": "jane@acme.com", "other_emails": ["jane@gmail.com"]});
    let jane = app.made("/v1/contacts", jane).await;

    app.patch(
        &format!("/v1/accounts/{acme}"),
        json!({"domain": "acme.io"}),
    )
    .await;
    let update = json!({"email": "jane@gmail.com", "other_emails": ["j@acme.io"]});
    let updated = app.patch(&format!("/v1/contacts/{jane}"), update).await;

    assert_eq!(updated.data()["other_emails"], json!(["j@acme.io"]));
    let found = app.post("/v1/accounts", json!({"domain": "acme.io"})).await;
    assert_eq!((found.status, &found.data()["id"]), (200, &json!(acme)));
    let found = app
        .post("/v1/contacts", json!({"email": "j@acme.io"}))
        .await;
    assert_eq!((found.status, &found.data()["id"]), (200, &json!(jane)));
    let new = app
        .post("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    assert_eq!(new.status, 201);
}

#[tokio::test]
async fn a_contact_is_linked_to_an_account_and_to_none() {
    let app = TestApp::new().await;
    let jane = app
        .made("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    let initech = app
        .made("/v1/accounts", json!({"domain": "initech.com"}))
        .await;
    let target = format!("/v1/contacts/{jane}");

    let linked = app.patch(&target, json!({"account_id": initech})).await;
    let loose = app.patch(&target, json!({"account_id": null})).await;
    let nowhere = app.patch(&target, json!({"account_id": jane})).await;

    assert_eq!(linked.data()["account_id"], json!(initech));
    assert_eq!(loose.data()["account_id"], Value::Null);
    assert_eq!(nowhere.status, 400);
    assert!(nowhere.errors("account_id").contains("names no account"));
}

#[tokio::test]
async fn a_value_that_does_not_fit_its_custom_field_is_told() {
    let app = TestApp::new().await;
    let id = app
        .made("/v1/accounts", json!({"domain": "acme.com", "seats": 3}))
        .await;

    let answer = app
        .patch(&format!("/v1/accounts/{id}"), json!({"seats": "three"}))
        .await;

    assert_eq!(answer.status, 400);
    assert!(
        answer
            .errors("seats")
            .contains("is a string, but the field 'seats' holds a number")
    );
}

#[tokio::test]
async fn a_record_that_has_changed_since_it_was_read_is_not_overwritten() {
    let app = TestApp::new().await;
    let id = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let target = format!("/v1/accounts/{id}");
    let read = app.get(&target).await;
    let update = |tag: &str, industry: &str| {
        let call = app.call("PATCH", &target).header("if-match", tag);
        call.json(&json!({"industry": industry})).send()
    };

    let first = update(read.header("etag"), "Steel").await;
    let second = update(read.header("etag"), "Robotics").await;
    let third = update(&format!("\"other\", {}", first.header("etag")), "Robotics").await;

    assert_eq!(first.status, 200);
    assert_ne!(first.header("etag"), read.header("etag"));
    assert_eq!((second.status, second.code()), (412, "precondition_failed"));
    assert!(second.errors("If-Match").contains(first.header("etag")));
    assert_eq!(third.data()["industry"], "Robotics");
    let deleted = app
        .call("DELETE", &target)
        .header("if-match", read.header("etag"));
    assert_eq!(deleted.send().await.status, 412);
}

#[tokio::test]
async fn a_version_is_refused_where_nothing_has_one() {
    let app = TestApp::new().await;
    let id = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let pipeline = format!("/v1/pipelines/{}", app.tenant.pipeline_id);

    for (target, body) in [
        ("/v1/accounts/bulk", json!({&id: {"industry": "Steel"}})),
        (pipeline.as_str(), json!({"name": "Other"})),
    ] {
        let call = app.call("PATCH", target).header("if-match", "\"0\"");
        let answer = call.json(&body).send().await;
        assert_eq!(answer.status, 400, "{target}");
        assert!(answer.errors("If-Match").contains("is not taken here"));
    }
}

#[tokio::test]
async fn an_update_is_one_changeset_that_tells_what_it_changed() {
    let app = TestApp::new().await;
    let one = app
        .made(
            "/v1/accounts",
            json!({"domain": "acme.com", "industry": "Steel"}),
        )
        .await;
    let two = app
        .made("/v1/accounts", json!({"domain": "initech.com"}))
        .await;
    let before = app.feed(&app.tenant).await.len();

    let body = json!({&one: {"industry": null}, &two: {"industry": "Software"}});
    app.patch("/v1/accounts/bulk", body).await;

    let changes = &app.feed(&app.tenant).await[before..];
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0]["changeset_id"], changes[1]["changeset_id"]);
    let of_one = changes
        .iter()
        .find(|change| change["object_id"] == json!(one))
        .unwrap();
    assert_eq!(of_one["action"], "updated");
    assert_eq!(of_one["changed"], json!(["industry"]));
    assert_eq!(of_one["before"], json!({"industry": "Steel"}));
    assert_eq!(of_one["after"], json!({"industry": null}));
}

#[tokio::test]
async fn an_update_is_repeated_by_its_key_and_tried_without_being_made() {
    let app = TestApp::new().await;
    let id = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let target = format!("/v1/accounts/{id}");
    let body = json!({"industry": "Steel"});

    let tried = app
        .patch(&format!("{target}?dry_run=true"), body.clone())
        .await;
    let read = app.get(&target).await;
    let keyed = || {
        app.call("PATCH", &target)
            .header("idempotency-key", "k")
            .json(&body)
            .send()
    };
    let first = keyed().await;
    app.patch(&target, json!({"industry": "Robotics"})).await;
    let again = keyed().await;

    assert_eq!(tried.data()["industry"], "Steel");
    assert_eq!(read.data()["industry"], Value::Null);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, first.body);
    assert_eq!(app.get(&target).await.data()["industry"], "Robotics");
}
