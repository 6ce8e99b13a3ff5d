//! The stages of a pipeline: a label is its pipeline's alone, and so is a place; one stage is the default; and where
//! opportunities are, they may stay.

use std::sync::Arc;

use uuid::Uuid;

use super::draft::Draft;
use crate::command::{CreateStage, DeleteStage, NewStage, UpdateStage};
use crate::facts::{HOLDERS_MAX, NotLoaded};
use crate::faults::Reason;
use crate::outcome::{StageCreated, StageDeleted, StageUpdated};
use crate::pipeline::{ORDER_MAX, Pipeline, STAGES_MAX, Stage};
use crate::text::{fold, quote};
use crate::value::{CustomValues, Value, Values};
use crate::{Change, Faults, Outcome, Record};

const _: () = assert!(
    ORDER_MAX < i64::MAX - STAGES_MAX as i64,
    "places never run out"
);

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
    let mut next = Pipeline::clone(&pipeline);
    let id = draft.id();
    if let Err(faults) = add(&mut next, &command.stage, id) {
        draft.faults.extend(faults);
        return Ok(None);
    }
    change_stages(&pipeline, &next, draft);
    let stage = next.stage(id).expect("it was added").clone();
    let ignored = command.ignored.clone();
    Ok(Some(Outcome::Stage(Box::new(StageCreated {
        pipeline_id,
        stage,
        ignored,
    }))))
}

/// Adds a stage where it asks to be.
pub(super) fn add(pipeline: &mut Pipeline, new: &NewStage, id: Uuid) -> Result<(), Faults> {
    let mut faults = Faults::default();
    check_label(&new.label, id, pipeline, &mut faults);
    if pipeline.stages.len() >= STAGES_MAX {
        let message =
            format!("is one too many: there are {STAGES_MAX} stages, the most there can be");
        faults.add_as(Reason::Conflict, "", message);
    }
    faults.or(())?;
    let last = pipeline.stages.iter().map(|stage| stage.order).max();
    place(
        pipeline,
        &Stage {
            id,
            label: new.label.clone(),
            order: new.order.unwrap_or(last.unwrap_or(0) + 1),
            color: new.color.clone(),
            is_active: true,
            is_default: new.is_default,
            probability: new.probability,
            stage_type: new.stage_type,
        },
    );
    Ok(())
}

pub(super) fn update(
    command: &UpdateStage,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let (pipeline_id, stage_id) = (command.pipeline_id, command.stage_id);
    let Some((pipeline, before)) = find(pipeline_id, stage_id, draft)? else {
        return Ok(None);
    };
    let after = patched(command, &before);
    if after.label != before.label {
        check_label(&after.label, stage_id, &pipeline, &mut draft.faults);
    }
    check_default(command, &before, &mut draft.faults);
    let moving = leaving(command, &pipeline, draft)?;
    if !draft.faults.is_empty() {
        return Ok(None);
    }
    let mut next = Pipeline::clone(&pipeline);
    place(&mut next, &after);
    keep_a_default(&mut next);
    change_stages(&pipeline, &next, draft);
    let to = command.move_to_stage_id;
    for (record, to) in moving.iter().zip(to.into_iter().cycle()) {
        let values = Values::from([("stage_id", Value::Id(to))]);
        draft.update(record, values, CustomValues::new());
    }
    Ok(Some(Outcome::StageUpdated(Box::new(StageUpdated {
        pipeline_id,
        stage: next.stage(stage_id).expect("it was found").clone(),
        moved: moving.len(),
        ignored: command.ignored.clone(),
    }))))
}

pub(super) fn delete(
    command: DeleteStage,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let DeleteStage {
        pipeline_id,
        stage_id,
    } = command;
    let Some((pipeline, stage)) = find(pipeline_id, stage_id, draft)? else {
        return Ok(None);
    };
    let mut refuse = |message: &str| {
        draft.faults.add_as(Reason::Conflict, "stage_id", message);
    };
    if is_last_active(&stage, &pipeline) {
        refuse("names the pipeline's last active stage; create another first");
    }
    if draft
        .facts
        .occupants(stage_id)?
        .is_none_or(|all| !all.is_empty())
    {
        refuse(
            "names a stage that opportunities are in, or were when they went to the trash; deactivate it instead: PATCH it with 'is_active': false \
             and 'move_to_stage_id'",
        );
    }
    let mut next = Pipeline::clone(&pipeline);
    next.remove(stage_id);
    keep_a_default(&mut next);
    change_stages(&pipeline, &next, draft);
    Ok(Some(Outcome::StageDeleted(Box::new(StageDeleted {
        pipeline_id,
        stage,
    }))))
}

/// The stage of a pipeline, both named by the path; a fault if there is none.
fn find(
    pipeline_id: Uuid,
    stage_id: Uuid,
    draft: &mut Draft,
) -> Result<Option<(Arc<Pipeline>, Stage)>, NotLoaded> {
    let Some(pipeline) = draft.facts.pipeline(pipeline_id)?.cloned() else {
        let gone = Faults::not_found("There is no pipeline with this id");
        draft.faults.extend(gone);
        return Ok(None);
    };
    let Some(stage) = pipeline.stage(stage_id).cloned() else {
        let gone = Faults::not_found("There is no stage with this id in the pipeline");
        draft.faults.extend(gone);
        return Ok(None);
    };
    Ok(Some((pipeline, stage)))
}

fn patched(command: &UpdateStage, before: &Stage) -> Stage {
    let update = command.clone();
    let is_active = update.is_active.unwrap_or(before.is_active);
    Stage {
        id: before.id,
        label: update.label.unwrap_or_else(|| before.label.clone()),
        order: update.order.unwrap_or(before.order),
        color: update.color.unwrap_or_else(|| before.color.clone()),
        is_active,
        is_default: is_active && update.is_default.unwrap_or(before.is_default),
        probability: update.probability.unwrap_or(before.probability),
        stage_type: update.stage_type.unwrap_or(before.stage_type),
    }
}

