//! Custom attributes: which field each key names, and what happens to one that names none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::draft::Draft;
use crate::command::{Attribute, Attributes};
use crate::custom::normal::MemberKey;
use crate::custom::{self, AttributeType, FIELDS_MAX, FieldDefinition, Metadata, Scope};
use crate::facts::NotLoaded;
use crate::pipeline::UnknownAttributes;
use crate::text::quote;
use crate::value::{CustomValues, Value};
use crate::{Change, Object, nearest};

/// The custom values that were sent, and the paths that were ignored. A key that names no field makes one, so that
/// nothing sent is lost, unless the organisation is strict.
pub(super) fn resolve(
    scope: Scope,
    attributes: &Attributes,
    draft: &mut Draft,
) -> Result<(CustomValues, Vec<String>), NotLoaded> {
    let mut values = CustomValues::new();
    let mut ignored = attributes.ignored.clone();
    for (path, attribute) in &attributes.kept {
        match (&attribute.value, slug_named(scope, attribute, draft)?) {
            (Some(value), Some(slug)) => put(scope, path, value, slug, &mut values, draft)?,
            (Some(value), None) => {
                if let Some(slug) = make_field(scope, path, attribute, value, draft)? {
                    values.insert(slug, value.clone());
                }
            }
            (None, Some(_)) => {}
            (None, None) => ignored.push(path.clone()),
        }
    }
    for (path, attribute) in &attributes.extra {
        match (&attribute.value, slug_named(scope, attribute, draft)?) {
            (Some(value), Some(slug)) => put(scope, path, value, slug, &mut values, draft)?,
            _ => ignored.push(path.clone()),
        }
    }
    Ok((values, ignored))
}

/// Sets and clears custom values as they were sent. A key has to name a field.
pub(super) fn update(
    scope: Scope,
    sent: &BTreeMap<String, Attribute>,
    custom: &mut CustomValues,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    let mut values = CustomValues::new();
    let mut cleared: Vec<String> = vec![];
    for (path, attribute) in sent {
        match (slug_named(scope, attribute, draft)?, &attribute.value) {
            (None, _) => {
                let message = unknown(scope, &attribute.key, draft)?;
                draft.faults.add(path, message);
            }
            (Some(slug), None) => cleared.push(slug),
            (Some(slug), Some(value)) if value.is_empty() => cleared.push(slug),
            (Some(slug), Some(value)) => put(scope, path, value, slug, &mut values, draft)?,
        }
    }
    cleared.iter().for_each(|slug| drop(custom.remove(slug)));
    custom.extend(values);
    Ok(())
}

/// What to say of attributes where there are no custom fields.
pub(super) fn refuse(object: Object, sent: &BTreeMap<String, Attribute>, draft: &mut Draft) {
    for (path, attribute) in sent {
        let system = object.fields().iter().map(|field| field.name);
        let hint = nearest::hint(&attribute.key, system);
        draft.faults.add(path, format!("names no field{hint}"));
    }
}

/// What to say of a key that names nothing.
fn unknown(scope: Scope, key: &str, draft: &Draft) -> Result<String, NotLoaded> {
    let system = scope.object().fields().iter().map(|field| field.name);
    let fields = draft.facts.fields(scope)?;
    let names = system.chain(fields.iter().map(|field| field.slug.as_str()));
    Ok(format!("names no field{}", nearest::hint(key, names)))
}

fn slug_named(
    scope: Scope,
    attribute: &Attribute,
    draft: &Draft,
) -> Result<Option<String>, NotLoaded> {
    let fields = draft.facts.fields(scope)?;
    let field = custom::named(&attribute.key, &fields);
    Ok(field.map(|field| field.slug.clone()))
}

