//! Several records become one, which answers for them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;

#[tokio::test]
async fn a_merged_account_takes_what_it_lacks_and_every_relation() {
    let app = TestApp::new().await;
    let body = json!({"domain": "acme.com", "industry": "Steel", "tags": ["a"], "last_interaction": "2026-01-01T00:00:00Z"});
    let acme = app.made("/v1/accounts", body).await;
    let body = json!({
        "domain": "acme.io", "industry": "Robotics", "founded": 1999, "tags": ["a", "b"], "region": "EMEA",
        "last_interaction": "2026-02-01T00:00:00Z",
    });
    let twin = app.made("/v1/accounts", body).await;
    let related = json!({"account_domain": "acme.io", "primary_contact_email": "jane@acme.io"});
    let created = app.create(json!({"name": "Pumps"}), related).await;

    let merged = app
        .post(
            &format!("/v1/accounts/{acme}/merge"),
            json!({"from": [twin]}),
        )
        .await;

    assert_eq!(merged.status, 200, "{}", merged.body);
    let record = merged.data();
    assert_eq!(
        (&record["id"], &record["name"]),
        (&json!(acme), &json!("Acme"))
    );
    assert_eq!(
        (&record["industry"], &record["founded"]),
        (&json!("Steel"), &json!(1999))
    );
    assert_eq!(record["tags"], json!(["a", "b"]));
    assert_eq!(record["custom_fields"], json!({"region": "EMEA"}));
    assert_eq!(record["last_interaction"], "2026-02-01T00:00:00.000000Z");
    assert_eq!(
        (&record["merged"], &record["moved"]),
        (&json!([twin]), &json!(2))
    );
    let id = created.data()["id"].as_str().unwrap();
    let opportunity = app.get(&format!("/v1/opportunities/{id}")).await;
    assert_eq!(opportunity.data()["account_id"], json!(acme));
    assert_eq!(opportunity.data()["account_domain"], "acme.com");
}

