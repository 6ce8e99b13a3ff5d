//! The pieces of work. Each prepares all that it needs, and runs once before it is counted, so that what happens only the first
//! time is not.

use std::hint::black_box;

use anyhow::{Result, ensure};
use lanekeeper_core::change::{Actor, ActorKind};
use lanekeeper_core::custom::FieldDefinition;
use lanekeeper_core::plan::setup::Setup;
use lanekeeper_core::plan::{Item, Mode, Plan, plan};
use lanekeeper_core::query::Query;
use lanekeeper_core::{Change, Facts, Needs, Object};
use lanekeeper_store::counting::{BareWriter, compile_for_postgres, compile_for_sqlite};
use lanekeeper_store::{Org, Write, Written};
use lanekeeper_wire::{bulk, json, opportunity, search};
use serde_json::Value;
use uuid::Uuid;

use crate::given;

/// Creates that are there before creates are counted.
const CREATES_BEFORE: usize = 128;
/// Creates that share a transaction.
const GROUP_LEN: usize = 32;
const BULK_LEN: usize = 100;

/// A piece of work.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    /// How often what is counted is done, so that a figure is a mean.
    pub(crate) times: usize,
    pub(crate) prepare: Prepare,
}

/// From how often, to what does it so often.
type Prepare = fn(usize) -> Result<Box<dyn FnMut()>>;

pub(crate) const WORK: [Work; 10] = [
    Work::new("body of a create: pre-pass", 100, |times| {
        check(times, body(1))
    }),
    Work::new("body of a create: read", 100, |times| read(times, 1)),
    Work::new("body of 100: pre-pass", 10, |times| {
        check(times, body(BULK_LEN))
    }),
    Work::new("body of 100: read", 10, |times| read(times, BULK_LEN)),
    Work::new("create: plan", 100, |times| decide(times, 1)),
    Work::new("bulk of 100: plan", 10, |times| decide(times, BULK_LEN)),
    Work::new("search: SQL for SQLite", 50, |times| {
        compile(times, compile_for_sqlite)
    }),
    Work::new("search: SQL for PostgreSQL", 50, |times| {
        compile(times, compile_for_postgres)
    }),
    Work::new("create: store, alone", 512, |times| write(times, 1)),
    Work::new("create: store, in a group of 32", 512, |times| {
        write(times, GROUP_LEN)
    }),
];

impl Work {
    const fn new(name: &'static str, times: usize, prepare: Prepare) -> Self {
        Self {
            name,
            times,
            prepare,
        }
    }
}

/// The body of a create, or of so many.
fn body(len: usize) -> Vec<u8> {
    let setup = given::setup();
    let mut bodies: Vec<Value> = (0..len)
        .map(|number| given::create(&setup, number))
        .collect();
    let body = match len {
        1 => bodies.remove(0),
        _ => Value::Array(bodies),
    };
    body.to_string().into_bytes()
}

/// The pre-pass over a body.
fn check(times: usize, body: Vec<u8>) -> Result<Box<dyn FnMut()>> {
    json::check(&body)?;
    Ok(Box::new(move || {
        for _ in 0..times {
            drop(black_box(json::check(black_box(&body))));
        }
    }))
}

/// From a body that passed to commands.
fn read(times: usize, len: usize) -> Result<Box<dyn FnMut()>> {
    let body = body(len);
    ensure!(items(&body)?.len() == len, "not all was read");
    Ok(Box::new(move || {
        for _ in 0..times {
            drop(black_box(items(black_box(&body))));
        }
    }))
}

fn items(body: &[u8]) -> Result<Vec<Item>> {
    Ok(match serde_json::from_slice(body)? {
        Value::Array(bodies) => {
            bulk::read(Value::Array(bodies), opportunity::read).map_err(given::complaint)?
        }
        body => vec![opportunity::read(body)],
    })
}

/// What a create needs, the facts, and the plan. The fields of the custom attributes are there already.
fn decide(times: usize, len: usize) -> Result<Box<dyn FnMut()>> {
    let (setup, items) = (given::setup(), items(&body(len))?);
    let fields = fields(&setup)?;
    let planned = decide_one(&setup, &fields, &items)?;
    ensure!(
        planned.results.iter().all(Result::is_ok) && planned.changes.len() == 4 * len,
        "{planned:#?}"
    );
    Ok(Box::new(move || {
        for _ in 0..times {
            drop(black_box(decide_one(&setup, &fields, black_box(&items))));
        }
    }))
}

