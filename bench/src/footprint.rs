//! What the server needs: memory, time to start, its file, and what a developer waits for.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use rustix::fs::Advice;
use tempfile::TempDir;

use crate::effort::Setting;
use crate::server::{init, url};
use crate::table::{Part, Row, Target, thousands};
use crate::times::median;
use crate::world::{self, World};
use crate::{process, progress};

/// The size of database that the target for a start is about.
const DATABASE_MIB: f64 = 1024.0;
const REBUILD: &str = "build after a touch of crates/core/src/plan.rs";

/// Every row about what is needed.
pub(crate) fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let binary = mib(fs::metadata(setting.server)?.len());
    Ok(vec![
        idle(setting)?,
        start(setting)?,
        Row {
            figure: Some((binary, "MiB")),
            targets: vec![Target::at_most("size", binary, 30.0, "MiB")],
            ..Row::new(Part::Footprint, "binary (there is no UI in it yet)")
        },
        match setting.rebuild_seconds {
            Some(seconds) => Row {
                figure: Some((seconds, "s")),
                ..Row::new(Part::Footprint, REBUILD)
            },
            None => Row::missing(Part::Footprint, REBUILD, "only a full run builds"),
        },
    ])
}

/// A database that is set up and has no records.
pub(crate) fn empty(setting: &Setting) -> Result<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir_in(setting.folder)?;
    let database = folder.path().join("empty.db");
    init(setting.server, &url(&database))?;
    Ok((folder, database))
}

fn idle(setting: &Setting) -> Result<Row> {
    let (_folder, database) = empty(setting)?;
    let server = world::start(setting.server, &database)?;
    std::thread::sleep(Duration::from_secs(1));
    let idle = process::resident_mib(server.pid())?;
    server.stop()?;
    Ok(Row {
        figure: Some((idle, "MiB")),
        targets: vec![Target::at_most("memory", idle, 40.0, "MiB")],
        ..Row::new(Part::Footprint, "resident memory, idle")
    })
}

/// The file is in no cache: everything that a start reads comes from the disk.
fn start(setting: &Setting) -> Result<Row> {
    let world = World::prepare(setting, setting.opportunities)?;
    let mut ready_ms = vec![];
    for _ in 0..setting.effort.starts {
        let file = fs::File::open(&world.database)?;
        rustix::fs::fadvise(&file, 0, None, Advice::DontNeed)?;
        let server = world.start(setting)?;
        ready_ms.push(server.ready_after.as_secs_f64() * 1e3);
        server.stop()?;
    }
    let ready_ms = median(ready_ms);
    let database = world.mib()?;
    progress(&format!("ready after {ready_ms:.0} ms"));
    let small = format!("the target is for {} MiB", thousands(DATABASE_MIB));
    let name = format!("cold start on a database of {} MiB", thousands(database));
    Ok(Row {
        figure: Some((ready_ms, "ms")),
        targets: vec![Target::at_most("ready", ready_ms, 100.0, "ms")],
        unjudged: (database < DATABASE_MIB).then_some(small),
        ..Row::new(Part::Footprint, name)
    })
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
