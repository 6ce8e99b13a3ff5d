//! A copy is what it is of, or says what is wrong.

use std::sync::Arc;

use lanekeeper_core::change::Actor;
use lanekeeper_core::model::Dump;
use lanekeeper_core::model::generate::request;
use lanekeeper_core::model::generate::search::records;
use lanekeeper_core::plan::Mode;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::indexes::check_indexes;
use super::laws::{check_feed, dump_of, ids, run};
use super::search::make;
use super::{TestStore, account, open, setup, sqlite, write};
use crate::copy::entity::Part;
use crate::copy::testing::{assert_equal, copied, copied_until};
use crate::copy::{CopyError, Phase, Progress};
use crate::sqlite::connection::open_writer;
use crate::sqlite::copy::select;
use crate::sqlite::cycle::Cycle;
use crate::testing::{Request, bound};
use crate::{Access, Answer, Clock, Database, Idempotency, OpenError, Settings, Store, Written};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was written, the copy holds it, and its indexes are as they would have become.
    #[test]
    fn a_copy_holds_what_its_source_does(groups in vec(vec(request(&setup()), 1..4), 1..12)) {
        let source = open();
        fill(&source, groups);
        let before = dump(&source);
        let source = Place::of(source);
        let runtime = Runtime::new().unwrap();

        let (once, twice) = (Place::new(), Place::new());
        assert_equal(&runtime.block_on(copied(&source.database(), &once.database())).unwrap());
        assert_equal(&runtime.block_on(copied(&once.database(), &twice.database())).unwrap());

        for target in [once, twice] {
            let target = runtime.block_on(target.opened());
            prop_assert_eq!(dump(&target), before.clone());
            check_indexes(&open_writer(&target.path, 0).unwrap(), target.org);
            check_feed(&target.store, target.org)?;
        }
    }
}

#[tokio::test]
async fn a_copy_knows_keys_answers_and_cursors_of_its_source() {
    let source = open();
    let first = keyed(&source).await;
    let key = source.store.keys(&source.org).await.unwrap().remove(0);
    source
        .store
        .touch_keys(vec![(source.org, key.id)])
        .await
        .unwrap();
    let cli = Actor::cli();
    let revoked = source.store.revoke_key(&source.org, key.id, &cli).await;
    assert!(revoked.unwrap());
    let keys = source.store.keys(&source.org).await.unwrap();
    let cursor_key = cursor_key(&source);
    let (source, target) = (Place::of(source), Place::new());

    copied(&source.database(), &target.database())
        .await
        .unwrap();

    let target = target.opened().await;
    assert!(keys[0].last_used_at.is_some() && keys[0].revoked_at.is_some());
    assert_eq!(target.store.keys(&target.org).await.unwrap(), keys);
    assert_eq!(self::cursor_key(&target), cursor_key);
    let again = keyed(&target).await;
    assert!(matches!(first, Written::Done(_)));
    assert!(matches!(again, Written::Replayed(answer) if answer.body == b"kept"));
}

/// Stopped at every fourth of its steps, and started again.
#[tokio::test]
async fn an_interrupted_copy_is_finished_by_the_next_one() {
    let source = filled().await;
    for interrupted_at in (0..).step_by(4) {
        let target = Place::new();
        let is_over = copied_until(&source.database(), &target.database(), |step, _| {
            step == interrupted_at
        })
        .await;
        if is_over || target.open().await.is_ok() {
            assert!(interrupted_at > 40, "{interrupted_at}");
            return;
        }
        let served = target.open().await;
        assert!(matches!(served, Err(OpenError::Unfinished { .. })));

        assert_equal(
            &copied(&source.database(), &target.database())
                .await
                .unwrap(),
        );

        assert!(target.open().await.is_ok());
    }
}

#[tokio::test]
async fn an_unfinished_copy_can_be_neither_served_nor_used_nor_copied() {
    let (source, target) = (filled().await, Place::new());
    assert!(!copied_until(&source.database(), &target.database(), |step, _| step == 5).await);

    for access in [Access::Serve, Access::Command, Access::CopyFrom] {
        let opened = target.open_for(access).await;
        let Err(error) = opened.map(|_| ()) else {
            panic!("opened for {access:?}");
        };
        let (source, target) = (source.database(), target.database());
        assert_eq!(
            error.to_string(),
            format!(
                "{target} holds an unfinished copy of {source}; finish it with `lanekeeper copy --from {source} --to {target}`, \
                 or delete what is in {target}"
            )
        );
    }
}

