//! Creates over HTTP, and the same statements on raw SQLite right after, at the same mean group size.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use crate::over_http::{self, CLIENTS};
use crate::report::{Creates, median_of};
use crate::server::{Server, init, url};
use crate::work::Tenant;
use crate::{Effort, progress, raw, recording};

/// All that the measurements share.
pub(crate) struct Bench<'a> {
    pub(crate) server: &'a Path,
    pub(crate) effort: &'a Effort,
    folder: &'a Path,
    tenant: Tenant,
    recording: recording::Recording,
}

impl<'a> Bench<'a> {
    /// Sets a database up and records the statements of all creates.
    pub(crate) fn prepare(server: &'a Path, folder: &'a Path, effort: &'a Effort) -> Result<Self> {
        let tenant = init(server, &url(&folder.join("start.db")))?;
        let count = effort.warm_up + effort.creates;
        progress(&format!("recording the statements of {count} creates"));
        let (_folder, database) = fresh(folder)?;
        let recording = recording::record(&database, &tenant, count)?;
        Ok(Self {
            server,
            effort,
            folder,
            tenant,
            recording,
        })
    }

    /// The medians of all rounds, for each number of clients.
    pub(crate) fn run(&self) -> Result<Vec<Creates>> {
        let mut results: Vec<Vec<Creates>> = vec![vec![]; CLIENTS.len()];
        for round in 1..=self.effort.rounds {
            for (clients, results) in CLIENTS.into_iter().zip(&mut results) {
                let result = self.once(clients)?;
                progress(&format!(
                    "round {round} of {}, {clients:>2} clients: {:>6.0} creates/s over HTTP, {:>6.0} raw",
                    self.effort.rounds, result.http.http_per_second, result.raw_per_second
                ));
                results.push(result);
            }
        }
        Ok(results.iter().map(|results| median_of(results)).collect())
    }

    fn once(&self, clients: usize) -> Result<Creates> {
        let count = match clients {
            1 => self.effort.creates_alone,
            _ => self.effort.creates,
        };
        let warm_up = self.effort.warm_up;

        let (http_folder, database) = fresh(self.folder)?;
        let server = self.start(&database)?;
        let http = over_http::measure(&server, &self.tenant, clients, 0, (warm_up, count))?;
        server.stop()?;
        drop(http_folder);

        let raw_group_len = (http.group_len.round() as usize).max(1);
        let (_raw_folder, database) = fresh(self.folder)?;
        let counts = (warm_up, count);
        let raw_per_second = raw::replay(&database, &self.recording, counts, raw_group_len)?;
        Ok(Creates {
            ratio: http.http_per_second / raw_per_second,
            http,
            raw_group_len,
            raw_per_second,
        })
    }

    /// A database in which all creates were made, for measurements on an existing one.
    pub(crate) fn filled(&self) -> Result<(TempDir, PathBuf)> {
        const GROUP_LEN: usize = 64;
        let (folder, database) = fresh(self.folder)?;
        let counts = (self.effort.warm_up, self.effort.creates);
        raw::replay(&database, &self.recording, counts, GROUP_LEN)?;
        Ok((folder, database))
    }

    /// A server on one of the databases.
    pub(crate) fn start(&self, database: &Path) -> Result<Server> {
        Server::start(self.server, &url(database), &database.with_extension("log"))
    }
}

/// A copy of the database that is set up and has no records yet, in a folder of its own: what belongs to one run must
/// not be found by the next.
fn fresh(folder: &Path) -> Result<(TempDir, PathBuf)> {
    let own = tempfile::tempdir_in(folder)?;
    let database = own.path().join("bench.db");
    fs::copy(folder.join("start.db"), &database)?;
    Ok((own, database))
}
