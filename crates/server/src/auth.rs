//! From the header `x-api-key` to a caller.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use lanekeeper_core::change::{Actor, ActorKind};
use lanekeeper_core::key::{self, Key, KeyRefusal};
use lanekeeper_store::{KeyEntry, Org};

use crate::app::App;
use crate::error::ApiError;
use crate::routes::Guarded;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Who asks: the only way a handler comes by an organisation.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) org: Org,
    entry: Arc<KeyEntry>,
}

impl Caller {
    pub(crate) fn key(&self) -> &Key {
        &self.entry.key
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor {
            kind: ActorKind::ApiKey,
            id: Some(self.key().id),
            name: Some(self.key().name.clone()),
        }
    }
}

/// The hash under which a key is kept.
#[must_use]
pub fn hash_key(text: &str) -> [u8; 32] {
    *blake3::hash(text.as_bytes()).as_bytes()
}

/// The text of a new key, and what is kept of it.
pub struct FreshKey {
    /// The secret itself: shown once, and kept nowhere.
    pub text: String,
    /// Its hash.
    pub hash: [u8; 32],
    /// What may be shown of it.
    pub hint: String,
}

impl FreshKey {
    /// From the operating system's randomness.
    ///
    /// # Errors
    /// The operating system has none.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut random = [0; 24];
        getrandom::fill(&mut random)?;
        let text = key::text_from_random(random);
        Ok(Self {
            hash: hash_key(&text),
            hint: key::hint(&text),
            text,
        })
    }
}

/// The caller whose key is good for this route, now.
pub(crate) async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    route: &Guarded,
    address: Option<IpAddr>,
) -> Result<Caller, ApiError> {
    let caller = caller(app, headers, route).await;
    if let (Err(ApiError::InvalidKey | ApiError::AmbiguousKey), Some(address)) = (&caller, address)
    {
        app.limiter.count_wrong_key(address)?;
    }
    caller
}

async fn caller(app: &App, headers: &HeaderMap, route: &Guarded) -> Result<Caller, ApiError> {
    let text = key_text(headers)?;
    if !key::is_well_formed(text) {
        return Err(ApiError::InvalidKey);
    }
    let entry = app
        .store
        .key(&hash_key(text))
        .await?
        .ok_or(ApiError::InvalidKey)?;
    let allowed = entry.key.allows(route.name, route.scope, app.clock.now());
    allowed.map_err(|refusal| match refusal {
        KeyRefusal::Revoked | KeyRefusal::Expired => ApiError::InvalidKey,
        KeyRefusal::Scope { .. } | KeyRefusal::Route => ApiError::KeyNotAllowed(refusal),
    })?;
    app.key_was_used(entry.org, entry.key.id);
    let org = entry.org;
    Ok(Caller { org, entry })
}

fn key_text(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut sent = headers.get_all(X_API_KEY).iter();
    let (Some(first), None) = (sent.next(), sent.next()) else {
        let is_missing = !headers.contains_key(X_API_KEY);
        return Err(if is_missing {
            ApiError::MissingKey
        } else {
            ApiError::AmbiguousKey
        });
    };
    match first.to_str().map(str::trim) {
        Ok("") => Err(ApiError::MissingKey),
        Ok(text) => Ok(text),
        Err(_) => Err(ApiError::InvalidKey),
    }
}
