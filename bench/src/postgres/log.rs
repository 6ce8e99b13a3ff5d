//! PostgreSQL's log with `log_statement = all`: what ran in which transaction, and with what values.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

/// A statement that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    /// As it was prepared, with `$1` where a value was bound.
    pub(crate) sql: String,
    /// As PostgreSQL writes values as text.
    pub(crate) values: Vec<Option<String>>,
}

/// The transactions that were committed, in this order, each without its `commit`.
pub(crate) fn transactions(log: &str) -> Result<Vec<Vec<Ran>>> {
    let mut open: BTreeMap<&str, Vec<Ran>> = BTreeMap::new();
    let mut committed = vec![];
    for entry in entries(log) {
        if let Some(parameters) = entry.text.strip_prefix("parameters: ") {
            let ran = open.get_mut(entry.session);
            let ran = ran.and_then(|transaction| transaction.last_mut());
            // Parameters of what ran outside a transaction.
            let Some(ran) = ran else { continue };
            ran.values = values(parameters).with_context(|| format!("in {parameters}"))?;
            continue;
        }
        let Some(sql) = statement(&entry.text) else {
            continue;
        };
        if sql.starts_with("begin") {
            open.insert(entry.session, vec![]);
        }
        let is_end = |end: &&str| sql.eq_ignore_ascii_case(end);
        match ["commit", "rollback"].iter().find(|end| is_end(end)) {
            Some(&end) => {
                let transaction = open.remove(entry.session).unwrap_or_default();
                committed.extend((end == "commit").then_some(transaction));
            }
            None => {
                if let Some(transaction) = open.get_mut(entry.session) {
                    transaction.push(Ran {
                        sql: sql.to_owned(),
                        values: vec![],
                    });
                }
            }
        }
    }
    Ok(committed)
}

struct Entry<'a> {
    session: &'a str,
    /// Lines behind the first begin with a tab in the log, and not here.
    text: String,
}

fn entries(log: &str) -> impl Iterator<Item = Entry<'_>> {
    let mut lines = log.lines().peekable();
    std::iter::from_fn(move || {
        loop {
            let Some((session, text)) = head(lines.next()?) else {
                continue;
            };
            let mut text = text.to_owned();
            while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
                text.push('\n');
                text.push_str(&line[1..]);
            }
            return Some(Entry { session, text });
        }
    })
}

/// The process and the beginning of the text in `2026-02-17 00:00:00.000 UTC [1234] LOG:  text`.
fn head(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once(" [")?;
    let (session, rest) = rest.split_once("] ")?;
    let (_, text) = rest.split_once(":  ")?;
    Some((session, text))
}

/// The SQL of an entry that tells of a statement.
fn statement(text: &str) -> Option<&str> {
    let simple = text.strip_prefix("statement: ");
    let prepared = || Some(text.strip_prefix("execute ")?.split_once(": ")?.1);
    simple.or_else(prepared).map(str::trim)
}

/// The values in `$1 = 'it''s', $2 = NULL`.
fn values(parameters: &str) -> Result<Vec<Option<String>>> {
    let mut values = vec![];
    let mut rest = parameters;
    loop {
        let place = format!("${} = ", values.len() + 1);
        rest = rest.strip_prefix(&place).context("a place is missing")?;
        let value = match rest.strip_prefix("NULL") {
            Some(behind) => {
                rest = behind;
                None
            }
            None => {
                let (value, behind) = quoted(rest)?;
                rest = behind;
                Some(value)
            }
        };
        values.push(value);
        match rest.strip_prefix(", ") {
            Some(behind) => rest = behind,
            None if rest.is_empty() => return Ok(values),
            None => bail!("goes on with {rest}"),
        }
    }
}

/// A text in quotes, of which one within it is doubled, and what stands behind it.
fn quoted(text: &str) -> Result<(String, &str)> {
    let mut rest = text.strip_prefix('\'').context("no quote")?;
    let mut value = String::new();
    loop {
        let (part, behind) = rest.split_once('\'').context("an open text")?;
        value.push_str(part);
        match behind.strip_prefix('\'') {
            Some(behind) => {
                value.push('\'');
                rest = behind;
            }
            None => return Ok((value, behind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_of_several_sessions_are_told_apart() {
        let log = "\
2026-02-17 00:00:00.000 UTC [7] LOG:  statement: begin; set local a.b = 'c'
2026-02-17 00:00:00.000 UTC [8] LOG:  statement: begin
2026-02-17 00:00:00.001 UTC [7] LOG:  execute s1: select $1,
\t  $2
2026-02-17 00:00:00.001 UTC [7] DETAIL:  parameters: $1 = 'it''s [1] LOG:  $2 = ''
\tso''', $2 = NULL
2026-02-17 00:00:00.001 UTC [8] LOG:  execute s1: insert
2026-02-17 00:00:00.002 UTC [8] LOG:  statement: rollback
2026-02-17 00:00:00.002 UTC [7] LOG:  statement: commit
2026-02-17 00:00:00.002 UTC [7] LOG:  execute s2: select $1
2026-02-17 00:00:00.002 UTC [7] DETAIL:  parameters: $1 = '1'
";

        let found = transactions(log).unwrap();

        let ran = |sql: &str, values: &[Option<&str>]| Ran {
            sql: sql.to_owned(),
            values: values.iter().map(|it| it.map(str::to_owned)).collect(),
        };
        let select = [Some("it's [1] LOG:  $2 = '\nso'"), None];
        let expected = [
            ran("begin; set local a.b = 'c'", &[]),
            ran("select $1,\n  $2", &select),
        ];
        assert_eq!(found, [expected.to_vec()]);
    }
}
