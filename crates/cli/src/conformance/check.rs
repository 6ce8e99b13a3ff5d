//! Whether an answer is what a step expects.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::fill::as_text;

/// An answer over HTTP.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Their names in small letters.
    pub(super) headers: Map<String, Value>,
    /// Null where it was not JSON.
    pub(super) body: Value,
}

/// What an answer must be.
#[derive(Debug)]
pub(super) struct Expected {
    /// A status, or an array of them.
    pub(super) status: Value,
    /// By JSON pointers into the body.
    pub(super) body: Map<String, Value>,
    pub(super) headers: Map<String, Value>,
}

impl Expected {
    /// The first difference, in one line.
    pub(super) fn difference(&self, got: &Answer) -> Option<String> {
        let is_expected = match &self.status {
            Value::Array(several) => several.contains(&got.status.into()),
            one => one.as_u64() == Some(got.status.into()),
        };
        if !is_expected {
            return Some(format!(
                "status: expected {}, got {} {}",
                shortened(&self.status),
                got.status,
                shortened(&got.body)
            ));
        }
        let of_body = self.body.iter().map(|(pointer, expected)| {
            let got = got.body.pointer(pointer);
            (pointer, expected, got)
        });
        let of_headers = self.headers.iter().map(|(name, expected)| {
            let got = got.headers.get(&name.to_lowercase());
            (name, expected, got)
        });
        let mut all = of_body.chain(of_headers);
        all.find_map(|(place, expected, got)| {
            let is_expected = fits(expected, got);
            let line = || {
                let got = got.map_or_else(|| "nothing".to_owned(), shortened);
                format!("{place}: expected {}, got {got}", shortened(expected))
            };
            (!is_expected).then(line)
        })
    }
}

/// A value fits itself; an object with one member that begins with `$` says otherwise what fits.
fn fits(expected: &Value, got: Option<&Value>) -> bool {
    let rule = expected.as_object().filter(|members| members.len() == 1);
    let rule = rule.and_then(|members| members.iter().next());
    match (rule, got) {
        (Some((name, wanted)), got) if name.starts_with('$') => fits_rule(name, wanted, got),
        (_, Some(got)) => is_same(expected, got),
        (_, None) => false,
    }
}

fn fits_rule(name: &str, wanted: &Value, got: Option<&Value>) -> bool {
    if name == "$is" && wanted == "absent" {
        return got.is_none();
    }
    let Some(got) = got else {
        return false;
    };
    let length = match got {
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        _ => None,
    };
    match (name, wanted) {
        ("$is", Value::String(kind)) => is_a(kind, got),
        ("$in", Value::Array(several)) => several.iter().any(|one| fits(one, Some(got))),
        ("$not", wanted) => !fits(wanted, Some(got)),
        ("$contains", wanted) => as_text(got.clone()).contains(&as_text(wanted.clone())),
        ("$length", wanted) => length.map(Value::from).as_ref() == Some(wanted),
        ("$has", wanted) => {
            let items = got.as_array().into_iter().flatten();
            items.into_iter().any(|item| fits(wanted, Some(item)))
        }
        ("$each", wanted) => {
            let items = got.as_array();
            items.is_some_and(|items| items.iter().all(|item| fits(wanted, Some(item))))
        }
        // Members beyond these are not looked at.
        ("$members", Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, wanted)| fits(wanted, got.get(name))),
        _ => false,
    }
}

fn is_a(kind: &str, got: &Value) -> bool {
    let text = got.as_str();
    match kind {
        "uuid" => text.is_some_and(|text| Uuid::try_parse(text).is_ok()),
        "time" => text.is_some_and(is_time),
        "text" => text.is_some_and(|text| !text.is_empty()),
        "number" => got.is_number(),
        "boolean" => got.is_boolean(),
        "array" => got.is_array(),
        "object" => got.is_object(),
        _ => false,
    }
}

/// Whether it has the form `2026-05-25T09:30:03.285099Z`.
fn is_time(text: &str) -> bool {
    const FORM: &str = "0000-00-00T00:00:00.000000Z";
    let fits = |(wanted, got): (u8, u8)| match wanted {
        b'0' => got.is_ascii_digit(),
        wanted => got == wanted,
    };
    text.len() == FORM.len() && FORM.bytes().zip(text.bytes()).all(fits)
}

/// Numbers are the same however they are written.
fn is_same(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Number(expected), Value::Number(got)) => expected.as_f64() == got.as_f64(),
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len()
                && expected
                    .iter()
                    .zip(got)
                    .all(|(expected, got)| fits(expected, Some(got)))
        }
        (Value::Object(expected), Value::Object(got)) => {
            expected.len() == got.len()
                && expected
                    .iter()
                    .all(|(name, expected)| fits(expected, got.get(name)))
        }
        (expected, got) => expected == got,
    }
}

fn shortened(value: &Value) -> String {
    const CHARS_MAX: usize = 160;
    let text = value.to_string();
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(status: Value, body: Value) -> Option<String> {
        let expected = Expected {
            status,
            body: body.as_object().cloned().unwrap_or_default(),
            headers: Map::new(),
        };
        expected.difference(&Answer {
            status: 201,
            headers: Map::new(),
            body: json!({"data": {"id": "019e5e78-2e03-7b1c-9a40-6c1f2d7e8b01", "size": 12.0, "tags": ["a", "b"],
                "created_at": "2026-05-25T09:30:03.285099Z", "note": null}}),
        })
    }

    #[test]
    fn what_fits_is_no_difference() {
        for body in [
            json!({}),
            json!({"/data/id": {"$is": "uuid"}, "/data/created_at": {"$is": "time"}}),
            json!({"/data/size": 12, "/data/note": null, "/data/more": {"$is": "absent"}}),
            json!({"/data/tags": ["a", "b"]}),
            json!({"/data/tags": {"$has": "b"}}),
            json!({"/data/tags": {"$length": 2}}),
            json!({"/data/tags": {"$each": {"$in": ["a", "b"]}}}),
            json!({"/data/id": {"$contains": "019e"}, "/data/size": {"$not": 13}}),
            json!({"/data": {"$members": {"size": 12, "gone": {"$is": "absent"}}}}),
        ] {
            assert_eq!(difference(json!([200, 201]), body.clone()), None, "{body}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_in_a_line() {
        for body in [
            json!({"/data/size": "12"}),
            json!({"/data/note": "x"}),
            json!({"/data/note": {"$is": "absent"}}),
            json!({"/data/tags": ["a"]}),
            json!({"/data/tags": {"$has": "c"}}),
            json!({"/data/tags/2": {"$not": "c"}}),
            json!({"/data/id": {"$is": "time"}}),
            json!({"/data/id": {"$no_such_rule": 1}}),
        ] {
            assert!(difference(json!(201), body.clone()).is_some(), "{body}");
        }
        let line = difference(json!(201), json!({"/data/size": 13}));
        assert_eq!(line.as_deref(), Some("/data/size: expected 13, got 12.0"));
        let line = difference(json!(200), json!({})).unwrap_or_default();
        assert!(
            line.starts_with("status: expected 200, got 201 {"),
            "{line}"
        );
    }
}
