//! One organisation beside another that floods, and more load than there is room for.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::asked::Asked;
use crate::effort::Setting;
use crate::pressure::{Answers, Arrivals, Pressure, Requests, press};
use crate::server::{Server, add_organization, init, url};
use crate::table::{Limit, Part, Row, Target};
use crate::times::Times;
use crate::work::Tenant;
use crate::{progress, world};

/// Clients of the organisation that floods.
const FLOOD: usize = 64;
/// How much more comes than can be done.
const OVERLOAD: f64 = 3.0;
/// Less than this is not what the target is about.
const OVERLOAD_LEAST: f64 = 2.5;
/// Clients that find out how much can be done, and connections on which more comes.
const PEAK_CLIENTS: usize = 128;
const CONNECTIONS: usize = 768;
/// Records of each organisation before anything is measured.
const RECORDS: usize = 2_000;
/// From the beginning of a load until it is measured.
const SETTLING: Duration = Duration::from_millis(300);
const ALONE_MOST: f64 = 1.5;
const GOODPUT_LEAST: f64 = 0.8;

/// Two organisations on one server.
pub(crate) struct Fairness<'a> {
    server: &'a Server,
    one: &'a Tenant,
    other: &'a Tenant,
    /// What the rows say of where this was.
    database: &'a str,
    rounds: usize,
    time: Duration,
}

/// Every row about fairness on SQLite.
pub(crate) fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir_in(setting.folder)?;
    let database = folder.path().join("fair.db");
    let one = init(setting.server, &url(&database))?;
    let other = add_organization(setting.server, &url(&database), "Other")?;
    let server = world::start(setting.server, &database)?;
    let rows = on(setting, &server, (&one, &other), "SQLite")?;
    server.stop()?;
    Ok(rows)
}

/// The same on a server that is there, with two organisations that have no records yet.
pub(crate) fn on(
    setting: &Setting,
    server: &Server,
    (one, other): (&Tenant, &Tenant),
    database: &str,
) -> Result<Vec<Row>> {
    let fairness = Fairness {
        server,
        one,
        other,
        database,
        rounds: setting.effort.rounds,
        time: setting.effort.pressure,
    };
    let rows = fairness.rows();
    rows.with_context(|| server.log())
}

/// Something to ask for: its name, and the requests of a tenant.
type Asking<'a> = (&'static str, &'a dyn Fn(&Tenant) -> Result<Requests>);

