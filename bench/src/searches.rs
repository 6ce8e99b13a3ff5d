//! Lists and searches over HTTP, on a database of any size: `cargo xtask bench search`.

mod generate;
mod report;
#[cfg(test)]
mod tests;
mod world;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::generate::generate;
pub(crate) use self::report::Report;
use self::report::Row;
use self::world::{COMMON_SOURCE, COMMON_WORD, RARE_SOURCE, RARE_WORD, campaign, phone};
use crate::server::{Server, init, url};
use crate::stopwatch::Stopwatch;
use crate::work::Tenant;
use crate::{load, progress};

/// How often each search is sent, one after the other.
const TIMES: usize = 200;
const WARM_UP: usize = 10;
const PAGE_LEN: usize = 100;
/// The page that is deep, where there are so many.
const DEEP_PAGE: usize = 5_000;

/// What is kept beside a database, once it is whole.
#[derive(Serialize, Deserialize)]
struct Kept {
    tenant: Tenant,
    seconds: f64,
}

/// Measures every search on a database of so many opportunities, which is made if it is not there.
pub(crate) fn measure(server: &Path, opportunities: usize) -> Result<Report> {
    let folder = server.parent().context("the server has no folder")?;
    let database = folder.join(format!("search-{opportunities}.db"));
    let kept = prepare(server, &database, opportunities)?;
    let running = Server::start(server, &url(&database), &database.with_extension("log"))?;
    let asked = Asked {
        server: &running,
        tenant: &kept.tenant,
    };
    let rows = asked.rows(opportunities).with_context(|| running.log())?;
    let ready_ms = running.ready_after.as_secs_f64() * 1e3;
    running.stop()?;
    Ok(Report {
        opportunities,
        generated_seconds: kept.seconds,
        database_mib: fs::metadata(&database)?.len() as f64 / 1024.0 / 1024.0,
        ready_ms,
        rows,
    })
}

/// A database of so many opportunities: the one that is there, or a new one.
fn prepare(server: &Path, database: &Path, opportunities: usize) -> Result<Kept> {
    let beside = database.with_extension("json");
    if let Ok(kept) = fs::read(&beside) {
        progress(&format!(
            "taking {}; delete it for a new one",
            database.display()
        ));
        return Ok(serde_json::from_slice(&kept)?);
    }
    for extension in ["db", "db-wal", "db-shm"] {
        drop(fs::remove_file(database.with_extension(extension))); // half of one, from a run that was stopped
    }
    let tenant = init(server, &url(database))?;
    let watch = Stopwatch::start();
    generate(database, &tenant, opportunities)?;
    let seconds = watch.elapsed().as_secs_f64();
    let kept = Kept { tenant, seconds };
    fs::write(&beside, serde_json::to_vec(&kept)?)?;
    Ok(kept)
}

/// A server that is asked with the tenant's key.
struct Asked<'a> {
    server: &'a Server,
    tenant: &'a Tenant,
}