#[tokio::test]
async fn a_target_that_is_not_empty_is_left_alone() {
    let (source, target) = (filled().await, Place::of(open()));
    let before = std::fs::read(target.path()).unwrap();

    let refused = copied(&source.database(), &target.database()).await;

    assert!(matches!(refused, Err(CopyError::NotEmpty(_))));
    assert_eq!(std::fs::read(target.path()).unwrap(), before);
}

#[tokio::test]
async fn the_unfinished_copy_of_another_database_is_left_alone() {
    let (one, other, target) = (filled().await, filled().await, Place::new());
    assert!(!copied_until(&one.database(), &target.database(), |step, _| step == 5).await);

    let refused = copied(&other.database(), &target.database()).await;

    assert!(matches!(refused, Err(CopyError::OfAnother { .. })));
    assert_equal(&copied(&one.database(), &target.database()).await.unwrap());
}

#[tokio::test]
async fn what_was_written_to_the_source_meanwhile_is_noticed() {
    for stopped_in in [Phase::Copying, Phase::Comparing] {
        let (source, target) = (filled().await, Place::new());
        let is_it = |step, progress: Progress| step > 20 && progress.phase == stopped_in;
        assert!(!copied_until(&source.database(), &target.database(), is_it).await);
        let opened = source.opened().await;
        let one_more = write(opened.org, vec![account("more.com")], Mode::Whole);
        opened.store.write(one_more).await.unwrap();
        let source = Place::of(opened);

        let refused = copied(&source.database(), &target.database()).await;

        assert!(matches!(refused, Err(CopyError::SourceChanged { .. })));
        assert!(target.open().await.is_err());
    }
}

#[tokio::test]
async fn a_damaged_target_is_found_and_is_not_served() {
    for (table, damage) in [
        ("account", "update account set name = 'x' where rid = 1"),
        ("contact", "update contact set phone = 'x' where rid = 1"),
        (
            "opportunity",
            "delete from opportunity_contact where rid = 1",
        ),
        ("pipeline", "update stage set probability = 1 where rid = 1"),
        (
            "changeset",
            "update changeset set request_id = 'x' where rid = 1",
        ),
        ("member", "update member set role = 'member' where rid = 1"),
    ] {
        let (source, target) = (filled().await, Place::new());
        let is_comparing = |_, progress: Progress| progress.phase == Phase::Comparing;
        assert!(!copied_until(&source.database(), &target.database(), is_comparing).await);
        let connection = Connection::open(target.path()).unwrap();
        assert!(connection.execute(damage, []).unwrap() > 0, "{damage}");
        drop(connection);

        let compared = copied(&source.database(), &target.database())
            .await
            .unwrap();

        let different = compared.iter().filter(|table| !table.is_equal());
        let different: Vec<_> = different.map(|compared| compared.table).collect();
        assert_eq!(different, [table], "{damage}");
        assert!(target.open().await.is_err());
    }
}

#[tokio::test]
async fn what_cannot_be_copied_is_said_and_nothing_is_made() {
    let (nothing, target) = (Place::new(), Place::new());
    let empty = Place::new();
    drop(empty.open().await.unwrap());

    let missing = copied(&nothing.database(), &target.database()).await;
    let itself = copied(&nothing.database(), &nothing.database()).await;
    let nothing_to_copy = copied(&empty.database(), &target.database()).await;

    assert!(matches!(
        missing,
        Err(CopyError::Open(OpenError::Missing(_)))
    ));
    assert!(matches!(itself, Err(CopyError::Itself(_))));
    assert!(matches!(nothing_to_copy, Err(CopyError::NothingToCopy(_))));
    assert!(!nothing.path().exists());
    assert!(!target.path().exists());
}

