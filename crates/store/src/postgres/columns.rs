//! Rows and records: the columns of a record's table are its object's system fields, and what is derived from them.

use std::sync::LazyLock;

use lanekeeper_core::object::{Field, Kind};
use lanekeeper_core::outcome::ContactBrief;
use lanekeeper_core::query::index_name;
use lanekeeper_core::text::fold;
use lanekeeper_core::value::Values;
use lanekeeper_core::{Object, Record, Timestamp, Value};
use serde_json::{Map, Value as Json};
use tokio_postgres::Row;
use tokio_postgres::types::{Json as Jsonb, ToSql};
use uuid::Uuid;

use crate::ReadError;
use crate::stored::{StoredValues, custom_sql};

/// How many columns come before those of the fields.
const FIXED_LEN: usize = 6;

/// The columns of a record in the order that [`record_of`] reads, of the table `r`.
pub(super) fn selected(object: Object) -> &'static str {
    static SELECTED: LazyLock<[String; 5]> = LazyLock::new(|| Object::ALL.map(select));
    &SELECTED[object as usize]
}

fn select(object: Object) -> String {
    let fixed =
        "r.id, r.created_at, r.updated_at, r.deleted_at, r.merged_into, r.custom".to_owned();
    object.fields().iter().fold(fixed, |columns, field| {
        let column = match field.kind {
            Kind::Ids => "array(select l.contact_id from opportunity_contact l
                  where l.org = r.org and l.opportunity_id = r.id order by l.place)"
                .to_owned(),
            _ => format!("r.{}", field.name),
        };
        format!("{columns}, {column}")
    })
}

/// How many columns a record has.
pub(super) fn width(object: Object) -> usize {
    FIXED_LEN + object.fields().len()
}

/// The record in a row whose first columns are those [`selected`].
pub(super) fn record_of(row: &Row, object: Object) -> Result<Record, ReadError> {
    let mut values = Values::new();
    for (column, field) in (FIXED_LEN..).zip(object.fields()) {
        let value = value_of(row, column, field)?;
        values.extend(value.map(|value| (field.name, value)));
    }
    let custom: Option<Jsonb<StoredValues>> = row.try_get(5)?;
    Ok(Record {
        object,
        id: row.try_get(0)?,
        created_at: Timestamp::from_micros(row.try_get(1)?),
        updated_at: Timestamp::from_micros(row.try_get(2)?),
        deleted_at: row
            .try_get::<_, Option<i64>>(3)?
            .map(Timestamp::from_micros),
        merged_into: row.try_get(4)?,
        custom: custom
            .map(|Jsonb(StoredValues(custom))| custom)
            .unwrap_or_default(),
        values,
    })
}

fn value_of(row: &Row, column: usize, field: &Field) -> Result<Option<Value>, ReadError> {
    Ok(match Shape::of(field.kind) {
        Shape::Text => row.try_get::<_, Option<String>>(column)?.map(Value::Text),
        Shape::Number => row.try_get::<_, Option<f64>>(column)?.map(Value::Number),
        Shape::Boolean => row.try_get::<_, Option<bool>>(column)?.map(Value::Boolean),
        Shape::Id => row.try_get::<_, Option<Uuid>>(column)?.map(Value::Id),
        Shape::Integer => {
            let integer: Option<i64> = row.try_get(column)?;
            integer.map(|integer| match field.kind {
                Kind::Time => Value::Time(Timestamp::from_micros(integer)),
                _ => Value::Integer(integer),
            })
        }
        Shape::Texts => {
            let texts: Option<Jsonb<Vec<String>>> = row.try_get(column)?;
            texts.map(|Jsonb(texts)| Value::Texts(texts))
        }
        Shape::Links => {
            let ids: Option<Jsonb<Vec<Uuid>>> = row.try_get(column)?;
            ids.map(|Jsonb(ids)| Value::Ids(ids))
        }
        Shape::Ids => {
            let ids: Vec<Uuid> = row.try_get(column)?;
            (!ids.is_empty()).then_some(Value::Ids(ids))
        }
        Shape::Object => {
            let object: Option<String> = row.try_get(column)?;
            let object = object.map(|json| crate::stored::from_json(json.as_bytes()));
            object.transpose()?.map(Value::Object)
        }
    })
}

/// How a kind of value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    Number,
    Boolean,
    Integer,
    Id,
    /// A JSON array of texts.
    Texts,
    /// A JSON array of ids.
    Links,
    /// Rows of a table of their own.
    Ids,
    /// JSON as text, in the order in which it was sent.
    Object,
}

