//! Custom fields: what an organisation adds to accounts, to contacts and to the opportunities of a pipeline.

mod attribute_type;
mod convert;
pub mod day;
pub mod metadata;
pub mod normal;

use uuid::Uuid;

pub use attribute_type::AttributeType;
pub use metadata::Metadata;

use crate::command::FieldKey;
use crate::{Object, Record, Timestamp, object, text};

/// Longest key of a custom attribute and longest slug, in characters.
pub const KEY_CHARS_MAX: usize = 64;
/// Longest text in a custom field, in characters.
pub const TEXT_CHARS_MAX: usize = 10_000;
/// Most custom fields of one object (of one pipeline for opportunities).
pub const FIELDS_MAX: usize = 200;

/// Whose custom fields: opportunity fields belong to one pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The fields of all accounts.
    Accounts,
    /// The fields of all contacts.
    Contacts,
    /// The fields of the opportunities in this pipeline.
    Opportunities(Uuid),
}

impl Scope {
    /// The kind of record that has these fields.
    #[must_use]
    pub const fn object(self) -> Object {
        match self {
            Self::Accounts => Object::Account,
            Self::Contacts => Object::Contact,
            Self::Opportunities(_) => Object::Opportunity,
        }
    }

    /// The scope of an object's fields, of a pipeline for opportunities.
    #[must_use]
    pub fn named(object: &str, pipeline_id: Option<Uuid>) -> Option<Self> {
        match (object, pipeline_id) {
            ("account", None) => Some(Self::Accounts),
            ("contact", None) => Some(Self::Contacts),
            ("opportunity", Some(id)) => Some(Self::Opportunities(id)),
            _ => None,
        }
    }

    /// The pipeline they belong to, for opportunities.
    #[must_use]
    pub const fn pipeline_id(self) -> Option<Uuid> {
        match self {
            Self::Opportunities(id) => Some(id),
            _ => None,
        }
    }
}

/// A custom field, or what an organisation says of a system field: its name, place and whether it is hidden.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDefinition {
    /// UUIDv7.
    pub id: Uuid,
    /// Whose field it is.
    pub scope: Scope,
    /// Whether every record has it anyway, under its slug.
    pub is_system: bool,
    /// Its name in requests and answers (`property_name` without `custom__`): `^[a-z][a-z0-9_]*$`, unique in its scope.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// What it holds.
    pub attribute_type: AttributeType,
    /// What it says about its values.
    pub metadata: Metadata,
    /// Its place among the custom fields, from 1; of two in one place the older comes first. 0: before all of them.
    pub order: i64,
    /// Whether screens leave it out.
    pub is_hidden: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

impl FieldDefinition {
    /// What is said of a system field as long as nobody says anything else.
    #[must_use]
    pub fn of_system(scope: Scope, field: &object::Field, id: Uuid, created_at: Timestamp) -> Self {
        Self {
            id,
            scope,
            is_system: true,
            slug: field.name.to_owned(),
            name: field.display_name(),
            attribute_type: AttributeType::of_kind(field.kind),
            metadata: Metadata::default(),
            order: 0,
            is_hidden: false,
            created_at,
        }
    }

    /// Whether it is the one that the key identifies.
    #[must_use]
    pub fn is_named_by(&self, key: &FieldKey) -> bool {
        match key {
            FieldKey::Id(id) => self.id == *id,
            FieldKey::Slug(slug) => self.slug == *slug,
        }
    }

    /// Whether the record has a value of it.
    #[must_use]
    pub fn is_held_by(&self, record: &Record) -> bool {
        record.object == self.scope.object()
            && record.reference("pipeline_id") == self.scope.pipeline_id()
            && record.custom.contains_key(&self.slug)
    }
}

/// The field that a key names: by slug, by `custom__` and slug, or by display name whatever its case and accents.
#[must_use]
pub fn named<'a>(key: &str, fields: &[&'a FieldDefinition]) -> Option<&'a FieldDefinition> {
    let slug = key.strip_prefix("custom__").unwrap_or(key);
    let by_slug = fields.iter().find(|field| field.slug == slug);
    let by_name = || {
        let folded = text::fold(key.trim());
        fields
            .iter()
            .find(|field| text::fold(&field.name) == folded)
    };
    by_slug.or_else(by_name).copied()
}

/// A slug for a new field of that display name, unlike those `taken`: `Lead Source!` → `lead_source`, then `lead_source_2`.
#[must_use]
pub fn slug_for(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let base = slug_base(name);
    if !taken(&base) {
        return base;
    }
    (2..)
        .map(|number| format!("{base}_{number}"))
        .find(|slug| !taken(slug))
        .expect("some number is free")
}

/// A slug that a caller chose, also sent behind `custom__`.
///
/// # Errors
/// What is wrong with it, in words that a caller reads.
pub fn slug_of(property_name: &str) -> Result<String, String> {
    let slug = property_name
        .strip_prefix("custom__")
        .unwrap_or(property_name);
    let begins = slug.starts_with(|letter: char| letter.is_ascii_lowercase());
    let follows = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !begins || !slug.bytes().all(follows) {
        let sent = text::quote(property_name);
        return Err(format!(
            "is no property name: {sent}; send small letters, digits and underscores, a letter first"
        ));
    }
    let checked = text::one_line(slug, KEY_CHARS_MAX);
    checked.map_err(|error| error.to_string())
}

/// Leaves room for a number within [`KEY_CHARS_MAX`].
fn slug_base(name: &str) -> String {
    const BASE_CHARS_MAX: usize = KEY_CHARS_MAX - 4;
    let folded = text::fold(name.strip_prefix("custom__").unwrap_or(name));
    let words: Vec<&str> = folded
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut slug = words.join("_");
    if !slug.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        slug = format!("field_{slug}").trim_end_matches('_').to_owned();
    }
    slug.truncate(BASE_CHARS_MAX);
    slug.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_keeps_the_letters_of_the_name() {
        for (name, slug) in [
            ("Lead Source!", "lead_source"),
            ("custom__lead_source", "lead_source"),
            ("Größe", "grosse"),
            ("2nd contact", "field_2nd_contact"),
            ("日本語", "field"),
            ("__proto__", "proto"),
        ] {
            assert_eq!(slug_for(name, |_| false), slug);
        }
    }

    #[test]
    fn a_slug_that_is_taken_gets_a_number() {
        let taken = ["seats", "seats_2"];

        let slug = slug_for("Seats", |slug| taken.contains(&slug));

        assert_eq!(slug, "seats_3");
    }

    #[test]
    fn a_slug_is_never_longer_than_a_key_may_be() {
        let slug = slug_for(&"x".repeat(300), |slug| !slug.contains('_'));

        assert!(slug.len() <= KEY_CHARS_MAX);
    }
}
