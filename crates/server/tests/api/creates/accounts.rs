//! Accounts: created, or found by their domain and completed.

use serde_json::{Value, json};

use crate::redaction::redacted;
use crate::support::TestApp;

#[tokio::test]
async fn an_account_is_created_with_all_its_fields() {
    let app = TestApp::new().await;
    let body = json!({
        "domain": "https://www.Acme.com/about", "name": "ACME Inc.", "industry": "Manufacturing",
        "logo": "https://acme.com/logo.png", "linkedin": "company/acme", "twitter": "@acme", "description": "Makes\nthings",
        "primary_location": "Berlin", "employee_range": "51-200", "type": "customer", "twitter_followers": 12,
        "estimated_revenue": 1.5e6, "total_fund_raised": 0, "founded": 1999, "tags": "b, a, b,, c",
        "first_email_interaction": "2026-05-20T14:00:00+02:00", "last_email_interaction": 1_779_285_600,
        "first_meeting_interaction": 1_779_285_600.0, "last_meeting_interaction": null,
        "last_interaction": "2026-05-20T14:00:00.5Z", "next_meeting": "2026-05-20T14:00:00Z",
        "region": "EMEA", "custom_attributes": {"seats": 3}, "custom__pilot": true, "empty": null,
    });

    let created = app.post("/v1/accounts", body).await;

    assert_eq!(created.status, 201);
    insta::assert_json_snapshot!(redacted(&created.body), @r#"
    {
      "data": {
        "company_id": "<id 1>",
        "created_at": "<time>",
        "custom_fields": {
          "pilot": true,
          "region": "EMEA",
          "seats": 3
        },
        "description": "Makes\nthings",
        "domain": "acme.com",
        "employee_range": "51-200",
        "estimated_revenue": 1500000,
        "first_email_interaction": "<time>",
        "first_meeting_interaction": "<time>",
        "founded": 1999,
        "id": "<id 1>",
        "ignored": [
          "empty"
        ],
        "industry": "Manufacturing",
        "last_email_interaction": "<time>",
        "last_interaction": "<time>",
        "last_meeting_interaction": null,
        "linkedin": "company/acme",
        "logo": "https://acme.com/logo.png",
        "name": "ACME Inc.",
        "next_meeting": "<time>",
        "primary_location": "Berlin",
        "resolved": {
          "filled": [],
          "kept": [],
          "matched_on": null,
          "outcome": "created"
        },
        "tags": [
          "b",
          "a",
          "c"
        ],
        "total_fund_raised": 0,
        "twitter": "@acme",
        "twitter_followers": 12,
        "type": "customer",
        "updated_at": "<time>"
      },
      "message": "Account created successfully",
      "statusCode": 201,
      "success": true
    }
    "#);
    assert_eq!(
        created.data()["first_email_interaction"],
        "2026-05-20T12:00:00.000000Z"
    );
    assert_eq!(
        created.data()["last_email_interaction"],
        created.data()["first_meeting_interaction"]
    );
    let read = app
        .get(&format!(
            "/v1/accounts/{}",
            created.data()["id"].as_str().unwrap()
        ))
        .await;
    for (member, value) in read.data().as_object().unwrap() {
        assert_eq!(value, &created.data()[member], "{member}");
    }
}

#[tokio::test]
async fn an_account_that_is_there_comes_back_and_is_completed_but_never_overwritten() {
    let app = TestApp::new().await;
    let first = app
        .post(
            "/v1/accounts",
            json!({"domain": "acme.com", "name": "Acme", "tags": ["a"], "region": "EMEA"}),
        )
        .await;
    let body = json!({
        "domain": "WWW.ACME.COM", "name": "Another name", "tags": ["b"], "region": "APAC",
        "industry": "Retail", "founded": 1999, "seats": 3, "description": "  ", "twitter": null,
    });

    let again = app.post("/v1/accounts", body.clone()).await;
    let third = app.post("/v1/accounts", body).await;

    assert_eq!((first.status, again.status, third.status), (201, 200, 200));
    assert_eq!(again.body["message"], "Account already exists");
    assert_eq!(
        again.data()["resolved"],
        json!({
            "outcome": "matched", "matched_on": "domain",
            "filled": ["founded", "industry", "seats"], "kept": ["name", "tags", "region"],
        })
    );
    assert_eq!(
        (&again.data()["name"], &again.data()["industry"]),
        (&json!("Acme"), &json!("Retail"))
    );
    assert_eq!(
        again.data()["custom_fields"],
        json!({"region": "EMEA", "seats": 3})
    );
    assert_eq!(again.data()["id"], first.data()["company_id"]);
    assert_ne!(again.data()["updated_at"], first.data()["updated_at"]);
    assert_eq!(third.data()["resolved"]["filled"], json!([]));
    assert_eq!(third.data()["updated_at"], again.data()["updated_at"]);
    assert_eq!(app.counts().await, [1, 0, 0, 2]);
}

#[tokio::test]
async fn looking_an_account_up_changes_nothing() {
    let app = TestApp::new().await;
    let first = app
        .post(
            "/v1/accounts",
            json!({"domain": "acme.com", "industry": "Retail"}),
        )
        .await;
    let before = app.changes().await;

    let found = app
        .post("/v1/accounts", json!({"domain": "acme.com"}))
        .await;

    assert_eq!(found.status, 200);
    assert_eq!(found.data()["resolved"]["kept"], json!([]));
    for member in ["id", "industry", "updated_at"] {
        assert_eq!(found.data()[member], first.data()[member]);
    }
    assert_eq!(app.changes().await, before);
}

#[tokio::test]
async fn an_accounts_faults_are_told_all_at_once() {
    let app = TestApp::new().await;
    let body = json!({
        "name": 5, "logo": "javascript:alert(1)", "twitter_followers": "many", "founded": 999, "tags": [1, "a"],
        "last_interaction": "yesterday", "next_meeting": 1_779_285_600_000_i64, "nested": {"a": 1}, "": 1, "industry": "a\nb",
    });

    let refused = app.post("/v1/accounts", body).await;

    insta::assert_json_snapshot!(refused.body["errors"], @r#"
    {
      "\"\"": [
        "has no name; a custom attribute needs one"
      ],
      "domain": [
        "is required"
      ],
      "founded": [
        "is not a year: 999; send a whole number from 1000 to 9999"
      ],
      "industry": [
        "contains the control character U+000A"
      ],
      "last_interaction": [
        "is not a date-time: 'yesterday'; send something like 2026-05-25T09:30:03Z"
      ],
      "logo": [
        "is not a web address: 'javascript:alert(1)'; it has to begin with https:// or http://"
      ],
      "name": [
        "is a number; send a string"
      ],
      "nested": [
        "is an object; send a string, a number, a boolean or null"
      ],
      "next_meeting": [
        "looks like milliseconds; send seconds"
      ],
      "tags.0": [
        "is a number; send a string"
      ],
      "twitter_followers": [
        "is a string; send a number"
      ]
    }
    "#);
    assert_eq!(app.counts().await, [0; 4]);
}

#[tokio::test]
async fn members_that_only_answers_have_are_ignored_so_that_an_answer_can_be_sent_back() {
    let app = TestApp::new().await;
    let created = app
        .post(
            "/v1/accounts",
            json!({"domain": "acme.com", "region": "EMEA"}),
        )
        .await;

    let back = app.post("/v1/accounts", created.data().clone()).await;

    assert_eq!(back.status, 200, "{}", back.body);
    assert_eq!(
        back.data()["ignored"],
        json!([
            "company_id",
            "created_at",
            "id",
            "ignored",
            "resolved",
            "updated_at"
        ])
    );
    assert_eq!(back.data()["resolved"]["filled"], Value::Array(vec![]));
    assert_eq!(back.data()["custom_fields"], json!({"region": "EMEA"}));
    assert_eq!(app.counts().await, [1, 0, 0, 1]);
}

#[tokio::test]
async fn the_texts_of_an_account_are_taken_up_to_their_limits() {
    let app = TestApp::new().await;

    for (member, limit) in [
        ("name", 500),
        ("industry", 2_000),
        ("linkedin", 2_048),
        ("description", 10_000),
    ] {
        for (length, status) in [(limit, 200), (limit + 1, 400)] {
            app.post("/v1/accounts", json!({"domain": "acme.com"}))
                .await;
            let body = json!({"domain": "acme.com", member: "ä".repeat(length)});
            let answer = app.post("/v1/accounts", body).await;
            assert_eq!(answer.status, status, "{member} of {length}");
            let errors = answer.errors(member);
            assert!(
                status == 200 || errors.contains(&limit.to_string()),
                "{errors}"
            );
        }
    }
    for (count, status) in [(1_000, 200), (1_001, 400)] {
        let tags: Vec<_> = (0..count).map(|number| number.to_string()).collect();
        let answer = app
            .post("/v1/accounts", json!({"domain": "acme.com", "tags": tags}))
            .await;
        assert_eq!(answer.status, status, "{count} tags");
    }
}
