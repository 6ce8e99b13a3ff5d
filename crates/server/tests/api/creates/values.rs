//! Numbers, dates, texts and their limits; what is no good JSON.

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn a_deal_may_be_worth_any_number_that_is_exact() {
    let app = TestApp::new().await;

    for size in [
        json!(0),
        json!(-12.5),
        json!(1e300),
        json!(0.1),
        json!(9_007_199_254_740_992_i64),
        json!(9_007_199_254_740_994_i64),
        json!(null),
    ] {
        let created = app.create(json!({"deal_size": size}), json!({})).await;
        assert_eq!(created.status, 201, "{size}");
        assert_eq!(created.data()["deal_size"].as_f64(), size.as_f64());
    }
    let rounded = app
        .create(json!({"deal_size": 9_007_199_254_740_993_i64}), json!({}))
        .await;
    insta::assert_json_snapshot!(rounded.body["errors"], @r#"
    {
      "opportunity.deal_size": [
        "'opportunity.deal_size' has more digits than a 64-bit floating-point number keeps: 9007199254740993"
      ]
    }
    "#);
}

#[tokio::test]
async fn a_date_is_unix_seconds_also_with_a_zero_fraction() {
    let app = TestApp::new().await;

    for (sent, stored) in [
        ("1771286400", 1_771_286_400),
        ("1771286400.0", 1_771_286_400),
        ("1.7712864e9", 1_771_286_400),
        ("-1", -1),
        ("0", 0),
    ] {
        let date: Value = serde_json::from_str(sent).unwrap();
        let created = app
            .create(
                json!({"close_date": date, "next_action_date": date}),
                json!({}),
            )
            .await;
        assert_eq!(
            created.data()["close_date"],
            stored,
            "{sent}: {}",
            created.body
        );
        assert_eq!(created.data()["next_action_date"], stored);
    }
}

#[tokio::test]
async fn a_date_in_milliseconds_or_with_a_fraction_is_refused() {
    let app = TestApp::new().await;
    let opportunity = json!({"close_date": 1_771_286_400_000_i64, "next_action_date": 1.5});

    let refused = app.create(opportunity, json!({})).await;
    let edges = [100_000_000_000_i64, -100_000_000_000];

    insta::assert_json_snapshot!(refused.body["errors"], @r#"
    {
      "opportunity.close_date": [
        "looks like milliseconds; send seconds"
      ],
      "opportunity.next_action_date": [
        "is not whole: 1.5; send Unix seconds as a whole number"
      ]
    }
    "#);
    for edge in edges {
        let within = app.create(json!({"close_date": edge}), json!({})).await;
        let beyond = app
            .create(json!({"close_date": edge + edge.signum()}), json!({}))
            .await;
        assert_eq!((within.status, beyond.status), (201, 400), "{edge}");
    }
}

#[tokio::test]
async fn a_text_is_taken_up_to_its_limit_in_characters() {
    let app = TestApp::new().await;
    let text = |chars| "ä".repeat(chars);

    for (member, limit) in [("name", 500), ("next_steps", 10_000)] {
        let within = app.create(json!({member: text(limit)}), json!({})).await;
        let beyond = app
            .create(json!({member: text(limit + 1)}), json!({}))
            .await;
        assert_eq!(within.data()[member], text(limit));
        assert!(
            beyond
                .errors(&format!("opportunity.{member}"))
                .contains(&limit.to_string()),
            "{}",
            beyond.body
        );
    }
    for (attributes, is_good) in [
        (json!({"k".repeat(64): "v"}), true),
        (json!({"k".repeat(65): "v"}), false),
        (json!({"note": text(10_000)}), true),
        (json!({"note": text(10_001)}), false),
    ] {
        let created = app
            .create(json!({"custom_attributes": attributes}), json!({}))
            .await;
        assert_eq!(created.status == 201, is_good, "{}", created.body);
    }
}

#[tokio::test]
async fn an_object_has_two_hundred_custom_fields_at_most() {
    let app = TestApp::new().await;
    let fields = |count: usize| -> Value {
        (0..count)
            .map(|number| (format!("field {number}"), json!(1)))
            .collect()
    };

    let beyond = app
        .create(json!({"custom_attributes": fields(201)}), json!({}))
        .await;
    let within = app
        .create(json!({"custom_attributes": fields(200)}), json!({}))
        .await;
    let again = app
        .create(json!({"custom_attributes": {"one more": 1}}), json!({}))
        .await;

    assert_eq!(
        (beyond.status, within.status, again.status),
        (400, 201, 400)
    );
    insta::assert_json_snapshot!(again.body["errors"], @r#"
    {
      "opportunity.custom_attributes.one more": [
        "names no field, and there are 200 already, the most there can be"
      ]
    }
    "#);
    assert_eq!(app.counts().await, [0, 0, 1, 200]);
}

#[tokio::test]
async fn a_value_of_another_type_is_refused_with_what_to_send() {
    let app = TestApp::new().await;
    let opportunity = json!({
        "name": 1, "stage_id": "x", "stage_name": [], "deal_size": "12", "close_date": "2026-01-01",
        "next_action_date": true, "next_steps": {}, "custom_attributes": {"tags": {"a": 1}},
    });
    let related = json!({
        "account_domain": "nodot", "primary_contact_email": "jane@", "additional_contact_emails": ["bob@acme.com", 7, "x"],
        "owner_email": 1, "owner_id": "me",
    });

    let refused = app.create(opportunity, related).await;

    insta::assert_json_snapshot!(refused.body["errors"], @r#"
    {
      "opportunity.close_date": [
        "is a string; send Unix seconds as a whole number"
      ],
      "opportunity.custom_attributes.tags": [
        "is an object; send a string, a number, a boolean or null"
      ],
      "opportunity.deal_size": [
        "is a string; send a number"
      ],
      "opportunity.name": [
        "is a number; send a string"
      ],
      "opportunity.next_action_date": [
        "is a boolean; send Unix seconds as a whole number"
      ],
      "opportunity.next_steps": [
        "is an object; send a string"
      ],
      "opportunity.stage_id": [
        "is not a UUID: 'x'"
      ],
      "opportunity.stage_name": [
        "is an array; send a string"
      ],
      "related_objects.account_domain": [
        "is not a domain: 'nodot' has no dot; send something like acme.com"
      ],
      "related_objects.additional_contact_emails.1": [
        "is a number; send a string"
      ],
      "related_objects.additional_contact_emails.2": [
        "is not an e-mail address: 'x' has no @; send something like jane@acme.com"
      ],
      "related_objects.owner_email": [
        "is a number; send a string"
      ],
      "related_objects.owner_id": [
        "is not a UUID: 'me'"
      ],
      "related_objects.primary_contact_email": [
        "is not an e-mail address: in 'jane@' the part after the @ has an empty label; send something like jane@acme.com"
      ]
    }
    "#);
}

#[tokio::test]
async fn a_domain_that_names_no_company_is_refused() {
    let app = TestApp::new().await;

    for domain in [
        "co.uk",
        "localhost",
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "jane@acme.com",
        "acme..com",
        "-.com",
    ] {
        let refused = app
            .create(json!({}), json!({"account_domain": domain}))
            .await;
        assert_eq!(refused.status, 400, "{domain}");
        assert_ne!(
            refused.errors("related_objects.account_domain"),
            "",
            "{domain}"
        );
    }
    let address = app
        .create(
            json!({}),
            json!({"account_domain": "https://jane@acme.com/"}),
        )
        .await;
    insta::assert_json_snapshot!(address.body["errors"], @r#"
    {
      "related_objects.account_domain": [
        "is not a domain: 'https://jane@acme.com/' looks like an e-mail address; send something like acme.com"
      ]
    }
    "#);
}

#[tokio::test]
async fn json_that_could_be_read_in_two_ways_is_refused_with_its_place() {
    let app = TestApp::new().await;
    let pipeline = app.tenant.pipeline_id;
    let body = |opportunity: &str| {
        format!(
            r#"{{"pipeline_id": "{pipeline}", "opportunity": {opportunity}, "related_objects": {{}}}}"#
        )
    };
    let deep = format!(r#"{{"x": {}{}}}"#, "[".repeat(31), "]".repeat(31));

    for (opportunity, code) in [
        (r#"{"name": "a", "name": "b"}"#, "duplicate_key"),
        (r#"{"name": "a", "n\u0061me": "b"}"#, "duplicate_key"),
        (r#"{"x": [{"y": 1, "y": 1}]}"#, "duplicate_key"),
        (r#"{"name": "a\u0000b"}"#, "nul_character"),
        (deep.as_str(), "too_deep"),
        (r#"{"name": }"#, "malformed_json"),
        ("{\"name\": \"\u{fffd}\"", "malformed_json"),
    ] {
        let refused = app
            .call("POST", "/v1/opportunities")
            .bytes(body(opportunity).as_bytes())
            .send()
            .await;
        assert_eq!(
            (refused.status, refused.code()),
            (400, code),
            "{opportunity}: {}",
            refused.body
        );
        assert!(refused.body["errors"].is_object());
    }
    let invalid = app
        .call("POST", "/v1/opportunities")
        .bytes(b"{\"name\": \"\xff\"}")
        .send()
        .await;
    assert_eq!(invalid.status, 400);
    assert_eq!(app.counts().await, [0; 4]);
}
