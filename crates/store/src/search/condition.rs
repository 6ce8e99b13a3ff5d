//! What a record has to fulfil, as a term of SQL.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Atom, Bound, Condition, Filter};

use super::dialect::Stored;
use super::expression::Builder;

pub(super) fn filter(filter: &Filter, object: Object, sql: &mut Builder) -> String {
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
    if filter.negated {
        sql.dialect.not(&condition)
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
    let dialect = sql.dialect;
    let contains = |texts: &[String], sql: &mut Builder, joint: &str| {
        let texts = texts
            .iter()
            .map(|text| dialect.contains(value, &sql.bind(text.clone())));
        format!("({})", texts.collect::<Vec<_>>().join(joint))
    };
    match condition {
        Condition::HasValue => format!("{value} is not null"),
        Condition::IsOneOf(atoms) | Condition::HasAll(atoms) => {
            sql.is_one_of(value, atoms, Stored::Plain)
        }
        Condition::ContainsAll(texts) => contains(texts, sql, " and "),
        Condition::ContainsAny(texts) => contains(texts, sql, " or "),
        Condition::StartsWith(text) => dialect.starts_with(value, &sql.bind(text.clone())),
        Condition::EndsWith(text) => dialect.ends_with(value, &sql.bind(text.clone())),
        Condition::Between(least, most) => {
            let mut end = |bound: &Bound, sign: &str| {
                let or_equal = if bound.included { "=" } else { "" };
                format!(
                    "{value} {sign}{or_equal} {}",
                    sql.bind_stored(&bound.at, Stored::Plain)
                )
            };
            let least = least.as_ref().map(|bound| end(bound, ">"));
            let most = most.as_ref().map(|bound| end(bound, "<"));
            let ends: Vec<String> = least.into_iter().chain(most).collect();
            ends.join(" and ")
        }
    }
}
