//! Bulk creates: whole, and item by item.

use serde_json::{Value, json};

use crate::redaction::redacted;
use crate::support::TestApp;

const BULKS: [&str; 3] = [
    "/v1/opportunities/bulk",
    "/v1/accounts/bulk",
    "/v1/contacts/bulk",
];

#[tokio::test]
async fn items_share_what_is_new_and_each_is_created_once() {
    let app = TestApp::new().await;
    let deal = |name: &str, domain: &str, email: &str| {
        let related = json!({"account_domain": domain, "primary_contact_email": email});
        app.tenant.opportunity(
            json!({"name": name, "custom_attributes": {"Region": name}}),
            related,
        )
    };
    let body = json!([
        deal("One", "acme.com", "jane@acme.com"),
        deal("Two", "https://ACME.com/", "Jane@acme.com"),
        deal("Three", "globex.com", "jane@acme.com"),
    ]);

    let created = app.post("/v1/opportunities/bulk", body).await;

    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(
        created.body["message"],
        "3 opportunities processed, 3 created"
    );
    let items = created.data().as_array().unwrap();
    let names: Vec<_> = items.iter().map(|item| &item["name"]).collect();
    assert_eq!(names, ["One", "Two", "Three"]);
    let outcomes: Vec<_> = items
        .iter()
        .map(|item| &item["resolved"]["account"]["outcome"])
        .collect();
    assert_eq!(outcomes, ["created", "matched", "created"]);
    assert_eq!(items[0]["contact_id"], items[2]["contact_id"]);
    assert_eq!(app.counts().await, [2, 1, 3, 1]);
}

#[tokio::test]
async fn an_item_answers_what_the_single_call_answers() {
    let app = TestApp::new().await;
    let bodies = [
        (
            "opportunities",
            app.tenant
                .opportunity(json!({"x": 1}), json!({"account_domain": "acme.com"})),
        ),
        ("accounts", json!({"domain": "globex.com", "tags": "a, b"})),
        ("contacts", json!({"email": "kim@initech.com"})),
    ];

    for (resource, body) in bodies {
        let one = app
            .post(&format!("/v1/{resource}?dry_run=true"), body.clone())
            .await;
        let many = app
            .post(&format!("/v1/{resource}/bulk?dry_run=true"), json!([body]))
            .await;
        assert_eq!(redacted(&many.data()[0]), redacted(one.data()));
    }
}

#[tokio::test]
async fn one_bad_item_and_nothing_is_written_with_all_faults_of_all_items_told() {
    let app = TestApp::new().await;
    let deal = |opportunity, related| app.tenant.opportunity(opportunity, related);
    let body = json!([
        deal(json!({}), json!({"account_domain": "acme.com"})),
        deal(json!({"close_date": 1_771_286_400_000_i64, "stage_name": "Wn"}), json!({"primary_contact_email": "jane"})),
        7,
        deal(json!({"name": []}), json!({"owner_email": "nobody@acme.com", "extra": 1})),
        {"pipeline_id": "018f13b3-8239-7ef8-a8f1-93ad10b76110", "opportunity": {"deal_size": "x"}},
    ]);

    let refused = app.post("/v1/opportunities/bulk", body).await;

    assert_eq!((refused.status, refused.code()), (400, "validation_failed"));
    insta::assert_json_snapshot!(refused.body["errors"], @r#"
    {
      "1.opportunity.close_date": [
        "looks like milliseconds; send seconds"
      ],
      "1.opportunity.stage_name": [
        "names no active stage of the pipeline: 'Wn'; the pipeline's stages are 'Lead', 'Qualified', 'Proposal', 'Negotiation', 'Won', 'Lost'"
      ],
      "1.related_objects.primary_contact_email": [
        "is not an e-mail address: 'jane' has no @; send something like jane@acme.com"
      ],
      "2": [
        "is a number; send an object"
      ],
      "3.opportunity.name": [
        "is an array; send a string"
      ],
      "3.related_objects.extra": [
        "is not allowed here; allowed are account_domain, primary_contact_email, additional_contact_emails, owner_email, owner_id"
      ],
      "3.related_objects.owner_email": [
        "names no member: 'nobody@acme.com'"
      ],
      "4.opportunity.deal_size": [
        "is a string; send a number"
      ],
      "4.pipeline_id": [
        "names no pipeline: '018f13b3-8239-7ef8-a8f1-93ad10b76110'"
      ],
      "4.related_objects": [
        "is required"
      ]
    }
    "#);
    assert_eq!(app.counts().await, [0; 4]);
}

#[tokio::test]
async fn a_bulk_has_one_to_a_hundred_items() {
    let app = TestApp::new().await;
    let items = |count: usize| -> Value {
        (0..count)
            .map(|number| json!({"domain": format!("d{number}.com")}))
            .collect()
    };

    for target in BULKS {
        for body in [json!([]), items(101), json!({}), json!(null)] {
            let refused = app.post(target, body).await;
            assert_eq!(refused.status, 400);
            assert!(refused.errors("").contains("1 to 100"), "{}", refused.body);
        }
    }
    let created = app.post("/v1/accounts/bulk", items(100)).await;
    assert_eq!(created.status, 201);
    assert_eq!(app.counts().await, [100, 0, 0, 0]);
}

#[tokio::test]
async fn a_bulk_that_creates_nothing_answers_200() {
    let app = TestApp::new().await;
    let body =
        json!([{"domain": "acme.com"}, {"domain": "globex.com"}, {"domain": "WWW.acme.com"}]);

    let first = app.post("/v1/accounts/bulk", body.clone()).await;
    let again = app.post("/v1/accounts/bulk", body).await;

    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.body["message"], "3 accounts processed, 2 created");
    assert_eq!(again.body["message"], "3 accounts processed, 0 created");
    assert_eq!(first.data()[0]["id"], again.data()[2]["id"]);
}

