//! The address of a PostgreSQL database, whose password nobody sees.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls::Trust;

/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`
#[derive(Clone)]
pub struct PostgresUrl(Arc<Address>);

struct Address {
    text: String,
    config: Config,
    connector: MakeRustlsConnect,
}

impl PostgresUrl {
    /// What a connection needs to know.
    pub(super) fn config(&self) -> Config {
        self.0.config.clone()
    }

    /// What encrypts a connection.
    pub(super) fn connector(&self) -> MakeRustlsConnect {
        self.0.connector.clone()
    }
}

impl FromStr for PostgresUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, trust) = trust(text)?;
        let config = rest.parse::<Config>();
        let config = config.map_err(|error| format!("is no address of PostgreSQL: {error}"))?;
        let missing = |what| format!("names no {what}; use postgres://USER:PASSWORD@HOST/DATABASE");
        if config.get_hosts().is_empty() {
            return Err(missing("host"));
        }
        if config.get_dbname().is_none() {
            return Err(missing("database"));
        }
        Ok(Self(Arc::new(Address {
            text: text.to_owned(),
            config,
            connector: trust.connector()?,
        })))
    }
}

/// Takes out of the address what only this program knows of: how to find out who the server is.
fn trust(text: &str) -> Result<(String, Trust), String> {
    let (address, parameters) = text.split_once('?').unwrap_or((text, ""));
    let (mut mode, mut is_verified, mut file) = (None, false, None);
    let mut rest = vec![];
    for parameter in parameters
        .split('&')
        .filter(|parameter| !parameter.is_empty())
    {
        match parameter.split_once('=').unwrap_or((parameter, "")) {
            ("sslmode", "verify-full" | "verify-ca") => is_verified = true,
            ("sslmode", "allow") => mode = Some("prefer"),
            ("sslmode", known @ ("disable" | "prefer" | "require")) => mode = Some(known),
            ("sslmode", other) => {
                return Err(format!(
                    "has the sslmode '{other}'; use disable, prefer, require or verify-full"
                ));
            }
            ("sslrootcert", "" | "system") => is_verified = true,
            ("sslrootcert", path) => {
                is_verified = true;
                file = Some(path.into());
            }
            _ => rest.push(parameter),
        }
    }
    // Who is asked who they are is not talked to in plain text.
    if is_verified && mode != Some("disable") {
        mode = Some("require");
    }
    let mode = mode.map(|mode| format!("sslmode={mode}"));
    rest.extend(mode.as_deref());
    let trust = match (is_verified, file) {
        (false, _) => Trust::Anybody,
        (true, None) => Trust::System,
        (true, Some(file)) => Trust::File(file),
    };
    let separator = if rest.is_empty() { "" } else { "?" };
    Ok((format!("{address}{separator}{}", rest.join("&")), trust))
}

impl PartialEq for PostgresUrl {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for PostgresUrl {}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = &self.0.config;
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
    use super::*;
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
            ("postgres://db.example.com/crm?sslmode=verify", "sslmode"),
            ("postgres://h/crm?sslrootcert=/nowhere.pem", "sslrootcert"),
        ] {
            let refusal = url.parse::<Database>().unwrap_err();
            assert!(refusal.contains(missing), "{url}: {refusal}");
        }
    }

    #[test]
    fn who_the_server_is_matters_where_it_is_asked_for() {
        let of = |parameters: &str| trust(&format!("postgres://h/d{parameters}")).unwrap();
        let file = Trust::File("ca.pem".into());
        for (parameters, rest, expected) in [
            ("", "", Trust::Anybody),
            ("?sslmode=require", "?sslmode=require", Trust::Anybody),
            ("?sslmode=verify-full", "?sslmode=require", Trust::System),
            (
                "?sslmode=verify-full&sslrootcert=ca.pem",
                "?sslmode=require",
                file.clone(),
            ),
            ("?a=b&sslrootcert=ca.pem", "?a=b&sslmode=require", file),
        ] {
            let (text, trust) = of(parameters);
            assert_eq!(text, format!("postgres://h/d{rest}"), "{parameters}");
            assert_eq!(trust, expected, "{parameters}");
        }
    }
}
