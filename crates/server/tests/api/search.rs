//! Lists and searches.

mod custom;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// Some accounts, each with what tells it from the others.
async fn app_with_accounts() -> TestApp {
    let app = TestApp::new().await;
    let accounts = json!([
        {"domain": "acme.com", "name": "Acme", "founded": 1999, "tags": ["Customer", "Europe"],
         "next_meeting": "2026-05-25T09:30:00Z", "region": "EMEA", "seats": 12, "signed": true},
        {"domain": "zlut.cz", "name": "Žluť 100%", "founded": 2010, "tags": ["Partner"],
         "next_meeting": "2026-06-01T00:00:00Z", "region": "emea south", "seats": 40.5, "signed": false},
        {"domain": "globex.com", "name": "Globex_Corp", "description": "A\nB"},
    ]);
    let created = app.post("/v1/accounts/bulk", accounts).await;
    assert_eq!(created.status, 201, "{}", created.body);
    app
}

fn names(answer: &Answer, object: &str) -> Vec<String> {
    let records = answer.data()[object].as_array();
    let records = records.unwrap_or_else(|| panic!("{}", answer.body));
    let names = records.iter().filter_map(|record| record["name"].as_str());
    names.map(str::to_owned).collect()
}

/// The first letters of the accounts that a filter finds.
async fn found(app: &TestApp, field: &str, operator: &str, value: Value) -> String {
    let filter = json!({"field": field, "operator": operator, "value": value});
    let body = json!({"filters": [filter], "sort": "name"});
    let answer = app.post("/v1/accounts/search", body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let initials = names(&answer, "accounts").into_iter();
    initials.filter_map(|name| name.chars().next()).collect()
}

#[tokio::test]
async fn every_operator_finds_what_it_says_in_system_and_custom_fields() {
    let app = app_with_accounts().await;
    let id = app
        .post("/v1/accounts", json!({"domain": "acme.com"}))
        .await
        .data()["id"]
        .clone();
    let stranger = json!("00000000-0000-7000-8000-000000000000");
    let cases = [
        ("name", "eq", json!("ACME"), "A"),
        ("name", "is", json!("zlut 100%"), "Ž"),
        ("name", "neq", json!("acme"), "GŽ"),
        ("name", "is_not", json!("acme"), "GŽ"),
        ("name", "contains", json!("%"), "Ž"),
        ("name", "contain", json!("_"), "G"),
        ("name", "not_contains", json!("c"), "Ž"),
        ("name", "not_contain", json!("ZLUT"), "AG"),
        ("name", "starts_with", json!("glo"), "G"),
        ("name", "ends_with", json!("CORP"), "G"),
        ("name", "in", json!(["acme", "nobody"]), "A"),
        ("name", "is_any_of", json!("acme"), "A"),
        ("name", "not_in", json!(["acme", "nobody"]), "GŽ"),
        ("name", "gte", json!("globex_corp"), "GŽ"),
        ("name", "contains_all", json!(["acme", "m"]), "A"),
        ("name", "contains_none", json!(["acme", "glob"]), "Ž"),
        ("founded", "eq", json!(1999), "A"),
        ("founded", "neq", json!(1999), "GŽ"),
        ("founded", "gt", json!(1999), "Ž"),
        ("founded", "greater_than", json!(1998), "AŽ"),
        ("founded", "gte", json!(1999), "AŽ"),
        ("founded", "lt", json!(2010), "A"),
        ("founded", "less_than", json!(2011), "AŽ"),
        ("founded", "lte", json!(2010), "AŽ"),
        ("founded", "between", json!([1999, 2010]), "AŽ"),
        ("founded", "in", json!([2010, 1]), "Ž"),
        ("founded", "not_in", json!([2010]), "AG"),
        ("founded", "empty", Value::Null, "G"),
        ("founded", "not_empty", Value::Null, "AŽ"),
        (
            "next_meeting",
            "after",
            json!("2026-05-25T11:30:00+02:00"),
            "Ž",
        ),
        ("next_meeting", "before", json!("2026-06-01"), "A"),
        ("next_meeting", "eq", json!(1_779_701_400), "A"),
        ("tags", "eq", json!("europe"), "A"),
        ("tags", "contains", json!("urop"), "A"),
        ("tags", "contains_all", json!(["customer", "EUROPE"]), "A"),
        ("tags", "include_all", json!(["customer", "partner"]), ""),
        ("tags", "contains_none", json!(["customer"]), "GŽ"),
        ("tags", "exclude_all", json!(["customer", "partner"]), "G"),
        ("tags", "empty", Value::Null, "G"),
        ("domain", "eq", json!("Acme.COM"), "A"),
        ("domain", "ends_with", json!(".com"), "AG"),
        ("id", "eq", id.clone(), "A"),
        ("id", "neq", id.clone(), "GŽ"),
        ("id", "in", json!([id, stranger]), "A"),
        ("region", "eq", json!("emea"), "A"),
        ("custom__region", "starts_with", json!("EMEA"), "AŽ"),
        ("region", "neq", json!("EMEA"), "GŽ"),
        ("region", "contains_all", json!(["emea", "south"]), "Ž"),
        ("seats", "gt", json!(12), "Ž"),
        ("seats", "between", json!([12, 40.5]), "AŽ"),
        ("custom__seats", "empty", Value::Null, "G"),
        ("signed", "eq", json!(true), "A"),
        ("signed", "neq", json!(true), "GŽ"),
        ("signed", "in", json!([true, false]), "AŽ"),
    ];
    for (field, operator, value, expected) in cases {
        let answer = found(&app, field, operator, value.clone()).await;
        assert_eq!(answer, expected, "{field} {operator} {value}");
    }
}

#[tokio::test]
async fn a_list_answers_whole_records_and_the_custom_fields_there_are() {
    let app = app_with_accounts().await;

    let page = app.get("/v1/accounts").await;

    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.data()["limit"], 100);
    assert_eq!(page.data()["has_more"], false);
    assert_eq!(page.data()["next_cursor"], Value::Null);
    let definition = json!({
        "current_name": "seats", "property_name": "custom__seats", "attribute_type": "number", "metadata": {},
    });
    assert_eq!(page.data()["custom_field_definitions"]["seats"], definition);
    for listed in page.data()["accounts"].as_array().unwrap() {
        let id = listed["id"].as_str().unwrap();
        let single = app.get(&format!("/v1/accounts/{id}")).await;
        assert_eq!(single.data(), listed);
    }
}

