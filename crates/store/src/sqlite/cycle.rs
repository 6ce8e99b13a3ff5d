//! One group of requests: load, plan, apply, one commit.

use std::collections::BTreeMap;

use lanekeeper_core::change::{ActorKind, Change};
use lanekeeper_core::plan::{Plan, plan};
use lanekeeper_core::{Facts, Needs, Timestamp};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::apply::{Origin, apply, set_last_sequence};
use super::idempotency::{self, KeptKeys};
use super::index_text;
use super::load::settings::key;
use super::load::{load, org_state};
use crate::clock::Mint;
use crate::{Answer, Clock, Idempotency, Org, Write, WriteError, Written};

/// What the writer keeps between groups.
pub(super) struct Cycle {
    clock: Clock,
    mint: Mint,
    last: Timestamp,
    kept_keys: KeptKeys,
}

/// An organisation within a group.
struct Session {
    facts: Facts,
    last_sequence: i64,
    is_changed: bool,
    revokes_keys: bool,
}

/// What a group came to: one result for each of its requests, and the last sequence of each organisation it changed.
pub(super) struct Group {
    pub(super) results: Vec<Result<Written, WriteError>>,
    pub(super) committed: BTreeMap<Org, i64>,
    pub(super) commit_micros: u64,
    pub(super) revokes_keys: bool,
}

impl Cycle {
    pub(super) fn new(clock: Clock, keys_max: i64) -> Self {
        let last = Timestamp::from_micros(0);
        let kept_keys = KeptKeys::new(keys_max);
        Self {
            clock,
            mint: Mint::new(),
            last,
            kept_keys,
        }
    }

    /// Runs the requests in one transaction. A refused one contributes nothing and harms no other.
    ///
    /// # Errors
    /// The transaction failed: nothing of the group was made.
    pub(super) fn run(
        &mut self,
        connection: &mut Connection,
        writes: &[&Write],
    ) -> Result<Group, WriteError> {
        let group = self.run_group(connection, writes);
        if group.is_err() {
            // What was counted in the transaction went with it.
            self.kept_keys.recount();
        }
        group
    }

    fn run_group(
        &mut self,
        connection: &mut Connection,
        writes: &[&Write],
    ) -> Result<Group, WriteError> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut sessions = open_sessions(&transaction, writes)?;
        let mut results = vec![];
        for write in writes {
            let session = sessions
                .get_mut(&write.org)
                .expect("every organisation has a session");
            results.push(self.run_one(&transaction, write, session)?);
        }
        sessions.retain(|_, session| session.is_changed);
        for (org, session) in &sessions {
            set_last_sequence(&transaction, *org, session.last_sequence)?;
        }
        if !sessions.is_empty() {
            index_text::flush(&transaction)?;
        }
        let revokes_keys = sessions.values().any(|session| session.revokes_keys);
        let begun = self.clock.now();
        transaction.commit()?;
        let commit_micros = self.clock.now().as_micros() - begun.as_micros();
        let committed = sessions
            .into_iter()
            .map(|(org, session)| (org, session.last_sequence));
        Ok(Group {
            results,
            committed: committed.collect(),
            commit_micros: commit_micros.max(0).unsigned_abs(),
            revokes_keys,
        })
    }

    /// The inner error is this request's alone; the outer one fails the group.
    fn run_one(
        &mut self,
        transaction: &Transaction,
        write: &Write,
        session: &mut Session,
    ) -> Result<Result<Written, WriteError>, WriteError> {
        let now = self.tick();
        if has_ended(transaction, write, now)? {
            return Ok(Err(WriteError::KeyEnded));
        }
        let idempotency = write.idempotency.as_ref().filter(|_| !write.dry_run);
        if let Some(idempotency) = idempotency {
            match self.recall(transaction, write.org, idempotency, now)? {
                Ok(None) => {}
                Ok(Some(answer)) => return Ok(Ok(Written::Replayed(answer))),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        let planned = match self.plan(write, session, now) {
            Ok(planned) => planned,
            Err(bug) => return Ok(Err(WriteError::Failed(bug))),
        };
        if write.dry_run {
            return Ok(Ok(Written::Done(planned.results)));
        }
        if let Some(idempotency) = idempotency
            && let Some(answer) = (idempotency.render)(&planned.results)
        {
            self.kept_keys
                .keep(transaction, write.org, idempotency, &answer, now)?;
        }
        let id = self.mint.id();
        let (org, request_id, actor, at) = (write.org, &write.request_id, &write.actor, now);
        let origin = Origin {
            org,
            id,
            request_id,
            actor,
            at,
        };
        session.last_sequence = apply(
            transaction,
            &origin,
            &planned.changes,
            session.last_sequence,
        )?;
        session.is_changed |= !planned.changes.is_empty();
        let mut changes = planned.changes.iter();
        session.revokes_keys |= changes.any(|change| matches!(change, Change::RevokeKey { .. }));
        Ok(Ok(Written::Done(planned.results)))
    }

    fn plan(
        &mut self,
        write: &Write,
        session: &mut Session,
        now: Timestamp,
    ) -> Result<Plan, String> {
        self.mint.set_now(now);
        let mint = &mut || self.mint.id();
        let planned = match write.dry_run {
            true => plan(
                &write.items,
                write.mode,
                &mut session.facts.clone(),
                now,
                mint,
            ),
            false => plan(&write.items, write.mode, &mut session.facts, now, mint),
        };
        planned.map_err(|not_loaded| not_loaded.to_string())
    }

    /// The answer that the request got before; the inner error if the key cannot be used.
    fn recall(
        &mut self,
        transaction: &Transaction,
        org: Org,
        idempotency: &Idempotency,
        now: Timestamp,
    ) -> Result<Result<Option<Answer>, WriteError>, WriteError> {
        let recalled = idempotency::recall(transaction, org, idempotency, now)?;
        if matches!(recalled, Ok(None)) && !self.kept_keys.have_room(transaction, org, now)? {
            return Ok(Err(WriteError::TooManyKeys));
        }
        Ok(recalled)
    }

    /// Now, later than ever before, so that what is written later is also dated later.
    fn tick(&mut self) -> Timestamp {
        let next = Timestamp::from_micros(self.last.as_micros() + 1);
        self.last = self.clock.now().max(next);
        self.last
    }
}

/// Whether the key that asks is no longer good: it may have been revoked since the request began to arrive.
fn has_ended(connection: &Connection, write: &Write, now: Timestamp) -> Result<bool, WriteError> {
    let (ActorKind::ApiKey, Some(id)) = (write.actor.kind, write.actor.id) else {
        return Ok(false);
    };
    let key = key(connection, write.org, id)?;
    Ok(!key.is_some_and(|key| key.is_live(now)))
}

/// Loads once for all requests of an organisation.
fn open_sessions(
    transaction: &Transaction,
    writes: &[&Write],
) -> Result<BTreeMap<Org, Session>, WriteError> {
    let mut needs: BTreeMap<Org, Needs> = BTreeMap::new();
    for write in writes {
        let needs = needs.entry(write.org).or_default();
        let commands = write.items.iter().filter_map(|item| item.command.as_ref());
        commands.for_each(|command| needs.add(command));
    }
    let sessions = needs.into_iter().map(|(org, needs)| {
        let state = org_state(transaction, org)?;
        let facts = load(transaction, org, &needs, state.unknown_attributes)?;
        let session = Session {
            facts,
            last_sequence: state.last_sequence,
            is_changed: false,
            revokes_keys: false,
        };
        Ok((org, session))
    });
    sessions.collect()
}
