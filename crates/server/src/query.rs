//! Query parameters: each known, at most once, and of its type.

use std::collections::BTreeMap;

use axum::http::Uri;
use lanekeeper_core::Faults;
use lanekeeper_core::text::quote;
use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// The parameters of a request.
#[derive(Debug)]
pub(crate) struct Query {
    values: BTreeMap<String, String>,
    /// Those that may be there several times, with their names.
    lists: BTreeMap<&'static str, Vec<String>>,
    faults: Faults,
}

impl Query {
    /// Reads them: what is not in `allowed` is a fault, because a misspelt `dry_run` must not write.
    pub(crate) fn of(uri: &Uri, allowed: &[&str]) -> Self {
        Self::with_lists(uri, allowed, &[])
    }

    /// Reads them; those in `lists` may be there several times.
    pub(crate) fn with_lists(uri: &Uri, allowed: &[&str], lists: &[&'static str]) -> Self {
        let mut query = Self {
            values: BTreeMap::new(),
            lists: lists.iter().map(|name| (*name, vec![])).collect(),
            faults: Faults::default(),
        };
        let pairs = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        for pair in pairs {
            query.add(pair, allowed);
        }
        query
    }

    fn add(&mut self, pair: &str, allowed: &[&str]) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            self.faults.add(quote(pair), "is not percent-encoded UTF-8");
            return;
        };
        let is_list = self.lists.contains_key(name.as_str());
        if !is_list && !allowed.contains(&name.as_str()) {
            let names = allowed.iter().chain(self.lists.keys());
            let names: Vec<&str> = names.copied().collect();
            let allowed = match names.as_slice() {
                [] => "this address takes none".to_owned(),
                names => format!("allowed are {}", names.join(", ")),
            };
            self.faults
                .add(quote(&name), format!("is no parameter; {allowed}"));
        } else if value.contains('\0') {
            self.faults.add(name, "contains a NUL character");
        } else if let Some(list) = self.lists.get_mut(name.as_str()) {
            list.push(value);
        } else if self.values.insert(name.clone(), value).is_some() {
            self.faults.add(name, "is there twice; send it once");
        }
    }

    /// `true` or `false`; `false` if it is not there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        match self.values.get(name).map(String::as_str) {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                self.faults
                    .add(name, format!("is {}; send true or false", quote(other)));
                false
            }
        }
    }

    /// A whole number within bounds; `default` if it is not there.
    pub(crate) fn number(
        &mut self,
        name: &str,
        default: i64,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> i64 {
        let Some(text) = self.values.get(name) else {
            return default;
        };
        match text.parse() {
            Ok(number) if bounds.contains(&number) => number,
            _ => {
                let (least, most) = (bounds.start(), bounds.end());
                self.faults.add(
                    name,
                    format!(
                        "is {}; send a whole number from {least} to {most}",
                        quote(text)
                    ),
                );
                default
            }
        }
    }

    /// A text, if it is there and not empty.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.values.remove(name).filter(|text| !text.is_empty())
    }

    /// A value, if it is there; an empty one is for whoever reads it to refuse.
    pub(crate) fn value(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    /// The texts of a parameter that may be there several times.
    pub(crate) fn texts(&mut self, name: &str) -> Vec<String> {
        self.lists.remove(name).unwrap_or_default()
    }

    /// What was wrong with them so far.
    pub(crate) fn into_faults(self) -> Faults {
        self.faults
    }

    /// Whether all were good.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        self.faults.or(()).map_err(ApiError::Invalid)
    }
}

fn decode(text: &str) -> Option<String> {
    let is_whole = text.match_indices('%').all(|(at, _)| {
        let digits = text.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8().ok()?;
    is_whole.then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        let uri: Uri = format!("/v1/accounts?{text}").parse().unwrap();
        Query::of(&uri, &["dry_run", "limit"])
    }

    #[test]
    fn parameters_that_are_good_are_read() {
        let mut read = query("dry_run=true&limit=%35");

        assert!(read.flag("dry_run"));
        assert_eq!(read.number("limit", 100, 1..=500), 5);
        assert!(read.finish().is_ok());
    }

    #[test]
    fn a_list_may_be_there_several_times() {
        let uri: Uri = "/v1/accounts?fields=a&fields=b".parse().unwrap();
        let mut read = Query::with_lists(&uri, &[], &["fields"]);

        assert_eq!(read.texts("fields"), ["a", "b"]);
        assert!(read.finish().is_ok());
    }

    #[test]
    fn parameters_that_are_unknown_repeated_or_of_another_type_are_refused() {
        for text in [
            "dryrun=true",
            "dry_run=yes",
            "dry_run=true&dry_run=false",
            "limit=0",
            "limit=x",
            "limit=%zz",
            "limit=%ff",
            "limit=1%00",
        ] {
            let mut read = query(text);
            read.flag("dry_run");
            read.number("limit", 100, 1..=500);

            assert!(read.finish().is_err(), "{text}");
        }
    }
}
