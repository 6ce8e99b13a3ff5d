//! `/openapi.json`, the document of the API, and `/docs`, a page that shows it. The page is Scalar's, embedded:
//! it loads nothing from outside and its policy forbids it to.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/docs.html"));
const START: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/start.js.gz"));
const SCALAR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scalar.js.gz"));

/// What the page may do. Scalar puts its styles into the page, hence `unsafe-inline` for them, and for nothing else.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document, the page, and the page's scripts under addresses that change with them. None of them needs a key.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/openapi.json", get(document))
        .route("/docs", get(page))
        .route(
            concat!("/docs/", env!("DOCS_REVISION"), "/start.js"),
            get(async || script(START)),
        )
        .route(
            concat!("/docs/", env!("DOCS_REVISION"), "/scalar.js"),
            get(async || script(SCALAR)),
        )
}

async fn document() -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, crate::OPENAPI_JSON).into_response()
}

async fn page() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, PAGE).into_response()
}

/// A script of the page, always compressed: every browser takes gzip, and nobody else asks.
fn script(gzipped: &'static [u8]) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CONTENT_ENCODING, "gzip"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, gzipped).into_response()
}
