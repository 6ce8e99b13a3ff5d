//! What the operator sees of requests: ids, logs without contents, metrics. And the last net under a panic.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::{ApiError, Early};

tokio::task_local! {
    /// The id of the request that this task works on.
    pub(crate) static REQUEST_ID: String;
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_CHARS_MAX: usize = 128;
const SECONDS_BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];
const LEN_BUCKETS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// One recorder for the process.
static METRICS: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    let buckets = |builder: PrometheusBuilder, suffix: &str, buckets: &[f64]| {
        let matcher = Matcher::Suffix(suffix.to_owned());
        builder
            .set_buckets_for_metric(matcher, buckets)
            .expect("there are buckets")
    };
    let builder = buckets(PrometheusBuilder::new(), "_seconds", &SECONDS_BUCKETS);
    let recorder = buckets(builder, "_len", &LEN_BUCKETS).build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("another recorder has the metrics; /metrics stays empty");
    }
    handle
});

/// The metrics, as Prometheus reads them.
pub(crate) fn render_metrics() -> String {
    METRICS.render()
}

/// Keeps what was measured small.
pub(crate) fn tidy() {
    METRICS.run_upkeep();
}

/// Wraps every request: gives it an id, notes how it went, and answers a panic with a 500.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    LazyLock::force(&METRICS);
    let begun = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();

    let answered = REQUEST_ID.scope(id.clone(), async {
        match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => answer_panic(panic.as_ref()),
        }
    });
    let mut response = answered.await;

    let id_value = HeaderValue::from_str(&id).expect("an id is checked");
    response.headers_mut().insert(X_REQUEST_ID, id_value);
    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    note(&id, &method, route, &response, begun);
    response
}

fn note(id: &str, method: &Method, route: &str, response: &Response, begun: Instant) {
    let status = response.status().as_u16();
    let is_early = response.extensions().get::<Early>().is_some();
    let seconds = begun.elapsed().as_secs_f64();
    let method = known_method(method);
    measure(method, route, status, seconds);
    if status >= 500 && !is_early {
        tracing::warn!(
            request_id = id,
            method,
            route,
            status,
            seconds,
            "request failed"
        );
    } else {
        tracing::debug!(request_id = id, method, route, status, seconds, "request");
    }
}

/// What is measured of requests that are alike.
struct Measures {
    total: Counter,
    seconds: Histogram,
}

impl Measures {
    fn of(method: &'static str, route: &str, status: u16) -> Self {
        let route = route.to_owned();
        Self {
            total: metrics::counter!("lanekeeper_http_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string()),
            seconds: metrics::histogram!("lanekeeper_http_request_seconds", "route" => route),
        }
    }
}

type ByMethodAndStatus = HashMap<(&'static str, u16), Measures>;

thread_local! {
    /// By route, then by method and status: all labels are ours, so there are few. To ask the recorder each time would cost
    /// a twentieth of reading a record.
    static MEASURES: RefCell<HashMap<String, ByMethodAndStatus>> = RefCell::default();
}

fn measure(method: &'static str, route: &str, status: u16, seconds: f64) {
    MEASURES.with_borrow_mut(|by_route| {
        if !by_route.contains_key(route) {
            by_route.insert(route.to_owned(), HashMap::new());
        }
        let alike = by_route.get_mut(route).expect("it was just put there");
        let measures = alike.entry((method, status));
        let measures = measures.or_insert_with(|| Measures::of(method, route, status));
        measures.total.increment(1);
        measures.seconds.record(seconds);
    });
}

/// Methods are the caller's to invent; metrics are not.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The caller's id, if it is one that may stand in a header and a log; else a fresh one.
fn request_id(headers: &HeaderMap) -> String {
    let sent = headers
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let is_good = |id: &&str| {
        let may_stand =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        (1..=REQUEST_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(may_stand)
    };
    sent.filter(is_good)
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

fn answer_panic(panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(
        panic = text.unwrap_or("of an unknown kind"),
        "a request panicked"
    );
    metrics::counter!("lanekeeper_panics_total").increment(1);
    ApiError::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_request_id_is_kept_if_it_may_stand_in_a_log() {
        let of = |value: &'static str| {
            let value = HeaderValue::from_static(value);
            request_id(&HeaderMap::from_iter([(X_REQUEST_ID, value)]))
        };

        assert_eq!(of("order-17:retry.2"), "order-17:retry.2");
        for bad in ["", "two words", "\"quoted\""] {
            assert_ne!(of(bad), bad);
        }
    }
}
