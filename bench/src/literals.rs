//! From a statement with its values as literals back to the values.

use anyhow::{Context as _, Result, bail, ensure};
use rusqlite::types::Value;

/// What is bound to `?1`, `?2` and so on in `sql`, if with its values it reads `expanded`.
pub(crate) fn bound(sql: &str, expanded: &str) -> Result<Vec<Value>> {
    let mut values = vec![];
    let mut rest = expanded;
    let mut parts = sql.split('?');
    let first = parts.next().unwrap_or_default();
    rest = rest.strip_prefix(first).context("begins otherwise")?;
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, text) = part.split_at(digits);
        let place: usize = number.parse().context("a place without a number")?;
        ensure!(place > 0, "places begin with ?1");
        let (value, behind) = literal(rest)?;
        rest = behind.strip_prefix(text).context("goes on otherwise")?;
        if values.len() < place {
            values.resize(place, Value::Null);
        }
        values[place - 1] = value;
    }
    ensure!(rest.is_empty(), "goes on behind the end");
    Ok(values)
}

/// The literal at the beginning of a text, and what stands behind it.
fn literal(text: &str) -> Result<(Value, &str)> {
    if let Some(rest) = text.strip_prefix("NULL") {
        return Ok((Value::Null, rest));
    }
    if let Some(rest) = text.strip_prefix("x'") {
        let (hex, rest) = rest.split_once('\'').context("an open blob")?;
        return Ok((Value::Blob(bytes(hex)?), rest));
    }
    if let Some(rest) = text.strip_prefix('\'') {
        return quoted(rest);
    }
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e');
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let value = match number.contains(['.', 'e']) {
        true => Value::Real(number.parse()?),
        false => Value::Integer(number.parse()?),
    };
    Ok((value, rest))
}

/// A text up to its closing quote; a quote within it is doubled.
fn quoted(text: &str) -> Result<(Value, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let Some((part, behind)) = rest.split_once('\'') else {
            bail!("an open text");
        };
        value.push_str(part);
        match behind.strip_prefix('\'') {
            Some(behind) => {
                value.push('\'');
                rest = behind;
            }
            None => return Ok((Value::Text(value), behind)),
        }
    }
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?));
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_back_from_what_sqlite_says_of_them() {
        let values = vec![
            Value::Integer(-7),
            Value::Text("it's ?2, 'so'".to_owned()),
            Value::Real(25_000.5),
            Value::Blob(vec![0, 0xab]),
            Value::Null,
        ];
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let sql = "select ?1, ?2, ifnull(?3, x''), ?4, ?5, ?1";
        let mut statement = connection.prepare(sql).unwrap();
        for (place, value) in (1..).zip(&values) {
            statement.raw_bind_parameter(place, value).unwrap();
        }

        let expanded = statement.expanded_sql().unwrap();

        assert_eq!(bound(sql, &expanded).unwrap(), values);
    }
}
