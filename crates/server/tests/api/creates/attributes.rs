//! Custom attributes: the fields that they name, make, and do not fit.

use lanekeeper_core::change::Actor;
use lanekeeper_core::pipeline::UnknownAttributes;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn an_attribute_that_names_no_field_makes_one_of_its_values_type() {
    let app = TestApp::new().await;

    let created = app
        .create(json!({"custom_attributes": {"Lead Source": "web", "seats": 2.5, "pilot": true, "nothing": null}}), json!({}))
        .await;

    assert_eq!(
        created.data()["custom_fields"],
        json!({"lead_source": "web", "seats": 2.5, "pilot": true})
    );
    assert_eq!(
        created.data()["ignored"],
        json!(["opportunity.custom_attributes.nothing"])
    );
    let changes = app.changes().await;
    let fields = changes.iter().filter(|change| change["object"] == "field");
    let made: Vec<_> = fields
        .map(|change| {
            (
                &change["after"]["property_name"],
                &change["after"]["attribute_type"],
            )
        })
        .collect();
    assert_eq!(
        made,
        [
            (&json!("lead_source"), &json!("string")),
            (&json!("pilot"), &json!("checkbox")),
            (&json!("seats"), &json!("number")),
        ]
    );
}

#[tokio::test]
async fn an_attribute_names_its_field_by_slug_by_prefixed_slug_or_by_display_name() {
    let app = TestApp::new().await;
    app.create(
        json!({"custom_attributes": {"Lead Source": "web"}}),
        json!({}),
    )
    .await;

    for key in [
        "lead_source",
        "custom__lead_source",
        "Lead Source",
        " LEAD SOURCE ",
    ] {
        let created = app
            .create(json!({"custom_attributes": {key: key}}), json!({}))
            .await;
        assert_eq!(
            created.data()["custom_fields"],
            json!({"lead_source": key}),
            "{}",
            created.body
        );
    }

    assert_eq!(app.counts().await, [0, 0, 5, 1]);
}