#[tokio::test]
async fn with_partial_the_good_items_are_written_and_the_bad_ones_told() {
    let app = TestApp::new().await;
    app.post("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let body = json!([{"domain": "acme.com"}, {"domain": "co.uk", "founded": 12}, {"domain": "globex.com"}, []]);

    let mixed = app.post("/v1/accounts/bulk?partial=true", body).await;

    assert_eq!(
        (mixed.status, mixed.body["success"].as_bool()),
        (207, Some(true))
    );
    assert_eq!(
        mixed.body["message"],
        "4 accounts processed, 1 created, 2 refused"
    );
    let items = mixed.data().as_array().unwrap();
    let statuses: Vec<_> = items
        .iter()
        .map(|item| (&item["index"], &item["success"], &item["statusCode"]))
        .collect();
    insta::assert_json_snapshot!(statuses, @r#"
    [
      [
        0,
        true,
        200
      ],
      [
        1,
        false,
        400
      ],
      [
        2,
        true,
        201
      ],
      [
        3,
        false,
        400
      ]
    ]
    "#);
    insta::assert_json_snapshot!(items[1]["errors"], @r#"
    {
      "domain": [
        "is not a company's domain: 'co.uk' is a public suffix; send something like acme.com"
      ],
      "founded": [
        "is not a year: 12; send a whole number from 1000 to 9999"
      ]
    }
    "#);
    assert_eq!(
        items[3]["errors"],
        json!({"": ["is an array; send an object"]})
    );
    assert_eq!(app.counts().await, [2, 0, 0, 0]);
}

#[tokio::test]
async fn with_partial_and_no_bad_item_the_status_is_that_of_the_whole() {
    let app = TestApp::new().await;
    let body = json!([{"email": "jane@gmail.com"}]);

    let created = app
        .post("/v1/contacts/bulk?partial=true", body.clone())
        .await;
    let matched = app.post("/v1/contacts/bulk?partial=true", body).await;
    let refused = app
        .post("/v1/contacts/bulk?partial=true", json!([{"email": "jane"}]))
        .await;

    assert_eq!(
        (created.status, matched.status, refused.status),
        (201, 200, 207)
    );
    assert_eq!(
        created.data()[0]["data"]["id"],
        matched.data()[0]["data"]["id"]
    );
}

#[tokio::test]
async fn with_partial_a_refused_item_leaves_nothing_for_the_next_to_find() {
    let app = TestApp::new().await;
    let deal = |stage: &str| {
        let opportunity = json!({"stage_name": stage, "custom_attributes": {"seats": 1}});
        app.tenant
            .opportunity(opportunity, json!({"account_domain": "acme.com"}))
    };

    let mixed = app
        .post(
            "/v1/opportunities/bulk?partial=true",
            json!([deal("none"), deal("Won"), deal("Lost")]),
        )
        .await;

    let outcome = |index: usize| &mixed.data()[index]["data"]["resolved"]["account"]["outcome"];
    assert_eq!(mixed.data()[0]["success"], false);
    assert_eq!(
        (outcome(1), outcome(2)),
        (&json!("created"), &json!("matched"))
    );
    assert_eq!(app.counts().await, [1, 0, 2, 1]);
}
