//! What statements are bound to.

use lanekeeper_core::query::Atom;
use uuid::Uuid;

/// A bound value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bind {
    /// One value as it compares.
    Atom(Atom),
    /// A value that is compared as bytes.
    Bytes(Vec<u8>),
    /// Several of one kind; there is always one. Only PostgreSQL has these.
    List(Vec<Bind>),
}

impl From<&str> for Bind {
    fn from(text: &str) -> Self {
        Self::Atom(Atom::Text(text.to_owned()))
    }
}

impl From<String> for Bind {
    fn from(text: String) -> Self {
        Self::Atom(Atom::Text(text))
    }
}

impl From<i64> for Bind {
    fn from(whole: i64) -> Self {
        Self::Atom(Atom::Whole(whole))
    }
}

impl From<Uuid> for Bind {
    fn from(id: Uuid) -> Self {
        Self::Atom(Atom::Id(id))
    }
}
