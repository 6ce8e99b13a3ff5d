//! For load balancers, supervisors and Prometheus: no key needed, nothing about anybody's data in it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::telemetry::render_metrics;

/// Whether the process is alive.
pub(super) async fn alive() -> Response {
    status(StatusCode::OK, "ok")
}

/// Whether it takes requests: the database answers, and it is not on its way out.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.is_draining() {
        return status(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    match app.store.check().await {
        Ok(()) => status(StatusCode::OK, "ready"),
        Err(reason) => {
            tracing::warn!(reason, "not ready");
            status(StatusCode::SERVICE_UNAVAILABLE, "failing")
        }
    }
}

/// What was measured, as Prometheus reads it.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    app.gate.tell();
    let text = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, text)], render_metrics()).into_response()
}

fn status(code: StatusCode, status: &str) -> Response {
    let body = format!("{{\"status\":\"{status}\"}}");
    let mut response = (code, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if code == StatusCode::SERVICE_UNAVAILABLE {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
