//! Stages: changing, deactivating and deleting them.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

fn target(app: &TestApp, label: &str) -> String {
    let (pipeline, stage) = (app.tenant.pipeline_id, app.tenant.stage(label));
    format!("/v1/pipelines/{pipeline}/stages/{stage}")
}

async fn stages(app: &TestApp) -> Vec<Value> {
    let pipeline = app.tenant.pipeline_id;
    let target = format!("/v1/pipelines/{pipeline}/stages?include=inactive");
    let listed = app.get(&target).await;
    listed.data()["stages"].as_array().expect("a list").clone()
}

async fn active_labels(app: &TestApp) -> Vec<String> {
    let stages = stages(app).await.into_iter();
    let active = stages.filter(|stage| stage["is_active"] == true);
    active
        .map(|stage| stage["label"].as_str().expect("a text").to_owned())
        .collect()
}

async fn default_label(app: &TestApp) -> Value {
    let stages = stages(app).await.into_iter();
    let mut defaults = stages.filter(|stage| stage["is_default"] == true);
    let default = defaults.next().expect("a default");
    assert_eq!(defaults.next(), None);
    default["label"].clone()
}

async fn deal(app: &TestApp, stage: &str) -> Answer {
    app.create(json!({"stage_name": stage}), json!({})).await
}

#[tokio::test]
async fn what_is_sent_changes_what_is_null_goes_and_the_rest_stays() {
    let app = TestApp::new().await;
    let body = json!({"label": " In talks ", "color": null, "stage_order": 4, "stage_type": "positive", "note": 1});

    let updated = app.patch(&target(&app, "Qualified"), body).await;

    assert_eq!(updated.status, 200, "{}", updated.body);
    assert_eq!(updated.body["message"], "Stage updated successfully");
    let mut expected = json!({
        "stage_id": app.tenant.stage("Qualified"),
        "pipeline_id": app.tenant.pipeline_id,
        "label": "In talks",
        "stage_order": 4,
        "color": null,
        "is_active": true,
        "is_default": false,
        "probability": 25,
        "stage_type": "positive",
        "moved_opportunities": 0,
        "ignored": ["note"],
    });
    assert_eq!(updated.data(), &expected);
    for member in ["moved_opportunities", "ignored"] {
        expected.as_object_mut().expect("an object").remove(member);
    }
    assert!(stages(&app).await.contains(&expected));
    let labels = ["Lead", "Proposal", "In talks", "Negotiation", "Won", "Lost"];
    assert_eq!(active_labels(&app).await, labels);
}

#[tokio::test]
async fn a_stage_with_opportunities_is_deactivated_only_with_a_place_for_them() {
    let app = TestApp::new().await;
    let first = deal(&app, "Qualified").await;
    deal(&app, "Qualified").await;
    deal(&app, "Won").await;
    let before = app.changes().await.len();

    let refused = app
        .patch(&target(&app, "Qualified"), json!({"is_active": false}))
        .await;
    let body = json!({"is_active": false, "move_to_stage_id": app.tenant.stage("Won")});
    let moved = app.patch(&target(&app, "Qualified"), body).await;

    assert_eq!((refused.status, refused.code()), (409, "conflict"));
    assert!(
        refused
            .errors("is_active")
            .contains("there are 2; send 'move_to_stage_id'")
    );
    assert_eq!(
        (moved.status, &moved.data()["moved_opportunities"]),
        (200, &json!(2))
    );
    assert!(!active_labels(&app).await.contains(&"Qualified".to_owned()));
    let id = first.data()["id"].as_str().expect("an id");
    let read = app.get(&format!("/v1/opportunities/{id}")).await;
    assert_eq!(read.data()["stage_name"], "Won");
    let changes = app.changes().await.split_off(before);
    let sets: std::collections::BTreeSet<_> = changes
        .iter()
        .map(|change| change["changeset_id"].to_string())
        .collect();
    assert_eq!((changes.len(), sets.len()), (3, 1));
    assert_eq!(changes[0]["after"], json!({"is_active": false}));
    assert_eq!(
        changes[1]["after"],
        json!({"stage_id": app.tenant.stage("Won")})
    );
    let back = app
        .create(json!({"stage_name": "Qualified"}), json!({}))
        .await;
    assert_eq!(back.status, 400);
}

#[tokio::test]
async fn opportunities_move_only_to_another_active_stage_of_the_pipeline() {
    let app = TestApp::new().await;
    app.patch(&target(&app, "Lost"), json!({"is_active": false}))
        .await;
    let other = app.post("/v1/pipelines", json!({"name": "Renewals"})).await;

    for to in [
        json!(app.tenant.stage("Qualified")),
        json!(app.tenant.stage("Lost")),
        other.data()["stages"][0]["stage_id"].clone(),
    ] {
        let body = json!({"is_active": false, "move_to_stage_id": to});
        let refused = app.patch(&target(&app, "Qualified"), body).await;
        assert_eq!(refused.status, 400);
        let expected = "there are 'Lead', 'Proposal', 'Negotiation', 'Won'";
        assert!(
            refused.errors("move_to_stage_id").contains(expected),
            "{}",
            refused.body
        );
    }
    let body = json!({"move_to_stage_id": app.tenant.stage("Won")});
    let without = app.patch(&target(&app, "Qualified"), body).await;
    assert!(
        without
            .errors("move_to_stage_id")
            .contains("together with 'is_active': false")
    );
}

