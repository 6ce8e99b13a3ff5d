//! What is wrong with a body, field by field.

use std::collections::BTreeMap;
use std::fmt::Display;

/// Everything that is wrong with what a caller sent: the path of each field (`related_objects.owner_email`) with
/// one message or more, each a phrase that follows the field's name (`is not an e-mail address: 'jane@'`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    by_path: BTreeMap<String, Vec<String>>,
    reason: Reason,
}

/// Why something is refused; of several reasons the last in this order counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It clashes with what is there, which the caller can solve.
    #[default]
    Conflict,
    /// Something about it is wrong.
    Invalid,
    /// It has changed since the caller read it.
    Stale,
    /// What it is about is not there.
    NotFound,
}

impl Faults {
    /// One message about one field.
    pub fn one(path: impl Into<String>, message: impl Display) -> Self {
        let mut faults = Self::default();
        faults.add(path, message);
        faults
    }

    /// What the request is about is not there, said in a sentence for the caller.
    pub fn not_found(message: impl Display) -> Self {
        let mut faults = Self::default();
        faults.add_as(Reason::NotFound, "", message);
        faults
    }

    /// Adds a message about the field at `path`.
    pub fn add(&mut self, path: impl Into<String>, message: impl Display) {
        self.add_as(Reason::Invalid, path, message);
    }

    /// Adds a message about the field at `path`, with the reason why it stands in the way.
    pub fn add_as(&mut self, reason: Reason, path: impl Into<String>, message: impl Display) {
        self.reason = self.reason.max(reason);
        self.by_path
            .entry(path.into())
            .or_default()
            .push(message.to_string());
    }

    /// Adds all of `others`, their paths behind `prefix` and a dot; an empty path becomes the prefix.
    pub fn add_under(&mut self, prefix: impl Display, others: Self) {
        self.reason = self.reason.max(others.reason);
        for (path, messages) in others.by_path {
            let path = match path.as_str() {
                "" => prefix.to_string(),
                path => format!("{prefix}.{path}"),
            };
            self.by_path.entry(path).or_default().extend(messages);
        }
    }

    /// Adds all of `others` under the paths they have.
    pub fn extend(&mut self, others: Self) {
        self.reason = self.reason.max(others.reason);
        for (path, messages) in others.by_path {
            self.by_path.entry(path).or_default().extend(messages);
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// `Ok(value)` if nothing is wrong, else these faults.
    ///
    /// # Errors
    /// These faults, where there are any.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// The messages by path, in the order of the paths.
    #[must_use]
    pub fn by_path(&self) -> &BTreeMap<String, Vec<String>> {
        &self.by_path
    }

    /// Why it is refused; says nothing where nothing is wrong.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }
}
