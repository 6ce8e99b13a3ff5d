//! The members that an answer's records have.

use std::collections::BTreeSet;

use super::field::CUSTOM_FIELDS;
use super::{FIELDS_MAX, Fields, Place};
use crate::Faults;

/// Which members to answer with. The id is always there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All.
    All,
    /// Some.
    Only {
        /// Members of the record, by name.
        members: BTreeSet<String>,
        /// Custom fields, by slug; all of them where `members` has `custom_fields`.
        custom: BTreeSet<String>,
    },
}

/// The members that were named, as far as there are such.
pub(super) fn resolve(
    names: &[(String, String)],
    fields: &Fields,
    faults: &mut Faults,
) -> Selection {
    if names.is_empty() {
        return Selection::All;
    }
    if names.len() > FIELDS_MAX {
        let len = names.len();
        faults.add(
            "fields",
            format!("has {len} entries; at most {FIELDS_MAX} are allowed"),
        );
    }
    let (mut members, mut custom) = (BTreeSet::from(["id".to_owned()]), BTreeSet::new());
    for (path, name) in names {
        if name == CUSTOM_FIELDS && !fields.object().is_on_timelines() {
            members.insert(name.clone());
            continue;
        }
        match fields.named(name) {
            Ok(field) => match field.place {
                Place::Custom(slug) => drop(custom.insert(slug)),
                _ => drop(members.insert(fields.real_name(name).to_owned())),
            },
            Err(message) => faults.add(path, message),
        }
    }
    Selection::Only { members, custom }
}
