//! A stage to create: its label is its pipeline's alone, and so is its place.

use super::draft::Draft;
use crate::command::CreateStage;
use crate::facts::NotLoaded;
use crate::outcome::StageCreated;
use crate::pipeline::{ORDER_MAX, Pipeline, STAGES_MAX, Stage};
use crate::text::{fold, quote};
use crate::{Change, Outcome};

pub(super) fn create(
    command: &CreateStage,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let pipeline_id = command.pipeline_id;
    let Some(pipeline) = draft.facts.pipeline(pipeline_id)?.cloned() else {
        let message = format!("names no pipeline: '{pipeline_id}'");
        draft.faults.add("", message);
        return Ok(None);
    };
    if let Err((path, message)) = check(command, &pipeline) {
        draft.faults.add(path, message);
        return Ok(None);
    }
    let last = pipeline.stages.iter().map(|stage| stage.order).max();
    let stage = Stage {
        id: draft.id(),
        label: command.label.clone(),
        order: command.order.unwrap_or(last.unwrap_or(0) + 1),
        color: command.color.clone(),
        is_active: true,
        is_default: command.is_default,
        probability: command.probability,
        stage_type: command.stage_type,
    };
    for (before, after) in moved(&pipeline, &stage) {
        draft.change(Change::UpdateStage {
            pipeline_id,
            before,
            after,
        });
    }
    draft.change(Change::CreateStage {
        pipeline_id,
        stage: stage.clone(),
    });
    let ignored = command.ignored.clone();
    Ok(Some(Outcome::Stage(Box::new(StageCreated {
        pipeline_id,
        stage,
        ignored,
    }))))
}

/// Which member is at fault, and why.
fn check(command: &CreateStage, pipeline: &Pipeline) -> Result<(), (&'static str, String)> {
    let folded = fold(command.label.trim());
    let mut stages = pipeline.stages.iter();
    if let Some(stage) = stages.find(|stage| fold(stage.label.trim()) == folded) {
        let label = quote(&stage.label);
        return Err((
            "label",
            format!("is taken: the pipeline has a stage {label}"),
        ));
    }
    if pipeline.stages.len() >= STAGES_MAX {
        let message =
            format!("is one too many: there are {STAGES_MAX} stages, the most there can be");
        return Err(("", message));
    }
    Ok(())
}

/// The stages that make room for a new one, as they were and as they are then: whoever is in its place moves on by one,
/// and so on as far as places are taken; and the default moves to it if it is to be that.
fn moved(pipeline: &Pipeline, new: &Stage) -> Vec<(Stage, Stage)> {
    let mut taken = new.order;
    let mut stages: Vec<&Stage> = pipeline.stages.iter().collect();
    stages.sort_by_key(|stage| stage.order);
    let moved = stages.into_iter().filter_map(|before| {
        let mut after = before.clone();
        if before.order == taken {
            after.order += 1;
            taken = after.order;
        }
        after.is_default &= !new.is_default;
        (after != *before).then(|| (before.clone(), after))
    });
    moved.collect()
}

const _: () = assert!(
    ORDER_MAX < i64::MAX - STAGES_MAX as i64,
    "places never run out"
);
