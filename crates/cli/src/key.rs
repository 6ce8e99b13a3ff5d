//! `lanekeeper key`: create, list, revoke.

use anyhow::{Context as _, bail, ensure};
use lanekeeper_core::Timestamp;
use lanekeeper_core::change::Actor;
use lanekeeper_core::key::Key;
use lanekeeper_core::object::NAME_CHARS_MAX;
use lanekeeper_core::text::{is_blank, one_line};
use lanekeeper_store::{Database, Org, Store};
use lanekeeper_wire::key::Key as ShownKey;
use serde_json::{Value, json};

use crate::args::{Chosen, CreateKeyOptions, KeyCommand};
use crate::init::new_key;
use crate::screen::{program, table};
use crate::{Failure, open};

const MICROS_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;

pub(crate) async fn run(database: &Database, command: &KeyCommand) -> Result<(), Failure> {
    let (store, clock) = open(database).await?;
    match command {
        KeyCommand::Create(options) => create(&store, clock.now(), options).await?,
        KeyCommand::List(chosen) => list(&store, clock.now(), chosen).await?,
        KeyCommand::Revoke { id, chosen } => {
            let org = choose(&store, chosen).await?;
            let is_revoked = store.revoke_key(&org, *id, &Actor::cli()).await?;
            if !is_revoked {
                Err(anyhow::anyhow!(
                    "there is no live key with the id {id}; `{} key list` shows them",
                    program()
                ))?;
            }
            match chosen.json {
                true => println!("{}", json!({"id": id, "revoked": true})),
                false => println!("Revoked. The next request with this key is refused."),
            }
        }
    }
    Ok(())
}

async fn create(store: &Store, now: Timestamp, options: &CreateKeyOptions) -> anyhow::Result<()> {
    ensure!(!is_blank(&options.name), "a key needs a name");
    one_line(&options.name, NAME_CHARS_MAX)
        .map_err(|error| anyhow::anyhow!("the key's name {error}"))?;
    let org = choose(store, &options.chosen).await?;
    let (mut key, text) = new_key(&options.name, options.scope, now)?;
    key.routes.clone_from(&options.routes);
    let in_days = |days| Timestamp::from_micros(now.as_micros() + i64::from(days) * MICROS_A_DAY);
    key.expires_at = options.expires_in_days.map(in_days);
    store.create_key(&org, &key, &Actor::cli()).await?;
    if options.chosen.json {
        let mut printed = to_json(&key);
        printed["api_key"] = json!(text);
        println!("{printed}");
    } else {
        println!(
            "{text}\n\nThis is the only time the key is shown. Keep it where secrets are kept."
        );
    }
    Ok(())
}

async fn list(store: &Store, now: Timestamp, chosen: &Chosen) -> anyhow::Result<()> {
    let org = choose(store, chosen).await?;
    let keys = store.keys(&org).await?;
    if chosen.json {
        println!("{}", Value::Array(keys.iter().map(to_json).collect()));
        return Ok(());
    }
    let rows = keys.iter().map(|key| {
        let day = |time: Option<Timestamp>| {
            time.map_or("never".to_owned(), |time| time.to_string()[..10].to_owned())
        };
        let routes = match key.routes.as_slice() {
            [] => "all of its scope".to_owned(),
            routes => routes.join(", "),
        };
        let hint = key.hint.clone();
        [
            key.id.to_string(),
            key.name.clone(),
            hint,
            key.scope.name().to_owned(),
            routes,
            day(key.last_used_at),
            state(key, now),
        ]
    });
    let rows: Vec<_> = rows.collect();
    print!(
        "{}",
        table(
            ["ID", "NAME", "KEY", "SCOPE", "ROUTES", "LAST USED", "STATE"],
            &rows
        )
    );
    Ok(())
}

fn state(key: &Key, now: Timestamp) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(_), _) => "revoked".to_owned(),
        (None, Some(end)) if end <= now => "expired".to_owned(),
        (None, Some(end)) => format!("good until {}", &end.to_string()[..10]),
        (None, None) => "good".to_owned(),
    }
}

fn to_json(key: &Key) -> Value {
    json!(ShownKey::from(key))
}

/// The organisation that was named, or the only one there is.
pub(crate) async fn choose(store: &Store, chosen: &Chosen) -> anyhow::Result<Org> {
    let organizations = store.overview().await?;
    if let Some(id) = chosen.organization_id {
        let found = organizations
            .iter()
            .find(|organization| organization.org.id() == id);
        let found = found.with_context(|| format!("there is no organisation with the id {id}"))?;
        return Ok(found.org);
    }
    match organizations.as_slice() {
        [] => bail!("the database is empty; `{} init` sets it up", program()),
        [only] => Ok(only.org),
        several => {
            let names = several
                .iter()
                .map(|organization| format!("  {}  {}", organization.org.id(), organization.name));
            let names: Vec<_> = names.collect();
            bail!(
                "there are several organisations; choose one with --organization-id:\n{}",
                names.join("\n")
            )
        }
    }
}
