//! `lanekeeper copy`: one database into another, with a bar that shows how far it is.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use lanekeeper_store::{Clock, Compared, CopyError, Phase, Progress, copy};
use serde_json::{Value, json};

use crate::Failure;
use crate::args::CopyOptions;
use crate::screen::table;

/// How many lines a phase has where nobody sees a bar.
const LINES: u64 = 20;
/// How much of a checksum people are shown.
const SHOWN_DIGITS: usize = 12;

pub(crate) async fn run(options: &CopyOptions) -> Result<(), Failure> {
    let CopyOptions { from, to, json } = options;
    let mut shown = Shown::new();
    let copied = copy(from, to, &Clock::default(), &mut |progress| {
        shown.show(progress);
    })
    .await;
    shown.bar.finish_and_clear();
    let compared = copied.map_err(|error| explain(error, options))?;
    let different = compared.iter().filter(|table| !table.is_equal()).count();
    match json {
        true => println!("{}", to_json(options, &compared)),
        false => print!("{}", to_table(&compared)),
    }
    if different > 0 {
        Err(anyhow::anyhow!(
            "{different} of {} tables differ; {to} cannot be used: delete what is in it, and copy again",
            compared.len()
        ))?;
    }
    if !json {
        println!("\n{to} holds what {from} does.");
    }
    Ok(())
}

/// What was interrupted goes on.
fn explain(error: CopyError, options: &CopyOptions) -> anyhow::Error {
    let is_interrupted = matches!(error, CopyError::Read(_) | CopyError::Write(_));
    let result: Result<(), _> = Err(error);
    let result = match is_interrupted {
        true => result.with_context(|| {
            format!(
                "the copy into {} was interrupted; the same command goes on where it stopped",
                options.to
            )
        }),
        false => result.map_err(anyhow::Error::from),
    };
    result.expect_err("it is an error")
}

fn to_table(compared: &[Compared]) -> String {
    let rows = compared.iter().map(|one| {
        let checksum =
            |digest: &lanekeeper_store::Digest| digest.to_string()[..SHOWN_DIGITS].to_owned();
        let verdict = match one.is_equal() {
            true => "equal",
            false => "DIFFERENT",
        };
        [
            one.organization_id.to_string(),
            one.table.to_owned(),
            one.from.count.to_string(),
            one.to.count.to_string(),
            checksum(&one.from),
            checksum(&one.to),
            verdict.to_owned(),
        ]
    });
    let heads = [
        "ORGANISATION",
        "TABLE",
        "FROM",
        "TO",
        "CHECKSUM FROM",
        "CHECKSUM TO",
        "",
    ];
    table(heads, &rows.collect::<Vec<_>>())
}

fn to_json(options: &CopyOptions, compared: &[Compared]) -> Value {
    let tables = compared.iter().map(|one| {
        json!({
            "organization_id": one.organization_id,
            "table": one.table,
            "is_equal": one.is_equal(),
            "from": {"count": one.from.count, "checksum": one.from.to_string()},
            "to": {"count": one.to.count, "checksum": one.to.to_string()},
        })
    });
    json!({
        "from": options.from.to_string(),
        "to": options.to.to_string(),
        "is_equal": compared.iter().all(Compared::is_equal),
        "tables": tables.collect::<Vec<_>>(),
    })
}

/// A bar on a terminal, lines elsewhere; both on standard error.
struct Shown {
    bar: ProgressBar,
    is_seen: bool,
    last: Option<Progress>,
}

impl Shown {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        let style = "{msg} {wide_bar} {human_pos} of {human_len}, {eta} left";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is good"));
        bar.enable_steady_tick(Duration::from_millis(200));
        let is_seen = !bar.is_hidden();
        Self {
            bar,
            is_seen,
            last: None,
        }
    }

    fn show(&mut self, progress: Progress) {
        let Progress { phase, done, total } = progress;
        let last = self.last.replace(progress);
        let is_new = last.is_none_or(|last| last.phase != phase);
        if is_new {
            self.bar.set_message(name(phase));
            self.bar.set_length(total);
            self.bar.reset();
        }
        self.bar.set_position(done);
        let parts = |done: u64| done * LINES / total.max(1);
        let is_further = last.is_none_or(|last| parts(last.done) < parts(done));
        if !self.is_seen && (is_new || is_further) {
            let line = format!("{} {done} of {total}", name(phase));
            // Nothing can be said where there is nowhere to say it.
            drop(writeln!(std::io::stderr(), "{line}"));
        }
    }
}

const fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Copying => "copied",
        Phase::Comparing => "compared",
    }
}
