//! What every answer is wrapped in.

use lanekeeper_core::Faults;
use serde::Serialize;
use std::collections::BTreeMap;

/// The answer to what succeeded.
#[derive(Serialize)]
pub struct Success<'a, T> {
    success: bool,
    message: &'a str,
    #[serde(rename = "statusCode")]
    status_code: u16,
    data: T,
}

impl<'a, T: Serialize> Success<'a, T> {
    /// With this status, message and data.
    pub fn new(status_code: u16, message: &'a str, data: T) -> Self {
        Self {
            success: true,
            message,
            status_code,
            data,
        }
    }
}

/// The answer to what failed.
#[derive(Serialize)]
pub struct Failure<'a> {
    success: bool,
    message: &'a str,
    #[serde(rename = "statusCode")]
    status_code: u16,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'a BTreeMap<String, Vec<String>>>,
}

impl<'a> Failure<'a> {
    /// With this status, a message for people, a code for programs, and what was wrong with the body.
    #[must_use]
    pub fn new(
        status_code: u16,
        code: &'a str,
        message: &'a str,
        request_id: &'a str,
        faults: Option<&'a Faults>,
    ) -> Self {
        let errors = faults.map(Faults::by_path);
        Self {
            success: false,
            message,
            status_code,
            code,
            request_id,
            errors,
        }
    }
}
