//! Errors on their way out: the one place with their statuses and messages.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lanekeeper_core::Faults;
use lanekeeper_core::faults::Reason;
use lanekeeper_core::key::KeyRefusal;
use lanekeeper_store::{ReadError, WriteError};
use lanekeeper_wire::envelope::Failure;
use lanekeeper_wire::json::JsonFault;
use lanekeeper_wire::to_json;

use crate::connection::{BodyFault, INTERNAL_MESSAGE, code};
use crate::telemetry::REQUEST_ID;

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// Something is wrong with the body or the query, field by field.
    Invalid(Faults),
    /// The body is not good JSON.
    Json(JsonFault),
    /// The key is missing.
    MissingKey,
    /// There are several keys.
    AmbiguousKey,
    /// No such key, or not any more.
    InvalidKey,
    /// The key is good, but not here.
    KeyNotAllowed(KeyRefusal),
    /// No such path, or no such id in it.
    NotFound(&'static str),
    MethodNotAllowed,
    NotAcceptable,
    BodyTooSlow,
    /// The body's chunks are not well-formed, or it ends too early.
    BodyMalformed,
    BodyTooLarge {
        bytes_max: usize,
    },
    MediaType(&'static str),
    Encoding,
    RateLimited {
        retry_after_secs: u64,
    },
    /// Nothing was begun: there is too much to do already.
    Overloaded {
        retry_after_secs: u64,
    },
    /// The header `Idempotency-Key` is not one.
    IdempotencyKey(&'static str),
    Write(WriteError),
    Read(ReadError),
    /// A bug.
    Internal,
}

/// Marks an answer to a request of which nothing was begun: there may be very many of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Early;

/// How an error is told: status, a code for programs, a message for people.
struct Told {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    fn told(&self) -> Told {
        let told = |status, code, message: &str| Told {
            status,
            code,
            message: message.to_owned(),
        };
        match self {
            Self::Invalid(faults) => refused(faults),
            Self::Json(fault) => told(
                StatusCode::BAD_REQUEST,
                fault.code(),
                "The body is not valid JSON for this API",
            ),
            Self::IdempotencyKey(_) => told(
                StatusCode::BAD_REQUEST,
                "invalid_idempotency_key",
                "The Idempotency-Key is not valid",
            ),
            Self::MissingKey => told(
                StatusCode::UNAUTHORIZED,
                "missing_key",
                "Send an API key in the header x-api-key",
            ),
            Self::AmbiguousKey => told(
                StatusCode::UNAUTHORIZED,
                "ambiguous_key",
                "There are several x-api-key headers; send one",
            ),
            Self::InvalidKey | Self::Write(WriteError::KeyEnded) => told(
                StatusCode::UNAUTHORIZED,
                "invalid_key",
                "The API key is not valid",
            ),
            Self::KeyNotAllowed(refusal) => Told {
                status: StatusCode::UNAUTHORIZED,
                code: "key_not_allowed",
                message: not_allowed(*refusal),
            },
            Self::NotFound(message) => told(StatusCode::NOT_FOUND, "not_found", message),
            Self::MethodNotAllowed => told(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This path does not take this method; the header Allow lists those it takes",
            ),
            Self::NotAcceptable => told(
                StatusCode::NOT_ACCEPTABLE,
                "not_acceptable",
                "Answers are application/json; accept that",
            ),
            Self::BodyTooSlow => told(
                StatusCode::REQUEST_TIMEOUT,
                "body_too_slow",
                "The body took too long to arrive; send it again",
            ),
            Self::BodyMalformed => told(
                StatusCode::BAD_REQUEST,
                code::MALFORMED_REQUEST,
                "The body is not well-formed HTTP",
            ),
            Self::BodyTooLarge { bytes_max } => Told {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                code: code::BODY_TOO_LARGE,
                message: format!(
                    "The body is larger than {bytes_max} bytes, the most that this route takes"
                ),
            },
            Self::MediaType(message) => told(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                message,
            ),
            Self::Encoding => told(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_encoding",
                "Bodies are taken without Content-Encoding",
            ),
            Self::RateLimited { .. } => told(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "The rate limit was exceeded; wait as long as Retry-After says",
            ),
            Self::Overloaded { .. } => {
                let (status, code, message) = OVERLOADED;
                told(status, code, message)
            }
            Self::Write(error) => write_error(error),
            Self::Read(ReadError::TooSlow) => told(
                StatusCode::SERVICE_UNAVAILABLE,
                "search_too_slow",
                "This took too long and was stopped; ask for less, such as one stage, owner, account, contact or word",
            ),
            Self::Read(ReadError::Unavailable(_) | ReadError::Unreachable(_)) => told(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The database cannot be read at the moment; try again",
            ),
            Self::Read(_) | Self::Internal => told(
                StatusCode::INTERNAL_SERVER_ERROR,
                code::INTERNAL,
                INTERNAL_MESSAGE,
            ),
        }
    }

    /// What was wrong, by path: every 400, 409 and 412 of a body says so.
    fn faults(&self) -> Option<Faults> {
        match self {
            Self::Invalid(faults) if faults.reason() == Reason::NotFound => None,
            Self::Invalid(faults) => Some(faults.clone()),
            Self::Json(fault) => Some(Faults::one(fault.pointer().unwrap_or_default(), fault)),
            Self::IdempotencyKey(message) => Some(Faults::one("Idempotency-Key", message)),
            Self::BodyMalformed => Some(Faults::one("", "ends before it is complete")),
            _ => None,
        }
    }

    fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_secs }
            | Self::Overloaded { retry_after_secs }
            | Self::Write(WriteError::Overloaded { retry_after_secs }) => Some(*retry_after_secs),
            Self::Write(WriteError::StorageFull | WriteError::DiskFailed(_)) => Some(30),
            Self::Write(WriteError::TooManyKeys) => Some(3_600),
            Self::Read(
                ReadError::TooSlow | ReadError::Unavailable(_) | ReadError::Unreachable(_),
            ) => Some(1),
            Self::Write(WriteError::Closed | WriteError::InFlight | WriteError::Unreachable(_)) => {
                Some(1)
            }
            _ => None,
        }
    }

    /// What the operator is told, and the caller is not.
    fn log(&self) {
        match self {
            Self::Write(
                error @ (WriteError::Failed(_)
                | WriteError::DiskFailed(_)
                | WriteError::StorageFull
                | WriteError::Unreachable(_)),
            ) => {
                tracing::error!(%error, "a write failed");
            }
            Self::Read(error @ ReadError::TooSlow) => {
                tracing::warn!(%error, "a search was stopped");
            }
            Self::Read(error) => {
                let cause = std::error::Error::source(error).map(ToString::to_string);
                tracing::error!(%error, cause, "a read failed");
            }
            _ => {}
        }
    }
}

