//! The plan's laws, on random commands in a small world; and the cases that people talk about.

mod cases;
mod entries;
mod fields;
mod laws;
mod merges;

use uuid::Uuid;

use crate::Timestamp;
use crate::key::{Key, KeyScope};
use crate::plan::setup::Setup;

/// Ids in order, the same in every run.
fn ids() -> impl FnMut() -> Uuid {
    let mut next = 1_u128;
    move || {
        next += 1;
        Uuid::from_u128(next)
    }
}

fn now() -> Timestamp {
    Timestamp::from_micros(1_771_286_400_000_000)
}

fn setup() -> Setup {
    let key = Key {
        id: Uuid::nil(),
        name: "Key".to_owned(),
        scope: KeyScope::Admin,
        routes: vec![],
        hash: [0; 32],
        hint: String::new(),
        created_at: now(),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    let owner = "owner@example.com".parse().unwrap();
    let mut next = 1_000_000_u128;
    Setup::new("Test", owner, key, now(), &mut || {
        next += 1;
        Uuid::from_u128(next)
    })
}
