//! `POST /v1/pipelines/{pipeline_id}/stages/bulk`.

use lanekeeper_core::Faults;
use lanekeeper_core::command::{Command, CreateStage};
use lanekeeper_core::outcome::StageCreated;
use lanekeeper_core::pipeline::{COLOR_CHARS_MAX, LABEL_CHARS_MAX, StageType};
use lanekeeper_core::plan::Item;
use lanekeeper_core::text::quote;
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::pipeline::{Stage, stage_of};
use crate::read::Members;
use crate::value::{boolean, number};

/// Reads a stage to create in this pipeline as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read(pipeline_id: Uuid, item: Json) -> Item {
    let mut faults = Faults::default();
    let command = read_item(pipeline_id, item, &mut faults);
    let command = command.map(|create| Command::CreateStage(Box::new(create)));
    Item { command, faults }
}

fn read_item(pipeline_id: Uuid, item: Json, faults: &mut Faults) -> Option<CreateStage> {
    let mut members = Members::of(item, "", faults)?;
    let label = members.required_line("label", LABEL_CHARS_MAX, faults);
    let color = members.line("color", COLOR_CHARS_MAX, faults);
    let order = members.order("stage_order", faults);
    let is_default = members.optional("is_default");
    let is_default = is_default.and_then(|json| boolean(&json, "is_default", faults));
    let probability = members.optional("probability");
    let probability = probability.and_then(|json| probability_of(&json, faults));
    let stage_type = members.text("stage_type", faults);
    let stage_type = stage_type.and_then(|text| stage_type_of(&text, faults));
    Some(CreateStage {
        pipeline_id,
        label: label?,
        color,
        order,
        is_default: is_default.unwrap_or(false),
        probability,
        stage_type: stage_type.unwrap_or(StageType::Default),
        ignored: members.ignored(),
    })
}

fn probability_of(json: &Json, faults: &mut Faults) -> Option<f64> {
    let number = number(json, "probability", faults)?;
    if !(0.0..=100.0).contains(&number) {
        let message = format!("is not a number from 0 to 100: {number}");
        faults.add("probability", message);
        return None;
    }
    Some(number)
}

fn stage_type_of(text: &str, faults: &mut Faults) -> Option<StageType> {
    let stage_type = StageType::named(text);
    if stage_type.is_none() {
        let text = quote(text);
        faults.add(
            "stage_type",
            format!("is no stage type: {text}; send default, positive or negative"),
        );
    }
    stage_type
}

/// The answer to a create.
#[derive(Serialize)]
pub struct Created<'a> {
    #[serde(flatten)]
    stage: Stage<'a>,
    ignored: &'a [String],
}

impl<'a> From<&'a StageCreated> for Created<'a> {
    fn from(created: &'a StageCreated) -> Self {
        Self {
            stage: stage_of(created.pipeline_id, &created.stage),
            ignored: &created.ignored,
        }
    }
}