#[tokio::test]
async fn the_last_active_stage_stays_and_the_default_is_handed_on() {
    let app = TestApp::new().await;
    let inactive = json!({"is_active": false});

    let demoted = app
        .patch(&target(&app, "Lead"), json!({"is_default": false}))
        .await;
    let first = app.patch(&target(&app, "Lead"), inactive.clone()).await;
    let default_then = default_label(&app).await;
    for label in ["Proposal", "Negotiation", "Won", "Lost"] {
        assert_eq!(
            app.patch(&target(&app, label), inactive.clone())
                .await
                .status,
            200
        );
    }
    let last = app.patch(&target(&app, "Qualified"), inactive).await;
    let deleted = app.delete(&target(&app, "Qualified")).await;
    let not_active = app
        .patch(&target(&app, "Won"), json!({"is_default": true}))
        .await;
    let again = app
        .patch(
            &target(&app, "Won"),
            json!({"is_active": true, "is_default": true}),
        )
        .await;

    assert_eq!((demoted.status, first.status), (409, 200));
    assert_eq!(default_then, "Qualified");
    assert_eq!((last.status, deleted.status), (409, 409));
    assert!(last.errors("is_active").contains("last active stage"));
    assert!(deleted.errors("stage_id").contains("last active stage"));
    assert_eq!(not_active.status, 400);
    assert_eq!(again.status, 200);
    assert_eq!(default_label(&app).await, "Won");
}

#[tokio::test]
async fn a_stage_is_deleted_only_while_nothing_is_in_it() {
    let app = TestApp::new().await;
    deal(&app, "Qualified").await;

    let refused = app.delete(&target(&app, "Qualified")).await;
    let deleted = app.delete(&target(&app, "Lead")).await;
    let again = app.delete(&target(&app, "Lead")).await;

    assert_eq!((refused.status, refused.code()), (409, "conflict"));
    assert!(refused.errors("stage_id").contains("deactivate it instead"));
    assert_eq!(
        (deleted.status, &deleted.data()["deleted"]),
        (200, &json!(true))
    );
    assert_eq!((again.status, again.code()), (404, "not_found"));
    assert_eq!(default_label(&app).await, "Qualified");
    let changes = app.changes().await;
    let last = changes.last().expect("a change");
    assert_eq!(
        (&last["object"], &last["action"]),
        (&json!("stage"), &json!("deleted"))
    );
    assert_eq!(
        (&last["before"]["label"], &last["after"]),
        (&json!("Lead"), &json!(null))
    );
}

#[tokio::test]
async fn all_faults_of_a_change_are_told_and_nothing_is_changed() {
    let app = TestApp::new().await;
    let before = stages(&app).await;
    let body = json!({"label": null, "stage_order": 0, "is_active": "no", "probability": -1, "move_to_stage_id": "x"});

    let refused = app.patch(&target(&app, "Won"), body).await;
    let taken = app
        .patch(&target(&app, "Won"), json!({"label": "léad"}))
        .await;
    let elsewhere = app.post("/v1/pipelines", json!({"name": "Renewals"})).await;
    let elsewhere = elsewhere.data()["id"].as_str().expect("an id").to_owned();
    let won = app.tenant.stage("Won");
    let wrong = app
        .patch(
            &format!("/v1/pipelines/{elsewhere}/stages/{won}"),
            json!({}),
        )
        .await;

    assert_eq!(refused.status, 400);
    for path in [
        "label",
        "stage_order",
        "is_active",
        "probability",
        "move_to_stage_id",
    ] {
        assert_ne!(refused.errors(path), "", "{path}");
    }
    assert_eq!(taken.status, 409);
    assert_eq!(
        taken.errors("label"),
        "is taken: the pipeline has a stage 'Lead'"
    );
    assert_eq!(wrong.status, 404);
    assert_eq!(stages(&app).await, before);
}

#[tokio::test]
async fn a_repeated_delete_with_the_same_idempotency_key_is_answered_as_the_first() {
    let app = TestApp::new().await;
    let send = || {
        app.call("DELETE", &target(&app, "Lost"))
            .header("idempotency-key", "once")
    };

    let dry = app
        .delete(&format!("{}?dry_run=true", target(&app, "Lost")))
        .await;
    let first = send().send().await;
    let again = send().send().await;

    assert_eq!((dry.status, first.status, again.status), (200, 200, 200));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.bytes, again.bytes);
}

#[tokio::test]
async fn which_stages_are_shown_is_said_by_a_known_word_or_not_at_all() {
    let app = TestApp::new().await;
    let pipeline = app.tenant.pipeline_id;

    for word in ["", "all", "Inactive"] {
        for place in ["", "/stages"] {
            let answer = app
                .get(&format!("/v1/pipelines/{pipeline}{place}?include={word}"))
                .await;
            assert_eq!(answer.status, 400, "{word}");
            assert!(answer.errors("include").contains("send inactive"), "{word}");
        }
    }
}
