//! Fields: listing, creating and changing them, and what they hold.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const BULK: &str = "/v1/accounts/fields/bulk";
const UPDATE: &str = "/v1/accounts/fields/bulk/update";

async fn create(app: &TestApp, field: Value) -> Value {
    let created = app.post(BULK, json!([field])).await;
    assert_eq!(created.status, 201, "{}", created.body);
    created.data()[0].clone()
}

async fn account(app: &TestApp, field: &str, value: Value) -> Answer {
    let body = json!({"domain": "acme.com", field: value});
    app.post("/v1/accounts", body).await
}

async fn stored(app: &TestApp, id: &Value) -> Value {
    let target = format!("/v1/accounts/{}", id.as_str().expect("a text"));
    let read = app.get(&target);
    read.await.data()["custom_fields"].clone()
}

#[tokio::test]
async fn fields_are_listed_the_system_ones_first() {
    let app = TestApp::new().await;
    create(
        &app,
        json!({"name": "Second", "attribute_type": "number", "order": 2}),
    )
    .await;
    create(
        &app,
        json!({"name": "First", "attribute_type": "date", "order": 1}),
    )
    .await;

    let listed = app.get("/v1/accounts/fields").await;

    assert_eq!(listed.status, 200);
    let fields = listed.data()["fields"].as_array().expect("a list");
    assert_eq!(fields[1]["property_name"], "domain");
    assert_eq!(fields[1]["is_system"], true);
    assert_eq!(fields[1]["id"], Value::Null);
    let custom = fields.iter().filter(|field| field["is_system"] == false);
    let custom: Vec<&str> = custom
        .map(|field| field["property_name"].as_str().expect("a text"))
        .collect();
    assert_eq!(custom, ["first", "second"]);
    let of_contacts = app.get("/v1/contacts/fields").await;
    let of_contacts = of_contacts.data()["fields"]
        .as_array()
        .expect("a list")
        .clone();
    assert!(of_contacts.iter().all(|field| field["is_system"] == true));
}

#[tokio::test]
async fn a_select_reads_as_options_in_their_order_and_takes_value_or_label() {
    let app = TestApp::new().await;
    let options = json!([
        {"label": "Kalt", "value": "cold", "order": 2},
        {"label": "Größer", "value": "hot", "color": "#f00", "order": 1},
    ]);
    let field = json!({"name": "Grade", "attribute_type": "select", "metadata": {"select_options": options, "help": "?"}});

    let created = create(&app, field).await;
    let by_label = account(&app, "grade", json!("GROSSER ")).await;
    let wrong = account(&app, "grade", json!("warm")).await;

    let shown = json!({"options": [
        {"label": "Größer", "value": "hot", "color": "#f00"},
        {"label": "Kalt", "value": "cold", "color": null},
    ], "help": "?"});
    assert_eq!(created["metadata"], shown);
    assert_eq!(by_label.data()["custom_fields"], json!({"grade": "hot"}));
    assert_eq!(wrong.status, 400);
    assert!(wrong.errors("grade").contains("they are 'Größer', 'Kalt'"));
}