/// Otherwise each batch would read the whole table.
#[tokio::test]
async fn every_part_is_read_by_an_index_in_its_order() {
    let source = filled().await;
    let connection = Connection::open(source.path()).unwrap();

    for part in Part::ALL {
        let sql = format!("explain query plan {}", select(part));
        let mut plan = connection.prepare(&sql).unwrap();
        let steps = plan
            .query_map([0, 0], |row| row.get::<_, String>(3))
            .unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        assert_eq!(steps.len(), 1, "{part:?}: {steps:?}");
        assert!(steps[0].starts_with("SEARCH "), "{part:?}: {steps:?}");
        let is_by_both = steps[0].contains("(org=? AND ");
        assert!(
            is_by_both || part == Part::Organization,
            "{part:?}: {steps:?}"
        );
    }
}

#[tokio::test]
async fn a_database_that_a_server_has_is_not_copied() {
    let (source, target) = (filled().await, Place::new());
    let served = source.opened().await;

    let refused = copied(&source.database(), &target.database()).await;

    assert!(matches!(refused, Err(CopyError::Open(OpenError::InUse(_)))));
    drop(served);
    assert_equal(
        &copied(&source.database(), &target.database())
            .await
            .unwrap(),
    );
}

/// A folder for one database, closed or not there yet.
pub(crate) struct Place {
    directory: Arc<TempDir>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = Arc::new(TempDir::new().unwrap());
        Self { directory }
    }

    /// That of a store, which is closed.
    pub(crate) fn of(test: TestStore) -> Self {
        sqlite(&test.store).close_now();
        Self {
            directory: test.directory,
        }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("test.db")
    }

    pub(crate) fn database(&self) -> Database {
        Database::Sqlite(self.path())
    }

    pub(crate) async fn open(&self) -> Result<Store, OpenError> {
        self.open_for(Access::Serve).await
    }

    async fn open_for(&self, access: Access) -> Result<Store, OpenError> {
        let (settings, clock) = (Settings::default(), Clock::default());
        Store::open(&self.database(), access, settings, clock).await
    }

    pub(crate) async fn opened(&self) -> TestStore {
        let store = self.open().await.unwrap();
        TestStore {
            org: store.overview().await.unwrap()[0].org,
            store,
            path: self.path(),
            directory: Arc::clone(&self.directory),
        }
    }
}

/// Something of every kind, in two organisations.
pub(crate) async fn filled() -> Place {
    let test = open();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let changes = records(&setup()).new_tree(&mut runner).unwrap();
    make(&test, &changes.current());
    let noted =
        "update organization set last_sequence = (select max(last_sequence) from changeset)";
    let connection = open_writer(&test.path, 0).unwrap();
    connection.execute(noted, []).unwrap();
    drop(connection);
    let groups = vec(vec(request(&setup()), 4), 12).new_tree(&mut runner);
    fill(&test, groups.unwrap().current());
    keyed(&test).await;
    let mut another = setup();
    another.organization.id = Uuid::now_v7();
    another.key.hash = [8; 32];
    test.store.add_organization(&another).await.unwrap();
    Place::of(test)
}

pub(crate) fn fill(test: &TestStore, groups: Vec<Vec<Request>>) {
    let mut connection = open_writer(&test.path, 0).unwrap();
    let mut cycle = Cycle::new(Clock::default(), 100);
    for requests in groups {
        let requests = bound(&requests, &|object| ids(&connection, object));
        run(&mut cycle, &mut connection, test.org, &requests);
    }
}

/// A request with an idempotency key, always the same.
async fn keyed(test: &TestStore) -> Written {
    let mut write = write(test.org, vec![account("keyed.com")], Mode::Whole);
    write.idempotency = Some(Idempotency {
        key: "key".to_owned(),
        fingerprint: [1; 32],
        render: Arc::new(|_| {
            let body = b"kept".to_vec();
            Some(Answer { status: 201, body })
        }),
    });
    test.store.write(write).await.unwrap()
}

pub(crate) fn dump(test: &TestStore) -> Dump {
    let connection = open_writer(&test.path, 0).unwrap();
    dump_of(&test.store, test.org, &connection)
}

fn cursor_key(test: &TestStore) -> [u8; 32] {
    sqlite(&test.store).cursor_key()
}
