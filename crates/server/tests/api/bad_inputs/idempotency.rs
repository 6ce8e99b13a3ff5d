//! J: the header `Idempotency-Key`.

use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use lanekeeper_store::Settings;
use serde_json::json;

use super::expected::{check_envelope, invalid, refused, taken};
use super::row::{Ledger, Row, acc, get, post, row, run};
use super::{Story, tell};
use crate::support::{Answer, TestApp, Wanted};

const KEY: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn a_request_with_a_key_happens_once() {
    run(&TestApp::new().await, rows()).await;
}

#[tokio::test]
async fn a_key_survives_what_happens_to_its_first_request() {
    tell(stories()).await;
}

pub(super) fn rows() -> Vec<Row> {
    let keyed = |key: &str, body: &str| post("/v1/accounts", body).header(KEY, key);
    let acme = r#"{"domain":"acme.com","name":"Acme"}"#;
    let reused = || refused(422, "idempotency_key_reused");
    let bad_key = || refused(400, "invalid_idempotency_key").about("Idempotency-Key");
    let mut rows = vec![
        row("J01", keyed("j01", acme), taken(201).header(REPLAYED, "")),
        row("J01", keyed("j01", acme), taken(201).replayed()),
        row("J01", keyed("\"j01\"", acme), taken(201).replayed()),
        row("J02", keyed("j01", r#"{"domain":"acme.com"}"#), reused()),
        row(
            "J03",
            post("/v1/contacts", acme).header(KEY, "j01"),
            reused(),
        ),
        row(
            "J03",
            post("/v1/inbound/accounts", acme).header(KEY, "j01"),
            reused(),
        ),
        row(
            "J03",
            post("/v1/accounts/bulk", format!("[{acme}]")).header(KEY, "j01"),
            reused(),
        ),
        // A key is one of bytes: whoever writes the body anew has to use another.
        row(
            "J04",
            keyed("j01", r#"{"name":"Acme","domain":"acme.com"}"#),
            reused(),
        ),
        row(
            "J04",
            keyed("j01", r#"{"domain": "acme.com", "name": "Acme"}"#),
            reused(),
        ),
        row(
            "J08",
            keyed("j08", r#"{"domain":"acme"}"#),
            invalid("domain"),
        ),
        row(
            "J08",
            keyed("j08", acme).header("x-api-key", "wrong"),
            refused(401, "invalid_key"),
        ),
        row(
            "J08",
            keyed("j08", &" ".repeat(1024 * 1024 + 1)),
            refused(413, "body_too_large"),
        ),
        row("J08", keyed("j08", acme), taken(200).header(REPLAYED, "")),
        row("J08", keyed("j08", acme), taken(200).replayed()),
        row("J11", keyed("j11", acme).header(KEY, "j11"), bad_key()),
        row("J11", keyed("j11", acme).header(KEY, "other"), bad_key()),
        row(
            "J12",
            get("/v1/pipelines").header(KEY, "j01"),
            taken(200).header(REPLAYED, ""),
        ),
        row(
            "J12",
            get("/v1/pipelines").header(KEY, "not a key"),
            taken(200).header(REPLAYED, ""),
        ),
    ];
    let long = "k".repeat(255);
    let too_long = "k".repeat(256);
    for key in [
        "",
        "\"\"",
        "two words",
        "a\"b",
        "a\tb",
        "ключ",
        "🔑",
        "\u{85}",
        &too_long,
    ] {
        rows.push(row("J10", keyed(key, acme), bad_key()));
    }
    for key in [&long, "\"quoted\"", "{n}:/?#[]@!$&'()*+,;="] {
        rows.push(row(
            "J10",
            acc(r#""name":"Acme""#).header(KEY, key),
            taken(201),
        ));
    }
    rows
}

pub(super) fn stories() -> Vec<Story> {
    vec![
        ("J05", || {
            a_second_request_is_told_to_wait_for_the_first().boxed()
        }),
        ("J06", || {
            what_died_before_its_commit_is_done_afresh().boxed()
        }),
        ("J07", || {
            what_was_committed_is_replayed_after_a_crash().boxed()
        }),
        ("J07", || {
            what_was_committed_is_replayed_after_a_restart().boxed()
        }),
        ("J09", || an_overloaded_servers_answer_is_not_kept().boxed()),
        ("J13", || {
            an_organisation_has_so_many_keys_and_no_more().boxed()
        }),
        ("J14", || a_key_is_fresh_after_a_day().boxed()),
    ]
}

async fn a_second_request_is_told_to_wait_for_the_first() {
    let app = TestApp::new().await;
    let mut ledger = Ledger::new(&app).await;

    let answers = while_busy(&app, &["j05"; 2]).await;

    let [told, done] = &answers[..] else {
        panic!("two answers");
    };
    assert_eq!(
        (told.status, told.code()),
        (409, "idempotency_key_in_flight")
    );
    assert_eq!(check_envelope(told), Ok(()));
    assert_eq!(done.status, 201);
    assert_eq!(ledger.news().await, 1);
    assert!(is_replay(&create(&app, "j05").await));
}

async fn what_died_before_its_commit_is_done_afresh() {
    let app = TestApp::new().await;
    let busy = app.database.hold();
    let first = create(&app, "j06");
    let crash = async {
        waiting().await;
        let after = app.after_a_crash().await;
        drop(busy);
        after
    };

    let (_, after) = tokio::join!(first, crash);
    let second = create(&after, "j06").await;

    assert_eq!((second.status, is_replay(&second)), (201, false));
}

async fn what_was_committed_is_replayed_after_a_crash() {
    let app = TestApp::new().await;
    let first = create(&app, "j07").await;

    let busy = app.database.hold();
    let after = app.after_a_crash().await;
    drop(busy);
    let second = create(&after, "j07").await;

    assert_eq!((second.status, is_replay(&second)), (201, true));
    assert_eq!(second.bytes, first.bytes);
}

async fn what_was_committed_is_replayed_after_a_restart() {
    let app = TestApp::new().await;
    let first = create(&app, "j07").await;

    let after = app.restart().await;
    let second = create(&after, "j07").await;

    assert_eq!((second.status, is_replay(&second)), (201, true));
    assert_eq!(second.bytes, first.bytes);
}

async fn an_overloaded_servers_answer_is_not_kept() {
    const KEYS: [&str; 5] = ["j09-1", "j09-2", "j09-3", "j09-4", "j09-5"];
    let settings = Settings {
        queue_len_max: 1,
        ..Settings::default()
    };
    let app = TestApp::with(Wanted {
        settings,
        ..Wanted::default()
    })
    .await;

    let answers = while_busy(&app, &KEYS).await;
    let mut again = vec![];
    for key in KEYS {
        again.push(create(&app, key).await);
    }

    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status != 201)
        .collect();
    assert!(!refused.is_empty());
    for answer in &refused {
        assert_eq!((answer.status, answer.code()), (503, "overloaded"));
        assert_eq!(check_envelope(answer), Ok(()));
    }
    assert!(again.iter().all(|answer| answer.status == 201));
    let fresh = again.iter().filter(|answer| !is_replay(answer));
    assert_eq!(fresh.count(), refused.len());
}

async fn an_organisation_has_so_many_keys_and_no_more() {
    let settings = Settings {
        idempotency_keys_max: 2,
        ..Settings::default()
    };
    let app = TestApp::with(Wanted {
        settings,
        ..Wanted::default()
    })
    .await;
    let other = app.another_tenant().await;
    for key in ["j13-1", "j13-2"] {
        assert_eq!(create(&app, key).await.status, 201);
    }
    let mut ledger = Ledger::new(&app).await;

    let third = create(&app, "j13-3").await;
    let known = create(&app, "j13-1").await;
    let others = keyed(&app, "j13-3").key(&other.key).send().await;
    let without_a_key = app
        .post("/v1/accounts", json!({"domain": "acme.com"}))
        .await;

    assert_eq!(
        (third.status, third.code()),
        (429, "too_many_idempotency_keys")
    );
    assert_eq!(check_envelope(&third), Ok(()));
    assert_eq!(
        ledger.news().await,
        1,
        "only what was sent without a key is made"
    );
    assert!(is_replay(&known));
    assert_eq!((others.status, without_a_key.status), (201, 201));
    app.clock.advance(A_DAY + Duration::from_secs(1));
    assert_eq!(create(&app, "j13-3").await.status, 201);
}

async fn a_key_is_fresh_after_a_day() {
    let app = TestApp::new().await;
    let first = create(&app, "j14").await;

    app.clock.advance(A_DAY - Duration::from_secs(60));
    let within = create(&app, "j14").await;
    app.clock.advance(Duration::from_secs(61));
    let after = create(&app, "j14").await;

    assert_eq!(within.bytes, first.bytes);
    assert_eq!(
        (after.status, is_replay(&after)),
        (200, false),
        "the account is there, the answer is new"
    );
}

/// The answers to creates that are sent at once while the writer can do nothing; it goes on when one is answered. In the
/// order in which they came.
async fn while_busy(app: &TestApp, keys: &[&str]) -> Vec<Answer> {
    let busy = app.database.hold();
    let mut sent: FuturesUnordered<_> = keys.iter().map(|key| create(app, key)).collect();
    let first = sent.next().await.expect("an answer");
    drop(busy);
    let mut answers = vec![first];
    answers.extend(sent.collect::<Vec<_>>().await);
    answers
}

/// Creates the account that has the key's name.
async fn create(app: &TestApp, key: &str) -> Answer {
    keyed(app, key).send().await
}

fn keyed<'a>(app: &'a TestApp, key: &str) -> crate::support::Call<'a> {
    let body = json!({"domain": format!("{key}.com")});
    app.call("POST", "/v1/accounts")
        .header(KEY, key)
        .json(&body)
}

fn is_replay(answer: &Answer) -> bool {
    answer.header(REPLAYED) == "true"
}

/// Long enough for a request to reach the writer.
async fn waiting() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}