/// Whether the label is still to be had; a fault if not.
fn check_label(label: &str, id: Uuid, pipeline: &Pipeline, faults: &mut Faults) {
    let folded = fold(label.trim());
    let mut others = pipeline.stages.iter().filter(|stage| stage.id != id);
    if let Some(stage) = others.find(|stage| fold(stage.label.trim()) == folded) {
        let message = format!("is taken: the pipeline has a stage {}", quote(&stage.label));
        faults.add_as(Reason::Conflict, "label", message);
    }
}

/// One active stage is the default: it ends to be that when another becomes it.
fn check_default(command: &UpdateStage, before: &Stage, faults: &mut Faults) {
    let is_active = command.is_active.unwrap_or(before.is_active);
    match command.is_default {
        Some(true) if !is_active => {
            let message =
                "cannot be true where 'is_active' is false; opportunities start in active stages";
            faults.add("is_default", message);
        }
        Some(false) if before.is_default && is_active => {
            let message = "stays true until another stage is made the default";
            faults.add_as(Reason::Conflict, "is_default", message);
        }
        _ => {}
    }
}

/// The opportunities that have to leave a stage that is no longer active; faults, if they cannot.
fn leaving(
    command: &UpdateStage,
    pipeline: &Pipeline,
    draft: &mut Draft,
) -> Result<Vec<Arc<Record>>, NotLoaded> {
    if command.is_active != Some(false) {
        if command.move_to_stage_id.is_some() {
            let message = "is of use only together with 'is_active': false";
            draft.faults.add("move_to_stage_id", message);
        }
        return Ok(vec![]);
    }
    let stage = pipeline.stage(command.stage_id);
    if stage.is_some_and(|stage| is_last_active(stage, pipeline)) {
        let message = "stays true: it is the pipeline's last active stage; create another first";
        draft.faults.add_as(Reason::Conflict, "is_active", message);
    }
    if let Some(to) = command.move_to_stage_id {
        check_destination(to, command.stage_id, pipeline, &mut draft.faults);
    }
    let Some(mut occupants) = draft.facts.occupants(command.stage_id)? else {
        let message = format!(
            "stays true: more than {HOLDERS_MAX} opportunities are in the stage, too many to move at once; move some first"
        );
        draft.faults.add_as(Reason::Conflict, "is_active", message);
        return Ok(vec![]);
    };
    occupants.retain(|record| record.is_live());
    if command.move_to_stage_id.is_none() && !occupants.is_empty() {
        let message = format!(
            "stays true while opportunities are in the stage: there {}; send 'move_to_stage_id' too, the active stage that they move to",
            counted(occupants.len())
        );
        draft.faults.add_as(Reason::Conflict, "is_active", message);
    }
    Ok(occupants)
}

fn counted(count: usize) -> String {
    match count {
        1 => "is 1".to_owned(),
        count => format!("are {count}"),
    }
}

fn check_destination(to: Uuid, from: Uuid, pipeline: &Pipeline, faults: &mut Faults) {
    let others = pipeline.active_stages().filter(|stage| stage.id != from);
    let others: Vec<&Stage> = others.collect();
    if others.iter().any(|stage| stage.id == to) {
        return;
    }
    let labels: Vec<String> = others.iter().map(|stage| quote(&stage.label)).collect();
    let message = format!(
        "names no other active stage of the pipeline: '{to}'; there are {}",
        labels.join(", ")
    );
    faults.add("move_to_stage_id", message);
}

fn is_last_active(stage: &Stage, pipeline: &Pipeline) -> bool {
    let mut others = pipeline
        .active_stages()
        .filter(|other| other.id != stage.id);
    stage.is_active && others.next().is_none()
}

/// Takes a stage in where it asks to be: whoever is in its place moves on by one, and so on as far as places are taken;
/// and the default moves to it if it is to be that.
fn place(pipeline: &mut Pipeline, stage: &Stage) {
    let mut taken = stage.order;
    let others = pipeline.stages.iter_mut();
    for other in others.filter(|other| other.id != stage.id) {
        if other.order == taken {
            other.order += 1;
            taken = other.order;
        }
        other.is_default &= !stage.is_default;
    }
    pipeline.put(stage);
}

/// Where no active stage is the default, the first becomes it.
pub(super) fn keep_a_default(pipeline: &mut Pipeline) {
    if pipeline.active_stages().any(|stage| stage.is_default) {
        return;
    }
    let mut stages = pipeline.stages.iter_mut();
    if let Some(first) = stages.find(|stage| stage.is_active) {
        first.is_default = true;
    }
}

/// The changes that make one state of a pipeline's stages the next one.
fn change_stages(pipeline: &Pipeline, next: &Pipeline, draft: &mut Draft) {
    let (pipeline_id, at) = (pipeline.id, draft.now);
    for after in &next.stages {
        if let Some(before) = pipeline.stage(after.id).filter(|before| *before != after) {
            let (before, after) = (before.clone(), after.clone());
            draft.change(Change::UpdateStage {
                pipeline_id,
                before,
                after,
                at,
            });
        }
    }
    for stage in &pipeline.stages {
        if next.stage(stage.id).is_none() {
            let stage = stage.clone();
            draft.change(Change::DeleteStage {
                pipeline_id,
                stage,
                at,
            });
        }
    }
    for stage in &next.stages {
        if pipeline.stage(stage.id).is_none() {
            let stage = stage.clone();
            draft.change(Change::CreateStage {
                pipeline_id,
                stage,
                at,
            });
        }
    }
}