#[tokio::test]
async fn every_word_is_looked_for_whatever_its_case_and_accents() {
    let app = app_with_accounts().await;
    let jane =
        json!({"email": "jane@acme.com", "full_name": "Jane Čapek", "phone": "+49 (30) 123-456"});
    app.post("/v1/contacts", jane).await;
    for (target, expected) in [
        ("/v1/accounts?q=zlut", vec!["Žluť 100%"]),
        ("/v1/accounts?q=COM%20glo", vec!["Globex_Corp"]),
        ("/v1/accounts?q=%25", vec!["Žluť 100%"]),
        ("/v1/accounts?q=x_c", vec!["Globex_Corp"]),
        ("/v1/accounts?q=%22%20OR%20%22", vec![]),
        ("/v1/accounts?q=acme%20nobody", vec![]),
        ("/v1/contacts?q=capek%20ja", vec!["Jane Čapek"]),
        ("/v1/contacts?q=30%20123456", vec!["Jane Čapek"]),
        ("/v1/contacts?q=0049-30%2F123", vec!["Jane Čapek"]),
    ] {
        let answer = app.get(target).await;
        let object = if target.contains("contacts") {
            "contacts"
        } else {
            "accounts"
        };
        assert_eq!(names(&answer, object), expected, "{target}");
    }
}

