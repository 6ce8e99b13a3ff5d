//! Custom fields of every type: what finds them, and how they are sorted.

use serde_json::{Value, json};

use super::{found, names};
use crate::support::TestApp;

/// Three accounts: `A` and `B` have a value of every type, `C` has none. Of each type: its name, and the two values.
async fn app_with_every_type() -> TestApp {
    let app = TestApp::new().await;
    let (owner, options) = (
        json!([app.tenant.owner_email]),
        json!({"options": [
            {"label": "Website", "value": "web"}, {"label": "Web shop", "value": "WEB"}, {"label": "Gelb", "value": "yellow"},
        ]}),
    );
    let values = [
        ("string", json!("Žluť 100%"), json!("zoo")),
        ("number", json!(-1.5), json!(12)),
        ("checkbox", json!(true), json!(false)),
        ("date", json!("2026-05-25"), json!("2027-01-01")),
        (
            "date_range",
            json!(["2026-05-25", "2026-05-28"]),
            json!(["2027-01-01", "2027-01-01"]),
        ),
        ("rating", json!(2), json!(5)),
        (
            "timestamp",
            json!("2026-05-25T09:30:00Z"),
            json!(1_798_761_600),
        ),
        ("select", json!("web"), json!("WEB")),
        ("multi_select", json!(["web", "yellow"]), json!(["WEB"])),
        ("currency", json!(9.95), json!(1000)),
        ("percentage", json!(50), json!(75.5)),
        ("location", json!("São Paulo"), json!("Zürich")),
        ("time", json!("09:30"), json!("17:00:30")),
        (
            "datetime",
            json!("2026-05-25T09:30:00+02:00"),
            json!("2027-01-01T00:00:00Z"),
        ),
        ("email", json!("Jane@acme.com"), json!("zoe@acme.com")),
        ("phone", json!("+49 30 1234"), json!("030/99 88")),
        ("website", json!("https://a.org"), json!("https://b.org")),
        ("url", json!("https://a.org/x"), json!("https://b.org/X")),
        ("radio", json!("web"), json!("yellow")),
        ("team_members", owner, Value::Null),
    ];
    let fields = values.iter().map(|(name, ..)| {
        let metadata = match *name {
            "select" | "multi_select" | "radio" => options.clone(),
            _ => Value::Null,
        };
        json!({"name": format!("My {name}"), "attribute_type": name, "metadata": metadata})
    });
    let fields = app.post("/v1/accounts/fields/bulk", fields.collect()).await;
    assert_eq!(fields.status, 201, "{}", fields.body);
    let mut accounts = [("A", "a.org"), ("B", "b.org"), ("C", "c.org")]
        .map(|(name, domain)| json!({"name": name, "domain": domain}));
    for (name, of_a, of_b) in values {
        accounts[0][format!("my_{name}")] = of_a;
        accounts[1][format!("my_{name}")] = of_b;
    }
    let created = app.post("/v1/accounts/bulk", json!(accounts)).await;
    assert_eq!(created.status, 201, "{}", created.body);
    app
}

