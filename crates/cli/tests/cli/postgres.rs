//! What only PostgreSQL lets happen: several servers on one database, and a link to it that fails.

mod kills;
mod link;
mod servers;

use std::collections::BTreeMap;

/// What clients were told: the one id of each thing that is there once.
#[derive(Default)]
struct Told(BTreeMap<String, String>);

impl Told {
    /// Notes an answer; another one about the same thing must have been the same.
    fn note(&mut self, thing: &str, id: &serde_json::Value) {
        let id = id.as_str().expect("an id");
        let known = self
            .0
            .entry(thing.to_owned())
            .or_insert_with(|| id.to_owned());
        assert_eq!(known, id, "{thing} is there twice");
    }

    fn add(&mut self, other: Self) {
        for (thing, id) in other.0 {
            self.note(&thing, &id.into());
        }
    }
}
