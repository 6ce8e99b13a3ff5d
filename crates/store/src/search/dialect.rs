//! What SQLite and PostgreSQL write differently.

use lanekeeper_core::query::{Atom, Holds};

use super::Bind;
use crate::Org;

/// Whose SQL is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// How a column has what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// As it compares.
    Plain,
    /// Of a moment, the second in which it is.
    Seconds,
    /// As bytes in the same order.
    Bytes,
}

impl Stored {
    /// How a column of an object's table has it.
    pub(super) const fn of(holds: Holds) -> Self {
        match holds {
            Holds::Seconds => Self::Seconds,
            _ => Self::Plain,
        }
    }
}

impl Dialect {
    /// The place of the bound value of that number.
    pub(super) fn place(self, number: usize) -> String {
        match self {
            // SQLite reads $1 as a *name* and numbers names by first appearance.
            Self::Sqlite => format!("?{number}"),
            Self::Postgres => format!("${number}"),
        }
    }

    /// What stands for the organisation.
    pub(super) fn org(self, org: Org) -> Bind {
        match self {
            Self::Sqlite => org.number.into(),
            Self::Postgres => org.id().into(),
        }
    }

    /// What tells apart rows that nothing else does, in creation order.
    pub(super) const fn row(self) -> &'static str {
        match self {
            Self::Sqlite => "r.rid",
            Self::Postgres => ID,
        }
    }

    /// By which index a table is read. PostgreSQL has no way to say so, and statistics by which to choose.
    pub(super) fn indexed_by(self, index: &str) -> String {
        match self {
            Self::Sqlite => format!(" indexed by {index}"),
            Self::Postgres => String::new(),
        }
    }

    /// That a part is in a text.
    pub(super) fn contains(self, text: &str, part: &str) -> String {
        match self {
            Self::Sqlite => format!("instr({text}, {part}) > 0"),
            Self::Postgres => format!("strpos({text}, {part}) > 0"),
        }
    }

    pub(super) fn starts_with(self, text: &str, start: &str) -> String {
        match self {
            Self::Sqlite => format!("substr({text}, 1, length({start})) = {start}"),
            Self::Postgres => format!("starts_with({text}, {start})"),
        }
    }

    pub(super) fn ends_with(self, text: &str, end: &str) -> String {
        match self {
            Self::Sqlite => format!("substr({text}, -length({end})) = {end}"),
            Self::Postgres => format!("right({text}, length({end})) = {end}"),
        }
    }

    /// That a condition does not hold; without a value it is null, and does not.
    pub(super) fn not(self, condition: &str) -> String {
        match self {
            Self::Sqlite => format!("not ifnull(({condition}), 0)"),
            Self::Postgres => format!("not coalesce(({condition}), false)"),
        }
    }

    /// What is bound for a value that is compared with a column. Whole seconds are below a moment exactly when they are at
    /// or below its second.
    pub(super) fn stored(self, atom: &Atom, stored: Stored) -> Bind {
        const MICROS_PER_SECOND: i64 = 1_000_000;
        match (stored, atom) {
            (Stored::Seconds, Atom::Whole(micros)) => micros.div_euclid(MICROS_PER_SECOND).into(),
            (Stored::Bytes, atom) => Bind::Bytes(crate::postgres::value_bytes::of(atom)),
            (Stored::Plain | Stored::Seconds, atom) => Bind::Atom(atom.clone()),
        }
    }
}

/// A record's id, which is in the order of the rows.
pub(super) const ID: &str = "r.id";
