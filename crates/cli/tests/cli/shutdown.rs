//! How a server ends: what it accepted is answered, and it ends in time.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::audit::audit;
use crate::support::{Init, Place, Server};

/// A request that has sent its head and half of its body.
struct Half {
    tcp: TcpStream,
    rest: Vec<u8>,
}

impl Half {
    async fn send(server: &Server, init: &Init, domain: &str) -> Self {
        let body = json!({"domain": domain}).to_string();
        let (half, rest) = body.split_at(body.len() / 2);
        let address = server.address.strip_prefix("http://").expect("an address");
        let mut tcp = TcpStream::connect(address).await.expect("a connection");
        let head = format!(
            "POST /v1/accounts HTTP/1.1\r\nhost: {address}\r\nx-api-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{half}",
            init.api_key,
            body.len(),
        );
        tcp.write_all(head.as_bytes()).await.expect("it is sent");
        sleep(Duration::from_millis(100)).await;
        let rest = rest.as_bytes().to_vec();
        Self { tcp, rest }
    }

    /// Sends the rest; the status line.
    async fn finish(mut self) -> String {
        self.tcp.write_all(&self.rest).await.expect("it is sent");
        let mut answer = String::new();
        self.tcp
            .read_to_string(&mut answer)
            .await
            .expect("an answer");
        answer.lines().next().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn sigterm_is_not_ready_at_once_and_answers_what_comes_during_the_delay() {
    let place = Place::new();
    let init = place.init();
    let mut server = Server::start_with(&place, &["--drain-delay", "2"]).await;
    let client = server.client(&init.api_key);
    assert_eq!(client.get("/readyz").await.status, 200);
    let half = Half::send(&server, &init, "half.com").await;
    let waiting = client.clone();
    let waiting = tokio::spawn(async move { waiting.get("/v1/changes?after=999&wait=25").await });
    sleep(Duration::from_millis(200)).await;

    server.signal(Signal::TERM);
    let asked = Instant::now();
    sleep(Duration::from_millis(100)).await;
    let ready = client.get("/readyz").await;
    let alive = client.get("/healthz").await;
    let mut answered = 0;
    while asked.elapsed() < Duration::from_millis(1_500) {
        let fresh = server.client(&init.api_key);
        let body = json!({"domain": format!("drain{answered}.com")});
        assert_eq!(fresh.post("/v1/accounts", &body).await.status, 201);
        answered += 1;
    }
    let waited = waiting.await.unwrap();
    sleep(Duration::from_millis(1_000)).await;
    let half = half.finish().await;
    let status = server.ended(Duration::from_secs(10)).await;

    assert_eq!((ready.status, alive.status), (503, 200));
    assert_eq!(waited.status, 200, "a long poll ends, answered");
    assert_eq!(half, "HTTP/1.1 201 Created", "its head had arrived");
    assert_eq!(status.code(), Some(0), "{}", server.stderr.text());
    assert!(client.try_get("/healthz").await.is_err());
    assert_eq!(audit(&place.database).accounts.len(), answered + 1);
}

#[tokio::test]
async fn under_load_what_is_done_is_answered_and_what_is_not_answered_is_not_done() {
    let place = Place::new();
    let init = place.init();
    let mut server = Server::start_with(&place, &["--drain-delay", "1"]).await;
    let clients = (0..8).map(|number| {
        let client = server.client(&init.api_key);
        tokio::spawn(async move {
            let mut answered = 0;
            loop {
                let body = json!({"domain": format!("load{number}-{answered}.com")});
                match client.try_post("/v1/accounts", &body).await {
                    Ok(answer) => assert_eq!(answer.status, 201, "{}", answer.body),
                    // Nobody is there any more, or its head arrived when the door was being closed.
                    Err(_) => return (answered, Instant::now()),
                }
                answered += 1;
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    sleep(Duration::from_millis(300)).await;

    server.signal(Signal::TERM);
    let delay_ends = Instant::now() + Duration::from_millis(990);
    let status = server.ended(Duration::from_secs(10)).await;
    let mut answered = 0;
    for client in clients {
        let (of_client, until) = client.await.unwrap();
        assert!(until >= delay_ends, "turned away during the delay");
        answered += of_client;
    }

    assert_eq!(status.code(), Some(0));
    assert!(answered > 0);
    assert_eq!(audit(&place.database).accounts.len(), answered);
}

#[tokio::test]
async fn sigint_does_not_wait_for_the_delay() {
    let place = Place::new();
    let mut server = Server::start_with(&place, &["--drain-delay", "25"]).await;
    server.ready().await;

    server.signal(Signal::INT);
    let asked = Instant::now();
    let status = server.ended(Duration::from_secs(10)).await;

    assert_eq!(status.code(), Some(0));
    assert!(
        asked.elapsed() < Duration::from_secs(3),
        "{:?}",
        asked.elapsed()
    );
}

#[tokio::test]
async fn a_second_signal_stops_within_a_second() {
    let place = Place::new();
    let init = place.init();
    let mut server = Server::start_with(&place, &["--drain-delay", "25"]).await;
    server.ready().await;
    let _half = Half::send(&server, &init, "half.com").await;

    server.signal(Signal::TERM);
    sleep(Duration::from_millis(300)).await;
    server.signal(Signal::TERM);
    let asked = Instant::now();
    server.ended(Duration::from_secs(10)).await;

    assert!(
        asked.elapsed() < Duration::from_secs(1),
        "{:?}",
        asked.elapsed()
    );
    audit(&place.database);
}
