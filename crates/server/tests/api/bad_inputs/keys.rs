//! B: keys.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use lanekeeper_core::key::{self, KeyScope};
use lanekeeper_server::RateLimit;
use tokio::net::TcpSocket;

use super::expected::{Expected, check_envelope, refused, taken};
use super::raw::{Line, RawRow, run_raw};
use super::row::{Request, Row, get, post, row, run};
use super::{Story, tell};
use crate::support::{TestApp, Wanted};

const X_API_KEY: &str = "x-api-key";

#[tokio::test]
async fn a_key_that_is_not_good_here_opens_nothing() {
    let app = TestApp::new().await;
    let rows = rows(&app).await;
    run(&app, rows).await;
    let rows = raw_rows(&app);
    run_raw(&app, rows).await;
}

#[tokio::test]
async fn keys_come_to_an_end() {
    tell(stories()).await;
}

pub(super) async fn rows(app: &TestApp) -> Vec<Row> {
    let good = &app.tenant.key;
    let unknown = key::text_from_random([7; 24]);
    let misspelt = with_the_last_letter_changed(good);
    let (_, reader) = app.another_key(|key| key.scope = KeyScope::Read).await;
    let (_, restricted) = app
        .another_key(|key| key.routes = vec!["POST /v1/contacts".to_owned()])
        .await;
    vec![
        row("B01", account().no_key(), missing()),
        row("B02", with_key(""), missing()),
        row("B02", with_key("   "), missing()),
        row("B03", with_key(&misspelt), not_valid()),
        row("B04", with_key(&unknown), not_valid()),
        row("B05", with_key(&with_one_case_changed(good)), not_valid()),
        row("B06", with_key(&format!("{good}%0a")), not_valid()),
        row("B06", with_key(&format!("{good} x")), not_valid()),
        // HTTP itself has no space around a header's value.
        row("B06", with_key(&format!("{good} ")), taken(201)),
        row("B06", with_key(&format!("{good}\t")), taken(201)),
        row(
            "B07",
            get(&format!("/v1/pipelines?api_key={good}")).no_key(),
            missing(),
        ),
        row(
            "B07",
            account()
                .no_key()
                .header("authorization", format!("Bearer {good}")),
            missing(),
        ),
        row("B10", with_key(&"k".repeat(60 * 1024)), not_valid()),
        row("B13", with_key(&reader), not_allowed()),
        row(
            "B13",
            post("/v1/accounts", "not read").header(X_API_KEY, &reader),
            not_allowed(),
        ),
        row("B13", with_key(&restricted), not_allowed()),
        row("B15", with_key("' or 1=1--"), not_valid()),
    ]
}

pub(super) fn raw_rows(app: &TestApp) -> Vec<RawRow> {
    let good = app.tenant.key.as_bytes();
    let bad = key::text_from_random([7; 24]);
    let bad = bad.as_bytes();
    let raw = |id, fields: &[&[u8]], expected| RawRow {
        id,
        bytes: with_fields(fields),
        expected,
        closes: false,
    };
    let ambiguous = || refused(401, "ambiguous_key");
    vec![
        raw("B08", &[good, bad], ambiguous()),
        raw("B08", &[bad, good], ambiguous()),
        raw("B08", &[good, good], ambiguous()),
        raw("B09", &[b"\xff"], not_valid()),
        raw("B09", &[&[good, b"\xff"].concat()], not_valid()),
        RawRow {
            closes: true,
            ..raw(
                "B10",
                &["k".repeat(64 * 1024).as_bytes()],
                refused(431, "headers_too_large"),
            )
        },
    ]
}

pub(super) fn stories() -> Vec<Story> {
    vec![
        ("B04", || what_is_wrong_with_a_key_is_not_told().boxed()),
        ("B11", || a_key_is_not_good_once_revoked().boxed()),
        ("B12", || a_key_is_not_good_once_expired().boxed()),
        ("B16", || {
            guessing_is_slowed_down_for_whoever_guesses().boxed()
        }),
    ]
}

async fn what_is_wrong_with_a_key_is_not_told() {
    let app = TestApp::new().await;
    let misspelt = with_the_last_letter_changed(&app.tenant.key);
    let unknown = key::text_from_random([7; 24]);

    let mut answers = vec![];
    for key in [misspelt, unknown] {
        let call = app.call("GET", "/v1/pipelines").key(&key);
        answers.push(call.header("x-request-id", "same").send().await);
    }

    assert_eq!(answers[0].bytes, answers[1].bytes);
}

