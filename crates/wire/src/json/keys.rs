//! Finds the key that comes twice in one object.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

/// The names in all open objects, kept to find the one that comes twice.
#[derive(Default)]
pub(super) struct Names<'a> {
    /// Object by object, outermost first.
    all: Vec<Cow<'a, str>>,
    /// One set for each open object with more than [`Names::COMPARED_MAX`] names. std keys its hasher at
    /// random, so nobody can send names that collide.
    sets: Vec<HashSet<Cow<'a, str>>>,
}

impl<'a> Names<'a> {
    /// With up to so many others, comparing with each is cheaper than hashing.
    const COMPARED_MAX: usize = 32;

    /// How many names there are, of all open objects.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn nth(&self, at: usize) -> &str {
        &self.all[at]
    }

    /// Adds to the innermost object, whose names begin at `from`. Says whether the name is new there.
    pub(super) fn add(&mut self, from: usize, name: Cow<'a, str>) -> bool {
        let others = &self.all[from..];
        let is_new = match others.len().cmp(&Self::COMPARED_MAX) {
            Ordering::Less => !others.contains(&name),
            Ordering::Equal => {
                let mut set: HashSet<_> = others.iter().cloned().collect();
                let is_new = set.insert(name.clone());
                self.sets.push(set);
                is_new
            }
            Ordering::Greater => {
                let set = self.sets.last_mut().expect("a large object has a set");
                set.insert(name.clone())
            }
        };
        self.all.push(name);
        is_new
    }

    /// Leaves the innermost object, whose names begin at `from`.
    pub(super) fn forget_from(&mut self, from: usize) {
        if self.all.len() - from > Self::COMPARED_MAX {
            self.sets.pop();
        }
        self.all.truncate(from);
    }
}
