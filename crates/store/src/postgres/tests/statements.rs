//! How PostgreSQL goes about what is really run. It counts how often each table was read whole, and each index was read: what a
//! read adds to that is what it takes. There are many other organisations, so that no table is small.

use std::collections::BTreeMap;
use std::time::Duration;

use lanekeeper_core::custom::Scope;
use lanekeeper_core::model::generate::request;
use lanekeeper_core::model::generate::search::draft;
use lanekeeper_core::query::Draft;
use lanekeeper_core::{Needs, Object};
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use super::laws::ids;
use super::plans::open_filled;
use super::{TestStore, run};
use crate::postgres::load::load;
use crate::postgres::load::settings::{Members, fields, key_by_hash, keys, pipelines, users};
use crate::postgres::read::{changes, record};
use crate::postgres::session::{Purpose, Session, Sight};
use crate::postgres::{search, summary};
use crate::testing::{Request, bound, once, opportunity, setup, write};
use crate::tests::plans::{orders, rare};

/// What else there is. Each runs by itself.
const MORE: [&str; 7] = [
    // So many other organisations.
    "insert into organization
     select (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'name', 'Other'))).*
     from organization one, generate_series(1, 500)",
    // Members of all.
    "insert into member
     select (jsonb_populate_record(one, jsonb_build_object(
         'org', every.id, 'id', gen_random_uuid(), 'email', 'member' || number || '@example.com'))).*
     from member one, organization every, generate_series(1, 8) number",
    "insert into member
     select (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'email', 'colleague' || number || '@example.com'))).*
     from member one, organization ours, generate_series(1, 100) number
     where ours.name <> 'Other' and one.org = ours.id and one.email = 'owner@example.com'",
    "insert into contact_address (org, email, contact_id) select org, 'other.' || email, id from contact",
    "insert into opportunity_contact (org, opportunity_id, contact_id, place)
     select org, one.id, two.id, 1
     from (select org, id, row_number() over () as number from opportunity) one
     join (select org, id, row_number() over () as number from contact) two using (org, number)",
    // Texts with words that no record has.
    "insert into account_text (org, record, body)
     select id, gen_random_uuid(), 'word' || number from organization, generate_series(1, 10) number",
    "insert into contact_text (org, record, body, digits)
     select id, gen_random_uuid(), 'word' || number, '' from organization, generate_series(1, 10) number",
];
/// The tables of which each other organisation has the rows that ours has, but for the members, and for long changesets.
const TABLES: [&str; 5] = ["pipeline", "stage", "api_key", "field", "changeset"];

/// A search that has time.
const SEARCH: Purpose = Purpose::Search(Duration::from_secs(60));
/// What a lane's connection is told.
const AS_A_LANE: &str = "set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off";

/// Of every table how often it was read whole, and of every index how often it was read; if that is not never.
const SCANS: &str = "
    select c.relname::text, pg_stat_get_xact_numscans(c.oid) from pg_class c
    where c.relnamespace = 'public'::regnamespace and pg_stat_get_xact_numscans(c.oid) > 0 order by c.relname";

async fn open() -> TestStore {
    let test = open_filled().await;
    for sql in MORE {
        test.database.run(sql);
    }
    for table in TABLES {
        // The hash of a key is nobody else's.
        test.database.run(&format!(
            "insert into {table}
             select (jsonb_populate_record(one, jsonb_build_object('org', other.id, 'hash', sha256(uuid_send(other.id))))).*
             from {table} one, organization other
             where other.name = 'Other' and length(one::text) < 10000"
        ));
    }
    test.database.run("vacuum analyze");
    test
}

