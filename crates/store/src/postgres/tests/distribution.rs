//! The statements for Citus, held against the schema.

use std::collections::BTreeSet;

const SCHEMA: &str = include_str!("../../../migrations/postgres/0001_start.sql");
const CITUS: &str = include_str!("../../../../../docs/citus.sql");
/// Made before the first migration.
const OF_MIGRATIONS: &str = "lanekeeper_schema";

/// The words that stand between two signs.
fn between<'a>(text: &'a str, before: &str, after: char) -> BTreeSet<&'a str> {
    let parts = text.split(before).skip(1);
    parts
        .map(|part| part.split(after).next().unwrap())
        .collect()
}

#[test]
fn every_table_is_declared_to_citus() {
    let mut tables = between(SCHEMA, "\ncreate table ", ' ');
    tables.insert(OF_MIGRATIONS);

    let distributed = between(CITUS, "create_distributed_table('", '\'');
    let references = between(CITUS, "create_reference_table('", '\'');

    assert!(distributed.is_disjoint(&references));
    assert_eq!(tables, distributed.union(&references).copied().collect());
}

/// What Citus asks of a distributed table.
#[test]
fn every_key_of_a_distributed_table_begins_with_the_organisation() {
    let distributed = between(CITUS, "create_distributed_table('", '\'');
    for table in SCHEMA.split("\ncreate table ").skip(1) {
        let (name, rest) = table.split_once(' ').unwrap();
        let definition = rest.split("\n);").next().unwrap();
        if name == "organization" || !distributed.contains(name) {
            continue;
        }
        let keys = ["primary key (", "unique (", "foreign key ("];
        for key in keys.iter().flat_map(|key| definition.split(key).skip(1)) {
            assert!(key.starts_with("org"), "{name}: {key}");
        }
    }
    for index in SCHEMA.split("\ncreate unique index ").skip(1) {
        let (index, rest) = index.split_once("on ").unwrap();
        let (table, columns) = rest.split_once(" (").unwrap();
        let begins = columns.starts_with("org");
        assert!(begins || !distributed.contains(table), "{index}");
    }
}
