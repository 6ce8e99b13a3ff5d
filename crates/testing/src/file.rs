//! A file of SQLite.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row as SqliteRow};
use uuid::Uuid;

use crate::Row;

pub(crate) fn rows(file: &Path, sql: &str) -> Vec<Row> {
    let connection = open(file);
    let mut statement = connection.prepare(sql).expect("a statement");
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| Ok(texts(row, columns)));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

fn texts(row: &SqliteRow<'_>, columns: usize) -> Row {
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Some(match Uuid::from_slice(bytes) {
            Ok(id) => id.to_string(),
            Err(_) => format!("{bytes:02x?}"),
        }),
    };
    (0..columns)
        .map(|column| text(row.get_ref(column).expect("a column")))
        .collect()
}

pub(crate) fn run(file: &Path, sql: &str) {
    open(file).execute_batch(sql).expect("the statements run");
}

/// The bytes of every file.
pub(crate) fn everything(folder: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(folder).expect("the folder is read");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| std::fs::read(path).expect("a file is read"))
        .collect()
}

/// The file and its log. A lock or shared memory is made anew by whoever opens them.
pub(crate) fn copy(from: &Path, to: &Path) {
    for name in ["crm.db", "crm.db-wal"] {
        std::fs::copy(from.join(name), to.join(name)).expect("the file is there");
    }
}

fn open(file: &Path) -> Connection {
    Connection::open(file).expect("the database opens")
}

pub struct Hold(Connection);

impl Hold {
    pub(crate) fn new(file: &Path) -> Self {
        let connection = open(file);
        connection
            .execute_batch("begin immediate")
            .expect("nobody else writes");
        Self(connection)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0
            .execute_batch("rollback")
            .expect("the transaction is open");
    }
}
