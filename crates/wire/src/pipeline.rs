//! `GET /v1/pipelines`, `GET /v1/pipelines/{pipeline_id}/stages`.

use lanekeeper_core::pipeline::{Pipeline as CorePipeline, Stage as CoreStage};
use lanekeeper_core::{Timestamp, Value};
use serde::Serialize;
use uuid::Uuid;

/// The data of the list of pipelines.
#[derive(Serialize)]
pub struct Pipelines<'a> {
    pipelines: Vec<Pipeline<'a>>,
}

impl<'a> Pipelines<'a> {
    /// Of these pipelines.
    #[must_use]
    pub fn new(pipelines: &'a [CorePipeline]) -> Self {
        let pipelines = pipelines.iter().map(Pipeline::from).collect();
        Self { pipelines }
    }
}

/// A pipeline in an answer.
#[derive(Serialize)]
struct Pipeline<'a> {
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
    /// The active stages of this pipeline, by `stage_order`.
    #[must_use]
    pub fn new(pipeline: &'a CorePipeline) -> Self {
        Self {
            stages: stages(pipeline),
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

fn stages(pipeline: &CorePipeline) -> Vec<Stage<'_>> {
    pipeline
        .active_stages()
        .map(|stage| stage_of(pipeline.id, stage))
        .collect()
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

impl<'a> From<&'a CorePipeline> for Pipeline<'a> {
    fn from(pipeline: &'a CorePipeline) -> Self {
        Self {
            id: pipeline.id,
            name: &pipeline.name,
            is_default: pipeline.is_default,
            created_at: pipeline.created_at,
            updated_at: pipeline.updated_at,
            stages: stages(pipeline),
        }
    }
}
