use std::fs;

use lanekeeper_core::Timestamp;
use lanekeeper_core::key::{Key, KeyScope};
use lanekeeper_core::plan::setup::Setup;
use lanekeeper_store::{Access, Clock, Database, Settings, Store};
use uuid::Uuid;

use super::*;
use crate::recording::record;
use crate::work::Tenant;

#[test]
fn a_replay_leaves_the_same_rows_as_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let tenant = set_up(&file("start.db"));
    for copy in ["store.db", "raw.db"] {
        fs::copy(file("start.db"), file(copy)).unwrap();
    }

    let recording = record(&file("store.db"), &tenant, 7).unwrap();
    replay(&file("raw.db"), &recording, (2, 5), 3).unwrap();

    let (store, raw) = (dump(&file("store.db")), dump(&file("raw.db")));
    let deals = store.iter().filter(|row| row.starts_with("opportunity: "));
    assert_eq!(deals.count(), 7);
    assert_eq!(store, raw);
}

pub(crate) fn set_up(database: &Path) -> Tenant {
    let place = Database::Sqlite(database.to_owned());
    let settings = Settings::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let opened = Store::open(&place, Access::Command, settings, Clock::default());
    let store = runtime.block_on(opened).unwrap();
    let owner_email = "owner@example.com";
    let mut number = 0;
    let mut mint = || {
        number += 1;
        Uuid::from_u128(number)
    };
    let now = Timestamp::from_micros(1_771_286_400_000_000);
    let key = Key {
        id: mint(),
        name: "First key".to_owned(),
        scope: KeyScope::Admin,
        routes: vec![],
        hash: [0; 32],
        hint: String::new(),
        created_at: now,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    let setup = Setup::new("Test", owner_email.parse().unwrap(), key, now, &mut mint);
    runtime.block_on(store.set_up(&setup)).unwrap();
    runtime.block_on(store.close());
    Tenant {
        pipeline_id: setup.pipeline.id.to_string(),
        owner_email: owner_email.to_owned(),
        api_key: String::new(),
    }
}

/// Every row of every table, as text; not the tables in which SQLite keeps its text index.
fn dump(database: &Path) -> Vec<String> {
    let connection = Connection::open(database).unwrap();
    let tables = "
        select name from pragma_table_list
        where type = 'table' and name not like 'sqlite!_%' escape '!' order by name";
    let mut tables = connection.prepare(tables).unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let rows = tables.flat_map(|table| rows_of(&connection, &table.unwrap()));
    rows.collect()
}

fn rows_of(connection: &Connection, table: &str) -> Vec<String> {
    let sql = format!("select * from {table}");
    let mut statement = connection.prepare(&sql).unwrap();
    let columns = statement.column_count();
    let row_text = |row: &rusqlite::Row| {
        let values = (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap()));
        Ok(format!(
            "{table}: {}",
            values.collect::<Vec<_>>().join(", ")
        ))
    };
    let rows = statement.query_map([], row_text).unwrap();
    let mut rows: Vec<String> = rows.collect::<Result<_, _>>().unwrap();
    rows.sort();
    rows
}
