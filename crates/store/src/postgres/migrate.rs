//! The schema: brought up to date by whichever server comes first, under a lock.
//!
//! Servers of two versions run beside each other while the newer one takes over: a migration only adds what the older does
//! not mind, and what nobody needs any more goes with a later one. So a schema says how old a server may be that uses it.

use tokio_postgres::Client;

use super::{PostgresUrl, connection};
use crate::OpenError;
use crate::error::chain;

/// Every migration in order: its place is its number.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/postgres/0001_start.sql")];
/// The oldest schema of which a server may still use the newest.
const OLDEST_USER: i32 = 1;
/// The lock's number ("LANE"), the same for every version.
const LOCK: i64 = 0x4c41_4e45;
/// The oldest PostgreSQL that is supported: 15.
const SERVER_VERSION_MIN: i32 = 150_000;

/// What is to be known of a database before it is used.
pub(super) struct Prepared {
    /// The key that signs cursors.
    pub(super) cursor_key: [u8; 32],
    /// What is being copied into it, if that is not finished.
    pub(super) unfinished_copy: Option<String>,
}

/// The first connection to a database: refuses what is not ours or not safe, and brings the schema up to date.
pub(super) async fn prepare(url: &PostgresUrl) -> Result<Prepared, OpenError> {
    let config = connection::config(url);
    let refused = |reason: String| OpenError::Postgres {
        database: url.to_string(),
        reason,
    };
    let connected = config.connect(url.connector()).await;
    let (client, connection) = connected.map_err(|error| refused(chain(&error)))?;
    let driving = tokio::spawn(connection);
    let prepared = prepare_on(&client).await;
    drop(client);
    driving.abort();
    prepared.map_err(refused)
}

async fn prepare_on(client: &Client) -> Result<Prepared, String> {
    check_server(client).await?;
    // Another server's migration may take long; this one waits for it.
    let wait = format!(
        "set lock_timeout = 0; set statement_timeout = 0; set client_min_messages = warning;
         select pg_advisory_lock({LOCK})"
    );
    client
        .batch_execute(&wait)
        .await
        .map_err(|error| chain(&error))?;
    // If it fails, the lock goes with the connection.
    migrate(client).await?;
    let unlock = format!("select pg_advisory_unlock({LOCK})");
    client
        .batch_execute(&unlock)
        .await
        .map_err(|error| chain(&error))?;
    let sql = "
        select value, (select source_name from unfinished_copy) from secret where name = 'cursor'";
    let known = client.query_one(sql, &[]).await;
    let known = known.map_err(|error| chain(&error))?;
    let cursor_key: Vec<u8> = known.get(0);
    let foreign = |_| "its secret is not one that Lanekeeper wrote".to_owned();
    Ok(Prepared {
        cursor_key: cursor_key.try_into().map_err(foreign)?,
        unfinished_copy: known.get(1),
    })
}

/// Refuses a server that would lose what it has acknowledged.
async fn check_server(client: &Client) -> Result<(), String> {
    let sql = "
        select current_setting('server_version_num')::int, current_setting('server_version'),
            current_setting('fsync')::bool and current_setting('full_page_writes')::bool,
            current_setting('synchronous_commit') = 'on' and current_setting('lock_timeout') = '2s',
            current_setting('server_encoding')";
    let row = client
        .query_one(sql, &[])
        .await
        .map_err(|error| chain(&error))?;
    let (number, version): (i32, String) = (row.get(0), row.get(1));
    let (is_durable, is_told, encoding): (bool, bool, String) =
        (row.get(2), row.get(3), row.get(4));
    if number < SERVER_VERSION_MIN {
        return Err(format!("it is PostgreSQL {version}; 15 or later is needed"));
    }
    if !is_durable {
        let how = "set fsync = on and full_page_writes = on";
        return Err(format!(
            "it would lose data in a crash; {how} in its configuration"
        ));
    }
    if !is_told {
        let cause = "a pooler between that drops them would be one cause";
        return Err(format!(
            "the options of a connection do not reach it; {cause}"
        ));
    }
    if encoding != "UTF8" {
        return Err(format!(
            "its encoding is {encoding}; create the database with UTF8"
        ));
    }
    Ok(())
}

async fn migrate(client: &Client) -> Result<(), String> {
    let known = i32::try_from(MIGRATIONS.len()).expect("there are few migrations");
    let found = version(client).await?;
    if let Some((version, oldest_user)) = found
        && known < oldest_user
    {
        return Err(format!(
            "it was brought up to date by a newer Lanekeeper (schema {version}, this one knows {known}); upgrade Lanekeeper"
        ));
    }
    let from = found.map_or(0, |(version, _)| version);
    for number in from + 1..=known {
        let index = usize::try_from(number - 1).expect("a number is positive");
        let version =
            format!("update lanekeeper_schema set version = {number}, oldest_user = {OLDEST_USER}");
        let start = match number {
            1 => "create table lanekeeper_schema (version integer not null, oldest_user integer not null);
                  insert into lanekeeper_schema values (0, 0);",
            _ => "",
        };
        let whole = format!(
            "begin; {start} {}; {version}; commit",
            MIGRATIONS[index].trim().trim_end_matches(';')
        );
        client.batch_execute(&whole).await.map_err(|error| {
            format!(
                "its schema could not be brought to version {number}: {}",
                chain(&error)
            )
        })?;
    }
    Ok(())
}

/// The schema's version and the oldest that may use it; none in an empty database.
async fn version(client: &Client) -> Result<Option<(i32, i32)>, String> {
    let sql = "
        select to_regclass('lanekeeper_schema') is not null,
            exists (select 1 from pg_tables where schemaname = current_schema())";
    let row = client
        .query_one(sql, &[])
        .await
        .map_err(|error| chain(&error))?;
    match (row.get(0), row.get(1)) {
        (false, true) => {
            Err("it holds another program's tables; choose an empty database".to_owned())
        }
        (false, false) => Ok(None),
        (true, _) => {
            let sql = "select version, oldest_user from lanekeeper_schema";
            let row = client
                .query_one(sql, &[])
                .await
                .map_err(|error| chain(&error))?;
            Ok(Some((row.get(0), row.get(1))))
        }
    }
}