/// What a read reads: indexes, or whole tables.
async fn read(
    test: &TestStore,
    (sight, purpose): (Sight<'_>, Purpose),
    read: impl AsyncFnOnce(&Session),
) -> Vec<String> {
    let session = Session::begin(&test.postgres().pool, sight, purpose)
        .await
        .unwrap();
    let before = scans(&session).await;
    read(&session).await;
    let after = scans(&session).await;
    let more = after
        .into_iter()
        .filter(|scanned| !before.contains(scanned));
    more.map(|(name, _)| name).collect()
}

async fn scans(session: &Session) -> Vec<(String, i64)> {
    let rows = session.query(SCANS, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[test]
fn every_read_takes_its_indexes_and_no_whole_table() {
    run(async {
        let test = open().await;
        let (org, pipeline) = (test.org, setup().pipeline.id);
        let ours = (Sight::Org(org), Purpose::Read);
        let of = |object: Object| Uuid::from_u128(1_000_000 * (object as u128 + 1));
        for object in [
            Object::Account,
            Object::Contact,
            Object::Note,
            Object::Activity,
        ] {
            let found = read(&test, ours, async |client| {
                record(client, org, object, of(object)).await.unwrap();
            });
            assert_eq!(found.await, [format!("{}_pkey", object.name())]);
        }
        let opportunity = read(&test, ours, async |client| {
            let found = record(client, org, Object::Opportunity, of(Object::Opportunity));
            assert!(found.await.unwrap().is_some());
        });
        let expected = [
            "account_pkey",
            "contact_pkey",
            "member_pkey",
            "opportunity_contact_pkey",
            "opportunity_pkey",
            "stage_pkey",
        ];
        assert_eq!(opportunity.await, expected);
        let all = read(&test, ours, async |client| {
            pipelines(client, org, None).await.unwrap();
        });
        assert_eq!(all.await, ["pipeline_pkey", "stage_of_pipeline"]);
        let one = read(&test, ours, async |client| {
            pipelines(client, org, Some(&[pipeline])).await.unwrap();
        });
        assert_eq!(one.await, ["pipeline_pkey", "stage_of_pipeline"]);
        let all = read(&test, ours, async |client| {
            users(client, org, Members::All).await.unwrap();
        });
        // Both begin with the organisation.
        let all = all.await;
        let either = ["member_pkey", "member_org_email_key"];
        assert!(
            all.len() == 1 && either.contains(&all[0].as_str()),
            "{all:#?}"
        );
        let one = read(&test, ours, async |client| {
            let named = [setup().owner.id];
            users(client, org, Members::Named(&named, &[]))
                .await
                .unwrap();
        });
        assert_eq!(one.await, ["member_pkey"]);
        let all = read(&test, ours, async |client| {
            fields(client, org, Scope::Accounts).await.unwrap();
        });
        assert_eq!(all.await, ["field_by_slug"]);
        let all = read(&test, ours, async |client| {
            keys(client, org, "true").await.unwrap();
        });
        assert_eq!(all.await, ["api_key_pkey"]);
        let live = read(&test, ours, async |client| {
            keys(client, org, "revoked_at is null").await.unwrap();
        });
        assert_eq!(live.await, ["api_key_live"]);
        let hash = setup().key.hash;
        let key = read(&test, (Sight::Key(&hash), Purpose::Read), async |client| {
            assert!(key_by_hash(client, &hash).await.unwrap().is_some());
        });
        assert_eq!(key.await, ["api_key_by_hash"]);
        let page = read(&test, ours, async |client| {
            changes(client, org, 1, 10).await.unwrap();
        });
        assert_eq!(page.await, ["changeset_pkey"]);
        let searching = (Sight::Org(org), SEARCH);
        let board = read(&test, searching, async |client| {
            summary::summary(client, org, pipeline).await.unwrap();
        });
        let expected = ["opportunity_of_stage", "pipeline_pkey", "stage_of_pipeline"];
        assert_eq!(board.await, expected);
    });
}

/// What a lane asks for a create, with a lane's settings.
#[test]
fn a_create_looks_up_what_it_names_and_nothing_else() {
    run(async {
        let test = open().await;
        let mut needs = Needs::default();
        needs.add(opportunity("acme").command.as_ref().unwrap());
        let ours = (Sight::Org(test.org), Purpose::Write);

        let looked_up = read(&test, ours, async |client| {
            client.batch_execute(AS_A_LANE).await.unwrap();
            load(client, test.org, &needs, Default::default())
                .await
                .unwrap();
        });

        let expected = [
            "account_by_domain",
            "account_merged",
            "contact_address_pkey",
            "contact_by_email",
            "field_by_slug",
            "member_org_email_key",
            "pipeline_pkey",
            "stage_of_pipeline",
        ];
        assert_eq!(looked_up.await, expected);
    });
}

#[test]
fn whatever_is_rare_is_found_by_its_index() {
    run(async {
        let test = open().await;
        let ours = (Sight::Org(test.org), SEARCH);
        let cursor_key = &test.postgres().cursor_key;
        for (draft, _, index) in rare() {
            let read = read(&test, ours, async |client| {
                let found = search::search(client, test.org, &draft, cursor_key).await;
                found.unwrap().unwrap();
            });
            let read = read.await;
            let is_read = read.iter().any(|name| name.starts_with(index));
            assert!(is_read, "{index}\n{draft:#?}\n{read:#?}");
        }
    });
}

/// Of every index, and of every table, how often it was read since the database was made; and whether each may be read whole, or
/// need not be read at all: what is unique is kept for that.
const ALL_SCANS: &str = "
    select c.relname, pg_stat_get_numscans(c.oid), c.relkind = 'r', coalesce(i.indisunique, false)
    from pg_class c left join pg_index i on i.indexrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i') order by c.relname";

/// What has few rows, however many organisations there are; and the organisations, which their operator lists.
const SMALL: [&str; 4] = [
    "lanekeeper_schema",
    "organization",
    "secret",
    "unfinished_copy",
];

#[test]
fn whatever_is_done_no_table_is_read_whole_and_every_index_is_read() {
    let (drafts, requests) = (drafts(), requests());
    run(async {
        let test = open().await;
        test.store.close().await;
        wait_until_alone(&test).await;
        let known = Object::ALL.map(|object| (object, ids(&test, object)));
        let ids = BTreeMap::from(known);
        let requests = bound(&requests, &|object| ids[&object].clone());
        let before = test.database.rows(ALL_SCANS);
        let test = TestStore::of(test.database).await;

        read_everything(&test, drafts).await;
        write_everything(&test, requests).await;

        test.store.close().await;
        wait_until_alone(&test).await;
        let after = test.database.rows(ALL_SCANS);
        let is = |column: &Option<String>| column.as_deref() == Some("t");
        let (mut whole, mut unread) = (vec![], vec![]);
        for (before, after) in before.iter().zip(&after) {
            let name = after[0].as_deref().unwrap();
            let is_read = before[1] != after[1];
            match (is(&after[2]), is(&after[3])) {
                (true, _) if is_read && !SMALL.contains(&name) => whole.push(name),
                (false, false) if !is_read => unread.push(name),
                _ => {}
            }
        }
        assert_eq!(whole, [""; 0]);
        assert_eq!(unread, [""; 0]);
    });
}

/// A connection tells what it has counted when it ends, at the latest.
async fn wait_until_alone(test: &TestStore) {
    let others = "
        select count(*) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and application_name = 'lanekeeper'";
    while test.database.number(others) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Searches of every kind, and the other reads.
async fn read_everything(test: &TestStore, drafts: Vec<Draft>) {
    let store = &test.store;
    for draft in drafts {
        // A few make no sense, and are refused.
        drop(store.search(test.org, draft, drop).await.unwrap());
    }
    let (pipeline, hash) = (setup().pipeline.id, setup().key.hash);
    assert!(store.summary(test.org, pipeline).await.unwrap().is_some());
    assert!(store.key(&hash).await.unwrap().is_some());
    store.live_keys(&test.org).await.unwrap();
}

fn drafts() -> Vec<Draft> {
    let mut runner = TestRunner::deterministic();
    let known = rare().into_iter().map(|(draft, ..)| draft);
    let random = Object::ALL.into_iter().flat_map(|object| {
        let drafts = vec(draft(&setup(), object), 50);
        drafts.new_tree(&mut runner).unwrap().current()
    });
    known.chain(orders()).chain(random).collect()
}

fn requests() -> Vec<Request> {
    let requests = vec(request(&setup()), 150);
    let requests = requests.new_tree(&mut TestRunner::deterministic());
    requests.unwrap().current()
}

async fn write_everything(test: &TestStore, requests: Vec<Request>) {
    for (items, mode) in requests {
        let written = test.store.write(write(test.org, items, mode));
        Box::pin(written).await.unwrap();
    }
    let written = test.store.write(once(test.org, "key"));
    Box::pin(written).await.unwrap();
}
