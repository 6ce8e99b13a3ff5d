//! What the documented examples are about: the records, fields and keys that they name by their ids.

use serde_json::{Value, json};

use crate::openapi::{document, examples, resolve};
use crate::support::{Answer, Call, Tenant, TestApp};

const PIPELINE: &str = "018f13b3-8239-7ef8-a8f1-93ad10b76110";
const ACCOUNT: &str = "019e5e78-2e03-7c52-8f0d-3b9a1e4c7d02";
const CONTACT: &str = "019e5e78-2e03-7d91-b6e2-5f0c8a2d9e03";
const OPPORTUNITY: &str = "019e5e78-2e03-7b1c-9a40-6c1f2d7e8b01";
const NOTE: &str = "019e5e80-1c10-7a3b-8d4e-6f5a4b3c2d10";
const ACTIVITY: &str = "019e5e80-2d20-7b4c-9e5f-7a6b5c4d3e11";
/// The pipeline's first stage, to which what is in the second moves.
const STAGE: &str = "018f13b3-8239-7f0f-8a91-0b4c6d8e1f10";
const SECOND_STAGE: &str = "018f13b3-8239-7f10-9b02-1c5d7e9a2b11";
const USER: &str = "018f13b3-8239-7f22-8c03-2d6e8fab3c12";
const KEY: &str = "018f13b3-8239-7f33-9d04-3e7f90bc4d13";
/// The record that is merged into another.
const MERGED: &str = "019e5e7b-6b20-7c11-8e2d-1f5a7b9c3d0a";

/// An organisation in which there is what one operation is about.
pub(super) struct World<'a> {
    app: &'a TestApp,
    pub(super) tenant: Tenant,
    /// The ids of the document, each with the id that stands for it here.
    ids: Vec<(&'static str, String)>,
    /// How many changes there are without those that the operation is about.
    set_up: usize,
}

impl<'a> World<'a> {
    /// Makes what an operation is about, in an organisation of its own.
    pub(super) async fn of(app: &'a TestApp, operation: &str) -> Self {
        let tenant = app.another_tenant().await;
        let ids = vec![
            (PIPELINE, tenant.pipeline_id.to_string()),
            (STAGE, tenant.stages[0].1.to_string()),
            (SECOND_STAGE, tenant.stages[1].1.to_string()),
            (USER, tenant.owner_id.to_string()),
        ];
        let set_up = app.feed(&tenant).await.len();
        let mut world = Self {
            app,
            tenant,
            ids,
            set_up,
        };
        world.add_what_it_is_about(operation).await;
        world
    }

    async fn add_what_it_is_about(&mut self, operation: &str) {
        let (_, path) = operation.split_once(' ').expect("method and path");
        if let Some((fields, _)) = path.split_once("/fields") {
            if !path.ends_with("/fields/bulk") {
                let fields = self.with_its_ids(&format!("{fields}/fields/bulk"));
                self.add(&fields, example("Fields")).await;
            }
        } else if path.starts_with("/v1/keys") && !makes_records(operation) {
            let made = self.add("/v1/keys", example("Key")).await;
            self.ids.push((KEY, made));
        } else if path == "/v1/changes" {
            let account = json!({"domain": "acme.com", "name": "Acme"});
            self.add("/v1/accounts", account).await;
        } else if path.ends_with("/summary") {
            self.add("/v1/opportunities", example("Opportunity")).await;
        } else if !makes_records(operation) {
            self.add_records(operation).await;
        }
    }

    /// The records of the operation's kind, as their own examples make them: no other example made parts of them before.
    async fn add_records(&mut self, operation: &str) {
        for (kind, name, id) in [
            ("opportunities", "Opportunity", OPPORTUNITY),
            ("accounts", "Account", ACCOUNT),
            ("contacts", "Contact", CONTACT),
            ("notes", "Note", NOTE),
            ("activities", "Activity", ACTIVITY),
        ] {
            if !operation.contains(&format!("/{kind}")) {
                continue;
            }
            let target = format!("/v1/{kind}");
            if is_list(operation) || operation.ends_with("/merge") {
                let made = self.add(&target, self.another(name)).await;
                self.ids.push((MERGED, made));
            }
            let mut body = example(name);
            if is_list(operation) {
                give_region_only(name, &mut body);
            }
            let made = self.add(&target, body).await;
            self.ids.push((id, made.clone()));
            if operation.ends_with("/restore") {
                let call = self.app.call("DELETE", &format!("{target}/{made}"));
                assert_eq!(call.key(&self.tenant.key).send().await.status, 200);
            }
        }
    }

    /// What is no part of any example.
    fn another(&self, name: &str) -> Value {
        match name {
            "Opportunity" => self.tenant.opportunity(json!({}), json!({})),
            "Account" => json!({"domain": "initech.com"}),
            "Contact" => json!({"email": "bill@initech.com"}),
            "Note" => json!({"content": "Other", "account_domain": "initech.com"}),
            _ => json!({"activity_type": "CALL", "title": "Other"}),
        }
    }

