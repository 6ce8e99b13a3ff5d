//! Stages: creating them.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

async fn create(app: &TestApp, stages: Value) -> Answer {
    let target = format!("/v1/pipelines/{}/stages/bulk", app.tenant.pipeline_id);
    app.post(&target, stages).await
}

async fn stages(app: &TestApp) -> Vec<(String, i64, bool)> {
    let target = format!("/v1/pipelines/{}/stages", app.tenant.pipeline_id);
    let listed = app.get(&target).await;
    let stages = listed.data()["stages"].as_array().expect("a list").clone();
    let stages = stages.iter().map(|stage| {
        let label = stage["label"].as_str().expect("a text").to_owned();
        let order = stage["stage_order"].as_i64().expect("a number");
        (label, order, stage["is_default"] == true)
    });
    stages.collect()
}

#[tokio::test]
async fn a_stage_gets_the_place_it_asks_for_and_others_make_room() {
    let app = TestApp::new().await;

    let created = create(
        &app,
        json!([
            {"label": "Demo", "stage_order": 2, "color": "#06d6a0", "probability": 20},
            {"label": "Churned", "stage_type": "negative", "stage_order": null, "note": "?"},
        ]),
    );
    let created = created.await;

    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.data()[0]["probability"], 20);
    assert_eq!(created.data()[1]["stage_type"], "negative");
    assert_eq!(created.data()[1]["ignored"], json!(["note"]));
    let labels = [
        "Lead",
        "Demo",
        "Qualified",
        "Proposal",
        "Negotiation",
        "Won",
        "Lost",
        "Churned",
    ];
    let expected = labels
        .iter()
        .zip(1..)
        .map(|(label, order)| ((*label).to_owned(), order, order == 1));
    assert_eq!(stages(&app).await, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_new_default_is_where_opportunities_start_and_the_feed_tells_it() {
    let app = TestApp::new().await;

    let created = create(&app, json!([{"label": "Inbox", "is_default": true}])).await;
    let body =
        json!({"pipeline_id": app.tenant.pipeline_id, "opportunity": {}, "related_objects": {}});
    let opportunity = app.post("/v1/opportunities", body).await;

    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(opportunity.data()["stage_name"], "Inbox");
    let defaults = stages(&app)
        .await
        .into_iter()
        .filter(|(_, _, is_default)| *is_default);
    assert_eq!(defaults.count(), 1);
    let feed = app.get("/v1/changes?limit=500").await;
    let changes = feed.data()["changes"].as_array().expect("a list").clone();
    let of_stages = changes.iter().filter(|change| change["object"] == "stage");
    let of_stages: Vec<_> = of_stages
        .map(|change| (&change["action"], &change["after"]["is_default"]))
        .collect();
    assert_eq!(
        of_stages,
        [
            (&json!("updated"), &json!(false)),
            (&json!("created"), &json!(true))
        ]
    );
}

#[tokio::test]
async fn all_faults_of_a_bulk_are_told_and_nothing_is_made() {
    let app = TestApp::new().await;

    let refused = create(
        &app,
        json!([
            {"label": " wön "},
            {"label": "Demo", "probability": 101, "stage_order": 1.5, "stage_type": "won"},
            {"color": "x".repeat(33)},
            {"label": "Trial"},
            {"label": "TRIAL"},
        ]),
    );
    let refused = refused.await;

    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.errors("0.label"),
        "is taken: the pipeline has a stage 'Won'"
    );
    assert!(
        refused
            .errors("1.probability")
            .contains("is not a number from 0 to 100: 101")
    );
    assert!(
        refused
            .errors("1.stage_order")
            .contains("is not a whole number")
    );
    assert!(
        refused
            .errors("1.stage_type")
            .contains("is no stage type: 'won'")
    );
    assert_eq!(refused.errors("2.label"), "is required");
    assert!(refused.errors("2.color").contains("at most 32"));
    assert_eq!(
        refused.errors("4.label"),
        "is taken: the pipeline has a stage 'Trial'"
    );
    assert_eq!(stages(&app).await.len(), 6);
}

#[tokio::test]
async fn a_pipeline_that_is_not_there_has_no_stages() {
    let app = TestApp::new().await;
    let other = app.another_tenant().await;

    for pipeline in [other.pipeline_id.to_string(), "nothing".to_owned()] {
        let target = format!("/v1/pipelines/{pipeline}/stages/bulk");
        let answer = app.post(&target, json!([{"label": "Demo"}])).await;
        assert_eq!(answer.status, 404);
    }
}
