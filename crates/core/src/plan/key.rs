//! A key to create or to end: nobody gives away more than they have, and some key can always administer.

use std::sync::Arc;

use super::draft::Draft;
use crate::command::{CreateKey, RevokeKey};
use crate::facts::NotLoaded;
use crate::faults::Reason;
use crate::key::{KEYS_MAX, Key};
use crate::outcome::KeyCreated;
use crate::{Change, Faults, Outcome};

pub(super) fn create(command: &CreateKey, draft: &mut Draft) -> Result<Option<Outcome>, NotLoaded> {
    if draft.facts.live_keys()?.len() >= KEYS_MAX {
        let message = format!(
            "is one too many: there are {KEYS_MAX} keys, the most there can be; revoke one first"
        );
        draft.faults.add_as(Reason::Conflict, "", message);
    }
    if command.expires_at.is_some_and(|end| end <= draft.now) {
        draft
            .faults
            .add("expires_at", "is over already; send a time to come");
    }
    if !is_within(&command.routes, &command.routes_of_asker) {
        let message = format!(
            "go beyond those of the key that asks, which is restricted to {}",
            command.routes_of_asker.join(", ")
        );
        draft.faults.add("routes", message);
    }
    if let Some(end) = command.end_of_asker
        && command.expires_at.is_none_or(|sent| sent > end)
    {
        let message =
            format!("goes beyond the end of the key that asks: {end}; send that or sooner");
        draft.faults.add("expires_at", message);
    }
    let key = Key {
        id: draft.id(),
        name: command.name.clone(),
        scope: command.scope,
        routes: command.routes.clone(),
        hash: command.hash,
        hint: command.hint.clone(),
        created_at: draft.now,
        expires_at: command.expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    draft.change(Change::CreateKey(key.clone()));
    let (key, ignored) = (Arc::new(key), command.ignored.clone());
    Ok(Some(Outcome::Key(Box::new(KeyCreated { key, ignored }))))
}

/// Whether a restriction is as narrow as another one; none at all is the widest.
fn is_within(routes: &[String], of_asker: &[String]) -> bool {
    let is_narrower = !routes.is_empty() && routes.iter().all(|route| of_asker.contains(route));
    of_asker.is_empty() || is_narrower
}

pub(super) fn revoke(command: RevokeKey, draft: &mut Draft) -> Result<Option<Outcome>, NotLoaded> {
    let Some(key) = draft.facts.key(command.id)?.cloned() else {
        let gone = Faults::not_found("There is no key with this id");
        draft.faults.extend(gone);
        return Ok(None);
    };
    if key.revoked_at.is_some() {
        return Ok(Some(Outcome::KeyRevoked(key)));
    }
    let live = draft.facts.live_keys()?;
    let mut others = live.iter().filter(|other| other.id != key.id);
    let stays = |other: &Arc<Key>| other.is_live_admin(draft.now) && other.outlives(&key);
    if key.is_live_admin(draft.now) && !others.any(|other| stays(other)) {
        let message = "names the last key that may administer the whole organisation for so long; create another first";
        draft.faults.add_as(Reason::Conflict, "key_id", message);
    }
    let (id, revoked_at) = (key.id, draft.now);
    draft.change(Change::RevokeKey { id, revoked_at });
    let revoked_at = Some(revoked_at);
    let key = Key {
        revoked_at,
        ..Key::clone(&key)
    };
    Ok(Some(Outcome::KeyRevoked(Arc::new(key))))
}
