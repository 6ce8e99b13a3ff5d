//! Creates over HTTP on PostgreSQL, and the same statements by pgbench in the same round.

mod cluster;
pub(crate) mod fair;
mod full;
mod log;
mod pgbench;
mod report;
mod script;

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use tokio_postgres::types::ToSql;

use self::cluster::Cluster;
use self::report::{Creates, Pgbench, Round, medians_of, pgbench_rows};
use self::script::{Recording, Statements, TABLE};
use crate::effort::{Effort, Setting};
use crate::over_http::{self, CLIENTS, MANY};
use crate::server::{Server, init};
use crate::table::Row;
use crate::work::Tenant;
use crate::{load, progress};

const DATABASE: &str = "PostgreSQL";
/// On how many connections pgbench is tried.
const CONNECTIONS: [usize; 5] = [1, 2, 4, 8, 16];
/// Set up, with some records; and the same with the values for pgbench.
const START: &str = "bench_start";
const WITH_VALUES: &str = "bench_values";
/// What is measured next.
const RUN: &str = "bench_run";
/// The first creates are also the first on their connection.
const UNLIKE_OTHERS: usize = 10;

/// Where PostgreSQL is.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) folder: PathBuf,
    pub(crate) pgbench: PathBuf,
}

/// All that the measurements share.
pub(crate) struct Bench<'a> {
    setting: &'a Setting<'a>,
    pgbench: &'a Path,
    cluster: Cluster,
    tenant: Tenant,
    recording: Recording,
    /// PostgreSQL's processor time before any of this, in seconds.
    cpu_before: f64,
}

impl<'a> Bench<'a> {
    /// Sets a database up and records the statements of as many creates as pgbench runs.
    pub(crate) fn prepare(setting: &'a Setting, place: &'a Place) -> Result<Self> {
        let Setting {
            server,
            effort,
            folder,
            ..
        } = *setting;
        let cluster = Cluster::new(&place.url, &place.folder)?;
        ensure!(
            cluster.file_system()? != "tmpfs",
            "PostgreSQL would keep its data in memory; set TMPDIR to a folder on a disk"
        );
        let cpu_before = cluster.cpu_seconds()?;
        cluster.create(START, None)?;
        let tenant = init(server, &cluster.url(START)?)?;
        let before = effort.creates_before;
        progress(&format!(
            "making {before} records of each kind that are there before"
        ));
        begin(server, &cluster, &tenant, folder, before)?;
        let count = effort.pgbench_creates;
        progress(&format!("recording what {count} creates say to PostgreSQL"));
        let recording = record(server, &cluster, &tenant, folder, before..before + count)?;
        cluster.create(WITH_VALUES, Some(START))?;
        fill(&cluster, &recording, count)?;
        Ok(Self {
            setting,
            pgbench: &place.pgbench,
            cluster,
            tenant,
            recording,
            cpu_before,
        })
    }

    /// Every row about creates on PostgreSQL: the medians of all rounds.
    pub(crate) fn run(&self) -> Result<Vec<Row>> {
        let rounds = (1..=self.effort().rounds).map(|round| self.round(round));
        let rounds: Vec<Round> = rounds.collect::<Result<_>>()?;
        let (creates, pgbench, fetch_micros) = medians_of(&rounds);
        let (best, _) = Round::best(&pgbench);
        let mut rows: Vec<Row> = creates.iter().map(|creates| creates.row(best)).collect();
        let many = creates.iter().find(|it| it.http.clients == MANY);
        let many = many.context("nothing with many clients")?;
        rows.push(full::measure(self, many.http.per_second)?);
        rows.extend(pgbench_rows(&pgbench, fetch_micros));
        Ok(rows)
    }

    /// PostgreSQL's version, and how many statements there are in a create.
    pub(crate) fn about(&self) -> Result<String> {
        let version: String = self.cluster.with("postgres", async |client| {
            let row = client.query_one("show server_version", &[]).await?;
            Ok(row.try_get(0)?)
        })?;
        let statements_len = self.recording.statements_len();
        Ok(format!(
            "{version}, {statements_len} statements for a create"
        ))
    }

