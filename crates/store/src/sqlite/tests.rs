//! The store on a real file.

mod file;
mod indexes;
mod laws;
mod plans;
mod referred;
mod search;
mod summary;
mod timeline;
mod writes;

use std::path::PathBuf;
use std::task::{Context, Poll, Waker};

use lanekeeper_core::change::Actor;
use lanekeeper_core::key::{Key, KeyScope};
use lanekeeper_core::plan::setup::Setup;
use lanekeeper_core::plan::{Item, Mode};
use lanekeeper_core::{Command, DomainName, Timestamp};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Access, Clock, Database, Org, Settings, Store, Write};

/// A store with one organisation.
struct TestStore {
    store: Store,
    org: Org,
    path: PathBuf,
    _directory: TempDir,
}

fn open() -> TestStore {
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
        _directory: directory,
    }
}

fn sqlite(store: &Store) -> &crate::sqlite::Sqlite {
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

/// Always the same ids, so that commands made before the store fit it.
fn setup() -> Setup {
    let now = Timestamp::from_micros(1_771_286_400_000_000);
    let key = Key {
        id: Uuid::from_u128(1),
        name: "Key".to_owned(),
        scope: KeyScope::Admin,
        routes: vec![],
        hash: [7; 32],
        hint: String::new(),
        created_at: now,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    let owner = "owner@example.com".parse().unwrap();
    let mut next = 1_000_u128;
    Setup::new("Test", owner, key, now, &mut || {
        next += 1;
        Uuid::from_u128(next)
    })
}

fn write(org: Org, items: Vec<Item>, mode: Mode) -> Write {
    Write {
        org,
        actor: Actor::cli(),
        request_id: "test".to_owned(),
        items,
        mode,
        dry_run: false,
        idempotency: None,
    }
}

fn account(domain: &str) -> Item {
    let domain: DomainName = domain.parse().unwrap();
    let resolve = lanekeeper_core::command::ResolveAccount {
        domain,
        values: Default::default(),
        attributes: Default::default(),
    };
    Item {
        command: Some(Command::ResolveAccount(Box::new(resolve))),
        faults: Default::default(),
    }
}
