//! Creates over HTTP, on whatever database the server has.

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::server::Server;
use crate::work::Tenant;
use crate::{load, process};

/// How many send at once.
pub(crate) const CLIENTS: [usize; 3] = [1, 16, 64];

/// What a number of clients got.
#[derive(Clone, Serialize)]
pub(crate) struct OverHttp {
    pub(crate) clients: usize,
    pub(crate) http_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Processor time of the server for each.
    pub(crate) cpu_micros: f64,
    pub(crate) group_len: f64,
    /// Resident memory of the server afterwards.
    pub(crate) memory_mib: f64,
}

/// Sends so many creates to warm up, then so many that are measured, from the first number on.
pub(crate) fn measure(
    server: &Server,
    tenant: &Tenant,
    clients: usize,
    first: usize,
    (warm_up, count): (usize, usize),
) -> Result<OverHttp> {
    let requests = (first..first + warm_up + count).map(|number| tenant.request(number));
    let requests: Vec<Vec<u8>> = requests.collect();
    let send = |requests| {
        let load = load::send(&server.address, requests, clients);
        load.with_context(|| server.log())
    };
    send(&requests[..warm_up])?;
    let (groups, cpu) = (server.groups()?, process::cpu_seconds(server.pid())?);
    let load = send(&requests[warm_up..])?;
    let cpu = process::cpu_seconds(server.pid())? - cpu;
    let (groups_after, requests_after) = server.groups()?;
    Ok(OverHttp {
        clients,
        http_per_second: load.per_second,
        p50_ms: load.p50.as_secs_f64() * 1e3,
        p99_ms: load.p99.as_secs_f64() * 1e3,
        cpu_micros: cpu * 1e6 / count as f64,
        group_len: (requests_after - groups.1) / (groups_after - groups.0),
        memory_mib: process::resident_mib(server.pid())?,
    })
}

impl OverHttp {
    /// The median of every figure for itself.
    pub(crate) fn median_of(rounds: &[&Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| {
            crate::report::median(rounds.iter().map(|round| figure(round)).collect())
        };
        Self {
            clients: rounds[0].clients,
            http_per_second: of(|round| round.http_per_second),
            p50_ms: of(|round| round.p50_ms),
            p99_ms: of(|round| round.p99_ms),
            cpu_micros: of(|round| round.cpu_micros),
            group_len: of(|round| round.group_len),
            memory_mib: of(|round| round.memory_mib),
        }
    }
}
