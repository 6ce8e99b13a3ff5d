//! What belongs to another organisation is answered exactly like what does not exist: every operation, every place
//! that takes an id.

mod bodies;
mod changes;
mod matrix;
mod timelines;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use bodies::{body, parameters};
use changes::{change, has_own_record, is_in_path, own_record};
use matrix::MATRIX;

use crate::openapi::{document, operations};
use crate::redaction::redacted;
use crate::support::{Answer, Tenant, TestApp};

/// A name that a request may give of something.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Name {
    Account,
    Contact,
    Opportunity,
    Note,
    Activity,
    Pipeline,
    Stage,
    StageLabel,
    Owner,
    OwnerEmail,
    Domain,
    Email,
    OtherEmail,
    Field,
    FieldId,
    PipelineLabel,
    Destination,
    Key,
    IdempotencyKey,
    Sequence,
    /// A record that is to be merged into another.
    Merged,
}

use Name::*;

#[test]
fn every_operation_of_the_document_is_in_the_matrix() {
    let documented: BTreeSet<String> = operations(document()).map(|(name, _)| name).collect();

    let tested: BTreeSet<String> = MATRIX.iter().map(|(name, _)| (*name).to_owned()).collect();

    assert_eq!(tested, documented);
}

#[tokio::test]
async fn what_another_organisation_has_is_answered_like_what_nobody_has() {
    let app = TestApp::new().await;
    let other = Other::new(&app).await;
    let before = app.feed(&other.tenant).await;

    for (operation, names) in MATRIX {
        for name in *names {
            let (theirs, nobodys) = (other.name_of(*name), nobodys_name(*name));
            let theirs = ask(&app, operation, *name, &theirs).await;
            let nobodys = ask(&app, operation, *name, &nobodys).await;
            assert_eq!(theirs, nobodys, "{operation}, {name:?}");
        }
    }

    assert_eq!(app.feed(&other.tenant).await, before);
}

#[tokio::test]
async fn a_domain_or_an_address_of_another_organisation_makes_a_record_of_ones_own() {
    let app = TestApp::new().await;
    let other = Other::new(&app).await;
    let related =
        json!({"account_domain": "theirs.com", "primary_contact_email": "theirs@theirs.com"});

    let created = app.create(json!({}), related).await;

    assert_eq!(created.data()["resolved"]["account"]["outcome"], "created");
    assert_eq!(
        created.data()["resolved"]["primary_contact"]["outcome"],
        "created"
    );
    assert_ne!(created.data()["account_id"], other.ids["account_id"]);
    assert_ne!(created.data()["contact_id"], other.ids["contact_id"]);
}

