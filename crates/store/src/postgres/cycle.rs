//! One group of requests of an organisation: lock, load, plan, apply, one commit.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use deadpool_postgres::ClientWrapper as Client;
use futures_util::future::{try_join, try_join5};
use lanekeeper_core::change::ActorKind;
use lanekeeper_core::pipeline::UnknownAttributes;
use lanekeeper_core::plan::{Plan, plan};
use lanekeeper_core::{Change, Facts, Needs, Timestamp};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::apply::{self, Changeset};
use super::idempotency::{self, Answers, PRUNED_FOR_ROOM};
use super::load;
use super::load::settings::keys_by_id;
use super::session::{Purpose, Sight, begin};
use crate::clock::Mint;
use crate::{Clock, Org, ReadError, Write, WriteError, Written};

/// What a lane keeps between groups.
pub(super) struct Cycle {
    clock: Clock,
    mint: Mint,
    idempotency_keys_max: i64,
}

/// What a group came to: one result for each of its requests, and the organisation's last sequence if that has moved.
pub(super) struct Group {
    pub(super) results: Vec<Result<Written, WriteError>>,
    pub(super) committed: Option<i64>,
    /// How many changes were made.
    pub(super) changes: u64,
    pub(super) revokes_keys: bool,
}

/// What is known of the organisation itself.
pub(super) struct OrgState {
    pub(super) unknown_attributes: UnknownAttributes,
    pub(super) last_sequence: i64,
    /// When it was last written to: later writes are dated later, whatever the clock of the server.
    pub(super) last_write_at: Timestamp,
    pub(super) idempotency_keys: i64,
}

/// Locks the organisation until the transaction ends: nobody else loads for it, plans, or numbers its changes meanwhile.
const LOCK: &str = "
    select unknown_attributes, last_sequence, last_write_at, idempotency_keys
    from organization where id = $1 for update";

const UPDATE: &str = "
    update organization set last_sequence = $2, last_write_at = $3, idempotency_keys = $4
    where id = $1";

impl Cycle {
    pub(super) fn new(clock: Clock, idempotency_keys_max: i64) -> Self {
        Self {
            clock,
            mint: Mint::new(),
            idempotency_keys_max,
        }
    }

    /// Runs the requests in one transaction. A refused one contributes nothing and harms no other.
    ///
    /// # Errors
    /// The transaction failed, and is still open: nothing of the group was made.
    pub(super) async fn run(
        &mut self,
        client: &Client,
        org: Org,
        writes: &[&Write],
    ) -> Result<Group, Failure> {
        let mut group = open(client, org, writes, &self.clock).await?;
        if group.kept.is_asked() && group.state.idempotency_keys >= self.idempotency_keys_max {
            let now = self.clock.now();
            let pruned = idempotency::prune(client, org, now, PRUNED_FOR_ROOM).await?;
            group.state.idempotency_keys -= pruned;
            group.pruned = pruned;
        }
        let mut results = vec![];
        for write in writes {
            results.push(self.run_one(write, &mut group));
        }
        let changes = group.changesets.iter();
        let changes = changes
            .map(|changeset| changeset.changes.len() as u64)
            .sum();
        let revokes_keys = !group.revoked.is_empty();
        let committed = finish(client, org, group).await?;
        Ok(Group {
            results,
            committed,
            changes,
            revokes_keys,
        })
    }

