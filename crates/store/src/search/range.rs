//! Ranges of indexes in which every row is that fulfils a filter. What is in them is still held against the filter itself:
//! an index has only the beginning of a text.

use lanekeeper_core::query::{Atom, Bound, Condition, Filter};

use super::dialect::Stored;
use super::expression::Builder;

/// A range of values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Range {
    /// One of these.
    OneOf(Vec<Atom>),
    /// From the first on, and up to the second.
    Between(Option<Bound>, Option<Bound>),
}

impl Range {
    /// The values of which some fulfil the filter, and no others do; none where an index does not help.
    pub(super) fn of(filter: &Filter) -> Option<Self> {
        if filter.negated {
            return None;
        }
        let keys = |atoms: &[Atom]| atoms.iter().cloned().map(Atom::into_key).collect();
        Some(match &filter.condition {
            Condition::HasValue => Self::Between(None, None),
            Condition::IsOneOf(atoms) => Self::OneOf(keys(atoms)),
            Condition::HasAll(atoms) => Self::OneOf(keys(&atoms[..1])),
            Condition::StartsWith(start) => {
                let start = Atom::Text(start.clone()).into_key();
                let behind = behind_all(&start);
                let included = true;
                Self::Between(
                    Some(Bound {
                        at: start,
                        included,
                    }),
                    behind,
                )
            }
            Condition::Between(least, most) => {
                Self::Between(least.as_ref().map(end), most.as_ref().map(end))
            }
            Condition::ContainsAll(_) | Condition::ContainsAny(_) | Condition::EndsWith(_) => {
                return None;
            }
        })
    }

    /// Whether it is a single value.
    pub(super) fn is_one_value(&self) -> bool {
        matches!(self, Self::OneOf(atoms) if atoms.len() == 1)
    }

    /// That the column is in the range, as a term for the database to seek by.
    pub(super) fn term(&self, column: &str, stored: Stored, sql: &mut Builder) -> Option<String> {
        match self {
            // Of none of them; an empty list would be no use of the index.
            Self::OneOf(atoms) if atoms.is_empty() => Some(format!("{column} = null")),
            Self::OneOf(atoms) => Some(sql.is_one_of(column, atoms, stored)),
            Self::Between(least, most) => {
                let mut end = |bound: &Bound, sign: &str, includes: bool| {
                    let or_equal = if includes { "=" } else { "" };
                    format!(
                        "{column} {sign}{or_equal} {}",
                        sql.bind_stored(&bound.at, stored)
                    )
                };
                let least = least.as_ref().map(|least| end(least, ">", least.included));
                // Seconds are rounded down: what is before a moment may be in its second.
                let most = most.as_ref().map(|most| {
                    let includes = most.included || stored == Stored::Seconds;
                    end(most, "<", includes)
                });
                let ends: Vec<String> = least.into_iter().chain(most).collect();
                (!ends.is_empty()).then(|| ends.join(" and "))
            }
        }
    }
}

/// An end of a range of keys. A text that is cut may stand for what lies on either side of the end.
fn end(bound: &Bound) -> Bound {
    let at = bound.at.clone().into_key();
    let included = bound.included || matches!(at, Atom::Text(_));
    Bound { at, included }
}

/// What every text that begins so comes before, and none that begins otherwise and comes later; none behind the last text.
fn behind_all(start: &Atom) -> Option<Bound> {
    let Atom::Text(start) = start else {
        return None;
    };
    let mut letters: Vec<char> = start.chars().collect();
    while let Some(last) = letters.pop() {
        if last < char::MAX {
            let next = (last..=char::MAX).nth(1).expect("it is not the last");
            letters.push(next);
            let at = Atom::Text(letters.into_iter().collect());
            let included = false;
            return Some(Bound { at, included });
        }
    }
    None
}
