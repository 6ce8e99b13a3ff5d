//! A: HTTP itself.

use std::time::Duration;

use futures_util::FutureExt;
use lanekeeper_server::connection::Limits;

use super::expected::{Expected, check_envelope, refused, taken};
use super::raw::{Line, RawRow, run_raw};
use super::{Story, tell};
use crate::support::{TestApp, Wanted};

const BODY: &str = r#"{"domain":"acme.com"}"#;
const JSON: &str = "Content-Type: application/json\r\n";
const SINGLE_BYTES_MAX: usize = 1024 * 1024;
const BULK_BYTES_MAX: usize = 8 * 1024 * 1024;

#[tokio::test]
async fn bad_http_is_refused() {
    run_raw(&TestApp::new().await, rows()).await;
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    tell(stories()).await;
}

pub(super) fn rows() -> Vec<RawRow> {
    let bad = |code| refused(400, code);
    let mut rows = vec![
        closing(
            "A01",
            head("Content-Length: 21\r\nContent-Length: 22\r\n"),
            bad("invalid_content_length"),
        ),
        closing(
            "A01",
            head("Content-Length: 21\r\nContent-Length: 21\r\n"),
            bad("invalid_content_length"),
        ),
        closing(
            "A02",
            head("Content-Length: 21\r\nTransfer-Encoding: chunked\r\n"),
            bad("ambiguous_length"),
        ),
        closing(
            "A02",
            head("Transfer-Encoding: chunked\r\nContent-Length: 21\r\n"),
            bad("ambiguous_length"),
        ),
        closing(
            "A03",
            head("Transfer-Encoding: xchunked\r\n"),
            bad("unsupported_transfer_encoding"),
        ),
        closing(
            "A03",
            head("Transfer-Encoding: gzip, chunked\r\n"),
            bad("unsupported_transfer_encoding"),
        ),
        closing(
            "A04",
            head("Content-Length: -1\r\n"),
            bad("invalid_content_length"),
        ),
        closing(
            "A04",
            head("Content-Length: +5\r\n"),
            bad("invalid_content_length"),
        ),
        closing(
            "A04",
            head("Content-Length: 5,5\r\n"),
            bad("invalid_content_length"),
        ),
        closing(
            "A04",
            head("Content-Length: 0x5\r\n"),
            bad("invalid_content_length"),
        ),
        closing(
            "A05",
            head("Content-Length: 99999999999\r\n"),
            refused(413, "body_too_large"),
        ),
        closing(
            "A06",
            chunked() + "FFFFFFFFFFFFFFFF\r\n",
            bad("malformed_request"),
        ),
        closing("A06", chunked() + "x\r\n", bad("malformed_request")),
        closing(
            "A07",
            "GET /healthz HTTP/1.1\r\n\r\n".to_owned(),
            bad("invalid_host"),
        ),
        closing(
            "A08",
            "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n".to_owned(),
            bad("invalid_host"),
        ),
        closing(
            "A08",
            "GET /healthz HTTP/1.1\r\nHost: a@b\r\n\r\n".to_owned(),
            bad("invalid_host"),
        ),
        closing("A09", head("X-A: b\r\n c\r\n"), bad("malformed_request")),
        closing("A10", head("X-A: b\x01c\r\n"), bad("malformed_request")),
        closing(
            "A11",
            "GET /healthz HTTP/1.1\nHost: a\n\n".to_owned(),
            bad("malformed_request"),
        ),
        closing("A11", head("X-A : b\r\n"), bad("malformed_request")),
        closing(
            "A12",
            head(&"X-A: b\r\n".repeat(200)),
            refused(431, "headers_too_large"),
        ),
        closing(
            "A13",
            head(&format!("X-A: {}\r\n", "b".repeat(600_000))),
            refused(431, "headers_too_large"),
        ),
        closing(
            "A14",
            line(&format!("/v1/{}", "a".repeat(100_000))),
            refused(414, "uri_too_long"),
        ),
        closing(
            "A15",
            line(&format!("/healthz?{}", "a".repeat(20_000))),
            refused(414, "uri_too_long"),
        ),
        // Announced and never sent: the answer comes before the body is read.
        closing(
            "A16",
            head(&format!(
                "{JSON}Content-Length: {}\r\n",
                SINGLE_BYTES_MAX + 1
            )),
            refused(413, "body_too_large"),
        ),
        closing(
            "A16",
            bulk_head(&format!("{JSON}Content-Length: {}\r\n", BULK_BYTES_MAX + 1)),
            refused(413, "body_too_large"),
        ),
        open(
            "A16",
            chunks_over_the_limit(),
            refused(413, "body_too_large"),
        ),
        open(
            "A17",
            request(
                "POST",
                "/v1/accounts",
                &format!("{JSON}Content-Encoding: gzip\r\n"),
            ),
            encoding(),
        ),
        open(
            "A17",
            request(
                "POST",
                "/v1/accounts",
                &format!("{JSON}Content-Encoding: br, identity\r\n"),
            ),
            encoding(),
        ),
        open("A18", request("POST", "/v1/accounts", ""), media_type()),
        open(
            "A18",
            request("POST", "/v1/accounts", "Content-Type: text/plain\r\n"),
            media_type(),
        ),
        open(
            "A18",
            request(
                "POST",
                "/v1/accounts",
                "Content-Type: multipart/form-data; boundary=x\r\n",
            ),
            media_type(),
        ),
        open(
            "A19",
            request(
                "POST",
                "/v1/accounts",
                "Content-Type: application/json; charset=iso-8859-1\r\n",
            ),
            media_type(),
        ),
        open(
            "A20",
            request("TRACE", "/v1/accounts/bulk", ""),
            method("POST,PATCH"),
        ),
        open(
            "A20",
            request("BREW", "/v1/accounts/bulk", ""),
            method("POST,PATCH"),
        ),
        open(
            "A20",
            request("GET", "/v1/accounts/bulk", ""),
            method("POST,PATCH"),
        ),
        open(
            "A20",
            request("DELETE", "/v1/pipelines", ""),
            method("GET,HEAD,POST"),
        ),
    ];
    for path in [
        "//v1/accounts",
        "/v1/accounts/",
        "/V1/accounts",
        "/v1/./accounts",
        "/v1/%61ccounts",
    ] {
        rows.push(open(
            "A21",
            request("POST", path, JSON),
            refused(404, "not_found"),
        ));
    }
    rows.push(open(
        "A21",
        request("POST", "/v1/accounts", JSON),
        taken(201),
    ));
    rows
}

