//! One record, a list and a board, over HTTP on a full database; and what they are held to.

mod in_process;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::effort::Setting;
use crate::hello::Hello;
use crate::load::{self, Load};
use crate::over_http::MANY;
use crate::server::Server;
use crate::table::{Limit, Part, Row, Target, thousands};
use crate::world::World;
use crate::{process, progress};

/// Open deals of the board that the target is about.
const BOARD_OPEN: f64 = 100_000.0;

/// Every row about reads.
pub(crate) fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let world = World::prepare(setting, setting.opportunities)?;
    world.warm()?;
    let tenant = &world.kept.tenant;
    let (in_process, body) = in_process::list(&world, setting.effort.alone.0)?;
    let hello = hello(setting)?;
    let server = world.start(setting)?;
    let asked = Asked {
        server: &server,
        tenant,
    };
    let reads = Reads {
        setting,
        world: &world,
        asked,
    };
    reads.holds(&body)?;
    let rows = vec![
        reads.one(&hello)?,
        hello,
        reads.list(in_process)?,
        reads.changed_board()?,
        reads.board()?,
    ];
    server.stop()?;
    Ok(rows)
}

/// How much the load generator could send, and what it takes for each.
pub(crate) fn generator(setting: &Setting) -> Result<Vec<Row>> {
    let (_folder, database) = crate::footprint::empty(setting)?;
    let server = crate::world::start(setting.server, &database)?;
    let health = vec![load::get_request("/healthz")];
    let (load, cpu) = busy(&server.address, server.pid(), || {
        load::repeat(
            &server.address,
            &health,
            MANY,
            (setting.effort.hellos, setting.effort.alone.1),
        )
    })?;
    server.stop()?;
    let own_micros = load.cores * 1e6 / load.per_second;
    let row = Row {
        figure: Some((own_micros, "µs of its own for each")),
        ..row(
            Part::Generator,
            format!("GET /healthz, {MANY} clients"),
            &load,
            cpu,
        )
    };
    Ok(vec![row])
}

/// A minimal server's answers.
fn hello(setting: &Setting) -> Result<Row> {
    let hello = Hello::start()?;
    let request = vec![load::get_request("/")];
    let amount = (setting.effort.hellos, setting.effort.alone.1);
    load::repeat(&hello.address, &request, MANY, (1_000, amount.1))?;
    let (load, cpu) = busy(&hello.address, hello.pid(), || {
        load::repeat(&hello.address, &request, MANY, amount)
    })?;
    let name = format!("hello JSON, {MANY} clients (not Lanekeeper)");
    Ok(row(Part::Reads, name, &load, cpu))
}

/// A load, and the processor time that a server took for each request of it.
fn busy(address: &str, pid: u32, send: impl FnOnce() -> Result<Load>) -> Result<(Load, f64)> {
    let before = process::cpu_seconds(pid)?;
    let load = send().with_context(|| format!("at {address}"))?;
    let cpu = process::cpu_seconds(pid)? - before;
    let micros = cpu * 1e6 / load.times.count as f64;
    Ok((load, micros))
}

fn row(part: Part, name: String, load: &Load, cpu_micros: f64) -> Row {
    progress(&format!("{name}: {:.0}/s", load.per_second));
    Row {
        per_second: Some(load.per_second),
        times: Some(load.times),
        cpu_micros: Some(cpu_micros),
        load_cores: Some(load.cores),
        ..Row::new(part, name)
    }
}

struct Reads<'a> {
    setting: &'a Setting<'a>,
    world: &'a World,
    asked: Asked<'a>,
}

