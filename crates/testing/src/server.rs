//! A database on the PostgreSQL that the run has brought. Its users are those of `xtask/src/postgres/keeper.sh`.

use std::env;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};
use uuid::Uuid;

use crate::Row;

/// `postgres://USER:PASSWORD@HOST:PORT/postgres`, whose user may make databases.
const URL: &str = "LANEKEEPER_TEST_POSTGRES";
/// Who sees every row, and may end everybody's connections.
const AUDITOR: &str = "auditor";
const MAINTENANCE: &str = "postgres";

/// Every table that is not PostgreSQL's, each row as JSON.
const EVERYTHING: &str = "
    select query_to_xml(format('select to_jsonb(t)::text from %I.%I t', schemaname, tablename), true, true, '')
    from pg_tables where schemaname not in ('pg_catalog', 'information_schema')";
/// Reads go on beside it, writes do not.
const HOLD: &str = "begin; lock table organization, changeset, idempotency in exclusive mode";

pub(crate) struct Fresh {
    name: String,
}

impl Fresh {
    pub(crate) fn new() -> Self {
        Self::like("template0")
    }

    pub(crate) fn after_a_crash(&self) -> Self {
        let name = &self.name;
        let auditor = maintenance();
        let closed = format!("alter database {name} allow_connections false");
        execute(&auditor, &closed).expect("nobody connects to it any more");
        // A hold goes last: nobody whom it keeps from writing may write yet.
        let cut = format!(
            "select pg_terminate_backend(pid, 5000) from (
                 select pid from pg_stat_activity
                 where datname = '{name}' order by usename = '{AUDITOR}' offset 0
             ) as connected"
        );
        execute(&auditor, &cut).expect("everybody is cut off");
        Self::like(name)
    }

    fn like(template: &str) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        let create = format!("create database {name} owner lanekeeper template {template}");
        execute(&maintenance(), &create).expect("a database is made");
        Self { name }
    }

    pub(crate) fn url(&self) -> String {
        let url = server_url();
        let server = url.strip_suffix(MAINTENANCE);
        format!(
            "{}{}",
            server.expect("its database is the one that is always there"),
            self.name
        )
    }

    pub(crate) fn shown(&self) -> String {
        let url = self.url();
        let (user, place) = url.split_once('@').expect("it has a user");
        let user = user.rsplit_once(':').map_or(user, |(user, _password)| user);
        format!("{user}@{place}")
    }

    pub(crate) fn rows(&self, sql: &str) -> Vec<Row> {
        execute(&self.auditor(), sql).unwrap_or_else(|error| panic!("{error:?}: {sql}"))
    }

    pub(crate) fn everything(&self) -> String {
        let tables = self.rows(EVERYTHING);
        tables.into_iter().flatten().flatten().collect()
    }

    pub(crate) fn hold(&self) -> Hold {
        let auditor = self.auditor();
        let (held, is_held) = mpsc::channel();
        let (release, is_released) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            with_client(&auditor, async |client| {
                client.batch_execute(HOLD).await?;
                held.send(()).expect("somebody waits");
                // Nobody sends: it ends with whoever holds it.
                let _gone = is_released.recv();
                Ok(())
            })
            .expect("nobody else holds them for long");
        });
        is_held.recv().expect("the tables are locked");
        Hold {
            release: Some(release),
            thread: Some(thread),
        }
    }

    fn auditor(&self) -> Config {
        let mut auditor = maintenance();
        auditor.dbname(&self.name);
        auditor
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let drop = format!("drop database {} with (force)", self.name);
        let dropped = execute(&maintenance(), &drop);
        if !thread::panicking() {
            dropped.expect("the database is dropped");
        }
    }
}

/// A transaction that a thread of its own holds.
pub struct Hold {
    /// Closed, it lets go.
    release: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        drop(self.release.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            ended
                .expect("it ends once")
                .expect("the transaction was open");
        }
    }
}

fn server_url() -> String {
    env::var(URL).unwrap_or_else(|_| {
        panic!("{URL} is not set: `cargo xtask test NAME` brings a PostgreSQL for the tests of that name")
    })
}

/// Where the server listens.
pub(crate) fn server_address() -> (String, u16) {
    let config = maintenance();
    let (hosts, ports) = (config.get_hosts(), config.get_ports());
    match (hosts, ports) {
        ([Host::Tcp(host)], [port]) => (host.clone(), *port),
        other => panic!("{other:?} is not one address"),
    }
}

/// The auditor, beside the databases.
fn maintenance() -> Config {
    let config: Result<Config, _> = server_url().parse();
    let mut config = config.expect("an address of PostgreSQL");
    config.user(AUDITOR);
    config
}

/// Runs statements, one after the other; the rows that they find.
fn execute(config: &Config, sql: &str) -> Result<Vec<Row>, Error> {
    let messages = thread::scope(|threads| {
        let query = || with_client(config, async |client| client.simple_query(sql).await);
        threads.spawn(query).join().expect("no panic there")
    })?;
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(
            (0..row.len())
                .map(|column| row.get(column).map(str::to_owned))
                .collect(),
        ),
        _ => None,
    });
    Ok(rows.collect())
}

/// With a connection, on a thread that is in no runtime.
fn with_client<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Client) -> Result<T, Error>,
) -> Result<T, Error> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (client, connection) = config.connect(NoTls).await?;
        let connection = tokio::spawn(connection);
        let done = work(&client).await;
        drop(client);
        drop(connection.await);
        done
    })
}