    async fn add(&self, target: &str, body: Value) -> String {
        let body = self.with_its_ids(&body.to_string());
        let call = self.app.call("POST", target).key(&self.tenant.key);
        let made = call.bytes(body.as_bytes()).send().await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.data()["id"].as_str().unwrap_or_default().to_owned()
    }

    /// The documented request, on its way to what is there, with the parameters that it must have and those of the query.
    pub(super) fn request(
        &self,
        operation: &str,
        body: Option<&Value>,
        query: Option<&str>,
    ) -> Call<'a> {
        let mut target = operation.to_owned();
        let required = required_parameters(operation);
        for (index, parameter) in required.iter().map(String::as_str).chain(query).enumerate() {
            target += if index == 0 { "?" } else { "&" };
            target += parameter;
        }
        let target = self.with_its_ids(&target);
        let (method, target) = target.split_once(' ').expect("method and path");
        let call = self.app.call(method, target).key(&self.tenant.key);
        match body {
            Some(body) => call.bytes(self.with_its_ids(&body.to_string()).as_bytes()),
            None => call,
        }
    }

    /// The query of which the documented page is the answer: its limit and its members; and changes since the set-up.
    pub(super) fn query(&self, operation: &str, documented: &Value) -> Option<String> {
        let fields = match operation.contains("/notes") || operation.contains("/activities") {
            true => "title,created_at",
            false => "name,region",
        };
        let limit = &documented["data"]["limit"];
        match limit.is_number() && is_list(operation) {
            true => Some(format!("limit={limit}&fields={fields}")),
            false if operation == "GET /v1/changes" => Some(format!("after={}", self.set_up)),
            false => None,
        }
    }

    /// The text with the ids of this world in place of the document's, and in the places that the path has for them.
    pub(super) fn with_its_ids(&self, text: &str) -> String {
        let places = [
            (PIPELINE, "{pipeline_id}"),
            (SECOND_STAGE, "{stage_id}"),
            (USER, "{user_id}"),
            (KEY, "{key_id}"),
            (ACCOUNT, "{account_id}"),
            (CONTACT, "{contact_id}"),
            (OPPORTUNITY, "{opportunity_id}"),
            (NOTE, "{note_id}"),
            (ACTIVITY, "{activity_id}"),
        ];
        let mut text = text.to_owned();
        for (documented, id) in &self.ids {
            text = text.replace(documented, id);
            for (_, place) in places.iter().filter(|(of, _)| of == documented) {
                text = text.replace(place, id);
            }
        }
        text
    }

    /// The answer with the document's ids in place of those of this world.
    pub(super) fn with_documented_ids(&self, mut answer: Answer) -> Answer {
        let mut text = answer.body.to_string();
        for (documented, id) in &self.ids {
            text = text.replace(id, documented);
        }
        answer.body = serde_json::from_str::<Value>(&text).expect("ids are plain");
        answer
    }
}

/// The bodies that are documented of an operation, by name; for one without a body, none.
pub(super) fn bodies(details: &'static Value) -> Vec<(&'static str, Option<&'static Value>)> {
    match details.get("requestBody") {
        None => vec![("none", None)],
        body => examples(body)
            .map(|(name, body)| (name, Some(body)))
            .collect(),
    }
}

/// What the operation must have in its query, as in its examples.
fn required_parameters(operation: &str) -> Vec<String> {
    let (method, path) = operation.split_once(' ').expect("method and path");
    let parameters = &document()["paths"][path][method.to_lowercase()]["parameters"];
    let parameters = parameters.as_array().into_iter().flatten();
    let parameters = parameters.map(|parameter| resolve(document(), parameter));
    let required = parameters.filter(|one| one["in"] == "query" && one["required"] == true);
    let text = |value: &Value| value.as_str().map(str::to_owned).expect("a text");
    required
        .map(|one| text(&one["name"]) + "=" + &text(&one["example"]))
        .collect()
}

/// The body of the first example of such a request.
fn example(name: &str) -> Value {
    let body = &document()["components"]["requestBodies"][name];
    let (_, body) = examples(Some(body)).next().expect("an example");
    body.clone()
}

/// Whether the operation is about records that need not be there.
fn makes_records(operation: &str) -> bool {
    let is_search = operation.ends_with("/search");
    operation.starts_with("POST ") && !is_search && !operation.contains('{')
}

fn is_list(operation: &str) -> bool {
    operation.starts_with("GET ") && !operation.contains('{')
}

/// The custom field of the documented pages, and no other.
fn give_region_only(name: &str, body: &mut Value) {
    match name {
        "Opportunity" => body["opportunity"]["custom_attributes"] = json!({"region": "EMEA"}),
        "Account" | "Contact" => body["region"] = json!("EMEA"),
        _ => {}
    }
    if let Some(contact) = body.as_object_mut() {
        contact.remove("newsletter");
    }
}
