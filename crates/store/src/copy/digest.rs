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

#[cfg(test)]
mod tests {
    use lanekeeper_core::Timestamp;

    use super::*;
    use crate::copy::entity::KeptAnswer;

    fn digest(statuses: &[u16]) -> Digest {
        let mut digest = Digest::default();
        for status in statuses {
            digest.add(&Entity::Answer(KeptAnswer {
                key: "key".to_owned(),
                fingerprint: [1; 32],
                status: *status,
                body: vec![],
                created_at: Timestamp::from_micros(0),
            }));
        }
        digest
    }

    #[test]
    fn a_digest_is_the_same_in_every_order_and_another_for_anything_else() {
        let digests = [
            digest(&[]),
            digest(&[200]),
            digest(&[201]),
            digest(&[200, 200]),
            digest(&[200, 201]),
        ];

        assert_eq!(digest(&[201, 200]), digests[4]);
        for (place, digest) in digests.iter().enumerate() {
            assert!(!digests[place + 1..].contains(digest), "{place}");
        }
    }
}
