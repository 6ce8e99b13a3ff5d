//! The statements of creates, as the store itself ran them: nothing is written here by hand.
//!
//! Creates run one at a time through the store, which tells of every statement with its values. What is the same in
//! every create (the organisation, pipeline, stages, owner, fields) the store asks for once in a group; the rest belongs to
//! its create.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use anyhow::{Context as _, Result, ensure};
use lanekeeper_core::change::{Actor, ActorKind};
use lanekeeper_core::plan::Mode;
use lanekeeper_store::recording::Ran;
use lanekeeper_store::{Access, Clock, Database, Org, Settings, Store, Write, Written};
use lanekeeper_wire::opportunity;
use rusqlite::types::Value;
use uuid::Uuid;

use crate::literals;
use crate::work::Tenant;

/// What the store does once for a whole group, behind everything else.
const ENDS_A_GROUP: &str = "update organization set last_sequence";

/// What the store ran for a number of creates.
pub(crate) struct Recording {
    /// The text of every statement.
    pub(crate) statements: Vec<String>,
    /// Once in every group, first.
    pub(crate) shared: Vec<Step>,
    pub(crate) creates: Vec<Create>,
}

/// What belongs to one create.
#[derive(Default)]
pub(crate) struct Create {
    /// What it looks up before anything is decided.
    pub(crate) reads: Vec<Step>,
    /// What it writes.
    pub(crate) writes: Vec<Step>,
    /// What ends a group whose last create this is.
    pub(crate) end: Vec<Step>,
}

/// One run of a statement.
pub(crate) struct Step {
    /// Its place among the statements.
    pub(crate) statement: usize,
    /// What is bound to `?1`, `?2` and so on.
    pub(crate) values: Vec<Value>,
}

/// Runs creates `0..count` through a store on this database, and returns the statements.
pub(crate) fn record(database: &Path, tenant: &Tenant, count: usize) -> Result<Recording> {
    let (recorder, ran) = channel();
    let settings = Settings {
        recorder: Some(recorder),
        ..Settings::default()
    };
    let place = Database::Sqlite(database.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let opened = Store::open(&place, Access::Serve, settings, Clock::default());
    let store = runtime.block_on(opened)?;
    let organization = runtime.block_on(store.overview())?.into_iter().next();
    let org = organization.context("no organisation")?.org;
    let key = runtime.block_on(store.keys(&org))?.into_iter().next();
    let key_id = key.context("no key")?.id;
    let mut builder = Builder::default();
    for number in 0..count {
        runtime.block_on(create(&store, (org, key_id), tenant, number))?;
        builder.add(transaction(&ran)?);
    }
    runtime.block_on(store.close());
    builder.finish()
}

async fn create(
    store: &Store,
    (org, key_id): (Org, Uuid),
    tenant: &Tenant,
    number: usize,
) -> Result<()> {
    let write = Write {
        org,
        // As for a key of the name that `init` gives.
        actor: Actor {
            kind: ActorKind::ApiKey,
            id: Some(key_id),
            name: Some("First key".to_owned()),
        },
        request_id: Uuid::from_u128(number as u128).to_string(),
        items: vec![opportunity::read(tenant.body(number))],
        mode: Mode::Whole,
        dry_run: false,
        idempotency: None,
    };
    match store.write(write).await? {
        Written::Done(results) => {
            ensure!(results.iter().all(Result::is_ok), "a create was refused");
            Ok(())
        }
        Written::Replayed(_) => anyhow::bail!("a create was replayed"),
    }
}

/// What ran in the next transaction; a checkpoint may have run before it.
fn transaction(ran: &Receiver<Ran>) -> Result<Vec<Ran>> {
    let is_begin = |ran: &Ran| ran.sql.eq_ignore_ascii_case("begin immediate");
    let is_commit = |ran: &Ran| ran.sql.eq_ignore_ascii_case("commit");
    let begun = ran.try_iter().find(is_begin);
    begun.context("no transaction ran")?;
    Ok(ran.try_iter().take_while(|ran| !is_commit(ran)).collect())
}

#[derive(Default)]
struct Builder {
    places: BTreeMap<String, usize>,
    transactions: Vec<Vec<Ran>>,
}

impl Builder {
    fn add(&mut self, transaction: Vec<Ran>) {
        self.transactions.push(transaction);
    }

    fn finish(mut self) -> Result<Recording> {
        let transactions = std::mem::take(&mut self.transactions);
        // The first create also makes its custom fields.
        let [_, second, third, ..] = transactions.as_slice() else {
            anyhow::bail!("too few creates");
        };
        let texts: BTreeSet<&str> = second.iter().map(|ran| ran.expanded.as_str()).collect();
        let is_shared = |ran: &&Ran| texts.contains(ran.expanded.as_str());
        let shared: Vec<&Ran> = third.iter().filter(is_shared).collect();
        let shared_texts: BTreeSet<&str> = shared.iter().map(|ran| ran.expanded.as_str()).collect();
        let creates = transactions.iter().map(|transaction| {
            let own = transaction.iter();
            let own = own.filter(|ran| !shared_texts.contains(ran.expanded.as_str()));
            self.create(own)
        });
        let creates: Vec<Create> = creates.collect::<Result<_>>()?;
        let shared = shared.into_iter().map(|ran| self.step(ran));
        let shared = shared.collect::<Result<_>>()?;
        let mut statements = vec![String::new(); self.places.len()];
        for (sql, place) in self.places {
            statements[place] = sql;
        }
        Ok(Recording {
            statements,
            shared,
            creates,
        })
    }

    fn create<'a>(&mut self, own: impl Iterator<Item = &'a Ran>) -> Result<Create> {
        let mut create = Create::default();
        for ran in own {
            let step = self.step(ran)?;
            let sql = ran.sql.trim_start();
            let part = match sql {
                _ if sql.starts_with("select") => &mut create.reads,
                _ if sql.starts_with(ENDS_A_GROUP) => &mut create.end,
                _ => &mut create.writes,
            };
            part.push(step);
        }
        Ok(create)
    }

    fn step(&mut self, ran: &Ran) -> Result<Step> {
        let next = self.places.len();
        let statement = *self.places.entry(ran.sql.clone()).or_insert(next);
        let values = literals::bound(&ran.sql, &ran.expanded);
        let values = values.with_context(|| format!("cannot read {}", ran.expanded))?;
        Ok(Step { statement, values })
    }
}
