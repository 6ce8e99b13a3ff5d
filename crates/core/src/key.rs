//! API keys: their text, and what they allow. The text is a secret; only its hash is ever kept.

use uuid::Uuid;

use crate::Timestamp;

/// What every key begins with, so that people and secret scanners know it.
pub const PREFIX: &str = "lk_live_";
/// Most keys of an organisation that are not revoked.
pub const KEYS_MAX: usize = 1_000;
const RANDOM_CHARS: usize = 32;
const CHECK_CHARS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text of a new key: `lk_live_`, 32 base62 characters from 24 random bytes (more than 189 bits), and 6 check
/// characters, the CRC-32 of all before them in base62.
#[must_use]
pub fn text_from_random(mut random: [u8; 24]) -> String {
    let digits = (0..RANDOM_CHARS).map(|_| BASE62[divide_by_62(&mut random)]);
    let random: Vec<u8> = digits.collect();
    let body = format!("{PREFIX}{}", String::from_utf8_lossy(&random));
    let check = check_characters(&body);
    body + &check
}

/// Whether the text has a key's form and its check characters are right. It needs no look-up, so that a typo costs nothing.
#[must_use]
pub fn is_well_formed(text: &str) -> bool {
    let body_len = PREFIX.len() + RANDOM_CHARS;
    text.len() == body_len + CHECK_CHARS
        && text.starts_with(PREFIX)
        && text[PREFIX.len()..]
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric())
        && check_characters(&text[..body_len]) == text[body_len..]
}

/// What may be shown of a key for people to tell it from others: `lk_live_…a1B2`.
#[must_use]
pub fn hint(text: &str) -> String {
    let last: String = text
        .chars()
        .skip(text.chars().count().saturating_sub(4))
        .collect();
    format!("{PREFIX}…{last}")
}

/// Divides the big-endian number by 62 in place; the remainder.
fn divide_by_62(number: &mut [u8]) -> usize {
    let mut remainder = 0;
    for byte in number {
        let value = remainder * 256 + usize::from(*byte);
        *byte = u8::try_from(value / 62).expect("the quotient of a digit is a digit");
        remainder = value % 62;
    }
    remainder
}

fn check_characters(body: &str) -> String {
    let mut check = crc32fast::hash(body.as_bytes()).to_be_bytes();
    let digits = (0..CHECK_CHARS).map(|_| char::from(BASE62[divide_by_62(&mut check)]));
    digits.collect()
}

/// What is kept of a key, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// UUIDv7.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// How much it may do.
    pub scope: KeyScope,
    /// The routes it is restricted to, as `POST /v1/accounts`; none: all that its scope allows.
    pub routes: Vec<String>,
    /// BLAKE3 of its text.
    pub hash: [u8; 32],
    /// What may be shown of its text ([`hint`]).
    pub hint: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<Timestamp>,
}

/// How much a key may do; each scope includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyScope {
    /// Reads.
    Read,
    /// Writes records.
    Write,
    /// Administers the organisation.
    Admin,
}

impl KeyScope {
    /// Every scope, the smallest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// Why a key is not good for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRefusal {
    /// It was revoked.
    Revoked,
    /// It has ended.
    Expired,
    /// Its scope does not reach so far.
    Scope {
        /// What the route needs.
        needed: KeyScope,
    },
    /// It is restricted to other routes.
    Route,
}

impl Key {
    /// Whether the key is neither revoked nor over.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        let is_ended = self.expires_at.is_some_and(|end| end <= now);
        self.revoked_at.is_none() && !is_ended
    }

    /// Whether the key administers the whole organisation at that time.
    #[must_use]
    pub fn is_live_admin(&self, now: Timestamp) -> bool {
        self.is_live(now) && self.scope == KeyScope::Admin && self.routes.is_empty()
    }

    /// Whether the key ends no sooner than another.
    #[must_use]
    pub fn outlives(&self, other: &Self) -> bool {
        match (self.expires_at, other.expires_at) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(end), Some(other)) => end >= other,
        }
    }

    /// Whether the key is good on a route (`POST /v1/accounts`) that needs a scope, now.
    ///
    /// # Errors
    /// [`KeyRefusal`] says why not.
    pub fn allows(&self, route: &str, needed: KeyScope, now: Timestamp) -> Result<(), KeyRefusal> {
        if self.revoked_at.is_some() {
            return Err(KeyRefusal::Revoked);
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(KeyRefusal::Expired);
        }
        if self.scope < needed {
            return Err(KeyRefusal::Scope { needed });
        }
        if !self.routes.is_empty() && !self.routes.iter().any(|allowed| allowed == route) {
            return Err(KeyRefusal::Route);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> Key {
        Key {
            id: Uuid::nil(),
            name: "Website".into(),
            scope: KeyScope::Write,
            routes: vec![],
            hash: [0; 32],
            hint: String::new(),
            created_at: Timestamp::from_micros(0),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    proptest! {
        #[test]
        fn every_key_is_well_formed_and_no_longer_so_with_one_character_changed(
            random: [u8; 24], place in 0..46_usize, letter in "[0-9A-Za-z]",
        ) {
            let text = text_from_random(random);
            let mut changed = text.clone();
            changed.replace_range(place..=place, &letter);

            prop_assert!(is_well_formed(&text));
            prop_assert!(changed == text || !is_well_formed(&changed));
        }
    }

    #[test]
    fn what_is_no_key_is_told_without_a_look_up() {
        let good = text_from_random([7; 24]);
        for text in [
            "",
            "lk_live_",
            "' or 1=1--",
            &good[..45],
            &format!("{good}x"),
            &"ü".repeat(23),
        ] {
            assert!(!is_well_formed(text), "{text}");
        }
    }

    #[test]
    fn a_key_is_good_for_its_scope_its_routes_and_its_time() {
        let now = Timestamp::from_micros(1_000);
        let restricted = Key {
            routes: vec!["POST /v1/accounts".into()],
            ..key()
        };
        let ended = Key {
            expires_at: Some(now),
            ..key()
        };
        let revoked = Key {
            revoked_at: Some(now),
            ..key()
        };
        for (key, route, needed, expected) in [
            (key(), "POST /v1/accounts", KeyScope::Write, Ok(())),
            (
                key(),
                "GET /v1/accounts/{account_id}",
                KeyScope::Read,
                Ok(()),
            ),
            (
                key(),
                "GET /v1/keys",
                KeyScope::Admin,
                Err(KeyRefusal::Scope {
                    needed: KeyScope::Admin,
                }),
            ),
            (
                restricted.clone(),
                "POST /v1/accounts",
                KeyScope::Write,
                Ok(()),
            ),
            (
                restricted,
                "POST /v1/contacts",
                KeyScope::Write,
                Err(KeyRefusal::Route),
            ),
            (
                ended,
                "POST /v1/accounts",
                KeyScope::Write,
                Err(KeyRefusal::Expired),
            ),
            (
                revoked,
                "POST /v1/accounts",
                KeyScope::Write,
                Err(KeyRefusal::Revoked),
            ),
        ] {
            assert_eq!(key.allows(route, needed, now), expected);
        }
    }
}
