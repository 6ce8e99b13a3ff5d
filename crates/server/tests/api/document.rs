//! The OpenAPI document: its parts fit together, and it allows all that the published API allows.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::openapi::{document, members, operations, resolve, validator};

#[test]
fn every_ref_resolves() {
    let document = document();
    let mut dangling = Vec::new();

    visit(document, "#", &mut |place, value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#');
            if target.and_then(|path| document.pointer(path)).is_none() {
                dangling.push(format!("{place}: {reference}"));
            }
        }
    });

    assert_eq!(dangling, Vec::<String>::new());
}

#[test]
fn every_example_in_the_document_fits_its_schema() {
    let document = document();
    let mut checked = 0;
    let mut misfits = Vec::new();

    visit(document, "#", &mut |place, value| {
        let Some((schema, examples)) = examples_of(document, value) else {
            return;
        };
        let validator = validator(document, schema);
        for example in examples {
            checked += 1;
            let errors = validator.iter_errors(example);
            misfits
                .extend(errors.map(|error| format!("{place}{}: {error}", error.instance_path())));
        }
    });

    assert_eq!(misfits, Vec::<String>::new());
    assert!(checked > 50, "only {checked} examples were found");
}

#[test]
fn every_operation_has_an_example_of_request_and_answer() {
    let document = document();
    let mut without = Vec::new();

    for (name, operation) in operations(document) {
        if let Some(request) = operation.get("requestBody")
            && !has_example(document, request)
        {
            without.push(format!("{name}: no request"));
        }
        let answers = members(&operation["responses"]);
        let mut successes = answers.filter(|(status, _)| status.starts_with('2'));
        if !successes.any(|(_, answer)| has_example(document, answer)) {
            without.push(format!("{name}: no answer"));
        }
        for (status, answer) in members(&operation["responses"]) {
            if !status.starts_with('2') && !has_example(document, answer) {
                without.push(format!("{name}: no answer {status}"));
            }
        }
    }

    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn the_published_request_schema_is_contained_in_ours() {
    let document = document();
    let path = "/paths/~1v1~1opportunities/post/requestBody";
    let body = resolve(document, document.pointer(path).expect("the operation"));
    let schema = &body["content"]["application/json"]["schema"];
    let mut faults = Vec::new();

    compare(document, schema, &published(), "body", &mut faults);

    assert_eq!(faults, Vec::<String>::new());
}

/// What is published of the body of `createOpportunityV1`: names, types, and what is required or closed.
pub(crate) fn published() -> Value {
    let text = json!({"type": ["string", "null"]});
    let seconds = json!({"type": ["integer", "null"]});
    let uuid = json!({"type": ["string", "null"], "format": "uuid"});
    let email = json!({"type": ["string", "null"], "format": "email"});
    json!({
        "type": "object",
        "required": ["pipeline_id", "opportunity", "related_objects"],
        "properties": {
            "pipeline_id": {"type": "string", "format": "uuid"},
            "opportunity": {
                "type": "object",
                "properties": {
                    "name": text,
                    "stage_id": uuid,
                    "stage_name": text,
                    "deal_size": {"type": ["number", "null"]},
                    "close_date": seconds,
                    "next_action_date": seconds,
                    "next_steps": text,
                    "custom_attributes": {
                        "type": "object",
                        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
                    },
                },
                "additionalProperties": true,
            },
            "related_objects": {
                "type": "object",
                "properties": {
                    "account_domain": text,
                    "primary_contact_email": email,
                    "additional_contact_emails": {
                        "type": ["array", "null"],
                        "items": {"type": "string", "format": "email"},
                    },
                    "owner_email": email,
                    "owner_id": uuid,
                },
                "additionalProperties": false,
            },
        },
        "additionalProperties": true,
    })
}

/// Adds to `faults` where `ours` refuses what `published` allows, or is open where that is closed.
fn compare(
    document: &Value,
    ours: &Value,
    published: &Value,
    place: &str,
    faults: &mut Vec<String>,
) {
    const COMPARED: [&str; 6] = [
        "type",
        "format",
        "required",
        "properties",
        "items",
        "additionalProperties",
    ];
    let ours = resolve(document, ours);
    let mut expect = |is_so: bool, what: &str| {
        if !is_so {
            faults.push(format!("{place}: {what}"));
        }
    };

    expect(
        words(&ours["type"]).is_superset(&words(&published["type"])),
        "refuses a published type",
    );
    expect(ours["format"] == published["format"], "another format");
    expect(
        words(&ours["required"]) == words(&published["required"]),
        "requires other members",
    );
    for (keyword, _) in members(ours) {
        let is_known = COMPARED.contains(&keyword.as_str()) || is_annotation(keyword);
        expect(is_known, &format!("is narrowed by {keyword}"));
    }
    for (name, member) in members(&ours["properties"]) {
        let is_free = members(member).all(|(keyword, _)| is_annotation(keyword));
        let is_published = published["properties"].get(name).is_some();
        expect(
            is_published || is_free,
            &format!("narrows the further member {name}"),
        );
    }
    let further = &published["additionalProperties"];
    if !further.is_object() {
        expect(
            &ours["additionalProperties"] == further,
            "further members are treated otherwise",
        );
    }

    for (name, member) in members(&published["properties"]) {
        let place = format!("{place}.{name}");
        compare(document, &ours["properties"][name], member, &place, faults);
    }
    for nested in ["items", "additionalProperties"] {
        if published[nested].is_object() {
            let place = format!("{place}.{nested}");
            compare(document, &ours[nested], &published[nested], &place, faults);
        }
    }
}

fn is_annotation(keyword: &str) -> bool {
    ["description", "examples"].contains(&keyword)
}

/// The strings in a string or an array.
fn words(value: &Value) -> BTreeSet<&str> {
    let one = value.as_str();
    let many = value.as_array().into_iter().flatten();
    many.filter_map(Value::as_str).chain(one).collect()
}

/// A schema with its examples: of a body, parameter or header, or of the schema itself.
fn examples_of<'a>(document: &'a Value, value: &'a Value) -> Option<(&'a Value, Vec<&'a Value>)> {
    let one = value.get("example").into_iter();
    match (value.get("schema"), value.get("examples")) {
        (Some(schema), named) => {
            let named = named.into_iter().flat_map(members);
            let named = named.map(|(_, example)| &resolve(document, example)["value"]);
            Some((schema, one.chain(named).collect()))
        }
        (None, Some(Value::Array(examples))) => Some((value, one.chain(examples).collect())),
        (None, _) => None,
    }
}

/// Whether each form of a request or answer has an example; so it is where there is no body.
fn has_example(document: &Value, body: &Value) -> bool {
    let content = &resolve(document, body)["content"];
    members(content).all(|(_, media)| {
        examples_of(document, media).is_some_and(|(_, examples)| !examples.is_empty())
    })
}

/// Calls `see` with every object of the document and its place, but for the contents of examples.
fn visit<'a>(value: &'a Value, place: &str, see: &mut impl FnMut(&str, &'a Value)) {
    if value.is_object() {
        see(place, value);
    }
    for (name, member) in members(value) {
        if name != "example" && name != "value" {
            visit(member, &format!("{place}/{name}"), see);
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        visit(item, &format!("{place}/{index}"), see);
    }
}
