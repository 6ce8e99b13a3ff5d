//! What the command line takes; every option also from the environment.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use lanekeeper_core::Email;
use lanekeeper_core::key::KeyScope;
use lanekeeper_server::RateLimit;
use lanekeeper_store::Database;
use uuid::Uuid;

/// An open, self-hosted CRM server: accounts by domain, contacts by e-mail, opportunities in pipelines.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Examples:
  lanekeeper serve --init              set up an empty database, and serve it
  lanekeeper init --json               set up an empty database, for scripts
  lanekeeper serve --listen 0.0.0.0:80
  lanekeeper key create --name Website --scope write
  lanekeeper copy --from sqlite:crm.db --to postgres://crm@localhost/crm
  lanekeeper conformance http://127.0.0.1:8080 --key lk_live_…
  LANEKEEPER_DATABASE=sqlite:/var/lib/lanekeeper/crm.db lanekeeper serve"
)]
pub(crate) struct Args {
    /// Where the data is: sqlite:PATH, or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        global = true,
        env = "LANEKEEPER_DATABASE",
        default_value = "sqlite:lanekeeper.db",
        value_name = "DATABASE"
    )]
    pub(crate) database: Database,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set up an empty database: organisation, pipeline, first member and key
    #[command(after_help = "\
Examples:
  lanekeeper init
  lanekeeper init --organization 'Acme Inc' --owner-email jane@acme.com
  lanekeeper init --json | jq -r .api_key

Exit status: 0 set up, 3 the database is set up already (it is left alone), 1 anything else.")]
    Init(InitOptions),
    /// Serve the API
    #[command(after_help = "\
Examples:
  lanekeeper serve
  lanekeeper serve --init                      set the database up first, if it is empty
  lanekeeper serve --listen 0.0.0.0:8080 --rate-limit 500/s,burst=1000
  LANEKEEPER_RATE_LIMIT=off lanekeeper serve

SIGTERM: not ready at once, still serving for --drain-delay, then what was accepted is answered.
SIGINT (Ctrl-C): the same without the delay. A second signal: stop now.")]
    Serve(ServeOptions),
    /// Create, list and revoke API keys
    #[command(
        subcommand,
        after_help = "\
Examples:
  lanekeeper key create --name Website --route 'POST /v1/opportunities'
  lanekeeper key list
  lanekeeper key revoke 01993d0e-7f7c-7b6e-9d4c-0c4f2b8a1f10"
    )]
    Key(KeyCommand),
    /// Add, list and change organisations
    #[command(
        subcommand,
        after_help = "\
Examples:
  lanekeeper organization list
  lanekeeper organization create 'Acme Inc' --owner-email jane@acme.com
  lanekeeper organization update --unknown-attributes strict"
    )]
    Organization(OrganizationCommand),
    /// Copy all data and history of one database into another, such as SQLite into PostgreSQL
    #[command(after_help = "\
Examples:
  lanekeeper copy --from sqlite:crm.db --to postgres://crm:secret@db.example.com/crm
  lanekeeper copy --from postgres://crm:secret@db.example.com/crm --to sqlite:crm.db
  LANEKEEPER_COPY_TO=postgres://crm:secret@db.example.com/crm lanekeeper copy --from sqlite:crm.db
  lanekeeper copy --from sqlite:crm.db --to sqlite:copy.db --json | jq .is_equal

Stop every server of both first. The target must be empty. Interrupted at any point, the same
command goes on where it stopped; nothing else opens the target before it is finished. At the end
both sides are read whole and compared by count and checksum, for each organisation and table.
Keys, cursors and idempotency keys go on working.

Exit status: 0 all is equal, 1 anything else.")]
    Copy(CopyOptions),
    /// Judge a server by the published contract: what holds, what differs
    #[command(after_help = "\
Examples:
  lanekeeper conformance http://127.0.0.1:8080 --key lk_live_… --owner-email owner@example.com
  lanekeeper conformance https://crm.example.com --key … --pipeline 018f13b3-8239-7ef8-a8f1-93ad10b76110 --published-only
  lanekeeper conformance http://127.0.0.1:8080 --key … --filter search --filter cursor
  lanekeeper conformance http://127.0.0.1:8080 --key … --json | jq '.cases[] | select(.verdict == \"differs\")'