impl Fairness<'_> {
    fn rows(&self) -> Result<Vec<Row>> {
        let (mut first, mut rows) = (0, vec![]);
        for tenant in [self.one, self.other] {
            self.fill(tenant)?;
        }
        let one = |tenant: &Tenant| self.gets(tenant);
        let list = |tenant: &Tenant| Ok(self.lists(tenant));
        let create = |tenant: &Tenant| Ok(creates(tenant));
        let askings: [Asking; 3] = [
            ("create", &create),
            ("get one", &one),
            ("list of 100", &list),
        ];
        for asking in askings {
            first += 10_000_000;
            rows.push(self.beside_a_flood(asking, first)?);
        }
        rows.push(self.overload(("create", &create), first + 10_000_000)?);
        rows.push(self.overload(("list of 100", &list), 0)?);
        Ok(rows)
    }

    fn fill(&self, tenant: &Tenant) -> Result<()> {
        let requests: Vec<_> = (0..RECORDS).map(|number| tenant.request(number)).collect();
        crate::load::send(&self.server.address, &requests, 16)?;
        Ok(())
    }

    fn asked<'a>(&'a self, tenant: &'a Tenant) -> Asked<'a> {
        let server = self.server;
        Asked { server, tenant }
    }

    /// Records of the first page, one after the other.
    fn gets(&self, tenant: &Tenant) -> Result<Requests> {
        let asked = self.asked(tenant);
        let page = asked.data(&asked.get(&format!("{}&limit=500", asked.list())))?;
        let found = page["opportunities"].as_array().context("no page")?;
        let ids = found.iter().filter_map(|found| found["id"].as_str());
        let requests = ids.map(|id| asked.get(&format!("/v1/opportunities/{id}")));
        let requests: Vec<Vec<u8>> = requests.collect();
        ensure!(!requests.is_empty(), "a page without records");
        Ok(Arc::new(move |number| {
            requests[number % requests.len()].clone()
        }))
    }

    fn lists(&self, tenant: &Tenant) -> Requests {
        let asked = self.asked(tenant);
        let request = asked.get(&format!("{}&limit=100", asked.list()));
        Arc::new(move |_| request.clone())
    }

    /// One client, in turns alone and beside many of another organisation that ask for the same.
    fn beside_a_flood(&self, (name, requests): Asking, first: usize) -> Result<Row> {
        let (own, others) = (requests(self.one)?, requests(self.other)?);
        let address = &self.server.address;
        let (mut alone, mut beside, mut flood) = (vec![], vec![], vec![]);
        let mut next = first;
        for _ in 0..self.rounds {
            let client = Arrivals::OneByOne { clients: 1 };
            let times = |answers: Answers| -> Result<Vec<Duration>> {
                ensure!(
                    answers.refused.is_empty(),
                    "one who does not flood was refused"
                );
                Ok(answers.accepted)
            };
            alone.extend(times(press(address, &own, next, client, self.time)?)?);
            next += 100_000;
            let clients = Arrivals::OneByOne { clients: FLOOD };
            let pressure = Pressure::start(address, &others, next, clients);
            std::thread::sleep(SETTLING);
            beside.extend(times(press(address, &own, next, client, self.time)?)?);
            flood.push(pressure.stop()?);
            next += 100_000;
        }
        let (alone, beside) = (Times::of(alone), Times::of(beside));
        let flooded = flood.iter().map(Answers::per_second).sum::<f64>() / flood.len() as f64;
        let ratio = beside.p99_ms / alone.p99_ms;
        let name = format!(
            "{name}, beside {FLOOD} clients of another organisation, {}",
            self.database
        );
        progress(&format!(
            "{name}: p50 {:.2} ms, alone {:.2}; p99 {:.2} ms, alone {:.2}: {ratio:.2}; the others {flooded:.0}/s",
            beside.p50_ms, alone.p50_ms, beside.p99_ms, alone.p99_ms
        ));
        Ok(Row {
            times: Some(beside),
            limit: Some(Limit {
                of: "p99 alone".to_owned(),
                figure: alone.p99_ms,
                unit: "ms",
                ratio,
            }),
            targets: vec![Target::at_most("ratio", ratio, ALONE_MOST, "")],
            ..Row::new(Part::Fairness, name)
        })
    }

    /// Three times as many as can be done: what is done, and how soon the rest is refused.
    fn overload(&self, (name, requests): Asking, first: usize) -> Result<Row> {
        let requests = requests(self.one)?;
        let address = &self.server.address;
        let (mut peak, mut good, mut sent) = (vec![], vec![], vec![]);
        let (mut accepted, mut refused, mut before) = (vec![], vec![], vec![]);
        let mut next = first;
        for _ in 0..self.rounds {
            let clients = PEAK_CLIENTS;
            let most = press(
                address,
                &requests,
                next,
                Arrivals::OneByOne { clients },
                self.time,
            )?;
            next += 100_000;
            let more = Arrivals::Anyway {
                per_second: OVERLOAD * most.per_second(),
                connections: CONNECTIONS,
            };
            let over = press(address, &requests, next, more, self.time)?;
            next += 100_000;
            peak.push(most.per_second());
            good.push(over.per_second());
            sent.push(over.sent_per_second() / most.per_second());
            accepted.extend(over.accepted);
            refused.extend(over.refused);
            before.extend(most.accepted);
        }
        let mean = |figures: &[f64]| figures.iter().sum::<f64>() / figures.len() as f64;
        let (peak, good, sent) = (mean(&peak), mean(&good), mean(&sent));
        let (accepted, before) = (Times::of(accepted), Times::of(before));
        let refused = (!refused.is_empty()).then(|| Times::of(refused));
        let refused_p99_ms = refused.map_or(0.0, |refused| refused.p99_ms);
        let ratio = good / peak;
        progress(&format!(
            "{name} at {sent:.1} times what can be done, {}: {good:.0}/s of {peak:.0}/s: {ratio:.2}; accepted p99 {:.1} ms, \
             before {:.1}; refused p99 {refused_p99_ms:.1} ms",
            self.database, accepted.p99_ms, before.p99_ms
        ));
        Ok(Row {
            per_second: Some(good),
            times: Some(accepted),
            figure: Some((refused_p99_ms, "ms, p99 of a refusal")),
            limit: Some(Limit::per_second("what can be done", peak, good)),
            targets: vec![Target::ratio("ratio", ratio, GOODPUT_LEAST)],
            unjudged: (sent < OVERLOAD_LEAST).then(|| "too little came".to_owned()),
            ..Row::new(
                Part::Fairness,
                format!(
                    "{name} at {sent:.1} times what can be done, {}",
                    self.database
                ),
            )
        })
    }
}

fn creates(tenant: &Tenant) -> Requests {
    let tenant = tenant.clone();
    Arc::new(move |number| tenant.request(number))
}
