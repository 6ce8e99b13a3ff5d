//! Filters, sorts, texts and pages over HTTP: one client on a full database.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::effort::Setting;
use crate::process;
use crate::progress;
use crate::table::{Limit, Part, Row, Target, thousands};
use crate::world::{COMMON_SOURCE, COMMON_WORD, RARE_SOURCE, RARE_WORD, World, campaign, phone};

const PAGE_LEN: usize = 100;
/// The pages that are deep, where there are so many.
const DEEP_PAGES: [usize; 2] = [100, 5_000];
/// How much more than the first page one of them may take: what two runs of the same differ by.
const DEEPER_MAX: f64 = 1.25;

/// Every row about searches.
pub(crate) fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let world = World::prepare(setting, setting.opportunities)?;
    world.warm()?;
    let server = world.start(setting)?;
    let asked = Asked {
        server: &server,
        tenant: &world.kept.tenant,
    };
    let searches = Searches {
        setting,
        asked,
        over: world.opportunities,
    };
    let rows = searches.rows().with_context(|| server.log())?;
    server.stop()?;
    Ok(rows)
}

struct Searches<'a> {
    setting: &'a Setting<'a>,
    asked: Asked<'a>,
    over: usize,
}

impl Searches<'_> {
    fn rows(&self) -> Result<Vec<Row>> {
        let first = self.asked.get(&self.asked.list());
        let first_page = self.row("first page", &first)?;
        let mut rows = self.deep_pages(first, &first_page)?;
        rows.insert(0, first_page);
        for (name, request) in self.cases()? {
            // One that the server stops tells nothing of the others.
            rows.push(self.row(name, &request).unwrap_or_else(|error| Row {
                failure: Some(error.root_cause().to_string()),
                ..Row::new(Part::Searches, name)
            }));
        }
        rows.push(slowest(&rows));
        Ok(rows)
    }

    /// Pages far behind, each held to the first.
    fn deep_pages(&self, first: Vec<u8>, first_page: &Row) -> Result<Vec<Row>> {
        let first_ms = first_page.times.map_or(f64::NAN, |times| times.p50_ms);
        let mut rows = vec![];
        let (mut request, mut page) = (first, 1);
        let deepest = (self.over / PAGE_LEN / 2).max(1);
        let mut deep_pages = DEEP_PAGES.map(|page| page.min(deepest)).to_vec();
        deep_pages.dedup();
        for deep in deep_pages {
            while page < deep {
                let data = self.asked.data(&request)?;
                let cursor = data["next_cursor"].as_str().context("too few pages")?;
                let list = self.asked.list();
                request = self.asked.get(&format!("{list}&cursor={cursor}"));
                page += 1;
            }
            let row = self.row(
                &format!("page {} by its cursor", thousands(deep as f64)),
                &request,
            )?;
            let ratio = row.times.map_or(f64::NAN, |times| times.p50_ms) / first_ms;
            rows.push(deeper(row, ratio, first_ms));
        }
        Ok(rows)
    }

    fn row(&self, name: &str, request: &[u8]) -> Result<Row> {
        self.asked.data(request).with_context(|| name.to_owned())?;
        let pid = self.asked.server.pid();
        let requests = [request.to_vec()];
        self.asked
            .repeat(&requests, 1, (20, self.setting.effort.alone.1))?;
        let cpu = process::cpu_seconds(pid)?;
        let load = self.asked.repeat(&requests, 1, self.setting.effort.alone)?;
        let cpu = process::cpu_seconds(pid)? - cpu;
        let times = load.times;
        progress(&format!("{name:<36}{:>8.2} ms", times.p50_ms));
        Ok(Row {
            per_second: Some(load.per_second),
            times: Some(times),
            cpu_micros: Some(cpu * 1e6 / times.count as f64),
            targets: vec![
                Target::at_most("p50", times.p50_ms, 3.0, "ms"),
                Target::at_most("p99", times.p99_ms, 15.0, "ms"),
            ],
            ..Row::new(Part::Searches, name)
        })
    }

    /// What is searched for, and how.
    fn cases(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let stage = self.first_stage()?;
        let filter = |field: &str, operator: &str, value: Value| json!({"field": field, "operator": operator, "value": value});
        let staged = |least: f64| {
            let stage = filter("stage_id", "eq", stage.clone());
            json!({"filters": [stage, filter("amount", "gte", json!(least))]})
        };
        let source =
            |source: &str| json!({"filters": [filter("lead_source", "eq", json!(source))]});
        let campaigned = json!({"filters": [filter("campaign", "eq", json!(campaign(7)))]});
        let seated = json!({"filters": [filter("seats", "between", json!([100, 200]))]});
        let text = |text: &str| json!({"query": text});
        let sorted = |mut body: Value, sort: &str| {
            body["sort"] = json!(sort);
            body
        };
        let by = |sort: &str| sorted(json!({}), sort);
        let opportunities = [
            ("stage + amount, common", staged(10_000.0)),
            ("stage + amount, rare", staged(999_500.0)),
            (
                "stage + amount, by deal_size",
                sorted(staged(10_000.0), "deal_size:desc"),
            ),
            (
                "stage + amount, by close_date",
                sorted(staged(10_000.0), "close_date"),
            ),
            ("custom field, common value", source(COMMON_SOURCE)),
            ("custom field, rare value", source(RARE_SOURCE)),
            ("custom field, 1 in 30,000", campaigned),
            ("custom field, range", seated),
            (
                "custom field, common, by deal_size",
                sorted(source(COMMON_SOURCE), "deal_size:desc"),
            ),
            ("sort by a custom number", by("seats:desc")),
            ("sort by a custom text", by("lead_source")),
            ("sort by deal_size", by("deal_size:desc")),
            ("sort by close_date", by("close_date")),
            ("text, rare word", text(RARE_WORD)),
            ("text, common word", text(COMMON_WORD)),
            ("text, an account's name", text("alpine steel")),
        ];
        let others = [
            (
                "contacts, telephone number",
                "contacts",
                json!({"query": phone(42)}),
            ),
            ("accounts by name", "accounts", by("name")),
            ("contacts by name", "contacts", by("name")),
        ];
        let opportunities = opportunities.into_iter();
        let opportunities = opportunities.map(|(name, body)| (name, "opportunities", body));
        let all = opportunities.chain(others);
        Ok(all
            .map(|(name, object, body)| (name, self.asked.search(object, body)))
            .collect())
    }

    /// The one that most opportunities are in.
    fn first_stage(&self) -> Result<Value> {
        let stages = format!("/v1/pipelines/{}/stages", self.asked.tenant.pipeline_id);
        let stages = self.asked.data(&self.asked.get(&stages))?;
        Ok(stages["stages"][0]["stage_id"].clone())
    }
}

fn deeper(row: Row, ratio: f64, first_ms: f64) -> Row {
    let mut targets = row.targets.clone();
    targets.push(Target::at_most("ratio", ratio, DEEPER_MAX, ""));
    Row {
        limit: Some(Limit {
            of: "the first page's p50".to_owned(),
            figure: first_ms,
            unit: "ms",
            ratio,
        }),
        targets,
        ..row
    }
}

/// Of all of them the request that took longest.
fn slowest(rows: &[Row]) -> Row {
    let times = |row: &Row| row.times.map_or(0.0, |times| times.max_ms);
    let has_failed = rows.iter().any(|row| row.failure.is_some());
    let slowest = rows.iter().max_by(|a, b| times(a).total_cmp(&times(b)));
    let (name, max_ms) = slowest.map_or(("", f64::NAN), |row| (&row.name, times(row)));
    Row {
        figure: Some((max_ms, "ms")),
        targets: vec![Target::at_most("any", max_ms, 100.0, "ms")],
        unjudged: has_failed.then(|| "one was stopped".to_owned()),
        ..Row::new(Part::Searches, format!("slowest request of all: {name}"))
    }
}
