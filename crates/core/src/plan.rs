//! The plan: from commands and facts to changes. Everything that is decided about a write is decided here.
//!
//! One file for each kind of command; `draft` is what they share.

mod account;
mod attributes;
mod contact;
mod draft;
mod entry;
mod field;
mod key;
mod merge;
mod opportunity;
mod pipeline;
pub mod setup;
mod stage;
#[cfg(test)]
mod tests;
mod trash;
mod update;
mod user;

use uuid::Uuid;

use crate::facts::NotLoaded;
use crate::{Change, Command, Facts, Faults, Outcome, Timestamp};
use draft::Draft;

/// One command of a request as it was read: what could be read of it, and what was wrong with it. Something with
/// faults is still planned, so that a caller hears of its unknown stage together with its misspelt address.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The command, unless too little of it could be read.
    pub command: Option<Command>,
    /// What was wrong with it.
    pub faults: Faults,
}

impl From<Command> for Item {
    /// A command that was read without faults.
    fn from(command: Command) -> Self {
        Self {
            command: Some(command),
            faults: Faults::default(),
        }
    }
}

/// Most records that the commands of one request may name together: each of them may have to be made.
pub const REFERENCES_MAX: usize = 10_000;

/// Makes sure that a request is not so large that others would have to wait for it.
///
/// # Errors
/// [`Faults`] that say by how much it is too large.
pub fn check_size(items: &[Item]) -> Result<(), Faults> {
    let commands = items.iter().filter_map(|item| item.command.as_ref());
    let references: usize = commands.map(Command::references).sum();
    if references <= REFERENCES_MAX {
        return Ok(());
    }
    let message = format!(
        "names {references} records by domains, addresses and ids; at most {REFERENCES_MAX} are allowed in one request"
    );
    Err(Faults::one("", message))
}

/// What becomes of a request in which some items are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is done.
    #[default]
    Whole,
    /// The good items are done (`?partial=true`).
    Partial,
}

/// What a request does, and what came of each of its items.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// To be made in one transaction; none if the request is refused.
    pub changes: Vec<Change>,
    /// One for each item, in order. In [`Mode::Whole`], if one is an error nothing was planned for any.
    pub results: Vec<Result<Outcome, Faults>>,
}

/// Plans a request against the facts, which then know what it changes.
///
/// The facts must have been loaded for the [`Needs`](crate::Needs) of its commands. `now` becomes every time that is
/// written; `mint` gives fresh ids.
///
/// # Errors
/// [`NotLoaded`] if they were not: a bug. The facts are then as before.
pub fn plan(
    items: &[Item],
    mode: Mode,
    facts: &mut Facts,
    now: Timestamp,
    mint: &mut dyn FnMut() -> Uuid,
) -> Result<Plan, NotLoaded> {
    let planned = plan_items(items, mode, facts, now, mint);
    match &planned {
        Ok(plan) if plan.is_done(mode) => facts.keep(),
        _ => facts.forget(),
    }
    let mut plan = planned?;
    if !plan.is_done(mode) {
        plan.changes.clear();
    }
    Ok(plan)
}

impl Plan {
    /// Whether its changes are to be made.
    fn is_done(&self, mode: Mode) -> bool {
        mode == Mode::Partial || self.results.iter().all(Result::is_ok)
    }
}

fn plan_items(
    items: &[Item],
    mode: Mode,
    facts: &mut Facts,
    now: Timestamp,
    mint: &mut dyn FnMut() -> Uuid,
) -> Result<Plan, NotLoaded> {
    let mut changes = vec![];
    let mut results = vec![];
    for item in items {
        let mut draft = Draft::new(facts, now, mint, item.faults.clone());
        let outcome = match &item.command {
            Some(command) => plan_one(command, &mut draft)?,
            None => None,
        };
        let result = draft.finish(outcome);
        if mode == Mode::Partial {
            // Each item stands alone: what a refused one had begun must not be seen by the next.
            if result.is_ok() {
                facts.keep();
            } else {
                facts.forget();
            }
        }
        results.push(result.map(|(planned, outcome)| {
            changes.extend(planned);
            outcome
        }));
    }
    Ok(Plan { changes, results })
}

fn plan_one(command: &Command, draft: &mut Draft) -> Result<Option<Outcome>, NotLoaded> {
    match command {
        Command::CreateOpportunity(create) => opportunity::create(create, draft),
        Command::ResolveAccount(resolve) => account::resolve(resolve, draft),
        Command::ResolveContact(resolve) => contact::resolve(resolve, draft),
        Command::UpdateRecord(update) => update::update(update, draft),
        Command::DeleteRecord(delete) => trash::delete(delete, draft),
        Command::RestoreRecord(restore) => trash::restore(restore, draft),
        Command::MergeRecords(merge) => merge::merge(merge, draft),
        Command::CreateEntry(create) => entry::create(create, draft),
        Command::CreateField(create) => field::create(create, draft),
        Command::UpdateField(update) => field::update(update, draft),
        Command::CreatePipeline(create) => pipeline::create(create, draft),
        Command::UpdatePipeline(update) => pipeline::update(update, draft),
        Command::CreateStage(create) => stage::create(create, draft),
        Command::UpdateStage(update) => stage::update(update, draft),
        Command::DeleteStage(delete) => stage::delete(*delete, draft),
        Command::CreateUser(create) => user::create(create, draft),
        Command::UpdateUser(update) => user::update(update, draft),
        Command::CreateKey(create) => key::create(create, draft),
        Command::RevokeKey(revoke) => key::revoke(*revoke, draft),
    }
}
