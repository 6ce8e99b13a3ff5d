//! How many commands a transaction takes, so that who waits for it does not wait long.

use std::time::Duration;

/// How long a group may work before it commits, in microseconds: who is alone shares each commit among many commands, and
/// is answered later for it; who has company waits for the group that runs, and for its own.
const ALONE_MICROS: u64 = 20_000;
const SHARED_MICROS: std::ops::RangeInclusive<u64> = 500..=1_000;
/// What a command is thought to take before one has run.
const FIRST_GUESS_NANOS: u64 = 100_000;
/// How many of the last groups the measures go back, about.
const GROUPS: u64 = 8;

/// Measures how long groups take, and says how long the next may be.
#[derive(Clone, Copy, Debug)]
pub struct GroupLen {
    len_max: usize,
    command_nanos: u64,
    commit_nanos: u64,
}

impl GroupLen {
    /// Groups of at most `len_max` commands.
    #[must_use]
    pub const fn new(len_max: usize) -> Self {
        Self {
            len_max,
            command_nanos: FIRST_GUESS_NANOS,
            commit_nanos: 0,
        }
    }

    /// As many commands as a group may ever have.
    #[must_use]
    pub const fn len_max(&self) -> usize {
        self.len_max
    }

    /// How many commands the next group may have, by how long the last ones took: at least one. Where commits are slow, who
    /// has company works for longer, within bounds: else most of the time would be the disk's.
    #[must_use]
    pub fn next(&self, is_shared: bool) -> usize {
        let nanos = match is_shared {
            true => self.shared_nanos(),
            false => ALONE_MICROS * 1_000,
        };
        let len = nanos / self.command_nanos.max(1);
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        len.clamp(1, self.len_max.max(1))
    }

    /// How long it is worth to wait for who is about to come, so that it does not find the next group begun: as long as that
    /// would work.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_nanos(self.shared_nanos())
    }

    fn shared_nanos(&self) -> u64 {
        let (least, most) = (SHARED_MICROS.start(), SHARED_MICROS.end());
        (self.commit_nanos / 4).clamp(least * 1_000, most * 1_000)
    }

    /// After how many whole seconds so many commands have run, at the pace of the last groups: at least one.
    #[must_use]
    pub fn secs_for(&self, len: usize) -> u64 {
        let nanos = self.command_nanos.saturating_mul(len as u64);
        nanos.div_ceil(1_000_000_000).max(1)
    }

    /// A group of so many commands took so long to work, and so long to commit.
    pub fn took(&mut self, len: usize, work_micros: u64, commit_micros: u64) {
        let each = work_micros.saturating_mul(1_000) / len.max(1) as u64;
        self.command_nanos = mean(self.command_nanos, each.max(1));
        self.commit_nanos = mean(self.commit_nanos, commit_micros.saturating_mul(1_000));
    }
}

/// One that took very long says little of the next.
fn mean(before: u64, nanos: u64) -> u64 {
    let nanos = nanos.min(before.saturating_mul(4).max(FIRST_GUESS_NANOS));
    (before * (GROUPS - 1) + nanos) / GROUPS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs full groups until the length has settled.
    fn settled(command_micros: u64, commit_micros: u64, is_shared: bool) -> usize {
        let mut len = GroupLen::new(512);
        for _ in 0..100 {
            let next = len.next(is_shared);
            len.took(next, next as u64 * command_micros, commit_micros);
        }
        len.next(is_shared)
    }

    #[test]
    fn a_group_is_as_long_as_the_time_for_it() {
        for (command_micros, commit_micros, is_shared, expected) in [
            (100, 400, true, 5),
            (100, 400, false, 200),
            (100, 3_000, true, 7),
            (100, 20_000, true, 10),
            (10, 400, false, 512),
            (5_000, 400, true, 1),
        ] {
            let len = settled(command_micros, commit_micros, is_shared);
            assert!(
                len.abs_diff(expected) <= expected / 10,
                "{len}, not {expected}"
            );
        }
    }

    #[test]
    fn one_slow_group_hardly_shortens_the_next() {
        let mut len = GroupLen::new(512);
        (0..100).for_each(|_| len.took(20, 2_000, 400));
        let before = len.next(true);

        len.took(20, 1_000_000, 1_000_000);

        assert!(len.next(true) * 2 >= before);
    }
}