#[tokio::test]
async fn a_field_of_every_type_finds_its_values_however_they_are_written() {
    let app = app_with_every_type().await;
    let owner = json!(app.tenant.owner_id);
    let stranger = json!("00000000-0000-7000-8000-000000000000");
    let address = json!(app.tenant.owner_email.to_uppercase());
    let cases = [
        ("string", "eq", json!("zlut 100%"), "A"),
        ("string", "starts_with", json!("Z"), "AB"),
        ("string", "starts_with", json!("ŽL"), "A"),
        ("string", "contains", json!("OO"), "B"),
        ("string", "gt", json!("zlut 100%"), "B"),
        ("number", "eq", json!(12.0), "B"),
        ("number", "lt", json!(0), "A"),
        ("number", "in", json!([-1.5, 12, 7]), "AB"),
        ("checkbox", "eq", json!(true), "A"),
        ("checkbox", "neq", json!(true), "BC"),
        ("date", "eq", json!("2026-05-25"), "A"),
        ("date", "after", json!("2026-05-25"), "B"),
        ("date", "between", json!(["2026-05-25", "2027-01-01"]), "AB"),
        ("date", "before", json!(1_798_761_600), "A"),
        ("date_range", "eq", json!("2026-05-28"), "A"),
        (
            "date_range",
            "in",
            json!(["2027-01-01", "2026-05-28"]),
            "AB",
        ),
        ("date_range", "contains", json!("2026-05-25T00:00:00Z"), "A"),
        ("date_range", "contains", json!("2026-05-26"), ""),
        ("date_range", "before", json!("2026-05-26"), "A"),
        ("date_range", "after", json!("2026-05-27"), "AB"),
        ("date_range", "after", json!("2026-05-28"), "B"),
        (
            "date_range",
            "between",
            json!(["2026-06-01", "2027-01-01"]),
            "B",
        ),
        ("rating", "gte", json!(5), "B"),
        ("timestamp", "eq", json!("2026-05-25T11:30:00+02:00"), "A"),
        ("timestamp", "gte", json!("2027-01-01"), "B"),
        ("select", "eq", json!("web"), "A"),
        ("select", "eq", json!("WEB"), "B"),
        ("select", "eq", json!("wEb"), ""),
        ("select", "eq", json!("web SHOP"), "B"),
        ("select", "in", json!(["Website", "Gelb"]), "A"),
        ("select", "not_in", json!(["web"]), "BC"),
        ("multi_select", "eq", json!("web"), "A"),
        ("multi_select", "contains", json!("WEB"), "B"),
        ("multi_select", "contains", json!("we"), ""),
        ("multi_select", "in", json!(["Gelb", "Web shop"]), "AB"),
        (
            "multi_select",
            "contains_all",
            json!(["gelb", "website"]),
            "A",
        ),
        ("multi_select", "contains_all", json!(["yellow", "WEB"]), ""),
        ("multi_select", "contains_none", json!(["yellow"]), "BC"),
        ("currency", "gt", json!(9.95), "B"),
        ("percentage", "between", json!([50, 60]), "A"),
        ("location", "eq", json!("sao paulo"), "A"),
        ("location", "ends_with", json!("RICH"), "B"),
        ("time", "eq", json!("09:30:00"), "A"),
        ("time", "gt", json!("12:00:00"), "B"),
        ("datetime", "eq", json!("2026-05-25T07:30:00Z"), "A"),
        (
            "datetime",
            "before",
            json!("2027-01-01T00:00:00.000001Z"),
            "AB",
        ),
        ("email", "eq", json!("JANE@ACME.COM"), "A"),
        ("email", "ends_with", json!("@acme.com"), "AB"),
        ("phone", "starts_with", json!("+49"), "A"),
        ("website", "contains", json!("B.ORG"), "B"),
        ("url", "eq", json!("https://b.org/x"), "B"),
        ("radio", "eq", json!("gelb"), "B"),
        ("team_members", "contains", owner.clone(), "A"),
        ("team_members", "in", json!([owner, stranger]), "A"),
        ("team_members", "contains", address.clone(), "A"),
        ("team_members", "not_in", json!([address]), "BC"),
        ("team_members", "eq", json!("nobody@example.com"), ""),
        ("team_members", "contains_none", json!([owner]), "BC"),
        ("team_members", "not_empty", Value::Null, "A"),
    ];
    for (name, operator, value, expected) in cases {
        let answer = found(&app, &format!("my_{name}"), operator, value.clone()).await;
        assert_eq!(answer, expected, "{name} {operator} {value}");
    }
    for name in ["string", "multi_select", "date_range", "checkbox", "radio"] {
        let field = format!("custom__my_{name}");
        assert_eq!(found(&app, &field, "not_empty", Value::Null).await, "AB");
        assert_eq!(found(&app, &field, "empty", Value::Null).await, "C");
    }
}

