//! Requests that no client would send, byte by byte.

use std::io::ErrorKind;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::expected::Expected;
use super::row::Ledger;
use crate::openapi::check_answer;
use crate::support::{Answer, TestApp};

const PATIENCE: Duration = Duration::from_secs(5);

/// The bytes of one request, and what is expected of its answer. `{key}` stands for the organisation's key.
pub(super) struct RawRow {
    pub(super) id: &'static str,
    pub(super) bytes: Vec<u8>,
    pub(super) expected: Expected,
    /// Whether the server must close the connection after its answer.
    pub(super) closes: bool,
}

/// Sends the rows one after the other; says of all which went wrong, and how.
pub(super) async fn run_raw(app: &TestApp, rows: Vec<RawRow>) {
    let mut wrong = vec![];
    let mut ledger = Ledger::new(app).await;
    for row in rows {
        let key = app.tenant.key.clone();
        let bytes = replaced(&row.bytes, b"{key}", key.as_bytes());
        let mut line = Line::open(app).await;
        line.send(&bytes).await;
        let answer = line.answer().await;
        let stays_open = row.closes && !line.is_closed().await;
        let news = ledger.news().await;
        let sent = String::from_utf8_lossy(&bytes);
        let checked = match &answer {
            Some(answer) => row.expected.check(&sent, &[key], answer, news),
            None => Err("no answer".to_owned()),
        };
        let start: String = sent.chars().take(120).collect();
        if let Err(fault) = checked {
            wrong.push(format!("{}: {fault}\n    sent: {start:?}", row.id));
        }
        if stays_open {
            wrong.push(format!(
                "{}: the connection stays open\n    sent: {start:?}",
                row.id
            ));
        }
        if let Some(answer) = answer {
            check_document(&sent, &answer);
        }
    }
    assert_eq!(app.get("/healthz").await.status, 200);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check_document(sent: &str, answer: &Answer) {
    let mut words = sent.split([' ', '\r', '\n']);
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    check_answer(
        method,
        target,
        answer.status,
        answer.header("content-type"),
        &answer.body,
    );
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    match bytes.windows(from.len()).position(|part| part == from) {
        None => bytes.to_vec(),
        Some(at) => [
            &bytes[..at],
            to,
            &replaced(&bytes[at + from.len()..], from, to),
        ]
        .concat(),
    }
}

/// A connection to the server.
pub(super) struct Line {
    tcp: TcpStream,
    read: Vec<u8>,
    has_ended: bool,
}

impl Line {
    pub(super) async fn open(app: &TestApp) -> Self {
        let address = app.address.trim_start_matches("http://");
        Self::over(TcpStream::connect(address).await.expect("a connection"))
    }

    pub(super) fn over(tcp: TcpStream) -> Self {
        Self {
            tcp,
            read: vec![],
            has_ended: false,
        }
    }

    /// Sends the bytes, or as much as the server takes before it answers.
    pub(super) async fn send(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.read.is_empty() && !self.has_ended {
            tokio::select! {
                biased;
                ready = self.tcp.readable() => {
                    ready.expect("a socket");
                    self.try_read();
                }
                ready = self.tcp.writable() => {
                    ready.expect("a socket");
                    match self.tcp.try_write(bytes) {
                        Ok(count) => bytes = &bytes[count..],
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        Err(_) => return,
                    }
                }
            }
        }
    }

    /// The next answer; none if the server closes without one.
    pub(super) async fn answer(&mut self) -> Option<Answer> {
        let head_len = loop {
            if let Some(at) = self.read.windows(4).position(|part| part == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more().await?;
        };
        let head = String::from_utf8_lossy(&self.read[..head_len]).into_owned();
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let fields = lines.filter_map(|line| line.split_once(": "));
        let headers: HeaderMap = fields
            .map(|(name, value)| {
                let name: HeaderName = name.parse().expect("a header's name");
                (
                    name,
                    HeaderValue::from_str(value).expect("a header's value"),
                )
            })
            .collect();
        let body_len: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
        while self.read.len() < head_len + body_len {
            self.read_more().await?;
        }
        let bytes = self.read[head_len..head_len + body_len].to_vec();
        self.read.drain(..head_len + body_len);
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Some(Answer {
            status,
            headers,
            body,
            bytes,
        })
    }

    /// Whether the server closes, without another word.
    pub(super) async fn is_closed(&mut self) -> bool {
        self.read_more().await.is_none() && self.has_ended
    }

    /// Waits for more; none at the end, or when it takes too long.
    async fn read_more(&mut self) -> Option<()> {
        let before = self.read.len();
        while self.read.len() == before && !self.has_ended {
            timeout(PATIENCE, self.tcp.readable())
                .await
                .ok()?
                .expect("a socket");
            self.try_read();
        }
        (self.read.len() > before).then_some(())
    }

    fn try_read(&mut self) {
        let mut part = [0; 4096];
        match self.tcp.try_read(&mut part) {
            Ok(0) => self.has_ended = true,
            Ok(count) => self.read.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.has_ended = true,
        }
    }
}