/// The status of something that was refused.
pub(crate) const fn status_of(faults: &Faults) -> StatusCode {
    match faults.reason() {
        Reason::Invalid => StatusCode::BAD_REQUEST,
        Reason::Conflict => StatusCode::CONFLICT,
        Reason::Stale => StatusCode::PRECONDITION_FAILED,
        Reason::NotFound => StatusCode::NOT_FOUND,
    }
}

fn refused(faults: &Faults) -> Told {
    let (code, message) = match faults.reason() {
        Reason::Invalid => ("validation_failed", "Validation failed"),
        Reason::Conflict => ("conflict", "This clashes with what is there"),
        Reason::Stale => (
            "precondition_failed",
            "It has changed since it was read; read it again",
        ),
        Reason::NotFound => {
            let sentence = faults.by_path().values().flatten().next();
            ("not_found", sentence.map_or("Not found", String::as_str))
        }
    };
    Told {
        status: status_of(faults),
        code,
        message: message.to_owned(),
    }
}

fn not_allowed(refusal: KeyRefusal) -> String {
    match refusal {
        KeyRefusal::Scope { needed } => format!(
            "The API key's scope does not reach so far; this needs '{}'",
            needed.name()
        ),
        KeyRefusal::Route => "The API key is restricted to other routes".to_owned(),
        KeyRefusal::Revoked | KeyRefusal::Expired => "The API key is not valid".to_owned(),
    }
}

const OVERLOADED: (StatusCode, &str, &str) = (
    StatusCode::SERVICE_UNAVAILABLE,
    "overloaded",
    "Too many requests are waiting; try again",
);

fn write_error(error: &WriteError) -> Told {
    let (status, code, message) = match error {
        WriteError::Overloaded { .. } => OVERLOADED,
        WriteError::Closed => (
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Nothing can be written at the moment; try again",
        ),
        WriteError::Unreachable(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The database cannot be reached at the moment, and this may or may not have been written; send it again with the same Idempotency-Key, or look first",
        ),
        WriteError::StorageFull => (
            StatusCode::SERVICE_UNAVAILABLE,
            "storage_full",
            "There is no space left to store this; nothing was written",
        ),
        WriteError::DiskFailed(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "storage_failed",
            "The storage failed; look whether this was written before you send it again",
        ),
        WriteError::KeyReused => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key came with another request before; use a fresh one",
        ),
        WriteError::InFlight => (
            StatusCode::CONFLICT,
            "idempotency_key_in_flight",
            "The request with this Idempotency-Key is still being worked on; ask again for its answer",
        ),
        WriteError::TooManyKeys => (
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_idempotency_keys",
            "Too many Idempotency-Keys are kept; each is kept for 24 hours",
        ),
        WriteError::AlreadySetUp | WriteError::KeyEnded | WriteError::Failed(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            code::INTERNAL,
            INTERNAL_MESSAGE,
        ),
    };
    Told {
        status,
        code,
        message: message.to_owned(),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let told = self.told();
        let faults = self.faults();
        let request_id = REQUEST_ID.try_with(Clone::clone).unwrap_or_default();
        let failure = Failure::new(
            told.status.as_u16(),
            told.code,
            &told.message,
            &request_id,
            faults.as_ref(),
        );
        let body = to_json(&failure).expect("texts are JSON");
        let mut response = (told.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if told.status == StatusCode::UNAUTHORIZED {
            let challenge =
                HeaderValue::from_static("ApiKey realm=\"lanekeeper\", header=\"x-api-key\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(secs) = self.retry_after_secs() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if let Self::Overloaded { .. } = self {
            response.extensions_mut().insert(Early);
        }
        response
    }
}

impl From<Faults> for ApiError {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<WriteError> for ApiError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<JsonFault> for ApiError {
    fn from(fault: JsonFault) -> Self {
        Self::Json(fault)
    }
}

impl ApiError {
    /// A body that could not be read to its end.
    pub(crate) fn of_body(fault: BodyFault, bytes_max: usize) -> Self {
        match fault {
            BodyFault::TooLarge => Self::BodyTooLarge { bytes_max },
            BodyFault::TooSlow => Self::BodyTooSlow,
            BodyFault::Malformed | BodyFault::Gone => Self::BodyMalformed,
        }
    }
}

/// The header that says how much of the rate limit is left.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The header that says what the rate limit is.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
