//! The list that the server answers, without the server: the store's query and the answer's JSON.

use anyhow::{Context as _, Result};
use lanekeeper_core::Object;
use lanekeeper_core::query::Draft;
use lanekeeper_store::{Access, Clock, Database, Org, SearchPage, Settings, Store};
use lanekeeper_wire::envelope::Success;
use lanekeeper_wire::search::Page;
use lanekeeper_wire::to_json;

use crate::process;
use crate::world::World;

/// Processor time for each list, in microseconds, and the bytes of the last one.
pub(super) fn list(world: &World, count: usize) -> Result<(f64, Vec<u8>)> {
    let place = Database::Sqlite(world.database.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(async {
        let settings = Settings::default();
        let store = Store::open(&place, Access::Serve, settings, Clock::default()).await?;
        let organization = store.overview().await?.into_iter().next();
        let org = organization.context("no organisation")?.org;
        let draft = Draft {
            pipeline_id: Some(world.kept.tenant.pipeline_id.parse()?),
            ..Draft::of(Object::Opportunity)
        };
        // What is read for the first time is not what the server reads again and again.
        let mut body = one(&store, org, &draft).await?;
        let before = process::cpu_seconds(std::process::id())?;
        for _ in 0..count {
            body = one(&store, org, &draft).await?;
        }
        let cpu = process::cpu_seconds(std::process::id())? - before;
        store.close().await;
        Ok((cpu * 1e6 / count as f64, body))
    })
}

async fn one(store: &Store, org: Org, draft: &Draft) -> Result<Vec<u8>> {
    let body = store.search(org, draft.clone(), json).await?;
    let body = body.map_err(|faults| anyhow::anyhow!("the list was refused: {faults:?}"))?;
    Ok(body?)
}

fn json(page: SearchPage) -> serde_json::Result<Vec<u8>> {
    let data = Page {
        object: Object::Opportunity,
        found: &page.found,
        selection: &page.selection,
        definitions: &page.definitions,
        next_cursor: page.next_cursor.as_deref(),
        limit: page.limit,
    };
    to_json(&Success::new(200, "Opportunities found", data))
}
