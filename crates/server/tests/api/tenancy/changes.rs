//! Requests that change a record which is there.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Name::{self, *};
use super::timelines::is_of_timelines;
use crate::support::{Tenant, TestApp};

/// Whether the path of the operation has the place for such a name.
pub(super) fn is_in_path(name: Name, path: &str) -> bool {
    match name {
        Account => path.contains("{account_id}"),
        Contact => path.contains("{contact_id}"),
        Opportunity => path.contains("{opportunity_id}"),
        Note => path.contains("{note_id}"),
        Activity => path.contains("{activity_id}"),
        _ => false,
    }
}

/// Whether the operation has something to do, were the key not another's.
pub(super) fn has_own_record(operation: &str, name: Name) -> bool {
    let is_of_settings = operation.contains("/stages") || operation.contains("/keys");
    let is_written = operation.starts_with("DELETE ") || operation.ends_with("/restore");
    name == IdempotencyKey && is_written && !is_of_settings
}

/// Makes a record of the kind that the path is about.
pub(super) async fn own_record(app: &TestApp, asking: &Tenant, path: &str) -> String {
    let (target, body) = if path.contains("accounts") {
        ("/v1/accounts", json!({"domain": "own.com"}))
    } else if path.contains("contacts") {
        ("/v1/contacts", json!({"email": "own@own.com"}))
    } else if path.contains("notes") {
        let note = json!({"content": "own", "account_domain": "own.com"});
        ("/v1/notes", note)
    } else if path.contains("activities") {
        let activity = json!({"activity_type": "CALL", "title": "own"});
        ("/v1/activities", activity)
    } else {
        let body = asking.opportunity(json!({}), json!({}));
        ("/v1/opportunities", body)
    };
    let call = app.call("POST", target).key(&asking.key);
    let made = call.json(&body).send().await;
    made.data()["id"].as_str().expect("an id").to_owned()
}

/// A change that names the thing, to a record of one's own unless that is the thing.
pub(super) fn change(operation: &str, name: Name, text: &str, own: &str) -> Value {
    if operation.ends_with("/merge") {
        let from = if name == Merged {
            text.to_owned()
        } else {
            Uuid::nil().to_string()
        };
        return json!({"from": [from]});
    }
    if is_of_timelines(operation) {
        return match name {
            Account => json!({"account_ids": [text]}),
            Contact => json!({"contact_ids": [text]}),
            Opportunity => json!({"opportunity_ids": [text]}),
            _ => json!({}),
        };
    }
    let is_opportunity = operation.contains("opportunities");
    let member = match name {
        Stage => "stage_id",
        StageLabel => "stage_name",
        Owner => "owner_id",
        OwnerEmail => "owner_email",
        Domain if is_opportunity => "account_domain",
        Domain => "domain",
        Email | OtherEmail if is_opportunity => "primary_contact_email",
        Email => "email",
        OtherEmail => "other_emails",
        Account => "account_id",
        Contact => "contact_id",
        Field => text,
        _ => "custom_fields",
    };
    let value = match (name, member) {
        (_, "custom_fields") => json!({}),
        (_, "other_emails") => json!([text]),
        (Field, _) => json!(1),
        _ => json!(text),
    };
    let is_the_thing = match name {
        Account => operation.contains("accounts"),
        Contact => operation.contains("contacts"),
        Opportunity => true,
        _ => false,
    };
    let update = if is_the_thing {
        json!({})
    } else {
        json!({member: value})
    };
    let key = if is_the_thing { text } else { own };
    match operation.ends_with("/bulk") {
        true => json!({key: update}),
        false => update,
    }
}