fn decide_one(setup: &Setup, fields: &[FieldDefinition], items: &[Item]) -> Result<Plan> {
    let mut needs = Needs::default();
    let commands = items.iter().filter_map(|item| item.command.as_ref());
    commands.for_each(|command| needs.add(command));
    let mut facts = facts(setup, fields, &needs);
    let planned = plan(
        items,
        Mode::Whole,
        &mut facts,
        given::NOW,
        &mut given::mint(),
    );
    Ok(planned?)
}

fn facts(setup: &Setup, fields: &[FieldDefinition], needs: &Needs) -> Facts {
    let mut facts = Facts::absent(needs, setup.organization.unknown_attributes);
    facts.add_pipeline(setup.pipeline.clone());
    facts.add_user(setup.owner.clone());
    fields
        .iter()
        .for_each(|field| facts.add_field(field.clone()));
    facts
}

/// The fields that the first create makes.
fn fields(setup: &Setup) -> Result<Vec<FieldDefinition>> {
    let first = items(&body(1))?;
    let changes = decide_one(setup, &[], &first)?.changes.into_iter();
    let fields = changes.filter_map(|change| match change {
        Change::CreateField(field) => Some(FieldDefinition::clone(&field)),
        _ => None,
    });
    Ok(fields.collect())
}

/// From the JSON of a search to SQL.
fn compile(times: usize, compile: fn(&Query) -> usize) -> Result<Box<dyn FnMut()>> {
    let setup = given::setup();
    let fields = fields(&setup)?;
    let body = given::search(&setup).to_string().into_bytes();
    let compiled = move || {
        let body = serde_json::from_slice(black_box(&body))?;
        let draft = search::read(Object::Opportunity, body).map_err(given::complaint)?;
        let facts = facts(&setup, &fields, &draft.needs());
        let query = Query::resolve(&draft, &facts)?.map_err(given::complaint)?;
        Ok(compile(&query))
    };
    let len: Result<usize> = compiled();
    ensure!(len? > 0, "there is no SQL");
    Ok(Box::new(move || {
        for _ in 0..times {
            drop(black_box(compiled()));
        }
    }))
}

/// Whole creates: loaded, planned, applied and committed, so many in one transaction.
fn write(times: usize, group_len: usize) -> Result<Box<dyn FnMut()>> {
    let setup = given::setup();
    let folder = tempfile::tempdir()?;
    let mut writer = BareWriter::set_up(&folder.path().join("counted.db"), &setup)?;
    let org = writer.org();
    let writes = (0..CREATES_BEFORE + times).map(|number| one_write(org, &setup, number));
    let writes: Vec<Write> = writes.collect();
    write_all(&mut writer, &writes[..CREATES_BEFORE], group_len)?;
    Ok(Box::new(move || {
        let _kept_until_then = &folder;
        let written = write_all(&mut writer, &writes[CREATES_BEFORE..], group_len);
        written.expect("what is counted is done");
    }))
}

fn write_all(writer: &mut BareWriter, writes: &[Write], group_len: usize) -> Result<()> {
    for group in writes.chunks(group_len) {
        let group: Vec<&Write> = group.iter().collect();
        for written in writer.write(&group)? {
            match written {
                Written::Done(results) => {
                    ensure!(results.iter().all(Result::is_ok), "{results:?}");
                }
                Written::Replayed(_) => anyhow::bail!("a create was replayed"),
            }
        }
    }
    Ok(())
}

fn one_write(org: Org, setup: &Setup, number: usize) -> Write {
    Write {
        org,
        actor: Actor {
            kind: ActorKind::ApiKey,
            id: Some(setup.key.id),
            name: Some(setup.key.name.clone()),
        },
        request_id: Uuid::from_u128(number as u128).to_string(),
        items: vec![opportunity::read(given::create(setup, number))],
        mode: Mode::Whole,
        dry_run: false,
        idempotency: None,
    }
}
