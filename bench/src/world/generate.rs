//! Fills a database through the store's own write path, in groups as large as it takes: the rows are then what the server
//! would have written, indexes and feed and all, and the generator has no rules of its own that could go out of date.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use indicatif::{ProgressBar, ProgressStyle};
use lanekeeper_core::Outcome;
use lanekeeper_core::change::Actor;
use lanekeeper_core::plan::{Item, Mode};
use lanekeeper_store::{Access, Clock, Database, Org, Settings, Store, Write, Written};
use lanekeeper_wire::{account, activity, contact, note, opportunity, pipeline};
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::shape::{FURTHER_PIPELINES, Shape};
use crate::progress;
use crate::work::Tenant;

/// Items of one request, and requests of one group.
const REQUEST_LEN: usize = 100;
const REQUESTS_AT_ONCE: usize = 5;
const CACHE_KIB: u32 = 512 * 1024;
/// How many lines there are in all where nobody sees a bar.
const LINES: u64 = 20;
/// How many ids are told of the first organisation.
const IDS: usize = 10_000;

/// What has to be known of what was made.
pub(crate) struct Made {
    /// The second pipeline of the first organisation.
    pub(crate) board_id: Uuid,
    pub(crate) ids: Vec<Uuid>,
    pub(crate) records: usize,
}

/// Writes the data of organisations, each with a number of opportunities, into a database that is set up and empty.
pub(crate) fn generate(database: &Path, tenants: &[(Tenant, usize)]) -> Result<Made> {
    let settings = Settings {
        cache_kib: CACHE_KIB,
        ..Settings::default()
    };
    let place = Database::Sqlite(database.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let opened = Store::open(&place, Access::Serve, settings, Clock::default());
    let store = runtime.block_on(opened)?;
    let organizations = runtime.block_on(store.overview())?;
    ensure!(organizations.len() == tenants.len(), "other organisations");
    let mut shapes = vec![];
    for (organization, (tenant, opportunities)) in organizations.iter().zip(tenants) {
        let org = organization.org;
        let shape = runtime.block_on(shape(&store, org, tenant, *opportunities))?;
        shapes.push((org, shape));
    }
    let records = shapes.iter().map(|(_, shape)| shape.records()).sum();
    let filling = Filling {
        progress: Progress::new(records),
        runtime,
        store,
    };
    let mut made = None;
    for (org, shape) in &shapes {
        let ids = filling.fill(*org, shape)?;
        made.get_or_insert_with(|| Made {
            board_id: shape.pipeline_ids[1],
            ids: ids
                .iter()
                .step_by((ids.len() / IDS).max(1))
                .copied()
                .collect(),
            records,
        });
    }
    filling.progress.bar.finish_and_clear();
    filling.runtime.block_on(filling.store.close());
    made.context("no organisation")
}

/// Makes the pipelines of an organisation, and finds out how its stages are called.
async fn shape(store: &Store, org: Org, tenant: &Tenant, opportunities: usize) -> Result<Shape> {
    let mut pipeline_ids = [tenant.pipeline_id.parse()?; 3];
    for (name, id) in FURTHER_PIPELINES.into_iter().zip(&mut pipeline_ids[1..]) {
        let create = pipeline::read_create(json!({"name": name}));
        let outcomes = request(store, org, vec![create]).await?;
        let [Outcome::Pipeline(written)] = outcomes.as_slice() else {
            anyhow::bail!("no pipeline was made");
        };
        *id = written.pipeline.id;
    }
    let pipelines = store.pipelines(&org).await?;
    let pipeline = pipelines.into_iter().next().context("no pipeline")?;
    let labels = pipeline.stages.into_iter().map(|stage| stage.label);
    Ok(Shape {
        opportunities,
        pipeline_ids,
        owner_email: tenant.owner_email.clone(),
        stages: labels.collect(),
    })
}

struct Filling {
    runtime: Runtime,
    progress: Progress,
    store: Store,
}

impl Filling {
    /// The ids of its opportunities, in order.
    fn fill(&self, org: Org, shape: &Shape) -> Result<Vec<Uuid>> {
        self.write(org, shape.accounts(), |number| {
            account::read(shape.account(number))
        })?;
        self.write(org, shape.contacts(), |number| {
            contact::read(shape.contact(number))
        })?;
        let ids = self.write(org, shape.opportunities, |number| {
            opportunity::read(shape.opportunity(number))
        })?;
        self.write(org, shape.notes(), |number| {
            note::read(shape.note(number, &ids))
        })?;
        self.write(org, shape.activities(), |number| {
            activity::read(shape.activity(number, &ids))
        })?;
        Ok(ids)
    }

    /// The ids of those that are opportunities.
    fn write(&self, org: Org, count: usize, item: impl Fn(usize) -> Item) -> Result<Vec<Uuid>> {
        let mut ids = vec![];
        let numbers: Vec<usize> = (0..count).collect();
        for group in numbers.chunks(REQUEST_LEN * REQUESTS_AT_ONCE) {
            let requests = group.chunks(REQUEST_LEN).map(|numbers| {
                let items = numbers.iter().map(|number| item(*number));
                request(&self.store, org, items.collect())
            });
            let requests: Vec<_> = requests.collect();
            let outcomes = self.runtime.block_on(try_join_all(requests))?;
            ids.extend(outcomes.iter().flatten().filter_map(opportunity_id));
            self.progress.add(group.len());
        }
        Ok(ids)
    }
}

fn opportunity_id(outcome: &Outcome) -> Option<Uuid> {
    match outcome {
        Outcome::Opportunity(created) => Some(created.view.record.id),
        _ => None,
    }
}

async fn request(store: &Store, org: Org, items: Vec<Item>) -> Result<Vec<Outcome>> {
    let write = Write {
        org,
        actor: Actor::cli(),
        request_id: "generated".to_owned(),
        items,
        mode: Mode::Whole,
        dry_run: false,
        idempotency: None,
    };
    let Written::Done(results) = store.write(write).await? else {
        anyhow::bail!("a write was replayed");
    };
    let outcomes = results.into_iter().collect::<Result<_, _>>();
    outcomes.map_err(|faults| anyhow::anyhow!("a record was refused: {faults:?}"))
}

/// A bar on a terminal, and some lines elsewhere.
struct Progress {
    bar: ProgressBar,
    is_seen: bool,
}

impl Progress {
    fn new(count: usize) -> Self {
        let bar = ProgressBar::new(count as u64);
        let style = "{msg} {wide_bar} {human_pos} of {human_len} records, {eta} left";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is good"));
        bar.set_message("generating");
        bar.enable_steady_tick(Duration::from_millis(200));
        let is_seen = !bar.is_hidden();
        Self { bar, is_seen }
    }

    fn add(&self, count: usize) {
        let before = self.bar.position();
        self.bar.inc(count as u64);
        let (now, all) = (self.bar.position(), self.bar.length().unwrap_or(1));
        if !self.is_seen && now * LINES / all > before * LINES / all {
            progress(&format!("generated {now} of {all} records"));
        }
    }
}
