//! The HTTP server: routes, keys, limits, errors. A handler translates; what is decided is decided in `lanekeeper-core`.

mod answer;
mod app;
mod auth;
pub mod connection;
mod error;
mod extract;
mod gate;
mod query;
mod rate_limit;
mod routes;
mod telemetry;
mod write;

pub use app::{App, Options};
pub use auth::{FreshKey, hash_key};
pub use rate_limit::RateLimit;
pub use routes::{is_route, route_names};

use std::sync::Arc;
use std::time::Duration;

use connection::{Served, Shutdown};
use tokio::net::TcpListener;

/// The API's document, OpenAPI 3.1, as JSON.
pub const OPENAPI_JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// How often the uses of keys are noted, and metrics are tidied.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(15);

/// Serves the API until `shutdown` says otherwise, then finishes what was accepted and closes the store.
pub async fn serve(listener: TcpListener, app: Arc<App>, shutdown: Shutdown) -> Served {
    let housekeeping = tokio::spawn(keep_house(Arc::clone(&app)));
    let stopping = tokio::spawn(stop_on_failure(Arc::clone(&app), shutdown.clone()));
    let service = routes::service(Arc::clone(&app));
    let served = connection::serve(listener, service, app.options.limits, shutdown).await;
    housekeeping.abort();
    stopping.abort();
    app.note_key_uses().await;
    app.store.close().await;
    served
}

async fn keep_house(app: Arc<App>) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING_EVERY);
    loop {
        ticks.tick().await;
        app.note_key_uses().await;
        app.limiter.forget_idle();
        let turned_away = app.gate.take_turned_away();
        if turned_away > 0 {
            tracing::warn!(turned_away, "there was more to do than could be done");
        }
        telemetry::tidy();
    }
}

/// A disk that failed under a commit cannot be trusted by this process any more: it answers what it has, and ends.
async fn stop_on_failure(app: Arc<App>, shutdown: Shutdown) {
    let mut failed = app.store.failed();
    if failed.wait_for(|failed| *failed).await.is_ok() {
        tracing::error!("the disk failed under a commit; stopping");
        shutdown
            .wind_down(Duration::ZERO, Duration::from_secs(5))
            .await;
    }
}
