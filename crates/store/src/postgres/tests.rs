//! The store on a real PostgreSQL.

mod copy;
mod distribution;
mod engines;
mod laws;
mod plans;
mod statements;
mod tls;

use lanekeeper_core::Change;
use lanekeeper_core::change::Actor;
use lanekeeper_testing::TestDatabase;

use super::Postgres;
use super::session::{Purpose, Session, Sight};
use crate::testing::setup;
use crate::{Access, Clock, Org, Settings, Store};

/// A store with one organisation, in a database of its own.
struct TestStore {
    store: Store,
    org: Org,
    database: TestDatabase,
}

impl TestStore {
    async fn open() -> Self {
        let database = TestDatabase::on_postgres();
        let url = database.url().parse().unwrap();
        let (settings, clock) = (Settings::default(), Clock::default());
        let store = Store::open(&url, Access::Serve, settings, clock)
            .await
            .unwrap();
        store.set_up(&setup()).await.unwrap();
        store.close().await;
        Self::of(database).await
    }

    /// That of a database that is set up.
    async fn of(database: TestDatabase) -> Self {
        let url = database.url().parse().unwrap();
        let (settings, clock) = (Settings::default(), Clock::default());
        let store = Store::open(&url, Access::Serve, settings, clock)
            .await
            .unwrap();
        let org = store.overview().await.unwrap()[0].org;
        Self {
            store,
            org,
            database,
        }
    }

    fn postgres(&self) -> &Postgres {
        match &self.store {
            Store::Postgres(postgres) => postgres,
            Store::Sqlite(_) => panic!("it was opened on PostgreSQL"),
        }
    }
}

/// Runs a test that is not asynchronous by itself.
fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.unwrap().block_on(test)
}

impl Postgres {
    /// Writes changes as they are; what they were planned from does not matter here.
    pub(crate) async fn make(&self, org: Org, changes: &[Change]) {
        let session = Session::begin(&self.pool, Sight::Org(org), Purpose::Write);
        let session = session.await.unwrap();
        let actor = Actor::cli();
        let made = self.commit_changes(session, org, &actor, changes.to_vec());
        made.await.unwrap();
    }
}
