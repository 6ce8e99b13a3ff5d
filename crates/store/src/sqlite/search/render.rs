//! A query of the core as statements that answer row numbers.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Atom, Bound, Condition, Filter, Place, Query, TextSearch};
use rusqlite::types::Value as Sql;

use super::access::Access;
use super::expression::Builder;
use super::order::Order;
use super::source::{self, Source};
use crate::Org;

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

/// Which part of the order is read. Rows that come in order are read part by part, of which each is a plain range of an
/// index, however many rows are alike in the first key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// Those that are like the last one of the page before.
    SameFirstKey,
    /// Those that have a first key; behind that of the page before, if there was one.
    WithFirstKey,
    /// Those that have none, which come last.
    WithoutFirstKey,
}

/// The statements to run until there are rows enough.
pub(super) fn statements(
    org: Org,
    query: &Query,
    access: &Access,
    after: Option<Edge>,
) -> Vec<Statement> {
    let statements = parts(query, access).into_iter();
    let statements = statements.map(|part| statement(org, query, access, after, part));
    statements.collect()
}

fn parts(query: &Query, access: &Access) -> Vec<Part> {
    use Part::{SameFirstKey, Whole, WithFirstKey, WithoutFirstKey};
    if !access.is_in_order(query) {
        return vec![Whole];
    }
    let last = query.after.as_ref().map(|position| &position.keys[0]);
    let first = match last {
        Some(None) => return vec![WithoutFirstKey],
        Some(Some(_)) => vec![SameFirstKey, WithFirstKey],
        None if is_always_there(query) => vec![Whole],
        None => vec![WithFirstKey],
    };
    let ends = is_always_there(query) || is_asked_for(query);
    let last = (!ends).then_some(WithoutFirstKey);
    first.into_iter().chain(last).collect()
}

/// How many rows there are by a way; the last value is the most to count.
pub(super) fn count(org: Org, query: &Query, access: &Access) -> Statement {
    let mut sql = Builder::default();
    let text = source::count(org, query, access, &mut sql);
    Statement {
        text,
        values: sql.into_values(),
    }
}

/// How many rows are still to be read: one more than the page has tells whether there is another page.
pub(super) fn limit(query: &Query, read: usize) -> i64 {
    i64::try_from(query.limit + 1 - read).expect("a limit is small")
}

/// Whether every record has the first sort key.
fn is_always_there(query: &Query) -> bool {
    match query.sort[0].field.place {
        Place::Id | Place::CreatedAt | Place::UpdatedAt => true,
        Place::System("domain" | "email" | "stage_id") => true,
        Place::ContactName => query.object == Object::Contact,
        Place::System("name") => query.object != Object::Contact,
        _ => false,
    }
}

/// Whether only records with the first sort key are found.
fn is_asked_for(query: &Query) -> bool {
    let mut filters = query.filters.iter();
    filters.any(|filter| !filter.negated && filter.field.place == query.sort[0].field.place)
}

fn statement(
    org: Org,
    query: &Query,
    access: &Access,
    after: Option<Edge>,
    part: Part,
) -> Statement {
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
    let mut source = Source::new(org, query, access, part, &mut sql);
    terms.append(&mut source.terms);
    let text = query.text.as_ref();
    let text = text.filter(|text| !is_found_by(access, text));
    terms.extend(text.map(|text| words(text, query.object, &mut sql)));
    let filters = query.filters.iter();
    terms.extend(filters.map(|wanted| filter(wanted, query.object, &mut sql)));
    let keys = keys(query, &source, &mut sql);
    let order = Order {
        query,
        keys,
        row: source.row,
        part,
    };
    terms.extend(order.terms(after, &mut sql));

    let (order, joins, terms) = (order.text(), sql.joins(), terms.join(" and "));
    let (with, from, limit) = (source.with, source.from, sql.next_place());
    let text = format!(
        "{with}select r.rid from {from} {joins} where {terms} order by {order} limit {limit}"
    );
    let values = sql.into_values();
    Statement { text, values }
}

/// What the rows are sorted by, from where an index has it.
fn keys(query: &Query, source: &Source, sql: &mut Builder) -> Vec<String> {
    let sorts = query.sort.iter().enumerate();
    let keys = sorts.map(|(place, sort)| match (place, source.first_key) {
        (0, Some(key)) => key.to_owned(),
        _ if sort.field.place == Place::CreatedAt => source.created_at.to_owned(),
        _ if sort.field.place == Place::UpdatedAt => source.updated_at.to_owned(),
        _ => sql.sort_key(query.object, &sort.field),
    });
    keys.collect()
}

/// Whether all that comes by this way has what is searched for: the only word there is, which is no telephone number, since
/// those are found by whatever is spelt with other signs between the digits.
fn is_found_by(access: &Access, text: &TextSearch) -> bool {
    matches!(access, Access::Text(_)) && text.words.len() == 1 && text.digits.is_none()
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
        (condition, holds) if holds.is_list() => {
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

/// That a single value, or an entry, fulfils the condition.
pub(super) fn of_value(condition: &Condition, value: &str, sql: &mut Builder) -> String {
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