    fn effort(&self) -> &Effort {
        self.setting.effort
    }

    fn round(&self, round: usize) -> Result<Round> {
        let of = self.effort().rounds;
        let fetches = self.by_pgbench(Statements::None, 1)?.0;
        let mut pgbench = vec![];
        for clients in CONNECTIONS {
            let (per_second, _) = self.by_pgbench(Statements::All, clients)?;
            let (unlocked_per_second, cpu) = self.by_pgbench(Statements::Unlocked, clients)?;
            progress(&format!(
                "round {round} of {of}, pgbench, {clients:>2} clients: {per_second:>6.0} creates/s, \
                 {unlocked_per_second:>6.0} without the lock"
            ));
            pgbench.push(Pgbench {
                clients,
                per_second,
                unlocked_per_second,
                postgres_cpu_micros: cpu,
            });
        }
        let best = Round::best(&pgbench);
        let mut creates = vec![];
        for clients in CLIENTS {
            let result = self.over_http(clients, best)?;
            progress(&format!(
                "round {round} of {of}, {clients:>2} clients: {:>6.0} creates/s over HTTP, {:>6.0} by pgbench",
                result.http.per_second, best.0
            ));
            creates.push(result);
        }
        Ok(Round {
            creates,
            pgbench,
            fetch_micros: 1e6 / fetches,
        })
    }

    fn over_http(&self, clients: usize, best: (f64, f64)) -> Result<Creates> {
        let count = match clients {
            1 => self.effort().creates_alone,
            _ => self.effort().creates,
        };
        let warm_up = self.effort().warm_up;
        self.cluster.create(RUN, Some(START))?;
        let server = self.start()?;
        let cpu = self.cluster.cpu_seconds()?;
        let http = over_http::measure(
            &server,
            &self.tenant,
            clients,
            self.effort().creates_before,
            (warm_up, count),
        )?;
        let cpu = self.cluster.cpu_seconds()? - cpu;
        server.stop()?;
        self.hold_to(warm_up + count)?;
        Ok(Creates {
            postgres_cpu_micros: cpu * 1e6 / (warm_up + count) as f64,
            ratio: http.per_second / best.0,
            ratio_unlocked: http.per_second / best.1,
            http,
        })
    }

    /// Transactions per second, and PostgreSQL's processor time for each.
    fn by_pgbench(&self, statements: Statements, clients: usize) -> Result<(f64, f64)> {
        self.cluster.create(RUN, Some(WITH_VALUES))?;
        let each = self.effort().pgbench_creates / clients;
        let url = self.cluster.url(RUN)?;
        let cpu = self.cluster.cpu_seconds()?;
        let counts = (clients, each);
        let run = pgbench::run(self.pgbench, &url, &self.recording, statements, counts)?;
        let cpu = self.cluster.cpu_seconds()? - cpu;
        match statements {
            Statements::None => self.cluster.drop(RUN)?,
            _ => self.hold_to(each * clients)?,
        }
        Ok((run, cpu * 1e6 / (each * clients) as f64))
    }

    /// Makes sure that every create is there, and lets the database go.
    fn hold_to(&self, count: usize) -> Result<()> {
        let made = self
            .cluster
            .count(RUN, "select count(*) from opportunity")?;
        ensure!(
            usize::try_from(made) == Ok(self.effort().creates_before + count),
            "{made} opportunities are there, and {count} were made"
        );
        self.cluster.drop(RUN)
    }

    fn start(&self) -> Result<Server> {
        let log = self.setting.folder.join("postgres.log");
        Server::start(self.setting.server, &self.cluster.url(RUN)?, &log)
    }

    /// PostgreSQL's processor time for all this so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        Ok(self.cluster.cpu_seconds()? - self.cpu_before)
    }
}

