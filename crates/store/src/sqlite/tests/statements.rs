//! How SQLite goes about the statements that are really run: those of every read and of many random writes are listened to,
//! and each of them is explained.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lanekeeper_core::Object;
use lanekeeper_core::change::ActorKind;
use lanekeeper_core::custom::Scope;
use lanekeeper_core::model::generate::request;
use lanekeeper_core::model::generate::search::draft;
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use uuid::Uuid;

use super::laws::{ids, run};
use super::search::make;
use super::{Sqlite, TestStore, open, setup, sqlite, write};
use crate::sqlite::connection::{open_reader, open_writer};
use crate::sqlite::cycle::Cycle;
use crate::testing::{bound, once, opportunity};
use crate::tests::plans::{MORE_THAN_FEW, filled, orders, rare};
use crate::{Clock, Org};

/// What there is so little of that it may be read whole, the organisations and what waits for the index of texts; and what is
/// read from its oldest row, up to a limit: the answers that are kept for retries.
const SMALL: [&str; 3] = ["organization", "waiting_text", "idempotency"];

/// A filled database of which every statement is heard.
struct Heard {
    test: TestStore,
    reads: Receiver<String>,
    /// Nobody listens to this one.
    connection: Connection,
}

impl Heard {
    fn open() -> Self {
        let test = open();
        make(&test, &filled(MORE_THAN_FEW));
        let (reader, reads) = listen(open_reader(&test.path).unwrap());
        sqlite(&test.store).lock_readers().push(reader);
        let connection = open_writer(&test.path, 0).unwrap();
        // Whoever writes after this goes on from there.
        let counted =
            "update organization set last_sequence = (select max(last_sequence) from changeset)";
        connection.execute(counted, []).unwrap();
        Self {
            test,
            reads,
            connection,
        }
    }

    /// Every read there is, with the searches that have an index of their own, and random ones.
    fn read(&self) -> BTreeSet<String> {
        let (sqlite, org) = (sqlite(&self.test.store), self.test.org);
        for (_, read, _) in READS {
            read(sqlite, org);
        }
        let mut runner = TestRunner::deterministic();
        for draft in rare().into_iter().map(|(draft, ..)| draft).chain(orders()) {
            sqlite.search_now(org, &draft).unwrap().unwrap();
        }
        for object in Object::ALL {
            let drafts = draft(&setup(), object);
            for _ in 0..200 {
                let draft = drafts.new_tree(&mut runner).unwrap().current();
                // A few make no sense, and are refused.
                drop(sqlite.search_now(org, &draft).unwrap());
            }
        }
        self.reads.try_iter().collect()
    }

    /// Many writes of every kind, some of them repeated later.
    fn write(&self) -> BTreeSet<String> {
        let (mut connection, heard) = listen(open_writer(&self.test.path, 0).unwrap());
        let (clock, mut runner) = (Clock::default(), TestRunner::deterministic());
        let mut cycle = Cycle::new(clock.clone(), 3);
        let requests = vec(request(&setup()), 1..4);
        for _ in 0..150 {
            let requests = requests.new_tree(&mut runner).unwrap().current();
            let requests = bound(&requests, &|object| ids(&self.connection, object));
            run(&mut cycle, &mut connection, self.test.org, &requests);
        }
        for number in 0..6 {
            clock.advance(Duration::from_secs(15 * 3_600));
            let write = once(self.test.org, &format!("key {}", number / 2));
            cycle.run(&mut connection, &[&write]).unwrap();
        }
        heard.try_iter().collect()
    }
}

/// Tells of every statement that runs on a connection, but for what the index of texts says to its own tables.
fn listen(mut connection: Connection) -> (Connection, Receiver<String>) {
    let (speaker, heard) = channel();
    let tell = move |event: TraceEvent| {
        if let TraceEvent::Stmt(statement, _) = event {
            let sql = statement.sql().into_owned();
            if !sql.contains("'main'.") {
                drop(speaker.send(sql));
            }
        }
    };
    let events = TraceEventCodes::SQLITE_TRACE_STMT;
    connection.trace_v2(events, Some(tell)).unwrap();
    (connection, heard)
}

fn explain(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("explain query plan {sql}"))?;
    let lines = statement.raw_query().mapped(|row| row.get(3));
    lines.collect()
}

/// The step of a plan that reads a whole table, or an index beyond the organisation.
fn stray(plan: &[String]) -> Option<&String> {
    plan.iter().find(|step| {
        let mut words = step.split(' ');
        let (how, what) = (words.next(), words.next().unwrap_or_default());
        match how {
            _ if SMALL.contains(&what) => false,
            Some("SCAN") => {
                // Rows that the same statement found before.
                let found = [format!("CO-ROUTINE {what}"), format!("MATERIALIZE {what}")];
                let is_found = plan.iter().any(|step| found.contains(step));
                !is_found && !step.contains("VIRTUAL TABLE INDEX")
            }
            Some("SEARCH") => {
                let begins = ["(org=?", "(rowid=?)", "(hash=?)"];
                !begins.iter().any(|begin| step.contains(begin))
            }
            _ => false,
        }
    })
}

