//! What must go on working: every way in which a good request may arrive.

use super::*;

const CHUNKED: &str = "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\
    3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nx-trailer: z\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn requests_follow_each_other_on_one_connection() {
    let server = Server::start(short()).await;
    let mut client = server.connect();
    for _ in 0..3 {
        assert_eq!(client.get("/").answer().unwrap().body, "ok");
        assert_eq!(client.send(CHUNKED).answer().unwrap().body, "abcde");
    }
    drop(client);
    let served = server.close().await;
    assert_eq!(
        served,
        Served {
            connections: 1,
            requests: 6,
            dropped: 0,
            panicked: 0
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_at_once_are_answered_in_order() {
    let server = Server::start(short()).await;
    let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let sized = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n\r\n\r\n";
    let last = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut client = server.connect();

    client.send([get, CHUNKED, sized, "\r\n", get, last].concat());

    let bodies = std::iter::from_fn(|| client.answer()).map(|answer| answer.body);
    assert_eq!(
        bodies.collect::<Vec<_>>(),
        ["ok", "abcde", "\r\n\r\n", "ok", "ok"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_may_be_sent_at_once() {
    let server = Server::start(short()).await;
    let mut client = server.connect();

    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(1000));

    for _ in 0..1000 {
        assert_eq!(client.answer().unwrap().status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_come_byte_by_byte() {
    let server = Server::start(Limits {
        head_within: millis(5_000),
        ..short()
    })
    .await;
    let mut client = server.connect();
    for _ in 0..2 {
        for byte in CHUNKED.as_bytes() {
            client.send([*byte]);
        }
        assert_eq!(client.answer().unwrap().body, "abcde");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_1_0_needs_no_host_and_closes() {
    let server = Server::start(short()).await;
    let mut client = server.connect();

    let answer = client.send("GET / HTTP/1.0\r\n\r\n").answer().unwrap();

    assert_eq!(answer.body, "ok");
    client.closed();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_to_upgrade_is_ignored() {
    let server = Server::start(short()).await;
    let mut client = server.connect();
    let offer = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n";
    for _ in 0..2 {
        assert_eq!(client.send(offer).answer().unwrap().body, "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_expects_100_gets_it_before_it_sends_the_body() {
    let server = Server::start(short()).await;
    let mut client = server.connect();

    client.send(
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n",
    );

    assert_eq!(client.answer().unwrap().status, 100);
    assert_eq!(client.send("abc").answer().unwrap().body, "abc");
    assert_eq!(client.get("/").answer().unwrap().body, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_body_nobody_reads_does_not_end_the_connection() {
    let server = Server::start(short()).await;
    let mut client = server.connect();
    for _ in 0..2 {
        client.send("POST /ignore HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc");
        assert_eq!(client.answer().unwrap().status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_and_large_answers_come_whole() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect();

    assert_eq!(client.get("/empty").answer().unwrap().body, "");
    assert_eq!(client.get("/big").answer().unwrap().body.len(), BIG_BYTES);
    assert_eq!(client.get("/empty").answer().unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_connection_only() {
    let server = Server::start(Limits::default()).await;
    let mut other = server.connect();
    other.get("/").answer().unwrap();

    server.connect().get("/panic").closed();

    assert_eq!(other.get("/").answer().unwrap().body, "ok");
    assert_eq!(server.connect().get("/").answer().unwrap().body, "ok");
    assert_eq!(server.close().await.panicked, 1);
}
