//! A PostgreSQL cluster for the tests: made for them, and gone after them.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::tools::{Tool, is_root};

const KEEPER: &str = include_str!("postgres/keeper.sh");
/// Where Debian and Ubuntu keep the programs of each version; elsewhere they are on PATH.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";
/// PostgreSQL refuses to run as root. Its package makes this user.
const AS_USER: [&str; 4] = [
    "setpriv",
    "--reuid=postgres",
    "--regid=postgres",
    "--init-groups",
];

/// Ends with this value, and with this process, however that ends.
pub(crate) struct Cluster {
    /// `postgres://USER:PASSWORD@127.0.0.1:PORT/postgres`, whose user may make databases.
    pub(crate) url: String,
    /// With its socket, its log and its data; it is closed to others.
    pub(crate) folder: PathBuf,
    keeper: Child,
}

impl Cluster {
    /// Makes one, listening at a port that was free.
    ///
    /// # Errors
    /// When PostgreSQL is missing, or does not start: it says why on standard error.
    pub(crate) fn start() -> Result<Self> {
        Tool::Postgres.require()?;
        let programs = debian_programs().unwrap_or_default();
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let words = ["sh", "-c", KEEPER, "keeper"];
        let words = match is_root() {
            true => [AS_USER.as_slice(), &words].concat(),
            false => words.to_vec(),
        };
        let mut keeper = Command::new(words[0])
            .args(&words[1..])
            .arg(programs)
            .arg(port.to_string())
            // Ctrl-C is for us; the keeper ends when we have.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start PostgreSQL")?;
        let mut screen = BufReader::new(keeper.stdout.take().expect("it is piped"));
        let (mut url, mut folder) = (String::new(), String::new());
        screen.read_line(&mut url)?;
        screen.read_line(&mut folder)?;
        let cluster = Self {
            url: url.trim_end().to_owned(),
            folder: folder.trim_end().into(),
            keeper,
        };
        if cluster.url.is_empty() {
            bail!("PostgreSQL does not start: see above");
        }
        Ok(cluster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It may have ended already, and there is nobody left to tell.
        drop(self.keeper.wait());
    }
}

/// One of PostgreSQL's programs.
pub(crate) fn program(name: &str) -> PathBuf {
    debian_programs().unwrap_or_default().join(name)
}

/// The folder of the programs of the newest version, where each has its own.
fn debian_programs() -> Option<PathBuf> {
    let versions = Path::new(DEBIAN_VERSIONS).read_dir().ok()?.flatten();
    let versions = versions.filter(|version| version.path().join("bin/initdb").exists());
    let names = versions.map(|version| version.file_name().to_string_lossy().into_owned());
    Some(Path::new(DEBIAN_VERSIONS).join(newest(names)?).join("bin"))
}

fn newest(versions: impl Iterator<Item = String>) -> Option<String> {
    versions.max_by_key(|version| version.parse::<u32>().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_that_of_the_greatest_number() {
        let versions = ["9.6", "15", "9", "13"].map(str::to_owned);

        assert_eq!(newest(versions.into_iter()).as_deref(), Some("15"));
    }
}
