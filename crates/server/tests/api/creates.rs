//! Creating an opportunity and what surrounds it, as published: the contract's A3 to A5.

mod accounts;
mod attributes;
mod bulk;
mod contacts;
mod people;
mod races;
mod stages;
mod values;

use serde_json::json;

use crate::redaction::redacted;
use crate::support::TestApp;

#[tokio::test]
async fn an_opportunity_is_created_with_its_account_contacts_owner_and_stage() {
    let app = TestApp::new().await;
    let opportunity = json!({
        "name": "Big deal", "stage_name": " qualified ", "deal_size": 25000.5, "close_date": 1_771_286_400,
        "next_steps": "Call\nagain", "custom_attributes": {"Lead Source": "web", "seats": 12, "signed": false},
    });
    let related = json!({
        "account_domain": "https://www.Blue-Ocean.co.uk/about", "primary_contact_email": "Jane@Blue-Ocean.co.uk",
        "additional_contact_emails": ["bob@blue-ocean.co.uk"], "owner_email": app.tenant.owner_email,
    });

    let created = app.create(opportunity, related).await;

    insta::assert_json_snapshot!(redacted(&created.body), @r#"
    {
      "data": {
        "account_domain": "blue-ocean.co.uk",
        "account_id": "<id 1>",
        "account_name": "Blue Ocean",
        "additional_contacts": [
          {
            "contact_email": "bob@blue-ocean.co.uk",
            "contact_first_name": null,
            "contact_id": "<id 2>",
            "contact_last_name": null
          }
        ],
        "close_date": 1771286400,
        "contact_email": "jane@blue-ocean.co.uk",
        "contact_id": "<id 3>",
        "contact_name": "jane@blue-ocean.co.uk",
        "created_at": "<time>",
        "custom_fields": {
          "lead_source": "web",
          "seats": 12,
          "signed": false
        },
        "deal_size": 25000.5,
        "id": "<id 4>",
        "ignored": [],
        "name": "Big deal",
        "next_action_date": null,
        "next_steps": "Call\nagain",
        "opportunity_id": "<id 4>",
        "owner_email": "owner@first.example.com",
        "owner_id": "<id 5>",
        "pipeline_id": "<id 6>",
        "resolved": {
          "account": {
            "domain": "blue-ocean.co.uk",
            "id": "<id 1>",
            "outcome": "created"
          },
          "additional_contacts": [
            {
              "email": "bob@blue-ocean.co.uk",
              "id": "<id 2>",
              "outcome": "created"
            }
          ],
          "owner": {
            "email": "owner@first.example.com",
            "id": "<id 5>",
            "outcome": "matched"
          },
          "primary_contact": {
            "email": "jane@blue-ocean.co.uk",
            "id": "<id 3>",
            "outcome": "created"
          },
          "stage": {
            "id": "<id 7>",
            "label": "Qualified",
            "outcome": "matched"
          }
        },
        "stage_id": "<id 7>",
        "stage_name": "Qualified",
        "updated_at": "<time>"
      },
      "message": "Opportunity created successfully",
      "statusCode": 201,
      "success": true
    }
    "#);
    let id = created.data()["id"].as_str().unwrap();
    let read = app.get(&format!("/v1/opportunities/{id}")).await;
    for (member, value) in read.data().as_object().unwrap() {
        assert_eq!(value, &created.data()[member], "{member}");
    }
}

#[tokio::test]
async fn an_opportunity_needs_no_more_than_a_pipeline() {
    let app = TestApp::new().await;

    let created = app.create(json!({}), json!({})).await;

    insta::assert_json_snapshot!(redacted(&created.body), @r#"
    {
      "data": {
        "account_domain": null,
        "account_id": null,
        "account_name": null,
        "additional_contacts": [],
        "close_date": null,
        "contact_email": null,
        "contact_id": null,
        "contact_name": null,
        "created_at": "<time>",
        "custom_fields": {},
        "deal_size": null,
        "id": "<id 1>",
        "ignored": [],
        "name": "New opportunity",
        "next_action_date": null,
        "next_steps": null,
        "opportunity_id": "<id 1>",
        "owner_email": null,
        "owner_id": null,
        "pipeline_id": "<id 2>",
        "resolved": {
          "account": null,
          "additional_contacts": [],
          "owner": null,
          "primary_contact": null,
          "stage": {
            "id": "<id 3>",
            "label": "Lead",
            "outcome": "default"
          }
        },
        "stage_id": "<id 3>",
        "stage_name": "Lead",
        "updated_at": "<time>"
      },
      "message": "Opportunity created successfully",
      "statusCode": 201,
      "success": true
    }
    "#);
}

#[tokio::test]
async fn two_equal_calls_make_two_opportunities_of_one_account() {
    let app = TestApp::new().await;
    let related =
        || json!({"account_domain": "acme.com", "primary_contact_email": "jane@acme.com"});

    let one = app.create(json!({"name": "Deal"}), related()).await;
    let other = app.create(json!({"name": "Deal"}), related()).await;

    assert_eq!((one.status, other.status), (201, 201));
    assert_ne!(one.data()["id"], other.data()["id"]);
    for member in ["account_id", "contact_id"] {
        assert_eq!(one.data()[member], other.data()[member], "{member}");
    }
    assert_eq!(one.data()["resolved"]["account"]["outcome"], "created");
    assert_eq!(other.data()["resolved"]["account"]["outcome"], "matched");
    assert_eq!(app.counts().await, [1, 1, 2, 0]);
}

#[tokio::test]
async fn every_spelling_of_a_domain_and_an_address_is_the_same_one() {
    let app = TestApp::new().await;
    let spellings = [
        ("muenchen-ag.de", "jane@muenchen-ag.de"),
        (
            "https://www.Muenchen-AG.de:443/a?b#c",
            " Jane@MUENCHEN-ag.de ",
        ),
        ("MUENCHEN-AG.DE.", "JANE@muenchen-ag.de"),
    ];

    for (domain, email) in spellings {
        let related = json!({"account_domain": domain, "primary_contact_email": email});
        let created = app.create(json!({}), related).await;
        assert_eq!(created.status, 201, "{domain}: {}", created.body);
        assert_eq!(created.data()["account_domain"], "muenchen-ag.de");
        assert_eq!(created.data()["contact_email"], "jane@muenchen-ag.de");
    }

    assert_eq!(app.counts().await, [1, 1, 3, 0]);
}

#[tokio::test]
async fn a_created_account_is_named_after_its_domain() {
    let app = TestApp::new().await;

    for (domain, name) in [
        ("acme.com", "Acme"),
        ("blue-ocean.co.uk", "Blue Ocean"),
        ("sales.globex.com", "Globex"),
    ] {
        let created = app
            .create(json!({}), json!({"account_domain": domain}))
            .await;
        assert_eq!(created.data()["account_name"], name);
        assert_eq!(created.data()["account_domain"], domain);
    }
}

#[tokio::test]
async fn an_opportunity_without_a_name_is_named_after_its_account_else_its_contact() {
    let app = TestApp::new().await;
    app.post(
        "/v1/contacts",
        json!({"email": "jo@gmail.com", "first_name": "Jo", "last_name": "Hall"}),
    )
    .await;

    for (name, related, expected) in [
        (
            json!("  "),
            json!({"account_domain": "acme.com", "primary_contact_email": "jo@gmail.com"}),
            "Acme",
        ),
        (
            json!(null),
            json!({"primary_contact_email": "jo@gmail.com"}),
            "Jo Hall",
        ),
        (
            json!(""),
            json!({"primary_contact_email": "someone@gmail.com"}),
            "someone@gmail.com",
        ),
        (
            json!(null),
            json!({"additional_contact_emails": ["jane@acme.com"]}),
            "New opportunity",
        ),
        (json!("Deal"), json!({"account_domain": "acme.com"}), "Deal"),
    ] {
        let created = app.create(json!({"name": name}), related).await;
        assert_eq!(created.data()["name"], expected, "{}", created.body);
    }
}

#[tokio::test]
async fn related_objects_take_no_further_members_and_everything_else_does() {
    let app = TestApp::new().await;

    let refused = app
        .create(json!({}), json!({"acount_domain": "acme.com"}))
        .await;
    let mut body = app
        .tenant
        .opportunity(json!({"source": "web", "nothing": null}), json!({}));
    body["trace"] = json!({"any": ["thing"]});
    let created = app.post("/v1/opportunities", body).await;

    assert_eq!(refused.status, 400);
    insta::assert_snapshot!(refused.errors("related_objects.acount_domain"), @r#"is not allowed here; allowed are account_domain, primary_contact_email, additional_contact_emails, owner_email, owner_id"#);
    assert_eq!(created.status, 201);
    assert_eq!(
        created.data()["ignored"],
        json!(["opportunity.nothing", "opportunity.source", "trace"])
    );
}

#[tokio::test]
async fn what_is_required_is_said_all_at_once() {
    let app = TestApp::new().await;

    let empty = app.post("/v1/opportunities", json!({})).await;
    let wrong = app.post(
        "/v1/opportunities",
        json!({"pipeline_id": 1, "opportunity": [], "related_objects": null}),
    );

    insta::assert_json_snapshot!(empty.body["errors"], @r#"
    {
      "opportunity": [
        "is required"
      ],
      "pipeline_id": [
        "is required"
      ],
      "related_objects": [
        "is required"
      ]
    }
    "#);
    insta::assert_json_snapshot!(wrong.await.body["errors"], @r#"
    {
      "opportunity": [
        "is an array; send an object"
      ],
      "pipeline_id": [
        "is a number; send a UUID as a string"
      ],
      "related_objects": [
        "is null; send an object"
      ]
    }
    "#);
    for body in [json!([]), json!(null), json!("text")] {
        let refused = app.post("/v1/opportunities", body).await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.errors("").contains("send an object"),
            "{}",
            refused.body
        );
    }
}

#[tokio::test]
async fn an_unknown_pipeline_is_told_together_with_the_other_faults() {
    let app = TestApp::new().await;
    let body = json!({
        "pipeline_id": "018f13b3-8239-7ef8-a8f1-93ad10b76110",
        "opportunity": {"close_date": 1_771_286_400_000_i64},
        "related_objects": {"primary_contact_email": "jane@", "owner_email": "nobody@acme.com"},
    });

    let refused = app.post("/v1/opportunities", body).await;

    insta::assert_json_snapshot!(refused.body["errors"], @r#"
    {
      "opportunity.close_date": [
        "looks like milliseconds; send seconds"
      ],
      "pipeline_id": [
        "names no pipeline: '018f13b3-8239-7ef8-a8f1-93ad10b76110'"
      ],
      "related_objects.owner_email": [
        "names no member: 'nobody@acme.com'"
      ],
      "related_objects.primary_contact_email": [
        "is not an e-mail address: in 'jane@' the part after the @ has an empty label; send something like jane@acme.com"
      ]
    }
    "#);
    assert_eq!(app.counts().await, [0; 4]);
}

#[tokio::test]
async fn the_older_addresses_answer_alike() {
    let app = TestApp::new().await;
    let deal = app.tenant.opportunity(
        json!({"stage_name": "Won", "x": 1}),
        json!({"account_domain": "acme.com"}),
    );
    let bodies = [
        ("opportunities", deal),
        (
            "accounts",
            json!({"domain": "globex.com", "industry": "Energy"}),
        ),
        ("contacts", json!({"email": "kim@initech.com", "seats": 3})),
        ("accounts", json!({"domain": "co.uk"})),
    ];

    for (resource, body) in bodies {
        let dry = |address: &str| format!("/v1/{address}{resource}?dry_run=true");
        let new = app.post(&dry(""), body.clone()).await;
        let mut old = app.post(&dry("inbound/"), body).await;

        if new.status == 400 {
            old.body["request_id"] = new.body["request_id"].clone();
        }
        assert_eq!(old.status, new.status);
        assert_eq!(redacted(&old.body), redacted(&new.body));
    }
}
