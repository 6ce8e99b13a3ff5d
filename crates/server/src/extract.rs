//! A body on its way in: media type, size, strict JSON.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use lanekeeper_core::Faults;
use lanekeeper_wire::json;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::connection::{Limits, read_body};
use crate::error::ApiError;

/// Bodies up to this size are read as they come: the number of connections bounds them.
const SMALL_BODY_BYTES_MAX: usize = 64 * 1024;
/// What the larger bodies may hold at once, in KiB. JSON read into memory is several times its text.
const LARGE_BODIES_KIB_MAX: usize = 64 * 1024;
/// How long a larger body waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// The turns of larger bodies, so that many clients together cannot take all memory.
#[derive(Clone)]
pub(crate) struct LargeBodies(Arc<Semaphore>);

impl Default for LargeBodies {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LARGE_BODIES_KIB_MAX)))
    }
}

impl LargeBodies {
    /// Waits until a body of at most `upper_bytes`, as far as it says so, may be read; what is returned is kept until its contents are gone.
    async fn turn(
        &self,
        upper_bytes: Option<u64>,
        bytes_max: usize,
    ) -> Result<Option<OwnedSemaphorePermit>, ApiError> {
        let said = upper_bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let bytes = said.unwrap_or(bytes_max);
        if bytes <= SMALL_BODY_BYTES_MAX || bytes > bytes_max {
            return Ok(None);
        }
        let kib = u32::try_from(bytes.div_ceil(1024)).expect("a body is a few MiB");
        let turn = Arc::clone(&self.0).acquire_many_owned(kib);
        let turn = timeout(TURN_WITHIN, turn).await.ok().and_then(Result::ok);
        turn.map(Some).ok_or(ApiError::Overloaded {
            retry_after_secs: 1,
        })
    }
}

/// A body in memory, and its turn if it is a large one.
#[derive(Default)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    pub(crate) turn: Option<OwnedSemaphorePermit>,
}

/// Receives a body that has to be JSON.
pub(crate) async fn receive(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
    limits: &Limits,
    large_bodies: &LargeBodies,
) -> Result<Received, ApiError> {
    check_media_type(headers)?;
    let turn = large_bodies
        .turn(body.size_hint().upper(), bytes_max)
        .await?;
    let bytes = read_body(body, bytes_max, limits).await;
    let bytes = bytes.map_err(|fault| ApiError::of_body(fault, bytes_max))?;
    Ok(Received { bytes, turn })
}

/// Makes sure that there is no body where none belongs; an empty object is as good as none.
pub(crate) async fn receive_nothing(body: Body, limits: &Limits) -> Result<Received, ApiError> {
    let bytes = read_body(body, SMALL_BODY_BYTES_MAX, limits).await;
    let bytes = bytes.map_err(|fault| ApiError::of_body(fault, SMALL_BODY_BYTES_MAX))?;
    if !matches!(bytes.trim_ascii(), b"" | b"{}") {
        return Err(Faults::one("", "is not empty; this takes no body").into());
    }
    Ok(Received { bytes, turn: None })
}

/// The JSON of a body. The pre-pass refuses what serde_json would let through: duplicate keys, depth, rounded numbers.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    json::check(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| {
        tracing::error!(%error, "the JSON pre-pass let something through");
        ApiError::Internal
    })
}

fn check_media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(ApiError::Encoding);
    }
    let sent = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let Some(sent) = sent else {
        return Err(ApiError::MediaType(
            "Send the header Content-Type: application/json",
        ));
    };
    let mut parts = sent.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::MediaType(
            "Send JSON, with the header Content-Type: application/json",
        ));
    }
    let is_utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    if parts.all(is_utf8) {
        Ok(())
    } else {
        Err(ApiError::MediaType(
            "JSON is UTF-8; send it so, and no other charset",
        ))
    }
}

/// Whether the caller takes JSON.
pub(crate) fn accepts_json(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    if accepted.peek().is_none() {
        return true;
    }
    let ranges = accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    ranges.map(str::trim).any(|range| {
        let (media, parameters) = range.split_once(';').unwrap_or((range, ""));
        let is_refused = parameters
            .split(';')
            .any(|parameter| matches!(parameter.trim(), "q=0" | "q=0.0"));
        let media = media.trim().to_ascii_lowercase();
        !is_refused
            && matches!(
                media.as_str(),
                "" | "*/*" | "application/*" | "application/json"
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn large_bodies_wait_for_their_turn_and_small_ones_do_not() {
        const LARGE: u64 = 8 * 1024 * 1024;
        let large_bodies = LargeBodies::default();
        let turn = async |bytes: u64| large_bodies.turn(Some(bytes), LARGE as usize).await;
        let mut turns = vec![];
        for _ in 0..8 {
            turns.push(turn(LARGE).await.unwrap());
        }

        assert!(turn(LARGE).await.is_err());
        assert!(matches!(turn(1024).await, Ok(None)));
        turns.pop();
        assert!(turn(LARGE).await.is_ok());
    }

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn only_json_in_utf_8_is_taken() {
        for (value, is_taken) in [
            ("application/json", true),
            ("Application/JSON; Charset=\"UTF-8\"", true),
            ("application/json; charset=iso-8859-1", false),
            ("text/plain", false),
            ("multipart/form-data; boundary=x", false),
        ] {
            assert_eq!(
                check_media_type(&headers(header::CONTENT_TYPE, value)).is_ok(),
                is_taken,
                "{value}"
            );
        }
        assert!(check_media_type(&HeaderMap::new()).is_err());
    }

    #[test]
    fn callers_that_take_no_json_are_told_so() {
        for (value, is_accepted) in [
            ("*/*", true),
            ("text/html, application/*;q=0.8", true),
            ("application/json", true),
            ("text/html", false),
            ("application/json;q=0", false),
        ] {
            assert_eq!(
                accepts_json(&headers(header::ACCEPT, value)),
                is_accepted,
                "{value}"
            );
        }
    }
}
