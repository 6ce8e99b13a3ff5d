//! A member to create or to change: an address is one member's, and somebody can always administer.

use std::sync::Arc;

use uuid::Uuid;

use super::draft::Draft;
use crate::command::{CreateUser, UpdateUser};
use crate::facts::NotLoaded;
use crate::faults::Reason;
use crate::outcome::{How, UserWritten};
use crate::pipeline::{USERS_MAX, User};
use crate::text::quote;
use crate::{Change, Email, Faults, Outcome};

pub(super) fn create(
    command: &CreateUser,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let id = draft.id();
    check_email(&command.email, id, draft)?;
    if draft.facts.users()?.len() >= USERS_MAX {
        let message =
            format!("is one too many: there are {USERS_MAX} members, the most there can be");
        draft.faults.add_as(Reason::Conflict, "", message);
    }
    let address = || command.email.as_str().to_owned();
    let user = User {
        id,
        email: command.email.clone(),
        name: command.name.clone().unwrap_or_else(address),
        role: command.role,
        is_active: true,
        created_at: draft.now,
        updated_at: draft.now,
    };
    draft.change(Change::CreateUser(user.clone()));
    Ok(written(Arc::new(user), How::Created, &command.ignored))
}

pub(super) fn update(
    command: &UpdateUser,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let users = draft.facts.users()?;
    let found = users.iter().find(|user| user.id == command.id);
    let Some(before) = found.map(|found| Arc::clone(found)) else {
        let gone = Faults::not_found("There is no member with this id");
        draft.faults.extend(gone);
        return Ok(None);
    };
    let update = command.clone();
    let mut after = User::clone(&before);
    after.email = update.email.unwrap_or(after.email);
    after.name = update.name.unwrap_or(after.name);
    after.role = update.role.unwrap_or(after.role);
    after.is_active = update.is_active.unwrap_or(after.is_active);
    check_email(&after.email, after.id, draft)?;
    check_admins(&before, &after, draft)?;
    let mut user = before;
    if after != *user {
        after.updated_at = draft.now;
        let before = user;
        user = Arc::new(after);
        let after = Arc::clone(&user);
        draft.change(Change::UpdateUser { before, after });
    }
    Ok(written(user, How::Matched, &command.ignored))
}

/// Whether the address is still to be had; a fault if not.
fn check_email(email: &Email, id: Uuid, draft: &mut Draft) -> Result<(), NotLoaded> {
    let users = draft.facts.users()?;
    let mut others = users.iter().filter(|user| user.id != id);
    if others.any(|user| user.email == *email) {
        let message = format!("is taken: there is a member {}", quote(email.as_str()));
        draft.faults.add_as(Reason::Conflict, "email", message);
    }
    Ok(())
}

/// Whether somebody is left who may administer; a fault if not.
fn check_admins(before: &User, after: &User, draft: &mut Draft) -> Result<(), NotLoaded> {
    let users = draft.facts.users()?;
    let mut others = users.iter().filter(|user| user.id != before.id);
    let is_last = before.is_active_admin() && !others.any(|user| user.is_active_admin());
    if is_last && after.role != before.role {
        let message = "stays 'admin': this is the last active admin; make another member one first";
        draft.faults.add_as(Reason::Conflict, "role", message);
    }
    if is_last && !after.is_active {
        let message = "stays true: this is the last active admin; make another member one first";
        draft.faults.add_as(Reason::Conflict, "is_active", message);
    }
    Ok(())
}

fn written(user: Arc<User>, how: How, ignored: &[String]) -> Option<Outcome> {
    let ignored = ignored.to_vec();
    let written = UserWritten { user, how, ignored };
    Some(Outcome::User(Box::new(written)))
}
