use lanekeeper_core::Object;
use lanekeeper_core::object::Field;
use rusqlite::{Connection, StatementStatus};
use tempfile::TempDir;

use super::{at_once, open};
use crate::sqlite::columns::has_column;
use crate::sqlite::connection::{open_reader, open_writer};
use crate::{Access, Clock, Database, OpenError, Settings, Store};

fn close(store: &Store) {
    let sqlite = super::sqlite(store);
    sqlite.close_now();
}

fn open_file(path: &std::path::Path, access: Access) -> Result<Store, OpenError> {
    let database = Database::Sqlite(path.to_owned());
    at_once(Store::open(
        &database,
        access,
        Settings::default(),
        Clock::default(),
    ))
}

#[test]
fn a_second_server_on_the_same_file_is_refused_and_a_command_is_not() {
    let test = open();

    let second = open_file(&test.path, Access::Serve).err().unwrap();
    let command = open_file(&test.path, Access::Command);

    assert!(matches!(second, OpenError::InUse(_)), "{second}");
    assert!(command.is_ok());
}

#[test]
fn a_database_that_was_closed_opens_again() {
    let test = open();

    close(&test.store);
    drop(test.store);

    assert!(open_file(&test.path, Access::Serve).is_ok());
}

#[test]
fn the_file_of_another_program_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let (database, text) = (
        directory.path().join("other.db"),
        directory.path().join("text.db"),
    );
    Connection::open(&database)
        .unwrap()
        .execute_batch("create table theirs (a)")
        .unwrap();
    std::fs::write(
        &text,
        "not a database, but long enough to be looked at as if it were one ".repeat(20),
    )
    .unwrap();

    for path in [database, text] {
        let before = std::fs::read(&path).unwrap();
        let error = open_file(&path, Access::Serve).err().unwrap();
        let is_told = |error| matches!(error, OpenError::Foreign(_) | OpenError::NotADatabase(_));
        assert!(is_told(error), "{}", path.display());
        assert!(std::fs::read(&path).unwrap() == before, "it was changed");
        assert!(!path.with_extension("db.lock").exists(), "a lock was left");
    }
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let test = open();
    close(&test.store);
    drop(test.store);
    Connection::open(&test.path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();

    let error = open_file(&test.path, Access::Serve).err().unwrap();

    assert!(
        matches!(error, OpenError::Newer { found: 99, .. }),
        "{error}"
    );
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let error = open_file("/nowhere/at/all.db".as_ref(), Access::Serve)
        .err()
        .unwrap();

    assert!(error.to_string().contains("/nowhere/at/all.db"), "{error}");
}

#[test]
fn a_commit_is_on_disk_before_it_is_answered() {
    let test = open();
    let pragma = |connection: &Connection, name| -> String {
        connection
            .pragma_query_value(None, name, |row| {
                row.get_ref(0).map(|value| format!("{value:?}"))
            })
            .unwrap()
    };

    let writer = open_writer(&test.path, 1024).unwrap();
    let reader = open_reader(&test.path).unwrap();

    assert_eq!(pragma(&writer, "synchronous"), "Integer(2)");
    assert!(pragma(&writer, "journal_mode").contains("Text"));
    assert_eq!(pragma(&writer, "foreign_keys"), "Integer(1)");
    assert_eq!(pragma(&writer, "mmap_size"), "Integer(0)");
    assert_eq!(pragma(&writer, "trusted_schema"), "Integer(0)");
    assert_eq!(pragma(&writer, "busy_timeout"), "Integer(5000)");
    assert!(reader.execute("delete from account", []).is_err());
}

#[test]
fn the_columns_of_every_record_are_its_system_fields() {
    let test = open();
    let connection = open_reader(&test.path).unwrap();

    for object in Object::ALL {
        let sql = format!("select name from pragma_table_info('{}')", object.name());
        let mut statement = connection.prepare(&sql).unwrap();
        let columns = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        let columns: Vec<String> = columns.map(Result::unwrap).collect();
        let fixed = "rid org id created_at updated_at deleted_at merged_into custom";
        let fixed = fixed.split(' ').map(str::to_owned);
        let fields = object
            .fields()
            .iter()
            .filter(|field: &&Field| has_column(field));
        let fields = fields.map(|field| field.name.to_owned());
        assert_eq!(columns, fixed.chain(fields).collect::<Vec<_>>());
    }
}

#[test]
fn every_table_but_the_organisations_own_is_indexed_by_organisation_first() {
    let test = open();
    let connection = open_reader(&test.path).unwrap();
    let sql = "
        select i.name, (select name from pragma_index_info(i.name) where seqno = 0)
        from sqlite_schema t, pragma_index_list(t.name) i
        where t.type = 'table' and t.name not in ('organization', 'secret')
          and t.name not glob '*_text_*'"; // FTS5's own tables, where a column stands for the organisation
    let mut statement = connection.prepare(sql).unwrap();
    let indexes = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let indexes: Vec<(String, String)> = indexes.map(Result::unwrap).collect();

    assert!(indexes.len() > 15, "{indexes:?}");
    for (index, first) in indexes {
        // A key's hash is what finds the organisation.
        assert!(
            first == "org" || first == "hash",
            "{index} begins with {first}"
        );
    }
}

#[test]
fn a_kept_statement_is_compiled_once_however_often_values_are_bound() {
    let test = open();
    let sql = "
        select key.id from api_key key join organization using (org) where hash = ?1";

    for connection in [
        open_writer(&test.path, 0).unwrap(),
        open_reader(&test.path).unwrap(),
    ] {
        let mut statement = connection.prepare_cached(sql).unwrap();
        for value in 0..3 {
            assert!(!statement.exists([value]).unwrap());
        }

        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
