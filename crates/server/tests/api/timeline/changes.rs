//! Notes and activities that are changed, deleted, restored, or go with what they are about.

use serde_json::json;

use super::{app_with_notes, created, titles};
use crate::support::TestApp;

#[tokio::test]
async fn a_note_is_changed_and_moved_to_other_timelines_by_what_is_sent() {
    let (app, [(_, account_id), ..]) = app_with_notes().await;
    let globex = app
        .post("/v1/accounts", json!({"domain": "globex.com"}))
        .await;
    let globex = globex.data()["id"].as_str().unwrap().to_owned();
    let timeline = format!("/v1/notes?account_id={account_id}");
    let newest = app.get(&timeline).await.data()["notes"][0].clone();
    let target = format!("/v1/notes/{}", newest["id"].as_str().unwrap());

    let update = json!({"content": "New", "account_ids": [globex, globex], "contact_ids": null});
    let changed = app.call("PATCH", &target).json(&update).send().await;

    assert_eq!(changed.status, 200, "{}", changed.body);
    let expected = json!({
        "content": "New", "title": "Day 5", "account_ids": [globex], "contact_ids": [],
        "created_at": newest["created_at"], "opportunity_ids": newest["opportunity_ids"],
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&changed.data()[member], value, "{member}");
    }
    let moved = app
        .get(&format!("/v1/notes?account_id={globex}&limit=500"))
        .await;
    assert!(titles(&moved, "notes").contains(&"Day 5".to_owned()));
    assert_eq!(titles(&app.get(&timeline).await, "notes")[0], "Day 4");
    let found = app.post("/v1/notes/search", json!({"q": "new"})).await;
    assert_eq!(titles(&found, "notes"), ["Day 5"]);
}

#[tokio::test]
async fn what_an_entry_cannot_do_without_stays() {
    let app = TestApp::new().await;
    let note = json!({"content": "a", "account_domain": "acme.com"});
    let note = created(&app, "/v1/notes", note).await;
    let activity = json!({"activity_type": "CALL", "title": "a"});
    let activity = created(&app, "/v1/activities", activity).await;
    let nobody = "00000000-0000-7000-8000-000000000000";

    for (target, entry, update, path, part) in [
        (
            "notes",
            &note,
            json!({"content": null}),
            "content",
            "cannot be cleared",
        ),
        (
            "notes",
            &note,
            json!({"account_ids": []}),
            "",
            "has to be about something",
        ),
        (
            "notes",
            &note,
            json!({"account_ids": [nobody]}),
            "account_ids.0",
            "names no account",
        ),
        (
            "notes",
            &note,
            json!({"contents": "b"}),
            "contents",
            "did you mean 'content'?",
        ),
        (
            "notes",
            &note,
            json!({"created_at": "2026-01-01T00:00:00Z"}),
            "created_at",
            "cannot be set",
        ),
        (
            "activities",
            &activity,
            json!({"title": " "}),
            "title",
            "cannot be cleared",
        ),
        (
            "activities",
            &activity,
            json!({"activity_type": "CALLS"}),
            "activity_type",
            "send one of",
        ),
    ] {
        let target = format!("/v1/{target}/{}", entry["id"].as_str().unwrap());
        let refused = app.call("PATCH", &target).json(&update).send().await;
        assert_eq!(refused.status, 400, "{update}");
        assert!(refused.errors(path).contains(part), "{}", refused.body);
        let now = app.get(&target).await;
        assert_eq!(now.data()["updated_at"], entry["updated_at"]);
    }
}

#[tokio::test]
async fn a_deleted_entry_is_off_its_timelines_until_it_is_restored() {
    let (app, [(_, account_id), ..]) = app_with_notes().await;
    let timeline = format!("/v1/notes?account_id={account_id}");
    let newest = app.get(&timeline).await.data()["notes"][0].clone();
    let target = format!("/v1/notes/{}", newest["id"].as_str().unwrap());
    let search = json!({"q": "day 5"});
    let seen = async || {
        let search = app.post("/v1/notes/search", search.clone()).await;
        let shown = app.get(&target).await.status;
        let listed = titles(&app.get(&timeline).await, "notes").len();
        (shown, listed, titles(&search, "notes").len())
    };
    let before = seen().await;

    let deleted = app.call("DELETE", &target).send().await;
    let meanwhile = seen().await;
    let restored = app.call("POST", &format!("{target}/restore")).send().await;

    assert_eq!((deleted.status, restored.status), (200, 200));
    assert_eq!(
        (before, meanwhile, seen().await),
        ((200, 5, 1), (404, 4, 0), (200, 5, 1))
    );
}

#[tokio::test]
async fn notes_and_activities_go_with_an_account_that_is_merged() {
    let (app, [(_, account_id), ..]) = app_with_notes().await;
    let globex = app
        .post("/v1/accounts", json!({"domain": "globex.com"}))
        .await;
    let globex = globex.data()["id"].as_str().unwrap().to_owned();
    let call =
        json!({"activity_type": "CALL", "title": "Call", "domains": ["acme.com", "globex.com"]});
    created(&app, "/v1/activities", call).await;

    let merge = json!({"from": [account_id]});
    let merged = app
        .post(&format!("/v1/accounts/{globex}/merge"), merge)
        .await;

    assert_eq!(merged.status, 200, "{}", merged.body);
    for id in [&globex, &account_id] {
        let notes = app.get(&format!("/v1/notes?account_id={id}")).await;
        assert_eq!(titles(&notes, "notes").len(), 10, "{id}");
    }
    let calls = app
        .get(&format!("/v1/activities?account_id={globex}"))
        .await;
    assert_eq!(titles(&calls, "activities"), ["Call"]);
    assert_eq!(
        calls.data()["activities"][0]["account_ids"],
        json!([globex])
    );
}
