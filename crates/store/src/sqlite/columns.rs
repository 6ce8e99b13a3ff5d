//! Rows and records: the columns of a record's table are its object's system fields.

use std::fmt::Write as _;
use std::sync::LazyLock;

use lanekeeper_core::object::{Field, Kind};
use lanekeeper_core::query::Atom;
use lanekeeper_core::value::{CustomValues, Values};
use lanekeeper_core::{Object, Record, Timestamp, Value};
use rusqlite::Row;
use rusqlite::types::{ToSqlOutput, Value as Sql, ValueRef};
use uuid::Uuid;

use crate::ReadError;
use crate::stored::{StoredValues, from_json};

/// The fixed statements of one object.
pub(super) struct Statements {
    /// Of `?1` = org and the columns behind it.
    pub(super) insert: String,
    /// Where the insert takes the value of each field, by the field's place.
    pub(super) parameters: Vec<Option<usize>>,
    /// By `?1` = org, `?2` = id; in the trash or not.
    pub(super) by_id: String,
    /// By `?1` = org, `?2` = [`PAGE`].
    pub(super) of_rows: String,
    /// By `?1` = org, `?2` = domain or address; live.
    pub(super) by_key: String,
}

/// The numbers of rows in `?2`, an array of JSON. What is joined to them comes in their order, as SQLite joins crosswise in the
/// order in which it is told.
pub(super) const PAGE: &str = "json_each(?2) page";

/// What every insert has before the fields: org, id, times of creation, update and deletion, what it was merged into, custom
/// values.
const INSERT_FIXED: usize = 7;

/// The statements of an object, written once.
pub(super) fn statements(object: Object) -> &'static Statements {
    static STATEMENTS: LazyLock<[Statements; 5]> =
        LazyLock::new(|| Object::ALL.map(write_statements));
    &STATEMENTS[object as usize]
}

fn write_statements(object: Object) -> Statements {
    let table = object.name();
    let columns = record_columns(object, "");
    let new = format!(
        "id, created_at, updated_at, deleted_at, merged_into, custom{}",
        columns_of(object, "")
    );
    let places: Vec<String> = (1..=new.split(", ").count() + 1)
        .map(|n| format!("?{n}"))
        .collect();
    let places = places.join(", ");
    let mut next = INSERT_FIXED;
    let parameters = object.fields().iter().map(|field| {
        next += usize::from(has_column(field));
        has_column(field).then_some(next)
    });
    let key = match object {
        Object::Account => "domain = ?2",
        Object::Contact => "email = ?2",
        Object::Opportunity | Object::Note | Object::Activity => "id = ?2",
    };
    Statements {
        insert: format!("insert into {table} (org, {new}) values ({places})"),
        parameters: parameters.collect(),
        by_id: format!("select {columns} from {table} where org = ?1 and id = ?2"),
        of_rows: format!(
            "select {} from {PAGE} cross join {table} r on r.rid = page.value where r.org = ?1",
            record_columns(object, "r.")
        ),
        by_key: format!(
            "select {columns} from {table} where org = ?1 and {key} and deleted_at is null"
        ),
    }
}

/// The columns of a record in the order that [`record_of`] reads, each behind `prefix`.
pub(super) fn record_columns(object: Object, prefix: &str) -> String {
    let fixed = [
        "id",
        "created_at",
        "updated_at",
        "deleted_at",
        "merged_into",
        "custom",
    ];
    let fixed = fixed.map(|column| format!("{prefix}{column}")).join(", ");
    fixed + &columns_of(object, prefix)
}

/// The columns of the fields, each behind a comma.
fn columns_of(object: Object, prefix: &str) -> String {
    let mut columns = String::new();
    for field in object.fields().iter().filter(|field| has_column(field)) {
        write!(columns, ", {prefix}{}", field.name).expect("a String takes every text");
    }
    columns
}

/// The ids of several records have a table of their own, but for those that are only shown.
pub(super) fn has_column(field: &Field) -> bool {
    field.kind != Kind::Ids
}

