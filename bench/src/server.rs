//! The real binary, started on a database and stopped again.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::load::get;
use crate::stopwatch::Stopwatch;
use crate::work::Tenant;

const READY_WITHIN: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(1);

/// A server that runs until this is dropped.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
    pub(crate) address: String,
    /// From the start of the process to the first 200 of /readyz.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Serves a database with everything on; the rate limit is there, but out of reach.
    pub(crate) fn start(binary: &Path, database: &str, log: &Path) -> Result<Self> {
        let address = free_address()?;
        let watch = Stopwatch::start();
        let child = Command::new(binary)
            .env("LANEKEEPER_DATABASE", database)
            .args(["serve", "--listen", &address, "--log-format", "json"])
            .args(["--rate-limit", "1000000/s,burst=1000000"])
            .stdout(Stdio::null())
            .stderr(File::create(log)?)
            .spawn()
            .context("cannot start the server")?;
        let mut server = Self {
            child,
            log: log.to_owned(),
            address,
            ready_after: Duration::ZERO,
        };
        while get(&server.address, "/readyz").is_err() {
            let is_gone = server.child.try_wait()?.is_some();
            if is_gone || watch.elapsed() > READY_WITHIN {
                bail!("the server did not become ready:\n{}", server.log());
            }
            std::thread::sleep(ASK_EVERY);
        }
        server.ready_after = watch.elapsed();
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged last, for whoever looks into a failure.
    pub(crate) fn log(&self) -> String {
        const LINES: usize = 10;
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    /// Groups and their requests so far.
    pub(crate) fn groups(&self) -> Result<(f64, f64)> {
        let metrics = get(&self.address, "/metrics")?;
        let of = |name: &str| {
            let name = format!("lanekeeper_write_group_len_{name} ");
            let value = metrics.lines().find_map(|line| line.strip_prefix(&name));
            value.map_or(Ok(0.0), str::parse)
        };
        Ok((of("count")?, of("sum")?))
    }

    /// Lets it finish, as Ctrl-C does.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = self.pid().to_string();
        let kill = Command::new("kill").args(["-INT", &pid]).status()?;
        anyhow::ensure!(kill.success(), "cannot stop the server");
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` there is nothing left to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Sets up an empty database.
pub(crate) fn init(binary: &Path, database: &str) -> Result<Tenant> {
    tenant(binary, database, &["init", "--json"])
}

/// Adds an organisation to a database that is set up.
pub(crate) fn add_organization(binary: &Path, database: &str, name: &str) -> Result<Tenant> {
    let args = ["organization", "create", name, "--json"];
    tenant(binary, database, &args)
}

fn tenant(binary: &Path, database: &str, args: &[&str]) -> Result<Tenant> {
    let output = Command::new(binary)
        .env("LANEKEEPER_DATABASE", database)
        .args(args)
        .output()
        .context("cannot start the server's program")?;
    let complaint = || String::from_utf8_lossy(&output.stderr).into_owned();
    let json: Value = serde_json::from_slice(&output.stdout).with_context(complaint)?;
    let text = |json: &Value| json.as_str().map(str::to_owned).context("no text in init");
    Ok(Tenant {
        pipeline_id: text(&json["pipeline_id"])?,
        owner_email: text(&json["owner"]["email"])?,
        api_key: text(&json["api_key"])?,
    })
}

/// The address of a database file.
pub(crate) fn url(database: &Path) -> String {
    format!("sqlite:{}", database.display())
}

/// An address that was free a moment ago.
pub(crate) fn free_address() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}
