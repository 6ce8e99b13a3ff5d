//! What requests say to PostgreSQL: every statement names the organisation whose rows it is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use lanekeeper_testing::{Link, TestDatabase};

use super::world::{World, bodies};
use crate::openapi::guarded_operations;
use crate::support::TestApp;

/// The one that cannot: from it follows who the organisation is.
const OF_NO_ORGANISATION: &str = "from api_key where hash = $1";
/// What stands before the name of a table.
const BEFORE_A_TABLE: [&str; 4] = ["from", "into", "join", "update"];
/// What stands behind a table that has no other name.
const NO_NAME: [&str; 9] = [
    "cross", "for", "group", "limit", "on", "order", "set", "using", "where",
];

#[tokio::test]
async fn every_statement_of_a_documented_request_names_its_organisation() {
    let database = Arc::new(TestDatabase::on_postgres());
    // Makes the tables, which is no request's work.
    TestApp::on(&database, &database.url()).await.stop().await;
    let link = Link::new().await;
    let app = TestApp::on(&database, &link.url(&database)).await;

    for (operation, details) in guarded_operations() {
        for (_, body) in bodies(details) {
            let world = World::of(&app, &operation).await;
            let mut call = world.request(&operation, body, None);
            if !operation.starts_with("GET") {
                call = call.header("idempotency-key", "once");
            }
            let answer = call.send().await;
            assert!(
                matches!(answer.status, 200 | 201),
                "{operation}: {}",
                answer.body
            );
        }
    }

    let tables = tables(&database);
    let statements = link.statements();
    let mut touched = BTreeSet::new();
    for statement in &statements {
        let found = references(statement, &tables);
        let is_about_one = |reference: &Reference| reference.names_its_organisation(statement);
        let is_good = found.iter().all(is_about_one) || statement.contains(OF_NO_ORGANISATION);
        assert!(is_good, "{statement}");
        touched.extend(
            found
                .into_iter()
                .map(|reference| reference.table.to_owned()),
        );
    }
    assert_eq!(touched, tables, "every table was touched");
}

/// Those that hold what is an organisation's, and the one of the organisations.
fn tables(database: &TestDatabase) -> BTreeSet<String> {
    let tables = "
        select table_name from information_schema.columns
        where table_schema = 'public' and column_name = 'org'
        union select 'organization'";
    database.texts(tables).into_iter().collect()
}

/// A place where a statement names a table.
struct Reference<'a> {
    table: &'a str,
    /// What it is called in the statement, if not by its name.
    name: Option<&'a str>,
    is_written: bool,
}

fn references<'a>(statement: &'a str, tables: &BTreeSet<String>) -> Vec<Reference<'a>> {
    let words: Vec<&str> = statement.split_whitespace().collect();
    let mut found = vec![];
    for (at, word) in words.iter().enumerate() {
        let table = words.get(at + 1).map(|table| bare(table));
        let Some(table) = table.filter(|table| tables.contains(*table)) else {
            continue;
        };
        if !BEFORE_A_TABLE.contains(word) {
            continue;
        }
        let name = words.get(at + 2).map(|name| bare(name));
        let name = name.filter(|name| !name.is_empty() && !NO_NAME.contains(name));
        let is_written = *word == "into";
        found.push(Reference {
            table,
            name: name.filter(|_| !is_written),
            is_written,
        });
    }
    found
}

/// A word without what sticks to it.
fn bare(word: &str) -> &str {
    let is_of_a_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let end = word.find(|letter| !is_of_a_name(letter));
    &word[..end.unwrap_or(word.len())]
}

impl Reference<'_> {
    /// Its rows are of one organisation: the one that was bound, or the one of rows that it is joined with.
    fn names_its_organisation(&self, statement: &str) -> bool {
        let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        let has = |part: String| statement.contains(&part);
        match (self.table, self.name) {
            ("organization", _) if self.is_written => has("into organization (id,".to_owned()),
            ("organization", _) => has("where id = $1".to_owned()),
            (table, _) if self.is_written => has(format!("into {table} (org,")),
            (_, Some(name)) => has(format!("{name}.org = ")) || has(format!(".org = {name}.org")),
            (_, None) => has(" org = $".to_owned()),
        }
    }
}

#[test]
fn a_statement_that_forgets_the_organisation_is_found() {
    let tables = ["account", "contact", "organization"].map(str::to_owned);
    let tables = tables.into_iter().collect();
    let is_good = |statement: &str| {
        let found = references(statement, &tables);
        assert!(!found.is_empty(), "{statement}");
        found
            .iter()
            .all(|one| one.names_its_organisation(statement))
    };

    for good in [
        "select id from account where org = $1 and id = $2",
        "select a.id from contact c join account a on a.org = c.org and a.id = $2 where c.org = $1",
        "insert into account (org, id) select $1, u.id from unnest($2::uuid[]) as u (id)",
        "update contact r set account_id = $2 where r.org = $1",
        "select last_sequence from organization where id = $1 for update",
    ] {
        assert!(is_good(good), "{good}");
    }
    for bad in [
        "select id from account where id = $1",
        "select a.id from contact c join account a on a.id = c.account_id where c.org = $1",
        "select 1 from contact c where c.org = $1 and exists (select 1 from account a where a.id = $2)",
        "delete from account where id = any($1)",
        "insert into account (id) values ($1)",
        "select id from organization",
    ] {
        assert!(!is_good(bad), "{bad}");
    }
}
