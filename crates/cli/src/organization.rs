//! `lanekeeper organization`: create, list, update.

use lanekeeper_core::change::Actor;
use lanekeeper_core::pipeline::UnknownAttributes;
use lanekeeper_store::Database;
use serde_json::{Value, json};

use crate::args::{FirstOptions, OrganizationCommand, UnknownAttributesRule};
use crate::init::Fresh;
use crate::key::choose;
use crate::screen::table;
use crate::{Failure, open};

pub(crate) async fn run(database: &Database, command: &OrganizationCommand) -> Result<(), Failure> {
    let (store, clock) = open(database).await?;
    match command {
        OrganizationCommand::Create {
            name,
            owner_email,
            json,
        } => {
            let first = FirstOptions {
                organization: name.clone(),
                owner_email: owner_email.clone(),
            };
            let fresh = Fresh::new(&clock, &first)?;
            store.add_organization(&fresh.setup).await?;
            match json {
                true => println!("{}", fresh.to_json()),
                false => println!(
                    "{name} is there, with the pipeline {}.\n\nAPI key: {}\nThis is the only time it is shown. Keep it where secrets are kept.",
                    fresh.setup.pipeline.id, fresh.api_key
                ),
            }
        }
        OrganizationCommand::List { json } => {
            let organizations = store.overview().await?;
            if *json {
                let all = organizations
                    .iter()
                    .map(|one| json!({"id": one.org.id(), "name": one.name}));
                println!("{}", Value::Array(all.collect()));
            } else {
                let rows = organizations
                    .iter()
                    .map(|one| [one.org.id().to_string(), one.name.clone()]);
                print!("{}", table(["ID", "NAME"], &rows.collect::<Vec<_>>()));
            }
        }
        OrganizationCommand::Update {
            unknown_attributes,
            chosen,
        } => {
            let org = choose(&store, chosen).await?;
            let rule = match unknown_attributes {
                UnknownAttributesRule::Create => UnknownAttributes::Create,
                UnknownAttributesRule::Strict => UnknownAttributes::Refuse,
            };
            store.update_organization(&org, rule, &Actor::cli()).await?;
            match chosen.json {
                true => println!(
                    "{}",
                    json!({"id": org.id(), "unknown_attributes": rule.name()})
                ),
                false => println!("Changed. It holds from the next request on."),
            }
        }
    }
    Ok(())
}