    /// Plans a request. The error is this request's alone.
    fn run_one(&mut self, write: &Write, open: &mut Open) -> Result<Written, WriteError> {
        let now = open.tick();
        if open.has_ended(write, now) {
            return Err(WriteError::KeyEnded);
        }
        let idempotency = write.idempotency.as_ref().filter(|_| !write.dry_run);
        if let Some(idempotency) = idempotency {
            if let Some(answer) = open.kept.recall(idempotency, now)? {
                return Ok(Written::Replayed(answer));
            }
            if open.state.idempotency_keys >= self.idempotency_keys_max {
                return Err(WriteError::TooManyKeys);
            }
        }
        let planned = self.plan(write, &mut open.facts, now);
        let planned = planned.map_err(WriteError::Failed)?;
        if write.dry_run {
            return Ok(Written::Done(planned.results));
        }
        if let Some(idempotency) = idempotency
            && let Some(answer) = (idempotency.render)(&planned.results)
        {
            open.kept.keep(idempotency, answer, now);
            open.state.idempotency_keys += 1;
        }
        open.note_revocations(&planned.changes);
        if !planned.changes.is_empty() {
            open.changesets.push(Changeset {
                id: self.mint.id(),
                request_id: write.request_id.clone(),
                actor: write.actor.clone(),
                at: now,
                changes: planned.changes,
            });
        }
        Ok(Written::Done(planned.results))
    }

    fn plan(&mut self, write: &Write, facts: &mut Facts, now: Timestamp) -> Result<Plan, String> {
        self.mint.set_now(now);
        let mint = &mut || self.mint.id();
        let planned = catch_unwind(AssertUnwindSafe(|| match write.dry_run {
            true => plan(&write.items, write.mode, &mut facts.clone(), now, mint),
            false => plan(&write.items, write.mode, facts, now, mint),
        }));
        let planned = planned.map_err(|_| "a panic in the plan".to_owned())?;
        planned.map_err(|not_loaded| not_loaded.to_string())
    }
}

/// Writes what was planned, and commits.
async fn finish(client: &Client, org: Org, open: Open) -> Result<Option<i64>, Failure> {
    let Open {
        state,
        kept,
        changesets,
        last,
        pruned: pruned_for_room,
        ..
    } = open;
    let before = state.last_sequence;
    let apply = async {
        match changesets.is_empty() {
            true => Ok(before),
            false => apply::apply(client, org, &changesets, before).await,
        }
    };
    let keep = async { Ok(kept.write(client, org, last).await?) };
    let (after, pruned) = try_join(apply, keep).await?;
    let keys = state.idempotency_keys - pruned;
    if after == before && !kept.has_new() && pruned_for_room == 0 {
        client.batch_execute("rollback").await?;
        return Ok(None);
    }
    // Prepared before it is sent: the commit must not overtake it. If it fails, the commit is none, and it is what is told.
    let update = client.prepare_cached(UPDATE).await?;
    let (id, last) = (org.id(), last.as_micros());
    let parameters: [&(dyn ToSql + Sync); 4] = [&id, &after, &last, &keys];
    let update = client.execute(&update, &parameters);
    try_join(update, client.batch_execute("commit")).await?;
    Ok((after != before).then_some(after))
}

/// An open transaction: what is known, and what is to be written.
struct Open {
    clock: Clock,
    state: OrgState,
    last: Timestamp,
    facts: Facts,
    live_keys: Vec<lanekeeper_core::key::Key>,
    revoked: BTreeSet<Uuid>,
    kept: Answers,
    pruned: i64,
    changesets: Vec<Changeset>,
}

impl Open {
    /// Now, later than ever before in this organisation, so that what is written later is also dated later.
    fn tick(&mut self) -> Timestamp {
        let next = Timestamp::from_micros(self.last.as_micros() + 1);
        self.last = self.clock.now().max(next);
        self.last
    }

    /// Whether the key that asks is no longer good: it may have been revoked since the request began to arrive.
    fn has_ended(&self, write: &Write, now: Timestamp) -> bool {
        let Some(id) = asking_key(write) else {
            return false;
        };
        let mut keys = self.live_keys.iter();
        self.revoked.contains(&id) || !keys.any(|key| key.id == id && key.is_live(now))
    }

    fn note_revocations(&mut self, changes: &[Change]) {
        let revoked = changes.iter().filter_map(|change| match change {
            Change::RevokeKey { id, .. } => Some(*id),
            _ => None,
        });
        self.revoked.extend(revoked);
    }
}

