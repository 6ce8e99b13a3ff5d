//! What a run has before its first case: names of its own, and what the organisation is known to have.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::http::Client;
use crate::args::ConformanceOptions;

pub(super) struct Given {
    /// Such as `lk-conformance-3f9a01c2`; begins every domain that the run uses.
    pub(super) run: String,
    values: Map<String, Value>,
}

impl Given {
    /// Asks for the pipeline and its stages.
    pub(super) fn find(client: &Client, options: &ConformanceOptions) -> anyhow::Result<Self> {
        let run = Uuid::new_v4().simple().to_string();
        let run = format!("lk-conformance-{}", &run[..8]);
        let mut values = Map::new();
        let mut give = |name: &str, value: Value| values.insert(name.to_owned(), value);
        give("run", json!(run));
        give("unknown_id", json!(Uuid::new_v4()));
        give("long", json!("x".repeat(501)));
        give("wrong_key", json!(another(&options.key)));

        let pipeline = match options.pipeline {
            Some(pipeline) => pipeline.to_string(),
            None => default_pipeline(client)?,
        };
        let stages = get(client, &format!("/v1/pipelines/{pipeline}/stages"))?;
        let stages = stages["stages"].as_array().cloned().unwrap_or_default();
        give("pipeline", json!(pipeline));
        let start = stages.iter().find(|stage| stage["is_default"] == true);
        let start = start.or(stages.first());
        let other = stages.iter().rev().find(|stage| Some(*stage) != start);
        for (name, stage) in [("start", start), ("other", other)] {
            if let Some(stage) = stage {
                give(&format!("{name}_stage_id"), stage["stage_id"].clone());
                give(&format!("{name}_stage_label"), stage["label"].clone());
            }
        }
        if let Some(email) = &options.owner_email {
            give("owner_email", json!(email.as_str()));
        }
        Ok(Self { run, values })
    }

    /// The values for the case with this number: no two cases meet at a domain.
    pub(super) fn values(&self, number: usize) -> Map<String, Value> {
        let site = format!("{}-{number}", self.run);
        let words = site.split('-').map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        });
        let mut values = self.values.clone();
        values.insert(
            "site_name".to_owned(),
            json!(words.collect::<Vec<_>>().join(" ")),
        );
        values.insert("domain".to_owned(), json!(format!("{site}.com")));
        values.insert("slug".to_owned(), json!(site.replace('-', "_")));
        values.insert("site".to_owned(), json!(site));
        values
    }
}

/// A key of the same form that nobody has.
fn another(key: &str) -> String {
    let middle = key.len() / 2;
    let changed = key.char_indices().map(|(at, letter)| match letter {
        'x' if at >= middle => 'y',
        _ if at >= middle => 'x',
        letter => letter,
    });
    changed.collect()
}

fn default_pipeline(client: &Client) -> anyhow::Result<String> {
    let pipelines = get(client, "/v1/pipelines").context(
        "the pipelines are not published, so this server may not list them: send --pipeline ID",
    )?;
    let pipelines = pipelines["pipelines"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let default = pipelines
        .iter()
        .find(|pipeline| pipeline["is_default"] == true);
    let id = default
        .or(pipelines.first())
        .and_then(|pipeline| pipeline["id"].as_str());
    id.map(str::to_owned)
        .context("the organisation has no pipeline; send --pipeline ID")
}

fn get(client: &Client, target: &str) -> anyhow::Result<Value> {
    let mut answer = client.send("GET", target, &BTreeMap::new(), None)?;
    if answer.status != 200 {
        bail!("GET {target}: {} {}", answer.status, answer.body);
    }
    Ok(answer.body["data"].take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_has_the_same_form_and_is_another() {
        let key = "lk_live_0123456789abcdefxyz";

        let wrong = another(key);

        assert_ne!(wrong, key);
        assert_eq!(wrong.len(), key.len());
        assert!(wrong.starts_with("lk_live_"));
    }
}
