//! What is refused before any service is called, and what the client is told.

/// What this layer and the routes both say: one word for one thing.
pub(crate) mod code {
    pub(crate) const BODY_TOO_LARGE: &str = "body_too_large";
    pub(crate) const INTERNAL: &str = "internal";
    pub(crate) const MALFORMED_REQUEST: &str = "malformed_request";
}

/// What is said of a fault of ours, and no more.
pub(crate) const INTERNAL_MESSAGE: &str = "Internal error";

/// Why a request was refused by the connection itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    BareNewline,
    NotHttp,
    OtherVersion,
    NoHost,
    SecondHost,
    BadHost,
    BadLength,
    SecondLength,
    LengthAndEncoding,
    OtherEncoding,
    LongQuery,
    LongTarget,
    LargeHead,
    LargeBody,
    SlowHead,
}

/// An answer without a service: status, machine-readable code, and a sentence for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
}

impl Fault {
    pub(super) fn refusal(self) -> Refusal {
        let (status, code, message) = match self {
            Self::BareNewline => (
                400,
                code::MALFORMED_REQUEST,
                "The lines of the request's head must end with CR LF, not with LF alone",
            ),
            Self::NotHttp => (
                400,
                code::MALFORMED_REQUEST,
                "The request line is not one of HTTP/1.1",
            ),
            Self::OtherVersion => (
                505,
                "http_version_not_supported",
                "This server speaks HTTP/1.1 and HTTP/1.0 only",
            ),
            Self::NoHost => (400, "invalid_host", "The Host header is missing"),
            Self::SecondHost => (400, "invalid_host", "The Host header was sent twice"),
            Self::BadHost => (
                400,
                "invalid_host",
                "The Host header is not a host name with an optional port",
            ),
            Self::BadLength => (
                400,
                "invalid_content_length",
                "The Content-Length header is not a whole number",
            ),
            Self::SecondLength => (
                400,
                "invalid_content_length",
                "The Content-Length header was sent twice",
            ),
            Self::LengthAndEncoding => (
                400,
                "ambiguous_length",
                "Send either Content-Length or Transfer-Encoding, not both",
            ),
            Self::OtherEncoding => (
                400,
                "unsupported_transfer_encoding",
                "The only Transfer-Encoding is 'chunked'",
            ),
            Self::LongQuery => (414, "uri_too_long", "The query string is too long"),
            Self::LongTarget => (414, "uri_too_long", "The request's address is too long"),
            Self::LargeHead => (
                431,
                "headers_too_large",
                "The request's headers are too large",
            ),
            Self::LargeBody => (413, code::BODY_TOO_LARGE, "The request's body is too large"),
            Self::SlowHead => (
                408,
                "head_too_slow",
                "The request's head took too long to arrive",
            ),
        };
        Refusal {
            status,
            code,
            message,
        }
    }
}

impl Refusal {
    /// What hyper meant by the bare `status` it answers with.
    pub(super) fn of_hyper(status: u16) -> Self {
        let (code, message) = match status {
            414 => ("uri_too_long", "The request's address is too long"),
            431 => (
                "headers_too_large",
                "The request has too many headers, or they are too large",
            ),
            400..500 => (
                code::MALFORMED_REQUEST,
                "The request is not well-formed HTTP",
            ),
            _ => (code::INTERNAL, INTERNAL_MESSAGE),
        };
        Self {
            status,
            code,
            message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hypers_statuses_keep_their_number_and_get_words() {
        for (status, code) in [
            (400, "malformed_request"),
            (414, "uri_too_long"),
            (431, "headers_too_large"),
        ] {
            let refusal = Refusal::of_hyper(status);
            assert_eq!((refusal.status, refusal.code), (status, code));
        }
        assert_eq!(Refusal::of_hyper(500).message, "Internal error");
    }
}
