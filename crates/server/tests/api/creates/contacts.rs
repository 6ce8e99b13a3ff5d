//! Contacts: created, or found by any of their addresses and completed.

use serde_json::{Value, json};

use crate::redaction::redacted;
use crate::support::TestApp;

#[tokio::test]
async fn a_contact_is_created_and_linked_to_the_account_of_its_domain() {
    let app = TestApp::new().await;
    let body = json!({
        "email": " Jane.Doe@Acme.COM ", "first_name": "Jane", "last_name": "Doe", "job_title": "CEO", "phone": "+44 20",
        "linkedin": "in/jane", "twitter_followers": 3, "email_verified": true, "other_emails": ["jd@acme.com", "JD@acme.com"],
        "avatar_url": "https://acme.com/j.png", "next_meeting": 1_779_285_600, "newsletter": true,
    });

    let created = app.post("/v1/contacts", body).await;

    assert_eq!(created.status, 201);
    insta::assert_json_snapshot!(redacted(&created.body), @r#"
    {
      "data": {
        "account_id": "<id 1>",
        "avatar_url": "https://acme.com/j.png",
        "created_at": "<time>",
        "current_company": null,
        "custom_fields": {
          "newsletter": true
        },
        "email": "jane.doe@acme.com",
        "email_verified": true,
        "first_email_interaction": null,
        "first_meeting_interaction": null,
        "first_name": "Jane",
        "full_name": null,
        "id": "<id 2>",
        "ignored": [],
        "job_title": "CEO",
        "last_email_interaction": null,
        "last_interaction": null,
        "last_meeting_interaction": null,
        "last_name": "Doe",
        "linkedin": "in/jane",
        "name": "Jane Doe",
        "next_meeting": "<time>",
        "other_emails": [
          "jd@acme.com"
        ],
        "people_id": "<id 2>",
        "phone": "+44 20",
        "resolved": {
          "filled": [],
          "kept": [],
          "matched_on": null,
          "outcome": "created"
        },
        "seniority": null,
        "twitter": null,
        "twitter_followers": 3,
        "type": null,
        "updated_at": "<time>"
      },
      "message": "Contact created successfully",
      "statusCode": 201,
      "success": true
    }
    "#);
    let account = app
        .post("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    assert_eq!(
        (account.status, &account.data()["id"]),
        (200, &created.data()["account_id"])
    );
    let read = app
        .get(&format!(
            "/v1/contacts/{}",
            created.data()["id"].as_str().unwrap()
        ))
        .await;
    for (member, value) in read.data().as_object().unwrap() {
        assert_eq!(value, &created.data()[member], "{member}");
    }
}

#[tokio::test]
async fn a_contact_at_a_public_mail_provider_has_no_account() {
    let app = TestApp::new().await;

    let created = app
        .post("/v1/contacts", json!({"email": "jane@gmail.com"}))
        .await;

    assert_eq!(created.data()["account_id"], Value::Null);
    assert_eq!(app.counts().await, [0, 1, 0, 0]);
}

#[tokio::test]
async fn a_contact_that_is_there_comes_back_and_is_completed_but_never_overwritten() {
    let app = TestApp::new().await;
    let first = app
        .post(
            "/v1/contacts",
            json!({"email": "jane@acme.com", "job_title": "CEO"}),
        )
        .await;

    let again = app
        .post(
            "/v1/contacts",
            json!({"email": "JANE@acme.com", "job_title": "CTO", "phone": "+44"}),
        )
        .await;

    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(again.body["message"], "Contact already exists");
    assert_eq!(again.data()["people_id"], first.data()["id"]);
    assert_eq!(
        again.data()["resolved"],
        json!({
            "outcome": "matched", "matched_on": "email", "filled": ["phone"], "kept": ["job_title"],
        })
    );
    assert_eq!(again.data()["job_title"], "CEO");
}

#[tokio::test]
async fn an_address_among_the_others_of_a_contact_finds_it() {
    let app = TestApp::new().await;
    let jane = app
        .post(
            "/v1/contacts",
            json!({"email": "jane@acme.com", "other_emails": ["jd@acme.com"]}),
        )
        .await;

    let by_other = app
        .post(
            "/v1/contacts",
            json!({"email": "JD@acme.com", "phone": "1"}),
        )
        .await;
    let in_a_deal = app
        .create(json!({}), json!({"primary_contact_email": "jd@acme.com"}))
        .await;

    assert_eq!(
        (by_other.status, &by_other.data()["id"]),
        (200, &jane.data()["id"])
    );
    assert_eq!(by_other.data()["email"], "jane@acme.com");
    assert_eq!(in_a_deal.data()["contact_id"], jane.data()["id"]);
    assert_eq!(in_a_deal.data()["contact_email"], "jane@acme.com");
    assert_eq!(app.counts().await, [1, 1, 1, 0]);
}

#[tokio::test]
async fn an_address_that_was_filled_in_later_finds_its_contact_too() {
    let app = TestApp::new().await;
    let jane = app
        .post("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    app.post(
        "/v1/contacts",
        json!({"email": "jane@acme.com", "other_emails": ["jd@gmail.com", "jane@acme.com"]}),
    )
    .await;

    let found = app
        .post("/v1/contacts", json!({"email": "jd@gmail.com"}))
        .await;

    assert_eq!(
        (found.status, &found.data()["id"]),
        (200, &jane.data()["id"])
    );
    assert_eq!(found.data()["other_emails"], json!(["jd@gmail.com"]));
}

#[tokio::test]
async fn an_address_of_another_contact_cannot_be_claimed() {
    let app = TestApp::new().await;
    let bob = app
        .post(
            "/v1/contacts",
            json!({"email": "bob@acme.com", "other_emails": ["b@acme.com"]}),
        )
        .await;

    let refused = app.post("/v1/contacts", json!({"email": "jane@acme.com", "other_emails": ["new@acme.com", "b@acme.com", "bob@acme.com"]})).await;

    assert_eq!(refused.status, 409);
    let message = format!(
        "is already an address of the contact {}",
        bob.data()["id"].as_str().unwrap()
    );
    let expected = json!({"other_emails.1": [message], "other_emails.2": [message]});
    assert_eq!(refused.body["errors"], expected);
    assert_eq!(app.counts().await, [1, 1, 0, 0]);
}

#[tokio::test]
async fn a_contact_without_an_account_is_linked_once_its_domain_can_be_one() {
    let app = TestApp::new().await;
    let related =
        json!({"account_domain": "globex.com", "additional_contact_emails": ["jane@acme.com"]});
    let deal = app.create(json!({}), related).await;

    let jane = app
        .post(
            "/v1/contacts",
            json!({"email": "jane@acme.com", "first_name": "Jane"}),
        )
        .await;

    assert_eq!(jane.data()["account_id"], deal.data()["account_id"]);
    assert_eq!(jane.data()["resolved"]["filled"], json!(["first_name"]));
}

#[tokio::test]
async fn a_contact_is_called_by_its_full_name_else_by_first_and_last_else_by_its_address() {
    let app = TestApp::new().await;

    for (body, name) in [
        (
            json!({"email": "a@gmail.com", "full_name": "Dr. Jane Doe", "first_name": "Jane"}),
            "Dr. Jane Doe",
        ),
        (
            json!({"email": "b@gmail.com", "first_name": "Jane", "last_name": "Doe"}),
            "Jane Doe",
        ),
        (json!({"email": "c@gmail.com", "last_name": "Doe"}), "Doe"),
        (
            json!({"email": "d@gmail.com", "full_name": " "}),
            "d@gmail.com",
        ),
    ] {
        let created = app.post("/v1/contacts", body).await;
        assert_eq!(created.data()["name"], name);
    }
}

#[tokio::test]
async fn a_contact_needs_an_address_that_is_one() {
    let app = TestApp::new().await;

    for body in [json!({}), json!({"email": null}), json!({"email": " "})] {
        let refused = app.post("/v1/contacts", body).await;
        assert_eq!(refused.errors("email"), "is required");
    }
    for email in [
        "jane",
        "jane@",
        "@acme.com",
        "a@b@acme.com",
        "Jane <jane@acme.com>",
        "mailto:jane@acme.com",
        "jane@[127.0.0.1]",
        "\"a b\"@acme.com",
        "a..b@acme.com",
    ] {
        let refused = app.post("/v1/contacts", json!({"email": email})).await;
        assert_eq!(refused.status, 400, "{email}");
        assert_ne!(refused.errors("email"), "", "{email}");
    }
}
