//! Bulk bodies: bare arrays of what the single call takes, and their answers item by item.

use std::collections::BTreeMap;

use lanekeeper_core::Faults;
use lanekeeper_core::object::BULK_LEN_MAX;
use lanekeeper_core::plan::Item;
use serde::Serialize;
use serde_json::Value as Json;

use crate::read::kind;

/// Reads each item of a bare array.
///
/// # Errors
/// Faults of the array itself: it is none, or has no items, or too many.
pub fn read(body: Json, read_one: impl Fn(Json) -> Item) -> Result<Vec<Item>, Faults> {
    let allowed = format!("send an array of 1 to {BULK_LEN_MAX} items");
    match body {
        Json::Array(items) if (1..=BULK_LEN_MAX).contains(&items.len()) => {
            Ok(items.into_iter().map(read_one).collect())
        }
        Json::Array(items) => {
            let len = items.len();
            Err(Faults::one("", format!("has {len} items; {allowed}")))
        }
        other => Err(Faults::one("", format!("is {}; {allowed}", kind(&other)))),
    }
}

/// What came of one item, where the others do not depend on it (`?partial=true`).
#[derive(Serialize)]
pub struct ItemResult<'a, T> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    success: bool,
    #[serde(rename = "statusCode")]
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'a BTreeMap<String, Vec<String>>>,
}

impl<'a, T: Serialize> ItemResult<'a, T> {
    /// An item that was done.
    pub fn done(index: usize, status_code: u16, data: T) -> Self {
        let (data, errors) = (Some(data), None);
        let id = None;
        Self {
            index,
            id,
            success: true,
            status_code,
            data,
            errors,
        }
    }

    /// With the key that named its record.
    #[must_use]
    pub fn with_id(self, id: Option<&'a str>) -> Self {
        Self { id, ..self }
    }

    /// An item that was refused.
    #[must_use]
    pub fn refused(index: usize, status_code: u16, faults: &'a Faults) -> Self {
        let (data, errors) = (None, Some(faults.by_path()));
        let id = None;
        Self {
            index,
            id,
            success: false,
            status_code,
            data,
            errors,
        }
    }
}