fn asking_key(write: &Write) -> Option<Uuid> {
    write
        .actor
        .id
        .filter(|_| write.actor.kind == ActorKind::ApiKey)
}

/// Begins, locks the organisation and loads, in one flight: the statements behind the lock wait for it on the server, and
/// see what was committed before it was given.
async fn open(
    client: &Client,
    org: Org,
    writes: &[&Write],
    clock: &Clock,
) -> Result<Open, Failure> {
    let mut needs = Needs::default();
    for write in writes {
        let commands = write.items.iter().filter_map(|item| item.command.as_ref());
        commands.for_each(|command| needs.add(command));
    }
    let key_ids: BTreeSet<Uuid> = writes
        .iter()
        .filter_map(|write| asking_key(write))
        .collect();
    let key_ids: Vec<Uuid> = key_ids.into_iter().collect();
    // Prepared before anything is sent: what is sent behind it must not overtake it.
    let lock = client.prepare_cached(LOCK).await?;
    let begin = begin(Sight::Org(org), Purpose::Write);
    let id = org.id();
    let (_, state, live_keys, kept, known) = try_join5(
        async { Ok::<_, Failure>(client.batch_execute(&begin).await?) },
        async { Ok(client.query_one(&lock, &[&id]).await?) },
        async { Ok(keys_by_id(client, org, &key_ids).await?) },
        async { Ok(idempotency::load(client, org, writes).await?) },
        async { Ok(load::first(client, org, &needs).await?) },
    )
    .await?;
    let state = state_of(&state)?;
    let facts = load::complete(client, org, &needs, state.unknown_attributes, known).await?;
    Ok(Open {
        clock: clock.clone(),
        last: state.last_write_at,
        state,
        facts,
        live_keys,
        revoked: BTreeSet::new(),
        kept,
        pruned: 0,
        changesets: vec![],
    })
}

fn state_of(row: &tokio_postgres::Row) -> Result<OrgState, ReadError> {
    let rule: String = row.try_get(0)?;
    let unknown = || ReadError::Corrupt(format!("the rule {rule}"));
    Ok(OrgState {
        unknown_attributes: UnknownAttributes::named(&rule).ok_or_else(unknown)?,
        last_sequence: row.try_get(1)?,
        last_write_at: Timestamp::from_micros(row.try_get(2)?),
        idempotency_keys: row.try_get(3)?,
    })
}

/// Locks the organisation in an open transaction; its state.
pub(super) async fn lock(client: &Client, org: Org) -> Result<OrgState, ReadError> {
    let row = client.query_one(LOCK, &[&org.id()]).await?;
    state_of(&row)
}

/// Why a transaction failed.
#[derive(Debug)]
pub(super) enum Failure {
    Postgres(tokio_postgres::Error),
    Read(ReadError),
    /// A bug.
    Panic,
}

impl Failure {
    /// Whether the same may succeed at once: others were in the way.
    pub(super) fn is_passing(&self) -> bool {
        use tokio_postgres::error::SqlState;
        let error = match self {
            Self::Postgres(error) | Self::Read(ReadError::Postgres(error)) => error,
            Self::Read(_) | Self::Panic => return false,
        };
        error.code().is_some_and(|code| {
            [
                SqlState::T_R_SERIALIZATION_FAILURE,
                SqlState::T_R_DEADLOCK_DETECTED,
                SqlState::UNIQUE_VIOLATION,
            ]
            .contains(code)
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(error) => out.write_str(&crate::error::chain(error)),
            Self::Read(error) => out.write_str(&crate::error::chain(error)),
            Self::Panic => out.write_str("a panic in a write"),
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Postgres(error) => error.into(),
            Failure::Read(error) => error.into(),
            Failure::Panic => Self::Failed(failure.to_string()),
        }
    }
}
