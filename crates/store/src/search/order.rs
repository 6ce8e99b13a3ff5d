//! The order of a search, and what comes behind a place in it.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Place, Position, Sort};

use super::Search;
use super::dialect::{Dialect, ID, Stored};
use super::expression::Builder;
use super::render::Part;

/// What tells rows apart behind which a page begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edge {
    /// The record's id.
    Id,
    /// Row numbers between which it begins.
    Rows {
        /// Rows that come later have a higher number than this, where numbers ascend,
        above: i64,
        /// and a lower one than this, where they descend.
        below: i64,
    },
}

/// The order of the rows of a part.
pub(super) struct Order<'a> {
    pub(super) search: Search<'a>,
    /// The sort keys.
    pub(super) keys: Vec<Key>,
    /// What comes behind them.
    pub(super) row: &'static str,
    pub(super) part: Part,
}

/// What rows are sorted by.
pub(super) struct Key {
    pub(super) text: String,
    pub(super) stored: Stored,
}

impl Order<'_> {
    pub(super) fn text(&self) -> String {
        let query = self.search.query;
        let direction = |descending| if descending { "desc" } else { "asc" };
        let sorts = query.sort.iter().zip(&self.keys).enumerate();
        let keys = sorts.filter_map(|(place, (sort, key))| {
            let sorted = format!("{} {}", key.text, direction(sort.descending));
            match (place, self.part) {
                // Where all rows have the first key, or the same, or none, an index has their order.
                (0, Part::WithoutFirstKey | Part::SameFirstKey) => None,
                (0, Part::WithFirstKey) => Some(sorted),
                _ if self.is_plain(sort) => Some(sorted),
                _ => Some(format!("{sorted} nulls last")),
            }
        });
        let mut order: Vec<String> = keys.collect();
        order.push(format!("{} {}", self.row, direction(query.ids_descend())));
        order.join(", ")
    }

    /// Whether nothing is said of where nulls come: an index of PostgreSQL is in no other order than its own.
    fn is_plain(&self, sort: &Sort) -> bool {
        let is_always_there = is_always_there(self.search.query.object, sort);
        self.search.dialect == Dialect::Postgres && is_always_there
    }

    /// What limits the rows to the part, and to those behind where the last page ended.
    pub(super) fn terms(&self, after: Option<Edge>, sql: &mut Builder) -> Vec<String> {
        let (query, first) = (self.search.query, &self.keys[0]);
        let (sort, at) = (&query.sort[0], query.after.as_ref().zip(after));
        let begins = at.and_then(|(position, _)| position.keys[0].as_ref());
        let begins = begins.map(|key| sql.bind_stored(key, first.stored));
        let first = &first.text;
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
        let sorts = self.search.query.sort.iter().zip(&self.keys);
        for ((sort, Key { text: key, stored }), at) in sorts.zip(&position.keys).skip(from) {
            match at {
                // Nothing comes later than what has no value.
                None => equal += &format!("{key} is null and "),
                Some(at) => {
                    let sign = if sort.descending { "<" } else { ">" };
                    let at = sql.bind_stored(at, *stored);
                    ways.push(format!("({equal}({key} {sign} {at} or {key} is null))"));
                    equal += &format!("{key} = {at} and ");
                }
            }
        }
        let row = self.row_behind(position, edge, sql);
        if ways.is_empty() && equal.is_empty() {
            return row; // as a database can seek by it
        }
        ways.push(format!("({equal}{row})"));
        format!("({})", ways.join(" or "))
    }

    fn row_behind(&self, position: &Position, edge: Edge, sql: &mut Builder) -> String {
        let descends = self.search.query.ids_descend();
        let sign = if descends { "<" } else { ">" };
        let place = match (edge, descends) {
            (Edge::Rows { below, .. }, true) if self.row != ID => sql.bind(below),
            (Edge::Rows { above, .. }, false) if self.row != ID => sql.bind(above),
            (Edge::Rows { .. } | Edge::Id, _) => sql.bind(position.id),
        };
        format!("{} {sign} {place}", self.row)
    }
}

/// Whether every record has that sort key.
pub(super) fn is_always_there(object: Object, sort: &Sort) -> bool {
    match sort.field.place {
        Place::Id | Place::CreatedAt | Place::UpdatedAt => true,
        Place::System("domain" | "email" | "stage_id") => true,
        Place::ContactName => object == Object::Contact,
        Place::System("name") => object != Object::Contact,
        _ => false,
    }
}
