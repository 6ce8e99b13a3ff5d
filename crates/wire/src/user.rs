//! `/v1/users`, `/v1/users/{user_id}`.

use lanekeeper_core::command::{Command, CreateUser, UpdateUser};
use lanekeeper_core::outcome::UserWritten;
use lanekeeper_core::pipeline::{Role, User as CoreUser};
use lanekeeper_core::plan::Item;
use lanekeeper_core::{Faults, Timestamp};
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::read::Members;

/// Longest name of a member, in characters.
const NAME_CHARS_MAX: usize = 255;

/// Reads a member to create as far as they can be read, with every fault of its shape and its values.
#[must_use]
pub fn read_create(body: Json) -> Item {
    let mut faults = Faults::default();
    let create = create_of(body, &mut faults);
    let command = create.map(|create| Command::CreateUser(Box::new(create)));
    Item { command, faults }
}

/// Reads what is to change about a member, with every fault of its shape and its values.
#[must_use]
pub fn read_update(id: Uuid, body: Json) -> Item {
    let mut faults = Faults::default();
    let update = update_of(id, body, &mut faults);
    let command = update.map(|update| Command::UpdateUser(Box::new(update)));
    Item { command, faults }
}

fn create_of(body: Json, faults: &mut Faults) -> Option<CreateUser> {
    let mut members = Members::of(body, "", faults)?;
    let email = members.required_parsed("email", faults);
    let name = members.line("name", NAME_CHARS_MAX, faults);
    let role = role(&mut members, faults);
    Some(CreateUser {
        email: email?,
        name,
        role: role.unwrap_or(Role::Member),
        ignored: members.ignored(),
    })
}

fn update_of(id: Uuid, body: Json, faults: &mut Faults) -> Option<UpdateUser> {
    let mut members = Members::of(body, "", faults)?;
    members.refuse_clearing(&["email", "name", "role", "is_active"], faults);
    Some(UpdateUser {
        id,
        email: members.parsed("email", faults),
        name: members.line("name", NAME_CHARS_MAX, faults),
        role: role(&mut members, faults),
        is_active: members.flag("is_active", faults),
        ignored: members.ignored(),
    })
}

fn role(members: &mut Members, faults: &mut Faults) -> Option<Role> {
    members.one_of("role", Role::named, "admin or member", faults)
}

/// The data of the list of members.
#[derive(Serialize)]
pub struct Users<'a> {
    users: Vec<User<'a>>,
}

impl<'a> Users<'a> {
    /// Of these members.
    #[must_use]
    pub fn new(users: &'a [CoreUser]) -> Self {
        let users = users.iter().map(User::from).collect();
        Self { users }
    }
}

/// A member in an answer.
#[derive(Serialize)]
pub struct User<'a> {
    id: Uuid,
    email: &'a str,
    name: &'a str,
    role: &'static str,
    is_active: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> From<&'a CoreUser> for User<'a> {
    fn from(user: &'a CoreUser) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str(),
            name: &user.name,
            role: user.role.name(),
            is_active: user.is_active,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// The answer to a create or an update.
#[derive(Serialize)]
pub struct Written<'a> {
    #[serde(flatten)]
    user: User<'a>,
    ignored: &'a [String],
}

impl<'a> From<&'a UserWritten> for Written<'a> {
    fn from(written: &'a UserWritten) -> Self {
        Self {
            user: User::from(written.user.as_ref()),
            ignored: &written.ignored,
        }
    }
}
