//! What must be true of every database at rest, whatever happened to it, read by SQLite and not by us.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::support::Client;

/// The ids of what is stored.
pub(crate) struct Stored {
    pub(crate) accounts: BTreeSet<String>,
    pub(crate) contacts: BTreeSet<String>,
    pub(crate) opportunities: BTreeSet<String>,
}

impl Stored {
    pub(crate) fn has(&self, id: &str) -> bool {
        let all = [&self.accounts, &self.contacts, &self.opportunities];
        all.iter().any(|ids| ids.contains(id))
    }
}

/// Holds the file against its laws; what is in it.
pub(crate) fn audit(database: &Path) -> Stored {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = Connection::open_with_flags(database, flags).expect("the database opens");
    assert_eq!(texts(&connection, "pragma integrity_check"), ["ok"]);
    assert!(
        texts(
            &connection,
            "select \"table\" from pragma_foreign_key_check"
        )
        .is_empty()
    );
    assert_nothing_is_doubled(&connection);
    assert_changes_have_no_gap(&connection);
    let stored = Stored {
        accounts: ids(&connection, "account"),
        contacts: ids(&connection, "contact"),
        opportunities: ids(&connection, "opportunity"),
    };
    let created = "
        select lower(json_extract(change.value, '$.object_id'))
        from changeset, json_each(changeset.changes) as change
        where json_extract(change.value, '$.action') = 'created'
            and json_extract(change.value, '$.object') in ('account', 'contact', 'opportunity')";
    let created = texts(&connection, created);
    let told: BTreeSet<String> = created.iter().cloned().collect();
    assert_eq!(told.len(), created.len(), "something was created twice");
    let is: BTreeSet<String> = [&stored.accounts, &stored.contacts, &stored.opportunities]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    assert_eq!(told, is, "the change feed is not what is stored");
    stored
}

fn assert_nothing_is_doubled(connection: &Connection) {
    for (table, column) in [("account", "domain"), ("contact", "email")] {
        let doubled = format!(
            "select {column} from {table} group by org, lower(trim({column}, ' .')) having count(*) > 1"
        );
        let doubled = texts(connection, &doubled);
        assert!(doubled.is_empty(), "twice in {table}: {doubled:?}");
    }
}

/// Each organisation's changesets follow on each other, hold as many changes as they have numbers, and end where the
/// organisation says.
fn assert_changes_have_no_gap(connection: &Connection) {
    let gaps = "
        select org || ' at ' || first_sequence from (
            select org, first_sequence, last_sequence, changes,
                lag(last_sequence, 1, 0) over (partition by org order by rid) as before
            from changeset)
        where first_sequence <> before + 1
            or json_array_length(changes) <> last_sequence - first_sequence + 1";
    assert!(texts(connection, gaps).is_empty(), "a gap in the changes");
    let ends = "
        select org from organization
        where last_sequence <> (select max(last_sequence) from changeset where changeset.org = organization.org)";
    assert!(texts(connection, ends).is_empty(), "changes without a row");
}

fn ids(connection: &Connection, table: &str) -> BTreeSet<String> {
    let sql = format!("select id from {table}");
    let mut select = connection.prepare(&sql).expect("a statement");
    let ids = select.query_map([], |row| row.get::<_, uuid::Uuid>(0));
    ids.expect("rows")
        .map(|id| id.expect("an id").to_string())
        .collect()
}

/// The first column as text.
pub(crate) fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let mut select = connection.prepare(sql).expect("a statement");
    let rows = select.query_map([], |row| {
        Ok(match row.get_ref(0)? {
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            value => value.as_str()?.to_owned(),
        })
    });
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

/// The number in the first column of the first row.
pub(crate) fn number(connection: &Connection, sql: &str) -> i64 {
    connection
        .query_row(sql, [], |row| row.get(0))
        .expect("a number")
}

/// Reads the whole change feed; its sequence must be 1, 2, 3, … The ids of the records that it says were created.
pub(crate) async fn created_by_feed(client: &Client) -> BTreeSet<String> {
    let mut created = BTreeSet::new();
    let mut after = 0;
    loop {
        let page = client
            .get(&format!("/v1/changes?limit=500&after={after}"))
            .await;
        assert_eq!(page.status, 200);
        for change in page.data()["changes"].as_array().expect("changes") {
            after += 1;
            assert_eq!(change["sequence"], after, "a gap in the feed");
            let object = change["object"].as_str().expect("an object");
            let is_record = ["account", "contact", "opportunity"].contains(&object);
            if is_record && change["action"] == "created" {
                let id = change["object_id"].as_str().expect("an id").to_owned();
                assert!(created.insert(id), "created twice");
            }
        }
        if page.data()["has_more"] == Value::Bool(false) {
            return created;
        }
    }
}
