//! A query of the core as statements that answer row numbers.

use lanekeeper_core::Object;
use lanekeeper_core::query::{
    Atom, Bound, Condition, Filter, Holds, Place, Position, Query, TextSearch,
};
use rusqlite::types::Value as Sql;

use super::access::{Access, choose};
use super::expression::Builder;
use crate::Org;
use crate::sqlite::index_text;

/// A statement with its values, but for the last: how many rows to answer.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Sql>,
}

/// The row numbers between which a page begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Edge {
    /// Rows that come later have a higher number than this, where numbers ascend,
    pub(super) above: i64,
    /// and a lower one than this, where they descend.
    pub(super) below: i64,
}

/// Which part of the order is read: records without a first key come last, so that what lies before them is a plain range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    WithFirstKey,
    WithoutFirstKey,
}

/// The statements to run until there are rows enough.
pub(super) fn statements(org: Org, query: &Query, after: Option<Edge>) -> Vec<Statement> {
    let parts: &[Part] = match &query.after {
        Some(position) if position.keys[0].is_none() => &[Part::WithoutFirstKey],
        Some(_) if is_always_there(query) => &[Part::WithFirstKey],
        Some(_) => &[Part::WithFirstKey, Part::WithoutFirstKey],
        None => &[Part::Whole],
    };
    let statements = parts.iter().map(|part| statement(org, query, after, *part));
    statements.collect()
}

/// How many rows are still to be read: one more than the page has tells whether there is another page.
pub(super) fn limit(query: &Query, read: usize) -> i64 {
    i64::try_from(query.limit + 1 - read).expect("a limit is small")
}

/// Whether every record has the first sort key.
fn is_always_there(query: &Query) -> bool {
    matches!(
        query.sort[0].field.place,
        Place::Id
            | Place::CreatedAt
            | Place::UpdatedAt
            | Place::System("domain" | "email" | "stage_id")
    )
}

fn statement(org: Org, query: &Query, after: Option<Edge>, part: Part) -> Statement {
    let table = query.object.name();
    let mut sql = Builder::default();
    let live = "r.deleted_at is null".to_owned();
    let mut terms = vec![format!("r.org = {}", sql.bind(org.number)), live];
    for (column, id) in [
        ("pipeline_id", query.pipeline_id),
        ("stage_id", query.stage_id),
    ] {
        if let Some(id) = id {
            let place = sql.bind_atom(&Atom::Id(id));
            terms.push(format!("r.{column} = {place}"));
        }
    }
    let access = choose(query, &index_text::org_token(org));
    let (hits, from) = match &access {
        Access::Text(expression) => {
            let hits = hits(query.object, expression, &mut sql);
            (hits, format!("hit cross join {table} r on r.rid = hit.rid"))
        }
        Access::Index(index) => (String::new(), format!("{table} r indexed by {index}")),
        Access::Key => (String::new(), format!("{table} r")),
    };
    terms.extend(
        query
            .text
            .as_ref()
            .map(|text| words(text, query.object, &mut sql)),
    );
    let filters = query.filters.iter();
    terms.extend(filters.map(|wanted| filter(wanted, query.object, &mut sql)));
    let sorts = query.sort.iter();
    let keys: Vec<String> = sorts
        .map(|sort| sql.sort_key(query.object, &sort.field))
        .collect();
    terms.extend(part_terms(query, part, &keys, after, &mut sql));

    let order = order(query, &keys);
    let (joins, terms) = (sql.joins(), terms.join(" and "));
    let values = sql.into_values();
    let limit = values.len() + 1;
    let text = format!(
        "{hits}select r.rid from {from} {joins} where {terms} order by {order} limit ?{limit}"
    );
    Statement { text, values }
}

/// The rows in which a word is, by the index of texts: in the record's own, or in those of what it refers to.
fn hits(object: Object, expression: &str, sql: &mut Builder) -> String {
    let (place, own) = (sql.bind(expression.to_owned()), index_text::table(object));
    let own = format!("select rowid as rid from {own} where {own} match {place}");
    if object != Object::Opportunity {
        return format!("with hit as materialized ({own}) ");
    }
    let related = ["account", "contact"].map(|related| {
        format!(
            " union select o.rid from {related}_text cross join {related} x on x.rid = {related}_text.rowid
              cross join opportunity o indexed by opportunity_by_{related} on o.org = x.org and o.{related}_id = x.id
              where {related}_text match {place}"
        )
    });
    format!("with hit as materialized ({own}{}) ", related.concat())
}

/// Every word is in the record's texts, or the digits in its telephone number.
fn words(text: &TextSearch, object: Object, sql: &mut Builder) -> String {
    let texts = sql.texts(object);
    let words = text.words.iter().map(|word| {
        let word = sql.bind(word.clone());
        format!("instr({texts}, {word}) > 0")
    });
    let words: Vec<String> = words.collect();
    let words = words.join(" and ");
    match (&text.digits, object) {
        (Some(digits), Object::Contact) => {
            let digits = sql.bind(digits.clone());
            format!("(({words}) or ifnull(instr(phone_digits(r.phone), {digits}), 0) > 0)")
        }
        _ => format!("({words})"),
    }
}

fn filter(filter: &Filter, object: Object, sql: &mut Builder) -> String {
    let condition = match (&filter.condition, filter.field.holds) {
        (Condition::HasValue, _) => sql.has_value(object, &filter.field),
        (condition, Holds::Texts | Holds::Ids) => {
            let (from, entry) = sql.entries(&filter.field);
            of_list(condition, &from, entry, sql)
        }
        (condition, _) => {
            let value = sql.value(object, &filter.field);
            of_value(condition, &value, sql)
        }
    };
    // Without a value a condition is null: then its negation holds.
    if filter.negated {
        format!("not ifnull(({condition}), 0)")
    } else {
        format!("({condition})")
    }
}

