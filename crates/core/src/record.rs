//! A record: an account, a contact or an opportunity.

use uuid::Uuid;

use crate::value::{CustomValues, Value, Values};
use crate::{Object, Timestamp};

/// An account, a contact or an opportunity: the values of its system fields ([`Object::fields`]) and of its custom ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What kind of record it is.
    pub object: Object,
    /// UUIDv7.
    pub id: Uuid,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Since when it is in the trash; none: it is live.
    pub deleted_at: Option<Timestamp>,
    /// Which record it was merged into: it is in the trash for good, and that one answers for it.
    pub merged_into: Option<Uuid>,
    /// System values by field name; a field without a value is absent.
    pub values: Values,
    /// Custom values by slug; a field without a value is absent.
    pub custom: CustomValues,
}

impl Record {
    /// The system values that are there, in the order of [`Object::fields`], each with its place there.
    #[must_use]
    pub fn filled(&self) -> Vec<(usize, &Value)> {
        let values = self.values.iter();
        let filled = values.filter_map(|(name, value)| Some((self.object.place(name)?, value)));
        let mut filled: Vec<_> = filled.collect();
        filled.sort_unstable_by_key(|(place, _)| *place);
        filled
    }

    /// Whether it is there, and not in the trash.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// The text of a system field; empty where it has none.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        match self.values.get(field) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// The id that a system field holds.
    #[must_use]
    pub fn reference(&self, field: &str) -> Option<Uuid> {
        match self.values.get(field) {
            Some(Value::Id(id)) => Some(*id),
            _ => None,
        }
    }

    /// The ids that a system field holds; none where it has no value.
    #[must_use]
    pub fn references(&self, field: &str) -> &[Uuid] {
        match self.values.get(field) {
            Some(Value::Ids(ids)) => ids,
            _ => &[],
        }
    }

    /// What tells this version of the record from every other: it changes with every change.
    #[must_use]
    pub fn version(&self) -> String {
        format!("{:x}", self.updated_at.as_micros())
    }

    /// About how much memory it takes: its texts, which are what can be large.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let values = self.values.values().chain(self.custom.values());
        values.map(Value::bytes).sum()
    }

    /// Whether it refers to a record of that kind by any of its fields.
    #[must_use]
    pub fn refers_to(&self, object: Object, id: Uuid) -> bool {
        let mut references = self.object.references().iter();
        references.any(|(field, target)| {
            let is_it = self.reference(field) == Some(id) || self.references(field).contains(&id);
            *target == object && is_it
        })
    }

    /// The texts that a system field holds; none where it has no value.
    #[must_use]
    pub fn texts(&self, field: &str) -> &[String] {
        match self.values.get(field) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }
}

/// What people call a contact: the full name, else first and last name, else the e-mail address.
#[must_use]
pub fn contact_name(full: &str, first: &str, last: &str, email: &str) -> String {
    let parts = [first, last].map(str::trim);
    let joined = parts.join(" ");
    match (full.trim(), joined.trim()) {
        ("", "") => email.to_owned(),
        ("", joined) => joined.to_owned(),
        (full, _) => full.to_owned(),
    }
}
