//! Answers as snapshots show them: what differs from run to run is left out.

use lanekeeper_core::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// For a snapshot: each id by the order in which it appears, and no times, nor keys.
pub(crate) fn redacted(value: &Value) -> Value {
    redact(value, &mut vec![])
}

fn redact(value: &Value, ids: &mut Vec<Uuid>) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), redact(member, ids)))
            .collect(),
        Value::Array(entries) => entries.iter().map(|entry| redact(entry, ids)).collect(),
        Value::String(text) => redact_text(text, ids),
        other => other.clone(),
    }
}

fn redact_text(text: &str, ids: &mut Vec<Uuid>) -> Value {
    if let Ok(id) = text.parse::<Uuid>() {
        let known = ids.iter().position(|known| *known == id);
        let place = known.unwrap_or(ids.len());
        ids.extend(known.is_none().then_some(id));
        return format!("<id {}>", place + 1).into();
    }
    if text.starts_with(lanekeeper_core::key::PREFIX) {
        return "<key>".into();
    }
    match text.parse::<Timestamp>() {
        Ok(_) => "<time>".into(),
        Err(_) => text.into(),
    }
}
