//! `GET /v1/accounts`, `POST /v1/accounts/search` and those of the other objects.

mod answer;

pub use answer::Page;

use lanekeeper_core::command::Reference;
use lanekeeper_core::query::{Draft, FilterDraft, Input, LIMIT_DEFAULT, LIMIT_MAX, SortDraft};
use lanekeeper_core::text::{is_blank, quote};
use lanekeeper_core::{Faults, Object, nearest};
use serde_json::Value as Json;

use crate::read::{Members, Rest, id, join, kind};

/// The parameters of a list as they were sent, decoded.
#[derive(Debug, Default)]
pub struct Parameters {
    /// Words to look for.
    pub q: Option<String>,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Records of one page.
    pub limit: Option<String>,
    /// Members to answer with: each parameter is a name, several with commas, or a JSON array of them.
    pub fields: Vec<String>,
    /// The pipeline, for opportunities.
    pub pipeline_id: Option<String>,
    /// A stage of it.
    pub stage_id: Option<String>,
    /// What notes and activities are about: each with what it is, and the parameter's name.
    pub about: Vec<(Object, &'static str, String)>,
}

/// The members and parameters that say what notes and activities are about.
pub const ABOUT: [(Object, &str); 3] = [
    (Object::Account, "account_id"),
    (Object::Contact, "contact_id"),
    (Object::Opportunity, "opportunity_id"),
];

/// The names of a list's parameters that may be there once.
#[must_use]
pub const fn parameters(object: Object) -> &'static [&'static str] {
    match object {
        Object::Opportunity => &["q", "cursor", "limit", "pipeline_id", "stage_id"],
        Object::Account | Object::Contact => &["q", "cursor", "limit"],
        Object::Note | Object::Activity => &[
            "q",
            "cursor",
            "limit",
            "account_id",
            "contact_id",
            "opportunity_id",
        ],
    }
}

/// Reads the parameters of a list.
///
/// # Errors
/// Everything that is wrong with them.
pub fn from_parameters(object: Object, sent: Parameters) -> Result<Draft, Faults> {
    let mut faults = Faults::default();
    let mut draft = Draft::of(object);
    let limit = sent.limit.map(|text| match text.parse::<i64>() {
        Ok(number) => Json::from(number),
        Err(_) => Json::from(text),
    });
    draft.limit = read_limit(limit, &mut faults);
    let mut read_id = |name: &str, text: Option<String>| {
        text.and_then(|text| id(Json::String(text), name, &mut faults))
    };
    draft.pipeline_id = read_id("pipeline_id", sent.pipeline_id);
    draft.stage_id = read_id("stage_id", sent.stage_id);
    for (object, name, text) in sent.about {
        let (path, id) = (name.to_owned(), id(Json::String(text), name, &mut faults));
        draft
            .about
            .extend(id.map(|id| Reference { path, object, id }));
    }
    draft.text = sent.q;
    draft.cursor = sent.cursor;
    draft.fields = names(sent.fields, &mut faults);
    faults.or(draft)
}

fn names(sent: Vec<String>, faults: &mut Faults) -> Vec<(String, String)> {
    let mut names = vec![];
    for text in sent {
        if text.trim_start().starts_with('[') {
            match serde_json::from_str::<Vec<String>>(&text) {
                Ok(array) => names.extend(array),
                Err(_) => faults.add("fields", "is no JSON array of strings"),
            }
        } else {
            names.extend(text.split(',').map(|name| name.trim().to_owned()));
        }
    }
    let names = names.into_iter().filter(|name| !name.is_empty());
    names.map(|name| ("fields".to_owned(), name)).collect()
}

/// Reads the body of a search.
///
/// # Errors
/// Everything that is wrong with its shape.
pub fn read(object: Object, body: Json) -> Result<Draft, Faults> {
    let mut faults = Faults::default();
    let mut draft = Draft::of(object);
    let Some(mut members) = Members::of(body, "", &mut faults) else {
        return Err(faults);
    };
    draft.text = text(&mut members, &mut faults);
    draft.cursor = members.text("cursor", &mut faults);
    draft.limit = read_limit(members.optional("limit"), &mut faults);
    if object == Object::Opportunity {
        draft.pipeline_id = members.id("pipeline_id", &mut faults);
        draft.stage_id = members.id("stage_id", &mut faults);
    }
    draft.filters = filters(members.optional("filters"), &mut faults);
    if object.is_on_timelines() {
        for (object, name) in ABOUT {
            let (path, id) = (name.to_owned(), members.id(name, &mut faults));
            draft
                .about
                .extend(id.map(|id| Reference { path, object, id }));
        }
    }
    draft.sort = sorts(members.optional("sort"), &mut faults);
    draft.fields = fields(members.optional("fields"), &mut faults);
    refuse_rest(members, allowed(object), &mut faults);
    faults.or(draft)
}

