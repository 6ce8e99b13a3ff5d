//! What is in a pipeline, stage by stage.

use serde_json::{Value, json};

use crate::support::TestApp;

async fn summary(app: &TestApp) -> Value {
    let target = format!("/v1/pipelines/{}/summary", app.tenant.pipeline_id);
    let summary = app.get(&target).await;
    assert_eq!(summary.status, 200, "{}", summary.body);
    summary.data().clone()
}

#[tokio::test]
async fn every_stage_tells_how_many_are_in_it_and_what_they_are_worth() {
    let app = TestApp::new().await;
    for (stage, deal_size) in [
        ("Lead", json!(0.1)),
        ("Lead", json!(0.2)),
        ("Lead", json!(null)),
        ("Proposal", json!(-1000.00004)),
        ("Won", json!(5000)),
        ("Lost", json!(70)),
    ] {
        let deal = json!({"stage_name": stage, "deal_size": deal_size});
        assert_eq!(app.create(deal, json!({})).await.status, 201);
    }

    let summary = summary(&app).await;

    let stages = summary["stages"].as_array().expect("a list");
    let rows = stages.iter().map(|stage| {
        json!([
            stage["label"],
            stage["count"],
            stage["deal_size_sum"],
            stage["deal_size_weighted_sum"]
        ])
    });
    let expected = json!([
        ["Lead", 3, 0.3, 0.03],
        ["Qualified", 0, 0, 0],
        ["Proposal", 1, -1000, -500],
        ["Negotiation", 0, 0, 0],
        ["Won", 1, 5000, 5000],
        ["Lost", 1, 70, 0],
    ]);
    assert_eq!(Value::Array(rows.collect()), expected);
    let totals = json!({"count": 6, "deal_size_sum": 4070.3, "deal_size_weighted_sum": 4500.03});
    assert_eq!(summary["totals"], totals);
    assert_eq!(stages[0]["stage_id"], json!(app.tenant.stage("Lead")));
}

#[tokio::test]
async fn a_sum_beyond_what_a_double_holds_is_null() {
    let app = TestApp::new().await;
    for deal_size in [1.7e308, 1.7e308] {
        app.create(json!({"deal_size": deal_size}), json!({})).await;
    }

    let summary = summary(&app).await;

    assert_eq!(summary["totals"]["deal_size_sum"], Value::Null);
    assert_eq!(summary["totals"]["count"], 2);
}

#[tokio::test]
async fn only_ones_own_pipeline_is_summed_up() {
    let app = TestApp::new().await;
    let other = app.another_tenant().await;
    let call = app.call("POST", "/v1/opportunities").key(&other.key);
    call.json(&other.opportunity(json!({"deal_size": 5}), json!({})))
        .send()
        .await;

    let theirs = app
        .get(&format!("/v1/pipelines/{}/summary", other.pipeline_id))
        .await;

    assert_eq!(theirs.status, 404);
    assert_eq!(summary(&app).await["totals"]["count"], 0);
}
