//! Members: who they are, what they may do, and when they leave.

use serde_json::json;

use crate::redaction::redacted;
use crate::support::{Answer, TestApp};

async fn create(app: &TestApp, email: &str, role: &str) -> Answer {
    app.post("/v1/users", json!({"email": email, "role": role}))
        .await
}

fn target(user: &Answer) -> String {
    format!("/v1/users/{}", user.data()["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_member_is_created_listed_and_changed() {
    let app = TestApp::new().await;

    let body = json!({"email": " Kim@Example.COM ", "name": "Kim", "team": "?"});
    let created = app.post("/v1/users", body).await;
    let changed = app
        .patch(
            &target(&created),
            json!({"email": "kim@acme.com", "role": "admin"}),
        )
        .await;
    let listed = app.get("/v1/users").await;
    let read = app.get(&target(&created)).await;

    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.data()["role"], "member");
    assert_eq!(created.data()["ignored"], json!(["team"]));
    assert_eq!(
        (changed.status, &changed.data()["email"]),
        (200, &json!("kim@acme.com"))
    );
    let users = listed.data()["users"].as_array().expect("a list");
    assert_eq!((users.len(), &users[1]), (2, read.data()));
    insta::assert_json_snapshot!(redacted(read.data()), @r#"
    {
      "created_at": "<time>",
      "email": "kim@acme.com",
      "id": "<id 1>",
      "is_active": true,
      "name": "Kim",
      "role": "admin",
      "updated_at": "<time>"
    }
    "#);
    let changes = app.changes().await;
    let last = changes.last().expect("a change");
    assert_eq!(last["object"], "user");
    assert_eq!(
        last["before"],
        json!({"email": "kim@example.com", "role": "member"})
    );
    assert_eq!(
        last["after"],
        json!({"email": "kim@acme.com", "role": "admin"})
    );
}

#[tokio::test]
async fn an_address_is_one_members_alone() {
    let app = TestApp::new().await;
    let kim = create(&app, "kim@example.com", "member").await;

    let again = create(&app, "KIM@example.com", "member").await;
    let own = json!({"email": app.tenant.owner_email});
    let taken = app.patch(&target(&kim), own).await;

    assert_eq!((again.status, again.code()), (409, "conflict"));
    assert_eq!(
        again.errors("email"),
        "is taken: there is a member 'kim@example.com'"
    );
    assert_eq!(taken.status, 409);
    assert_eq!(
        app.get("/v1/users").await.data()["users"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}

#[tokio::test]
async fn who_is_no_longer_active_keeps_what_they_own_and_gets_nothing_more() {
    let app = TestApp::new().await;
    let kim = create(&app, "kim@example.com", "member").await;
    let related = json!({"owner_email": "kim@example.com"});
    let deal = app.create(json!({}), related.clone()).await;

    let left = app.patch(&target(&kim), json!({"is_active": false})).await;
    let by_email = app.create(json!({}), related.clone()).await;
    let by_id = app
        .create(json!({}), json!({"owner_id": kim.data()["id"]}))
        .await;

    assert_eq!(
        (left.status, &left.data()["is_active"]),
        (200, &json!(false))
    );
    assert_eq!((by_email.status, by_id.status), (400, 400));
    let expected = "names a member who is no longer active: 'kim@example.com'";
    assert_eq!(by_email.errors("related_objects.owner_email"), expected);
    let id = deal.data()["id"].as_str().expect("an id");
    let read = app.get(&format!("/v1/opportunities/{id}")).await;
    assert_eq!(read.data()["owner_email"], "kim@example.com");
    let filter = json!([{"field": "owner_id", "operator": "eq", "value": kim.data()["id"]}]);
    let search = json!({"pipeline_id": app.tenant.pipeline_id, "filters": filter});
    let found = app.post("/v1/opportunities/search", search).await;
    assert_eq!(
        found.data()["opportunities"].as_array().map(Vec::len),
        Some(1)
    );
    app.patch(&target(&kim), json!({"is_active": true})).await;
    assert_eq!(app.create(json!({}), related).await.status, 201);
}

#[tokio::test]
async fn the_last_active_admin_stays_one() {
    let app = TestApp::new().await;
    let owner = format!("/v1/users/{}", app.tenant.owner_id);
    let kim = create(&app, "kim@example.com", "admin").await;
    app.patch(&target(&kim), json!({"is_active": false})).await;

    let both = app
        .patch(&owner, json!({"role": "member", "is_active": false}))
        .await;
    app.patch(&target(&kim), json!({"is_active": true})).await;
    let demoted = app.patch(&owner, json!({"role": "member"})).await;

    assert_eq!((both.status, both.code()), (409, "conflict"));
    assert!(both.errors("role").contains("last active admin"));
    assert!(both.errors("is_active").contains("last active admin"));
    assert_eq!(demoted.status, 200);
}

#[tokio::test]
async fn all_faults_of_a_member_are_told() {
    let app = TestApp::new().await;

    let body = json!({"email": "kim@", "name": "x".repeat(256), "role": "boss"});
    let refused = app.post("/v1/users", body).await;
    let missing = app.post("/v1/users", json!({"role": null})).await;
    let owner = format!("/v1/users/{}", app.tenant.owner_id);
    let cleared = app
        .patch(
            &owner,
            json!({"email": null, "name": " ", "role": null, "is_active": null}),
        )
        .await;

    assert_eq!(refused.status, 400);
    assert!(refused.errors("email").contains("is not an e-mail address"));
    assert!(refused.errors("name").contains("at most 255"));
    assert_eq!(refused.errors("role"), "is 'boss'; send admin or member");
    assert_eq!(missing.errors("email"), "is required");
    for path in ["email", "name", "role", "is_active"] {
        assert!(cleared.errors(path).contains("cannot be empty"), "{path}");
    }
}