#[tokio::test]
async fn an_opportunity_is_found_by_its_pipeline_its_stage_and_the_words_around_it() {
    let app = TestApp::new().await;
    let pipeline_id = app.tenant.pipeline_id;
    for (name, stage) in [("First", "Qualified"), ("Second", "Won")] {
        let body = json!({
            "pipeline_id": pipeline_id,
            "opportunity": {"name": name, "stage_name": stage, "deal_size": 10, "custom_attributes": {"seats": 3}},
            "related_objects": {
                "account_domain": "blue-ocean.co.uk", "primary_contact_email": format!("{name}@acme.com"),
                "additional_contact_emails": ["extra@acme.com"], "owner_email": app.tenant.owner_email,
            },
        });
        assert_eq!(app.post("/v1/opportunities", body).await.status, 201);
    }
    let stage_id = app
        .tenant
        .stages
        .iter()
        .find(|(label, _)| label == "Won")
        .unwrap()
        .1;
    let list = format!("/v1/opportunities?pipeline_id={pipeline_id}");
    let search = async |more: Value| {
        let mut body = more;
        body["pipeline_id"] = json!(pipeline_id);
        let answer = app.post("/v1/opportunities/search", body).await;
        names(&answer, "opportunities")
    };
    let filter = |field: &str, value: Value| json!({"filters": [{"field": field, "operator": "eq", "value": value}], "sort": "name"});

    assert_eq!(
        names(&app.get(&list).await, "opportunities"),
        ["Second", "First"]
    );
    let staged = app.get(&format!("{list}&stage_id={stage_id}")).await;
    assert_eq!(names(&staged, "opportunities"), ["Second"]);
    let worded = app.get(&format!("{list}&q=ocean+first@")).await;
    assert_eq!(names(&worded, "opportunities"), ["First"]);
    assert_eq!(search(filter("stage_name", json!("won"))).await, ["Second"]);
    assert_eq!(
        search(filter("amount", json!(10))).await,
        ["First", "Second"]
    );
    assert_eq!(search(filter("seats", json!(3))).await, ["First", "Second"]);
    assert_eq!(
        search(filter("account_name", json!("blue ocean"))).await,
        ["First", "Second"]
    );
    assert_eq!(
        search(filter("contact_email", json!("SECOND@acme.com"))).await,
        ["Second"]
    );
    assert_eq!(
        search(filter("owner_id", json!(app.tenant.owner_id))).await,
        ["First", "Second"]
    );
    let missing = app.get("/v1/opportunities").await;
    assert_eq!(missing.status, 400);
    assert_eq!(missing.errors("pipeline_id"), "is required");
    let unknown = app
        .get(&format!("/v1/opportunities?pipeline_id={stage_id}"))
        .await;
    assert_eq!(unknown.status, 400);
}

#[tokio::test]
async fn only_the_members_that_were_selected_are_answered() {
    let app = app_with_accounts().await;
    let expected = json!({"name": "Acme", "custom_fields": {"seats": 12}});
    for target in [
        "/v1/accounts?q=acme&fields=name,seats",
        "/v1/accounts?q=acme&fields=name&fields=custom__seats",
        "/v1/accounts?q=acme&fields=%5B%22name%22%2C%22seats%22%5D",
    ] {
        let mut answer = app.get(target).await.body;
        let record = answer["data"]["accounts"][0].as_object_mut().unwrap();

        assert!(record.remove("id").is_some());
        assert_eq!(Value::Object(record.clone()), expected, "{target}");
    }
    let unknown = app.get("/v1/accounts?fields=nmae").await;
    assert_eq!(unknown.status, 400);
    assert_eq!(
        unknown.errors("fields"),
        "names no field: 'nmae'; did you mean 'name'?"
    );
}

