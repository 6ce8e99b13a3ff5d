//! What the feed says of fields, pipelines, stages, members and keys.

use lanekeeper_core::custom::FieldDefinition;
use lanekeeper_core::key::Key;
use lanekeeper_core::pipeline::{Pipeline, Stage, User};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub(super) fn field_json(field: &FieldDefinition) -> Value {
    json!({
        "object": field.scope.object().name(),
        "pipeline_id": field.scope.pipeline_id(),
        "property_name": field.slug,
        "name": field.name,
        "attribute_type": field.attribute_type.name(),
        "metadata": metadata_json(field),
        "order": field.order,
        "is_hidden": field.is_hidden,
        "is_system": field.is_system,
    })
}

fn metadata_json(field: &FieldDefinition) -> Value {
    let mut metadata = json!(field.metadata.rest);
    if field.attribute_type.has_options() {
        metadata["options"] = json!(field.metadata.options);
    }
    metadata
}

/// A pipeline without its stages.
pub(super) fn pipeline_json(pipeline: &Pipeline) -> Value {
    json!({"name": pipeline.name, "is_default": pipeline.is_default})
}

pub(super) fn user_json(user: &User) -> Value {
    json!({
        "email": user.email,
        "name": user.name,
        "role": user.role.name(),
        "is_active": user.is_active,
    })
}

/// A key without its hash.
pub(super) fn key_json(key: &Key) -> Value {
    json!({
        "name": key.name,
        "scope": key.scope.name(),
        "routes": key.routes,
        "hint": key.hint,
        "expires_at": key.expires_at,
    })
}

pub(super) fn stage_json(pipeline_id: Uuid, stage: &Stage) -> Value {
    json!({
        "pipeline_id": pipeline_id,
        "label": stage.label,
        "stage_order": stage.order,
        "color": stage.color,
        "is_active": stage.is_active,
        "is_default": stage.is_default,
        "probability": stage.probability,
        "stage_type": stage.stage_type.name(),
    })
}

/// An update: only the members that differ.
pub(super) fn updated(object: &str, id: Uuid, was: Value, is: Value) -> Value {
    let names = is.as_object().into_iter().flat_map(Map::keys);
    let changed: Vec<&String> = names.filter(|name| was[*name] != is[*name]).collect();
    let only = |json: &Value| -> Map<String, Value> {
        let members = changed.iter();
        let members = members.map(|name| ((*name).clone(), json[name.as_str()].clone()));
        members.collect()
    };
    json!({
        "object": object,
        "object_id": id,
        "action": "updated",
        "changed": changed,
        "before": only(&was),
        "after": only(&is),
    })
}

/// What is gone: only what it had is told.
pub(super) fn deleted(object: &str, id: Uuid, mut was: Value) -> Value {
    if let Some(members) = was.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    let changed: Vec<&String> = was.as_object().into_iter().flat_map(Map::keys).collect();
    json!({
        "object": object,
        "object_id": id,
        "action": "deleted",
        "changed": changed,
        "before": was,
        "after": null,
    })
}
