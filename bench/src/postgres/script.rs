//! What ran for creates, as a script of pgbench and a table with the values of each create.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};

use super::log::Ran;

/// The table that has a row for each create.
pub(crate) const TABLE: &str = "bench_value";

/// The organisation is locked until the commit, and its row is written: creates of one organisation run one after the other.
const LOCK: &str = "for update";
const NUMBER: &str = "update organization set last_sequence";

/// The statements of one create, whichever it is.
pub(crate) struct Recording {
    steps: Vec<Step>,
    /// What is the same in every create, by the name of its variable.
    pub(crate) constants: Vec<(String, String)>,
    /// What each create has of its own: the name of the variable and column, and a value for each create.
    pub(crate) columns: Vec<(String, Vec<String>)>,
}

struct Step {
    sql: String,
    /// How each of `$1`, `$2` is written in the script.
    places: Vec<String>,
}

/// Which of the statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statements {
    All,
    /// Those that keep others of the organisation waiting are left out.
    Unlocked,
    /// None: only the values are fetched.
    None,
}

impl Recording {
    /// The transactions of creates: each ran the same statements.
    pub(crate) fn new(creates: &[Vec<Ran>]) -> Result<Self> {
        let first = creates.first().context("no create was recorded")?;
        let sqls = |create: &[Ran]| create.iter().map(|ran| ran.sql.clone()).collect::<Vec<_>>();
        for create in creates {
            ensure!(
                sqls(create) == sqls(first),
                "creates ran different statements:\n{:#?}\n{:#?}",
                sqls(create),
                sqls(first)
            );
        }
        let mut names = Names::default();
        let mut steps = vec![];
        for (place, ran) in first.iter().enumerate() {
            let values = 0..ran.values.len();
            let places = values.map(|value| {
                let of_creates = creates.iter().map(|create| &create[place].values[value]);
                names.of(of_creates.cloned().collect())
            });
            steps.push(Step {
                sql: ran.sql.clone(),
                places: places.collect::<Result<_>>()?,
            });
        }
        Ok(Self {
            steps,
            constants: names.constants,
            columns: names.columns,
        })
    }

    /// The script of one transaction: its values are fetched, then the statements are sent without waiting between them.
    pub(crate) fn script(&self, statements: Statements) -> String {
        let columns = self.columns.iter().map(|(name, _)| name.as_str());
        let columns = columns.collect::<Vec<_>>().join(", ");
        let mut script = format!(
            "\\set number :client_id * :each + :turn\n\
             \\set turn :turn + 1\n\
             select {columns} from {TABLE} where number = :number \\gset\n"
        );
        if statements == Statements::None {
            return script;
        }
        script.push_str("\\startpipeline\n");
        for step in &self.steps {
            let mut sql = step.text();
            if statements == Statements::Unlocked {
                if sql.starts_with(NUMBER) {
                    continue;
                }
                sql = sql.replace(LOCK, "");
            }
            writeln!(script, "{sql};").expect("a String takes every text");
        }
        script.push_str("commit;\n\\endpipeline\n");
        script
    }

    /// How many statements there are in a transaction, with its commit.
    pub(crate) fn statements_len(&self) -> usize {
        self.steps.len() + 1
    }
}

impl Step {
    /// With `:name` where `$1` was.
    fn text(&self) -> String {
        let places = self.places.iter().enumerate().rev();
        // From the last on: `$1` is the beginning of `$12`.
        places.fold(self.sql.clone(), |sql, (index, place)| {
            sql.replace(&format!("${}", index + 1), place)
        })
    }
}

/// Variables: equal values have one.
#[derive(Default)]
struct Names {
    known: BTreeMap<Vec<Option<String>>, String>,
    constants: Vec<(String, String)>,
    columns: Vec<(String, Vec<String>)>,
}

impl Names {
    /// How a value is written that is these in the creates.
    fn of(&mut self, values: Vec<Option<String>>) -> Result<String> {
        if values.iter().all(Option::is_none) {
            return Ok("null".to_owned());
        }
        if let Some(name) = self.known.get(&values) {
            return Ok(format!(":{name}"));
        }
        let texts: Option<Vec<String>> = values.iter().cloned().collect();
        let texts = texts.context("a value is null in some creates only")?;
        let is_constant = texts.iter().all(|text| *text == texts[0]);
        let name = match is_constant {
            true => format!("c{}", self.constants.len()),
            false => format!("v{}", self.columns.len()),
        };
        match is_constant {
            true => self.constants.push((name.clone(), texts[0].clone())),
            false => self.columns.push((name.clone(), texts)),
        }
        self.known.insert(values, name.clone());
        Ok(format!(":{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(id: &str) -> Vec<Ran> {
        let ran = |sql: &str, values: &[Option<&str>]| Ran {
            sql: sql.to_owned(),
            values: values.iter().map(|it| it.map(str::to_owned)).collect(),
        };
        vec![
            ran("begin", &[]),
            ran(
                "select 1 from organization where id = $1 for update",
                &[Some("o")],
            ),
            ran(
                "insert into a values ($1, $2::uuid, $3)",
                &[Some("o"), Some(id), None],
            ),
            ran("update organization set last_sequence = $1", &[Some(id)]),
        ]
    }

    #[test]
    fn what_differs_is_fetched_and_what_does_not_is_given() {
        let recording = Recording::new(&[create("7"), create("8")]).unwrap();

        let script = recording.script(Statements::All);

        assert_eq!(
            script,
            "\\set number :client_id * :each + :turn\n\
             \\set turn :turn + 1\n\
             select v0 from bench_value where number = :number \\gset\n\
             \\startpipeline\n\
             begin;\n\
             select 1 from organization where id = :c0 for update;\n\
             insert into a values (:c0, :v0::uuid, null);\n\
             update organization set last_sequence = :v0;\n\
             commit;\n\
             \\endpipeline\n"
        );
        assert_eq!(recording.constants, [("c0".to_owned(), "o".to_owned())]);
        let values = vec!["7".to_owned(), "8".to_owned()];
        assert_eq!(recording.columns, [("v0".to_owned(), values)]);
    }

    #[test]
    fn without_the_lock_nothing_waits_for_the_organisation() {
        let recording = Recording::new(&[create("7"), create("8")]).unwrap();

        let script = recording.script(Statements::Unlocked);

        assert!(script.contains("insert into a"), "{script}");
        assert!(!script.contains("for update"), "{script}");
        assert!(!script.contains("update organization"), "{script}");
    }
}
