//! Requests of notes and activities, and what they name.

use serde_json::{Value, json};

use super::Name::{self, *};

pub(super) const NOTE: &[Name] = &[
    Account,
    Contact,
    Opportunity,
    Domain,
    Email,
    OtherEmail,
    IdempotencyKey,
];
pub(super) const ACTIVITY: &[Name] = &[
    Account,
    Contact,
    Opportunity,
    Domain,
    Email,
    OtherEmail,
    OwnerEmail,
    IdempotencyKey,
];
pub(super) const NOTE_UPDATE: &[Name] = &[Note, Account, Contact, Opportunity, IdempotencyKey];
pub(super) const ACTIVITY_UPDATE: &[Name] =
    &[Activity, Account, Contact, Opportunity, IdempotencyKey];
pub(super) const TIMELINE: &[Name] = &[Account, Contact, Opportunity];

/// Whether it is one of notes or activities.
pub(super) fn is_of_timelines(operation: &str) -> bool {
    operation.contains("/notes") || operation.contains("/activities")
}

/// The member or parameter that says what a note or an activity is about.
pub(super) const fn about(name: Name) -> &'static str {
    match name {
        Account => "account_id",
        Contact => "contact_id",
        Opportunity => "opportunity_id",
        Domain => "account_domain",
        _ => "contact_email",
    }
}

/// A note or an activity that names the thing.
pub(super) fn entry(operation: &str, name: Name, text: &str) -> Value {
    let mut body = match operation.contains("/notes") {
        true => json!({"content": "Same", "account_domain": "acme.com"}),
        false => json!({"activity_type": "CALL", "title": "Same"}),
    };
    match name {
        IdempotencyKey => {}
        OwnerEmail => body["participants"] = json!([text]),
        name => body[about(name)] = json!(text),
    }
    body
}
