//! The store's parts without what runs beside them, so that the instructions they take can be counted: neither threads nor a
//! queue, and no more than one connection.

use lanekeeper_core::query::Query;
use uuid::Uuid;

use crate::Org;
use crate::search::{Choice, Dialect, Search, Statement};

pub use crate::sqlite::counting::BareWriter;

/// Rows that each way to a search's records is said to have: few, so that the ways are weighed against each other.
const ROWS: i64 = 3;

/// The bytes of all SQL that a search comes to on SQLite: what it counts, and what it reads.
#[must_use]
pub fn compile_for_sqlite(query: &Query) -> usize {
    compile(Dialect::Sqlite, query)
}

/// The same for PostgreSQL.
#[must_use]
pub fn compile_for_postgres(query: &Query) -> usize {
    compile(Dialect::Postgres, query)
}

fn compile(dialect: Dialect, query: &Query) -> usize {
    let org = Org::new(1, Uuid::nil());
    let search = Search {
        dialect,
        org,
        query,
    };
    let bytes = |statement: Statement| statement.text.len();
    let mut all = 0;
    let mut referred = vec![];
    for reference in search.references() {
        all += bytes(reference.ids.clone());
        referred.extend(reference.way(vec![Uuid::nil()]));
    }
    let mut choice = Choice::new(search, referred);
    while let Some(statement) = choice.to_count() {
        all += bytes(statement);
        choice.counted(ROWS);
    }
    let statements = search.statements(&choice.way(), None).into_iter();
    all + statements.map(bytes).sum::<usize>()
}