/// What is said of a list, said of its entries.
fn of_list(condition: &Condition, from: &str, entry: &str, sql: &mut Builder) -> String {
    let mut some = |of_entry: &Condition| {
        let is_so = of_value(of_entry, entry, sql);
        format!("exists (select 1 from {from} and {is_so})")
    };
    let mut each = |of_entries: Vec<Condition>| {
        let all: Vec<String> = of_entries.iter().map(&mut some).collect();
        all.join(" and ")
    };
    match condition {
        Condition::HasAll(atoms) => {
            let one = |atom: &Atom| Condition::IsOneOf(vec![atom.clone()]);
            each(atoms.iter().map(one).collect())
        }
        Condition::ContainsAll(texts) => {
            let one = |text: &String| Condition::ContainsAll(vec![text.clone()]);
            each(texts.iter().map(one).collect())
        }
        other => some(other),
    }
}

fn of_value(condition: &Condition, value: &str, sql: &mut Builder) -> String {
    let contains = |texts: &[String], sql: &mut Builder, joint: &str| {
        let texts = texts.iter().map(|text| {
            let text = sql.bind(text.clone());
            format!("instr({value}, {text}) > 0")
        });
        format!("({})", texts.collect::<Vec<_>>().join(joint))
    };
    match condition {
        Condition::HasValue => format!("{value} is not null"),
        Condition::IsOneOf(atoms) | Condition::HasAll(atoms) => match atoms.as_slice() {
            [one] => format!("{value} = {}", sql.bind_atom(one)),
            several => {
                let places = several.iter().map(|atom| sql.bind_atom(atom));
                format!("{value} in ({})", places.collect::<Vec<_>>().join(", "))
            }
        },
        Condition::ContainsAll(texts) => contains(texts, sql, " and "),
        Condition::ContainsAny(texts) => contains(texts, sql, " or "),
        Condition::StartsWith(text) => {
            let text = sql.bind(text.clone());
            format!("substr({value}, 1, length({text})) = {text}")
        }
        Condition::EndsWith(text) => {
            let text = sql.bind(text.clone());
            format!("substr({value}, -length({text})) = {text}")
        }
        Condition::Between(least, most) => {
            let mut end = |bound: &Bound, sign: &str| {
                let or_equal = if bound.included { "=" } else { "" };
                format!("{value} {sign}{or_equal} {}", sql.bind_atom(&bound.at))
            };
            let least = least.as_ref().map(|bound| end(bound, ">"));
            let most = most.as_ref().map(|bound| end(bound, "<"));
            let ends: Vec<String> = least.into_iter().chain(most).collect();
            ends.join(" and ")
        }
    }
}

fn order(query: &Query, keys: &[String]) -> String {
    let direction = |descending| if descending { "desc" } else { "asc" };
    let sorts = query.sort.iter().zip(keys);
    let mut order: Vec<String> = sorts
        .map(|(sort, key)| format!("{key} {} nulls last", direction(sort.descending)))
        .collect();
    order.push(format!("r.rid {}", direction(query.ids_descend())));
    order.join(", ")
}

/// What limits the rows to a part of the order, and to those behind where the last page ended.
fn part_terms(
    query: &Query,
    part: Part,
    keys: &[String],
    after: Option<Edge>,
    sql: &mut Builder,
) -> Vec<String> {
    let (Some(position), Some(edge)) = (&query.after, after) else {
        return vec![];
    };
    let first = &keys[0];
    match (part, &position.keys[0]) {
        (Part::Whole, _) => vec![],
        (Part::WithFirstKey, Some(at)) => {
            // What follows implies this, but it is what SQLite can seek by.
            let sign = if query.sort[0].descending { "<=" } else { ">=" };
            let range = format!("{first} {sign} {}", sql.bind_atom(at));
            vec![range, behind(query, position, edge, keys, sql)]
        }
        (Part::WithFirstKey, None) => unreachable!("the last page ended without a first key"),
        (Part::WithoutFirstKey, None) => {
            vec![
                format!("{first} is null"),
                behind(query, position, edge, keys, sql),
            ]
        }
        (Part::WithoutFirstKey, Some(_)) => vec![format!("{first} is null")],
    }
}

/// Later in the order: in the first key, or equal in it and later in the second, and so on; at last by row.
fn behind(
    query: &Query,
    position: &Position,
    edge: Edge,
    keys: &[String],
    sql: &mut Builder,
) -> String {
    let mut equal = String::new();
    let mut ways = vec![];
    for ((sort, key), at) in query.sort.iter().zip(keys).zip(&position.keys) {
        match at {
            // Nothing comes later than what has no value.
            None => equal += &format!("{key} is null and "),
            Some(at) => {
                let (at, sign) = (sql.bind_atom(at), if sort.descending { "<" } else { ">" });
                ways.push(format!("({equal}({key} {sign} {at} or {key} is null))"));
                equal += &format!("{key} = {at} and ");
            }
        }
    }
    let row = match query.ids_descend() {
        true => format!("r.rid < {}", sql.bind(edge.below)),
        false => format!("r.rid > {}", sql.bind(edge.above)),
    };
    ways.push(format!("({equal}{row})"));
    format!("({})", ways.join(" or "))
}