impl Shape {
    const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Line(_)
            | Kind::Lines(_)
            | Kind::Link
            | Kind::Domain
            | Kind::Email
            | Kind::OneOf(_) => Self::Text,
            Kind::Number | Kind::Year => Self::Number,
            Kind::Boolean => Self::Boolean,
            Kind::Time | Kind::UnixSeconds => Self::Integer,
            Kind::Id => Self::Id,
            Kind::Tags | Kind::Emails | Kind::Domains => Self::Texts,
            Kind::Links => Self::Links,
            Kind::Ids => Self::Ids,
            Kind::Object(_) => Self::Object,
        }
    }

    /// The type of an array of them, and how an entry becomes the column's.
    const fn array(self) -> (&'static str, &'static str) {
        match self {
            Self::Text | Self::Object => ("text[]", ""),
            Self::Number => ("float8[]", ""),
            Self::Boolean => ("bool[]", ""),
            Self::Integer => ("int8[]", ""),
            Self::Id | Self::Ids => ("uuid[]", ""),
            Self::Texts | Self::Links => ("text[]", "::jsonb"),
        }
    }
}

/// Many records, column by column, for one statement.
pub(super) struct Columns<'a> {
    columns: Vec<Column<'a>>,
}

enum Column<'a> {
    Ids(Vec<Option<Uuid>>),
    Integers(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
    Booleans(Vec<Option<bool>>),
    Texts(Vec<Option<&'a str>>),
    Json(Vec<Option<String>>),
}

impl<'a> Columns<'a> {
    /// The columns of these records, in the order of [`written`].
    pub(super) fn new(object: Object, width: Width, records: &[&'a Record]) -> Self {
        let each = |json: &dyn Fn(&Record) -> Option<String>| {
            Column::Json(records.iter().map(|record| json(record)).collect())
        };
        let integers = |integer: &dyn Fn(&Record) -> Option<Timestamp>| {
            let times = records.iter().map(|record| integer(record));
            Column::Integers(times.map(|time| time.map(Timestamp::as_micros)).collect())
        };
        let mut columns = vec![
            Column::Ids(records.iter().map(|record| Some(record.id)).collect()),
            integers(&|record| Some(record.created_at)),
            integers(&|record| Some(record.updated_at)),
            each(&|record| custom_sql(&record.custom)),
            each(&folded),
        ];
        if width == Width::Whole {
            columns.push(integers(&|record| record.deleted_at));
            let merged_into = records.iter().map(|record| record.merged_into);
            columns.push(Column::Ids(merged_into.collect()));
        }
        if has_sort_name(object) {
            columns.push(each(&index_name));
        }
        let fields = fields_written(object, width);
        columns.extend(fields.map(|field| column(field, records)));
        Self { columns }
    }

    /// As parameters, behind the first, which is the organisation.
    pub(super) fn parameters<'p>(&'p self, org: &'p Uuid) -> Vec<&'p (dyn ToSql + Sync)> {
        let columns = self.columns.iter().map(|column| match column {
            Column::Ids(ids) => ids as &(dyn ToSql + Sync),
            Column::Integers(integers) => integers,
            Column::Numbers(numbers) => numbers,
            Column::Booleans(flags) => flags,
            Column::Texts(texts) => texts,
            Column::Json(json) => json,
        });
        std::iter::once(org as &(dyn ToSql + Sync))
            .chain(columns)
            .collect()
    }
}

fn column<'a>(field: &Field, records: &[&'a Record]) -> Column<'a> {
    let values = records.iter().map(|record| record.values.get(field.name));
    match Shape::of(field.kind) {
        Shape::Text => Column::Texts(
            values
                .map(|value| match value {
                    Some(Value::Text(text)) => Some(text.as_str()),
                    _ => None,
                })
                .collect(),
        ),
        Shape::Number => Column::Numbers(
            values
                .map(|value| match value {
                    Some(Value::Number(number)) => Some(*number),
                    _ => None,
                })
                .collect(),
        ),
        Shape::Boolean => Column::Booleans(
            values
                .map(|value| match value {
                    Some(Value::Boolean(flag)) => Some(*flag),
                    _ => None,
                })
                .collect(),
        ),
        Shape::Integer => Column::Integers(
            values
                .map(|value| match value {
                    Some(Value::Integer(integer)) => Some(*integer),
                    Some(Value::Time(time)) => Some(time.as_micros()),
                    _ => None,
                })
                .collect(),
        ),
        Shape::Id => Column::Ids(
            values
                .map(|value| match value {
                    Some(Value::Id(id)) => Some(*id),
                    _ => None,
                })
                .collect(),
        ),
        Shape::Texts | Shape::Links | Shape::Object | Shape::Ids => Column::Json(
            values
                .map(|value| {
                    value.map(|value| {
                        serde_json::to_string(value).expect("lists and objects are JSON")
                    })
                })
                .collect(),
        ),
    }
}

/// A column that is written.
#[derive(Clone, Copy)]
struct Written {
    name: &'static str,
    /// The type of an array of its values.
    array: &'static str,
    /// What makes an entry of that a value of the column.
    cast: &'static str,
}

impl Written {
    const fn new(name: &'static str, (array, cast): (&'static str, &'static str)) -> Self {
        Self { name, array, cast }
    }
}

/// How much of a record is written: PostgreSQL takes each column for itself, also where all of it is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// What a record usually has when it is new.
    Usual,
    Whole,
}

impl Width {
    /// What it takes to write these records, which are new.
    pub(super) fn of(records: &[&Record]) -> Self {
        let fits = |record: &&Record| {
            let mut names = record.values.keys();
            record.is_live() && names.all(|name| is_usual(record.object, name))
        };
        match records.iter().all(fits) {
            true => Self::Usual,
            false => Self::Whole,
        }
    }
}

