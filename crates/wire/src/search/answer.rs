//! A page of records in an answer.

use lanekeeper_core::Object;
use lanekeeper_core::custom::FieldDefinition;
use lanekeeper_core::query::{Found, Selection};
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::field::metadata;
use crate::record::Whole;

/// The data of a list or search.
pub struct Page<'a> {
    /// What was searched.
    pub object: Object,
    /// The records, in order.
    pub found: &'a [Found],
    /// The members that they show.
    pub selection: &'a Selection,
    /// The custom fields that they may have.
    pub definitions: &'a [FieldDefinition],
    /// Where to go on.
    pub next_cursor: Option<&'a str>,
    /// The most records that a page has.
    pub limit: usize,
}

impl Serialize for Page<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("custom_field_definitions", &Definitions(self.definitions))?;
        map.serialize_entry("has_more", &self.next_cursor.is_some())?;
        map.serialize_entry("next_cursor", &self.next_cursor)?;
        map.serialize_entry("limit", &self.limit)?;
        let records = self.found.iter().map(|found| Shown {
            found,
            selection: self.selection,
        });
        map.serialize_entry(plural(self.object), &records.collect::<Vec<_>>())?;
        map.end()
    }
}

/// The member that has the records.
const fn plural(object: Object) -> &'static str {
    match object {
        Object::Account => "accounts",
        Object::Contact => "contacts",
        Object::Opportunity => "opportunities",
        Object::Note => "notes",
        Object::Activity => "activities",
    }
}

struct Definitions<'a>(&'a [FieldDefinition]);

#[derive(Serialize)]
struct Definition<'a> {
    current_name: &'a str,
    property_name: String,
    attribute_type: &'static str,
    metadata: metadata::Shown<'a>,
}

impl Serialize for Definitions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|field| {
            let definition = Definition {
                current_name: &field.name,
                property_name: format!("custom__{}", field.slug),
                attribute_type: field.attribute_type.name(),
                metadata: metadata::Shown::of(field.attribute_type.has_options(), &field.metadata),
            };
            (&field.slug, definition)
        }))
    }
}

/// A record, or what was selected of it.
struct Shown<'a> {
    found: &'a Found,
    selection: &'a Selection,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Selection::Only { members, custom } = self.selection else {
            return Whole(self.found).serialize(serializer);
        };
        let whole = Whole(self.found).serialize(serde_json::value::Serializer);
        let mut whole = whole.map_err(S::Error::custom)?;
        let all = whole.as_object_mut();
        let all = all.expect("a record is an object");
        let has_custom = !custom.is_empty() || members.contains("custom_fields");
        if !members.contains("custom_fields")
            && let Some(Json::Object(values)) = all.get_mut("custom_fields")
        {
            values.retain(|slug, _| custom.contains(slug));
        }
        all.retain(|name, _| members.contains(name) || (has_custom && name == "custom_fields"));
        whole.serialize(serializer)
    }
}
