//! The rows of the bad-input table that end at the connection.

use serde_json::Value;

use super::*;

fn post(fields: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

fn many_headers(count: usize) -> String {
    (0..count).map(|n| format!("x-{n}: y\r\n")).collect()
}

/// Row, request, status, code.
fn rows() -> Vec<(&'static str, String, u16, &'static str)> {
    let get = |fields: &str| format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let chunked = "Transfer-Encoding: chunked\r\n";
    let malformed = "malformed_request";
    let length = "invalid_content_length";
    let host = "invalid_host";
    vec![
        (
            "A01",
            post("Content-Length: 1\r\nContent-Length: 2\r\n"),
            400,
            length,
        ),
        (
            "A02 length first",
            post(&format!("Content-Length: 5\r\n{chunked}")) + "0\r\n\r\n",
            400,
            "ambiguous_length",
        ),
        (
            "A02 encoding first",
            post(&format!("{chunked}Content-Length: 5\r\n")) + "0\r\n\r\n",
            400,
            "ambiguous_length",
        ),
        (
            "A03",
            post("Transfer-Encoding: xchunked\r\n"),
            400,
            "unsupported_transfer_encoding",
        ),
        ("A04 -1", post("Content-Length: -1\r\n"), 400, length),
        (
            "A04 +5",
            post("Content-Length: +5\r\n") + "12345",
            400,
            length,
        ),
        (
            "A04 5,5",
            post("Content-Length: 5,5\r\n") + "12345",
            400,
            length,
        ),
        (
            "A04 0x5",
            post("Content-Length: 0x5\r\n") + "12345",
            400,
            length,
        ),
        (
            "A05",
            post("Content-Length: 99999999999\r\n"),
            413,
            "body_too_large",
        ),
        (
            "A05 100-continue",
            post("Content-Length: 8001\r\nExpect: 100-continue\r\n"),
            413,
            "body_too_large",
        ),
        ("A07", "GET / HTTP/1.1\r\n\r\n".into(), 400, host),
        ("A08 two", get("Host: a\r\n"), 400, host),
        (
            "A08 a@b",
            "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n".into(),
            400,
            host,
        ),
        ("A09", get("x: a\r\n b\r\n"), 400, malformed),
        ("A10", get("x: \x01\r\n"), 400, malformed),
        (
            "A11 request line",
            "GET / HTTP/1.1\nHost: a\r\n\r\n".into(),
            400,
            malformed,
        ),
        (
            "A11 field",
            "GET / HTTP/1.1\r\nHost: a\n\r\n".into(),
            400,
            malformed,
        ),
        (
            "A11 end",
            "GET / HTTP/1.1\r\nHost: a\r\n\n".into(),
            400,
            malformed,
        ),
        ("A11 colon", get("x : y\r\n"), 400, malformed),
        ("A12", get(&many_headers(200)), 431, "headers_too_large"),
        (
            "A13",
            get(&format!("x: {}\r\n", "y".repeat(600_000))),
            431,
            "headers_too_large",
        ),
        (
            "A14",
            format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "y".repeat(100_000)),
            414,
            "uri_too_long",
        ),
        (
            "A15",
            format!("GET /?{} HTTP/1.1\r\nHost: a\r\n\r\n", "y".repeat(20_000)),
            414,
            "uri_too_long",
        ),
        (
            "HTTP/2",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
            505,
            "http_version_not_supported",
        ),
        ("HTTP/0.9", "GET /\r\n\r\n".into(), 400, malformed),
        (
            "TLS",
            "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03".into(),
            400,
            malformed,
        ),
        (
            "chunked in 1.0",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".into(),
            400,
            malformed,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_head_gets_the_envelope_and_the_connection_closes() {
    let server = Server::start(short()).await;
    for (row, request, status, code) in rows() {
        let mut client = server.connect();

        let answer = client.send(request).answer().expect(row);

        let body: Value = serde_json::from_str(&answer.body).expect(row);
        assert_eq!(
            (answer.status, &body["code"]),
            (status, &Value::from(code)),
            "{row}: {body}"
        );
        assert_eq!(
            (&body["success"], &body["statusCode"]),
            (&false.into(), &status.into()),
            "{row}"
        );
        assert!(!body["message"].as_str().expect(row).is_empty(), "{row}");
        assert_eq!(
            body["request_id"].as_str(),
            answer.header("x-request-id"),
            "{row}"
        );
        assert_eq!(body.get("errors").is_some(), status == 400, "{row}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{row}"
        );
        assert!(answer.header("date").is_some(), "{row}");
        assert!(answer.closes(), "{row}");
        client.closed();
    }
    assert_eq!(server.connect().get("/").answer().unwrap().body, "ok");
    assert_eq!(
        server.close().await.requests,
        1,
        "no bad head may reach the service"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_head_is_found_also_when_it_comes_byte_by_byte() {
    let server = Server::start(Limits {
        first_byte_within: millis(5_000),
        head_within: millis(5_000),
        linger_for: millis(5_000),
        ..short()
    })
    .await;
    for (row, request, status, _) in rows() {
        if request.len() > 1000 {
            continue;
        }
        let mut client = server.connect();
        for byte in request.as_bytes() {
            client.send([*byte]);
        }
        assert_eq!(client.answer().expect(row).status, status, "{row}");
    }
    assert_eq!(server.close().await.requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_body_is_told_by_the_service() {
    let server = Server::start(short()).await;
    let chunked = post("Transfer-Encoding: chunked\r\n");
    let chunk = format!("{:x}\r\n{}\r\n", 600, "y".repeat(600));
    let rows = [
        ("A06", format!("{chunked}FFFFFFFFFFFFFFFF\r\nabc"), 400),
        (
            "A06 five gigabytes",
            format!("{chunked}140000000\r\nabc"),
            400,
        ),
        ("chunk without end", format!("{chunked}3\r\nabcdef"), 400),
        ("bare newline", format!("{chunked}3\nabc"), 400),
        ("newline in an extension", format!("{chunked}3;x\nabc"), 400),
        ("A16 length", post("Content-Length: 1001\r\n"), 413),
        ("A16 chunked", format!("{chunked}{chunk}{chunk}"), 413),
        ("A22 body", post("Content-Length: 5\r\n") + "a", 408),
        ("A22 chunked body", format!("{chunked}3\r\na"), 408),
    ];
    for (row, request, status) in rows {
        let mut client = server.connect();

        let answer = client.send(request).answer().expect(row);

        assert_eq!(answer.status, status, "{row}");
        assert!(answer.closes(), "{row}");
        client.closed();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_client_that_goes_on_sending_still_sees_the_answer() {
    let server = Server::start(short()).await;
    let mut client = server.connect();

    client.send(post("Content-Length: 9999999\r\n"));
    for _ in 0..100 {
        client.send(vec![b'x'; 100_000]);
    }

    assert_eq!(client.answer().unwrap().status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_bad_head_request_has_no_body() {
    let server = Server::start(short()).await;
    let mut client = server.connect();

    client.send("HEAD / HTTP/1.1\r\nhost: a@b\r\n\r\n");
    while client.read_more() {}

    let head = String::from_utf8(client.read).unwrap();
    assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_a_bad_head_is_answered_and_what_comes_after_is_not() {
    let server = Server::start(short()).await;
    let good = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let body = post("content-length: 3\r\n") + "abc";
    let bad = post("transfer-encoding: chunked\r\ncontent-length: 4\r\n") + "0\r\n\r\n";
    let mut client = server.connect();

    client.send(format!("{good}{body}{bad}{good}"));

    let statuses = std::iter::from_fn(|| client.answer()).map(|answer| answer.status);
    assert_eq!(statuses.collect::<Vec<_>>(), [200, 200, 400]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_answer_of_the_service_is_left_alone() {
    let server = Server::start(short()).await;

    let missing = server.connect().get("/nothing-here").answer().unwrap();

    assert_eq!(
        (missing.status, missing.body.as_str(), missing.closes()),
        (404, "", false)
    );
}
