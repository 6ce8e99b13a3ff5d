//! Requests to the server that is judged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Map, Value};
use ureq::http::Request;
use ureq::tls::{RootCerts, TlsConfig};

use super::check::Answer;

const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How often a request is sent again that was one too many for the rate limit.
const ATTEMPTS_MAX: u32 = 10;
const WAIT_SECS_MAX: u64 = 30;

/// A client with a key.
pub(super) struct Client {
    agent: ureq::Agent,
    address: String,
    key: String,
}

impl Client {
    pub(super) fn new(address: &str, key: &str) -> Self {
        // Certificates are judged as the operating system judges them.
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .timeout_global(Some(ANSWER_WITHIN))
            .user_agent(concat!(
                "lanekeeper-conformance/",
                env!("CARGO_PKG_VERSION")
            ))
            .tls_config(tls)
            .build();
        Self {
            agent: config.new_agent(),
            address: address.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
        }
    }

    /// Sends a request and reads its answer, whatever its status; waits where the rate limit says so.
    pub(super) fn send(
        &self,
        method: &str,
        target: &str,
        headers: &BTreeMap<String, Option<String>>,
        body: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let mut attempt = 1;
        loop {
            let answer = self.send_once(method, target, headers, body)?;
            if answer.status != 429 || attempt == ATTEMPTS_MAX {
                return Ok(answer);
            }
            let wait = answer.headers.get("retry-after").and_then(Value::as_str);
            let secs = wait.and_then(|wait| wait.parse().ok()).unwrap_or(1);
            std::thread::sleep(Duration::from_secs(secs.clamp(1, WAIT_SECS_MAX)));
            attempt += 1;
        }
    }

    fn send_once(
        &self,
        method: &str,
        target: &str,
        headers: &BTreeMap<String, Option<String>>,
        body: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let mut all = BTreeMap::from([("x-api-key", Some(self.key.as_str()))]);
        if body.is_some() {
            all.insert("content-type", Some("application/json"));
        }
        all.extend(
            headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_deref())),
        );

        let url = format!("{}{target}", self.address);
        let mut request = Request::builder().method(method).uri(&url);
        for (name, value) in all {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body.to_owned())?),
            None => self.agent.run(request.body(())?),
        };
        let mut answer = answer.with_context(|| format!("{method} {url}"))?;
        let text = answer.body_mut().read_to_string();
        let text = text.with_context(|| format!("{method} {url}"))?;
        let headers = answer.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), Value::from(value))
        });
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: headers.collect::<Map<_, _>>(),
            body: serde_json::from_str(&text).unwrap_or_default(),
        })
    }
}