#[tokio::test]
async fn a_field_with_one_value_sorts_both_ways_and_who_has_none_comes_last() {
    let app = app_with_every_type().await;
    let sorted = async |sort: String| {
        let answer = app.post("/v1/accounts/search", json!({"sort": sort})).await;
        match answer.status {
            200 => names(&answer, "accounts").concat(),
            status => format!("{status}"),
        }
    };
    for (name, ascending) in [
        ("string", "ABC"),
        ("number", "ABC"),
        ("checkbox", "BAC"),
        ("date", "ABC"),
        ("rating", "ABC"),
        ("timestamp", "ABC"),
        // Values are compared as they are: capitals come first.
        ("select", "BAC"),
        ("currency", "ABC"),
        ("percentage", "ABC"),
        ("location", "ABC"),
        ("time", "ABC"),
        ("datetime", "ABC"),
        ("email", "ABC"),
        ("phone", "ABC"),
        ("website", "ABC"),
        ("url", "ABC"),
        ("radio", "ABC"),
    ] {
        let descending: String = match ascending {
            "ABC" => "BAC".to_owned(),
            _ => "ABC".to_owned(),
        };
        assert_eq!(sorted(format!("my_{name}")).await, ascending, "{name}");
        assert_eq!(
            sorted(format!("my_{name}:desc")).await,
            descending,
            "{name}"
        );
    }
    for name in ["multi_select", "team_members", "date_range"] {
        assert_eq!(sorted(format!("my_{name}")).await, "400", "{name}");
    }
}

#[tokio::test]
async fn what_changes_goes_or_comes_back_is_found_as_it_is_now() {
    let app = app_with_every_type().await;
    let list = app.get("/v1/accounts?q=a.org").await;
    let target = format!(
        "/v1/accounts/{}",
        list.data()["accounts"][0]["id"].as_str().unwrap()
    );
    let by_number = async |number: i64| found(&app, "my_number", "gte", json!(number)).await;

    let patched = app.patch(&target, json!({"my_number": 100})).await;
    assert_eq!(patched.status, 200, "{}", patched.body);
    assert_eq!(by_number(13).await, "A");
    assert_eq!(found(&app, "my_number", "eq", json!(-1.5)).await, "");

    app.delete(&target).await;
    assert_eq!(by_number(0).await, "B");

    app.call("POST", &format!("{target}/restore")).send().await;
    assert_eq!(by_number(0).await, "AB");

    let cleared = app.patch(&target, json!({"my_number": null})).await;
    assert_eq!(cleared.status, 200, "{}", cleared.body);
    assert_eq!(by_number(0).await, "B");
}

/// The stored value stays as it is, but it compares otherwise.
#[tokio::test]
async fn a_field_that_changes_its_type_is_searched_as_the_new_type_compares() {
    let app = TestApp::new().await;
    for (name, region) in [("A", "Web"), ("B", "WEB")] {
        let body = json!({"name": name, "domain": format!("{name}.org"), "region": region});
        assert_eq!(app.post("/v1/accounts", body).await.status, 201);
    }
    assert_eq!(found(&app, "region", "eq", json!("web")).await, "AB");
    let options =
        json!({"options": [{"label": "One", "value": "Web"}, {"label": "Two", "value": "WEB"}]});
    let change =
        json!([{"property_name": "region", "attribute_type": "select", "metadata": options}]);

    let changed = app.post("/v1/accounts/fields/bulk/update", change).await;

    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(found(&app, "region", "eq", json!("Web")).await, "A");
    assert_eq!(found(&app, "region", "eq", json!("two")).await, "B");
    assert_eq!(found(&app, "region", "eq", json!("web")).await, "");
    let body = json!({"sort": "region"});
    let sorted = app.post("/v1/accounts/search", body).await;
    assert_eq!(names(&sorted, "accounts"), ["B", "A"]);
}
