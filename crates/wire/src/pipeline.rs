//! `/v1/pipelines`, `/v1/pipelines/{pipeline_id}`, `GET /v1/pipelines/{pipeline_id}/stages`.

use lanekeeper_core::command::{Command, CreatePipeline, NewStage, UpdatePipeline};
use lanekeeper_core::object::BULK_LEN_MAX;
use lanekeeper_core::outcome::PipelineWritten;
use lanekeeper_core::pipeline::{
    PIPELINE_NAME_CHARS_MAX, Pipeline as CorePipeline, Stage as CoreStage,
};
use lanekeeper_core::plan::Item;
use lanekeeper_core::{Faults, Timestamp, Value};
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::read::{Members, join, kind};
use crate::stage::new_stage;

/// Reads a pipeline to create as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read_create(body: Json) -> Item {
    let mut faults = Faults::default();
    let create = create_of(body, &mut faults);
    let command = create.map(|create| Command::CreatePipeline(Box::new(create)));
    Item { command, faults }
}

/// Reads what is to change in a pipeline, with every fault of its shape and its values.
#[must_use]
pub fn read_update(id: Uuid, body: Json) -> Item {
    let mut faults = Faults::default();
    let update = update_of(id, body, &mut faults);
    let command = update.map(|update| Command::UpdatePipeline(Box::new(update)));
    Item { command, faults }
}

fn create_of(body: Json, faults: &mut Faults) -> Option<CreatePipeline> {
    let mut members = Members::of(body, "", faults)?;
    let name = members.required_line("name", PIPELINE_NAME_CHARS_MAX, faults);
    let is_default = members.flag("is_default", faults);
    let stages = members.optional("stages");
    let stages = stages.map(|json| stages_of(json, faults));
    let (stages, mut ignored) = stages.unzip();
    let ignored = ignored.get_or_insert_default();
    ignored.extend(members.ignored());
    Some(CreatePipeline {
        name: name?,
        is_default: is_default.unwrap_or(false),
        stages,
        ignored: std::mem::take(ignored),
    })
}

/// The stages of a new pipeline, as far as they can be read, and the paths that were ignored.
fn stages_of(json: Json, faults: &mut Faults) -> (Vec<NewStage>, Vec<String>) {
    let allowed = format!("send an array of 1 to {BULK_LEN_MAX} stages");
    let items = match json {
        Json::Array(items) if (1..=BULK_LEN_MAX).contains(&items.len()) => items,
        Json::Array(items) => {
            let len = items.len();
            faults.add("stages", format!("has {len} items; {allowed}"));
            vec![]
        }
        other => {
            faults.add("stages", format!("is {}; {allowed}", kind(&other)));
            vec![]
        }
    };
    let (mut stages, mut ignored) = (vec![], vec![]);
    for (index, item) in items.into_iter().enumerate() {
        if let Some((stage, paths)) = new_stage(item, &join("stages", index), faults) {
            stages.push(stage);
            ignored.extend(paths);
        }
    }
    (stages, ignored)
}

fn update_of(id: Uuid, body: Json, faults: &mut Faults) -> Option<UpdatePipeline> {
    let mut members = Members::of(body, "", faults)?;
    members.refuse_clearing(&["name", "is_default"], faults);
    Some(UpdatePipeline {
        id,
        name: members.line("name", PIPELINE_NAME_CHARS_MAX, faults),
        is_default: members.flag("is_default", faults),
        ignored: members.ignored(),
    })
}

/// The data of the list of pipelines.
#[derive(Serialize)]
pub struct Pipelines<'a> {
    pipelines: Vec<Pipeline<'a>>,
}

impl<'a> Pipelines<'a> {
    /// Of these pipelines.
    #[must_use]
    pub fn new(pipelines: &'a [CorePipeline]) -> Self {
        let pipelines = pipelines.iter();
        let pipelines = pipelines
            .map(|pipeline| Pipeline::new(pipeline, Shown::Active))
            .collect();
        Self { pipelines }
    }
}

/// Which stages an answer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Those that opportunities may be put into.
    #[default]
    Active,
    /// The others too.
    All,
}

/// A pipeline in an answer.
#[derive(Serialize)]
pub struct Pipeline<'a> {
    id: Uuid,
    name: &'a str,
    is_default: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    stages: Vec<Stage<'a>>,
}

/// The data of the list of a pipeline's stages.
#[derive(Serialize)]
pub struct Stages<'a> {
    stages: Vec<Stage<'a>>,
}

impl<'a> Stages<'a> {
    /// The stages of this pipeline, by `stage_order`.
    #[must_use]
    pub fn new(pipeline: &'a CorePipeline, shown: Shown) -> Self {
        Self {
            stages: stages(pipeline, shown),
        }
    }
}

/// A stage in an answer.
#[derive(Serialize)]
pub(crate) struct Stage<'a> {
    stage_id: Uuid,
    pipeline_id: Uuid,
    label: &'a str,
    stage_order: i64,
    color: Option<&'a str>,
    is_active: bool,
    is_default: bool,
    probability: Option<Value>,
    stage_type: &'static str,
}

fn stages(pipeline: &CorePipeline, shown: Shown) -> Vec<Stage<'_>> {
    let stages = pipeline.stages.iter();
    let stages = stages.filter(|stage| stage.is_active || shown == Shown::All);
    stages.map(|stage| stage_of(pipeline.id, stage)).collect()
}

pub(crate) fn stage_of(pipeline_id: Uuid, stage: &CoreStage) -> Stage<'_> {
    Stage {
        stage_id: stage.id,
        pipeline_id,
        label: &stage.label,
        stage_order: stage.order,
        color: stage.color.as_deref(),
        is_active: stage.is_active,
        is_default: stage.is_default,
        probability: stage.probability.map(Value::number),
        stage_type: stage.stage_type.name(),
    }
}

impl<'a> Pipeline<'a> {
    /// This pipeline.
    #[must_use]
    pub fn new(pipeline: &'a CorePipeline, shown: Shown) -> Self {
        Self {
            id: pipeline.id,
            name: &pipeline.name,
            is_default: pipeline.is_default,
            created_at: pipeline.created_at,
            updated_at: pipeline.updated_at,
            stages: stages(pipeline, shown),
        }
    }
}

/// The answer to a create or an update.
#[derive(Serialize)]
pub struct Written<'a> {
    #[serde(flatten)]
    pipeline: Pipeline<'a>,
    ignored: &'a [String],
}

impl<'a> From<&'a PipelineWritten> for Written<'a> {
    fn from(written: &'a PipelineWritten) -> Self {
        Self {
            pipeline: Pipeline::new(&written.pipeline, Shown::Active),
            ignored: &written.ignored,
        }
    }
}
