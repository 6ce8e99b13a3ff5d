//! What is read from the database that is not a record.

use lanekeeper_core::key::Key;
use uuid::Uuid;

/// An organisation that somebody has proved to belong to: nothing is read or written without one. Only this crate makes it,
/// from a key ([`Store::key`](crate::Store::key)) or for the operator on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Org {
    pub(crate) number: i64,
    id: Uuid,
}

impl Org {
    pub(crate) const fn new(number: i64, id: Uuid) -> Self {
        Self { number, id }
    }

    /// The organisation's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

/// A key and the organisation that it opens.
#[derive(Clone, Debug)]
pub struct KeyEntry {
    /// The organisation.
    pub org: Org,
    /// The key, good or not.
    pub key: Key,
}

/// An organisation as its operator sees it.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The organisation.
    pub org: Org,
    /// What people call it.
    pub name: String,
}