/// Takes the value in its field's form if it fits, and the field has none yet.
fn put(
    scope: Scope,
    path: &str,
    value: &Value,
    slug: String,
    values: &mut CustomValues,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    if values.contains_key(&slug) {
        let message = format!("names the field '{slug}', as another member does; send it once");
        draft.faults.add(path, message);
        return Ok(());
    }
    let fields = draft.facts.fields(scope)?;
    let field = fields.iter().find(|field| field.slug == slug);
    let field = field.expect("the slug is a field's");
    match normal(field, value, draft)? {
        Ok(value) if value.is_empty() => {}
        Ok(value) => drop(values.insert(slug, value)),
        Err(message) => draft.faults.add(path, message),
    }
    Ok(())
}

/// The value as its field stores it, members by their ids; or what is wrong with it.
fn normal(
    field: &FieldDefinition,
    value: &Value,
    draft: &Draft,
) -> Result<Result<Value, String>, NotLoaded> {
    let normal = match field.normal(value) {
        Ok(normal) => normal,
        Err(unfit) => return Ok(Err(unfit.to_string())),
    };
    let Value::Texts(named) = &normal else {
        return Ok(Ok(normal));
    };
    if field.attribute_type != AttributeType::TeamMembers {
        return Ok(Ok(normal));
    }
    let mut ids: Vec<String> = vec![];
    for text in named {
        let member = match MemberKey::of(text) {
            Some(MemberKey::Id(id)) => draft.facts.user(id)?,
            Some(MemberKey::Email(email)) => draft.facts.user_by_email(&email)?,
            None => None,
        };
        let Some(member) = member else {
            return Ok(Err(format!("names no member: {}", quote(text))));
        };
        let id = member.id.to_string();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(Ok(Value::Texts(ids)))
}

/// Makes a field for an attribute that names none; its slug, unless that is refused.
fn make_field(
    scope: Scope,
    path: &str,
    attribute: &Attribute,
    value: &Value,
    draft: &mut Draft,
) -> Result<Option<String>, NotLoaded> {
    let fields = draft.facts.fields(scope)?;
    let made = new_field(
        scope,
        attribute,
        value,
        &fields,
        draft.facts.unknown_attributes(),
    );
    Ok(match made {
        Ok((slug, attribute_type)) => {
            let order = next_order(&fields);
            let name = attribute.key.trim();
            let name = name.strip_prefix("custom__").unwrap_or(name).to_owned();
            let (id, created_at) = (draft.id(), draft.now);
            let field = FieldDefinition {
                id,
                scope,
                is_system: false,
                slug: slug.clone(),
                name,
                attribute_type,
                metadata: Metadata::default(),
                order,
                is_hidden: false,
                created_at,
            };
            draft.change(Change::CreateField(Arc::new(field)));
            Some(slug)
        }
        Err(message) => {
            draft.faults.add(path, message);
            None
        }
    })
}

/// Slug and type of the field to make, or why it is refused.
fn new_field(
    scope: Scope,
    attribute: &Attribute,
    value: &Value,
    fields: &[&FieldDefinition],
    unknown: UnknownAttributes,
) -> Result<(String, AttributeType), String> {
    if unknown == UnknownAttributes::Refuse {
        let slugs = fields.iter().map(|field| field.slug.as_str());
        return Err(format!(
            "names no field{}",
            nearest::hint(&attribute.key, slugs)
        ));
    }
    let Some(attribute_type) = AttributeType::inferred(value) else {
        let sent = value.kind_name();
        return Err(format!(
            "is {sent}, for which no field can be made; send a string, a number or a boolean"
        ));
    };
    if fields.len() >= FIELDS_MAX {
        return Err(format!(
            "names no field, and there are {FIELDS_MAX} already, the most there can be"
        ));
    }
    let taken = |slug: &str| is_taken(scope, slug, fields);
    Ok((custom::slug_for(&attribute.key, taken), attribute_type))
}

/// Whether no new field may have the slug.
pub(super) fn is_taken(scope: Scope, slug: &str, fields: &[&FieldDefinition]) -> bool {
    scope.object().reserves(slug) || fields.iter().any(|field| field.slug == slug)
}

/// The place behind all fields.
pub(super) fn next_order(fields: &[&FieldDefinition]) -> i64 {
    let last = fields.iter().map(|field| field.order).max();
    last.unwrap_or(0).saturating_add(1)
}
