//! A server for a check: built, set up in a fresh folder, listening at a port that was free.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo::cargo;
use crate::run::target_folder;
use crate::tools::Tool;

/// The line of the server's screen that says where it listens.
const ADDRESS: &str = "Address";

/// Ends with this value.
pub(crate) struct Served {
    /// Such as `http://127.0.0.1:40123`.
    pub(crate) address: String,
    process: Child,
    /// Held open, because the server would fail to write to a closed one.
    screen: BufReader<ChildStdout>,
    log: PathBuf,
}

/// The program, and a folder for what it writes.
pub(crate) struct Program {
    binary: PathBuf,
    folder: PathBuf,
}

impl Program {
    /// Builds it as the tests do, so that it is there after them, and empties the folder.
    pub(crate) fn build(root: &Path, folder: &Path) -> Result<Self> {
        Tool::CCompiler.require()?;
        let build = ["build", "--locked", "--workspace", "--tests", "--bins"];
        let status = cargo()
            .args(build)
            .current_dir(root)
            .status()
            .context("cannot start cargo")?;
        ensure!(
            status.success(),
            "`cargo {}` failed: see above",
            build.join(" ")
        );
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self {
            binary: target_folder(root)?.join("debug/lanekeeper"),
            folder: folder.to_path_buf(),
        })
    }

    /// Runs a command that prints JSON, such as `init --json`.
    pub(crate) fn json(&self, args: &[&str]) -> Result<Value> {
        let output = self.command(args).output().context("cannot start it")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "`lanekeeper {}` failed: {complaint}",
            args.join(" ")
        );
        serde_json::from_slice(&output.stdout).context("the program did not print JSON")
    }

    /// Serves what `init` has set up, without a rate limit.
    pub(crate) fn serve(&self) -> Result<Served> {
        let log = self.folder.join("server.log");
        let mut process = self
            .command(&["serve", "--listen", "127.0.0.1:0", "--rate-limit", "off"])
            .args(["--log", "warn", "--log-format", "json"])
            .stdout(Stdio::piped())
            .stderr(File::create(&log).context("cannot write the server's log")?)
            .spawn()
            .context("cannot start the server")?;
        let stdout = process.stdout.take().expect("it is piped");
        let mut served = Served {
            address: String::new(),
            process,
            screen: BufReader::new(stdout),
            log,
        };
        served.address = served.read_address()?;
        Ok(served)
    }

    fn command(&self, args: &[&str]) -> Command {
        let database = format!("sqlite:{}", self.folder.join("crm.db").display());
        let mut command = Command::new(&self.binary);
        command
            .args(args)
            .env("LANEKEEPER_DATABASE", database)
            .stdin(Stdio::null());
        command
    }
}

impl Served {
    fn read_address(&mut self) -> Result<String> {
        let mut line = String::new();
        while self.screen.read_line(&mut line)? > 0 {
            if let Some(address) = line.trim().strip_prefix(ADDRESS) {
                return Ok(address.trim().to_owned());
            }
            line.clear();
        }
        bail!("the server did not start: {}", self.logged());
    }

    /// Ends the server, which must have been well until now.
    ///
    /// # Errors
    /// When it had ended before, or logged an error.
    pub(crate) fn finish(mut self) -> Result<()> {
        if let Some(status) = self.process.try_wait()? {
            bail!("the server ended by itself ({status}): {}", self.logged());
        }
        let log = self.logged();
        let error = log.lines().find(|line| line.contains(r#""level":"ERROR""#));
        match error {
            Some(error) => bail!("the server logged an error: {error}"),
            None => Ok(()),
        }
    }

    fn logged(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already, and there is nobody left to tell.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
