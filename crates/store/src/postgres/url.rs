//! The address of a PostgreSQL database, whose password nobody sees.

use std::fmt;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl PostgresUrl {
    /// What a connection needs to know.
    pub(super) fn config(&self) -> Config {
        parse(&self.0).expect("it was parsed before")
    }
}

fn parse(text: &str) -> Result<Config, String> {
    let config = text.parse::<Config>();
    let config = config.map_err(|error| format!("is no address of PostgreSQL: {error}"))?;
    match (config.get_hosts(), config.get_dbname()) {
        ([], _) => Err("names no host; use postgres://USER:PASSWORD@HOST/DATABASE".to_owned()),
        (_, None) => {
            Err("names no database; use postgres://USER:PASSWORD@HOST/DATABASE".to_owned())
        }
        _ => Ok(config),
    }
}

impl FromStr for PostgresUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = self.config();
        let host = config.get_hosts().first().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        out.write_str("postgres://")?;
        if let Some(user) = config.get_user() {
            write!(out, "{user}@")?;
        }
        out.write_str(&host.unwrap_or_default())?;
        if let Some(port) = config.get_ports().first() {
            write!(out, ":{port}")?;
        }
        write!(out, "/{}", config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use crate::Database;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let url = "postgres://crm:secret@db.example.com:5433/crm?sslmode=disable";
        let database: Database = url.parse().unwrap();

        let shown = "postgres://crm@db.example.com:5433/crm";
        assert_eq!(database.to_string(), shown);
        assert!(!format!("{database:?}").contains("secret"));
    }

    #[test]
    fn an_address_without_a_host_or_a_database_is_refused_with_what_is_missing() {
        for (url, missing) in [
            ("postgres:///crm", "host"),
            ("postgres://db.example.com", "database"),
        ] {
            let refusal = url.parse::<Database>().unwrap_err();
            assert!(refusal.contains(missing), "{url}: {refusal}");
        }
    }
}