impl Asked<'_> {
    fn rows(&self, opportunities: usize) -> Result<Vec<Row>> {
        let deep = DEEP_PAGE.min(opportunities / PAGE_LEN / 2).max(1);
        let list = format!("/v1/opportunities?pipeline_id={}", self.tenant.pipeline_id);
        let first = self.data(&self.get(&list))?;
        let id = first["opportunities"][0]["id"]
            .as_str()
            .context("no opportunities")?;
        let stages = format!("/v1/pipelines/{}/stages", self.tenant.pipeline_id);
        let stages = self.data(&self.get(&stages))?;
        let stage = &stages["stages"][0]["stage_id"];
        let filter = |field: &str, operator: &str, value: Value| json!({"field": field, "operator": operator, "value": value});
        let staged = |least: f64| {
            json!([
                filter("stage_id", "eq", stage.clone()),
                filter("amount", "gte", json!(least))
            ])
        };
        let source =
            |source: &str| json!({"filters": [filter("lead_source", "eq", json!(source))]});
        let sorted = |mut body: Value, sort: &str| {
            body["sort"] = json!(sort);
            self.search("opportunities", body)
        };
        let opportunity = |body: Value| self.search("opportunities", body);
        let campaigned = json!({"filters": [filter("campaign", "eq", json!(campaign(7)))]});
        let seated = json!({"filters": [filter("seats", "between", json!([100, 200]))]});
        let deep_page = self.deep_page(&list, deep)?;
        let cases = [
            ("first page".to_owned(), self.get(&list)),
            (format!("page {deep} by its cursor"), deep_page),
            (
                "stage + amount, common".to_owned(),
                opportunity(json!({"filters": staged(10_000.0)})),
            ),
            (
                "stage + amount, rare".to_owned(),
                opportunity(json!({"filters": staged(999_500.0)})),
            ),
            (
                "custom field, common value".to_owned(),
                opportunity(source(COMMON_SOURCE)),
            ),
            (
                "custom field, rare value".to_owned(),
                opportunity(source(RARE_SOURCE)),
            ),
            (
                "custom field, 1 in 30,000".to_owned(),
                opportunity(campaigned),
            ),
            ("custom field, range".to_owned(), opportunity(seated)),
            (
                "custom field, common, by deal_size".to_owned(),
                sorted(source(COMMON_SOURCE), "deal_size:desc"),
            ),
            (
                "sort by a custom number".to_owned(),
                sorted(json!({}), "seats:desc"),
            ),
            (
                "sort by a custom text".to_owned(),
                sorted(json!({}), "lead_source"),
            ),
            (
                "sort by deal_size".to_owned(),
                sorted(json!({}), "deal_size:desc"),
            ),
            (
                "sort by close_date".to_owned(),
                sorted(json!({}), "close_date"),
            ),
            (
                "text, rare word".to_owned(),
                opportunity(json!({"query": RARE_WORD})),
            ),
            (
                "text, common word".to_owned(),
                opportunity(json!({"query": COMMON_WORD})),
            ),
            (
                "text, an account's name".to_owned(),
                opportunity(json!({"query": "alpine steel"})),
            ),
            (
                "contacts, telephone number".to_owned(),
                self.search("contacts", json!({"query": phone(42)})),
            ),
            (
                "accounts by name".to_owned(),
                self.search("accounts", json!({"sort": "name"})),
            ),
            (
                "contacts by name".to_owned(),
                self.search("contacts", json!({"sort": "name"})),
            ),
            (
                "one record by id".to_owned(),
                self.get(&format!("/v1/opportunities/{id}")),
            ),
        ];
        let cases = cases.into_iter();
        cases
            .map(|(name, request)| self.row(name, &request))
            .collect()
    }

    fn row(&self, name: String, request: &[u8]) -> Result<Row> {
        let data = self.data(request).with_context(|| name.clone())?;
        let objects = ["opportunities", "contacts", "accounts"];
        let records = objects.iter().find_map(|object| data[*object].as_array());
        let records = records.map_or(1, Vec::len);
        let send = |times| load::send(&self.server.address, &vec![request.to_vec(); times], 1);
        send(WARM_UP)?;
        let load = send(TIMES)?;
        let row = Row {
            name,
            records,
            p50_ms: load.p50.as_secs_f64() * 1e3,
            p99_ms: load.p99.as_secs_f64() * 1e3,
        };
        progress(&format!("{:<36}{:>8.2} ms", row.name, row.p50_ms));
        Ok(row)
    }

    /// The request for a page far behind.
    fn deep_page(&self, list: &str, page: usize) -> Result<Vec<u8>> {
        progress(&format!("going to page {page}"));
        let mut request = self.get(list);
        for _ in 1..page {
            let data = self.data(&request)?;
            let cursor = data["next_cursor"].as_str().context("too few pages")?;
            request = self.get(&format!("{list}&cursor={cursor}"));
        }
        Ok(request)
    }

    fn data(&self, request: &[u8]) -> Result<Value> {
        let body = load::exchange(&self.server.address, request)?;
        let mut json: Value = serde_json::from_str(&body)?;
        Ok(json["data"].take())
    }

    fn get(&self, target: &str) -> Vec<u8> {
        let key = &self.tenant.api_key;
        format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\n\r\n").into_bytes()
    }

    fn search(&self, object: &str, mut body: Value) -> Vec<u8> {
        if object == "opportunities" {
            body["pipeline_id"] = json!(self.tenant.pipeline_id);
        }
        self.tenant.post(&format!("/v1/{object}/search"), &body)
    }
}