It makes records, custom fields and stages in the organisation of the key, and takes none of them away: use an
organisation that was made for it. Its key must be allowed to read and to write.

Exit status: 0 nothing differs, 1 something differs, 4 the server could not be judged.")]
    Conformance(ConformanceOptions),
}

#[derive(Debug, clap::Args)]
pub(crate) struct CopyOptions {
    /// The database that is copied
    #[arg(
        long,
        env = "LANEKEEPER_COPY_FROM",
        hide_env_values = true,
        value_name = "DATABASE"
    )]
    pub(crate) from: Database,
    /// The empty database that it is copied into
    #[arg(
        long,
        env = "LANEKEEPER_COPY_TO",
        hide_env_values = true,
        value_name = "DATABASE"
    )]
    pub(crate) to: Database,
    /// Print one JSON object: from, to, is_equal, and of each table organization_id, table, counts and checksums
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ConformanceOptions {
    /// The server, such as `https://crm.example.com`
    #[arg(value_name = "URL", value_parser = server_url)]
    pub(crate) url: String,
    /// An API key of an organisation that is there to be tried on
    #[arg(
        long,
        env = "LANEKEEPER_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub(crate) key: String,
    /// A pipeline of the organisation; else the default one of GET /v1/pipelines
    #[arg(long, value_name = "ID")]
    pub(crate) pipeline: Option<Uuid>,
    /// A member of the organisation, for the cases about owners
    #[arg(long, value_name = "E-MAIL")]
    pub(crate) owner_email: Option<Email>,
    /// Only cases with this in their operation or name; may be repeated, then each must be there
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Only what Octolane published, not what Lanekeeper decided
    #[arg(long)]
    pub(crate) published_only: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

fn server_url(text: &str) -> Result<String, &'static str> {
    match text.starts_with("http://") || text.starts_with("https://") {
        true => Ok(text.to_owned()),
        false => Err("begins neither with http:// nor with https://"),
    }
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct InitOptions {
    /// Print one JSON object: organization_id, pipeline_id, stages, owner, api_key
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) first: FirstOptions,
    /// The address that the example uses
    #[arg(
        long,
        env = "LANEKEEPER_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS",
        hide = true
    )]
    pub(crate) listen: SocketAddr,
}

/// What a fresh organisation starts with.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FirstOptions {
    /// What people call the organisation
    #[arg(
        long,
        env = "LANEKEEPER_ORGANIZATION",
        default_value = "My organisation",
        value_name = "NAME"
    )]
    pub(crate) organization: String,
    /// The first member, who owns opportunities and administers
    #[arg(
        long,
        env = "LANEKEEPER_OWNER_EMAIL",
        default_value = "owner@example.com",
        value_name = "E-MAIL"
    )]
    pub(crate) owner_email: Email,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServeOptions {
    /// The address to listen at
    #[arg(
        long,
        env = "LANEKEEPER_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS"
    )]
    pub(crate) listen: SocketAddr,
    /// Set the database up first, if it is empty
    #[arg(long, env = "LANEKEEPER_INIT", value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(crate) init: bool,
    #[command(flatten)]
    pub(crate) first: FirstOptions,
    /// Requests for each key and route: such as 100/s,burst=200, or off
    #[arg(long, env = "LANEKEEPER_RATE_LIMIT", default_value = "100/s,burst=200", value_name = "LIMIT", value_parser = rate_limit)]
    pub(crate) rate_limit: Limit,
    /// How long SIGTERM leaves the door open, in seconds, for load balancers to notice
    #[arg(long, env = "LANEKEEPER_DRAIN_DELAY", default_value = "5", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) drain_delay: Duration,
    /// Connections open at once
    #[arg(long, env = "LANEKEEPER_CONNECTIONS_MAX", default_value_t = 4096, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connections_max: u32,
    /// Page cache of the database writer, in MiB
    #[arg(long, env = "LANEKEEPER_CACHE_MIB", default_value_t = 64, value_name = "MIB", value_parser = clap::value_parser!(u32).range(2..=65_536))]
    pub(crate) cache_mib: u32,
    /// How logs look on standard error
    #[arg(
        long,
        env = "LANEKEEPER_LOG_FORMAT",
        default_value = "auto",
        value_name = "FORMAT"
    )]
    pub(crate) log_format: LogFormat,
    /// What is logged, such as info or lanekeeper_server=debug (which logs every request)
    #[arg(
        long,
        env = "LANEKEEPER_LOG",
        default_value = "info",
        value_name = "FILTER"
    )]
    pub(crate) log: String,
}