/// Makes the first records, and lets PostgreSQL count them: on tables that it believes to be empty it takes any index for as
/// good as another.
fn begin(
    server: &Path,
    cluster: &Cluster,
    tenant: &Tenant,
    folder: &Path,
    count: usize,
) -> Result<()> {
    const CLIENTS: usize = 64;
    let running = Server::start(server, &cluster.url(START)?, &folder.join("begun.log"))?;
    let requests = (0..count).map(|number| tenant.request(number));
    let sent = load::send(&running.address, &requests.collect::<Vec<_>>(), CLIENTS);
    sent.with_context(|| running.log())?;
    running.stop()?;
    cluster.as_superuser(START, "vacuum analyze")
}

/// What a server says to PostgreSQL for creates that come one after the other.
fn record(
    server: &Path,
    cluster: &Cluster,
    tenant: &Tenant,
    folder: &Path,
    numbers: Range<usize>,
) -> Result<Recording> {
    let count = numbers.len();
    cluster.create(RUN, Some(START))?;
    let everything = "set log_statement = 'all'";
    cluster.as_superuser("postgres", &format!("alter database {RUN} {everything}"))?;
    let from = cluster.log()?.len();
    let log = folder.join("recorded.log");
    let running = Server::start(server, &cluster.url(RUN)?, &log)?;
    let requests =
        (numbers.start..numbers.end + UNLIKE_OTHERS).map(|number| tenant.request(number));
    let sent = load::send(&running.address, &requests.collect::<Vec<_>>(), 1);
    sent.with_context(|| running.log())?;
    running.stop()?;
    cluster.drop(RUN)?;
    let mut transactions = log::transactions(&cluster.log()?[from..])?;
    let is_create = |ran: &log::Ran| ran.sql.starts_with("insert into opportunity ");
    transactions.retain(|transaction| transaction.iter().any(is_create));
    ensure!(
        transactions.len() == count + UNLIKE_OTHERS,
        "{} creates were logged",
        transactions.len()
    );
    Recording::new(&split(transactions.split_off(UNLIKE_OTHERS)))
}

/// A prepared statement is a single one: `begin; set local …` are two.
fn split(mut transactions: Vec<Vec<log::Ran>>) -> Vec<Vec<log::Ran>> {
    for transaction in &mut transactions {
        let begin = transaction.remove(0);
        let statements = begin.sql.split(';').map(|sql| log::Ran {
            sql: sql.trim().to_owned(),
            values: vec![],
        });
        transaction.splice(0..0, statements.collect::<Vec<_>>());
    }
    transactions
}

/// Writes the values where pgbench fetches them.
fn fill(cluster: &Cluster, recording: &Recording, count: usize) -> Result<()> {
    const ROWS_AT_ONCE: usize = 500;
    let names = recording.columns.iter().map(|(name, _)| name.as_str());
    let names: Vec<&str> = names.collect();
    let texts = names.iter().map(|name| format!("{name} text not null"));
    // A row is read where it is, not from beside the table.
    let create = format!(
        "create table {TABLE} (number int primary key, {}) with (toast_tuple_target = 8160);
         alter table {TABLE} owner to lanekeeper;",
        texts.collect::<Vec<_>>().join(", ")
    );
    let arrays = (0..names.len()).map(|place| format!("${}::text[]", place + 2));
    let insert = format!(
        "insert into {TABLE} select * from unnest($1::int[], {})",
        arrays.collect::<Vec<_>>().join(", ")
    );
    cluster.with(WITH_VALUES, async |client| {
        client.batch_execute(&create).await?;
        for from in (0..count).step_by(ROWS_AT_ONCE) {
            let rows = from..count.min(from + ROWS_AT_ONCE);
            let numbers = rows.clone().map(i32::try_from);
            let numbers: Vec<i32> = numbers.collect::<Result<_, _>>()?;
            let columns = recording.columns.iter();
            let columns: Vec<&[String]> = columns.map(|(_, all)| &all[rows.clone()]).collect();
            let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&numbers];
            parameters.extend(columns.iter().map(|column| column as &(dyn ToSql + Sync)));
            client.execute(&insert, &parameters).await?;
        }
        client
            .batch_execute(&format!("vacuum analyze {TABLE}"))
            .await?;
        Ok(())
    })
}