#[tokio::test]
async fn a_value_that_does_not_fit_its_field_is_refused() {
    let app = TestApp::new().await;
    app.create(
        json!({"custom_attributes": {"seats": 1, "note": "x", "pilot": true}}),
        json!({}),
    )
    .await;
    let attributes = json!({"seats": "1", "custom__note": 1, "Pilot": "yes", "list": ["a", "b"]});

    let refused = app
        .create(json!({"custom_attributes": attributes}), json!({}))
        .await;

    insta::assert_json_snapshot!(refused.body["errors"], @r#"
    {
      "opportunity.custom_attributes.Pilot": [
        "is a string, but the field 'pilot' holds a boolean"
      ],
      "opportunity.custom_attributes.custom__note": [
        "is a number, but the field 'note' holds a string"
      ],
      "opportunity.custom_attributes.list": [
        "is a list, for which no field can be made; send a string, a number or a boolean"
      ],
      "opportunity.custom_attributes.seats": [
        "is a string, but the field 'seats' holds a number"
      ]
    }
    "#);
}

#[tokio::test]
async fn two_keys_of_one_field_in_one_body_are_refused() {
    let app = TestApp::new().await;
    let attributes = json!({"Lead Source": "web", "lead_source": "phone"});

    let refused = app
        .create(json!({"custom_attributes": attributes}), json!({}))
        .await;

    insta::assert_json_snapshot!(refused.body["errors"], @r#"
    {
      "opportunity.custom_attributes.lead_source": [
        "names the field 'lead_source', as another member does; send it once"
      ]
    }
    "#);
}

#[tokio::test]
async fn a_further_member_is_kept_if_it_names_a_field_and_else_told() {
    let app = TestApp::new().await;
    app.create(json!({"custom_attributes": {"Region": "EMEA"}}), json!({}))
        .await;
    let mut body = app
        .tenant
        .opportunity(json!({"Region": "APAC", "source": "web"}), json!({}));
    body["campaign"] = json!(7);
    body["custom_fields"] = json!({"seats": 5});

    let created = app.post("/v1/opportunities", body).await;
    let misfit = app.create(json!({"region": 5}), json!({})).await;

    assert_eq!(
        created.data()["custom_fields"],
        json!({"region": "APAC", "seats": 5})
    );
    assert_eq!(
        created.data()["ignored"],
        json!(["campaign", "opportunity.source"])
    );
    assert_eq!(
        misfit.errors("opportunity.region"),
        "is a number, but the field 'region' holds a string"
    );
}

#[tokio::test]
async fn a_strict_organisation_makes_no_fields_and_names_the_nearest() {
    let app = TestApp::new().await;
    app.create(json!({"custom_attributes": {"seats": 1}}), json!({}))
        .await;
    app.post(
        "/v1/accounts",
        json!({"domain": "acme.com", "region": "EMEA"}),
    )
    .await;
    app.store
        .update_organization(&app.org().await, UnknownAttributes::Refuse, &Actor::cli())
        .await
        .unwrap();

    let deal = app
        .create(
            json!({"custom_attributes": {"seat": 2, "colour": "red", "Seats": 3}}),
            json!({}),
        )
        .await;
    let account = app
        .post(
            "/v1/accounts",
            json!({"domain": "acme.com", "regoin": "APAC"}),
        )
        .await;
    let known = app
        .create(
            json!({"custom_attributes": {"seats": 2}, "other": "ignored"}),
            json!({}),
        )
        .await;

    insta::assert_json_snapshot!(deal.body["errors"], @r#"
    {
      "opportunity.custom_attributes.colour": [
        "names no field"
      ],
      "opportunity.custom_attributes.seat": [
        "names no field; did you mean 'seats'?"
      ]
    }
    "#);
    insta::assert_json_snapshot!(account.body["errors"], @r#"
    {
      "regoin": [
        "names no field; did you mean 'region'?"
      ]
    }
    "#);
    assert_eq!(known.data()["ignored"], json!(["opportunity.other"]));
    assert_eq!(known.status, 201);
}

#[tokio::test]
async fn the_fields_of_accounts_contacts_and_opportunities_are_their_own() {
    let app = TestApp::new().await;

    let account = app
        .post(
            "/v1/accounts",
            json!({"domain": "acme.com", "tier": "gold"}),
        )
        .await;
    let contact = app
        .post("/v1/contacts", json!({"email": "jane@acme.com", "tier": 1}))
        .await;
    let deal = app
        .create(json!({"custom_attributes": {"tier": true}}), json!({}))
        .await;

    assert_eq!(account.data()["custom_fields"], json!({"tier": "gold"}));
    assert_eq!(contact.data()["custom_fields"], json!({"tier": 1}));
    assert_eq!(deal.data()["custom_fields"], json!({"tier": true}));
}

#[tokio::test]
async fn an_attribute_called_like_a_member_of_the_answer_gets_another_slug() {
    let app = TestApp::new().await;

    let created = app
        .create(
            json!({"custom_attributes": {"name": "x", "stage_id": "y", "Deal Size": 3}}),
            json!({}),
        )
        .await;

    assert_eq!(created.data()["name"], "New opportunity");
    assert_eq!(
        created.data()["custom_fields"],
        json!({"name_2": "x", "stage_id_2": "y", "deal_size_2": 3})
    );
}

#[tokio::test]
async fn the_alias_of_custom_attributes_keeps_what_it_can_and_tells_the_rest() {
    let app = TestApp::new().await;
    let alias = json!({"seats": 5, "tags": ["a"], "nested": {"a": 1}});
    let mut body = app
        .tenant
        .opportunity(json!({"custom_fields": alias}), json!({}));
    body["custom_fields"] = json!("nothing");
    body["custom_attributes"] = json!(null);

    let created = app.post("/v1/opportunities", body).await;

    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.data()["custom_fields"], json!({"seats": 5}));
    let ignored = json!([
        "custom_attributes",
        "custom_fields",
        "opportunity.custom_fields.nested",
        "opportunity.custom_fields.tags",
    ]);
    assert_eq!(created.data()["ignored"], ignored);
}
