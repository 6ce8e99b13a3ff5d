//! What is wrong with a body, field by field.

use std::collections::BTreeMap;
use std::fmt::Display;

/// Everything that is wrong with what a caller sent: the path of each field (`related_objects.owner_email`) with
/// one message or more, each a phrase that follows the field's name (`is not an e-mail address: 'jane@'`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<String, Vec<String>>);

impl Faults {
    /// One message about one field.
    pub fn one(path: impl Into<String>, message: impl Display) -> Self {
        let mut faults = Self::default();
        faults.add(path, message);
        faults
    }

    /// Adds a message about the field at `path`.
    pub fn add(&mut self, path: impl Into<String>, message: impl Display) {
        self.0
            .entry(path.into())
            .or_default()
            .push(message.to_string());
    }

    /// Adds all of `others`, their paths behind `prefix` and a dot; an empty path becomes the prefix.
    pub fn add_under(&mut self, prefix: impl Display, others: Self) {
        for (path, messages) in others.0 {
            let path = match path.as_str() {
                "" => prefix.to_string(),
                path => format!("{prefix}.{path}"),
            };
            self.0.entry(path).or_default().extend(messages);
        }
    }

    /// Adds all of `others` under the paths they have.
    pub fn extend(&mut self, others: Self) {
        for (path, messages) in others.0 {
            self.0.entry(path).or_default().extend(messages);
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
        &self.0
    }
}