impl Reads<'_> {
    fn server(&self) -> &Server {
        self.asked.server
    }

    /// Records from all over the table.
    fn one(&self, hello: &Row) -> Result<Row> {
        let ids = self.world.kept.ids.iter();
        let requests = ids.map(|id| self.asked.get(&format!("/v1/opportunities/{id}")));
        let requests: Vec<_> = requests.collect();
        let row = self.many("get one", &requests, self.setting.effort.hellos)?;
        let limit = hello.per_second.unwrap_or(f64::NAN);
        let is = row.per_second.unwrap_or(f64::NAN);
        Ok(Row {
            limit: Some(Limit::per_second("hello JSON", limit, is)),
            targets: vec![Target::ratio("ratio", is / limit, 0.5)],
            ..row
        })
    }

    /// A first page, by processor time held to the same in process.
    fn list(&self, in_process_micros: f64) -> Result<Row> {
        let request = [self.asked.get(&self.asked.list())];
        let row = self.many("list of 100", &request, self.setting.effort.lists)?;
        let ratio = row.cpu_micros.unwrap_or(f64::NAN) / in_process_micros;
        Ok(Row {
            limit: Some(Limit {
                of: "the CPU in process".to_owned(),
                figure: in_process_micros,
                unit: "µs",
                ratio,
            }),
            targets: vec![Target::at_most("ratio", ratio, 1.3, "")],
            ..row
        })
    }

    fn many(&self, what: &str, requests: &[Vec<u8>], count: usize) -> Result<Row> {
        let amount = (count, self.setting.effort.alone.1);
        let address = &self.server().address;
        self.asked.repeat(requests, 1, self.setting.effort.alone)?;
        let (load, cpu) = busy(address, self.server().pid(), || {
            self.asked.repeat(requests, MANY, amount)
        })?;
        let over = thousands(self.world.opportunities as f64);
        let name = format!("{what}, {MANY} clients over {over}");
        let memory_mib = process::resident_mib(self.server().pid())?;
        Ok(Row {
            memory_mib: Some(memory_mib),
            ..row(Part::Reads, name, &load, cpu)
        })
    }

    /// What is in the second pipeline, stage by stage: as it was when it was asked for before.
    fn board(&self) -> Result<Row> {
        let requests = [self.board_request()];
        let alone = self.setting.effort.alone;
        let (load, cpu) = busy(&self.server().address, self.server().pid(), || {
            self.asked.repeat(&requests, 1, alone)
        })?;
        let name = "the same board, nothing changed, 1 client".to_owned();
        Ok(row(Part::Reads, name, &load, cpu))
    }

    /// The same after a change each time, so that it is counted anew; on a copy, which may be changed.
    fn changed_board(&self) -> Result<Row> {
        let open = self.open_deals()?;
        let (_folder, database) = self.world.copy(self.setting)?;
        let server = crate::world::start(self.setting.server, &database)?;
        let opportunity = format!("/v1/opportunities/{}", self.world.kept.ids[0]);
        let change = |number: usize| {
            let body = json!({"next_steps": format!("Call for the {number}th time")});
            self.asked.tenant.patch(&opportunity, &body)
        };
        let alone = self.setting.effort.alone;
        let times = load::behind(&server.address, change, &self.board_request(), alone)
            .with_context(|| server.log())?;
        server.stop()?;
        let name = format!(
            "board of {} open deals, each time after a change",
            thousands(open)
        );
        progress(&format!("{name}: p50 {:.1} ms", times.p50_ms));
        let small = format!("the target is for {} open deals", thousands(BOARD_OPEN));
        Ok(Row {
            times: Some(times),
            targets: vec![Target::at_most("p99", times.p99_ms, 20.0, "ms")],
            unjudged: (open < BOARD_OPEN).then_some(small),
            ..Row::new(Part::Reads, name)
        })
    }

    fn board_request(&self) -> Vec<u8> {
        let board_id = self.world.kept.board_id;
        self.asked.get(&format!("/v1/pipelines/{board_id}/summary"))
    }

    fn open_deals(&self) -> Result<f64> {
        let data = self.asked.data(&self.board_request())?;
        let stages = data["stages"].as_array().context("no stages")?;
        let open = stages
            .iter()
            .filter(|stage| stage["stage_type"] == "default");
        Ok(open.filter_map(|stage| stage["count"].as_f64()).sum())
    }

    /// Makes sure that what was measured in process is what the server answers.
    fn holds(&self, body: &[u8]) -> Result<()> {
        let ids = |data: &Value| {
            let records = data["opportunities"].as_array();
            let records = records.into_iter().flatten();
            records
                .map(|record| record["id"].clone())
                .collect::<Vec<_>>()
        };
        let in_process: Value = serde_json::from_slice(body)?;
        let answered = self.asked.data(&self.asked.get(&self.asked.list()))?;
        anyhow::ensure!(
            ids(&answered) == ids(&in_process["data"]),
            "the list in process is another one"
        );
        Ok(())
    }
}
