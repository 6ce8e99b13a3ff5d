//! Connections: what each is told, and how long anything may take.

use std::time::Duration;

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::config::{Config, TargetSessionAttrs};

use super::PostgresUrl;
use crate::OpenError;

/// How long it may take to connect, or to wait for a connection.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_millis(700);
const CONNECTION_WITHIN: Duration = Duration::from_secs(2);
/// How long a network may be silent.
const SILENT_FOR_MAX: Duration = Duration::from_secs(5);

/// What every connection is told. A commit is on disk before it is answered, whatever the server's own setting is. Who is gone
/// is noticed soon: nothing goes on for them, and no lock is kept.
const OPTIONS: &str = "-c synchronous_commit=on -c statement_timeout=5s -c lock_timeout=2s \
    -c idle_in_transaction_session_timeout=10s -c timezone=UTC -c search_path=public \
    -c client_connection_check_interval=200ms -c tcp_keepalives_idle=1 -c tcp_keepalives_interval=1 \
    -c default_transaction_isolation=read\\ committed";

/// What a lane is told besides. Each of its statements finds rows by keys that begin with the organisation, many times each,
/// and on tables that grow faster than PostgreSQL counts them: a plan that reads a whole table was made for a smaller one.
const LANE_OPTIONS: &str = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

/// How this binary connects.
pub(super) fn config(url: &PostgresUrl) -> Config {
    let mut config = url.config();
    let options = match config.get_options() {
        Some(wanted) => format!("{wanted} {OPTIONS}"),
        None => OPTIONS.to_owned(),
    };
    let hosts = u32::try_from(config.get_hosts().len().max(1)).unwrap_or(u32::MAX);
    config
        .options(options)
        .application_name("lanekeeper")
        // Of several hosts, the one that takes writes: each must be tried in time.
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .connect_timeout(CONNECT_WITHIN / hosts)
        .tcp_user_timeout(SILENT_FOR_MAX)
        .keepalives_idle(SILENT_FOR_MAX);
    config
}

/// Connections that are kept for the next who needs one.
pub(super) fn pool(url: &PostgresUrl, size: usize) -> Result<Pool, OpenError> {
    pool_of(url, config(url), size)
}

/// Connections of lanes.
pub(super) fn lane_pool(url: &PostgresUrl, size: usize) -> Result<Pool, OpenError> {
    let mut config = config(url);
    let options = config.get_options().unwrap_or_default();
    let options = format!("{options} {LANE_OPTIONS}");
    config.options(options);
    pool_of(url, config, size)
}

/// What a lane's connection is told, for who speaks in its place.
#[cfg(feature = "recording")]
pub(crate) fn lane_options() -> String {
    format!("{OPTIONS} {LANE_OPTIONS}")
}

fn pool_of(url: &PostgresUrl, config: Config, size: usize) -> Result<Pool, OpenError> {
    let manager = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(config, url.connector(), manager);
    let pool = Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(CONNECTION_WITHIN))
        .create_timeout(Some(CONNECT_WITHIN))
        .recycle_timeout(Some(CONNECT_WITHIN));
    pool.build().map_err(|error| OpenError::Postgres {
        database: url.to_string(),
        reason: error.to_string(),
    })
}

/// Why there is no connection, for the operator.
pub(super) fn reason(error: &PoolError) -> String {
    crate::error::chain(error)
}

/// Closes a connection of which nobody knows any more in what state it is.
pub(super) fn discard(client: Object) {
    drop(Object::take(client));
}