/// Whether many of an object's new records have a value of a field, or it is kept elsewhere.
fn is_usual(object: Object, field: &str) -> bool {
    let names: &[&str] = match object {
        Object::Account => &["name", "domain"],
        Object::Contact => &[
            "email",
            "first_name",
            "last_name",
            "full_name",
            "job_title",
            "phone",
            "account_id",
        ],
        Object::Opportunity | Object::Note | Object::Activity => return true,
    };
    names.contains(&field)
}

/// The fields whose values are columns of the record's table.
fn fields_written(object: Object, width: Width) -> impl Iterator<Item = &'static Field> {
    let fields = object.fields().iter();
    fields.filter(move |field| {
        let is_wanted = width == Width::Whole || is_usual(object, field.name);
        is_wanted && field.kind != Kind::Ids
    })
}

/// The columns that are written, in their order.
fn written(object: Object, width: Width) -> Vec<Written> {
    let mut columns = vec![
        Written::new("id", ("uuid[]", "")),
        Written::new("created_at", ("int8[]", "")),
        Written::new("updated_at", ("int8[]", "")),
        Written::new("custom", ("text[]", "::jsonb")),
        Written::new("folded", ("text[]", "::jsonb")),
    ];
    if width == Width::Whole {
        columns.push(Written::new("deleted_at", ("int8[]", "")));
        columns.push(Written::new("merged_into", ("uuid[]", "")));
    }
    if has_sort_name(object) {
        columns.push(Written::new("sort_name", ("text[]", "")));
    }
    let fields = fields_written(object, width);
    columns.extend(fields.map(|field| Written::new(field.name, Shape::of(field.kind).array())));
    columns
}

const fn has_sort_name(object: Object) -> bool {
    matches!(object, Object::Account | Object::Contact)
}

/// Statements that write many records at once: `$1` is the organisation, the others are [`Columns`].
pub(super) struct Statements {
    insert: [String; 2],
    /// Of the whole records.
    pub(super) update: String,
}

impl Statements {
    /// Of so much of the records.
    pub(super) fn insert(&self, width: Width) -> &str {
        &self.insert[width as usize]
    }
}

/// The statements of an object, written once.
pub(super) fn statements(object: Object) -> &'static Statements {
    static STATEMENTS: LazyLock<[Statements; 5]> = LazyLock::new(|| {
        Object::ALL.map(|object| Statements {
            insert: [Width::Usual, Width::Whole].map(|width| insert(object, width)),
            update: update(object),
        })
    });
    &STATEMENTS[object as usize]
}

fn insert(object: Object, width: Width) -> String {
    let (table, written) = (object.name(), written(object, width));
    let columns = joined(&written, |column| column.name.to_owned());
    let entries = joined(&written, |Written { name, cast, .. }| {
        format!("u.{name}{cast}")
    });
    let arrays = arrays(&written);
    format!(
        "insert into {table} (org, {columns})
         select $1, {entries} from unnest({arrays}) as u ({columns})"
    )
}

fn update(object: Object) -> String {
    let (table, written) = (object.name(), written(object, Width::Whole));
    let columns = joined(&written, |column| column.name.to_owned());
    let set = joined(&written, |Written { name, cast, .. }| {
        format!("{name} = u.{name}{cast}")
    });
    let arrays = arrays(&written);
    format!(
        "update {table} r set {set}
         from unnest({arrays}) as u ({columns}) where r.org = $1 and r.id = u.id"
    )
}

fn joined(written: &[Written], part: impl Fn(&Written) -> String) -> String {
    let parts: Vec<String> = written.iter().map(part).collect();
    parts.join(", ")
}

/// The parameters behind the first.
fn arrays(written: &[Written]) -> String {
    let arrays = (2..).zip(written);
    let arrays = arrays.map(|(place, Written { array, .. })| format!("${place}::{array}"));
    arrays.collect::<Vec<_>>().join(", ")
}

/// The texts of a record as they compare, where that is not how they were written.
fn folded(record: &Record) -> Option<String> {
    let system = record.values.iter();
    let system = system.map(|(name, value)| ((*name).to_owned(), value));
    let custom = record.custom.iter();
    let custom = custom.map(|(slug, value)| (format!("custom__{slug}"), value));
    let mut folded: Map<String, Json> = system
        .chain(custom)
        .filter_map(|(name, value)| Some((name, folded_value(value)?)))
        .collect();
    if record.object == Object::Contact {
        let name = fold(&ContactBrief::of(record).name());
        folded.insert("contact_name".to_owned(), name.into());
    }
    (!folded.is_empty()).then(|| Json::Object(folded).to_string())
}

fn folded_value(value: &Value) -> Option<Json> {
    match value {
        Value::Text(text) => {
            let folded = fold(text);
            (folded != *text).then(|| folded.into())
        }
        Value::Texts(texts) => {
            let folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
            (folded != *texts).then(|| folded.into())
        }
        _ => None,
    }
}