const fn allowed(object: Object) -> &'static [&'static str] {
    const COMMON: &[&str] = &["query", "q", "filters", "sort", "cursor", "limit", "fields"];
    const OF_OPPORTUNITIES: &[&str] = &[
        "query",
        "q",
        "filters",
        "sort",
        "cursor",
        "limit",
        "fields",
        "pipeline_id",
        "stage_id",
    ];
    const OF_TIMELINES: &[&str] = &[
        "query",
        "q",
        "filters",
        "sort",
        "cursor",
        "limit",
        "fields",
        "account_id",
        "contact_id",
        "opportunity_id",
    ];
    match object {
        Object::Account | Object::Contact => COMMON,
        Object::Opportunity => OF_OPPORTUNITIES,
        Object::Note | Object::Activity => OF_TIMELINES,
    }
}

/// A misspelt member must not widen a search in silence.
fn refuse_rest(members: Members, allowed: &[&str], faults: &mut Faults) {
    for Rest {
        shown_path, key, ..
    } in members.rest()
    {
        let hint = nearest::hint(&key, allowed.iter().copied());
        let allowed = allowed.join(", ");
        faults.add(
            shown_path,
            format!("is not allowed here{hint}; allowed are {allowed}"),
        );
    }
}

/// `query`, or `q`.
fn text(members: &mut Members, faults: &mut Faults) -> Option<String> {
    let (long, short) = (members.text("query", faults), members.text("q", faults));
    if long.is_some() && short.is_some() && long != short {
        faults.add("q", "is there beside query; send one of them");
    }
    long.or(short)
}

fn read_limit(json: Option<Json>, faults: &mut Faults) -> usize {
    let Some(json) = json else {
        return LIMIT_DEFAULT;
    };
    let number = json.as_f64().filter(|number| number.fract() == 0.0);
    let number = number.filter(|number| (1.0..=LIMIT_MAX as f64).contains(number));
    let sent = match &json {
        Json::String(text) => quote(text),
        Json::Number(number) => quote(&number.to_string()),
        other => kind(other).to_owned(),
    };
    match number {
        Some(number) => number as usize,
        None => {
            let message = format!("is {sent}; send a whole number from 1 to {LIMIT_MAX}");
            faults.add("limit", message);
            LIMIT_DEFAULT
        }
    }
}

fn filters(json: Option<Json>, faults: &mut Faults) -> Vec<FilterDraft> {
    let entries = match json {
        None => return vec![],
        Some(Json::Array(entries)) => entries,
        Some(other) => {
            let message = format!("is {}; send an array of filters", kind(&other));
            faults.add("filters", message);
            return vec![];
        }
    };
    let entries = entries.into_iter().enumerate();
    let filters = entries.filter_map(|(index, json)| filter(join("filters", index), json, faults));
    filters.collect()
}

fn filter(path: String, json: Json, faults: &mut Faults) -> Option<FilterDraft> {
    let mut members = Members::of(json, &path, faults)?;
    let field = required_text(&mut members, "field", faults);
    let operator = required_text(&mut members, "operator", faults);
    let value_path = members.path_of("value");
    let value = members.optional("value");
    let value = value.map(|json| input(json, &value_path, faults));
    refuse_rest(members, &["field", "operator", "value"], faults);
    Some(FilterDraft {
        path,
        field: field?,
        operator: operator?,
        // What is no value at all has its fault already.
        value: value.map(|value| value.unwrap_or(Input::List(vec![]))),
    })
}

fn required_text(members: &mut Members, name: &str, faults: &mut Faults) -> Option<String> {
    let path = members.path_of(name);
    match members.required(name, faults)? {
        Json::String(text) if !is_blank(&text) => Some(text),
        Json::String(_) | Json::Null => {
            faults.add(path, "is required");
            None
        }
        other => {
            faults.add(path, format!("is {}; send a string", kind(&other)));
            None
        }
    }
}

fn input(json: Json, path: &str, faults: &mut Faults) -> Option<Input> {
    match json {
        Json::String(text) => Some(Input::Text(text)),
        Json::Number(number) => number.as_f64().map(Input::Number),
        Json::Bool(flag) => Some(Input::Boolean(flag)),
        Json::Array(entries) => {
            let entries = entries.into_iter().enumerate();
            let entries = entries.map(|(index, entry)| input(entry, &join(path, index), faults));
            // All are read, so that every fault is noted.
            let entries: Vec<Option<Input>> = entries.collect();
            entries
                .into_iter()
                .collect::<Option<Vec<Input>>>()
                .map(Input::List)
        }
        other @ (Json::Null | Json::Object(_)) => {
            let message = format!("is {}; send a string, a number or a boolean", kind(&other));
            faults.add(path, message);
            None
        }
    }
}