#[tokio::test]
async fn every_type_stores_its_one_form_and_reads_it_back() {
    let app = TestApp::new().await;
    let options = json!({"options": ["A", "B"]});
    let cases = [
        ("string", json!("text"), json!("text")),
        ("number", json!(1.5), json!(1.5)),
        ("checkbox", json!(true), json!(true)),
        ("date", json!(1_779_701_403), json!("2026-05-25")),
        (
            "date_range",
            json!(["2026-05-01", "2026-05-02"]),
            json!(["2026-05-01", "2026-05-02"]),
        ),
        ("rating", json!(3), json!(3)),
        (
            "timestamp",
            json!("2026-05-25T11:30:03+02:00"),
            json!("2026-05-25T09:30:03.000000Z"),
        ),
        ("select", json!("a"), json!("A")),
        ("multi_select", json!("b"), json!(["B"])),
        ("currency", json!(9.95), json!(9.95)),
        ("percentage", json!(50), json!(50)),
        ("location", json!(" Berlin"), json!("Berlin")),
        ("time", json!("09:30"), json!("09:30:00")),
        (
            "datetime",
            json!(1_779_701_403),
            json!("2026-05-25T09:30:03.000000Z"),
        ),
        ("email", json!("JANE@acme.com"), json!("jane@acme.com")),
        ("phone", json!("+49 30 1234"), json!("+49 30 1234")),
        ("website", json!("acme.com"), json!("acme.com")),
        ("url", json!("https://acme.com"), json!("https://acme.com")),
        ("radio", json!("B"), json!("B")),
        (
            "team_members",
            json!([app.tenant.owner_email]),
            json!([app.tenant.owner_id]),
        ),
    ];
    let fields = cases.iter().map(|(name, _, _)| {
        let metadata = match *name {
            "select" | "multi_select" | "radio" => options.clone(),
            _ => Value::Null,
        };
        json!({"name": format!("My {name}"), "attribute_type": name, "metadata": metadata})
    });
    let fields = app.post(BULK, fields.collect()).await;
    assert_eq!(fields.status, 201, "{}", fields.body);
    let key = |name: &str| format!("my_{name}");
    let sent = cases
        .iter()
        .map(|(name, sent, _)| (key(name), sent.clone()));
    let mut body: serde_json::Map<String, Value> = sent.collect();
    body.insert("domain".to_owned(), json!("acme.com"));

    let created = app.post("/v1/accounts", Value::Object(body)).await;

    assert_eq!(created.status, 201, "{}", created.body);
    let expected = cases
        .iter()
        .map(|(name, _, stored)| (key(name), stored.clone()));
    let expected: Value = Value::Object(expected.collect());
    assert_eq!(created.data()["custom_fields"], expected);
    assert_eq!(stored(&app, &created.data()["id"]).await, expected);
}

#[tokio::test]
async fn a_team_member_who_is_none_is_refused() {
    let app = TestApp::new().await;
    create(
        &app,
        json!({"name": "Team", "attribute_type": "team_members"}),
    )
    .await;
    let other = app.another_tenant().await;

    for member in ["nobody@example.com", &other.owner_id.to_string()] {
        let refused = account(&app, "team", json!([member])).await;
        assert_eq!(refused.status, 400);
        assert_eq!(
            refused.errors("team"),
            format!("names no member: '{member}'")
        );
    }
}

#[tokio::test]
async fn all_faults_of_a_bulk_are_told_and_nothing_is_made() {
    let app = TestApp::new().await;
    let items = json!([
        {"name": "Seats", "attribute_type": "number"},
        {"attribute_type": "decimal", "order": 0, "property_name": "Not It"},
        {"name": "Seats", "attribute_type": "number", "property_name": "custom__seats"},
        {"name": "Mine", "attribute_type": "string", "property_name": "domain"},
        {"name": "Mine", "attribute_type": "number", "metadata": {"options": ["A"]}},
        {"name": "Mine", "attribute_type": "select", "metadata": {"options": ["A", {"label": "a"}, {}]}},
        {"name": "Mine", "attribute_type": "string", "property_name": ""},
    ]);

    let refused = app.post(BULK, items.clone()).await;
    let partial = app.post(&format!("{BULK}?partial=true"), items).await;

    assert_eq!(refused.status, 400);
    assert_eq!(refused.errors("1.name"), "is required");
    assert!(
        refused
            .errors("1.attribute_type")
            .contains("'decimal'; they are string")
    );
    assert!(refused.errors("1.order").contains("is not a whole number"));
    assert!(
        refused
            .errors("1.property_name")
            .contains("is no property name")
    );
    assert!(
        refused
            .errors("2.property_name")
            .contains("is taken by the custom field 'Seats'")
    );
    assert!(
        refused
            .errors("3.property_name")
            .contains("is taken by a system field")
    );
    assert!(
        refused
            .errors("6.property_name")
            .contains("is no property name: ''")
    );
    assert!(refused.errors("4.metadata").contains("has options"));
    assert_eq!(refused.errors("5.metadata.options.2.label"), "is required");
    assert!(refused.errors("5.metadata").contains("two options 'a'"));
    assert_eq!(partial.status, 207);
    assert_eq!(partial.data()[0]["data"]["property_name"], "seats");
    let listed = app.get("/v1/accounts/fields").await;
    let fields = listed.data()["fields"].as_array().expect("a list").clone();
    let custom = fields.iter().filter(|field| field["is_system"] == false);
    assert_eq!(custom.count(), 1);
}