#[tokio::test]
async fn pages_follow_each_other_by_a_cursor_that_is_good_for_nothing_else() {
    let app = app_with_accounts().await;
    let another = app.another_tenant().await;
    let search = json!({"sort": ["founded", "name:desc"], "limit": 1});
    assert_eq!(app.post("/v1/accounts/search", search).await.status, 400);
    let body = |cursor: &Value| json!({"sort": ["seats:desc", {"field": "name"}], "limit": 1, "cursor": cursor});
    let mut cursor = Value::Null;
    let mut all = vec![];
    loop {
        let page = app.post("/v1/accounts/search", body(&cursor)).await;
        all.extend(names(&page, "accounts"));
        if page.data()["has_more"] == false {
            break;
        }
        cursor = page.data()["next_cursor"].clone();
        let fields = json!({"sort": ["seats:desc", "name"], "limit": 1, "cursor": cursor, "fields": ["name"]});
        assert_eq!(app.post("/v1/accounts/search", fields).await.status, 200);
    }

    assert_eq!(all, ["Žluť 100%", "Acme", "Globex_Corp"]);
    let other_limit = json!({"sort": ["seats:desc", "name"], "limit": 2, "cursor": cursor});
    assert_eq!(
        app.post("/v1/accounts/search", other_limit).await.status,
        400
    );
    let elsewhere = app.call("POST", "/v1/accounts/search").key(&another.key);
    let elsewhere = elsewhere
        .json(&json!({"limit": 1, "cursor": cursor}))
        .send()
        .await;
    assert_eq!(elsewhere.status, 400);
    let forged = app.get("/v1/accounts?cursor=AAAA").await;
    assert!(
        forged
            .errors("cursor")
            .starts_with("is no cursor of this search")
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_search_is_said_at_once() {
    let app = TestApp::new().await;
    let body = json!({
        "filters": [
            {"field": "nmae", "operator": "eq", "value": "x"},
            {"field": "name", "operator": "contans", "value": "x"},
            {"field": "founded", "operator": "in", "value": [1999, "x"]},
        ],
        "sort": ["description", "name:up"], "fields": ["nothing"],
    });

    let refused = app.post("/v1/accounts/search", body).await;

    assert_eq!(refused.status, 400);
    let paths: Vec<&String> = refused.body["errors"].as_object().unwrap().keys().collect();
    let expected = [
        "fields.0",
        "filters.0.field",
        "filters.1.operator",
        "filters.2.value.1",
        "sort.0",
        "sort.1",
    ];
    assert_eq!(paths, expected);
    for target in [
        "/v1/accounts?limit=0",
        "/v1/accounts?limit=501",
        "/v1/accounts?limit=",
        "/v1/accounts?stage_id=x",
        "/v1/accounts?qq=x",
    ] {
        assert_eq!(app.get(target).await.status, 400, "{target}");
    }
    let pipeline_id = app.tenant.pipeline_id;
    let every_stage = format!("/v1/opportunities?pipeline_id={pipeline_id}&stage_id=");
    assert_eq!(app.get(&every_stage).await.status, 400);
    let misspelt = app.post("/v1/accounts/search", json!({"filter": []})).await;
    assert!(
        misspelt
            .errors("filter")
            .contains("did you mean 'filters'?")
    );
}

#[tokio::test]
async fn nobody_sees_what_is_another_organisations() {
    let app = app_with_accounts().await;
    let another = app.another_tenant().await;
    let pipeline_id = app.tenant.pipeline_id;
    for object in ["accounts", "contacts"] {
        for (method, target) in [
            ("GET", format!("/v1/{object}?q=acme")),
            ("POST", format!("/v1/{object}/search")),
        ] {
            let call = app.call(method, &target).key(&another.key);
            let call = if method == "POST" {
                call.json(&json!({}))
            } else {
                call
            };
            let answer = call.send().await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.data()[object], json!([]), "{target}");
            assert_eq!(answer.data()["custom_field_definitions"], json!({}));
        }
    }
    let foreign = format!("/v1/opportunities?pipeline_id={pipeline_id}");
    let foreign = app.call("GET", &foreign).key(&another.key).send().await;
    assert_eq!(foreign.status, 400);
    let body = json!({"pipeline_id": pipeline_id});
    let foreign = app
        .call("POST", "/v1/opportunities/search")
        .key(&another.key)
        .json(&body);
    let foreign = foreign.send().await;
    assert_eq!(
        foreign.errors("pipeline_id"),
        format!("names no pipeline: '{pipeline_id}'")
    );
}

#[tokio::test]
async fn the_older_addresses_answer_the_same() {
    let app = app_with_accounts().await;
    let pipeline = format!("?pipeline_id={}", app.tenant.pipeline_id);
    for (object, parameters, body) in [
        ("accounts", "", json!({})),
        ("contacts", "", json!({})),
        (
            "opportunities",
            pipeline.as_str(),
            json!({"pipeline_id": app.tenant.pipeline_id}),
        ),
    ] {
        let list = app.get(&format!("/v1/{object}{parameters}")).await;
        let older = app.get(&format!("/v2/inbound/{object}{parameters}")).await;
        assert_eq!(older.data(), list.data());
        let search = app
            .post(&format!("/v2/inbound/{object}/search"), body)
            .await;
        assert_eq!(search.data(), list.data());
    }
}