pub(super) fn stories() -> Vec<Story> {
    vec![
        ("A22", || a_client_that_says_nothing_is_left().boxed()),
        ("A22", || half_a_head_is_answered_in_time().boxed()),
        ("A22", || a_body_byte_by_byte_is_answered_in_time().boxed()),
    ]
}

async fn a_client_that_says_nothing_is_left() {
    let app = impatient().await;
    let mut line = Line::open(&app).await;

    assert!(line.is_closed().await);
}

async fn half_a_head_is_answered_in_time() {
    let app = impatient().await;
    let mut line = Line::open(&app).await;
    line.send(b"POST /v1/accounts HTTP/1.1\r\nHost:").await;

    let answer = line.answer().await.expect("an answer");

    assert_eq!((answer.status, answer.code()), (408, "head_too_slow"));
    assert_eq!(check_envelope(&answer), Ok(()));
    assert!(line.is_closed().await);
}

async fn a_body_byte_by_byte_is_answered_in_time() {
    let app = impatient().await;
    let mut line = Line::open(&app).await;
    let head = head(&format!("{JSON}Content-Length: 21\r\n"));
    line.send(head.replace("{key}", &app.tenant.key).as_bytes())
        .await;
    line.send(b"{").await;

    let answer = line.answer().await.expect("an answer");

    assert_eq!((answer.status, answer.code()), (408, "body_too_slow"));
    assert_eq!(check_envelope(&answer), Ok(()));
    assert!(line.is_closed().await);
}

async fn impatient() -> TestApp {
    let limits = Limits {
        first_byte_within: Duration::from_millis(300),
        head_within: Duration::from_millis(300),
        body_within: Duration::from_millis(600),
        body_pause_max: Duration::from_millis(300),
        linger_for: Duration::from_millis(300),
        ..Limits::default()
    };
    TestApp::with(Wanted {
        limits,
        ..Wanted::default()
    })
    .await
}

fn encoding() -> Expected {
    refused(415, "unsupported_encoding")
}

fn media_type() -> Expected {
    refused(415, "unsupported_media_type")
}

fn method(allowed: &'static str) -> Expected {
    refused(405, "method_not_allowed").header("allow", allowed)
}

fn closing(id: &'static str, bytes: String, expected: Expected) -> RawRow {
    RawRow {
        id,
        bytes: bytes.into_bytes(),
        expected,
        closes: true,
    }
}

fn open(id: &'static str, bytes: String, expected: Expected) -> RawRow {
    RawRow {
        id,
        bytes: bytes.into_bytes(),
        expected,
        closes: false,
    }
}

/// The head of a good create, with these fields more.
fn head(fields: &str) -> String {
    format!("POST /v1/accounts HTTP/1.1\r\nHost: a\r\nx-api-key: {{key}}\r\n{fields}\r\n")
}

fn bulk_head(fields: &str) -> String {
    head(fields).replace("/accounts", "/accounts/bulk")
}

fn chunked() -> String {
    head(&format!("{JSON}Transfer-Encoding: chunked\r\n"))
}

fn line(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

/// A whole request.
fn request(method: &str, target: &str, fields: &str) -> String {
    let len = BODY.len();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: a\r\nx-api-key: {{key}}\r\n{fields}Content-Length: {len}\r\n\r\n{BODY}"
    )
}

/// Says nothing about its length, and is too long by one chunk.
fn chunks_over_the_limit() -> String {
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let chunks = chunk.repeat(SINGLE_BYTES_MAX / 0x10000 + 1);
    chunked() + &chunks + "0\r\n\r\n"
}
