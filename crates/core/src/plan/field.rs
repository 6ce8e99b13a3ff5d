//! A custom field to create, or to change: its values change with its type, or it keeps it.

use std::sync::Arc;

use super::attributes::{is_taken, next_order};
use super::draft::Draft;
use crate::command::{CreateField, FieldKey, UpdateField};
use crate::custom::{self, AttributeType, FIELDS_MAX, FieldDefinition, Metadata, Scope};
use crate::facts::{HOLDERS_MAX, NotLoaded};
use crate::faults::Reason;
use crate::outcome::{FieldWritten, How};
use crate::text::quote;
use crate::value::{CustomValues, Value, Values};
use crate::{Change, Outcome, Record};

pub(super) fn create(
    command: &CreateField,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    if !has_pipeline(command.scope, draft)? {
        return Ok(None);
    }
    let fields = draft.facts.fields(command.scope)?;
    let order = command.order.unwrap_or_else(|| next_order(&fields));
    let slug = match new_slug(command, &fields) {
        Ok(slug) => slug,
        Err((path, message)) => {
            draft.faults.add_as(Reason::Conflict, path, message);
            return Ok(None);
        }
    };
    let field = Arc::new(FieldDefinition {
        id: draft.id(),
        scope: command.scope,
        is_system: false,
        slug,
        name: command.name.clone(),
        attribute_type: command.attribute_type,
        metadata: command.metadata.clone(),
        order,
        is_hidden: command.is_hidden,
        created_at: draft.now,
    });
    draft.change(Change::CreateField(Arc::clone(&field)));
    Ok(written(field, How::Created, &command.ignored))
}

/// The slug of a field to create; or which member is at fault, and why.
fn new_slug(
    command: &CreateField,
    fields: &[&FieldDefinition],
) -> Result<String, (&'static str, String)> {
    if fields.len() >= FIELDS_MAX {
        let message =
            format!("is one too many: there are {FIELDS_MAX} fields, the most there can be");
        return Err(("", message));
    }
    let taken = |slug: &str| is_taken(command.scope, slug, fields);
    match &command.slug {
        None => Ok(custom::slug_for(&command.name, taken)),
        Some(slug) if !taken(slug) => Ok(slug.clone()),
        Some(slug) => {
            let whose = match fields.iter().find(|field| field.slug == *slug) {
                Some(field) => format!("the custom field {}", quote(&field.name)),
                None => "a system field".to_owned(),
            };
            let message = format!("is taken by {whose}: {}; send another", quote(slug));
            Err(("property_name", message))
        }
    }
}

pub(super) fn update(
    command: &UpdateField,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    if !has_pipeline(command.scope, draft)? {
        return Ok(None);
    }
    let Some(Found {
        field: before,
        is_new,
    }) = find(command, draft)?
    else {
        return Ok(None);
    };
    if let Some(slug) = &command.slug
        && *slug != before.slug
    {
        let (sent, stored) = (quote(slug), quote(&before.slug));
        let message = format!("never changes: it is {stored}, not {sent}");
        draft.faults.add("property_name", message);
    }
    let after = patched(command, &before);
    if before.is_system {
        check_system(&before, &after, draft);
    } else if after.attribute_type != before.attribute_type {
        convert(command, &before, &after, draft)?;
    }
    let after = Arc::new(after);
    if after != before {
        let field = Arc::clone(&after);
        draft.change(match is_new {
            true => Change::CreateField(field),
            false => Change::UpdateField {
                before,
                after: field,
            },
        });
    }
    Ok(written(after, How::Matched, &command.ignored))
}

/// A field that is to be changed.
struct Found {
    field: Arc<FieldDefinition>,
    /// Nothing was said of this system field yet.
    is_new: bool,
}

