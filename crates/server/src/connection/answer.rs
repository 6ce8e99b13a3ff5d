//! The answers that no service writes: the envelope, and how hyper's bare ones are known.

use bytes::Bytes;
use http::StatusCode;
use lanekeeper_core::Faults;
use lanekeeper_wire::envelope::Failure;

use super::fault::Refusal;

/// The body of a refusal. Every 400 has the map of errors; here no field is at fault, so it is empty.
fn body_of(refusal: Refusal, request_id: &str) -> Vec<u8> {
    let no_faults = Faults::default();
    let faults = (refusal.status == 400).then_some(&no_faults);
    let Refusal {
        status,
        code,
        message,
    } = refusal;
    let failure = Failure::new(status, code, message, request_id, faults);
    serde_json::to_vec(&failure).expect("texts and numbers are JSON")
}

/// The head hyper writes when it refuses a request by itself: 4xx or 5xx, and a length of 0.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BareHead<'a> {
    version: &'a str,
    status: u16,
    date: Option<&'a str>,
}

impl<'a> BareHead<'a> {
    /// Reads `written` as a bare head and nothing else.
    pub(super) fn parse(written: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(written).ok()?;
        let mut lines = text.strip_suffix("\r\n\r\n")?.split("\r\n");
        let (version, rest) = lines.next()?.split_once(' ')?;
        let status = rest.get(..3)?.parse().ok()?;
        let (mut empty, mut ours, mut date) = (false, false, None);
        for line in lines {
            let (name, value) = line.split_once(": ")?;
            match name {
                "content-length" => empty = value == "0",
                "x-request-id" => ours = true,
                "date" => date = Some(value),
                _ => {}
            }
        }
        let refuses = version.starts_with("HTTP/1.") && (400..600).contains(&status);
        (refuses && empty && !ours).then_some(Self {
            version,
            status,
            date,
        })
    }

    /// The whole answer to send in its place: `known` if the fault is known, else what the status
    /// says. The answer to a HEAD request has the same head and no body.
    pub(super) fn replaced(
        &self,
        known: Option<Refusal>,
        request_id: &str,
        to_head: bool,
    ) -> Bytes {
        let refusal = known.unwrap_or_else(|| Refusal::of_hyper(self.status));
        let status = refusal.status;
        let body = body_of(refusal, request_id);
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|known| known.canonical_reason());
        let mut answer = format!(
            "{} {status} {}\r\n\
             content-type: application/json\r\n\
             content-length: {}\r\n\
             x-request-id: {request_id}\r\n\
             connection: close\r\n",
            self.version,
            reason.unwrap_or_default(),
            body.len(),
        );
        if let Some(date) = self.date {
            answer.push_str("date: ");
            answer.push_str(date);
            answer.push_str("\r\n");
        }
        answer.push_str("\r\n");
        let mut answer = answer.into_bytes();
        if !to_head {
            answer.extend_from_slice(&body);
        }
        answer.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\n\
        connection: close\r\ncontent-length: 0\r\n\
        date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";

    #[test]
    fn a_body_is_the_envelope_and_a_400_has_the_map_of_errors() {
        let body = |status, code, message, request_id| {
            let refusal = Refusal {
                status,
                code,
                message,
            };
            String::from_utf8(body_of(refusal, request_id)).unwrap()
        };
        let large = body(431, "headers_too_large", "Say \"less\"", "r1");
        let bad = body(400, "malformed_request", "No", "r2");

        assert_eq!(
            large,
            r#"{"success":false,"message":"Say \"less\"","statusCode":431,"code":"headers_too_large","request_id":"r1"}"#
        );
        assert_eq!(
            bad,
            r#"{"success":false,"message":"No","statusCode":400,"code":"malformed_request","request_id":"r2","errors":{}}"#
        );
    }

    #[test]
    fn hypers_bare_head_is_known() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(
            BareHead::parse(BARE),
            Some(BareHead {
                version: "HTTP/1.1",
                status: 431,
                date
            })
        );
    }

    #[test]
    fn nothing_else_is_taken_for_it() {
        let others: &[&[u8]] = &[
            b"",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-request-id: 7\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\nrest",
            b"SMTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            b"\xff\r\n\r\n",
        ];
        for other in others {
            assert_eq!(
                BareHead::parse(other),
                None,
                "{:?}",
                other.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn the_replacement_is_a_whole_answer_with_hypers_date() {
        let bare = BareHead::parse(BARE).unwrap();

        let answer = String::from_utf8(bare.replaced(None, "r1", false).to_vec()).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();

        assert!(head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
        for line in [
            &format!("content-length: {}", body.len()),
            "content-type: application/json",
            "x-request-id: r1",
            "connection: close",
            "date: Sun, 06 Nov 1994 08:49:37 GMT",
        ] {
            assert!(head.lines().any(|have| have == line), "{line} in {head}");
        }
    }

    #[test]
    fn a_known_fault_says_what_it_is_and_a_head_request_gets_no_body() {
        let bare = BareHead::parse(BARE).unwrap();
        let fault = super::super::fault::Fault::SlowHead.refusal();

        let answer = String::from_utf8(bare.replaced(Some(fault), "r1", true).to_vec()).unwrap();

        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
        assert!(answer.ends_with("\r\n\r\n"));
    }
}
