//! The API's document, as the tests read it: every answer is checked against it.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value};

/// The document.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        serde_json::from_str(lanekeeper_server::OPENAPI_JSON).expect("the document is JSON")
    });
    &DOCUMENT
}

/// Every operation as `POST /v1/accounts`.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    members(&document["paths"]).flat_map(|(path, item)| {
        members(item).map(move |(method, operation)| {
            (format!("{} {path}", method.to_uppercase()), operation)
        })
    })
}

/// Those for which one needs a key.
pub(crate) fn guarded_operations() -> impl Iterator<Item = (String, &'static Value)> {
    operations(document()).filter(|(_, operation)| operation.get("security").is_none())
}

/// The named examples of a body.
pub(crate) fn examples(body: Option<&'static Value>) -> impl Iterator<Item = Example> {
    let body = body.map(|body| resolve(document(), body));
    let examples = body.map(|body| &body["content"]["application/json"]["examples"]);
    let examples = examples.into_iter().flat_map(members);
    examples.map(|(name, example)| (name.as_str(), &resolve(document(), example)["value"]))
}

/// A name, and what it is the name of.
pub(crate) type Example = (&'static str, &'static Value);

/// The name of the operation that a request reaches, such as `GET /v1/accounts/{account_id}`.
pub(crate) fn operation_of(method: &str, target: &str) -> Option<String> {
    let path = target.split('?').next().unwrap_or_default();
    let fits = |template: &str| {
        let (ours, theirs) = (template.split('/'), path.split('/'));
        let (ours, theirs): (Vec<_>, Vec<_>) = (ours.collect(), theirs.collect());
        let same = |(our, their): (&&str, &&str)| {
            our == their || (our.starts_with('{') && !their.is_empty())
        };
        ours.len() == theirs.len() && ours.iter().zip(&theirs).all(same)
    };
    let mut templates: Vec<&String> = members(&document()["paths"])
        .filter(|(template, item)| fits(template) && item.get(method.to_lowercase()).is_some())
        .map(|(template, _)| template)
        .collect();
    templates.sort_by_key(|template| template.matches('{').count());
    templates
        .first()
        .map(|template| format!("{method} {template}"))
}

/// Fails unless the answer is one that the document has for the operation.
pub(crate) fn check_answer(
    method: &str,
    target: &str,
    status: u16,
    media_type: &str,
    body: &Value,
) {
    type Validators = BTreeMap<(String, u16), &'static Validator>;
    static VALIDATORS: Mutex<Validators> = Mutex::new(BTreeMap::new());
    let name = operation_of(method, target).unwrap_or_else(|| "none".to_owned());
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = *validators
        .entry((name.clone(), status))
        .or_insert_with(|| Box::leak(Box::new(answer_validator(&name, status, media_type))));
    drop(validators);
    let errors: Vec<String> = validator
        .iter_errors(body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "{name} answered {status} outside the document:\n{}\n{body:#}",
        errors.join("\n")
    );
}

/// Checks an answer of an operation; where there is no operation, any failure.
fn answer_validator(operation: &str, status: u16, media_type: &str) -> Validator {
    let document = document();
    let failure = serde_json::json!({"$ref": "#/components/schemas/ErrorResponse"});
    let Some((method, path)) = operation.split_once(' ') else {
        return validator(document, &failure);
    };
    let responses = &document["paths"][path][method.to_lowercase()]["responses"];
    let documented = responses.get(status.to_string());
    assert!(
        documented.is_some() || (responses.get("default").is_some() && status >= 400),
        "{operation} answered {status}, which is not in the document"
    );
    let response = resolve(document, documented.unwrap_or(&responses["default"]));
    let media = &response["content"][media_type];
    assert!(
        media.is_object(),
        "{operation} answered {status} as {media_type}, which is not in the document"
    );
    validator(document, &media["schema"])
}

/// Checks formats too.
pub(crate) fn validator(document: &Value, schema: &Value) -> jsonschema::Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(&schema)
        .expect("the schema is one")
}

/// The value itself, or what its `$ref` names.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        None => value,
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .expect("every ref resolves"),
    }
}

pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
