//! Creates over HTTP, and the same statements on raw SQLite right after, at the same mean group size.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::report::{Creates, median_of};
use crate::server::{Server, init};
use crate::work::Tenant;
use crate::{Effort, load, process, progress, raw, recording};

const CLIENTS: [usize; 3] = [1, 16, 64];

/// All that the measurements share.
pub(crate) struct Bench<'a> {
    pub(crate) server: &'a Path,
    pub(crate) effort: &'a Effort,
    folder: &'a Path,
    tenant: Tenant,
    recording: recording::Recording,
    /// Processor time of the servers that ran, in seconds.
    server_cpu: Cell<f64>,
}

impl<'a> Bench<'a> {
    /// Sets a database up and records the statements of all creates.
    pub(crate) fn prepare(server: &'a Path, folder: &'a Path, effort: &'a Effort) -> Result<Self> {
        let tenant = init(server, &folder.join("start.db"))?;
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
            server_cpu: Cell::new(0.0),
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
                    self.effort.rounds, result.http_per_second, result.raw_per_second
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
        let requests: Vec<Vec<u8>> = (0..warm_up + count)
            .map(|number| self.tenant.request(number))
            .collect();

        let (http_folder, database) = fresh(self.folder)?;
        let server = Server::start(self.server, &database)?;
        let send = |requests| {
            let load = load::send(&server.address, requests, clients);
            load.with_context(|| server.log())
        };
        send(&requests[..warm_up])?;
        let (groups, cpu) = (server.groups()?, process::cpu_seconds(server.pid())?);
        let load = send(&requests[warm_up..])?;
        let cpu = process::cpu_seconds(server.pid())? - cpu;
        let (groups_after, requests_after) = server.groups()?;
        let group_len = (requests_after - groups.1) / (groups_after - groups.0);
        let memory_mib = process::resident_mib(server.pid())?;
        self.stop(server)?;
        drop(http_folder);

        let raw_group_len = (group_len.round() as usize).max(1);
        let (_raw_folder, database) = fresh(self.folder)?;
        let counts = (warm_up, count);
        let raw_per_second = raw::replay(&database, &self.recording, counts, raw_group_len)?;
        Ok(Creates {
            clients,
            http_per_second: load.per_second,
            p50_ms: load.p50.as_secs_f64() * 1e3,
            p99_ms: load.p99.as_secs_f64() * 1e3,
            cpu_micros: cpu * 1e6 / count as f64,
            group_len,
            raw_group_len,
            raw_per_second,
            ratio: load.per_second / raw_per_second,
            memory_mib,
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

    /// Lets a server finish, and counts what it used.
    pub(crate) fn stop(&self, server: Server) -> Result<()> {
        let used = process::cpu_seconds(server.pid())?;
        self.server_cpu.set(self.server_cpu.get() + used);
        server.stop()
    }

    pub(crate) fn server_cpu_seconds(&self) -> f64 {
        self.server_cpu.get()
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
