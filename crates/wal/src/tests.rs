use rusqlite::params;
use tempfile::TempDir;

use super::*;

fn writer(folder: &TempDir) -> Connection {
    let connection = open(&folder.path().join("db"), OpenFlags::default()).unwrap();
    let log = "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; pragma cache_size = 20;";
    connection.execute_batch(log).unwrap();
    let table = "create table thing (id integer primary key, value blob) strict";
    connection.execute(table, []).unwrap();
    connection
}

fn insert(connection: &Connection, count: i64) {
    let sql = "insert into thing (value) values (randomblob(?1))";
    let mut insert = connection.prepare(sql).unwrap();
    for number in 0..count {
        insert.execute([number * 37 % 3_000]).unwrap();
    }
}

fn log_bytes(folder: &TempDir) -> u64 {
    let log = std::fs::metadata(folder.path().join("db-wal"));
    log.unwrap().len()
}

/// How many things there are, by what another program would read.
fn count(folder: &TempDir) -> i64 {
    let other = Connection::open(folder.path().join("db")).unwrap();
    let check: String = other
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    let sql = "select count(*) from thing";
    other.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn another_connection_reads_whatever_is_committed() {
    let folder = TempDir::new().unwrap();
    let connection = writer(&folder);
    for round in 1..=20 {
        let transaction = connection.unchecked_transaction().unwrap();
        insert(&connection, 100);
        assert_eq!(count(&folder), (round - 1) * 100);
        transaction.commit().unwrap();
        assert_eq!(count(&folder), round * 100);
    }
}

#[test]
fn nothing_gets_into_the_log_before_the_commit_however_much_it_is() {
    let folder = TempDir::new().unwrap();
    let connection = writer(&folder);
    let before = log_bytes(&folder);
    let transaction = connection.unchecked_transaction().unwrap();
    insert(&connection, 2_000);
    assert_eq!(log_bytes(&folder), before);
    transaction.commit().unwrap();
    assert!(log_bytes(&folder) > before + 1_000_000);
    assert_eq!(count(&folder), 2_000);
}

#[test]
fn what_was_taken_back_is_written_over_nothing() {
    let folder = TempDir::new().unwrap();
    let connection = writer(&folder);
    for round in 0..10 {
        let transaction = connection.unchecked_transaction().unwrap();
        insert(&connection, 500);
        transaction.rollback().unwrap();
        let other = Connection::open(folder.path().join("db")).unwrap();
        insert(&other, 10);
        insert(&connection, 10);
        assert_eq!(count(&folder), (round + 1) * 20);
    }
}

#[test]
fn the_log_begins_anew_when_it_was_copied() {
    let folder = TempDir::new().unwrap();
    let connection = writer(&folder);
    let checkpoint = |mode: &str| {
        let sql = format!("pragma wal_checkpoint({mode})");
        let busy: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(busy, 0);
    };
    for (round, mode) in ["passive", "restart", "truncate", "full"]
        .iter()
        .enumerate()
    {
        insert(&connection, 50);
        checkpoint(mode);
        insert(&connection, 50);
        assert_eq!(count(&folder), (round as i64 + 1) * 100);
    }
}

#[test]
fn a_log_that_was_left_behind_is_read_again() {
    let folder = TempDir::new().unwrap();
    let connection = writer(&folder);
    insert(&connection, 300);
    let copy = TempDir::new().unwrap();
    for name in ["db", "db-wal"] {
        std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    let again = open(&copy.path().join("db"), OpenFlags::default()).unwrap();
    let sql = "insert into thing (value) values (?1)";
    again.execute(sql, params![b"one more"]).unwrap();
    assert_eq!(count(&copy), 301);
}

#[test]
fn a_database_that_cannot_be_opened_is_an_error() {
    let folder = TempDir::new().unwrap();
    assert!(open(&folder.path().join("none/db"), OpenFlags::default()).is_err());
}