async fn a_key_is_not_good_once_revoked() {
    let app = TestApp::new().await;
    let (id, key) = (app.tenant.key_id, &app.tenant.key);
    assert_eq!(
        app.call("GET", "/v1/pipelines")
            .key(key)
            .send()
            .await
            .status,
        200
    );

    app.revoke_key(id).await;
    let refused = app.call("GET", "/v1/pipelines").key(key).send().await;

    assert_eq!((refused.status, refused.code()), (401, "invalid_key"));
    assert_eq!(check_envelope(&refused), Ok(()));
}

async fn a_key_is_not_good_once_expired() {
    let app = TestApp::new().await;
    let end = app.clock.now().as_micros() + 3_600_000_000;
    let (_, key) = app
        .another_key(|key| {
            key.expires_at = Some(lanekeeper_core::Timestamp::from_micros(end));
        })
        .await;
    assert_eq!(
        app.call("GET", "/v1/pipelines")
            .key(&key)
            .send()
            .await
            .status,
        200
    );

    app.clock.advance(Duration::from_secs(3_600));
    let refused = app.call("GET", "/v1/pipelines").key(&key).send().await;

    assert_eq!((refused.status, refused.code()), (401, "invalid_key"));
    assert_eq!(check_envelope(&refused), Ok(()));
}

async fn guessing_is_slowed_down_for_whoever_guesses() {
    const GUESSES: usize = 1_000;
    let rate_limit = Some(RateLimit::default());
    let app = TestApp::with(Wanted {
        rate_limit,
        ..Wanted::default()
    })
    .await;
    let wrong = key::text_from_random([7; 24]);

    let guesses = (0..GUESSES).map(|_| app.call("GET", "/v1/pipelines").key(&wrong).send());
    let answers = join_all(guesses).await;

    let slowed = answers.iter().filter(|answer| answer.status == 429).count();
    assert!(slowed > 0, "all {GUESSES} guesses were answered");
    for answer in &answers {
        assert_eq!(check_envelope(answer), Ok(()));
    }
    let elsewhere = from_elsewhere(&app, &app.tenant.key).await;
    assert_eq!(elsewhere, 200);
    assert_eq!(from_elsewhere(&app, &wrong).await, 401);
}

/// The status of the answer to this key, sent from another address.
async fn from_elsewhere(app: &TestApp, key: &str) -> u16 {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.2:0".parse().expect("an address"))
        .expect("the address is free");
    let server = app
        .address
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    let mut line = Line::over(socket.connect(server).await.expect("a connection"));
    let request = format!("GET /v1/pipelines HTTP/1.1\r\nHost: a\r\nx-api-key: {key}\r\n\r\n");
    line.send(request.as_bytes()).await;
    line.answer().await.expect("an answer").status
}

fn missing() -> Expected {
    refused(401, "missing_key")
}

fn not_valid() -> Expected {
    refused(401, "invalid_key")
}

fn not_allowed() -> Expected {
    refused(401, "key_not_allowed")
}

fn account() -> Request {
    post("/v1/accounts", r#"{"domain":"acme-{n}.com"}"#)
}

fn with_key(key: &str) -> Request {
    account().header(X_API_KEY, key)
}

fn with_fields(keys: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"GET /v1/pipelines HTTP/1.1\r\nHost: a\r\n".to_vec();
    for key in keys {
        bytes.extend_from_slice(b"x-api-key: ");
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn with_the_last_letter_changed(key: &str) -> String {
    let (rest, last) = key.split_at(key.len() - 1);
    format!("{rest}{}", if last == "0" { "1" } else { "0" })
}

fn with_one_case_changed(key: &str) -> String {
    let at = key
        .rfind(|letter: char| letter.is_ascii_alphabetic())
        .expect("a letter");
    let (before, rest) = key.split_at(at);
    let (letter, after) = rest.split_at(1);
    let other = if letter.chars().all(char::is_uppercase) {
        letter.to_lowercase()
    } else {
        letter.to_uppercase()
    };
    format!("{before}{other}{after}")
}
