//! Notes and activities, and the timelines they stand on.

mod changes;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// Writes something that has to succeed.
async fn created(app: &TestApp, target: &str, body: Value) -> Value {
    let answer = app.post(target, body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.data().clone()
}

fn titles(answer: &Answer, object: &str) -> Vec<String> {
    let records = answer.data()[object].as_array();
    let records = records.unwrap_or_else(|| panic!("{}", answer.body));
    let titles = records.iter().filter_map(|record| record["title"].as_str());
    titles.map(str::to_owned).collect()
}

/// The titles on every page of a list.
async fn all_titles(app: &TestApp, target: &str, object: &str) -> Vec<String> {
    let mut all = vec![];
    let mut page = app.get(target).await;
    loop {
        all.extend(titles(&page, object));
        let Some(cursor) = page.data()["next_cursor"].as_str() else {
            return all;
        };
        page = app.get(&format!("{target}&cursor={cursor}")).await;
    }
}

#[tokio::test]
async fn a_note_is_kept_exactly_and_answers_what_it_is_about() {
    let app = TestApp::new().await;
    let content = "  <b>Hi</b>\r\n\t[x](javascript:alert(1)) \u{1f44b}\n";

    let note = created(
        &app,
        "/v1/notes",
        json!({
            "content": content, "title": "Call", "account_domain": "https://www.acme.com/about",
            "contact_emails": ["Jane@acme.com", "jane@ACME.com"], "mood": "good",
            "created_at": "2026-05-20T16:00:00+02:00",
        }),
    )
    .await;

    let id = note["id"].as_str().unwrap();
    let read = app.get(&format!("/v1/notes/{id}")).await;
    assert_eq!(read.data()["content"], content);
    assert_eq!(read.data()["created_at"], "2026-05-20T14:00:00.000000Z");
    let (resolved, ignored) = (&note["resolved"], &note["ignored"]);
    assert_eq!(resolved["accounts"][0]["domain"], "acme.com");
    assert_eq!(resolved["accounts"][0]["outcome"], "created");
    assert_eq!(resolved["contacts"].as_array().map(Vec::len), Some(1));
    assert_eq!(ignored, &json!(["mood"]));
    assert_eq!(note["note_id"], note["id"]);
    let account_ids = &read.data()["account_ids"];
    assert_eq!(account_ids, &json!([resolved["accounts"][0]["id"]]));
}

#[tokio::test]
async fn a_note_takes_its_text_by_any_of_its_names() {
    let app = TestApp::new().await;
    for name in ["content", "note", "body", "text"] {
        let body = json!({name: "Hello", "account_domain": "acme.com"});
        let note = created(&app, "/v1/inbound/notes", body).await;
        assert_eq!(note["content"], "Hello", "{name}");
    }

    let same = json!({"note": "Hello", "text": "Hello", "account_domain": "acme.com"});
    let other = json!({"note": "Hello", "text": "Bye", "account_domain": "acme.com"});
    let (same, other) = (
        app.post("/v1/notes", same).await,
        app.post("/v1/notes", other).await,
    );

    assert_eq!((same.status, other.status), (201, 400));
    assert_eq!(
        other.errors("text"),
        "is another text than 'note'; send one of them"
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_entry_is_told_at_once() {
    let app = TestApp::new().await;
    let nobody = "00000000-0000-7000-8000-000000000000";

    let note = app
        .post(
            "/v1/notes",
            json!({
                "title": 7, "created_at": "yesterday", "account_domain": "not a domain",
                "contact_emails": ["jane@acme.com", "bob"], "contact_ids": ["x", nobody],
            }),
        )
        .await;
    let activity = app
        .post(
            "/v1/activities",
            json!({
                "activity_type": "email", "participants": ["bob"], "domains": "acme.com",
                "metadata": ["a"], "opportunity_id": nobody,
            }),
        )
        .await;

    assert_eq!((note.status, activity.status), (400, 400));
    for (path, part) in [
        ("content", "is required"),
        ("title", "is a number; send a string"),
        ("created_at", "is not a date-time"),
        ("account_domain", "not a domain"),
        ("contact_emails.1", "'bob' has no @"),
        ("contact_ids.0", "is not a UUID: 'x'"),
        ("contact_ids.1", "names no contact: "),
    ] {
        assert!(note.errors(path).contains(part), "{path}: {}", note.body);
    }
    for (path, part) in [
        ("activity_type", "send one of EMAIL, MEETING, EMAIL_OPEN"),
        ("title", "is required"),
        ("participants.0", "'bob' has no @"),
        ("domains", "send an array of domains"),
        ("metadata", "is an array; send an object"),
        ("opportunity_id", "names no opportunity: "),
    ] {
        let message = activity.errors(path);
        assert!(message.contains(part), "{path}: {}", activity.body);
    }
}

#[tokio::test]
async fn a_note_has_to_be_about_something_and_an_activity_need_not() {
    let app = TestApp::new().await;

    let note = app
        .post("/v1/notes", json!({"content": "a", "account_domains": []}))
        .await;
    let activity = json!({"activity_type": "OTHER", "title": "Newsletter"});
    let activity = created(&app, "/v1/activities", activity).await;

    assert_eq!(note.status, 400);
    assert!(note.errors("").contains("names nothing that it is about"));
    assert_eq!(activity["account_ids"], json!([]));
    assert_eq!(activity["metadata"], Value::Null);
}

/// Notes of five days about a deal with Jane of Acme, written out of order, among notes about others.
async fn app_with_notes() -> (TestApp, [(&'static str, String); 3]) {
    let app = TestApp::new().await;
    let related = json!({"account_domain": "acme.com", "primary_contact_email": "jane@acme.com"});
    let deal = app.create(json!({}), related).await.data().clone();
    let id = |member: &str| deal[member].as_str().expect("an id").to_owned();
    let ids = [
        ("account_id", id("account_id")),
        ("contact_id", id("contact_id")),
        ("opportunity_id", id("id")),
    ];
    let mut notes = vec![];
    for day in [3, 1, 5, 2, 4] {
        let mut note = json!({
            "content": format!("What was said on day {day}"), "title": format!("Day {day}"),
            "created_at": format!("2026-05-0{day}T00:00:00Z"),
        });
        for (member, id) in &ids {
            note[member] = json!(id);
        }
        notes.push(note);
        notes.push(json!({"content": "Else", "title": "Else", "account_domain": "globex.com"}));
    }
    created(&app, "/v1/notes/bulk", json!(notes)).await;
    (app, ids)
}

#[tokio::test]
async fn a_timeline_is_the_latest_first_page_by_page() {
    let (app, ids) = app_with_notes().await;
    let expected = ["Day 5", "Day 4", "Day 3", "Day 2", "Day 1"];

    for (name, id) in &ids {
        let target = format!("/v1/notes?limit=2&{name}={id}");
        assert_eq!(all_titles(&app, &target, "notes").await, expected, "{name}");
    }

    let all = app.get("/v1/notes").await;
    assert_eq!(titles(&all, "notes").len(), 10);
    let activities = format!("/v1/activities?account_id={}", ids[0].1);
    let none = app.get(&activities).await;
    assert!(titles(&none, "activities").is_empty());
    let nobodys = "00000000-0000-7000-8000-000000000000";
    let none = app.get(&format!("/v1/notes?account_id={nobodys}")).await;
    assert!(titles(&none, "notes").is_empty());
}

#[tokio::test]
async fn a_search_of_notes_takes_words_filters_sorts_and_fields() {
    let (app, [(_, account_id), ..]) = app_with_notes().await;
    let after = json!({"field": "created_at", "operator": "after", "value": "2026-05-02"});

    for (search, expected) in [
        (json!({"q": "SAID day 4"}), &["Day 4"][..]),
        (
            json!({"account_id": account_id, "filters": [after], "sort": "created_at"}),
            &["Day 3", "Day 4", "Day 5"],
        ),
        (
            json!({"filters": [{"field": "account_ids", "operator": "contains", "value": account_id}],
                   "q": "day", "sort": "title:desc", "limit": 2}),
            &["Day 5", "Day 4"],
        ),
        (
            json!({"filters": [{"field": "contact_id", "operator": "empty"}], "limit": 1}),
            &["Else"],
        ),
    ] {
        let found = app.post("/v1/notes/search", search.clone()).await;
        assert_eq!(titles(&found, "notes"), expected, "{search}");
    }

    let search = json!({"q": "day 1", "fields": ["content"]});
    let found = app.post("/v1/notes/search", search).await;
    let record = &found.data()["notes"][0];
    let members: Vec<&String> = record.as_object().unwrap().keys().collect();
    assert_eq!(members, ["content", "id"]);
    let custom = json!({"fields": ["custom_fields"]});
    let custom = app.post("/v1/notes/search", custom).await;
    let message = custom.errors("fields.0");
    assert!(message.contains("names no field"), "{}", custom.body);
    let unknown =
        json!({"sort": "content", "filters": [{"field": "titel", "operator": "eq", "value": "x"}]});
    let refused = app.post("/v1/notes/search", unknown).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .errors("filters.0.field")
            .contains("did you mean 'title'?")
    );
}

#[tokio::test]
async fn an_activity_answers_what_was_sent_and_is_on_every_timeline_it_belongs_to() {
    let app = TestApp::new().await;
    let metadata = json!({
        "thread": 17, "rate": 0.1, "big": 1e300, "deep": {"a": [null, true, {"b": []}]}, "": "é\n",
    });
    let body = json!({
        "activity_type": "MEETING", "title": "Kick-off", "description": "one\ntwo", "metadata": metadata,
        "participants": ["jane@acme.com", "sam@gmail.com", app.tenant.owner_email], "domains": ["globex.com"],
    });

    let activity = created(&app, "/v1/activities", body).await;

    let id = activity["id"].as_str().unwrap();
    let read = app.get(&format!("/v1/activities/{id}")).await;
    assert_eq!(read.data()["metadata"], metadata);
    assert_eq!(
        read.data()["participants"].as_array().map(Vec::len),
        Some(3)
    );
    let resolved = |object: &str, member: &str| {
        let all = activity["resolved"][object].as_array().unwrap().iter();
        all.map(|one| one[member].clone()).collect::<Vec<_>>()
    };
    assert_eq!(resolved("accounts", "domain"), ["globex.com", "acme.com"]);
    assert_eq!(
        resolved("contacts", "email"),
        ["jane@acme.com", "sam@gmail.com"]
    );
    for account in resolved("accounts", "id") {
        let account = account.as_str().unwrap();
        let timeline = app
            .get(&format!("/v1/activities?account_id={account}"))
            .await;
        assert_eq!(titles(&timeline, "activities"), ["Kick-off"]);
    }
}

#[tokio::test]
async fn recording_activities_moves_the_dates_of_account_and_contact() {
    let app = TestApp::new().await;
    let activity = |activity_type: &str, created_at: &str| {
        json!({"activity_type": activity_type, "title": "x", "participants": ["jane@acme.com"],
               "created_at": created_at})
    };

    created(
        &app,
        "/v1/activities/bulk",
        json!([
            activity("EMAIL", "2026-03-02T00:00:00Z"),
            activity("EMAIL", "2026-03-01T00:00:00Z"),
            activity("EMAIL_OPEN", "2026-03-03T00:00:00Z"),
            activity("MEETING", "9998-01-02T00:00:00Z"),
            activity("MEETING", "9998-01-01T00:00:00Z"),
        ]),
    )
    .await;

    let account = app
        .post("/v1/accounts", json!({"domain": "acme.com"}))
        .await;
    let contact = app
        .post("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    for record in [account.data(), contact.data()] {
        for (field, expected) in [
            (
                "first_email_interaction",
                json!("2026-03-01T00:00:00.000000Z"),
            ),
            (
                "last_email_interaction",
                json!("2026-03-02T00:00:00.000000Z"),
            ),
            ("last_interaction", json!("2026-03-03T00:00:00.000000Z")),
            ("next_meeting", json!("9998-01-01T00:00:00.000000Z")),
            ("last_meeting_interaction", Value::Null),
        ] {
            assert_eq!(record[field], expected, "{field}");
        }
    }
}

#[tokio::test]
async fn a_bad_item_keeps_a_bulk_of_notes_from_being_written_unless_partial() {
    let app = TestApp::new().await;
    let notes = json!([
        {"content": "a", "account_domain": "acme.com"},
        {"content": "", "account_domain": "globex.com"},
    ]);

    let whole = app.post("/v1/notes/bulk", notes.clone()).await;
    let written = titles(&app.get("/v1/notes").await, "notes").len();
    let partial = app.post("/v1/notes/bulk?partial=true", notes).await;

    assert_eq!((whole.status, written, partial.status), (400, 0, 207));
    assert_eq!(whole.errors("1.content"), "is required");
    assert_eq!(partial.data()[0]["data"]["content"], "a");
    assert_eq!(partial.data()[1]["statusCode"], 400);
}

#[tokio::test]
async fn a_contact_that_is_named_twice_brings_the_account_it_gets() {
    let app = TestApp::new().await;
    let jane = app
        .made("/v1/contacts", json!({"email": "jane@acme.com"}))
        .await;
    app.patch(&format!("/v1/contacts/{jane}"), json!({"account_id": null}))
        .await;

    let call = json!({
        "activity_type": "CALL", "title": "Pumps", "contact_ids": [jane], "participants": ["jane@acme.com"],
        "created_at": "2026-01-01T00:00:00Z",
    });
    let activity = app.post("/v1/activities", call).await;

    let contact = app.get(&format!("/v1/contacts/{jane}")).await;
    let account = contact.data()["account_id"].as_str().expect("an account");
    assert_eq!(activity.data()["account_ids"], json!([account]));
    assert_eq!(
        contact.data()["last_interaction"],
        "2026-01-01T00:00:00.000000Z"
    );
    let account = app.get(&format!("/v1/accounts/{account}")).await;
    assert_eq!(
        account.data()["last_interaction"],
        "2026-01-01T00:00:00.000000Z"
    );
}

#[tokio::test]
async fn a_request_that_names_too_much_is_refused() {
    let app = TestApp::new().await;
    let participants: Vec<String> = (0..1_000)
        .map(|number| format!("p{number}@acme.com"))
        .collect();
    let item = json!({"activity_type": "EMAIL", "title": "x", "participants": participants});

    let refused = app.post("/v1/activities/bulk", json!(vec![item; 11])).await;

    assert_eq!(refused.status, 400);
    assert!(
        refused.errors("").contains("names 11000 records"),
        "{}",
        refused.body
    );
    assert_eq!(app.get("/v1/contacts").await.data()["contacts"], json!([]));
}

#[tokio::test]
async fn metadata_has_its_limit() {
    let app = TestApp::new().await;
    // Two braces, two times two quotes, a letter and a colon besides.
    let of_bytes = |bytes: usize| json!({"activity_type": "OTHER", "title": "x", "metadata": {"a": "x".repeat(bytes - 8)}});

    let good = app.post("/v1/activities", of_bytes(65_536)).await;
    let large = app.post("/v1/activities", of_bytes(65_537)).await;

    assert_eq!((good.status, large.status), (201, 400));
    assert_eq!(
        large.errors("metadata"),
        "has 65537 bytes of JSON; at most 65536 are allowed"
    );
}
