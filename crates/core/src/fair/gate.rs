//! Who is let in, who waits and who is turned away, where many ask for more than there is.

use std::collections::BTreeMap;

use super::{Bounds, Company, FairQueue};
use crate::Timestamp;

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLimits {
    /// Guests inside, working or not.
    pub places_max: usize,
    /// Of those, how many work at once.
    pub turns_max: usize,
    /// How many of one host work at once while another host has guests.
    pub turns_of_one_max: usize,
    /// How long a guest may have to wait for its turn, in microseconds.
    pub wait_micros_max: u64,
}

/// Places and turns, given out fairly to the guests of many hosts. A host may hold as many places as it leaves free.
/// Turns go round among the hosts.
#[derive(Debug)]
pub struct Gate<K, W> {
    limits: GateLimits,
    hosts: BTreeMap<K, Inside>,
    inside: Inside,
    waiting: FairQueue<K, W>,
    company: Company<K>,
    pace: Pace,
    /// How long a turn takes, as far as the last ones tell.
    turn_micros: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Inside {
    places: usize,
    turns: usize,
}

/// A guest is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// When to come again, by how many are there and how fast they leave.
    pub retry_after_secs: u64,
}

/// What becomes of a guest that wants to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is its turn, until [`Gate::end_turn`].
    Now,
    /// It waits; [`Gate::end_turn`] of another guest tells when it is its turn.
    Waits,
    /// It would wait for too long.
    TurnedAway(TurnedAway),
}

const RETRY_AFTER_SECS_MAX: u64 = 30;
/// How many of the last guests a measure goes back, about.
const MEASURED: u64 = 16;

impl<K: Copy + Ord, W> Gate<K, W> {
    /// Nobody inside.
    #[must_use]
    pub const fn new(limits: GateLimits) -> Self {
        let bounds = Bounds {
            len_max: limits.places_max,
            cost_max: limits.places_max,
        };
        Self {
            limits,
            hosts: BTreeMap::new(),
            inside: Inside {
                places: 0,
                turns: 0,
            },
            waiting: FairQueue::new(bounds),
            company: Company::new(),
            pace: Pace::new(),
            turn_micros: 0,
        }
    }

    /// How many guests are inside.
    #[must_use]
    pub const fn places(&self) -> usize {
        self.inside.places
    }

    /// How many of them wait for their turn.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Lets a guest in, until [`Self::leave`].
    ///
    /// # Errors
    /// There is no place for it.
    pub fn enter(&mut self, host: K, now: Timestamp) -> Result<(), TurnedAway> {
        self.company.see(host, now);
        let own = self.of(host).places;
        if own >= self.limits.places_max - self.inside.places {
            let micros = self.pace.micros(now).saturating_mul(own.max(1) as u64);
            return Err(turned_away(micros));
        }
        self.change(host, |inside| inside.places += 1);
        Ok(())
    }

    /// A guest leaves.
    pub fn leave(&mut self, host: K, now: Timestamp) {
        self.change(host, |inside| inside.places -= 1);
        self.pace.leaves(now);
    }

    /// Asks for the turn of a guest; if it has to wait, `guest` says who it is.
    pub fn ask(&mut self, host: K, now: Timestamp, guest: impl FnOnce() -> W) -> Asked {
        self.company.see(host, now);
        let is_free = self.inside.turns < self.limits.turns_max;
        if is_free && self.of(host).turns < self.share(now) {
            self.change(host, |inside| inside.turns += 1);
            return Asked::Now;
        }
        let before = self.waiting.len_of(host) as u64 + 1;
        let micros = self.turn_micros.saturating_mul(before) / self.share(now) as u64;
        if micros > self.limits.wait_micros_max || self.waiting.push(host, 1, guest()).is_err() {
            return Asked::TurnedAway(turned_away(micros));
        }
        Asked::Waits
    }

    /// A guest has worked for so long; those whose turn it is now.
    pub fn end_turn(&mut self, host: K, micros: u64, now: Timestamp) -> Vec<(K, W)> {
        self.turn_micros = mean(self.turn_micros, micros);
        self.change(host, |inside| inside.turns -= 1);
        self.waiting.release(host);
        let share = self.share(now);
        let mut next = vec![];
        while self.inside.turns < self.limits.turns_max
            && let Some(host) = self.waiting.next_key()
        {
            if self.of(host).turns >= share {
                // Until one of its own ends.
                self.waiting.hold(host);
            } else if let Some((host, guest)) = self.waiting.take() {
                self.change(host, |inside| inside.turns += 1);
                next.push((host, guest));
            }
        }
        next
    }

    /// A guest that waits goes away.
    pub fn give_up(&mut self, host: K, is_it: impl Fn(&W) -> bool) {
        self.waiting.remove(host, is_it);
    }

    /// Who is alone may have all turns.
    fn share(&self, now: Timestamp) -> usize {
        match self.company.is_shared(now) {
            true => self.limits.turns_of_one_max,
            false => self.limits.turns_max,
        }
    }

    fn of(&self, host: K) -> Inside {
        self.hosts.get(&host).copied().unwrap_or_default()
    }

    fn change(&mut self, host: K, change: impl Fn(&mut Inside)) {
        let inside = self.hosts.entry(host).or_default();
        change(inside);
        if inside.places == 0 && inside.turns == 0 {
            self.hosts.remove(&host);
        }
        change(&mut self.inside);
    }
}

fn turned_away(micros: u64) -> TurnedAway {
    let secs = micros.div_ceil(1_000_000);
    TurnedAway {
        retry_after_secs: secs.clamp(1, RETRY_AFTER_SECS_MAX),
    }
}

const fn mean(before: u64, micros: u64) -> u64 {
    (before * (MEASURED - 1) + micros) / MEASURED
}

/// How fast guests leave.
#[derive(Debug)]
struct Pace {
    last: Option<Timestamp>,
    micros: u64,
}

impl Pace {
    const fn new() -> Self {
        Self {
            last: None,
            micros: 0,
        }
    }

    fn leaves(&mut self, now: Timestamp) {
        self.micros = mean(self.micros, self.since(now).min(1_000_000));
        self.last = Some(now);
    }

    /// From one to the next: if nobody has left for longer than usual, that long.
    fn micros(&self, now: Timestamp) -> u64 {
        self.micros.max(self.since(now))
    }

    fn since(&self, now: Timestamp) -> u64 {
        let micros = self
            .last
            .map_or(0, |last| now.as_micros() - last.as_micros());
        micros.max(0).unsigned_abs()
    }
}

#[cfg(test)]
mod tests;
