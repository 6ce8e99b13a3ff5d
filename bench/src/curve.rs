//! Latency over table size: one client, on databases of ten, a hundred and a thousand times a thousand.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use crate::asked::Asked;
use crate::effort::Setting;
use crate::table::thousands;
use crate::times::Times;
use crate::world::{self, World};
use crate::{load, progress};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const WARM_UP: usize = 200;

/// How long each takes on a database of one size.
#[derive(Serialize)]
pub(crate) struct Point {
    pub(crate) opportunities: usize,
    /// By what was asked for.
    pub(crate) times: Vec<(&'static str, Times)>,
}

/// From the smallest database to the one that a run is about.
pub(crate) fn measure(setting: &Setting) -> Result<Vec<Point>> {
    let sizes = SIZES.into_iter();
    let smaller = sizes.filter(|size| *size < setting.opportunities);
    let sizes = smaller.chain([setting.opportunities]);
    sizes.map(|size| point(setting, size)).collect()
}

fn point(setting: &Setting, opportunities: usize) -> Result<Point> {
    let world = World::prepare(setting, opportunities)?;
    let (_folder, database) = world.copy(setting)?;
    let server = world::start(setting.server, &database)?;
    let tenant = &world.kept.tenant;
    let asked = Asked {
        server: &server,
        tenant,
    };
    let ids = world.kept.ids.iter();
    let one = ids.map(|id| asked.get(&format!("/v1/opportunities/{id}")));
    let one: Vec<Vec<u8>> = one.collect();
    let list = [asked.get(&asked.list())];
    let source = json!({"field": "lead_source", "operator": "eq", "value": world::COMMON_SOURCE});
    let search = json!({"filters": [source], "sort": "deal_size:desc"});
    let search = [asked.search("opportunities", search)];
    let alone =
        |requests| Ok::<_, anyhow::Error>(asked.repeat(requests, 1, setting.effort.alone)?.times);
    let mut times = vec![
        ("get one", alone(&one)?),
        ("list of 100", alone(&list)?),
        ("search: filter + sort", alone(&search)?),
    ];
    let creates = (0..WARM_UP + setting.effort.creates_alone).map(|number| tenant.request(number));
    let creates: Vec<Vec<u8>> = creates.collect();
    load::send(&server.address, &creates[..WARM_UP], 1)?;
    let create = load::send(&server.address, &creates[WARM_UP..], 1)?;
    times.push(("create", create.times));
    server.stop()?;
    let over = thousands(opportunities as f64);
    progress(&format!("latency over {over} opportunities is measured"));
    Ok(Point {
        opportunities,
        times,
    })
}
