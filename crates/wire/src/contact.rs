//! `POST /v1/contacts`.

use lanekeeper_core::command::{Attributes, Command, ResolveContact};
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
    let command = command.map(|resolve| Command::ResolveContact(Box::new(resolve)));
    Item { command, faults }
}

fn read_body(body: Json, faults: &mut Faults) -> Option<ResolveContact> {
    let mut members = Members::of(body, "", faults)?;
    let email = members.required_parsed("email", faults);
    let values = system_values(Object::Contact, &mut members, faults);
    let mut attributes = Attributes::default();
    for name in CONTAINERS {
        take_container(name, &mut members, &mut attributes, faults);
    }
    take_rest_as_attributes(Object::Contact, members, &mut attributes, faults);
    email.map(|email| ResolveContact {
        email,
        values,
        attributes,
    })
}