#[tokio::test]
async fn a_field_is_changed_by_id_or_property_name() {
    let app = TestApp::new().await;
    let field = create(&app, json!({"name": "Seats", "attribute_type": "number"})).await;
    let items = json!([
        {"attribute_id": field["id"], "property_name": "seats", "current_name": "Places", "is_hidden": true},
        {"property_name": "custom__seats", "order": 7, "metadata": {"unit": "seats"}, "colour": "red"},
    ]);

    let changed = app.post(UPDATE, items).await;

    assert_eq!(changed.status, 200, "{}", changed.body);
    let last = &changed.data()[1];
    assert_eq!(last["id"], field["id"]);
    assert_eq!(last["name"], "Places");
    assert_eq!(last["is_hidden"], true);
    assert_eq!(last["order"], 7);
    assert_eq!(last["metadata"], json!({"unit": "seats"}));
    assert_eq!(last["ignored"], json!(["colour"]));
    let feed = app.get("/v1/changes?limit=500").await;
    let change = feed.data()["changes"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(change["object"], "field");
    assert_eq!(change["changed"], json!(["metadata", "order"]));
    assert_eq!(change["before"], json!({"metadata": {}, "order": 1}));
}

#[tokio::test]
async fn a_field_that_cannot_be_changed_so_is_a_400() {
    let app = TestApp::new().await;
    let field = create(&app, json!({"name": "Seats", "attribute_type": "number"})).await;
    let items = json!([
        {"property_name": "seat", "name": "A"},
        {"property_name": "industry", "attribute_type": "number", "metadata": {"unit": "t"}},
        {"id": field["id"], "property_name": "places"},
        {"name": "A"},
        {"id": field["id"], "name": "A", "current_name": "B"},
        {"id": app.tenant.pipeline_id},
    ]);

    let refused = app.post(UPDATE, items).await;

    assert_eq!(refused.status, 400);
    assert_eq!(refused.errors("0.property_name"), "names no field: 'seat'");
    assert!(
        refused
            .errors("1.attribute_type")
            .contains("'industry' is a system field and stays 'string'")
    );
    assert!(refused.errors("1.metadata").contains("cannot be set"));
    assert_eq!(
        refused.errors("2.property_name"),
        "never changes: it is 'seats', not 'places'"
    );
    assert_eq!(
        refused.errors("3.id"),
        "is required, or else 'property_name'"
    );
    assert!(
        refused
            .errors("4.current_name")
            .contains("something else than 'name'")
    );
    assert!(refused.errors("5.id").contains("names no field"));
}

#[tokio::test]
async fn a_system_field_gets_a_name_a_place_and_is_hidden() {
    let app = TestApp::new().await;
    create(
        &app,
        json!({"name": "Seats", "attribute_type": "number", "order": 2}),
    )
    .await;
    let listed = async || {
        let list = app.get("/v1/accounts/fields").await;
        list.data()["fields"].as_array().cloned().unwrap()
    };
    let before = listed().await.len();

    let items = json!([
        {"property_name": "industry", "name": "Branche", "order": 3},
        {"property_name": "twitter", "is_hidden": true},
    ]);
    let updated = app.post(UPDATE, items).await;
    let id = updated.data()[0]["id"].clone();
    let again = app.post(UPDATE, json!([{"id": id, "order": 1}])).await;

    assert_eq!(
        (updated.status, again.status),
        (200, 200),
        "{}",
        updated.body
    );
    let fields = listed().await;
    assert_eq!(fields.len(), before);
    let names: Vec<_> = fields
        .iter()
        .rev()
        .take(2)
        .map(|field| &field["current_name"])
        .collect();
    assert_eq!(names, ["Seats", "Branche"]);
    let industry = &fields[before - 2];
    assert_eq!(
        (&industry["id"], &industry["is_system"]),
        (&id, &json!(true))
    );
    assert_eq!(industry["attribute_type"], "string");
    let twitter = fields
        .iter()
        .find(|field| field["property_name"] == "twitter")
        .unwrap();
    assert_eq!(
        (&twitter["is_hidden"], &twitter["order"]),
        (&json!(true), &Value::Null)
    );
    let page = app.get("/v1/accounts").await;
    let definitions = page.data()["custom_field_definitions"].as_object().unwrap();
    assert_eq!(definitions.keys().collect::<Vec<_>>(), ["seats"]);
}

#[tokio::test]
async fn a_type_changes_with_every_stored_value_or_not_at_all() {
    let app = TestApp::new().await;
    create(&app, json!({"name": "Seats", "attribute_type": "string"})).await;
    let one = account(&app, "seats", json!("12")).await;
    let id = one.data()["id"].clone();
    let to = |kind: &str| json!([{"property_name": "seats", "attribute_type": kind}]);

    let number = app.post(UPDATE, to("number")).await;

    assert_eq!(number.status, 200, "{}", number.body);
    assert_eq!(stored(&app, &id).await, json!({"seats": 12}));
    let feed = app.get("/v1/changes?limit=500").await;
    let changes = feed.data()["changes"].as_array().expect("a list");
    let [.., record, field] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert_eq!(record["changeset_id"], field["changeset_id"]);
    assert_eq!(record["after"], json!({"custom__seats": 12}));
    assert_eq!(field["after"], json!({"attribute_type": "number"}));

    let refused = app.post(UPDATE, to("rating")).await;

    assert_eq!(refused.status, 400);
    assert!(
        refused
            .errors("0.attribute_type")
            .contains("cannot become 'rating'")
    );
    assert_eq!(stored(&app, &id).await, json!({"seats": 12}));
}

#[tokio::test]
async fn fields_of_a_pipeline_are_its_own() {
    let app = TestApp::new().await;
    let other = app.another_tenant().await;
    let base = format!("/v1/pipelines/{}/fields", app.tenant.pipeline_id);
    let field = json!([{"name": "Budget", "attribute_type": "currency"}]);

    let created = app.post(&format!("{base}/bulk"), field.clone()).await;
    let changed = json!([{"property_name": "budget", "attribute_type": "string"}]);
    let opportunity = json!({
        "pipeline_id": app.tenant.pipeline_id, "related_objects": {},
        "opportunity": {"name": "Deal", "custom_attributes": {"custom__budget": 9.5}},
    });
    let opportunity = app.post("/v1/opportunities", opportunity).await;
    let changed = app.post(&format!("{base}/bulk/update"), changed).await;

    assert_eq!(
        (created.status, changed.status),
        (201, 200),
        "{}",
        changed.body
    );
    let id = opportunity.data()["id"].as_str().expect("a text");
    let read = app.get(&format!("/v1/opportunities/{id}")).await;
    assert_eq!(read.data()["custom_fields"], json!({"budget": "9.5"}));
    let listed = app.get(&base).await;
    let last = listed.data()["fields"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(last["property_name"], "budget");
    for pipeline in [other.pipeline_id.to_string(), "nothing".to_owned()] {
        let base = format!("/v1/pipelines/{pipeline}/fields");
        assert_eq!(app.get(&base).await.status, 404);
        for path in ["bulk", "bulk/update"] {
            let answer = app.post(&format!("{base}/{path}"), field.clone()).await;
            assert_eq!(answer.status, 404);
        }
    }
}

#[tokio::test]
async fn a_dry_run_makes_no_field_and_a_key_makes_it_once() {
    let app = TestApp::new().await;
    let field = json!([{"name": "Seats", "attribute_type": "number"}]);

    let dry = app
        .post(&format!("{BULK}?dry_run=true"), field.clone())
        .await;
    let call = || {
        app.call("POST", BULK)
            .header("idempotency-key", "one")
            .json(&field)
    };
    let (first, again) = (call().send().await, call().send().await);

    assert_eq!((dry.status, first.status, again.status), (201, 201, 201));
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(first.data()[0]["property_name"], "seats");
}
