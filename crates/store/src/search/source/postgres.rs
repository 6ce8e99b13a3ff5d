//! Ways in PostgreSQL, which chooses indexes and joins by itself. Where rows are few, their ids are looked up before anything
//! else, and it is told how few they are; else it finds that an index has the order.

use lanekeeper_core::Object;

use super::{Source, indexed, is_walked};
use crate::search::Search;
use crate::search::access::{Access, Values};
use crate::search::choice::Way;
use crate::search::dialect::Dialect;
use crate::search::expression::Builder;
use crate::search::range::Range;
use crate::search::render::Part;

const DIALECT: Dialect = Dialect::Postgres;

/// A field's pipeline, as the index of fields has it.
pub(super) const PIPELINE_OR_NIL: &str =
    "coalesce(pipeline_id, '00000000-0000-0000-0000-000000000000')";

pub(super) fn source(search: Search, way: &Way, part: Part, sql: &mut Builder) -> Source {
    let table = search.query.object.name();
    match &way.access {
        Access::Key => Source::of_table(DIALECT, format!("{table} r")),
        Access::Index(index, range) if way.few.is_none() => {
            Source::of_index(search, index, range.as_ref(), sql)
        }
        // Who has no value of it is not among the values.
        Access::Values(values, _)
            if part == Part::WithoutFirstKey
                && values.are_first(search)
                && is_walked(search, way) =>
        {
            Source::of_table(DIALECT, format!("{table} r"))
        }
        Access::Values(values, range) if is_walked(search, way) => {
            of_values(search, values, range, sql)
        }
        Access::Index(..) | Access::Values(..) | Access::Text { .. } => of_hits(search, way, sql),
    }
}

/// Rows that are fetched first.
fn of_hits(search: Search, way: &Way, sql: &mut Builder) -> Source {
    let hits = match &way.access {
        Access::Text { words, digits } => hits(search, words, digits.as_deref(), "union", sql),
        Access::Index(index, range) => indexed(search, "r.id", index, range.as_ref(), sql),
        Access::Values(values, range) => {
            let terms = values.terms(search, range, sql).join(" and ");
            let (source, (record, _)) = (
                values.source(DIALECT, search.query.object),
                values.record(DIALECT),
            );
            let each_once = match values.holds().is_list() && !range.is_one_value() {
                true => "distinct ",
                false => "",
            };
            format!("select {each_once}v.{record} as id from {source} where {terms}")
        }
        Access::Key => unreachable!("a key is not counted"),
    };
    let most = way.few.map(|rows| format!(" limit {}", sql.bind(rows)));
    let most = most.unwrap_or_default();
    Source {
        with: format!("with hit as materialized ({hits}{most}) "),
        ..Source::of_table(DIALECT, format!("hit {}", fetched(search, "hit.id", sql)))
    }
}

/// Each record by its id, one by one. Without the `offset` PostgreSQL would begin with the records wherever it takes what is
/// asked of them for rare, and it knows nothing of how rare a custom value is.
fn fetched(search: Search, id: &str, sql: &mut Builder) -> String {
    let (table, org) = (search.query.object.name(), sql.bind_org());
    format!(
        "cross join lateral (select * from {table} one where one.org = {org} and one.id = {id} offset 0) r"
    )
}

fn of_values(search: Search, values: &Values, range: &Range, sql: &mut Builder) -> Source {
    let terms = values.terms(search, range, sql);
    let object = search.query.object;
    let source = values.source(DIALECT, object);
    let from = format!("{source} {}", fetched(search, "v.record", sql));
    let of_table = Source {
        terms,
        row: "v.record",
        ..Source::of_table(DIALECT, from)
    };
    if values.are_first(search) {
        return Source {
            first_key: Some(("v.value", values.stored(DIALECT))),
            ..of_table
        };
    }
    match values {
        Values::Custom { .. } => Source {
            updated_at: "v.updated_at",
            ..of_table
        },
        Values::Links => Source {
            created_at: "v.created_at",
            ..of_table
        },
        Values::Name | Values::AdditionalContacts => of_table,
    }
}

pub(super) fn hits(
    search: Search,
    words: &[String],
    digits: Option<&str>,
    union: &str,
    sql: &mut Builder,
) -> String {
    let object = search.query.object;
    let org = sql.bind_org();
    let words = words.iter().map(|word| {
        let like = sql.bind(like(word));
        format!("t.body like {like}")
    });
    let mut has_word = words.collect::<Vec<_>>().join(" and ");
    if let (Some(digits), Object::Contact) = (digits, object) {
        let digits = sql.bind(self::like(digits));
        has_word = format!("({has_word} or t.digits like {digits})");
    }
    let own = format!(
        "select t.record as id from {}_text t where t.org = {org} and {has_word}",
        object.name()
    );
    if object != Object::Opportunity {
        return own;
    }
    let related = ["account", "contact"].map(|related| {
        format!(
            " {union} select o.id from {related}_text t join opportunity o on o.org = t.org and o.{related}_id = t.record
              where t.org = {org} and {has_word}"
        )
    });
    format!("{own}{}", related.concat())
}

/// The pattern of what has this text in it.
fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
