//! Accounts, contacts, notes and activities in answers: every member always there, from the tables of the core.

use lanekeeper_core::object::Kind;
use lanekeeper_core::outcome::{Done, How, RecordWritten, Resolution};
use lanekeeper_core::query::Found;
use lanekeeper_core::record::contact_name;
use lanekeeper_core::value::CustomValues;
use lanekeeper_core::{Object, Record as CoreRecord, Timestamp};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::opportunity::Opportunity;

/// An account, contact, note or activity in an answer.
pub struct Record<'a>(pub &'a CoreRecord);

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(record) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &record.id)?;
        for field in record.object.fields() {
            match (record.values.get(field.name), field.kind) {
                (None, Kind::Tags | Kind::Emails | Kind::Domains | Kind::Links) => {
                    map.serialize_entry(field.name, &[(); 0])?;
                }
                (value, _) => map.serialize_entry(field.name, &value)?,
            }
        }
        if record.object == Object::Contact {
            let text = |field| record.text(field);
            let name = contact_name(
                text("full_name"),
                text("first_name"),
                text("last_name"),
                text("email"),
            );
            map.serialize_entry("name", &name)?;
        }
        if !record.object.is_on_timelines() {
            map.serialize_entry("custom_fields", &CustomFields(&record.custom))?;
        }
        map.serialize_entry("created_at", &record.created_at)?;
        map.serialize_entry("updated_at", &record.updated_at)?;
        map.end()
    }
}

/// A record of any kind in an answer.
pub struct Whole<'a>(pub &'a Found);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Found::Record(record) => Record(record).serialize(serializer),
            Found::Opportunity(view) => Opportunity::from(view.as_ref()).serialize(serializer),
        }
    }
}

/// The answer to a write to a record that was there.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Written<'a> {
    /// As it is now.
    Record(Whole<'a>),
    /// As it is now, and what it answers for.
    Merged {
        /// As it is now.
        #[serde(flatten)]
        record: Whole<'a>,
        /// Those that it answers for now.
        merged: &'a [Uuid],
        /// How many records referred to them, and refer to it now.
        moved: usize,
    },
    /// It is in the trash.
    Deleted {
        /// Its id.
        id: Uuid,
        /// Since when.
        deleted_at: Option<Timestamp>,
    },
}

impl<'a> From<&'a RecordWritten> for Written<'a> {
    fn from(written: &'a RecordWritten) -> Self {
        let record = Whole(&written.found);
        match &written.done {
            Done::Updated | Done::Restored => Self::Record(record),
            Done::Merged { from, moved } => Self::Merged {
                record,
                merged: from,
                moved: *moved,
            },
            Done::Deleted => Self::Deleted {
                id: written.found.record().id,
                deleted_at: written.found.record().deleted_at,
            },
        }
    }
}

/// Custom values by slug.
#[derive(Serialize)]
#[serde(transparent)]
pub struct CustomFields<'a>(pub &'a CustomValues);

/// The answer to a create that creates or finds.
#[derive(Serialize)]
pub struct ResolvedRecord<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    people_id: Option<Uuid>,
    resolved: Resolved<'a>,
    ignored: &'a [String],
}

#[derive(Serialize)]
struct Resolved<'a> {
    outcome: &'static str,
    matched_on: Option<&'static str>,
    filled: &'a [String],
    kept: &'a [String],
}

impl<'a> From<&'a Resolution> for ResolvedRecord<'a> {
    fn from(resolution: &'a Resolution) -> Self {
        let record = resolution.record.as_ref();
        let (alias, key) = match record.object {
            Object::Account => ((Some(record.id), None), "domain"),
            _ => ((None, Some(record.id)), "email"),
        };
        Self {
            record: Record(record),
            company_id: alias.0,
            people_id: alias.1,
            resolved: Resolved {
                outcome: resolution.how.name(),
                matched_on: (resolution.how == How::Matched).then_some(key),
                filled: &resolution.filled,
                kept: &resolution.kept,
            },
            ignored: &resolution.ignored,
        }
    }
}
