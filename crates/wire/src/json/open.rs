//! Where in a text reading has come to.

use std::borrow::Cow;

use super::DEPTH_MAX;
use super::fault::Pointer;
use super::keys::Names;

/// The objects and arrays around the value being read, outermost first.
pub(super) struct Open<'a> {
    /// The first `depth` are in use. An array, so that small bodies need no memory for it.
    levels: [Level; DEPTH_MAX],
    depth: usize,
    names: Names<'a>,
}

#[derive(Clone, Copy)]
struct Level {
    kind: Kind,
    /// The items or members begun so far.
    count: usize,
    /// Where this object's names begin among all names.
    names_from: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Array,
    Object,
}

impl<'a> Open<'a> {
    pub(super) fn new() -> Self {
        let unused = Level {
            kind: Kind::Array,
            count: 0,
            names_from: 0,
        };
        Self {
            levels: [unused; DEPTH_MAX],
            depth: 0,
            names: Names::default(),
        }
    }

    /// Says whether one more level is allowed.
    pub(super) fn enter(&mut self, kind: Kind) -> bool {
        let Some(level) = self.levels.get_mut(self.depth) else {
            return false;
        };
        *level = Level {
            kind,
            count: 0,
            names_from: self.names.len(),
        };
        self.depth += 1;
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
        self.names.forget_from(self.levels[self.depth].names_from);
    }

    pub(super) fn innermost(&self) -> Option<Kind> {
        self.levels[..self.depth].last().map(|level| level.kind)
    }

    pub(super) fn count(&self) -> usize {
        self.levels[self.depth - 1].count
    }

    pub(super) fn count_one(&mut self) {
        self.levels[self.depth - 1].count += 1;
    }

    /// Begins a member of the innermost object. Says whether the name is new there.
    pub(super) fn add_name(&mut self, name: Cow<'a, str>) -> bool {
        self.count_one();
        self.names.add(self.levels[self.depth - 1].names_from, name)
    }

    /// The path of the value being read.
    pub(super) fn here(&self) -> Pointer {
        self.pointer(self.depth)
    }

    /// The path of the object or array that this value is in.
    pub(super) fn around(&self) -> Pointer {
        self.pointer(self.depth.saturating_sub(1))
    }

    fn pointer(&self, depth: usize) -> Pointer {
        Pointer::new(self.levels[..depth].iter().map(|level| match level.kind {
            Kind::Array => Cow::Owned((level.count - 1).to_string()),
            Kind::Object => Cow::Borrowed(self.names.nth(level.names_from + level.count - 1)),
        }))
    }
}
