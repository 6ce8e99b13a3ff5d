//! `POST /v1/pipelines/{pipeline_id}/stages/bulk`, `PATCH` and `DELETE /v1/pipelines/{pipeline_id}/stages/{stage_id}`.

use lanekeeper_core::Faults;
use lanekeeper_core::command::{Command, CreateStage, DeleteStage, NewStage, UpdateStage};
use lanekeeper_core::outcome::{StageCreated, StageDeleted, StageUpdated};
use lanekeeper_core::pipeline::{COLOR_CHARS_MAX, LABEL_CHARS_MAX, StageType};
use lanekeeper_core::plan::Item;
use lanekeeper_core::text::quote;
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::pipeline::{Stage, stage_of};
use crate::read::Members;
use crate::value::number;

/// Reads a stage to create in this pipeline as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read(pipeline_id: Uuid, item: Json) -> Item {
    let mut faults = Faults::default();
    let stage = new_stage(item, "", &mut faults);
    let command = stage.map(|(stage, ignored)| {
        Command::CreateStage(Box::new(CreateStage {
            pipeline_id,
            stage,
            ignored,
        }))
    });
    Item { command, faults }
}

/// Reads what is to change in a stage, with every fault of its shape and its values.
#[must_use]
pub fn read_update(pipeline_id: Uuid, stage_id: Uuid, body: Json) -> Item {
    let mut faults = Faults::default();
    let update = update_of(pipeline_id, stage_id, body, &mut faults);
    let command = update.map(|update| Command::UpdateStage(Box::new(update)));
    Item { command, faults }
}

/// A stage to take away.
#[must_use]
pub fn delete(pipeline_id: Uuid, stage_id: Uuid) -> Item {
    let delete = DeleteStage {
        pipeline_id,
        stage_id,
    };
    Item {
        command: Some(Command::DeleteStage(delete)),
        faults: Faults::default(),
    }
}

/// A stage to create, and the paths that were ignored.
pub(crate) fn new_stage(
    item: Json,
    path: &str,
    faults: &mut Faults,
) -> Option<(NewStage, Vec<String>)> {
    let mut members = Members::of(item, path, faults)?;
    let label = members.required_line("label", LABEL_CHARS_MAX, faults);
    let color = members.line("color", COLOR_CHARS_MAX, faults);
    let order = members.order("stage_order", faults);
    let is_default = members.flag("is_default", faults);
    let probability = probability(&mut members, faults);
    let stage_type = stage_type(&mut members, faults);
    let stage = NewStage {
        label: label?,
        color,
        order,
        is_default: is_default.unwrap_or(false),
        probability,
        stage_type: stage_type.unwrap_or(StageType::Default),
    };
    Some((stage, members.ignored()))
}

fn update_of(
    pipeline_id: Uuid,
    stage_id: Uuid,
    body: Json,
    faults: &mut Faults,
) -> Option<UpdateStage> {
    const KEPT: &[&str] = &[
        "label",
        "stage_order",
        "is_default",
        "stage_type",
        "is_active",
    ];
    let mut members = Members::of(body, "", faults)?;
    members.refuse_clearing(KEPT, faults);
    let (has_color, has_probability) = (members.has("color"), members.has("probability"));
    let color = members.line("color", COLOR_CHARS_MAX, faults);
    let probability = probability(&mut members, faults);
    Some(UpdateStage {
        pipeline_id,
        stage_id,
        label: members.line("label", LABEL_CHARS_MAX, faults),
        color: has_color.then_some(color),
        order: members.order("stage_order", faults),
        is_default: members.flag("is_default", faults),
        probability: has_probability.then_some(probability),
        stage_type: stage_type(&mut members, faults),
        is_active: members.flag("is_active", faults),
        move_to_stage_id: members.id("move_to_stage_id", faults),
        ignored: members.ignored(),
    })
}

fn probability(members: &mut Members, faults: &mut Faults) -> Option<f64> {
    let json = members.optional("probability")?;
    let path = members.path_of("probability");
    let number = number(&json, &path, faults)?;
    if !(0.0..=100.0).contains(&number) {
        let message = format!("is not a number from 0 to 100: {number}");
        faults.add(path, message);
        return None;
    }
    Some(number)
}

fn stage_type(members: &mut Members, faults: &mut Faults) -> Option<StageType> {
    let text = members.text("stage_type", faults)?;
    let stage_type = StageType::named(&text);
    if stage_type.is_none() {
        let text = quote(&text);
        faults.add(
            members.path_of("stage_type"),
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

/// The answer to an update.
#[derive(Serialize)]
pub struct Updated<'a> {
    #[serde(flatten)]
    stage: Stage<'a>,
    moved_opportunities: usize,
    ignored: &'a [String],
}

impl<'a> From<&'a StageUpdated> for Updated<'a> {
    fn from(updated: &'a StageUpdated) -> Self {
        Self {
            stage: stage_of(updated.pipeline_id, &updated.stage),
            moved_opportunities: updated.moved,
            ignored: &updated.ignored,
        }
    }
}

/// The answer to a delete.
#[derive(Serialize)]
pub struct Deleted {
    stage_id: Uuid,
    pipeline_id: Uuid,
    deleted: bool,
}

impl From<&StageDeleted> for Deleted {
    fn from(deleted: &StageDeleted) -> Self {
        Self {
            stage_id: deleted.stage.id,
            pipeline_id: deleted.pipeline_id,
            deleted: true,
        }
    }
}