/// The record in a row whose first columns are [`record_columns`].
pub(super) fn record_of(row: &Row, object: Object) -> Result<Record, ReadError> {
    let mut values = Values::new();
    let fields = object.fields().iter().filter(|field| has_column(field));
    for (column, field) in (6..).zip(fields) {
        let value = value_of(row.get_ref(column)?, field.kind)?;
        values.extend(value.map(|value| (field.name, value)));
    }
    Ok(Record {
        object,
        id: row.get(0)?,
        created_at: Timestamp::from_micros(row.get(1)?),
        updated_at: Timestamp::from_micros(row.get(2)?),
        deleted_at: row.get::<_, Option<_>>(3)?.map(Timestamp::from_micros),
        merged_into: row.get(4)?,
        custom: custom_of(row.get_ref(5)?)?,
        values,
    })
}

fn value_of(sql: ValueRef, kind: Kind) -> Result<Option<Value>, ReadError> {
    let value = match (kind, sql) {
        (_, ValueRef::Null) => return Ok(None),
        (Kind::Tags | Kind::Emails | Kind::Domains, ValueRef::Text(json)) => {
            Value::Texts(from_json(json)?)
        }
        (Kind::Links, ValueRef::Text(json)) => Value::Ids(from_json(json)?),
        (Kind::Object(_), ValueRef::Text(json)) => Value::Object(from_json(json)?),
        (Kind::Boolean, ValueRef::Integer(flag)) => Value::Boolean(flag != 0),
        (Kind::Time, ValueRef::Integer(micros)) => Value::Time(Timestamp::from_micros(micros)),
        (Kind::UnixSeconds, ValueRef::Integer(seconds)) => Value::Integer(seconds),
        (Kind::Number | Kind::Year, ValueRef::Real(number)) => Value::Number(number),
        (Kind::Id, ValueRef::Blob(bytes)) => Value::Id(uuid_of(bytes)?),
        (_, ValueRef::Text(text)) => Value::Text(text_of(text)?),
        (kind, sql) => {
            return Err(ReadError::Corrupt(format!(
                "{:?} for {kind:?}",
                sql.data_type()
            )));
        }
    };
    Ok(Some(value))
}

pub(super) fn custom_of(sql: ValueRef) -> Result<CustomValues, ReadError> {
    let ValueRef::Text(json) = sql else {
        return Ok(CustomValues::new());
    };
    let StoredValues(values) = from_json(json)?;
    Ok(values)
}

fn text_of(bytes: &[u8]) -> Result<String, ReadError> {
    let text = std::str::from_utf8(bytes);
    text.map(str::to_owned)
        .map_err(|error| ReadError::Corrupt(error.to_string()))
}

fn uuid_of(bytes: &[u8]) -> Result<Uuid, ReadError> {
    Uuid::from_slice(bytes).map_err(|error| ReadError::Corrupt(error.to_string()))
}

/// What is bound for the value of a field; null where it has none.
pub(super) fn sql_of(value: Option<&Value>) -> ToSqlOutput<'_> {
    match value {
        None => ToSqlOutput::Owned(Sql::Null),
        Some(Value::Text(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Some(Value::Number(number)) => ToSqlOutput::Owned(Sql::Real(*number)),
        Some(Value::Integer(integer)) => ToSqlOutput::Owned(Sql::Integer(*integer)),
        Some(Value::Boolean(flag)) => ToSqlOutput::Owned(Sql::Integer(i64::from(*flag))),
        Some(Value::Time(time)) => ToSqlOutput::Owned(Sql::Integer(time.as_micros())),
        Some(Value::Id(id)) => ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes())),
        Some(value @ (Value::Texts(_) | Value::Ids(_) | Value::Object(_))) => {
            let json = serde_json::to_string(value).expect("lists and objects are JSON");
            ToSqlOutput::Owned(Sql::Text(json))
        }
    }
}

/// What is bound for a value as it compares.
pub(super) fn atom_sql(atom: &Atom) -> Sql {
    match atom {
        Atom::Text(text) => Sql::Text(text.clone()),
        Atom::Number(number) => Sql::Real(*number),
        Atom::Whole(whole) => Sql::Integer(*whole),
        Atom::Id(id) => Sql::Blob(id.as_bytes().to_vec()),
    }
}
