//! A database of its own for each test, of the kind that the run is about: a file of SQLite, or a database on the
//! PostgreSQL that `cargo xtask test` brings. It is read past the product, so that what is stored can be judged.
//!
//! Knows nothing about the product but the names of its tables.
#![warn(missing_docs)]

mod file;
mod link;
mod server;

pub use link::{Link, State};

use std::env;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Which database the tests are run on: `sqlite`, which is meant where nothing is said, or `postgres`.
const KIND: &str = "LANEKEEPER_TEST_DATABASE";

/// A row's values as text; nothing where there is no value.
pub type Row = Vec<Option<String>>;

/// A database that no other test knows. Dropped, it is gone.
pub struct TestDatabase {
    /// None on SQLite. Goes before the folder does.
    server: Option<server::Fresh>,
    folder: TempDir,
}

/// Whether this run of the tests is on PostgreSQL.
#[must_use]
pub fn is_on_postgres() -> bool {
    match env::var(KIND).as_deref() {
        Ok("postgres") => true,
        Ok("sqlite") | Err(_) => false,
        Ok(other) => panic!("{KIND} is '{other}'; it may be sqlite or postgres"),
    }
}

impl TestDatabase {
    /// An empty one, of the kind that this run is about.
    #[must_use]
    pub fn new() -> Self {
        Self::of(is_on_postgres().then(server::Fresh::new))
    }

    /// An empty one on PostgreSQL, for what is about PostgreSQL.
    #[must_use]
    pub fn on_postgres() -> Self {
        Self::of(Some(server::Fresh::new()))
    }

    fn of(server: Option<server::Fresh>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self { server, folder }
    }

    /// Whether it is PostgreSQL's.
    #[must_use]
    pub fn is_on_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// A folder of the test's own. On SQLite the database is in it, and nothing else.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of SQLite.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        assert!(self.server.is_none(), "a database on PostgreSQL is no file");
        self.folder().join("crm.db")
    }

    /// As the product takes it: `sqlite:PATH` or `postgres://…`.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.server {
            Some(server) => server.url(),
            None => format!("sqlite:{}", self.file().display()),
        }
    }

    /// As the product shows it: the file, or the address without its password.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.server {
            Some(server) => server.shown(),
            None => self.file().display().to_string(),
        }
    }

    /// What a statement finds, of whatever organisation. Ids are texts.
    #[must_use]
    pub fn rows(&self, sql: &str) -> Vec<Row> {
        match &self.server {
            Some(server) => server.rows(sql),
            None => file::rows(&self.file(), sql),
        }
    }

    /// The first column of what a statement finds; no value is an empty text.
    #[must_use]
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.rows(sql).into_iter();
        rows.map(|mut row| row.swap_remove(0).unwrap_or_default())
            .collect()
    }

    /// The number in the first column of the first row.
    #[must_use]
    pub fn number(&self, sql: &str) -> i64 {
        let texts = self.texts(sql);
        let number = texts.first().and_then(|text| text.parse().ok());
        number.unwrap_or_else(|| panic!("no number: {texts:?}"))
    }

    /// Runs statements that find nothing.
    pub fn run(&self, sql: &str) {
        match &self.server {
            Some(server) => drop(server.rows(sql)),
            None => file::run(&self.file(), sql),
        }
    }

    /// All that is stored: what must be nowhere must not be here.
    #[must_use]
    pub fn everything(&self) -> Vec<u8> {
        match &self.server {
            Some(server) => server.everything().into_bytes(),
            None => file::everything(self.folder()),
        }
    }

    /// A copy of what is committed by now, as who starts anew after a crash finds it. Nobody may write meanwhile; on
    /// PostgreSQL everybody is cut off from this one.
    #[must_use]
    pub fn after_a_crash(&self) -> Self {
        let copy = Self::of(self.server.as_ref().map(server::Fresh::after_a_crash));
        if self.server.is_none() {
            file::copy(self.folder(), copy.folder());
        }
        copy
    }

    /// Begins somebody else's transaction, for which whoever writes has to wait. It must not last long: writers give up.
    #[must_use]
    pub fn hold(&self) -> Hold {
        match &self.server {
            Some(server) => Hold::Server(server.hold()),
            None => Hold::File(file::Hold::new(&self.file())),
        }
    }
}

impl Default for TestDatabase {
    fn default() -> Self {
        Self::new()
    }
}

/// An open transaction. Dropped, it is rolled back.
pub enum Hold {
    #[doc(hidden)]
    File(file::Hold),
    #[doc(hidden)]
    Server(server::Hold),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_apart_and_are_read_alike() {
        let (one, other) = (TestDatabase::new(), TestDatabase::new());

        for (database, name) in [(&one, "Jane"), (&other, "Joe")] {
            database.run("create table person (name text, age integer)");
            database.run(&format!(
                "insert into person values ('{name}', 41), (null, 42)"
            ));
        }

        let jane = vec![Some("Jane".to_owned()), Some("41".to_owned())];
        let nobody = vec![None, Some("42".to_owned())];
        let all = "select name, age from person order by age";
        assert_eq!(one.rows(all), [jane, nobody]);
        assert_eq!(other.texts(all), ["Joe", ""]);
        assert_eq!(other.number("select count(*) from person"), 2);
        let stored = String::from_utf8_lossy(&other.everything()).into_owned();
        assert!(stored.contains("Joe") && !stored.contains("Jane"));
    }
}
