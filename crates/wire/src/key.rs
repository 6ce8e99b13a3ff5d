//! `/v1/keys`, `DELETE /v1/keys/{key_id}`.

use lanekeeper_core::command::{Command, CreateKey, RevokeKey};
use lanekeeper_core::key::{Key as CoreKey, KeyScope};
use lanekeeper_core::object::NAME_CHARS_MAX;
use lanekeeper_core::outcome::KeyCreated;
use lanekeeper_core::plan::Item;
use lanekeeper_core::text::quote;
use lanekeeper_core::{Faults, Timestamp};
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::read::{Members, join, text};
use crate::value::{entries, time};

/// What of a new key does not come from its caller.
pub struct Fresh<'a> {
    /// The hash of its text.
    pub hash: [u8; 32],
    /// What may be shown of its text.
    pub hint: String,
    /// The routes that the caller's own key is restricted to.
    pub routes_of_asker: &'a [String],
    /// When that key ends, if ever.
    pub end_of_asker: Option<Timestamp>,
    /// Whether there is a route of this name.
    pub is_route: fn(&str) -> bool,
}

/// Reads a key to create as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read_create(fresh: Fresh, body: Json) -> Item {
    let mut faults = Faults::default();
    let create = create_of(fresh, body, &mut faults);
    let command = create.map(|create| Command::CreateKey(Box::new(create)));
    Item { command, faults }
}

/// A key to end.
#[must_use]
pub fn revoke(id: Uuid) -> Item {
    Item {
        command: Some(Command::RevokeKey(RevokeKey { id })),
        faults: Faults::default(),
    }
}

fn create_of(fresh: Fresh, body: Json, faults: &mut Faults) -> Option<CreateKey> {
    let mut members = Members::of(body, "", faults)?;
    let name = members.required_line("name", NAME_CHARS_MAX, faults);
    let scope = members.require("scope", faults);
    let scope = scope
        .and_then(|()| members.one_of("scope", KeyScope::named, "read, write or admin", faults));
    let routes = members.optional("routes");
    let routes = routes.map(|json| routes_of(json, fresh.is_route, faults));
    let expires_at = members.optional("expires_at");
    let expires_at = expires_at.and_then(|json| time(&json, "expires_at", faults));
    Some(CreateKey {
        name: name?,
        scope: scope?,
        routes: routes.unwrap_or_default(),
        routes_of_asker: fresh.routes_of_asker.to_vec(),
        end_of_asker: fresh.end_of_asker,
        expires_at,
        hash: fresh.hash,
        hint: fresh.hint,
        ignored: members.ignored(),
    })
}

/// Routes by method and path, each once.
fn routes_of(json: Json, is_route: fn(&str) -> bool, faults: &mut Faults) -> Vec<String> {
    let sent = entries(json, "routes", "an array of routes", faults);
    let mut routes: Vec<String> = vec![];
    for (index, entry) in sent.into_iter().flatten().enumerate() {
        let path = join("routes", index);
        let route = text(entry, &path, faults).unwrap_or_default();
        let route = route.trim();
        if !is_route(route) {
            let message = format!(
                "is no route: {}; send method and path as in the API's document, such as 'POST /v1/accounts'",
                quote(route)
            );
            faults.add(path, message);
        } else if !routes.iter().any(|known| known == route) {
            routes.push(route.to_owned());
        }
    }
    routes
}

/// The data of the list of keys.
#[derive(Serialize)]
pub struct Keys<'a> {
    keys: Vec<Key<'a>>,
}

impl<'a> Keys<'a> {
    /// Of these keys.
    #[must_use]
    pub fn new(keys: &'a [CoreKey]) -> Self {
        let keys = keys.iter().map(Key::from).collect();
        Self { keys }
    }
}

/// A key in an answer: never its text, nor the hash of it.
#[derive(Serialize)]
pub struct Key<'a> {
    id: Uuid,
    name: &'a str,
    hint: &'a str,
    scope: &'static str,
    routes: &'a [String],
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

impl<'a> From<&'a CoreKey> for Key<'a> {
    fn from(key: &'a CoreKey) -> Self {
        Self {
            id: key.id,
            name: &key.name,
            hint: &key.hint,
            scope: key.scope.name(),
            routes: &key.routes,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// The answer to a create.
#[derive(Serialize)]
pub struct Created<'a> {
    #[serde(flatten)]
    key: Key<'a>,
    api_key: Option<&'a str>,
    ignored: &'a [String],
}

impl<'a> Created<'a> {
    /// With its text, the one time that it is shown; without, wherever the answer is kept or nothing was made.
    #[must_use]
    pub fn new(created: &'a KeyCreated, api_key: Option<&'a str>) -> Self {
        Self {
            key: Key::from(created.key.as_ref()),
            api_key,
            ignored: &created.ignored,
        }
    }
}
