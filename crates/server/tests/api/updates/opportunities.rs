//! What an opportunity refers to is replaced, never added to.

use serde_json::{Value, json};

use crate::support::TestApp;

/// An opportunity of Acme with Jane, Bob and Eve.
async fn opportunity(app: &TestApp) -> String {
    let related = json!({
        "account_domain": "acme.com", "primary_contact_email": "jane@acme.com",
        "additional_contact_emails": ["bob@acme.com", "eve@acme.com"], "owner_id": app.tenant.owner_id,
    });
    let made = app
        .create(json!({"name": "Pumps", "deal_size": 5}), related)
        .await;
    made.data()["id"].as_str().expect("an id").to_owned()
}

fn emails(record: &Value) -> Vec<&str> {
    let contacts = record["additional_contacts"]
        .as_array()
        .expect("a list")
        .iter();
    contacts
        .map(|contact| contact["contact_email"].as_str().expect("an address"))
        .collect()
}

#[tokio::test]
async fn relations_are_replaced_by_ids() {
    let app = TestApp::new().await;
    let id = opportunity(&app).await;
    let initech = app
        .made("/v1/accounts", json!({"domain": "initech.com"}))
        .await;
    let bill = app
        .made("/v1/contacts", json!({"email": "bill@initech.com"}))
        .await;
    let peter = app
        .made("/v1/contacts", json!({"email": "peter@initech.com"}))
        .await;

    let update = json!({
        "opportunity_account": initech, "opportunity_contact": bill,
        "opportunity_other_stakeholders": [peter, bill, peter],
    });
    let updated = app
        .patch("/v1/opportunities/bulk", json!({&id: update}))
        .await;

    let record = &updated.data()[&id];
    assert_eq!(record["account_domain"], "initech.com");
    assert_eq!(record["contact_email"], "bill@initech.com");
    assert_eq!(emails(record), ["peter@initech.com"]);
    assert_eq!(
        app.get(&format!("/v1/opportunities/{id}")).await.data(),
        record
    );
}

#[tokio::test]
async fn relations_are_cleared_by_null() {
    let app = TestApp::new().await;
    let id = opportunity(&app).await;

    let update = json!({
        "opportunity_account": null, "opportunity_contact": null, "opportunity_other_stakeholders": null,
        "owner_id": null,
    });
    let updated = app.patch(&format!("/v1/opportunities/{id}"), update).await;

    let record = updated.data();
    for member in [
        "account_id",
        "account_name",
        "contact_id",
        "contact_email",
        "owner_id",
        "owner_email",
    ] {
        assert_eq!(record[member], Value::Null, "{member}");
    }
    assert_eq!(record["additional_contacts"], json!([]));
}

#[tokio::test]
async fn relations_by_domain_and_address_find_or_create() {
    let app = TestApp::new().await;
    let id = opportunity(&app).await;

    let update = json!({
        "account_domain": "initech.com", "primary_contact_email": "bob@acme.com",
        "additional_contact_emails": ["new@initech.com", "BOB@acme.com"],
        "stage_name": " won", "owner_email": app.tenant.owner_email,
    });
    let updated = app.patch(&format!("/v1/opportunities/{id}"), update).await;

    let record = updated.data();
    assert_eq!(record["account_name"], "Initech");
    assert_eq!(record["contact_email"], "bob@acme.com");
    assert_eq!(emails(record), ["new@initech.com"]);
    assert_eq!(record["stage_name"], "Won");
    let new = app
        .post("/v1/contacts", json!({"email": "new@initech.com"}))
        .await;
    assert_eq!(
        (new.status, &new.data()["account_id"]),
        (200, &record["account_id"])
    );
}

#[tokio::test]
async fn what_leads_nowhere_is_told_all_at_once() {
    let app = TestApp::new().await;
    let id = opportunity(&app).await;
    let nobody = uuid::Uuid::now_v7();

    let update = json!({
        "opportunity_account": nobody, "opportunity_contact": nobody, "opportunity_other_stakeholders": [nobody],
        "owner_id": nobody, "stage_id": nobody, "pipeline_id": nobody, "account_name": "Acme",
    });
    let answer = app.patch(&format!("/v1/opportunities/{id}"), update).await;

    assert_eq!(answer.status, 400);
    for (path, says) in [
        ("opportunity_account", "names no account"),
        ("opportunity_contact", "names no contact"),
        ("opportunity_other_stakeholders.0", "names no contact"),
        ("owner_id", "names no member"),
        ("stage_id", "names no active stage of the pipeline"),
        ("pipeline_id", "stays in its pipeline"),
        ("account_name", "cannot be set"),
    ] {
        assert!(
            answer.errors(path).contains(says),
            "{path}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn two_members_that_say_the_same_thing_are_too_many() {
    let app = TestApp::new().await;
    let id = opportunity(&app).await;

    let update =
        json!({"account_domain": "acme.com", "opportunity_account": null, "stage_id": null});
    let answer = app.patch(&format!("/v1/opportunities/{id}"), update).await;

    assert!(
        answer
            .errors("account_domain")
            .contains("sets what 'opportunity_account' sets too")
    );
    assert!(answer.errors("stage_id").contains("cannot be cleared"));
}

#[tokio::test]
async fn what_reads_call_it_and_blanks_are_taken_too() {
    let app = TestApp::new().await;
    let id = opportunity(&app).await;
    let target = format!("/v1/opportunities/{id}");
    let read = app.get(&target).await;

    let others = json!({"contact_email": "eve@acme.com", "additional_contacts": read.data()["additional_contacts"]});
    let updated = app.patch(&target, others).await;
    let blank = json!({"account_domain": " ", "primary_contact_email": "", "owner_email": ""});
    let cleared = app.patch(&target, blank).await;

    assert_eq!(updated.data()["contact_email"], "eve@acme.com");
    assert_eq!(emails(updated.data()), ["bob@acme.com"]);
    for member in ["account_id", "contact_id", "owner_id"] {
        assert_eq!(cleared.data()[member], Value::Null, "{member}");
    }
}

#[tokio::test]
async fn nobody_gets_an_account_that_is_in_the_trash() {
    let app = TestApp::new().await;
    let id = opportunity(&app).await;
    let target = format!("/v1/opportunities/{id}");
    let account = app.get(&target).await.data()["account_id"].clone();
    app.delete(&format!("/v1/accounts/{}", account.as_str().unwrap()))
        .await;

    let update = json!({"additional_contact_emails": ["new@other.com"]});
    let updated = app.patch(&target, update).await;

    assert_eq!(updated.data()["account_id"], account);
    let new = app
        .post("/v1/contacts", json!({"email": "new@other.com"}))
        .await;
    let of_new = app
        .get(&format!(
            "/v1/accounts/{}",
            new.data()["account_id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(of_new.data()["domain"], "other.com");
}

#[tokio::test]
async fn a_name_that_is_cleared_is_derived_again() {
    let app = TestApp::new().await;
    let id = opportunity(&app).await;

    let update = json!({"name": null, "account_domain": "blue-ocean.co.uk"});
    let updated = app.patch(&format!("/v1/opportunities/{id}"), update).await;

    assert_eq!(updated.data()["name"], "Blue Ocean");
}
