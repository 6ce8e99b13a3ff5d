//! The least that a server can answer: `{"message": "hello"}` through axum and hyper, on as many threads as Lanekeeper's. It is
//! this program in a process of its own, built with the same settings and the same allocator.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use serde_json::json;

use crate::load;
use crate::server::free_address;
use crate::stopwatch::Stopwatch;

const READY_WITHIN: Duration = Duration::from_secs(10);

/// Serves until it is ended.
pub(crate) fn serve(address: SocketAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let listener = listener.tap_io(|stream| {
            // A connection that does not take it is only slower.
            drop(stream.set_nodelay(true));
        });
        let hello = async || {
            let body = json!({"message": "hello"}).to_string();
            ([(CONTENT_TYPE, "application/json")], body)
        };
        let router = Router::new().route("/", get(hello));
        Ok(axum::serve(listener, router).await?)
    })
}

/// That server, until this is dropped.
pub(crate) struct Hello {
    child: Child,
    pub(crate) address: String,
}

impl Hello {
    pub(crate) fn start() -> Result<Self> {
        let program: PathBuf = std::env::current_exe()?;
        let address = free_address()?;
        let child = Command::new(program)
            .args(["hello", "--listen", &address])
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start this program again")?;
        let hello = Self { child, address };
        let watch = Stopwatch::start();
        while load::get(&hello.address, "/").is_err() {
            ensure!(watch.elapsed() < READY_WITHIN, "hello does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(hello)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Hello {
    fn drop(&mut self) {
        // Whether or not it has ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
