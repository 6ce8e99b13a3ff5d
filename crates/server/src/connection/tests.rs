//! The connection layer from outside, over real sockets.
//!
//! The clients are blocking sockets of the standard library, so that a test decides about every
//! byte and every pause.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::{BodyFault, Limits, Phase, Served, Shutdown, read_body, serve};

mod ending;
mod refusals;
mod requests;
mod times;

const BODY_BYTES_MAX: usize = 1000;
const BIG_BYTES: usize = 32 * 1024 * 1024;

/// Limits that a test can wait for.
fn short() -> Limits {
    Limits {
        first_byte_within: Duration::from_millis(300),
        head_within: Duration::from_millis(300),
        idle_for: Duration::from_millis(500),
        body_within: Duration::from_millis(600),
        body_pause_max: Duration::from_millis(300),
        write_stall_max: Duration::from_millis(500),
        linger_for: Duration::from_millis(500),
        body_max_bytes: 8000,
        ..Limits::default()
    }
}

/// A server with a few routes.
struct Server {
    address: SocketAddr,
    shutdown: Shutdown,
    called: Arc<AtomicU64>,
    served: JoinHandle<Served>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, called) = (Shutdown::default(), Arc::<AtomicU64>::default());
        let service = router(limits, called.clone());
        let served = tokio::spawn(serve(listener, service, limits, shutdown.clone()));
        Self {
            address,
            shutdown,
            called,
            served,
        }
    }

    fn connect(&self) -> Client {
        let tcp = TcpStream::connect(self.address).unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        tcp.set_nodelay(true).unwrap();
        Client {
            tcp,
            read: Vec::new(),
        }
    }

    /// Waits until the service was called `count` times in all.
    async fn called(&self, count: u64) {
        while self.called.load(Ordering::SeqCst) < count {
            sleep(Duration::from_millis(1)).await;
        }
    }

    async fn close(self) -> Served {
        self.shutdown.advance(Phase::Closing);
        self.served.await.unwrap()
    }
}

fn router(limits: Limits, called: Arc<AtomicU64>) -> Router {
    let count = move |request: axum::extract::Request| {
        called.fetch_add(1, Ordering::SeqCst);
        request
    };
    let slow = async || sleep(Duration::from_millis(700)).await;
    Router::new()
        .route("/", get("ok"))
        .route("/slow", get(slow))
        .route("/hang", get(std::future::pending::<()>))
        .route("/panic", get(panics))
        .route("/big", get(|| async { vec![b'x'; BIG_BYTES] }))
        .route("/empty", get(()))
        .route("/ignore", post(()))
        .route("/echo", post(echo))
        .with_state(limits)
        .layer(tower::util::MapRequestLayer::new(count))
}

async fn panics() {
    panic!("as the test wants");
}

async fn echo(State(limits): State<Limits>, body: axum::body::Body) -> Response {
    match read_body(body, BODY_BYTES_MAX, &limits).await {
        Ok(body) => body.into_response(),
        Err(BodyFault::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(BodyFault::TooSlow) => StatusCode::REQUEST_TIMEOUT.into_response(),
        Err(BodyFault::Malformed) => StatusCode::BAD_REQUEST.into_response(),
        Err(BodyFault::Gone) => StatusCode::IM_A_TEAPOT.into_response(),
    }
}

/// A client that knows just enough HTTP to cut answers apart.
struct Client {
    tcp: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }
}

impl Client {
    /// Sends as much as the server takes.
    fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.tcp.write_all(bytes.as_ref());
        self
    }

    fn get(&mut self, path: &str) -> &mut Self {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n"))
    }

    /// The next answer; `None` at the end of the connection.
    fn answer(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.read_more() {
                assert!(
                    self.read.is_empty(),
                    "half a head: {:?}",
                    self.read.escape_ascii()
                );
                return None;
            }
        };
        let head = self.take(end);
        let mut answer = Answer {
            status: head[9..12].parse().unwrap(),
            head,
            body: String::new(),
        };
        let length = answer
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length && self.read_more() {}
        answer.body = self.take(length);
        Some(answer)
    }

    fn take(&mut self, count: usize) -> String {
        let rest = self.read.split_off(count);
        String::from_utf8(std::mem::replace(&mut self.read, rest)).unwrap()
    }

    fn read_more(&mut self) -> bool {
        let mut chunk = vec![0; 64 * 1024];
        match self.tcp.read(&mut chunk) {
            Ok(0) => false,
            Ok(count) => {
                self.read.extend_from_slice(&chunk[..count]);
                true
            }
            Err(error) => panic!("reading failed: {error}"),
        }
    }

    /// Waits for the end of the connection, and says how long that took.
    fn closed(&mut self) -> Duration {
        let begun = Instant::now();
        assert!(self.answer().is_none(), "nothing more should be answered");
        begun.elapsed()
    }
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}
