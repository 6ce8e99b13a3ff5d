//! A query of the core as statements that answer rows: in SQLite their numbers, in PostgreSQL their ids.

use lanekeeper_core::query::{Place, TextSearch};

use super::access::Access;
use super::choice::Way;
use super::condition::filter;
use super::dialect::{Dialect, Stored};
use super::expression::Builder;
use super::order::{Edge, Key, Order, is_always_there};
use super::source::{self, Source};
use super::{Bind, Search, text};

/// A statement with its values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(crate) values: Vec<Bind>,
    /// Whether an index has the order, and nothing is to be sorted but what is alike in the first key.
    pub(crate) is_in_order: bool,
}

impl Statement {
    pub(super) fn new(text: String, sql: Builder) -> Self {
        Self {
            text,
            values: sql.into_values(),
            is_in_order: false,
        }
    }

    /// The statement with its last value: how many rows there may be.
    pub(crate) fn up_to(mut self, rows: i64) -> Self {
        self.values.push(rows.into());
        self
    }
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

impl Search<'_> {
    /// The statements to run until there are rows enough, but for how many that are.
    pub(crate) fn statements(self, way: &Way, after: Option<Edge>) -> Vec<Statement> {
        let parts = self.parts(way).into_iter();
        let statements = parts.map(|part| self.statement(way, after, part));
        statements.collect()
    }

    /// How many rows are still to be read: one more than the page has tells whether there is another page.
    pub(crate) fn missing(self, read: usize) -> i64 {
        i64::try_from(self.query.limit + 1 - read).expect("a limit is small")
    }

    /// How many rows there are by a way, but for the most to count.
    pub(super) fn count(self, access: &Access) -> Statement {
        let mut sql = Builder::new(self);
        let text = source::count(self, access, &mut sql);
        Statement::new(text, sql)
    }

    fn parts(self, way: &Way) -> Vec<Part> {
        use Part::{SameFirstKey, Whole, WithFirstKey, WithoutFirstKey};
        if !source::is_walked(self, way) {
            return vec![Whole];
        }
        let is_always_there = is_always_there(self.query.object, &self.query.sort[0]);
        let last = self.query.after.as_ref().map(|position| &position.keys[0]);
        let first = match last {
            Some(None) => return vec![WithoutFirstKey],
            Some(Some(_)) => vec![SameFirstKey, WithFirstKey],
            None if is_always_there => vec![Whole],
            None => vec![WithFirstKey],
        };
        let ends = is_always_there || self.is_asked_for();
        let last = (!ends).then_some(WithoutFirstKey);
        first.into_iter().chain(last).collect()
    }

    /// Whether only records with the first sort key are found.
    fn is_asked_for(self) -> bool {
        let mut filters = self.query.filters.iter();
        let first = &self.query.sort[0].field.place;
        filters.any(|filter| !filter.negated && filter.field.place == *first)
    }

    fn statement(self, way: &Way, after: Option<Edge>, part: Part) -> Statement {
        let (query, mut sql) = (self.query, Builder::new(self));
        let live = "r.deleted_at is null".to_owned();
        let mut terms = vec![format!("r.org = {}", sql.bind_org()), live];
        for (column, id) in [
            ("pipeline_id", query.pipeline_id),
            ("stage_id", query.stage_id),
        ] {
            terms.extend(id.map(|id| format!("r.{column} = {}", sql.bind(id))));
        }
        let mut source = Source::new(self, way, part, &mut sql);
        terms.append(&mut source.terms);
        let among = way.among.as_ref();
        terms.extend(among.and_then(|access| source::among(self, access, &mut sql)));
        let text = query.text.as_ref();
        let text = text.filter(|text| !self.is_found_by(&way.access, text));
        terms.extend(text.map(|text| text::words(text, query.object, &mut sql)));
        let filters = query.filters.iter();
        terms.extend(filters.map(|wanted| filter(wanted, query.object, &mut sql)));
        let order = Order {
            search: self,
            keys: self.keys(&source, &mut sql),
            row: source.row,
            part,
        };
        terms.extend(order.terms(after, &mut sql));

        let (order, joins, terms) = (order.text(), sql.joins(), terms.join(" and "));
        let (with, from, limit) = (source.with, source.from, sql.next_place());
        let row = self.dialect.row();
        let text = format!(
            "{with}select {row} from {from} {joins} where {terms} order by {order} limit {limit}"
        );
        let is_walked = source::is_walked(self, way);
        Statement {
            is_in_order: is_walked && matches!(part, Part::Whole | Part::WithFirstKey),
            ..Statement::new(text, sql)
        }
    }

    /// What the rows are sorted by, from where an index has it.
    fn keys(self, source: &Source, sql: &mut Builder) -> Vec<Key> {
        let sorts = self.query.sort.iter().enumerate();
        let keys = sorts.map(|(place, sort)| {
            let text = match (place, source.first_key) {
                (0, Some((key, stored))) => {
                    let text = key.to_owned();
                    return Key { text, stored };
                }
                _ if sort.field.place == Place::CreatedAt => source.created_at.to_owned(),
                _ if sort.field.place == Place::UpdatedAt => source.updated_at.to_owned(),
                _ => sql.sort_key(self.query.object, &sort.field),
            };
            let stored = Stored::of(sort.field.holds);
            Key { text, stored }
        });
        keys.collect()
    }

    /// Whether all that comes by this way has what is searched for: the only word there is, which is no telephone number, since
    /// those are found by whatever is spelt with other signs between the digits. In SQLite it may have it.
    fn is_found_by(self, access: &Access, text: &TextSearch) -> bool {
        let is_by_word = matches!(access, Access::Text { .. });
        let is_exact = self.dialect == Dialect::Postgres;
        is_exact && is_by_word && text.words.len() == 1 && text.digits.is_none()
    }
}