#[tokio::test]
async fn lists_hold_only_what_is_ones_own() {
    let app = TestApp::new().await;
    let other = Other::new(&app).await;

    let pipelines = app.get("/v1/pipelines").await;
    let changes = app.feed(&app.tenant).await;

    assert_eq!(
        pipelines.data()["pipelines"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(
        pipelines.data()["pipelines"][0]["id"],
        json!(app.tenant.pipeline_id)
    );
    let seen = format!("{}{}", pipelines.body, json!(changes));
    let ids = [
        other.tenant.pipeline_id,
        other.tenant.organization_id,
        other.tenant.key_id,
    ];
    assert!(
        ids.iter().all(|id| !seen.contains(&id.to_string())),
        "{seen}"
    );
}

/// The other organisation, with one of everything.
struct Other {
    tenant: Tenant,
    ids: Value,
    sequence: usize,
}

impl Other {
    async fn new(app: &TestApp) -> Self {
        let tenant = app
            .another_tenant_with(|setup| {
                setup.owner.email = "owner@theirs.com".parse().expect("an address");
                setup.pipeline.name = "Theirs".to_owned();
                setup.pipeline.stages[1].label = "Theirs".to_owned();
            })
            .await;
        let opportunity = json!({"stage_name": "Theirs", "custom_attributes": {"theirs": "x"}});
        let related =
            json!({"account_domain": "theirs.com", "primary_contact_email": "theirs@theirs.com"});
        let body = tenant.opportunity(opportunity, related);
        let call = app.call("POST", "/v1/opportunities").key(&tenant.key);
        let created = call
            .header("idempotency-key", "theirs")
            .json(&body)
            .send()
            .await;
        assert_eq!(created.status, 201, "{}", created.body);
        for (target, body) in [
            (
                "/v1/accounts",
                json!({"domain": "theirs.com", "theirs": "x"}),
            ),
            (
                "/v1/contacts",
                json!({"email": "theirs@theirs.com", "theirs": "x", "other_emails": ["theirs@gmail.com"]}),
            ),
        ] {
            let call = app.call("POST", target).key(&tenant.key);
            assert_eq!(call.json(&body).send().await.status, 200);
        }
        let mut ids = created.data().clone();
        for (target, member, mut body) in [
            ("/v1/notes", "note_id", json!({"content": "theirs"})),
            (
                "/v1/activities",
                "activity_id",
                json!({"activity_type": "CALL", "title": "theirs"}),
            ),
        ] {
            body["opportunity_id"] = ids["id"].clone();
            let call = app.call("POST", target).key(&tenant.key);
            let written = call.json(&body).send().await;
            ids[member] = written.data()["id"].clone();
        }
        let sequence = app.feed(&tenant).await.len();
        let fields = app.call("GET", "/v1/accounts/fields").key(&tenant.key);
        let fields = fields.send().await;
        let field = fields.data()["fields"]
            .as_array()
            .and_then(|all| all.last());
        ids["field_id"] = field.expect("a custom field")["id"].clone();
        Self {
            ids,
            tenant,
            sequence,
        }
    }

    fn name_of(&self, name: Name) -> String {
        let id = |member: &str| self.ids[member].as_str().expect("an id").to_owned();
        match name {
            Account => id("account_id"),
            Contact => id("contact_id"),
            Opportunity => id("id"),
            Note => id("note_id"),
            Activity => id("activity_id"),
            FieldId => id("field_id"),
            Pipeline => self.tenant.pipeline_id.to_string(),
            Stage | Destination => self.tenant.stage("Theirs").to_string(),
            Key => self.tenant.key_id.to_string(),
            Owner => self.tenant.owner_id.to_string(),
            OwnerEmail => self.tenant.owner_email.clone(),
            Domain => "theirs.com".to_owned(),
            Email => "theirs@theirs.com".to_owned(),
            OtherEmail => "theirs@gmail.com".to_owned(),
            PipelineLabel | StageLabel | Field | IdempotencyKey => "theirs".to_owned(),
            Sequence => self.sequence.to_string(),
            Merged => id("account_id"),
        }
    }
}

fn nobodys_name(name: Name) -> String {
    match name {
        Account | Contact | Opportunity | Note | Activity | Pipeline | Stage | Destination
        | Owner | FieldId | Key | Merged => Uuid::now_v7().to_string(),
        OwnerEmail => "owner@nobody.com".to_owned(),
        Domain => "nobody.com".to_owned(),
        Email => "nobody@nobody.com".to_owned(),
        OtherEmail => "nobody@gmail.com".to_owned(),
        PipelineLabel | StageLabel | Field | IdempotencyKey => "nobody".to_owned(),
        Sequence => "98765".to_owned(),
    }
}

/// What an organisation that has nothing yet is answered, without what the two answers may differ in: the name itself.
async fn ask(app: &TestApp, operation: &str, name: Name, text: &str) -> (u16, Value) {
    let asking = app.another_tenant().await;
    let (method, path) = operation.split_once(' ').expect("method and path");
    let is_of_settings = ["/pipelines", "/users", "/keys"]
        .iter()
        .any(|settings| path.contains(settings));
    let changes_a_record = (method == "PATCH" && !is_of_settings) || path.ends_with("/merge");
    let own = match changes_a_record || has_own_record(operation, name) {
        true => own_record(app, &asking, path).await,
        false => asking.pipeline_id.to_string(),
    };
    let is_in_body = match changes_a_record {
        true => !is_in_path(name, path),
        false => matches!(
            name,
            Field
                | FieldId
                | StageLabel
                | PipelineLabel
                | Destination
                | OwnerEmail
                | IdempotencyKey
        ),
    };
    let has_several = path.matches('{').count() > 1;
    let path = path.split('/').map(|part| {
        let own = match part {
            "{stage_id}" => asking.stages[1].1.to_string(),
            "{user_id}" => asking.owner_id.to_string(),
            "{key_id}" => asking.key_id.to_string(),
            _ => own.clone(),
        };
        let is_named = match name {
            Stage if has_several => part == "{stage_id}",
            Pipeline if has_several => part == "{pipeline_id}",
            _ => !is_in_body,
        };
        match part.starts_with('{') {
            true if is_named => text.to_owned(),
            true => own,
            false => part.to_owned(),
        }
    });
    let mut target = path.collect::<Vec<String>>().join("/");
    target += &parameters(&asking, operation, name, text);
    let mut call = app.call(method, &target).key(&asking.key);
    if changes_a_record {
        call = call.json(&change(operation, name, text, &own));
    } else if matches!(method, "POST" | "PATCH") && !operation.ends_with("/restore") {
        let body = body(&asking, operation, name, text);
        let is_bulk = operation.contains("/bulk");
        call = call.json(&if is_bulk { json!([body]) } else { body });
    }
    if name == IdempotencyKey {
        call = call.header("idempotency-key", text);
    }
    let answer = call.send().await;
    assert!(!answer.headers.contains_key("idempotency-replayed"));
    (answer.status, without(&answer, text, &own))
}

/// The body with the name made one that both have, and without ids and times.
fn without(answer: &Answer, text: &str, own: &str) -> Value {
    let mut body = answer.body.clone();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    let plain = text.split(['@', '.']).next().expect("a first part");
    let company = if text.contains("theirs") {
        "theirs"
    } else {
        "nobody"
    };
    let mut shown = body.to_string().replace(text, "<name>");
    shown = shown.replace(own, "<own>");
    for part in [plain, company] {
        let (first, rest) = part.split_at(1);
        shown = shown.replace(part, "<name>");
        shown = shown.replace(&(first.to_uppercase() + rest), "<name>");
    }
    let shown = serde_json::from_str(&shown).unwrap_or(Value::String(shown));
    redacted(&shown)
}
