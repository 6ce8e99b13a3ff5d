//! The cluster that `cargo xtask bench` brings: its databases, its log and its processor time.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Config, NoTls};

use crate::process;

/// A cluster that runs.
pub(crate) struct Cluster {
    /// The address of a database of a user who may make databases.
    url: String,
    /// With its socket, its log and its data.
    folder: PathBuf,
    runtime: Runtime,
}

impl Cluster {
    pub(crate) fn new(url: &str, folder: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread();
        Ok(Self {
            url: url.to_owned(),
            folder: folder.to_owned(),
            runtime: { runtime }.enable_all().build()?,
        })
    }

    /// The address of one of its databases; on one machine, nothing is encrypted.
    pub(crate) fn url(&self, database: &str) -> Result<String> {
        let (server, _) = self.url.rsplit_once('/').context("no database in it")?;
        Ok(format!("{server}/{database}?sslmode=disable"))
    }

    /// Makes a database, as a copy of another if one is named.
    pub(crate) fn create(&self, database: &str, template: Option<&str>) -> Result<()> {
        let template = template.unwrap_or("template1");
        let create = format!("create database {database} owner lanekeeper template {template}");
        self.as_superuser("postgres", &create)?;
        // Of what came before, nothing is left to be written.
        self.as_superuser("postgres", "checkpoint")
    }

    pub(crate) fn drop(&self, database: &str) -> Result<()> {
        let drop = format!("drop database {database} with (force)");
        self.as_superuser("postgres", &drop)
    }

    /// Runs statements as the user whom nothing binds.
    pub(crate) fn as_superuser(&self, database: &str, sql: &str) -> Result<()> {
        self.with(database, async |client| {
            Ok(client.batch_execute(sql).await?)
        })
    }

    /// The first column of the only row.
    pub(crate) fn count(&self, database: &str, sql: &str) -> Result<i64> {
        self.with(database, async |client| {
            Ok(client.query_one(sql, &[]).await?.try_get(0)?)
        })
    }

    /// Connects by the socket, behind which everyone is trusted: its folder lets in nobody else.
    pub(crate) fn with<T>(
        &self,
        database: &str,
        work: impl AsyncFnOnce(&Client) -> Result<T>,
    ) -> Result<T> {
        let address: Config = self.url.parse()?;
        let port = address.get_ports().first().context("no port in it")?;
        let mut config = Config::new();
        config
            .host_path(&self.folder)
            .port(*port)
            .user("postgres")
            .dbname(database);
        self.runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await?;
            let connection = tokio::spawn(connection);
            let result = work(&client).await;
            drop(client);
            connection.await??;
            result
        })
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> Result<String> {
        let log = fs::read(self.folder.join("log"))?;
        Ok(String::from_utf8_lossy(&log).into_owned())
    }

    /// Processor time of all its processes so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let pid = fs::read_to_string(self.folder.join("data/postmaster.pid"))?;
        let pid = pid.lines().next().context("no process")?.parse()?;
        process::family_cpu_seconds(pid)
    }

    pub(crate) fn file_system(&self) -> Result<String> {
        process::file_system(&self.folder)
    }
}
