//! Into the trash, and out of it.
//!
//! What is in the trash keeps its values and what it refers to, and what refers to it goes on doing so; but nobody finds it,
//! and what it was known by is free for others.

use std::sync::Arc;

use super::draft::Draft;
use super::update::{check_version, not_found};
use crate::command::{DeleteRecord, RestoreRecord};
use crate::facts::NotLoaded;
use crate::faults::Reason;
use crate::outcome::{Done, RecordWritten};
use crate::pipeline::Pipeline;
use crate::{DomainName, Email, Object, Outcome, Record, Value};

pub(super) fn delete(
    command: &DeleteRecord,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let target = &command.target;
    let found = draft.facts.record_as_it_is(target.object, target.id)?;
    let Some(before) = found.filter(|found| found.is_live()).cloned() else {
        not_found(target, draft);
        return Ok(None);
    };
    check_version(target, &before, draft);
    let after = Record {
        deleted_at: Some(draft.now),
        ..Record::clone(&before)
    };
    let record = draft.replace(&before, after);
    written(record, Done::Deleted, draft)
}

pub(super) fn restore(
    command: &RestoreRecord,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let target = &command.target;
    let found = draft.facts.record_as_it_is(target.object, target.id)?;
    let Some(before) = found.cloned() else {
        not_found(target, draft);
        return Ok(None);
    };
    check_version(target, &before, draft);
    if let Some(survivor) = before.merged_into {
        let name = before.object.name();
        let message = format!("was merged into the {name} {survivor}, which answers for it");
        draft.faults.add_as(Reason::Conflict, "id", message);
        return Ok(None);
    }
    if !before.is_live() {
        check_keys_are_free(&before, draft)?;
    }
    let mut after = Record {
        deleted_at: None,
        ..Record::clone(&before)
    };
    leave_inactive_stage(&mut after, draft)?;
    let record = draft.replace(&before, after);
    written(record, Done::Restored, draft)
}

/// Where an opportunity was may be no place any more: then it comes back to where opportunities start.
fn leave_inactive_stage(record: &mut Record, draft: &Draft) -> Result<(), NotLoaded> {
    let (Some(pipeline_id), Some(stage_id)) = (
        record.reference("pipeline_id"),
        record.reference("stage_id"),
    ) else {
        return Ok(());
    };
    let pipeline = draft.facts.pipeline(pipeline_id)?;
    let is_inactive = |pipeline: &Pipeline| {
        let stage = pipeline.stage(stage_id);
        stage.is_some_and(|stage| !stage.is_active)
    };
    if let Some(pipeline) = pipeline.filter(|pipeline| is_inactive(pipeline))
        && let Some(start) = pipeline.active_stages().find(|stage| stage.is_default)
    {
        record.values.insert("stage_id", Value::Id(start.id));
    }
    Ok(())
}

/// What the record was known by may have become another's.
fn check_keys_are_free(record: &Record, draft: &mut Draft) -> Result<(), NotLoaded> {
    let (field, owner) = match record.object {
        Object::Account => match record.text("domain").parse::<DomainName>() {
            Ok(domain) => ("domain", draft.facts.account(&domain)?.cloned()),
            Err(_) => return Ok(()),
        },
        Object::Contact => {
            let others = record.texts("other_emails").iter().map(String::as_str);
            let mut owner = ("email", None);
            for text in [record.text("email")].into_iter().chain(others) {
                let email = text.parse::<Email>().ok();
                let found = email.map(|email| draft.facts.contact(&email)).transpose()?;
                if let Some(found) = found.flatten() {
                    owner.1 = Some(Arc::clone(found));
                }
            }
            owner
        }
        Object::Opportunity | Object::Note | Object::Activity => return Ok(()),
    };
    if let Some(owner) = owner {
        let (name, id) = (record.object.name(), owner.id);
        let message = format!(
            "has become the {name} {id}'s meanwhile; change or delete that one, or go on with it"
        );
        draft.faults.add_as(Reason::Conflict, field, message);
    }
    Ok(())
}

fn written(record: Arc<Record>, done: Done, draft: &Draft) -> Result<Option<Outcome>, NotLoaded> {
    let found = draft.view(&record)?;
    let written = RecordWritten { found, done };
    Ok(Some(Outcome::Record(Box::new(written))))
}
