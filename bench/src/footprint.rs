//! What the server needs: memory, time to start, its file; and how much the load generator can send.

use std::fs;
use std::time::Duration;

use anyhow::Result;

use crate::creates::Bench;
use crate::report::{Footprint, median};
use crate::{load, process, progress};

const CLIENTS: usize = 64;

pub(crate) fn measure(bench: &Bench) -> Result<Footprint> {
    progress("starting on an existing database, and sending GET /healthz");
    let (_folder, database) = bench.filled()?;
    let mut ready_ms = vec![];
    for _ in 0..bench.effort.starts {
        let server = bench.start(&database)?;
        ready_ms.push(server.ready_after.as_secs_f64() * 1e3);
        server.stop()?;
    }

    let server = bench.start(&database)?;
    std::thread::sleep(Duration::from_secs(1));
    let idle_mib = process::resident_mib(server.pid())?;
    let hellos = vec![load::get_request("/healthz"); bench.effort.hellos];
    let hello = load::send(&server.address, &hellos, CLIENTS)?;
    server.stop()?;
    Ok(Footprint {
        idle_mib,
        ready_ms: median(ready_ms),
        database_mib: mib(fs::metadata(&database)?.len()),
        binary_mib: mib(fs::metadata(bench.server)?.len()),
        hello_per_second: hello.per_second,
    })
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
