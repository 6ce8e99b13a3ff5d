//! Creates on a database that is full.

use anyhow::Result;

use super::DATABASE;
use crate::effort::Setting;
use crate::over_http::{self, MANY};
use crate::progress;
use crate::table::{Limit, Row, Target, thousands};
use crate::world::{self, World};

/// Compared with the same on an empty one.
pub(super) fn measure(setting: &Setting, fresh_per_second: f64) -> Result<Row> {
    let world = World::prepare(setting, setting.opportunities)?;
    let (_folder, database) = world.copy(setting)?;
    let server = world::start(setting.server, &database)?;
    let counts = (setting.effort.warm_up, setting.effort.creates);
    let http = over_http::measure(&server, &world.kept.tenant, MANY, 0, counts)?;
    server.stop()?;
    let opportunities = thousands(world.opportunities as f64);
    progress(&format!(
        "over {opportunities} opportunities: {:.0} creates/s",
        http.per_second
    ));
    let ratio = http.per_second / fresh_per_second;
    let spread = http.times.p99_ms / http.times.p50_ms;
    let row = http.row(DATABASE);
    Ok(Row {
        name: format!("{} over {opportunities}", row.name),
        limit: Some(Limit::per_second(
            "the empty one",
            fresh_per_second,
            http.per_second,
        )),
        targets: vec![
            Target::ratio("ratio", ratio, 0.6),
            Target::at_most("p99 ÷ p50", spread, 5.0, ""),
            Target::at_most("memory", http.memory_mib, 300.0, "MiB"),
        ],
        ..row
    })
}
