//! A queue in which many wait in lines of their own, and each line gets its turn, however long another is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Entries, in all lines together.
    pub len_max: usize,
    /// What all entries may cost together, but for each line's first, which is always taken if there is a place.
    pub cost_max: usize,
}

/// Entries of many keys. Within a key they come out in the order in which they went in; among keys, each gets as much as
/// every other, measured by what entries cost (start-time fair queuing: Goyal, Vin and Cheng, 1996).
///
/// A key may hold as much of the queue as it leaves free, so one that floods has half of it, two a third each, and there
/// is always a place for who comes next.
#[derive(Debug)]
pub struct FairQueue<K, T> {
    bounds: Bounds,
    lines: BTreeMap<K, Line<T>>,
    /// The keys that may be next: the earliest start first, and of equal ones who came first.
    ready: BTreeSet<(Place, K)>,
    /// The keys that nobody waits for, and whose last entry has not been made up for yet.
    resting: BTreeSet<(u64, K)>,
    /// The start of what was taken last: time that passes with what the lines get, not with the clock.
    time: u64,
    arrivals: u64,
    len: usize,
    cost: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    start: u64,
    arrival: u64,
}

#[derive(Debug)]
struct Line<T> {
    waiting: VecDeque<(usize, T)>,
    /// That of the first who waits; where nobody does, the earliest that the next may have.
    place: Place,
    cost: usize,
    is_held: bool,
}

