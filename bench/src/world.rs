//! A database that is full: made once, kept beside the server's program, and taken again by the next run.

mod generate;
mod shape;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use uuid::Uuid;

use self::generate::generate;
pub(crate) use self::shape::{COMMON_SOURCE, COMMON_WORD, RARE_SOURCE, RARE_WORD, campaign, phone};
use crate::effort::Setting;
use crate::progress;
use crate::server::{Server, add_organization, init, url};
use crate::stopwatch::Stopwatch;
use crate::work::Tenant;

/// Beside the largest organisation, which has all that a run is asked for: the share of that which each other has.
const OTHERS: [f64; 4] = [0.06, 0.025, 0.01, 0.005];

/// A database of a number of opportunities.
pub(crate) struct World {
    pub(crate) database: PathBuf,
    pub(crate) opportunities: usize,
    pub(crate) kept: Kept,
}

/// What is kept beside a database, once it is whole.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Of the largest organisation.
    pub(crate) tenant: Tenant,
    /// Its second pipeline.
    pub(crate) board_id: Uuid,
    /// Some of its opportunities, from all over the table.
    pub(crate) ids: Vec<Uuid>,
    pub(crate) records: usize,
    pub(crate) seconds: f64,
    /// Which generator made it.
    generator: u32,
}

impl World {
    /// The one that is there, or a new one.
    pub(crate) fn prepare(setting: &Setting, opportunities: usize) -> Result<Self> {
        let database = setting.kept.join(format!("world-{opportunities}.db"));
        let kept = match kept(setting, &database)? {
            Some(kept) => kept,
            None => make(setting.server, &database, opportunities)?,
        };
        Ok(Self {
            database,
            opportunities,
            kept,
        })
    }

    pub(crate) fn start(&self, setting: &Setting) -> Result<Server> {
        start(setting.server, &self.database)
    }

    /// Reads the file once, so that what is measured does not wait for the disk, as after some hours of use.
    pub(crate) fn warm(&self) -> Result<()> {
        let mut file = fs::File::open(&self.database)?;
        std::io::copy(&mut file, &mut std::io::sink())?;
        Ok(())
    }

    /// A copy that is gone afterwards, for what writes.
    pub(crate) fn copy(&self, setting: &Setting) -> Result<(TempDir, PathBuf)> {
        ensure_whole(&self.database)?;
        let folder = tempfile::tempdir_in(setting.folder)?;
        let database = folder.path().join("copy.db");
        fs::copy(&self.database, &database)?;
        // What is still to be written would be measured with what comes.
        fs::File::open(&database)?.sync_all()?;
        Ok((folder, database))
    }

    pub(crate) fn mib(&self) -> Result<f64> {
        Ok(fs::metadata(&self.database)?.len() as f64 / 1024.0 / 1024.0)
    }
}

pub(crate) fn start(server: &Path, database: &Path) -> Result<Server> {
    Server::start(server, &url(database), &database.with_extension("log"))
}

/// What an earlier run has left, unless the schema or the generator are others now.
fn kept(setting: &Setting, database: &Path) -> Result<Option<Kept>> {
    let Ok(kept) = fs::read(database.with_extension("json")) else {
        return Ok(None);
    };
    let Ok(kept) = serde_json::from_slice::<Kept>(&kept) else {
        return Ok(None);
    };
    let folder = tempfile::tempdir_in(setting.folder)?;
    let fresh = folder.path().join("fresh.db");
    init(setting.server, &url(&fresh))?;
    let is_current = kept.generator == shape::GENERATOR && schema(database)? == schema(&fresh)?;
    Ok(is_current.then_some(kept))
}

/// What is in the log only would be missing from a copy of the file.
fn ensure_whole(database: &Path) -> Result<()> {
    let log = fs::metadata(database.with_extension("db-wal"));
    let log_len = log.map_or(0, |log| log.len());
    ensure!(log_len == 0, "the log was not copied into the database");
    Ok(())
}

fn schema(database: &Path) -> Result<Vec<String>> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "select sql from sqlite_schema where sql is not null order by name";
    let mut statement = connection.prepare(sql)?;
    let sqls = statement.query_map([], |row| row.get(0))?;
    Ok(sqls.collect::<Result<_, _>>()?)
}

fn make(server: &Path, database: &Path, opportunities: usize) -> Result<Kept> {
    progress(&format!("making {}", database.display()));
    for extension in ["json", "db", "db-wal", "db-shm"] {
        // Of another schema, or half of one from a run that was stopped.
        drop(fs::remove_file(database.with_extension(extension)));
    }
    let tenant = init(server, &url(database))?;
    let mut tenants = vec![(tenant, opportunities)];
    for (number, share) in (2..).zip(OTHERS) {
        let tenant = add_organization(server, &url(database), &format!("Organisation {number}"))?;
        tenants.push((tenant, (opportunities as f64 * share) as usize));
    }
    let watch = Stopwatch::start();
    let made = generate(database, &tenants)?;
    ensure_whole(database)?;
    let (tenant, _) = tenants.into_iter().next().context("no organisation")?;
    let kept = Kept {
        tenant,
        board_id: made.board_id,
        ids: made.ids,
        records: made.records,
        seconds: watch.elapsed().as_secs_f64(),
        generator: shape::GENERATOR,
    };
    fs::write(database.with_extension("json"), serde_json::to_vec(&kept)?)?;
    Ok(kept)
}
