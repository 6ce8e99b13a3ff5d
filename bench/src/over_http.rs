//! Creates over HTTP, on whatever database the server has.

use anyhow::{Context as _, Result};

use crate::server::Server;
use crate::table::{Part, Row};
use crate::times::{Times, median};
use crate::work::Tenant;
use crate::{load, process};

/// How many send at once.
pub(crate) const CLIENTS: [usize; 3] = [1, 16, 64];
/// As many as most targets are about.
pub(crate) const MANY: usize = 64;

/// What a number of clients got.
#[derive(Clone)]
pub(crate) struct OverHttp {
    pub(crate) clients: usize,
    pub(crate) per_second: f64,
    pub(crate) times: Times,
    /// Processor time of the server for each.
    pub(crate) cpu_micros: f64,
    pub(crate) group_len: f64,
    /// Resident memory of the server afterwards.
    pub(crate) memory_mib: f64,
    load_cores: f64,
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
        per_second: load.per_second,
        times: load.times,
        cpu_micros: cpu * 1e6 / count as f64,
        group_len: (requests_after - groups.1) / (groups_after - groups.0),
        memory_mib: process::resident_mib(server.pid())?,
        load_cores: load.cores,
    })
}

impl OverHttp {
    /// The median of every figure for itself.
    pub(crate) fn median_of(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(rounds.iter().map(figure).collect());
        let times: Vec<Times> = rounds.iter().map(|round| round.times).collect();
        Self {
            clients: rounds[0].clients,
            per_second: of(|round| round.per_second),
            times: Times::median_of(&times),
            cpu_micros: of(|round| round.cpu_micros),
            group_len: of(|round| round.group_len),
            memory_mib: of(|round| round.memory_mib),
            load_cores: of(|round| round.load_cores),
        }
    }

    /// As a row, without what it is compared with.
    pub(crate) fn row(&self, database: &str) -> Row {
        let clients = match self.clients {
            1 => "1 client".to_owned(),
            clients => format!("{clients} clients"),
        };
        Row {
            per_second: Some(self.per_second),
            times: Some(self.times),
            cpu_micros: Some(self.cpu_micros),
            memory_mib: Some(self.memory_mib),
            load_cores: Some(self.load_cores),
            group_len: Some(self.group_len),
            ..Row::new(Part::Creates, format!("{database}, {clients}"))
        }
    }
}
