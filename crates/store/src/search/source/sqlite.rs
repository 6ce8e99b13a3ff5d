//! Ways in SQLite, which takes the index that it is told and joins in the order in which it is told.

use lanekeeper_core::Object;

use super::{Source, hits as all_hits};
use crate::search::Search;
use crate::search::access::{Access, Values};
use crate::search::dialect::Dialect;
use crate::search::expression::Builder;
use crate::search::range::Range;
use crate::search::render::Part;
use crate::sqlite::index_text;

const DIALECT: Dialect = Dialect::Sqlite;

pub(super) fn source(search: Search, access: &Access, part: Part, sql: &mut Builder) -> Source {
    let table = search.query.object.name();
    match access {
        Access::Key => Source::of_table(DIALECT, format!("{table} r")),
        Access::Text { words, digits } => {
            let hits = all_hits(search, words, digits.as_deref(), "union", sql);
            let from = format!("hit cross join {table} r on r.rid = hit.rid");
            Source {
                with: format!("with hit as materialized ({hits}) "),
                ..Source::of_table(DIALECT, from)
            }
        }
        Access::Index(index, range) => Source::of_index(search, index, range.as_ref(), sql),
        // Who has no value of it is not among the values.
        Access::Values(values, _) if part == Part::WithoutFirstKey && values.are_first(search) => {
            source(search, &search.whole(), part, sql)
        }
        Access::Values(values, range) => of_values(search, values, range, sql),
    }
}

fn of_values(search: Search, values: &Values, range: &Range, sql: &mut Builder) -> Source {
    let terms = values.terms(search, range, sql);
    let object = search.query.object;
    let (record, row) = values.record(DIALECT);
    let join = format!("cross join {} r on {row} = v.{record}", object.name());
    let (table, source) = (values.table(object), values.source(DIALECT, object));
    if values.holds().is_list() && !range.is_one_value() {
        let terms = terms.join(" and ");
        let each_once = format!("(select distinct {record} from {source} where {terms}) v");
        return Source::of_table(DIALECT, format!("{each_once} {join}"));
    }
    let of_table = Source {
        terms,
        ..Source::of_table(DIALECT, format!("{source} {join}"))
    };
    if values.are_first(search) {
        return Source {
            row: "v.record",
            first_key: Some(("v.value", values.stored(DIALECT))),
            ..of_table
        };
    }
    match values {
        Values::Custom { .. } => Source {
            from: format!("{table} v indexed by {table}_by_update {join}"),
            row: "v.record",
            updated_at: "v.updated_at",
            ..of_table
        },
        Values::Links => Source {
            row: "v.record",
            created_at: "v.created_at",
            ..of_table
        },
        Values::Name => Source {
            row: "v.record",
            ..of_table
        },
        Values::AdditionalContacts => of_table,
    }
}

/// An opportunity is found by the texts of what it refers to as they were when it was written; and because of each that
/// changed since then and has one of the words now.
pub(super) fn hits(
    search: Search,
    words: &[String],
    digits: Option<&str>,
    union: &str,
    sql: &mut Builder,
) -> String {
    let object = search.query.object;
    let digits = digits.filter(|_| object == Object::Contact);
    let expression = index_text::expression(search.org, words, digits);
    let mut waits = format!("has_words(body, {})", sql.bind(words.join("\n")));
    if let Some(digits) = digits {
        let digits = DIALECT.contains("body", &sql.bind(digits));
        waits = format!("({waits} or {digits})");
    }
    let own = found(object, expression, &waits, sql);
    if object != Object::Opportunity {
        return own;
    }
    let related = [Object::Account, Object::Contact].map(|related| {
        let expression = index_text::expression_of_changed(search.org, words);
        let words = words.iter();
        let words = words.map(|word| DIALECT.contains("body", &sql.bind(word.clone())));
        let has_one = words.collect::<Vec<_>>().join(" or ");
        let waits = format!("is_changed and ({has_one})");
        let rows = found(related, expression, &waits, sql);
        let related = related.name();
        format!(
            " {union} select o.rid from ({rows}) found cross join {related} x on x.rid = found.rid
              cross join opportunity o indexed by opportunity_by_{related} on o.org = x.org and o.{related}_id = x.id"
        )
    });
    format!("{own}{}", related.concat())
}

/// The rows of an object that the index of texts finds, and those that wait for it.
fn found(object: Object, expression: String, waits: &str, sql: &mut Builder) -> String {
    let (expression, org) = (sql.bind(expression), sql.bind_org());
    let (table, name) = (index_text::table(object), object.name());
    format!(
        "select rowid as rid from {table} where {table} match {expression}
         union all select record from waiting_text where org = {org} and object = '{name}' and {waits}"
    )
}
