//! The cases, as they are written in `spec/conformance`, one file for each part of the contract.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fill::{Missing, fill_text};

const FILES: [&str; 10] = [
    include_str!("../../../../spec/conformance/envelope.yaml"),
    include_str!("../../../../spec/conformance/accounts.yaml"),
    include_str!("../../../../spec/conformance/contacts.yaml"),
    include_str!("../../../../spec/conformance/opportunities.yaml"),
    include_str!("../../../../spec/conformance/bulk.yaml"),
    include_str!("../../../../spec/conformance/updates.yaml"),
    include_str!("../../../../spec/conformance/notes_and_activities.yaml"),
    include_str!("../../../../spec/conformance/search.yaml"),
    include_str!("../../../../spec/conformance/fields_and_stages.yaml"),
    include_str!("../../../../spec/conformance/keys.yaml"),
];

/// Cases that share what was made before them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) title: String,
    /// Made once, for all cases.
    #[serde(default)]
    pub(super) before: Vec<Step>,
    pub(super) cases: Vec<Case>,
}

/// One thing that the contract says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// The `operationId` of what it is about.
    pub(super) operation: String,
    pub(super) name: String,
    pub(super) mark: Mark,
    /// Written once, meant for each of these sets of values.
    #[serde(default)]
    each: Vec<Map<String, Value>>,
    /// The values of this one.
    #[serde(skip)]
    pub(super) values: Map<String, Value>,
    pub(super) steps: Vec<Step>,
}

/// How binding it is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mark {
    /// Published by Octolane.
    Pub,
    /// Published in its older documentation.
    PubOld,
    /// Decided by Lanekeeper, where the publication is silent.
    Ours,
}

impl Mark {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Pub => "pub",
            Self::PubOld => "pub-old",
            Self::Ours => "ours",
        }
    }
}

/// A request, and what its answer must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Method and target, such as `POST /v1/accounts`.
    pub(super) call: String,
    /// Null takes one away.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Option<String>>,
    pub(super) body: Option<Value>,
    /// A body that is not JSON, or not JSON that a program would write.
    pub(super) text: Option<String>,
    /// A status or several.
    pub(super) status: Value,
    /// What is at these JSON pointers.
    #[serde(default)]
    pub(super) answer: Map<String, Value>,
    /// What these headers of the answer say.
    #[serde(default)]
    pub(super) answer_headers: Map<String, Value>,
    /// Names for what is at these JSON pointers, for the steps that follow.
    #[serde(default)]
    pub(super) keep: BTreeMap<String, String>,
}

/// All cases, each written out.
pub(super) fn all() -> Vec<Group> {
    FILES.iter().map(|file| read(file)).collect()
}

fn read(file: &str) -> Group {
    let mut group: Group = serde_norway::from_str(file).expect("a test reads every file");
    let cases = group.cases.into_iter().flat_map(expand);
    group.cases = cases.collect();
    group
}

/// One case for each set of values; their names may use them.
fn expand(case: Case) -> Vec<Case> {
    if case.each.is_empty() {
        return vec![case];
    }
    let with = |values: &Map<String, Value>| Case {
        operation: or_as_written(fill_text(&case.operation, values), &case.operation),
        name: or_as_written(fill_text(&case.name, values), &case.name),
        mark: case.mark,
        each: vec![],
        values: values.clone(),
        steps: case.steps.clone(),
    };
    case.each.iter().map(with).collect()
}

fn or_as_written(filled: Result<Value, Missing>, written: &str) -> String {
    match filled {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => written.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_read_and_every_case_has_a_name_of_its_own() {
        let groups = all();
        let cases: Vec<_> = groups.iter().flat_map(|group| &group.cases).collect();

        let names = cases.iter().map(|case| (&case.operation, &case.name));
        let names: BTreeSet<_> = names.collect();

        assert_eq!(names.len(), cases.len());
        assert!(cases.iter().all(|case| !case.steps.is_empty()));
    }

    #[test]
    fn every_operation_that_is_published_has_a_case() {
        let document = lanekeeper_server::OPENAPI_JSON;
        let document: Value = serde_json::from_str(document).expect("JSON");
        let operations = document["paths"].as_object().into_iter().flatten();
        let operations = operations.flat_map(|(_, item)| item.as_object().into_iter().flatten());
        let documented: BTreeSet<&str> = operations
            .filter_map(|(_, operation)| operation["operationId"].as_str())
            .collect();

        let groups = all();
        let cases = groups.iter().flat_map(|group| &group.cases);
        let tried: BTreeSet<&str> = cases.map(|case| case.operation.as_str()).collect();

        let unknown: Vec<_> = tried.difference(&documented).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let untried: Vec<_> = PUBLISHED
            .iter()
            .filter(|name| !tried.contains(*name))
            .collect();
        assert!(untried.is_empty(), "{untried:?}");
    }

    /// The operations of the contract's part A.
    const PUBLISHED: [&str; 30] = [
        "createOpportunityV1",
        "bulkCreateOpportunitiesV1",
        "listOpportunitiesV1",
        "searchOpportunitiesV1Compatibility",
        "createAccountV1",
        "bulkCreateAccountsV1",
        "listAccountsV1",
        "searchAccountsV1Compatibility",
        "createContactV1",
        "bulkCreateContactsV1",
        "listContactsV1",
        "searchContactsV1Compatibility",
        "listAccountFieldsV1",
        "listContactFieldsV1",
        "listPipelineFieldsV1",
        "bulkCreateAccountFieldsV1",
        "bulkCreateContactFieldsV1",
        "bulkCreatePipelineFieldsV1",
        "bulkUpdateAccountFieldsV1",
        "createNoteV1",
        "bulkCreateNotesV1",
        "createActivityV1",
        "bulkCreateActivitiesV1",
        "bulkUpdateContactFieldsV1",
        "bulkUpdatePipelineFieldsV1",
        "bulkUpdateAccountsV1",
        "bulkUpdateContactsV1",
        "bulkUpdateOpportunitiesV1",
        "listPipelineStagesV1",
        "bulkCreatePipelineStagesV1",
    ];
}
