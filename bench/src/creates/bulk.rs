//! Creates a hundred at a time.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{Fresh, copy};
use crate::table::{Limit, Part, Row, Target};
use crate::{load, process, progress, world};

const BULK_LEN: usize = 100;
const CLIENTS: usize = 4;

/// Compared with single creates of many clients.
pub(super) fn measure(fresh: &Fresh, single_per_second: f64) -> Result<Row> {
    let setting = fresh.setting;
    let count = setting.effort.creates;
    let numbers: Vec<usize> = (0..count).collect();
    let requests = numbers.chunks(BULK_LEN).map(|numbers| {
        let bodies = numbers.iter().map(|number| fresh.tenant.body(*number));
        let bodies: Value = bodies.collect();
        fresh.tenant.post("/v1/opportunities/bulk", &bodies)
    });
    let requests: Vec<Vec<u8>> = requests.collect();
    let (_folder, database) = copy(setting)?;
    let server = world::start(setting.server, &database)?;
    // The first also makes the custom fields.
    let (first, rest) = requests.split_at(CLIENTS);
    load::send(&server.address, first, 1).with_context(|| server.log())?;
    let cpu = process::cpu_seconds(server.pid())?;
    let load = load::send(&server.address, rest, CLIENTS).with_context(|| server.log())?;
    let cpu = process::cpu_seconds(server.pid())? - cpu;
    let memory_mib = process::resident_mib(server.pid())?;
    server.stop()?;

    let records = rest.len() * BULK_LEN;
    let per_second = load.per_second * BULK_LEN as f64;
    progress(&format!("in bulk: {per_second:.0} creates/s"));
    Ok(Row {
        per_second: Some(per_second),
        times: Some(load.times),
        cpu_micros: Some(cpu * 1e6 / records as f64),
        memory_mib: Some(memory_mib),
        load_cores: Some(load.cores),
        limit: Some(Limit::per_second(
            "single creates",
            single_per_second,
            per_second,
        )),
        targets: vec![Target::ratio("ratio", per_second / single_per_second, 1.2)],
        ..Row::new(
            Part::Creates,
            format!("SQLite, {CLIENTS} clients, bulk of {BULK_LEN}: records"),
        )
    })
}
