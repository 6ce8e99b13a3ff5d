//! Pipelines: creating and changing them.

use serde_json::{Value, json};

use crate::support::TestApp;

async fn pipelines(app: &TestApp) -> Vec<(String, bool)> {
    let listed = app.get("/v1/pipelines").await;
    let pipelines = listed.data()["pipelines"].as_array().expect("a list");
    let pipelines = pipelines.iter().map(|pipeline| {
        let name = pipeline["name"].as_str().expect("a text").to_owned();
        (name, pipeline["is_default"] == true)
    });
    pipelines.collect()
}

fn labels(pipeline: &Value) -> Vec<&str> {
    let stages = pipeline["stages"].as_array().expect("a list").iter();
    stages
        .map(|stage| stage["label"].as_str().expect("a text"))
        .collect()
}

#[tokio::test]
async fn a_pipeline_starts_with_the_stages_it_is_given_or_with_the_usual_ones() {
    let app = TestApp::new().await;
    let stages =
        json!([{"label": "Due"}, {"label": "Renewed", "stage_type": "positive", "note": "?"}]);

    let own = json!({"name": " Renewals ", "stages": stages, "owner": "?"});
    let own = app.post("/v1/pipelines", own).await;
    let usual = app.post("/v1/pipelines", json!({"name": "Partners"})).await;

    assert_eq!((own.status, usual.status), (201, 201), "{}", own.body);
    assert_eq!(own.data()["name"], "Renewals");
    assert_eq!(labels(own.data()), ["Due", "Renewed"]);
    assert_eq!(own.data()["stages"][0]["is_default"], true);
    assert_eq!(own.data()["ignored"], json!(["stages.1.note", "owner"]));
    let first = app
        .get(&format!("/v1/pipelines/{}", app.tenant.pipeline_id))
        .await;
    assert_eq!(labels(usual.data()), labels(first.data()));
    let id = own.data()["id"].as_str().expect("an id");
    let body = json!({"pipeline_id": id, "opportunity": {}, "related_objects": {}});
    let deal = app.post("/v1/opportunities", body).await;
    assert_eq!(deal.data()["stage_name"], "Due");
}

#[tokio::test]
async fn a_name_is_one_pipelines_alone_whatever_its_case_and_accents() {
    let app = TestApp::new().await;
    let other = app.post("/v1/pipelines", json!({"name": "Renewals"})).await;
    let other = format!(
        "/v1/pipelines/{}",
        other.data()["id"].as_str().expect("an id")
    );

    let again = app.post("/v1/pipelines", json!({"name": " SÁLES "})).await;
    let renamed = app.patch(&other, json!({"name": "sales"})).await;
    let recased = app.patch(&other, json!({"name": "RENEWALS"})).await;

    assert_eq!((again.status, again.code()), (409, "conflict"));
    assert_eq!(
        again.errors("name"),
        "is taken: there is a pipeline 'Sales'"
    );
    assert_eq!(renamed.status, 409);
    assert_eq!(
        (recased.status, &recased.data()["name"]),
        (200, &json!("RENEWALS"))
    );
}

#[tokio::test]
async fn the_default_moves_from_one_pipeline_to_another_and_never_goes() {
    let app = TestApp::new().await;
    let sales = format!("/v1/pipelines/{}", app.tenant.pipeline_id);

    let made = app
        .post(
            "/v1/pipelines",
            json!({"name": "Renewals", "is_default": true}),
        )
        .await;
    let after_create = pipelines(&app).await;
    let back = app.patch(&sales, json!({"is_default": true})).await;
    let none = app.patch(&sales, json!({"is_default": false})).await;

    assert_eq!((made.status, back.status), (201, 200));
    let with = |sales, renewals| {
        [
            ("Sales".to_owned(), sales),
            ("Renewals".to_owned(), renewals),
        ]
    };
    assert_eq!(after_create, with(false, true));
    assert_eq!(pipelines(&app).await, with(true, false));
    assert_eq!(none.status, 409);
    assert!(none.errors("is_default").contains("until another pipeline"));
}

