//! Copies into PostgreSQL, out of it, and within it.

use lanekeeper_core::model::generate::request;
use lanekeeper_testing::TestDatabase;
use proptest::collection::vec;
use proptest::prelude::*;

use super::laws::{check_feed, dump_of};
use super::{TestStore, run};
use crate::copy::testing::{assert_equal, copied, copied_until};
use crate::copy::{CopyError, Phase, Progress};
use crate::sqlite::tests::copy::{Place, dump, fill, filled};
use crate::sqlite::tests::open;
use crate::testing::{Request, setup};
use crate::{Access, Clock, Database, OpenError, Settings, Store};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Whatever was written, it is the same there, in another database there, and back.
    #[test]
    fn a_copy_there_and_back_holds_what_its_source_does(
        groups in vec(vec(request(&setup()), 1..4), 1..12),
    ) {
        run(there_and_back(groups))?;
    }
}

async fn there_and_back(groups: Vec<Vec<Request>>) -> Result<(), TestCaseError> {
    let source = open();
    fill(&source, groups);
    let before = dump(&source);
    let source = Place::of(source);

    let (there, beside, back) = (
        TestDatabase::on_postgres(),
        TestDatabase::on_postgres(),
        Place::new(),
    );
    assert_equal(&copied(&source.database(), &named(&there)).await.unwrap());
    assert_equal(&copied(&named(&there), &named(&beside)).await.unwrap());
    assert_equal(&copied(&named(&beside), &back.database()).await.unwrap());

    prop_assert_eq!(dump(&back.opened().await), before.clone());
    let there = TestStore::of(there).await;
    prop_assert_eq!(dump_of(&there).await, before);
    check_feed(&there).await
}

/// Stopped at every twelfth of its steps, and started again.
#[tokio::test]
async fn an_interrupted_copy_is_finished_by_the_next_one() {
    let filled = filled().await;
    let source = filled.database();
    for interrupted_at in (0..).step_by(12) {
        let target = TestDatabase::on_postgres();
        let to = named(&target);
        let is_over = copied_until(&source, &to, |step, _| step == interrupted_at).await;
        let served = serve(&to).await;
        if is_over || served.is_ok() {
            assert!(interrupted_at > 40, "{interrupted_at}");
            return;
        }
        assert!(matches!(served, Err(OpenError::Unfinished { .. })));

        assert_equal(&copied(&source, &to).await.unwrap());

        assert!(serve(&to).await.is_ok());
    }
}

#[tokio::test]
async fn a_target_that_is_not_empty_is_left_alone() {
    let source = filled().await;
    let target = TestStore::open().await;
    let before = dump_of(&target).await;

    let refused = copied(&source.database(), &named(&target.database)).await;

    assert!(matches!(refused, Err(CopyError::NotEmpty(_))));
    assert_eq!(dump_of(&target).await, before);
}

#[tokio::test]
async fn a_damaged_target_is_found_and_is_not_served() {
    let filled = filled().await;
    let source = filled.database();
    let target = TestDatabase::on_postgres();
    let to = named(&target);
    let is_comparing = |_, progress: Progress| progress.phase == Phase::Comparing;
    assert!(!copied_until(&source, &to, is_comparing).await);
    target.run(
        "update account set industry = 'x' where id = (select max(id::text)::uuid from account)",
    );

    let compared = copied(&source, &to).await.unwrap();

    let different = compared.iter().filter(|table| !table.is_equal());
    let different: Vec<_> = different.map(|compared| compared.table).collect();
    assert_eq!(different, ["account"]);
    assert!(matches!(
        serve(&to).await,
        Err(OpenError::Unfinished { .. })
    ));
}

/// What the copy counts is what the servers count with.
#[tokio::test]
async fn a_copy_counts_kept_answers_and_knows_when_it_was_last_written_to() {
    let filled = filled().await;
    let source = filled.database();
    let target = TestDatabase::on_postgres();

    copied(&source, &named(&target)).await.unwrap();

    let kept = target.number("select count(*) from idempotency");
    assert_eq!(
        target.number("select sum(idempotency_keys) from organization"),
        kept
    );
    assert!(kept > 0);
    let wrong = "
        select count(*) from organization where last_write_at <>
            (select max(occurred_at) from changeset where org = organization.id)";
    assert_eq!(target.number(wrong), 0);
}

fn named(database: &TestDatabase) -> Database {
    database.url().parse().unwrap()
}

async fn serve(database: &Database) -> Result<Store, OpenError> {
    let (settings, clock) = (Settings::default(), Clock::default());
    Store::open(database, Access::Serve, settings, clock).await
}
