//! What both databases keep as JSON.

use std::fmt;

use lanekeeper_core::Value;
use lanekeeper_core::custom::metadata::{Choice, Metadata};
use lanekeeper_core::value::CustomValues;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

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

/// The custom values of a record as they are kept, read without a tree of JSON in between: every record that is read has them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct StoredValues(pub(crate) CustomValues);

struct StoredValue(Value);

impl<'de> Deserialize<'de> for StoredValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = StoredValues;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("custom values")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut members: A,
            ) -> Result<StoredValues, A::Error> {
                let mut values = CustomValues::new();
                while let Some((slug, StoredValue(value))) = members.next_entry()? {
                    values.insert(slug, value);
                }
                Ok(StoredValues(values))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl<'de> Deserialize<'de> for StoredValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;

        impl<'de> Visitor<'de> for One {
            type Value = StoredValue;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("a text, a number, true, false or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<StoredValue, E> {
                Ok(StoredValue(Value::Text(text.to_owned())))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<StoredValue, E> {
                Ok(StoredValue(Value::Boolean(flag)))
            }

            fn visit_f64<E>(self, number: f64) -> Result<StoredValue, E> {
                Ok(StoredValue(Value::number(number)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<StoredValue, E> {
                Ok(StoredValue(Value::number(number as f64)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<StoredValue, E> {
                Ok(StoredValue(Value::number(number as f64)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<StoredValue, A::Error> {
                let mut texts = vec![];
                while let Some(text) = entries.next_element()? {
                    texts.push(text);
                }
                Ok(StoredValue(Value::Texts(texts)))
            }
        }
        deserializer.deserialize_any(One)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_values_are_read_as_they_are_kept() {
        let values = [
            ("flag", Value::Boolean(true)),
            ("list", Value::Texts(vec!["p".to_owned(), "q".to_owned()])),
            ("number", Value::Number(-2.5)),
            ("text", Value::Text("x\"y".to_owned())),
            ("whole", Value::Number(3.0)),
        ];
        let values: CustomValues = values
            .map(|(slug, value)| (slug.to_owned(), value))
            .into_iter()
            .collect();
        let kept = custom_sql(&values).unwrap();

        assert_eq!(from_json(kept.as_bytes()).ok(), Some(StoredValues(values)));
        for corrupt in [r#"{"a": null}"#, r#"{"a": {}}"#, r#"{"a": [1]}"#, "[]"] {
            assert!(
                from_json::<StoredValues>(corrupt.as_bytes()).is_err(),
                "{corrupt}"
            );
        }
    }
}
