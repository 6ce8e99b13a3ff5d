//! The account, contacts and owner of an opportunity.

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn without_a_domain_the_account_is_that_of_the_primary_contact() {
    let app = TestApp::new().await;

    let created = app
        .create(json!({}), json!({"primary_contact_email": "jane@acme.com"}))
        .await;

    assert_eq!(created.data()["account_domain"], "acme.com");
    assert_eq!(created.data()["account_name"], "Acme");
    let contact = app.contact(&created.data()["contact_id"]).await;
    assert_eq!(contact["account_id"], created.data()["account_id"]);
}

#[tokio::test]
async fn a_public_mail_provider_makes_no_account() {
    let app = TestApp::new().await;

    for email in ["jane@gmail.com", "jane@GMX.de", "jane@outlook.com"] {
        let created = app
            .create(json!({}), json!({"primary_contact_email": email}))
            .await;
        assert_eq!(created.data()["account_id"], Value::Null);
        assert_eq!(created.data()["resolved"]["account"], Value::Null);
        let contact = app.contact(&created.data()["contact_id"]).await;
        assert_eq!(contact["account_id"], Value::Null);
    }

    assert_eq!(app.counts().await, [0, 3, 3, 0]);
}

#[tokio::test]
async fn a_contact_without_an_account_gets_the_opportunitys() {
    let app = TestApp::new().await;
    let known = app
        .post("/v1/contacts", json!({"email": "jane@gmail.com"}))
        .await;
    let related = json!({
        "account_domain": "acme.com", "primary_contact_email": "jane@gmail.com",
        "additional_contact_emails": ["bob@globex.com"],
    });

    let created = app.create(json!({}), related).await;

    let resolved = &created.data()["resolved"];
    assert_eq!(known.data()["account_id"], Value::Null);
    assert_eq!(resolved["primary_contact"]["outcome"], "matched");
    for id in [
        &resolved["primary_contact"]["id"],
        &resolved["additional_contacts"][0]["id"],
    ] {
        assert_eq!(
            app.contact(id).await["account_id"],
            created.data()["account_id"]
        );
    }
    assert_eq!(app.counts().await, [1, 2, 1, 0]);
}

#[tokio::test]
async fn a_contact_with_an_account_keeps_it() {
    let app = TestApp::new().await;
    let jane = app
        .post("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    let related = json!({"account_domain": "globex.com", "primary_contact_email": "jane@acme.com"});

    let created = app.create(json!({}), related).await;

    assert_eq!(created.data()["account_domain"], "globex.com");
    let contact = app.contact(&created.data()["contact_id"]).await;
    assert_eq!(contact["account_id"], jane.data()["account_id"]);
    assert_eq!(contact["updated_at"], jane.data()["updated_at"]);
}

#[tokio::test]
async fn contacts_of_an_opportunity_without_an_account_get_that_of_their_own_domain() {
    let app = TestApp::new().await;
    let related = json!({
        "primary_contact_email": "jane@gmail.com",
        "additional_contact_emails": ["bob@acme.com", "kim@globex.com", "jo@yahoo.com"],
    });

    let created = app.create(json!({}), related).await;

    assert_eq!(created.data()["account_id"], Value::Null);
    let mut linked = vec![];
    for contact in created.data()["additional_contacts"].as_array().unwrap() {
        let contact = app.contact(&contact["contact_id"]).await;
        linked.push(contact["account_id"].is_string());
    }
    assert_eq!(linked, [true, true, false]);
    assert_eq!(app.counts().await, [2, 4, 1, 0]);
}

#[tokio::test]
async fn an_address_that_is_repeated_counts_once() {
    let app = TestApp::new().await;
    let jane = json!({"email": "jane@acme.com", "other_emails": ["jd@acme.com", "doe@acme.com"]});
    app.post("/v1/contacts", jane).await;
    let related = json!({
        "primary_contact_email": "jane@acme.com",
        "additional_contact_emails": ["JANE@acme.com", "jd@acme.com", "bob@acme.com", "Bob@Acme.com", "doe@acme.com"],
    });

    let created = app.create(json!({}), related).await;

    let additional = created.data()["additional_contacts"].as_array().unwrap();
    let emails: Vec<_> = additional
        .iter()
        .map(|contact| &contact["contact_email"])
        .collect();
    assert_eq!(emails, ["bob@acme.com"]);
}

#[tokio::test]
async fn an_owner_is_named_by_id_or_by_address_or_by_both() {
    let app = TestApp::new().await;
    let (id, email) = (app.tenant.owner_id, app.tenant.owner_email.to_uppercase());

    for related in [
        json!({"owner_id": id}),
        json!({"owner_email": email}),
        json!({"owner_id": id, "owner_email": email}),
    ] {
        let created = app.create(json!({}), related).await;
        assert_eq!(created.data()["owner_id"], json!(id));
        assert_eq!(created.data()["owner_email"], app.tenant.owner_email);
        assert_eq!(created.data()["resolved"]["owner"]["outcome"], "matched");
    }
    for related in [json!({}), json!({"owner_id": null, "owner_email": null})] {
        let created = app.create(json!({}), related).await;
        assert_eq!(created.data()["owner_id"], Value::Null);
        assert_eq!(created.data()["resolved"]["owner"], Value::Null);
    }
}

#[tokio::test]
async fn an_owner_who_is_no_member_is_refused() {
    let app = TestApp::new().await;
    app.post("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    let related =
        json!({"owner_id": "018f13b3-8239-7ef8-a8f1-93ad10b76110", "owner_email": "jane@acme.com"});

    let refused = app.create(json!({}), related).await;

    insta::assert_json_snapshot!(refused.body["errors"], @r#"
    {
      "related_objects.owner_email": [
        "names no member: 'jane@acme.com'"
      ],
      "related_objects.owner_id": [
        "names no member: '018f13b3-8239-7ef8-a8f1-93ad10b76110'"
      ]
    }
    "#);
}

#[tokio::test]
async fn nothing_that_was_sent_as_null_or_nothing_is_a_fault() {
    let app = TestApp::new().await;
    let related = json!({
        "account_domain": null, "primary_contact_email": null, "additional_contact_emails": null,
        "owner_email": null, "owner_id": null,
    });
    let opportunity = json!({
        "name": null, "stage_id": null, "stage_name": null, "deal_size": null, "close_date": null,
        "next_action_date": null, "next_steps": null, "custom_attributes": {},
    });

    let nulls = app.create(opportunity, related).await;
    let empty = app
        .create(
            json!({"next_steps": ""}),
            json!({"additional_contact_emails": []}),
        )
        .await;

    assert_eq!(
        (nulls.status, empty.status),
        (201, 201),
        "{} {}",
        nulls.body,
        empty.body
    );
    assert_eq!(empty.data()["next_steps"], Value::Null);
}

impl TestApp {
    async fn contact(&self, id: &Value) -> Value {
        let id = id.as_str().expect("an id");
        self.get(&format!("/v1/contacts/{id}")).await.data().clone()
    }
}
