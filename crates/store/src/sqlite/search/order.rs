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
            // Of a key that none of the rows has, or all, an index knows the order without further words.
            (0, Part::WithoutFirstKey) => None,
            (0, _) => Some(format!("{key} {}", direction(sort.descending))),
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
        let at = self.query.after.as_ref().zip(after);
        let begins = at.as_ref().and_then(|(at, _)| at.keys[0].as_ref());
        let sort = &self.query.sort[0];
        match (self.part, at) {
            (Part::Whole, None) => vec![],
            (Part::WithFirstKey, None) => vec![format!("{first} is not null")],
            (Part::WithoutFirstKey, Some((position, edge))) if begins.is_none() => {
                let behind = self.behind(position, edge, sql);
                vec![format!("{first} is null"), behind]
            }
            (Part::WithoutFirstKey, _) => vec![format!("{first} is null")],
            (_, Some((position, edge))) => {
                let begins = begins.expect("the last page ended without a first key");
                // What follows implies this, but it is what SQLite can seek by.
                let sign = if sort.descending { "<=" } else { ">=" };
                let place = sql.bind_stored(begins, sort.field.holds);
                let range = format!("{first} {sign} {place}");
                vec![range, self.behind(position, edge, sql)]
            }
        }
    }

    /// Later in the order: in the first key, or equal in it and later in the second, and so on; at last by row.
    fn behind(&self, position: &Position, edge: Edge, sql: &mut Builder) -> String {
        let mut equal = String::new();
        let mut ways = vec![];
        let sorts = self.query.sort.iter().zip(&self.keys);
        for ((sort, key), at) in sorts.zip(&position.keys) {
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
        ways.push(format!("({equal}{})", self.row_behind(position, edge, sql)));
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
