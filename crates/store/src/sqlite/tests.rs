//! The store on a real file.

pub(crate) mod copy;
mod file;
mod indexes;
mod laws;
mod plans;
mod search;
mod statements;
mod timeline;
mod writes;

use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use lanekeeper_core::change::Actor;
use lanekeeper_core::query::Draft;
use lanekeeper_core::{Change, Object, Timestamp};
use tempfile::TempDir;
use uuid::Uuid;

use super::Sqlite;
use super::apply::{Origin, apply};
use super::connection::open_writer;
use super::index_text;
use crate::testing::{account, once, setup, write};
use crate::{Access, Clock, Database, Org, Settings, Store};

/// A store with one organisation.
pub(crate) struct TestStore {
    store: Store,
    org: Org,
    path: PathBuf,
    directory: Arc<TempDir>,
}

pub(crate) fn open() -> TestStore {
    open_with(Settings::default())
}

fn open_with(settings: Settings) -> TestStore {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("test.db");
    let database = Database::Sqlite(path.clone());
    let store = at_once(Store::open(
        &database,
        Access::Serve,
        settings,
        Clock::default(),
    ))
    .unwrap();
    at_once(store.set_up(&setup())).unwrap();
    let org = at_once(store.overview()).unwrap()[0].org;
    TestStore {
        store,
        org,
        path,
        directory: Arc::new(directory),
    }
}

fn sqlite(store: &Store) -> &Sqlite {
    match store {
        Store::Sqlite(sqlite) => sqlite,
        Store::Postgres(_) => panic!("it was opened as a file"),
    }
}

/// What comes of a future that has nothing to wait for, as most of SQLite's.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let context = &mut Context::from_waker(Waker::noop());
    match future.as_mut().poll(context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

impl Sqlite {
    /// Writes changes as they are; what they were planned from does not matter here.
    pub(crate) fn make(&self, org: Org, changes: &[Change]) {
        let connection = open_writer(&self.path, 0).unwrap();
        let last: i64 = connection
            .query_row(
                "select ifnull(max(last_sequence), 0) from changeset",
                [],
                |row| row.get(0),
            )
            .unwrap();
        let origin = Origin {
            org,
            id: Uuid::now_v7(),
            request_id: "test",
            actor: &Actor::cli(),
            at: Timestamp::from_micros(0),
        };
        let transaction = connection.unchecked_transaction().unwrap();
        apply(&transaction, &origin, changes, last).unwrap();
        index_text::flush(&transaction).unwrap();
        transaction.commit().unwrap();
    }
}

/// A request's future is moved several times; those of PostgreSQL are large, and boxed.
#[test]
fn what_a_request_waits_with_is_small() {
    let TestStore { store, org, .. } = &open();
    let (draft, write) = (Draft::of(Object::Account), once(*org, "key"));

    let search = size_of_val(&store.search(*org, draft, drop));
    let record = size_of_val(&store.record(org, Object::Account, Uuid::nil()));
    let write = size_of_val(&store.write(write));

    assert!(search.max(record).max(write) < 2_048);
}
