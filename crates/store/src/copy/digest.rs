//! What tells the contents of two tables apart.

use std::fmt;

use super::entity::Entity;

/// How many entities there are, and the sum of their hashes, in whatever order they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many there are.
    pub count: u64,
    sum: u128,
}

impl Digest {
    pub(super) fn add(&mut self, entity: &Entity) {
        let hash = blake3::hash(entity.canonical().to_string().as_bytes());
        let half = hash.as_bytes().first_chunk().expect("a hash has 32 bytes");
        let half = u128::from_be_bytes(*half);
        self.count += 1;
        self.sum = self.sum.wrapping_add(half);
    }
}

/// The sum, in 32 hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.sum)
    }
}
