//! What people see.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::net::SocketAddr;

use lanekeeper_core::pipeline::{Pipeline, StageType};
use lanekeeper_store::Database;

use crate::init::Fresh;

/// What a fresh database holds, and what to do next.
pub(crate) fn initialised(fresh: &Fresh, database: &Database, listen: SocketAddr) -> String {
    let mut text = String::from("\n");
    heading(&mut text, "The database is set up");
    facts(&mut text, fresh, database);
    let serve = format!(
        "Start the server with `{} serve`, then paste:\n\n{}\n",
        program(),
        curl(fresh, listen)
    );
    text + &serve
}

/// A running server. What is shown of a key is shown once: here, if it is new.
pub(crate) fn running(
    fresh: Option<&Fresh>,
    database: &Database,
    listen: SocketAddr,
    is_empty: bool,
) -> String {
    let mut text = String::from("\n");
    heading(&mut text, "Lanekeeper is running");
    fact(&mut text, "Address", &format!("http://{listen}"));
    fact(&mut text, "Documentation", &format!("http://{listen}/docs"));
    match fresh {
        Some(fresh) => {
            facts(&mut text, fresh, database);
            let next = format!(
                "Create an opportunity; its account and contact come with it. Paste:\n\n{}\n\nStop with Ctrl-C.\n",
                curl(fresh, listen)
            );
            text + &next
        }
        None => {
            fact(&mut text, "Data", &data_file(database));
            let program = program();
            let next = match is_empty {
                true => format!(
                    "The database is empty, so every key is unknown: `{program} init` sets it up."
                ),
                false => format!(
                    "The API key was shown when the database was set up; `{program} key create --name NAME` makes another."
                ),
            };
            format!("{text}\n{next}\nStop with Ctrl-C.\n")
        }
    }
}

fn facts(text: &mut String, fresh: &Fresh, database: &Database) {
    fact(text, "Organisation", &fresh.setup.organization.name);
    fact(
        text,
        "Pipeline",
        &format!(
            "{} ({})",
            fresh.setup.pipeline.name, fresh.setup.pipeline.id
        ),
    );
    fact(text, "Stages", &stages(&fresh.setup.pipeline));
    fact(text, "Owner", fresh.setup.owner.email.as_str());
    fact(text, "Data", &data_file(database));
    fact(text, "API key", &bold(&fresh.api_key));
    fact(
        text,
        "",
        "This is the only time it is shown. Keep it where secrets are kept.",
    );
    text.push('\n');
}

/// `Lead 10 % → Qualified 25 % → …`, and where deals end.
fn stages(pipeline: &Pipeline) -> String {
    let is_open = |stage_type| stage_type == StageType::Default;
    let open = pipeline
        .stages
        .iter()
        .filter(|stage| is_open(stage.stage_type));
    let open = open.map(|stage| {
        format!(
            "{} {} %",
            stage.label,
            stage.probability.unwrap_or_default()
        )
    });
    let ends = pipeline
        .stages
        .iter()
        .filter(|stage| !is_open(stage.stage_type));
    let ends = ends.map(|stage| stage.label.clone());
    let (open, ends): (Vec<_>, Vec<_>) = (open.collect(), ends.collect());
    format!("{} → {}", open.join(" → "), ends.join(" or "))
}

fn curl(fresh: &Fresh, listen: SocketAddr) -> String {
    let body = serde_json::json!({
        "pipeline_id": fresh.setup.pipeline.id,
        "opportunity": {"name": "Acme: first deal", "deal_size": 25000, "stage_name": "Qualified"},
        "related_objects": {"account_domain": "acme.com", "primary_contact_email": "jane@acme.com"},
    });
    format!(
        "curl -sS http://{listen}/v1/opportunities -H 'x-api-key: {}' -H 'content-type: application/json' -d '{body}'",
        fresh.api_key
    )
}

fn data_file(database: &Database) -> String {
    match database {
        Database::Sqlite(path) => {
            let whole = std::path::absolute(path);
            whole.unwrap_or_else(|_| path.clone()).display().to_string()
        }
        Database::Postgres(url) => url.to_string(),
    }
}

fn heading(text: &mut String, heading: &str) {
    text.push_str(&bold(heading));
    text.push_str("\n\n");
}

fn fact(text: &mut String, name: &str, value: &str) {
    writeln!(text, "  {name:<14} {value}").expect("a String takes every text");
}

/// What was typed to start this program, so that what is printed can be typed too.
pub(crate) fn program() -> String {
    let typed = std::env::args().next();
    typed.unwrap_or_else(|| env!("CARGO_BIN_NAME").to_owned())
}

/// Bold on a terminal that wants it.
fn bold(text: &str) -> String {
    let is_wanted = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    match is_wanted {
        true => format!("\x1b[1m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}

/// Columns as wide as their widest cell.
pub(crate) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([heads[column].chars().count()])
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cells = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned() + "\n"
    };
    let rows = rows
        .iter()
        .map(|row| line(row.iter().map(String::as_str).collect()));
    line(heads.to_vec()) + &rows.collect::<String>()
}