#[tokio::test]
async fn all_faults_of_a_pipeline_are_told_and_nothing_is_made() {
    let app = TestApp::new().await;
    let stages = json!([{"label": "Due"}, {"label": "dué"}, {"probability": 101}, 5]);
    let body = json!({"name": "x".repeat(256), "is_default": 1, "stages": stages});

    let refused = app.post("/v1/pipelines", body).await;
    let clash = json!({"name": "Sales", "stages": [{"label": "Due"}, {"label": "dué"}]});
    let clash = app.post("/v1/pipelines", clash).await;
    let empty = app
        .post("/v1/pipelines", json!({"name": " ", "stages": []}))
        .await;
    let id = app.tenant.pipeline_id;
    let target = format!("/v1/pipelines/{id}");
    let cleared = json!({"name": null, "is_default": null});
    let cleared = app.patch(&target, cleared).await;

    assert_eq!(refused.status, 400);
    assert!(refused.errors("name").contains("at most 255"));
    assert!(refused.errors("is_default").contains("send true or false"));
    assert_eq!(refused.errors("stages.2.label"), "is required");
    assert!(refused.errors("stages.2.probability").contains("0 to 100"));
    assert!(refused.errors("stages.3").contains("send an object"));
    assert_eq!(clash.status, 409);
    assert!(clash.errors("name").contains("'Sales'"));
    assert_eq!(
        clash.errors("stages.1.label"),
        "is taken: the pipeline has a stage 'Due'"
    );
    assert_eq!(empty.errors("name"), "is required");
    assert!(empty.errors("stages").contains("1 to 100"));
    assert!(cleared.errors("name").contains("cannot be empty"));
    assert!(cleared.errors("is_default").contains("cannot be empty"));
    assert_eq!(pipelines(&app).await.len(), 1);
}

#[tokio::test]
async fn there_are_never_more_pipelines_than_may_be() {
    let app = TestApp::new().await;

    let mut statuses = vec![];
    for number in 1..=100 {
        let name = json!({"name": format!("Pipeline {number}"), "stages": [{"label": "Only"}]});
        statuses.push(app.post("/v1/pipelines", name).await.status);
    }

    assert_eq!(statuses.pop(), Some(409));
    assert!(statuses.iter().all(|status| *status == 201));
    assert_eq!(pipelines(&app).await.len(), 100);
}

#[tokio::test]
async fn a_pipeline_changes_when_its_stages_do_and_only_when_something_differs() {
    let app = TestApp::new().await;
    let target = format!("/v1/pipelines/{}", app.tenant.pipeline_id);
    let stage = format!("{target}/stages/{}", app.tenant.stage("Won"));
    let updated_at = async || app.get(&target).await.data()["updated_at"].to_string();
    let mut times = vec![updated_at().await];

    app.post(&format!("{target}/stages/bulk"), json!([{"label": "Demo"}]))
        .await;
    times.push(updated_at().await);
    app.patch(&stage, json!({"color": null})).await;
    times.push(updated_at().await);
    app.patch(&target, json!({"name": "New business"})).await;
    times.push(updated_at().await);
    app.patch(&target, json!({"name": "New business"})).await;
    app.patch(&stage, json!({"color": null})).await;

    assert_eq!(updated_at().await, times[3]);
    assert!(times.is_sorted_by(|one, next| one < next), "{times:?}");
}

#[tokio::test]
async fn what_is_set_needs_an_admins_key() {
    let app = TestApp::new().await;
    let (_, key) = app
        .another_key(|key| key.scope = lanekeeper_core::key::KeyScope::Write)
        .await;
    let pipeline = format!("/v1/pipelines/{}", app.tenant.pipeline_id);
    let stage = format!("{pipeline}/stages/{}", app.tenant.stage("Won"));
    let user = format!("/v1/users/{}", app.tenant.owner_id);
    let own_key = format!("/v1/keys/{}", app.tenant.key_id);

    for (method, target) in [
        ("POST", "/v1/pipelines"),
        ("PATCH", &pipeline),
        ("PATCH", &stage),
        ("DELETE", &stage),
        ("POST", "/v1/users"),
        ("PATCH", &user),
        ("GET", "/v1/keys"),
        ("POST", "/v1/keys"),
        ("DELETE", &own_key),
    ] {
        let refused = app
            .call(method, target)
            .key(&key)
            .json(&json!({}))
            .send()
            .await;
        assert_eq!(
            (refused.status, refused.code()),
            (401, "key_not_allowed"),
            "{target}"
        );
    }
    for target in [
        "/v1/users",
        &user,
        &pipeline,
        &format!("{pipeline}/summary"),
    ] {
        assert_eq!(app.call("GET", target).key(&key).send().await.status, 200);
    }
}
