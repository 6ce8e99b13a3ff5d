//! Creates on a database that is full: what `lanekeeper copy` makes of the full one on SQLite.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::{Bench, DATABASE, RUN};
use crate::over_http::{self, MANY};
use crate::progress;
use crate::server::url;
use crate::stopwatch::Stopwatch;
use crate::table::{Limit, Row, Target, thousands};
use crate::world::World;

/// Compared with the same on a small one.
pub(super) fn measure(bench: &Bench, small_per_second: f64) -> Result<Row> {
    let (setting, cluster) = (bench.setting, &bench.cluster);
    let world = World::prepare(setting, setting.opportunities)?;
    let opportunities = thousands(world.opportunities as f64);
    progress(&format!(
        "copying {} records into PostgreSQL",
        thousands(world.kept.records as f64)
    ));
    let watch = Stopwatch::start();
    cluster.create(RUN, None)?;
    copy(bench, &world)?;
    cluster.as_superuser(RUN, "vacuum analyze")?;
    cluster.as_superuser("postgres", "checkpoint")?;
    let seconds = watch.elapsed().as_secs();
    progress(&format!("they are there after {seconds} s"));

    let server = bench.start()?;
    let counts = (setting.effort.warm_up, setting.effort.creates);
    let cpu = cluster.cpu_seconds()?;
    let http = over_http::measure(&server, &world.kept.tenant, MANY, 0, counts)?;
    let cpu = cluster.cpu_seconds()? - cpu;
    server.stop()?;
    cluster.drop(RUN)?;
    let postgres_micros = cpu * 1e6 / (counts.0 + counts.1) as f64;
    let ratio = http.per_second / small_per_second;
    let row = http.row(DATABASE);
    Ok(Row {
        name: format!("{} over {opportunities}", row.name),
        cpu_micros: Some(http.cpu_micros + postgres_micros),
        limit: Some(Limit::per_second(
            "the small one",
            small_per_second,
            http.per_second,
        )),
        targets: vec![Target::ratio("ratio", ratio, 0.75)],
        ..row
    })
}

fn copy(bench: &Bench, world: &World) -> Result<()> {
    let output = Command::new(bench.setting.server)
        .args(["copy", "--from", &url(&world.database), "--to"])
        .arg(bench.cluster.url(RUN)?)
        .stdout(Stdio::null())
        .output()
        .context("cannot start the copy")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the copy failed:\n{complaint}");
    Ok(())
}