/// `"field"`, `"field:desc"`, `{"field", "direction"}`, or an array of them.
fn sorts(json: Option<Json>, faults: &mut Faults) -> Vec<SortDraft> {
    match json {
        None => vec![],
        Some(Json::Array(entries)) => {
            let entries = entries.into_iter().enumerate();
            let sorts = entries.filter_map(|(index, json)| sort(join("sort", index), json, faults));
            sorts.collect()
        }
        Some(one) => sort("sort".to_owned(), one, faults).into_iter().collect(),
    }
}

fn sort(path: String, json: Json, faults: &mut Faults) -> Option<SortDraft> {
    let text = match json {
        Json::String(text) => text,
        object => {
            let mut members = Members::of(object, &path, faults)?;
            let field = required_text(&mut members, "field", faults);
            let direction = members.text("direction", faults);
            refuse_rest(members, &["field", "direction"], faults);
            let field = field?;
            return Some(SortDraft {
                path,
                field,
                direction,
            });
        }
    };
    let (field, direction) = match text.split_once(':') {
        Some((field, direction)) => (field, Some(direction.trim().to_owned())),
        None => (text.as_str(), None),
    };
    let field = field.trim().to_owned();
    Some(SortDraft {
        path,
        field,
        direction,
    })
}

fn fields(json: Option<Json>, faults: &mut Faults) -> Vec<(String, String)> {
    let entries = match json {
        None => return vec![],
        Some(Json::String(text)) => return names(vec![text], faults),
        Some(Json::Array(entries)) => entries,
        Some(other) => {
            faults.add(
                "fields",
                format!("is {}; send an array of strings", kind(&other)),
            );
            return vec![];
        }
    };
    let mut names = vec![];
    for (index, entry) in entries.into_iter().enumerate() {
        let path = join("fields", index);
        match entry {
            Json::String(name) => names.push((path, name)),
            other => faults.add(path, format!("is {}; send a string", kind(&other))),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults_of(body: Json) -> Vec<String> {
        let faults = read(Object::Account, body).unwrap_err();
        faults.by_path().keys().cloned().collect()
    }

    #[test]
    fn every_form_of_sort_is_read() {
        let of = |sort: Json| {
            let draft = read(Object::Account, json!({"sort": sort})).unwrap();
            let sorts = draft.sort.into_iter();
            let sorts = sorts.map(|sort| (sort.field, sort.direction));
            sorts.collect::<Vec<_>>()
        };
        let name = |direction: Option<&str>| ("name".to_owned(), direction.map(str::to_owned));

        assert_eq!(of(json!("name")), [name(None)]);
        assert_eq!(of(json!("name:desc")), [name(Some("desc"))]);
        assert_eq!(of(json!({"field": "name"})), [name(None)]);
        assert_eq!(
            of(json!(["name:asc", {"field": "name", "direction": "desc"}])),
            [name(Some("asc")), name(Some("desc"))]
        );
    }

    #[test]
    fn every_form_of_fields_is_read() {
        let of = |fields: &[&str]| {
            let fields = fields.iter().map(|text| (*text).to_owned()).collect();
            let sent = Parameters {
                fields,
                ..Default::default()
            };
            let draft = from_parameters(Object::Account, sent).unwrap();
            let names = draft.fields.into_iter().map(|(_, name)| name);
            names.collect::<Vec<_>>()
        };

        assert_eq!(of(&["name, domain"]), ["name", "domain"]);
        assert_eq!(of(&["name", "domain"]), ["name", "domain"]);
        assert_eq!(of(&["[\"name\", \"domain\"]"]), ["name", "domain"]);
    }

    #[test]
    fn every_fault_of_the_shape_is_noted() {
        let faults = faults_of(json!({
            "filter": [], "limit": 0, "q": 7, "fields": [1],
            "filters": [{"field": "name"}, 5, {"field": "name", "operator": "eq", "value": {}}],
            "sort": [{"direction": "asc"}],
        }));

        assert_eq!(
            faults,
            [
                "fields.0",
                "filter",
                "filters.0.operator",
                "filters.1",
                "filters.2.value",
                "limit",
                "q",
                "sort.0.field"
            ]
        );
    }
}
