//! `lanekeeper init`: an organisation in an empty database.

use std::fmt;

use lanekeeper_core::key::{Key, KeyScope};
use lanekeeper_core::plan::setup::Setup;
use lanekeeper_core::text::{is_blank, one_line};
use lanekeeper_core::{Timestamp, object};
use lanekeeper_server::FreshKey;
use lanekeeper_store::{Clock, Database, Store, WriteError};
use serde::Serialize;
use uuid::Uuid;

use crate::args::{FirstOptions, InitOptions};
use crate::{Failure, open, screen};

pub(crate) async fn run(database: &Database, options: &InitOptions) -> Result<(), Failure> {
    let (store, clock) = open(database).await?;
    let Some(fresh) = set_up(&store, &clock, &options.first).await? else {
        return Err(Failure::AlreadySetUp(format!(
            "{database} is set up already and was left alone; `{} key create` makes another key",
            screen::program()
        )));
    };
    if options.json {
        println!("{}", fresh.to_json());
    } else {
        print!("{}", screen::initialised(&fresh, database, options.listen));
    }
    Ok(())
}

/// A fresh organisation, with the text of its key, which is nowhere else.
pub(crate) struct Fresh {
    pub(crate) setup: Setup,
    pub(crate) api_key: String,
}

impl Fresh {
    /// An organisation with fresh ids and a fresh key.
    pub(crate) fn new(clock: &Clock, first: &FirstOptions) -> anyhow::Result<Self> {
        let name = &first.organization;
        anyhow::ensure!(!is_blank(name), "an organisation needs a name");
        one_line(name, object::NAME_CHARS_MAX)
            .map_err(|error| anyhow::anyhow!("the organisation's name {error}"))?;
        let now = clock.now();
        let (key, api_key) = new_key("First key", KeyScope::Admin, now)?;
        let setup = Setup::new(name, first.owner_email.clone(), key, now, &mut Uuid::now_v7);
        Ok(Self { setup, api_key })
    }

    /// What scripts read.
    pub(crate) fn to_json(&self) -> Printed<'_> {
        let Setup {
            organization,
            pipeline,
            owner,
            ..
        } = &self.setup;
        let stages = pipeline.stages.iter().map(|stage| PrintedStage {
            stage_id: stage.id,
            label: &stage.label,
        });
        Printed {
            organization_id: organization.id,
            pipeline_id: pipeline.id,
            stages: stages.collect(),
            owner: PrintedOwner {
                id: owner.id,
                email: owner.email.as_str(),
            },
            api_key: &self.api_key,
        }
    }
}

/// What `--json` prints, one line, members in this order.
#[derive(Serialize)]
pub(crate) struct Printed<'a> {
    organization_id: Uuid,
    pipeline_id: Uuid,
    stages: Vec<PrintedStage<'a>>,
    owner: PrintedOwner<'a>,
    api_key: &'a str,
}

#[derive(Serialize)]
struct PrintedStage<'a> {
    stage_id: Uuid,
    label: &'a str,
}

#[derive(Serialize)]
struct PrintedOwner<'a> {
    id: Uuid,
    email: &'a str,
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = serde_json::to_string(self).expect("texts are JSON");
        out.write_str(&line)
    }
}

/// Sets up an empty database; `None` if it is not empty.
pub(crate) async fn set_up(
    store: &Store,
    clock: &Clock,
    first: &FirstOptions,
) -> anyhow::Result<Option<Fresh>> {
    let fresh = Fresh::new(clock, first)?;
    match store.set_up(&fresh.setup).await {
        Ok(()) => Ok(Some(fresh)),
        Err(WriteError::AlreadySetUp) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A fresh key and its text.
pub(crate) fn new_key(
    name: &str,
    scope: KeyScope,
    now: Timestamp,
) -> anyhow::Result<(Key, String)> {
    let fresh = FreshKey::new()?;
    let key = Key {
        id: Uuid::now_v7(),
        name: name.to_owned(),
        scope,
        routes: vec![],
        hash: fresh.hash,
        hint: fresh.hint,
        created_at: now,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    Ok((key, fresh.text))
}
