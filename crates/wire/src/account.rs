//! `POST /v1/accounts`.

use lanekeeper_core::command::{Attributes, Command, ResolveAccount};
use lanekeeper_core::plan::Item;
use lanekeeper_core::{Faults, Object};
use serde_json::Value as Json;

use crate::attributes::{CONTAINERS, take_container, take_rest_as_attributes};
use crate::read::Members;
use crate::value::system_values;

/// Reads a body as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read(body: Json) -> Item {
    let mut faults = Faults::default();
    let command = read_body(body, &mut faults);
    let command = command.map(|resolve| Command::ResolveAccount(Box::new(resolve)));
    Item { command, faults }
}

fn read_body(body: Json, faults: &mut Faults) -> Option<ResolveAccount> {
    let mut members = Members::of(body, "", faults)?;
    let domain = members.required_parsed("domain", faults);
    let values = system_values(Object::Account, &mut members, faults);
    let mut attributes = Attributes::default();
    for name in CONTAINERS {
        take_container(name, &mut members, &mut attributes, faults);
    }
    take_rest_as_attributes(Object::Account, members, &mut attributes, faults);
    domain.map(|domain| ResolveAccount {
        domain,
        values,
        attributes,
    })
}
