//! `lanekeeper serve`.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use lanekeeper_server::connection::{Limits, Shutdown, signals};
use lanekeeper_server::{App, Options};
use lanekeeper_store::{Access, Clock, Database, Settings, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::args::{LogFormat, ServeOptions};
use crate::init::{Fresh, set_up};
use crate::{Failure, screen};

/// The signal of a file that has grown as far as it may: an error is enough, the process need not die of it.
const SIGXFSZ: i32 = 25;

pub(crate) async fn run(database: &Database, options: ServeOptions) -> Result<(), Failure> {
    start_logs(&options)?;
    Ok(serve(database, options).await?)
}

async fn serve(database: &Database, options: ServeOptions) -> anyhow::Result<()> {
    let _file_size = signal(SignalKind::from_raw(SIGXFSZ))?;
    let listener = TcpListener::bind(options.listen).await;
    let listener = listener.with_context(|| {
        format!(
            "cannot listen at {}; choose another address with --listen",
            options.listen
        )
    })?;
    let clock = Clock::default();
    let settings = Settings {
        cache_kib: options.cache_mib * 1024,
        ..Settings::default()
    };
    let store = Store::open(database, Access::Serve, settings, clock.clone()).await?;
    let fresh = match options.init {
        true => set_up(&store, &clock, &options.first).await?,
        false => None,
    };
    let failed = store.failed();
    let shutdown = Shutdown::default();
    // Before anybody is told that it runs: whoever reads the screen may stop it at once.
    let signals = signals(shutdown.clone(), options.drain_delay)?;
    let is_empty = store.overview().await?.is_empty();
    greet(fresh.as_ref(), is_empty, database, &listener)?;

    let limits = Limits {
        connections_max: options.connections_max as usize,
        ..Limits::default()
    };
    let app = App::new(
        store,
        clock,
        Options {
            rate_limit: options.rate_limit.0,
            limits,
        },
        shutdown.clone(),
    );
    let serving = lanekeeper_server::serve(listener, Arc::new(app), shutdown);
    tokio::pin!(serving);
    let served = tokio::select! {
        served = &mut serving => served,
        () = signals => serving.await,
    };
    tracing::info!(
        connections = served.connections,
        requests = served.requests,
        cut = served.dropped,
        "stopped"
    );
    if *failed.borrow() {
        bail!("the disk failed under a commit; see the log, and start again once it is in order");
    }
    Ok(())
}

fn greet(
    fresh: Option<&Fresh>,
    is_empty: bool,
    database: &Database,
    listener: &TcpListener,
) -> anyhow::Result<()> {
    let listen = listener.local_addr()?;
    let screen = screen::running(fresh, database, listen, is_empty);
    let mut out = std::io::stdout().lock();
    // A closed standard output is no reason not to serve.
    drop(out.write_all(screen.as_bytes()).and_then(|()| out.flush()));
    tracing::info!(%listen, %database, version = env!("CARGO_PKG_VERSION"), "serving");
    Ok(())
}

fn start_logs(options: &ServeOptions) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&options.log)
        .with_context(|| format!("'{}' is no log filter", options.log))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let is_pretty = match options.log_format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    match is_pretty {
        true => logs.compact().init(),
        false => logs.json().flatten_event(true).init(),
    }
    Ok(())
}
