//! Fills a database through the store's own write path, in groups as large as it takes: the rows are then what the server
//! would have written, indexes and feed and all, and the generator has no rules of its own that could go out of date.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use indicatif::{ProgressBar, ProgressStyle};
use lanekeeper_core::change::Actor;
use lanekeeper_core::plan::{Item, Mode};
use lanekeeper_store::{Access, Clock, Database, Org, Settings, Store, Write, Written};
use lanekeeper_wire::{account, contact, opportunity};

use super::world::World;
use crate::progress;
use crate::work::Tenant;

/// Items of one request, and requests of one group.
const REQUEST_LEN: usize = 100;
const REQUESTS_AT_ONCE: usize = 5;
const CACHE_KIB: u32 = 512 * 1024;
/// How many lines there are in all where nobody sees a bar.
const LINES: u64 = 20;

/// Writes the data of a number of opportunities into a database that is set up and empty.
pub(crate) fn generate(database: &Path, tenant: &Tenant, opportunities: usize) -> Result<World> {
    let settings = Settings {
        cache_kib: CACHE_KIB,
        ..Settings::default()
    };
    let place = Database::Sqlite(database.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let opened = Store::open(&place, Access::Serve, settings, Clock::default());
    let store = runtime.block_on(opened)?;
    let organization = runtime.block_on(store.overview())?.into_iter().next();
    let org = organization.context("no organisation")?.org;
    let world = World {
        opportunities,
        pipeline_id: tenant.pipeline_id.clone(),
        owner_email: tenant.owner_email.clone(),
        stages: runtime.block_on(stages(&store, org))?,
    };
    let mut filling = Filling {
        runtime,
        progress: Progress::new(world.accounts() + world.contacts() + opportunities),
        store,
        org,
    };
    filling.write(world.accounts(), |number| {
        account::read(world.account(number))
    })?;
    filling.write(world.contacts(), |number| {
        contact::read(world.contact(number))
    })?;
    filling.write(opportunities, |number| {
        opportunity::read(world.opportunity(number))
    })?;
    filling.progress.bar.finish_and_clear();
    filling.runtime.block_on(filling.store.close());
    Ok(world)
}

/// The labels of the first pipeline's stages, in order.
async fn stages(store: &Store, org: Org) -> Result<Vec<String>> {
    let pipelines = store.pipelines(&org).await?;
    let pipeline = pipelines.into_iter().next().context("no pipeline")?;
    Ok(pipeline
        .stages
        .into_iter()
        .map(|stage| stage.label)
        .collect())
}

struct Filling {
    runtime: tokio::runtime::Runtime,
    progress: Progress,
    store: Store,
    org: Org,
}

impl Filling {
    fn write(&mut self, count: usize, item: impl Fn(usize) -> Item) -> Result<()> {
        let numbers: Vec<usize> = (0..count).collect();
        for group in numbers.chunks(REQUEST_LEN * REQUESTS_AT_ONCE) {
            let requests = group.chunks(REQUEST_LEN).map(|numbers| {
                let items = numbers.iter().map(|number| item(*number));
                request(&self.store, self.org, items.collect())
            });
            let requests: Vec<_> = requests.collect();
            self.runtime.block_on(try_join_all(requests))?;
            self.progress.add(group.len());
        }
        Ok(())
    }
}

async fn request(store: &Store, org: Org, items: Vec<Item>) -> Result<()> {
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
    let refused = results.iter().find(|result| result.is_err());
    ensure!(refused.is_none(), "a record was refused: {refused:?}");
    Ok(())
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
