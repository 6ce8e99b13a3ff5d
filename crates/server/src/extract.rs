//! A body on its way in: media type, size, strict JSON.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use lanekeeper_wire::json;
use serde_json::Value;

use crate::connection::{Limits, read_body};
use crate::error::ApiError;

/// Reads a body that has to be JSON.
pub(crate) async fn json_bytes(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
    limits: &Limits,
) -> Result<Bytes, ApiError> {
    check_media_type(headers)?;
    let bytes = read_body(body, bytes_max, limits).await;
    bytes.map_err(|fault| ApiError::of_body(fault, bytes_max))
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
