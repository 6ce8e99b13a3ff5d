//! The bodies and the queries of requests, and what they name.

use serde_json::{Value, json};

use super::Name::{self, *};
use super::timelines::{about, entry, is_of_timelines};
use crate::support::Tenant;

/// What names the thing in the operation's body. A field is given a value that theirs does not hold.
pub(super) fn body(asking: &Tenant, operation: &str, name: Name, text: &str) -> Value {
    if is_of_timelines(operation) {
        return match operation.ends_with("/search") {
            true => json!({about(name): text}),
            false => entry(operation, name, text),
        };
    }
    if operation.ends_with("/search") {
        let pipeline_id = asking.pipeline_id.to_string();
        let owner = json!([{"field": "owner_id", "operator": "eq", "value": text}]);
        let account = json!([{"field": "account_id", "operator": "eq", "value": text}]);
        return match name {
            Pipeline => json!({"pipeline_id": text}),
            Stage => json!({"pipeline_id": pipeline_id, "stage_id": text}),
            Owner => json!({"pipeline_id": pipeline_id, "filters": owner}),
            _ => json!({"pipeline_id": pipeline_id, "filters": account}),
        };
    }
    if operation.contains("/fields") {
        return match name {
            Field => json!({"name": "Same", "attribute_type": "number", "property_name": text}),
            FieldId => json!({"name": "Same", "id": text}),
            _ => json!({"name": "Same", "attribute_type": "number", "property_name": "same"}),
        };
    }
    if let Some(body) = of_settings(operation, name, text) {
        return body;
    }
    if operation.contains("accounts") {
        let domain = if name == Domain { text } else { "acme.com" };
        return match name {
            Field => json!({"domain": domain, text: 1}),
            _ => json!({"domain": domain}),
        };
    }
    if operation.contains("contacts") {
        let email = if name == Email { text } else { "jane@acme.com" };
        return match name {
            Field => json!({"email": email, text: 1}),
            OtherEmail => json!({"email": email, "other_emails": [text]}),
            _ => json!({"email": email}),
        };
    }
    let mut body = asking.opportunity(json!({}), json!({}));
    let (object, member) = match name {
        Pipeline => return json!({"pipeline_id": text, "opportunity": {}, "related_objects": {}}),
        Stage => ("opportunity", "stage_id"),
        StageLabel => ("opportunity", "stage_name"),
        Field => return asking.opportunity(json!({"custom_attributes": {text: 1}}), json!({})),
        Owner => ("related_objects", "owner_id"),
        OwnerEmail => ("related_objects", "owner_email"),
        Domain => ("related_objects", "account_domain"),
        Email | OtherEmail => ("related_objects", "primary_contact_email"),
        _ => return body,
    };
    body[object][member] = json!(text);
    body
}

/// What names the thing in the operation's query.
pub(super) fn parameters(asking: &Tenant, operation: &str, name: Name, text: &str) -> String {
    let is_list = operation.starts_with("GET ") && !operation.contains('{');
    let pipeline_id = asking.pipeline_id;
    match name {
        Sequence => format!("?after={text}"),
        Pipeline if is_list => format!("?pipeline_id={text}"),
        Stage if is_list => format!("?pipeline_id={pipeline_id}&stage_id={text}"),
        _ if is_list && is_of_timelines(operation) => format!("?{}={text}", about(name)),
        _ => String::new(),
    }
}

/// The same for stages, pipelines, members and keys.
fn of_settings(operation: &str, name: Name, text: &str) -> Option<Value> {
    let or_same = |is_named: bool| if is_named { text } else { "same@acme.com" };
    Some(match operation.split(' ').nth(1)? {
        path if path.contains("/stages") && name == Destination => {
            json!({"is_active": false, "move_to_stage_id": text})
        }
        path if path.contains("/stages") => json!({"label": or_same(name == StageLabel)}),
        path if path.contains("/pipelines") => json!({"name": or_same(name == PipelineLabel)}),
        path if path.contains("/users") => json!({"email": or_same(name == OwnerEmail)}),
        path if path.contains("/keys") => json!({"name": "Same", "scope": "read"}),
        _ => return None,
    })
}
