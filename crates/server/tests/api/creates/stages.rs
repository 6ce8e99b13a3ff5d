//! The stage that an opportunity starts in.

use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn a_stage_is_found_by_its_label_whatever_its_case_and_the_space_around_it() {
    let app = TestApp::new().await;

    for name in ["Proposal", " PROPOSAL\t", "proposal"] {
        let created = app.create(json!({"stage_name": name}), json!({})).await;
        assert_eq!(
            created.data()["stage_id"],
            json!(app.tenant.stage("Proposal"))
        );
        assert_eq!(created.data()["stage_name"], "Proposal");
        assert_eq!(created.data()["resolved"]["stage"]["outcome"], "matched");
    }
}

#[tokio::test]
async fn a_stages_id_wins_over_its_label() {
    let app = TestApp::new().await;
    let won = app.tenant.stage("Won");

    for name in ["Lost", "no such stage"] {
        let created = app
            .create(json!({"stage_id": won, "stage_name": name}), json!({}))
            .await;
        assert_eq!(created.data()["stage_name"], "Won", "{}", created.body);
    }
}

#[tokio::test]
async fn without_a_stage_it_is_the_pipelines_default_else_its_first() {
    let app = TestApp::new().await;
    let with_default = app
        .another_tenant_with(|setup| {
            setup.pipeline.stages[0].is_default = false;
            setup.pipeline.stages[2].is_default = true;
        })
        .await;
    let without = app
        .another_tenant_with(|setup| {
            setup.pipeline.stages[0].is_default = false;
            setup.pipeline.stages[0].is_active = false;
        })
        .await;

    for (tenant, label) in [
        (&app.tenant, "Lead"),
        (&with_default, "Proposal"),
        (&without, "Qualified"),
    ] {
        for opportunity in [json!({}), json!({"stage_id": null, "stage_name": " "})] {
            let body = tenant.opportunity(opportunity, json!({}));
            let created = app
                .call("POST", "/v1/opportunities")
                .key(&tenant.key)
                .json(&body)
                .send()
                .await;
            assert_eq!(created.data()["stage_name"], label, "{}", created.body);
            assert_eq!(created.data()["resolved"]["stage"]["outcome"], "default");
        }
    }
}

#[tokio::test]
async fn a_stage_that_is_unknown_or_of_another_pipeline_is_refused_with_the_stages_there_are() {
    let app = TestApp::new().await;
    let another = app.another_tenant().await.stage("Lead");

    let by_name = app
        .create(json!({"stage_name": "Qualfied"}), json!({}))
        .await;
    let by_id = app
        .create(json!({"stage_id": Uuid::nil()}), json!({}))
        .await;
    let of_another = app.create(json!({"stage_id": another}), json!({})).await;

    insta::assert_json_snapshot!(by_name.body["errors"], @r#"
    {
      "opportunity.stage_name": [
        "names no active stage of the pipeline: 'Qualfied'; the pipeline's stages are 'Lead', 'Qualified', 'Proposal', 'Negotiation', 'Won', 'Lost'"
      ]
    }
    "#);
    insta::assert_json_snapshot!(by_id.body["errors"], @r#"
    {
      "opportunity.stage_id": [
        "names no active stage of the pipeline: '00000000-0000-0000-0000-000000000000'; the pipeline's stages are 'Lead', 'Qualified', 'Proposal', 'Negotiation', 'Won', 'Lost'"
      ]
    }
    "#);
    assert_eq!(of_another.status, 400);
    assert!(
        of_another
            .errors("opportunity.stage_id")
            .contains("'Negotiation'")
    );
}

#[tokio::test]
async fn an_inactive_stage_is_no_stage_to_start_in() {
    let app = TestApp::new().await;
    let tenant = app
        .another_tenant_with(|setup| setup.pipeline.stages[1].is_active = false)
        .await;
    let inactive = tenant.stage("Qualified");

    for stage in [
        json!({"stage_id": inactive}),
        json!({"stage_name": "Qualified"}),
    ] {
        let body = tenant.opportunity(stage, json!({}));
        let refused = app
            .call("POST", "/v1/opportunities")
            .key(&tenant.key)
            .json(&body)
            .send()
            .await;
        assert_eq!(refused.status, 400);
        assert!(
            !refused.body["errors"]
                .to_string()
                .contains("'Lead', 'Qualified'"),
            "{}",
            refused.body
        );
    }
    let stages = format!("/v1/pipelines/{}/stages", tenant.pipeline_id);
    let listed = app.call("GET", &stages).key(&tenant.key).send().await;
    assert_eq!(listed.data()["stages"].as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn the_stages_of_a_pipeline_are_listed_in_order() {
    let app = TestApp::new().await;

    let stages = app
        .get(&format!("/v1/pipelines/{}/stages", app.tenant.pipeline_id))
        .await;
    let pipelines = app.get("/v1/pipelines").await;

    let listed = stages.data()["stages"].as_array().unwrap();
    let labels: Vec<_> = listed
        .iter()
        .map(|stage| stage["label"].as_str().unwrap())
        .collect();
    assert_eq!(
        labels,
        [
            "Lead",
            "Qualified",
            "Proposal",
            "Negotiation",
            "Won",
            "Lost"
        ]
    );
    assert_eq!(listed[0]["is_default"], true);
    assert_eq!(
        (&listed[4]["stage_type"], &listed[5]["stage_type"]),
        (&json!("positive"), &json!("negative"))
    );
    assert_eq!(
        pipelines.data()["pipelines"][0]["stages"],
        stages.data()["stages"]
    );
}