#[tokio::test]
async fn the_survivor_answers_for_the_id_and_the_domain_of_what_was_merged() {
    let app = TestApp::new().await;
    let mut ids = vec![];
    for domain in ["a.com", "b.com", "c.com"] {
        ids.push(app.made("/v1/accounts", json!({"domain": domain})).await);
    }
    // c into b, then b into a: what leads to c leads to a.
    for (to, from) in [(1, 2), (0, 1)] {
        let target = format!("/v1/accounts/{}/merge", ids[to]);
        let merged = app.post(&target, json!({"from": [ids[from]]})).await;
        assert_eq!(merged.status, 200, "{}", merged.body);
    }

    let read = app.get(&format!("/v1/accounts/{}", ids[2])).await;
    let found = app.post("/v1/accounts", json!({"domain": "c.com"})).await;
    let updated = app
        .patch("/v1/accounts/bulk", json!({&ids[1]: {"industry": "Steel"}}))
        .await;
    let related = json!({"account_domain": "b.com"});
    let created = app.create(json!({}), related).await;

    assert_eq!(read.data()["id"], json!(ids[0]));
    assert_eq!((found.status, &found.data()["id"]), (200, &json!(ids[0])));
    assert_eq!(updated.data()[&ids[1]]["id"], json!(ids[0]));
    assert_eq!(created.data()["account_id"], json!(ids[0]));
    assert_eq!(
        app.get("/v1/accounts").await.data()["accounts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_merged_contact_is_found_by_every_address() {
    let app = TestApp::new().await;
    let jane = app
        .made("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    let twin =
        json!({"email": "jane@gmail.com", "other_emails": ["j@gmail.com"], "phone": "+49 30 1"});
    let twin = app.made("/v1/contacts", twin).await;
    let related = json!({
        "primary_contact_email": "jane@acme.com", "additional_contact_emails": ["j@gmail.com", "bob@acme.com"],
    });
    let created = app.create(json!({}), related).await;

    let merged = app
        .post(
            &format!("/v1/contacts/{jane}/merge"),
            json!({"from": [twin, twin]}),
        )
        .await;

    assert_eq!(
        merged.data()["other_emails"],
        json!(["j@gmail.com", "jane@gmail.com"])
    );
    assert_eq!(merged.data()["phone"], "+49 30 1");
    for email in ["jane@gmail.com", "j@gmail.com"] {
        let found = app.post("/v1/contacts", json!({"email": email})).await;
        assert_eq!((found.status, &found.data()["id"]), (200, &json!(jane)));
    }
    let id = created.data()["id"].as_str().unwrap();
    let opportunity = app.get(&format!("/v1/opportunities/{id}")).await;
    assert_eq!(opportunity.data()["contact_id"], json!(jane));
    let others = opportunity.data()["additional_contacts"]
        .as_array()
        .unwrap();
    assert_eq!(
        others.len(),
        1,
        "the primary contact does not count among the others"
    );
    assert_eq!(others[0]["contact_email"], "bob@acme.com");
}

#[tokio::test]
async fn what_cannot_be_merged_is_told() {
    let app = TestApp::new().await;
    let acme = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let target = format!("/v1/accounts/{acme}/merge");
    let many: Vec<Uuid> = (0..21).map(|_| Uuid::now_v7()).collect();

    for (body, path, says) in [
        (json!({"from": [acme]}), "from.0", "is the account itself"),
        (
            json!({"from": [Uuid::now_v7()]}),
            "from.0",
            "names no account",
        ),
        (json!({"from": ["x"]}), "from.0", "is not a UUID"),
        (json!({"from": []}), "from", "has 0 ids; send 1 to 20"),
        (json!({"from": many}), "from", "has 21 ids; send 1 to 20"),
        (json!({}), "from", "is required"),
        (
            json!({"from": [acme], "into": 1}),
            "into",
            "is not allowed here",
        ),
    ] {
        let answer = app.post(&target, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(
            answer.errors(path).contains(says),
            "{body}: {}",
            answer.body
        );
    }
    let nobody = format!("/v1/accounts/{}/merge", Uuid::now_v7());
    assert_eq!(app.post(&nobody, json!({"from": [acme]})).await.status, 404);
}

#[tokio::test]
async fn what_was_merged_is_neither_deleted_nor_restored_by_its_old_id() {
    let app = TestApp::new().await;
    let acme = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let twin = app.made("/v1/accounts", json!({"domain": "acme.io"})).await;
    app.post(
        &format!("/v1/accounts/{acme}/merge"),
        json!({"from": [twin]}),
    )
    .await;

    let deleted = app.delete(&format!("/v1/accounts/{twin}")).await;
    let restored = app
        .call("POST", &format!("/v1/accounts/{twin}/restore"))
        .send()
        .await;
    let again = app
        .post(
            &format!("/v1/accounts/{acme}/merge"),
            json!({"from": [twin]}),
        )
        .await;

    assert_eq!(deleted.status, 404);
    assert_eq!(restored.status, 409);
    assert!(
        restored
            .errors("id")
            .contains(&format!("was merged into the account {acme}"))
    );
    assert_eq!((again.status, &again.data()["merged"]), (200, &json!([])));
}

#[tokio::test]
async fn the_feed_tells_into_what_a_record_was_merged() {
    let app = TestApp::new().await;
    let acme = app
        .made("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let twin = app.made("/v1/accounts", json!({"domain": "acme.io"})).await;
    app.made("/v1/contacts", json!({"email": "jane@acme.io"}))
        .await;
    let before = app.feed(&app.tenant).await.len();

    app.post(
        &format!("/v1/accounts/{acme}/merge"),
        json!({"from": [twin]}),
    )
    .await;

    let changes = &app.feed(&app.tenant).await[before..];
    let told: Vec<Value> = changes
        .iter()
        .map(|change| json!([change["object"], change["action"], change["after"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["contact", "updated", {"account_id": acme}]),
            json!(["account", "deleted", {"merged_into": acme}]),
        ]
    );
}
