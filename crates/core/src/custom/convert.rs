//! What a stored value becomes when its field changes its type.

use super::FieldDefinition;
use super::normal::Unfit;
use crate::value::Value;

impl FieldDefinition {
    /// What a value of another type becomes in this field: as if it were sent, or else what its text says.
    ///
    /// # Errors
    /// [`Unfit`] if it does not convert without loss.
    pub fn converted(&self, value: &Value) -> Result<Value, Unfit> {
        let as_sent = self.normal(value);
        match (&as_sent, read_otherwise(value)) {
            (Err(_), Some(other)) => self.normal(&other).or(as_sent),
            _ => as_sent,
        }
    }
}

/// The same value written in another way: `"12"` for 12, 12 for `"12"`, one text for a list of one.
fn read_otherwise(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) | Value::Boolean(_) => Some(Value::Text(text_of(value))),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            text => plain_number(text).map(Value::number),
        },
        Value::Texts(texts) => match texts.as_slice() {
            [text] => Some(Value::Text(text.clone())),
            _ => None,
        },
        _ => None,
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        _ => String::new(),
    }
}

/// A number in plain digits: `-12.5`, not `1e5`, `inf` or `0x10`.
fn plain_number(text: &str) -> Option<f64> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b'-';
    let number: f64 = Some(text)
        .filter(|text| text.bytes().all(is_plain))?
        .parse()
        .ok()?;
    number.is_finite().then_some(number)
}