impl<K: Copy + Ord, T> FairQueue<K, T> {
    /// Empty.
    #[must_use]
    pub const fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            lines: BTreeMap::new(),
            ready: BTreeSet::new(),
            resting: BTreeSet::new(),
            time: 0,
            arrivals: 0,
            len: 0,
            cost: 0,
        }
    }

    /// How many wait.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nobody waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether an entry could be taken.
    #[must_use]
    pub fn is_anyone_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether entries of several keys could be taken.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.ready.len() > 1
    }

    /// The keys of which an entry could be taken, in the order of their turns.
    pub fn ready_keys(&self) -> impl ExactSizeIterator<Item = K> + '_ {
        self.ready.iter().map(|(_, key)| *key)
    }

    /// How many wait in a key's line.
    #[must_use]
    pub fn len_of(&self, key: K) -> usize {
        self.lines.get(&key).map_or(0, |line| line.waiting.len())
    }

    /// Whose turn it is.
    #[must_use]
    pub fn next_key(&self) -> Option<K> {
        self.ready.first().map(|(_, key)| *key)
    }

    /// What all that waits costs.
    #[must_use]
    pub const fn cost(&self) -> usize {
        self.cost
    }

    /// What waits in a key's line costs.
    #[must_use]
    pub fn cost_of(&self, key: K) -> usize {
        self.lines.get(&key).map_or(0, |line| line.cost)
    }

    /// Puts an entry at the end of its key's line. What costs nothing counts as one.
    ///
    /// # Errors
    /// The entry itself, if there is no place for it.
    pub fn push(&mut self, key: K, cost: usize, entry: T) -> Result<(), T> {
        let cost = cost.max(1);
        if !self.has_room(key, cost) {
            return Err(entry);
        }
        self.arrivals += 1;
        let time = self.time;
        let line = self.lines.entry(key).or_insert_with(Line::new);
        if line.waiting.is_empty() {
            self.resting.remove(&(line.place.start, key));
            line.place = Place {
                start: line.place.start.max(time),
                arrival: self.arrivals,
            };
            if !line.is_held {
                self.ready.insert((line.place, key));
            }
        }
        line.waiting.push_back((cost, entry));
        line.cost += cost;
        self.len += 1;
        self.cost += cost;
        Ok(())
    }

    fn has_room(&self, key: K, cost: usize) -> bool {
        let free = self.bounds.len_max.saturating_sub(self.len);
        match self.lines.get(&key) {
            Some(line) if !line.waiting.is_empty() => {
                let free_cost = self.bounds.cost_max.saturating_sub(self.cost);
                line.waiting.len() < free && line.cost.saturating_add(cost) <= free_cost
            }
            _ => free > 0,
        }
    }

    /// Takes the next entries of all keys: as many as cost at most `cost_max` together, but at least one.
    pub fn take_group(&mut self, cost_max: usize) -> Vec<T> {
        let (mut group, mut cost) = (vec![], 0);
        while let Some(next) = self.next_cost()
            && (group.is_empty() || cost + next <= cost_max)
        {
            cost += next;
            group.extend(self.take().map(|(_, entry)| entry));
        }
        group
    }

    /// Takes the next entries of the key whose turn it is: as many as cost at most `cost_max` together, but at least one.
    /// The key is held: nothing more of it is taken before it is [released](Self::release).
    pub fn take_line(&mut self, cost_max: usize) -> Option<(K, Vec<T>)> {
        let mut cost = self.next_cost()?;
        let (key, first) = self.take()?;
        let mut group = vec![first];
        // They are taken before their time, which comes for the others all the same.
        while let Some(next) = self.first_cost(key)
            && cost + next <= cost_max
        {
            cost += next;
            group.extend(self.take_first(key));
        }
        self.hold(key);
        Some((key, group))
    }

    /// Takes the next entry, with its key.
    pub fn take(&mut self) -> Option<(K, T)> {
        let (place, key) = self.ready.first().copied()?;
        self.time = self.time.max(place.start);
        let entry = self.take_first(key)?;
        Some((key, entry))
    }

    /// Takes an entry out of its key's line, wherever it waits: whoever sent it is gone.
    pub fn remove(&mut self, key: K, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let line = self.lines.get_mut(&key)?;
        let at = line.waiting.iter().position(|(_, entry)| is_it(entry))?;
        let (cost, entry) = line.waiting.remove(at)?;
        line.cost -= cost;
        self.len -= 1;
        self.cost -= cost;
        if line.waiting.is_empty() {
            let (place, is_held) = (line.place, line.is_held);
            self.ready.remove(&(place, key));
            if !is_held {
                self.rest(key, place.start);
            }
        }
        Some(entry)
    }

    /// Keeps a key's entries waiting, whoever's turn it is.
    pub fn hold(&mut self, key: K) {
        let time = self.time;
        let line = self.lines.entry(key).or_insert_with(Line::new);
        self.resting.remove(&(line.place.start, key));
        self.ready.remove(&(line.place, key));
        line.place.start = line.place.start.max(time);
        line.is_held = true;
    }

    /// Lets a key's entries be taken again.
    pub fn release(&mut self, key: K) {
        let Some(line) = self.lines.get_mut(&key) else {
            return;
        };
        if !std::mem::take(&mut line.is_held) {
            return;
        }
        line.place.start = line.place.start.max(self.time);
        let (place, is_empty) = (line.place, line.waiting.is_empty());
        match is_empty {
            true => self.rest(key, place.start),
            false => {
                self.ready.insert((place, key));
            }
        }
    }

    fn next_cost(&self) -> Option<usize> {
        self.first_cost(self.next_key()?)
    }

    fn first_cost(&self, key: K) -> Option<usize> {
        let line = self.lines.get(&key)?;
        line.waiting.front().map(|(cost, _)| *cost)
    }

    fn take_first(&mut self, key: K) -> Option<T> {
        let line = self.lines.get_mut(&key)?;
        let (cost, entry) = line.waiting.pop_front()?;
        self.ready.remove(&(line.place, key));
        self.len -= 1;
        self.cost -= cost;
        line.cost -= cost;
        self.arrivals += 1;
        line.place = Place {
            start: line.place.start + cost as u64,
            arrival: self.arrivals,
        };
        let (place, is_empty, is_held) = (line.place, line.waiting.is_empty(), line.is_held);
        if self.len == 0 {
            // Nobody has to make up for what nobody waited for; for long ones, not at once.
            self.time += 1;
        }
        match (is_empty, is_held) {
            (true, false) => self.rest(key, place.start),
            (false, false) => {
                self.ready.insert((place, key));
            }
            (_, true) => {}
        }
        self.forget();
        Some(entry)
    }

    /// Remembers what a key has had, until the others have had as much.
    fn rest(&mut self, key: K, start: u64) {
        self.resting.insert((start, key));
        self.forget();
    }

    fn forget(&mut self) {
        while let Some((start, key)) = self.resting.first().copied()
            && start <= self.time
        {
            self.resting.pop_first();
            self.lines.remove(&key);
        }
    }
}

impl<T> Line<T> {
    fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            place: Place::default(),
            cost: 0,
            is_held: false,
        }
    }
}

#[cfg(test)]
mod tests;
