//! The order of a search, and what comes behind a place in it.

use lanekeeper_core::query::{Position, Query};

use super::expression::Builder;
use super::render::{Edge, Part};
use super::source::ID;

/// The order of the rows of a part.
pub(super) struct Order<'a> {
    pub(super) query: &'a Query,
    /// The sort keys.
    pub(super) keys: Vec<String>,
    /// What comes behind them.
    pub(super) row: &'static str,
    pub(super) part: Part,
}

impl Order<'_> {
    pub(super) fn text(&self) -> String {
        let direction = |descending| if descending { "desc" } else { "asc" };
        let sorts = self.query.sort.iter().zip(&self.keys).enumerate();
        let keys = sorts.filter_map(|(place, (sort, key))| match (place, self.part) {
            // Where all rows have the first key, or the same, or none, an index has their order.
            (0, Part::WithoutFirstKey | Part::SameFirstKey) => None,
            (0, Part::WithFirstKey) => Some(format!("{key} {}", direction(sort.descending))),
            _ => Some(format!("{key} {} nulls last", direction(sort.descending))),
        });
        let mut order: Vec<String> = keys.collect();
        order.push(format!(
            "{} {}",
            self.row,
            direction(self.query.ids_descend())
        ));
        order.join(", ")
    }

    /// What limits the rows to the part, and to those behind where the last page ended.
    pub(super) fn terms(&self, after: Option<Edge>, sql: &mut Builder) -> Vec<String> {
        let first = &self.keys[0];
        let (sort, at) = (&self.query.sort[0], self.query.after.as_ref().zip(after));
        let begins = at.and_then(|(position, _)| position.keys[0].as_ref());
        let begins = begins.map(|key| sql.bind_stored(key, sort.field.holds));
        let rest = |from: usize, sql: &mut Builder| {
            at.map(|(position, edge)| self.behind(from, position, edge, sql))
        };
        match (self.part, begins) {
            (Part::Whole, _) => rest(0, sql).into_iter().collect(),
            (Part::SameFirstKey, Some(begins)) => {
                let same = format!("{first} = {begins}");
                rest(1, sql).into_iter().chain([same]).collect()
            }
            (Part::WithFirstKey, Some(begins)) => {
                let sign = if sort.descending { "<" } else { ">" };
                vec![format!("{first} {sign} {begins}")]
            }
            (Part::WithFirstKey | Part::SameFirstKey, None) => vec![format!("{first} is not null")],
            (Part::WithoutFirstKey, None) => {
                let none = format!("{first} is null");
                rest(1, sql).into_iter().chain([none]).collect()
            }
            (Part::WithoutFirstKey, Some(_)) => vec![format!("{first} is null")],
        }
    }

    /// Later in the order: in a key, from the first on that counts, or equal in it and later in the next, and so on; at last
    /// by row.
    fn behind(&self, from: usize, position: &Position, edge: Edge, sql: &mut Builder) -> String {
        let mut equal = String::new();
        let mut ways = vec![];
        let sorts = self.query.sort.iter().zip(&self.keys);
        for ((sort, key), at) in sorts.zip(&position.keys).skip(from) {
            match at {
                // Nothing comes later than what has no value.
                None => equal += &format!("{key} is null and "),
                Some(at) => {
                    let sign = if sort.descending { "<" } else { ">" };
                    let at = sql.bind_stored(at, sort.field.holds);
                    ways.push(format!("({equal}({key} {sign} {at} or {key} is null))"));
                    equal += &format!("{key} = {at} and ");
                }
            }
        }
        let row = self.row_behind(position, edge, sql);
        if ways.is_empty() && equal.is_empty() {
            return row; // as SQLite can seek by it
        }
        ways.push(format!("({equal}{row})"));
        format!("({})", ways.join(" or "))
    }

    fn row_behind(&self, position: &Position, edge: Edge, sql: &mut Builder) -> String {
        let descends = self.query.ids_descend();
        let sign = if descends { "<" } else { ">" };
        let place = match (self.row, descends) {
            (ID, _) => sql.bind(position.id.as_bytes().to_vec()),
            (_, true) => sql.bind(edge.below),
            (_, false) => sql.bind(edge.above),
        };
        format!("{} {sign} {place}", self.row)
    }
}
