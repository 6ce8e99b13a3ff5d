//! By which way a search comes to its rows.
//!
//! A database that knows too little of its rows takes the index of the sort and walks it, however rare what it looks for. So
//! the way is chosen here: straight to the rows of a filter if they are few, which is counted; else along an index in the
//! order that was asked for, until there are rows enough. What walks in order soon finds what is not rare.

use super::access::Access;
use super::{Dialect, Search, Statement};

/// Rows that are so few that all of them may be read and sorted. Tests have few rows, and want to go every way.
const FEW_MAX: i64 = if cfg!(test) { 4 } else { 10_000 };

/// Rows that are found by words and are so many are not all read and sorted, where an index has the order: it is walked, and
/// only what is among them is looked at.
const SORTED_MAX: i64 = if cfg!(test) { 2 } else { 2_500 };

/// A choice between ways, of which some are still to be counted.
pub(crate) struct Choice<'a> {
    search: Search<'a>,
    ways: Vec<Access>,
    /// The first whose rows come in order.
    in_order: Option<usize>,
    /// How many of them were counted.
    counted: usize,
    /// Rows of the best so far.
    fewest: i64,
    best: Option<usize>,
}

/// The way that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Way {
    pub(super) access: Access,
    /// How many rows there are by it, if that was counted and they are few.
    pub(super) few: Option<i64>,
    /// What the rows are among, besides.
    pub(super) among: Option<Access>,
}

impl<'a> Choice<'a> {
    /// Between what the filters say, and one way to what is `referred` to among them.
    pub(crate) fn new(search: Search<'a>, referred: Vec<Access>) -> Self {
        let ways = match search.names_unique_key() {
            true => vec![Access::Key],
            false => search.ways().into_iter().chain(referred).collect(),
        };
        Self {
            in_order: ways.iter().position(|way| way.is_in_order(search)),
            search,
            ways,
            counted: 0,
            fewest: FEW_MAX,
            best: None,
        }
    }

    /// The statement that counts the rows of the next way; none if enough is known.
    pub(crate) fn to_count(&self) -> Option<Statement> {
        let is_plain = match self.ways.as_slice() {
            [Access::Key] => true,
            [_] => self.in_order.is_some(),
            _ => false,
        };
        let way = self.ways.get(self.counted).filter(|_| !is_plain)?;
        Some(self.search.count(way).up_to(self.fewest))
    }

    /// Notes what was counted.
    pub(crate) fn counted(&mut self, rows: i64) {
        if rows < self.fewest {
            (self.fewest, self.best) = (rows, Some(self.counted));
        }
        self.counted += 1;
    }

    /// The way to take.
    pub(crate) fn way(self) -> Way {
        if let Some(way) = self.along_sort_among_texts() {
            return way;
        }
        let few = self.best.map(|_| self.fewest);
        let best = self.best.or(self.in_order);
        let mut ways = self.ways;
        let access = match best {
            Some(best) => ways.swap_remove(best),
            None if ways == [Access::Key] => Access::Key,
            // Nothing but reading all of it is left for an order that no index has.
            None => {
                let walk = self.search.along_sort();
                let walk = walk.or_else(|| ways.into_iter().next());
                walk.unwrap_or_else(|| self.search.whole())
            }
        };
        Way {
            access,
            few,
            among: None,
        }
    }

    /// PostgreSQL cannot be told to go this way.
    fn along_sort_among_texts(&self) -> Option<Way> {
        let texts = &self.ways[self.best?];
        let is_text = matches!(texts, Access::Text { .. });
        let are_many = self.fewest >= SORTED_MAX && self.search.dialect == Dialect::Sqlite;
        (is_text && are_many).then_some(())?;
        Some(Way {
            access: self.search.along_sort()?,
            few: None,
            among: Some(texts.clone()),
        })
    }
}
