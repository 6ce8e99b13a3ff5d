//! What both databases keep as JSON.

use lanekeeper_core::Value;
use lanekeeper_core::custom::metadata::{Choice, Metadata};
use lanekeeper_core::value::CustomValues;

use crate::ReadError;

/// What is bound for a field's metadata; null where there is none.
pub(crate) fn metadata_sql(metadata: &Metadata) -> Option<String> {
    let json = serde_json::json!({"options": metadata.options, "rest": metadata.rest});
    (*metadata != Metadata::default()).then(|| json.to_string())
}

/// The metadata of a field.
pub(crate) fn metadata_of(json: Option<String>) -> Result<Metadata, ReadError> {
    #[derive(serde::Deserialize)]
    struct Stored {
        options: Vec<StoredChoice>,
        rest: serde_json::Map<String, serde_json::Value>,
    }
    #[derive(serde::Deserialize)]
    struct StoredChoice {
        label: String,
        value: String,
        color: Option<String>,
    }
    let Some(json) = json else {
        return Ok(Metadata::default());
    };
    let stored: Stored = from_json(json.as_bytes())?;
    let options = stored.options.into_iter().map(|stored| Choice {
        label: stored.label,
        value: stored.value,
        color: stored.color,
    });
    let rest = stored.rest.into_iter();
    let rest = rest.map(|(name, value)| Ok((name, custom_value(value)?)));
    Ok(Metadata {
        options: options.collect(),
        rest: rest.collect::<Result<_, ReadError>>()?,
    })
}

/// The custom values of a record.
pub(crate) fn custom_of_json(
    members: serde_json::Map<String, serde_json::Value>,
) -> Result<CustomValues, ReadError> {
    let values = members
        .into_iter()
        .map(|(slug, value)| Ok((slug, custom_value(value)?)));
    values.collect()
}

fn custom_value(json: serde_json::Value) -> Result<Value, ReadError> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::String(text) => Value::Text(text),
        Json::Bool(flag) => Value::Boolean(flag),
        Json::Number(number) => Value::number(number.as_f64().unwrap_or_default()),
        Json::Array(texts) => {
            let texts = texts.iter().map(|text| text.as_str().map(str::to_owned));
            let texts: Option<Vec<String>> = texts.collect();
            let corrupt = || ReadError::Corrupt("a list with something else than texts".to_owned());
            Value::Texts(texts.ok_or_else(corrupt)?)
        }
        other => return Err(ReadError::Corrupt(format!("a custom value is {other}"))),
    })
}

pub(crate) fn from_json<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T, ReadError> {
    serde_json::from_slice(json).map_err(|error| ReadError::Corrupt(error.to_string()))
}

/// What is bound for the custom values; null where there are none.
pub(crate) fn custom_sql(custom: &CustomValues) -> Option<String> {
    let json = || serde_json::to_string(custom).expect("custom values are JSON");
    (!custom.is_empty()).then(json)
}