type Read = (&'static str, fn(&Sqlite, Org), &'static [&'static str]);

const HASH: [u8; 32] = [7; 32];

fn record(sqlite: &Sqlite, org: Org, object: Object) {
    drop(sqlite.record(&org, object, Uuid::from_u128(5)).unwrap());
}

/// Every read that is no search, and the steps that it must take, and no others.
const READS: [Read; 16] = [
    (
        "an account",
        |sqlite, org| record(sqlite, org, Object::Account),
        &["SEARCH account USING INDEX sqlite_autoindex_account_1 (org=? AND id=?)"],
    ),
    (
        "a contact",
        |sqlite, org| record(sqlite, org, Object::Contact),
        &["SEARCH contact USING INDEX sqlite_autoindex_contact_1 (org=? AND id=?)"],
    ),
    (
        "an opportunity",
        |sqlite, org| {
            let first = Uuid::from_u128(1_000_000 * (Object::Opportunity as u128 + 1));
            let found = sqlite.record(&org, Object::Opportunity, first).unwrap();
            assert!(found.is_some());
        },
        &[
            "SEARCH o USING INDEX sqlite_autoindex_opportunity_1 (org=? AND id=?)",
            "SEARCH s USING INDEX sqlite_autoindex_stage_1 (org=? AND id=?)",
            "SEARCH a USING INDEX sqlite_autoindex_account_1 (org=? AND id=?) LEFT-JOIN",
            "SEARCH c USING INDEX sqlite_autoindex_contact_1 (org=? AND id=?) LEFT-JOIN",
            "SEARCH m USING INDEX sqlite_autoindex_member_1 (org=? AND id=?) LEFT-JOIN",
            "SEARCH link USING COVERING INDEX sqlite_autoindex_opportunity_contact_1 (org=? AND opportunity_id=?)",
            "SEARCH c USING INDEX sqlite_autoindex_contact_1 (org=? AND id=?)",
        ],
    ),
    (
        "a note",
        |sqlite, org| record(sqlite, org, Object::Note),
        &["SEARCH note USING INDEX sqlite_autoindex_note_1 (org=? AND id=?)"],
    ),
    (
        "an activity",
        |sqlite, org| record(sqlite, org, Object::Activity),
        &["SEARCH activity USING INDEX sqlite_autoindex_activity_1 (org=? AND id=?)"],
    ),
    (
        "the pipelines",
        |sqlite, org| drop(sqlite.pipelines(&org).unwrap()),
        &[
            "SEARCH pipeline USING INDEX sqlite_autoindex_pipeline_1 (org=?)",
            "SEARCH stage USING INDEX stage_of_pipeline (org=?)",
        ],
    ),
    (
        "a pipeline with its stages",
        |sqlite, org| drop(sqlite.pipeline(&org, setup().pipeline.id).unwrap()),
        &[
            "SEARCH pipeline USING INDEX sqlite_autoindex_pipeline_1 (org=? AND id=?)",
            "SEARCH stage USING INDEX stage_of_pipeline (org=? AND pipeline_id=?)",
        ],
    ),
    (
        "the summary of a pipeline",
        |sqlite, org| drop(sqlite.summary_now(org, setup().pipeline.id).unwrap()),
        &[
            "SEARCH pipeline USING INDEX sqlite_autoindex_pipeline_1 (org=? AND id=?)",
            "SEARCH stage USING INDEX stage_of_pipeline (org=? AND pipeline_id=?)",
            "SEARCH changeset USING COVERING INDEX sqlite_autoindex_changeset_1 (org=?)",
            "SEARCH opportunity USING COVERING INDEX opportunity_of_stage (org=? AND pipeline_id=? AND stage_id=? AND deleted_at=?)",
        ],
    ),
    (
        "the members",
        |sqlite, org| drop(sqlite.users(&org).unwrap()),
        &["SEARCH member USING INDEX sqlite_autoindex_member_2 (org=?)"],
    ),
    (
        "a member",
        |sqlite, org| drop(sqlite.user(&org, setup().owner.id).unwrap()),
        &["SEARCH member USING INDEX sqlite_autoindex_member_1 (org=? AND id=?)"],
    ),
    (
        "the fields of accounts",
        |sqlite, org| drop(sqlite.fields(&org, Scope::Accounts).unwrap()),
        &["SEARCH field USING INDEX field_by_slug (org=? AND object=? AND <expr>=?)"],
    ),
    (
        "the key of a request",
        |sqlite, _| assert!(sqlite.key(&HASH).unwrap().is_some()),
        &[
            "SEARCH key USING INDEX sqlite_autoindex_api_key_1 (hash=?)",
            "SEARCH organization USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    ),
    (
        "the keys",
        |sqlite, org| drop(sqlite.keys(&org).unwrap()),
        &["SEARCH key USING INDEX sqlite_autoindex_api_key_2 (org=?)"],
    ),
    (
        "the keys that are not revoked",
        |sqlite, org| drop(sqlite.live_keys(&org).unwrap()),
        &["SEARCH key USING INDEX api_key_live (org=?)"],
    ),
    (
        "the feed",
        |sqlite, org| drop(sqlite.changes_now(org, 1, 10).unwrap()),
        &["SEARCH changeset USING INDEX sqlite_autoindex_changeset_1 (org=? AND last_sequence>?)"],
    ),
    (
        "whether all is well",
        |sqlite, _| sqlite.check().unwrap(),
        &["SEARCH organization"],
    ),
];

/// What sorts what is read anyway, and how a statement is put together.
fn is_a_table(step: &str) -> bool {
    step.starts_with("SEARCH") || step.starts_with("SCAN")
}

#[test]
fn every_read_takes_its_indexes_and_nothing_else() {
    let heard = Heard::open();
    let (sqlite, org) = (sqlite(&heard.test.store), heard.test.org);
    for (what, read, expected) in READS {
        read(sqlite, org);

        let statements = heard.reads.try_iter();
        let plans = statements.flat_map(|sql| explain(&heard.connection, &sql).unwrap());
        let mut steps: Vec<String> = plans.filter(|step| is_a_table(step)).collect();
        steps.dedup(); // what is asked of each stage
        assert_eq!(steps, *expected, "{what}");
    }
}

/// One look into an index for each thing that a create names, however many records there are.
#[test]
fn a_create_looks_up_what_it_names_and_nothing_else() {
    let heard = Heard::open();
    let (mut connection, statements) = listen(open_writer(&heard.test.path, 0).unwrap());
    let mut write = write(
        heard.test.org,
        vec![opportunity("acme")],
        Default::default(),
    );
    write.actor.kind = ActorKind::ApiKey;
    write.actor.id = Some(setup().key.id);
    let mut cycle = Cycle::new(Clock::default(), 3);

    cycle.run(&mut connection, &[&write]).unwrap();

    let plans = statements.try_iter();
    let plans = plans.flat_map(|sql| explain(&heard.connection, &sql).unwrap());
    let steps = plans.filter(|step| is_a_table(step) && !step.ends_with("waiting_text"));
    let steps: Vec<String> = steps.collect();
    let expected = [
        "SEARCH organization USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH account USING INDEX account_by_domain (org=? AND domain=?)",
        "SEARCH account USING INDEX account_merged (org=? AND domain=?)",
        "SEARCH contact USING INDEX contact_by_email (org=? AND email=?)",
        "SEARCH contact USING INDEX contact_by_email (org=? AND email=?)",
        "SEARCH contact_address USING INDEX sqlite_autoindex_contact_address_1 (org=? AND email=?)",
        "SEARCH contact_address USING INDEX sqlite_autoindex_contact_address_1 (org=? AND email=?)",
        "SEARCH pipeline USING INDEX sqlite_autoindex_pipeline_1 (org=? AND id=?)",
        "SEARCH stage USING INDEX stage_of_pipeline (org=? AND pipeline_id=?)",
        "SEARCH member USING INDEX sqlite_autoindex_member_2 (org=? AND email=?)",
        "SEARCH field USING INDEX field_by_slug (org=? AND object=? AND <expr>=?)",
        "SEARCH key USING INDEX sqlite_autoindex_api_key_2 (org=? AND id=?)",
        "SEARCH account USING INDEX sqlite_autoindex_account_1 (org=? AND id=?)",
        "SEARCH contact USING INDEX sqlite_autoindex_contact_1 (org=? AND id=?)",
        "SEARCH organization USING INTEGER PRIMARY KEY (rowid=?)",
    ];
    assert_eq!(steps, expected);
}

#[test]
fn no_statement_reads_a_whole_table_or_beyond_its_organisation() {
    let heard = Heard::open();
    let statements = heard.read().into_iter().chain(heard.write());
    for sql in statements {
        let plan = explain(&heard.connection, &sql).unwrap();
        assert_eq!(stray(&plan), None, "{sql}\n{plan:#?}");
    }
}

/// Each index makes every create dearer, so none is kept that nothing reads; and what goes by one has no other way that is
/// as good.
#[test]
fn every_index_is_read_by_a_statement_that_goes_another_way_without_it() {
    let heard = Heard::open();
    let statements: Vec<String> = heard.read().into_iter().chain(heard.write()).collect();
    let indexes = "select name from sqlite_schema where type = 'index' and sql is not null";
    let mut indexes = heard.connection.prepare(indexes).unwrap();
    let indexes = indexes.query_map([], |row| row.get(0)).unwrap();
    let indexes: Vec<String> = indexes.collect::<Result<_, _>>().unwrap();
    for index in indexes {
        let plans = statements
            .iter()
            .map(|sql| (sql, explain(&heard.connection, sql).unwrap()));
        let step = format!("INDEX {index} ");
        let mut readers = plans.filter(|(_, plan)| plan.iter().any(|line| line.contains(&step)));
        let Some((sql, plan)) = readers.next() else {
            panic!("nothing reads {index}");
        };

        heard
            .connection
            .execute_batch(&format!("begin; drop index {index}"))
            .unwrap();
        let without = explain(&heard.connection, sql);
        heard.connection.execute_batch("rollback").unwrap();

        assert_ne!(without.ok(), Some(plan), "{index}\n{sql}");
    }
}
