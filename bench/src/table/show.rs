//! Rows as a table for people: on a terminal, or in Markdown. Columns in which a part has nothing are left out.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use indicatif::HumanCount;

use super::{Bound, Part, Row, Target, Verdict};

/// Where the table is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Terminal,
    Markdown,
}

/// A column: its head, whether it holds figures, and its cell of a row.
type Column = (&'static str, bool, fn(&Row) -> String);

const COLUMNS: [Column; 13] = [
    ("", false, |row| row.name.clone()),
    ("", true, |row| {
        some(row.figure, |(figure, unit)| {
            format!("{} {unit}", rounded(figure))
        })
    }),
    ("/s", true, |row| some(row.per_second, thousands)),
    ("p50, ms", true, |row| {
        some(row.times, |it| millis(it.p50_ms))
    }),
    ("p99, ms", true, |row| {
        some(row.times, |it| millis(it.p99_ms))
    }),
    ("p99.9, ms", true, |row| {
        some(row.times, |it| match it.p999_ms {
            Some(p999) => millis(p999),
            None => format!("of {} none", it.count),
        })
    }),
    ("CPU, µs", true, |row| some(row.cpu_micros, thousands)),
    ("MiB", true, |row| some(row.memory_mib, thousands)),
    ("group", true, |row| {
        some(row.group_len, |len| format!("{len:.1}"))
    }),
    ("load, cores", true, |row| {
        some(row.load_cores, |cores| format!("{cores:.2}"))
    }),
    ("of the limit", false, |row| {
        some(row.limit.as_ref(), |it| {
            let figure = rounded(it.figure);
            format!("{:.2} of {} ({figure} {})", it.ratio, it.of, it.unit)
        })
    }),
    ("target", false, |row| {
        let targets = row.targets.iter().map(wanted);
        targets.collect::<Vec<_>>().join("; ")
    }),
    ("verdict", false, |row| said(&row.verdict())),
];

/// Widest that a column of words gets on a terminal.
const WORDS_MAX: u16 = 34;

/// All rows, a table for each part in the order of the parts.
pub(crate) fn shown(rows: &[Row], style: Style) -> String {
    let mut parts: Vec<Part> = rows.iter().map(|row| row.part).collect();
    parts.sort_unstable();
    parts.dedup();
    let tables = parts.into_iter().map(|part| {
        let of_part: Vec<&Row> = rows.iter().filter(|row| row.part == part).collect();
        let head = match style {
            Style::Terminal => title(part).to_uppercase(),
            Style::Markdown => format!("### {}\n", title(part)),
        };
        format!("{head}\n{}\n", table(&of_part, style))
    });
    tables.collect::<Vec<_>>().join("\n")
}

/// How many rows met their targets.
pub(crate) fn summed_up(rows: &[Row]) -> String {
    let count = |is: fn(&Verdict) -> bool| rows.iter().filter(|row| is(&row.verdict())).count();
    let met = count(|verdict| *verdict == Verdict::Met);
    let missed = count(|verdict| matches!(verdict, Verdict::Missed(_)));
    let unjudged = count(|verdict| matches!(verdict, Verdict::NotJudged(_)));
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    format!(
        "{met} rows met their targets, {missed} missed one, {unjudged} were not judged, {failed} failed"
    )
}

const fn title(part: Part) -> &'static str {
    match part {
        Part::Creates => "Creates",
        Part::Reads => "Reads",
        Part::Searches => "Searches",
        Part::Footprint => "Footprint",
        Part::Fairness => "Fairness",
        Part::Generator => "The load generator",
        Part::Curve => "Latency over table size",
    }
}

fn table(rows: &[&Row], style: Style) -> Table {
    let has_some = |(_, _, cell): &&Column| rows.iter().any(|row| !cell(row).is_empty());
    let columns: Vec<&Column> = COLUMNS.iter().filter(has_some).collect();
    let mut table = Table::new();
    match style {
        Style::Terminal => table.load_preset(presets::UTF8_BORDERS_ONLY),
        Style::Markdown => table.load_preset(presets::ASCII_MARKDOWN),
    };
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|(head, _, _)| *head));
    for row in rows {
        table.add_row(columns.iter().map(|(_, _, cell)| cell(row)));
    }
    for ((_, is_figure, _), column) in columns.iter().zip(table.column_iter_mut()) {
        if *is_figure {
            column.set_cell_alignment(CellAlignment::Right);
        } else if style == Style::Terminal {
            let widest = Width::Fixed(WORDS_MAX);
            column.set_constraint(ColumnConstraint::UpperBoundary(widest));
        }
    }
    if style == Style::Terminal {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

/// `p50 ≤ 3 ms`.
fn wanted(target: &Target) -> String {
    let (bound, of) = (target.bound, target.of);
    let wanted = match bound {
        Bound::AtLeast(least) => format!("{of} ≥ {least} {}", target.unit),
        Bound::AtMost(most) => format!("{of} ≤ {most} {}", target.unit),
    };
    wanted.trim_end().to_owned()
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::NoTarget => String::new(),
        Verdict::Met => "met".to_owned(),
        Verdict::Missed(missed) => {
            let missed = missed.iter().map(|(of, part)| match part {
                ..1.0 => format!("{of} by {:.0} %", part * 100.0),
                _ => format!("{of} is {:.1} times that", part + 1.0),
            });
            format!("missed: {}", missed.collect::<Vec<_>>().join("; "))
        }
        Verdict::NotJudged(why) => format!("not judged: {why}"),
        Verdict::Failed(failure) => format!("failed: {failure}"),
    }
}

fn some<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(String::new, text)
}

fn millis(millis: f64) -> String {
    match millis {
        ..10.0 => format!("{millis:.2}"),
        10.0..100.0 => format!("{millis:.1}"),
        _ => thousands(millis),
    }
}

/// With a digit behind the point where it tells something.
fn rounded(figure: f64) -> String {
    match figure {
        ..10.0 => format!("{figure:.2}"),
        10.0..100.0 => format!("{figure:.1}"),
        _ => thousands(figure),
    }
}

/// `12,345`.
pub(crate) fn thousands(figure: f64) -> String {
    HumanCount(figure.round() as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::Limit;
    use super::*;

    #[test]
    fn large_figures_are_grouped_by_thousands() {
        let shown: Vec<String> = [7.4, 999.6, 12_345.0, 1_234_567.0].map(thousands).into();

        assert_eq!(shown, ["7", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn a_table_has_only_columns_that_say_something() {
        let create = Row {
            per_second: Some(4_800.0),
            limit: Some(Limit::per_second("raw SQLite", 8_000.0, 4_800.0)),
            targets: vec![
                Target::ratio("ratio", 0.6, 0.75),
                Target::at_most("CPU", 90.0, 150.0, "µs"),
            ],
            ..Row::new(Part::Creates, "64 clients")
        };
        let import = Row::missing(Part::Creates, "import", "not built");
        let binary = Row {
            figure: Some((12.54, "MiB")),
            ..Row::new(Part::Footprint, "binary")
        };
        let rows = [binary, create, import];

        insta::assert_snapshot!(shown(&rows, Style::Markdown));
        insta::assert_snapshot!(shown(&rows, Style::Terminal));
        assert_eq!(
            summed_up(&rows),
            "0 rows met their targets, 1 missed one, 1 were not judged, 0 failed"
        );
    }
}
