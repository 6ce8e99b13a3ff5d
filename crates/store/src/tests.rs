//! What must hold of either database, on the one that the run is about.

pub(crate) mod plans;
mod referred;
pub(crate) mod search;
mod summary;
mod text;
pub(crate) mod timeline;

use std::sync::atomic::{AtomicU64, Ordering};

use lanekeeper_core::query::Draft;
use lanekeeper_core::summary::Summary;
use lanekeeper_core::{Change, Faults};
use lanekeeper_testing::TestDatabase;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::testing::setup;
use crate::{Access, Clock, Database, Org, SearchPage, Settings, Store};

/// A store without organisations.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
    organizations: AtomicU64,
    // Goes when nobody is connected to it any more.
    _database: TestDatabase,
}

/// An organisation of it.
#[derive(Clone, Copy)]
pub(crate) struct TestOrg<'a> {
    pub(crate) test: &'a TestStore,
    pub(crate) org: Org,
}

impl TestStore {
    pub(crate) fn open() -> Self {
        Self::on(TestDatabase::new())
    }

    pub(crate) fn on(database: TestDatabase) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let named: Database = database.url().parse().unwrap();
        let store = Store::open(
            &named,
            Access::Command,
            Settings::default(),
            Clock::default(),
        );
        let store = runtime.block_on(store).unwrap();
        Self {
            store,
            runtime,
            organizations: AtomicU64::new(0),
            _database: database,
        }
    }

    /// One more organisation, which begins like all of them.
    pub(crate) fn organization(&self) -> TestOrg<'_> {
        let number = self.organizations.fetch_add(1, Ordering::Relaxed);
        let mut setup = setup();
        setup.organization.id = Uuid::from_u64_pair(1, number);
        setup.key.hash[..8].copy_from_slice(&number.to_be_bytes());
        let added = self.store.add_organization(&setup);
        self.runtime.block_on(added).unwrap();
        let entry = self.store.key(&setup.key.hash);
        let entry = self.runtime.block_on(entry).unwrap().unwrap();
        TestOrg {
            test: self,
            org: entry.org,
        }
    }
}

impl TestOrg<'_> {
    /// Writes changes as they are; what they were planned from does not matter here.
    pub(crate) fn make(&self, changes: &[Change]) {
        if changes.is_empty() {
            return; // a changeset has changes
        }
        match &self.test.store {
            Store::Sqlite(sqlite) => sqlite.make(self.org, changes),
            Store::Postgres(postgres) => {
                let made = postgres.make(self.org, changes);
                self.test.runtime.block_on(made);
            }
        }
    }

    pub(crate) fn search(&self, draft: &Draft) -> Result<SearchPage, Faults> {
        let page = self.test.store.search(self.org, draft.clone(), |page| page);
        self.test.runtime.block_on(page).unwrap()
    }

    pub(crate) fn summary(&self, pipeline_id: Uuid) -> Option<Summary> {
        let summary = self.test.store.summary(self.org, pipeline_id);
        self.test.runtime.block_on(summary).unwrap()
    }
}

/// Tries a law on random values. Each case may have an organisation of its own, but one database is enough for all of them.
pub(crate) fn law<S: Strategy>(
    cases: u32,
    source_file: &'static str,
    values: S,
    law: impl Fn(S::Value) -> TestCaseResult,
) {
    let config = Config {
        cases,
        source_file: Some(source_file),
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(&values, law);
    tried.unwrap_or_else(|broken| panic!("{broken}"));
}