/// The field that is to be changed; a fault if there is none.
fn find(command: &UpdateField, draft: &mut Draft) -> Result<Option<Found>, NotLoaded> {
    let scope = command.scope;
    let fields = draft.facts.all_fields(scope)?;
    let found = fields.iter().find(|field| field.is_named_by(&command.key));
    if let Some(found) = found {
        let field = Arc::new(FieldDefinition::clone(found));
        return Ok(Some(Found {
            field,
            is_new: false,
        }));
    }
    let sent = match &command.key {
        FieldKey::Id(id) => format!("'{id}'"),
        FieldKey::Slug(slug) => {
            let system = scope.object().field(slug);
            if let Some(system) = system.filter(|field| field.is_listed()) {
                let field = FieldDefinition::of_system(scope, system, draft.id(), draft.now);
                let field = Arc::new(field);
                return Ok(Some(Found {
                    field,
                    is_new: true,
                }));
            }
            quote(slug)
        }
    };
    let message = format!("names no field: {sent}");
    draft.faults.add(command.key_path, message);
    Ok(None)
}

/// What a system field holds is not anybody's to change.
fn check_system(before: &FieldDefinition, after: &FieldDefinition, draft: &mut Draft) {
    let name = &before.slug;
    if after.attribute_type != before.attribute_type {
        let holds = before.attribute_type.name();
        let message = format!("cannot be changed: '{name}' is a system field and stays '{holds}'");
        draft.faults.add("attribute_type", message);
    }
    if after.metadata != before.metadata {
        let message = format!("cannot be set: '{name}' is a system field");
        draft.faults.add("metadata", message);
    }
}

fn patched(command: &UpdateField, before: &FieldDefinition) -> FieldDefinition {
    let mut after = before.clone();
    let update = command.clone();
    after.name = update.name.unwrap_or(after.name);
    after.attribute_type = update.attribute_type.unwrap_or(after.attribute_type);
    after.metadata = update.metadata.unwrap_or(after.metadata);
    after.order = update.order.unwrap_or(after.order);
    after.is_hidden = update.is_hidden.unwrap_or(after.is_hidden);
    if !after.attribute_type.has_options() {
        let rest = std::mem::take(&mut after.metadata.rest);
        after.metadata = Metadata {
            rest,
            ..Metadata::default()
        };
    }
    after
}

/// Every stored value in the form of the new type; a fault if one has none.
fn convert(
    command: &UpdateField,
    before: &FieldDefinition,
    after: &FieldDefinition,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    let holders = draft.facts.holders(&command.key, before)?;
    match converted(&holders, after) {
        Ok(converted) => {
            for (record, value) in converted {
                let custom = CustomValues::from([(after.slug.clone(), value)]);
                draft.update(record, Values::new(), custom);
            }
        }
        Err(message) => draft.faults.add("attribute_type", message),
    }
    Ok(())
}

/// The records of which the stored form changes, with their new value.
fn converted<'a>(
    holders: &'a [Arc<Record>],
    after: &FieldDefinition,
) -> Result<Vec<(&'a Arc<Record>, Value)>, String> {
    let (count, to) = (holders.len(), after.attribute_type.name());
    if count > HOLDERS_MAX {
        return Err(format!(
            "cannot become '{to}': more than {HOLDERS_MAX} records have a value of the field"
        ));
    }
    if count > 0 && after.attribute_type == AttributeType::TeamMembers {
        return Err(format!(
            "cannot become '{to}' while records have a value of the field: {count} do"
        ));
    }
    let mut changed = vec![];
    for record in holders {
        let value = &record.custom[&after.slug];
        let becomes = after.converted(value).map_err(|unfit| {
            let (object, id) = (record.object.name(), record.id);
            format!("cannot become '{to}': the value of the {object} {id} {unfit}")
        })?;
        if becomes != *value {
            changed.push((record, becomes));
        }
    }
    Ok(changed)
}

/// Whether the pipeline that the fields belong to exists, where they belong to one; a fault if not.
fn has_pipeline(scope: Scope, draft: &mut Draft) -> Result<bool, NotLoaded> {
    let Some(id) = scope.pipeline_id() else {
        return Ok(true);
    };
    let exists = draft.facts.pipeline(id)?.is_some();
    if !exists {
        draft.faults.add("", format!("names no pipeline: '{id}'"));
    }
    Ok(exists)
}

fn written(field: Arc<FieldDefinition>, how: How, ignored: &[String]) -> Option<Outcome> {
    let ignored = ignored.to_vec();
    let written = FieldWritten {
        field,
        how,
        ignored,
    };
    Some(Outcome::Field(Box::new(written)))
}
