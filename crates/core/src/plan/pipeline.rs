//! A pipeline to create or to change: its name is its own, and one pipeline is the default.

use std::sync::Arc;

use uuid::Uuid;

use super::draft::Draft;
use super::{setup, stage};
use crate::command::{CreatePipeline, NewStage, UpdatePipeline};
use crate::facts::NotLoaded;
use crate::faults::Reason;
use crate::outcome::{How, PipelineWritten};
use crate::pipeline::{PIPELINES_MAX, Pipeline};
use crate::text::{fold, quote};
use crate::{Change, Faults, Outcome};

pub(super) fn create(
    command: &CreatePipeline,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let id = draft.id();
    check_name(&command.name, id, draft)?;
    let pipelines = draft.facts.pipelines()?;
    let count = pipelines.len();
    let has_default = pipelines.iter().any(|pipeline| pipeline.is_default);
    if count >= PIPELINES_MAX {
        let message =
            format!("is one too many: there are {PIPELINES_MAX} pipelines, the most there can be");
        draft.faults.add_as(Reason::Conflict, "", message);
    }
    let mut pipeline = Pipeline {
        id,
        name: command.name.clone(),
        is_default: command.is_default || !has_default,
        created_at: draft.now,
        updated_at: draft.now,
        stages: vec![],
    };
    match &command.stages {
        None => pipeline.stages = setup::stages(&mut || draft.id()),
        Some(stages) => add_stages(&mut pipeline, stages, draft),
    }
    stage::keep_a_default(&mut pipeline);
    if pipeline.is_default {
        take_default_from_others(id, draft)?;
    }
    draft.change(Change::CreatePipeline(pipeline.clone()));
    Ok(written(Arc::new(pipeline), How::Created, &command.ignored))
}

fn add_stages(pipeline: &mut Pipeline, stages: &[NewStage], draft: &mut Draft) {
    for (index, new) in stages.iter().enumerate() {
        let id = draft.id();
        if let Err(faults) = stage::add(pipeline, new, id) {
            draft.faults.add_under(format!("stages.{index}"), faults);
        }
    }
}

pub(super) fn update(
    command: &UpdatePipeline,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let pipelines = draft.facts.pipelines()?;
    let found = pipelines.iter().find(|pipeline| pipeline.id == command.id);
    let Some(before) = found.map(|found| Arc::clone(found)) else {
        let gone = Faults::not_found("There is no pipeline with this id");
        draft.faults.extend(gone);
        return Ok(None);
    };
    let mut after = Pipeline::clone(&before);
    if let Some(name) = &command.name {
        check_name(name, command.id, draft)?;
        after.name.clone_from(name);
    }
    match command.is_default {
        Some(true) if !before.is_default => {
            after.is_default = true;
            take_default_from_others(command.id, draft)?;
        }
        Some(false) if before.is_default => {
            let message = "stays true until another pipeline is made the default";
            draft.faults.add_as(Reason::Conflict, "is_default", message);
        }
        _ => {}
    }
    let after = change(&before, after, draft);
    Ok(written(after, How::Matched, &command.ignored))
}

/// Whether the name is still to be had; a fault if not.
fn check_name(name: &str, id: Uuid, draft: &mut Draft) -> Result<(), NotLoaded> {
    let folded = fold(name.trim());
    let pipelines = draft.facts.pipelines()?;
    let mut others = pipelines.iter().filter(|pipeline| pipeline.id != id);
    if let Some(other) = others.find(|other| fold(other.name.trim()) == folded) {
        let message = format!("is taken: there is a pipeline {}", quote(&other.name));
        draft.faults.add_as(Reason::Conflict, "name", message);
    }
    Ok(())
}

fn take_default_from_others(id: Uuid, draft: &mut Draft) -> Result<(), NotLoaded> {
    let pipelines = draft.facts.pipelines()?.into_iter();
    let others = pipelines.filter(|pipeline| pipeline.id != id && pipeline.is_default);
    let others: Vec<Arc<Pipeline>> = others.cloned().collect();
    for other in others {
        let mut after = Pipeline::clone(&other);
        after.is_default = false;
        change(&other, after, draft);
    }
    Ok(())
}

/// The pipeline as it is to be; touched only if that differs from what it was.
fn change(before: &Arc<Pipeline>, mut after: Pipeline, draft: &mut Draft) -> Arc<Pipeline> {
    if after == **before {
        return Arc::clone(before);
    }
    after.updated_at = draft.now;
    let after = Arc::new(after);
    draft.change(Change::UpdatePipeline {
        before: Arc::clone(before),
        after: Arc::clone(&after),
    });
    after
}

fn written(pipeline: Arc<Pipeline>, how: How, ignored: &[String]) -> Option<Outcome> {
    let ignored = ignored.to_vec();
    let written = PipelineWritten {
        pipeline,
        how,
        ignored,
    };
    Some(Outcome::Pipeline(Box::new(written)))
}