/// A rate limit, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(pub(crate) Option<RateLimit>);

fn rate_limit(text: &str) -> Result<Limit, &'static str> {
    match text {
        "off" => Ok(Limit(None)),
        text => text.parse().map(|limit| Limit(Some(limit))),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    const SECS_MAX: u64 = 25;
    match text.parse() {
        Ok(secs) if secs <= SECS_MAX => Ok(Duration::from_secs(secs)),
        _ => Err(format!("send whole seconds, 0 to {SECS_MAX}")),
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere
    Auto,
    /// For people
    Pretty,
    /// For programs: a JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Create a key and print it, once
    #[command(after_help = "\
Examples:
  lanekeeper key create --name Website
  lanekeeper key create --name 'Lead form' --scope write --route 'POST /v1/contacts' --expires-in-days 90
  lanekeeper key create --name Reports --scope read --json | jq -r .api_key")]
    Create(CreateKeyOptions),
    /// List the keys: what they are for, what they may do, when they were last used
    #[command(after_help = "\
Examples:
  lanekeeper key list
  lanekeeper key list --json | jq -r '.[] | select(.revoked_at == null) | .name'")]
    List(Chosen),
    /// Revoke a key: the next request with it is refused
    #[command(after_help = "\
Example:
  lanekeeper key revoke 01993d0e-7f7c-7b6e-9d4c-0c4f2b8a1f10")]
    Revoke {
        /// The key's id, from `key list`
        id: Uuid,
        #[command(flatten)]
        chosen: Chosen,
    },
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CreateKeyOptions {
    /// What people call the key
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// How much it may do
    #[arg(long, default_value = "write", value_name = "SCOPE", value_parser = scope)]
    pub(crate) scope: KeyScope,
    /// Restrict it to a route, such as 'POST /v1/contacts'; may be repeated
    #[arg(long = "route", value_name = "ROUTE", value_parser = route)]
    pub(crate) routes: Vec<String>,
    /// End it after so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) expires_in_days: Option<u32>,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
}

/// Which organisation, and how to print.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Chosen {
    /// The organisation's id; needed only where there are several
    #[arg(long, env = "LANEKEEPER_ORGANIZATION_ID", value_name = "ID")]
    pub(crate) organization_id: Option<Uuid>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn scope(name: &str) -> Result<KeyScope, String> {
    KeyScope::named(name).ok_or_else(|| "use read, write or admin".to_owned())
}

fn route(name: &str) -> Result<String, String> {
    match lanekeeper_server::is_route(name) {
        true => Ok(name.to_owned()),
        false => Err("is no route; use method and path as in the API's document, such as 'POST /v1/contacts'".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrganizationCommand {
    /// Add an organisation, apart from all others, with a pipeline, a member and a key
    #[command(after_help = "\
Examples:
  lanekeeper organization create 'Acme Inc'
  lanekeeper organization create 'Acme Inc' --owner-email jane@acme.com --json | jq -r .api_key")]
    Create {
        /// What people call it
        name: String,
        /// Its first member
        #[arg(long, default_value = "owner@example.com", value_name = "E-MAIL")]
        owner_email: Email,
        /// Print one JSON object, as `init --json` does
        #[arg(long)]
        json: bool,
    },
    /// List the organisations
    #[command(after_help = "\
Examples:
  lanekeeper organization list
  lanekeeper organization list --json | jq -r '.[].id'")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change how an organisation behaves
    #[command(after_help = "\
Examples:
  lanekeeper organization update --unknown-attributes strict
  lanekeeper organization update --unknown-attributes create --organization-id 01993d0e-7f7c-7b6e-9d4c-0c4f2b8a1f10")]
    Update {
        /// What happens to a custom attribute that names no field: create the field, or refuse the request
        #[arg(long, value_name = "RULE")]
        unknown_attributes: UnknownAttributesRule,
        #[command(flatten)]
        chosen: Chosen,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum UnknownAttributesRule {
    /// Create the field, so that nothing sent is lost
    Create,
    /// Refuse the request, and name the nearest field
    Strict,
}
