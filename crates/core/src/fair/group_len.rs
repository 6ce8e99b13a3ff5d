//! How many commands a transaction takes, so that who waits for it does not wait long.

/// How long a group may take, in microseconds: who is alone shares each commit among many commands, and is answered later
/// for it; who has company waits for the group that runs, and for its own.
const ALONE_MICROS: u64 = 20_000;
const SHARED_MICROS: u64 = 2_000;
/// What a command is thought to take before one has run.
const FIRST_GUESS_MICROS: u64 = 100;
/// How many of the last groups the measure goes back, about.
const GROUPS: u64 = 8;

/// Measures how long groups take, and says how long the next may be.
#[derive(Clone, Copy, Debug)]
pub struct GroupLen {
    len_max: usize,
    nanos_each: u64,
}

impl GroupLen {
    /// Groups of at most `len_max` commands.
    #[must_use]
    pub const fn new(len_max: usize) -> Self {
        Self {
            len_max,
            nanos_each: FIRST_GUESS_MICROS * 1_000,
        }
    }

    /// As many commands as a group may ever have.
    #[must_use]
    pub const fn len_max(&self) -> usize {
        self.len_max
    }

    /// How many commands the next group may have, by how long the last ones took: at least one.
    #[must_use]
    pub fn next(&self, is_shared: bool) -> usize {
        let micros = match is_shared {
            true => SHARED_MICROS,
            false => ALONE_MICROS,
        };
        let len = micros * 1_000 / self.nanos_each.max(1);
        usize::try_from(len)
            .unwrap_or(usize::MAX)
            .clamp(1, self.len_max.max(1))
    }

    /// After how many whole seconds so many commands have run, at the pace of the last groups: at least one.
    #[must_use]
    pub fn secs_for(&self, len: usize) -> u64 {
        let nanos = self.nanos_each.saturating_mul(len as u64);
        nanos.div_ceil(1_000_000_000).max(1)
    }

    /// A group of so many commands took so long. What it takes to commit is divided among them, so that short groups are
    /// allowed to grow step by step.
    pub fn took(&mut self, len: usize, micros: u64) {
        let nanos_each = micros.saturating_mul(1_000) / len.max(1) as u64;
        // One that took very long says little of the next.
        let nanos_each = nanos_each.min(self.nanos_each.saturating_mul(4)).max(1);
        self.nanos_each = (self.nanos_each * (GROUPS - 1) + nanos_each) / GROUPS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT_MICROS: u64 = 400;

    /// Runs full groups until the length has settled.
    fn settled(each_micros: u64, is_shared: bool) -> usize {
        let mut len = GroupLen::new(512);
        for _ in 0..100 {
            let next = len.next(is_shared);
            len.took(next, COMMIT_MICROS + next as u64 * each_micros);
        }
        len.next(is_shared)
    }

    #[test]
    fn a_group_is_as_long_as_the_time_for_it() {
        for (each_micros, is_shared, expected) in [
            (100, true, 14..=17),
            (100, false, 180..=200),
            (200, true, 7..=8),
            (10, false, 512..=512),
            (5_000, true, 1..=1),
        ] {
            let len = settled(each_micros, is_shared);
            assert!(expected.contains(&len), "{each_micros}: {len}");
        }
    }

    #[test]
    fn one_slow_group_hardly_shortens_the_next() {
        let mut len = GroupLen::new(512);
        (0..100).for_each(|_| len.took(20, 2_000));
        let before = len.next(true);

        len.took(20, 1_000_000);

        assert!(len.next(true) * 2 >= before);
    }
}
