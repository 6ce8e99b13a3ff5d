use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const BOUNDS: Bounds = Bounds {
    len_max: 12,
    cost_max: 200,
};

#[derive(Clone, Copy, Debug)]
enum Step {
    Push { key: u8, cost: usize },
    Group { cost_max: usize },
    Line { cost_max: usize },
    Release { key: u8 },
    Remove { key: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..5_u8;
    let cost = prop_oneof![4 => Just(1_usize), 1 => 1..100_usize];
    prop_oneof![
        6 => (key(), cost).prop_map(|(key, cost)| Step::Push { key, cost }),
        2 => (1..30_usize).prop_map(|cost_max| Step::Group { cost_max }),
        2 => (1..30_usize).prop_map(|cost_max| Step::Line { cost_max }),
        2 => key().prop_map(|key| Step::Release { key }),
        1 => key().prop_map(|key| Step::Remove { key }),
    ]
}

/// An entry that says what it is: its key, its number among all, and its cost.
type Entry = (u8, usize, usize);

/// The queue, and lists that are kept in the plainest way.
struct Both {
    queue: FairQueue<u8, Entry>,
    lists: BTreeMap<u8, VecDeque<Entry>>,
    held: BTreeSet<u8>,
    pushed: usize,
}

impl Both {
    fn new() -> Self {
        Self {
            queue: FairQueue::new(BOUNDS),
            lists: BTreeMap::new(),
            held: BTreeSet::new(),
            pushed: 0,
        }
    }

    fn waiting(&self) -> usize {
        self.lists.values().map(VecDeque::len).sum()
    }

    /// What was taken was the first of its key.
    fn check_taken(&mut self, taken: Entry) -> Result<(), TestCaseError> {
        prop_assert!(!self.held.contains(&taken.0), "a held key was served");
        let list = self.lists.get_mut(&taken.0);
        prop_assert_eq!(list.and_then(VecDeque::pop_front), Some(taken));
        Ok(())
    }

    fn run(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Push { key, cost } => self.push(key, cost)?,
            Step::Group { cost_max } => {
                let group = self.queue.take_group(cost_max);
                let cost: usize = group.iter().map(|(_, _, cost)| cost).sum();
                prop_assert!(group.len() == 1 || cost <= cost_max);
                for taken in group {
                    self.check_taken(taken)?;
                }
            }
            Step::Line { cost_max } => {
                if let Some((key, group)) = self.queue.take_line(cost_max) {
                    let cost: usize = group.iter().map(|(_, _, cost)| cost).sum();
                    prop_assert!(group.len() == 1 || cost <= cost_max);
                    for taken in group {
                        prop_assert_eq!(taken.0, key);
                        self.check_taken(taken)?;
                    }
                    self.held.insert(key);
                }
            }
            Step::Release { key } => {
                self.queue.release(key);
                self.held.remove(&key);
            }
            Step::Remove { key } => {
                let list = self.lists.entry(key).or_default();
                let middle = list.len() / 2;
                let wanted = list.remove(middle);
                let number = wanted.map(|(_, number, _)| number);
                let removed = self.queue.remove(key, |entry| Some(entry.1) == number);
                prop_assert_eq!(removed, wanted);
            }
        }
        prop_assert_eq!(self.queue.len(), self.waiting());
        for (key, list) in &self.lists {
            let cost: usize = list.iter().map(|(_, _, cost)| cost).sum();
            prop_assert_eq!(self.queue.cost_of(*key), cost);
        }
        Ok(())
    }

    fn push(&mut self, key: u8, cost: usize) -> Result<(), TestCaseError> {
        let entry = (key, self.pushed, cost);
        self.pushed += 1;
        let own = self.lists.get(&key).map_or(0, VecDeque::len);
        let waiting = self.waiting();
        match self.queue.push(key, cost, entry) {
            Ok(()) => self.lists.entry(key).or_default().push_back(entry),
            Err(refused) => {
                prop_assert_eq!(refused, entry);
                prop_assert!(
                    own > 0 || waiting == BOUNDS.len_max,
                    "a first one was refused"
                );
            }
        }
        prop_assert!(self.waiting() <= BOUNDS.len_max);
        Ok(())
    }
}

proptest! {
    /// Nothing is lost, doubled, or taken out of its line's order; no bound is passed; what is held waits.
    #[test]
    fn it_is_many_lists_of_which_each_keeps_its_order(steps in vec(step(), 0..200)) {
        let mut both = Both::new();
        for step in steps {
            both.run(step)?;
        }
        for key in 0..5 {
            both.run(Step::Release { key })?;
        }
        for _ in 0..BOUNDS.len_max {
            both.run(Step::Group { cost_max: 10 })?;
        }
        prop_assert_eq!(both.waiting(), 0);
    }

    /// Whoever has nothing waiting and comes anew is served after at most one of each other.
    #[test]
    fn nobody_waits_for_more_than_one_round(steps in vec(step(), 0..100)) {
        let mut both = Both::new();
        for step in steps {
            both.run(step)?;
        }
        for key in 0..5 {
            both.run(Step::Release { key })?;
        }
        const NEW: u8 = 9;
        prop_assume!(both.queue.push(NEW, 1, (NEW, 0, 1)).is_ok());

        let mut served = BTreeSet::new();
        while let Some((key, _)) = both.queue.take() && key != NEW {
            prop_assert!(served.insert(key), "{key} was served twice before one who waited");
        }
    }

    /// While two have something waiting, neither gets more than the other, but for one entry.
    #[test]
    fn each_gets_as_much_as_another(
        one in vec(1..100_usize, 50),
        other in vec(1..100_usize, 50),
    ) {
        let bounds = Bounds { len_max: 1_000, cost_max: 100_000 };
        let mut queue = FairQueue::new(bounds);
        for cost in one {
            queue.push('a', cost, cost).unwrap();
        }
        for cost in other {
            queue.push('b', cost, cost).unwrap();
        }

        let (mut a, mut b) = (0, 0);
        while queue.cost_of('a') > 0 && queue.cost_of('b') > 0 {
            match queue.take() {
                Some(('a', cost)) => a += cost,
                Some((_, cost)) => b += cost,
                None => break,
            }
            prop_assert!(a.abs_diff(b) <= 100, "{a} and {b}");
        }
    }
}

#[test]
fn one_who_floods_leaves_places_for_who_comes_next() {
    let bounds = Bounds {
        len_max: 90,
        cost_max: 1_000,
    };
    let mut queue = FairQueue::new(bounds);
    let mut flood = |key| (0..200).filter(|_| queue.push(key, 1, ()).is_ok()).count();

    assert_eq!(flood('a'), 45);
    assert_eq!(flood('b'), 23);
    assert_eq!(flood('a'), 0);
    assert!(queue.push('c', 100, ()).is_ok());
}

#[test]
fn a_bulk_lets_others_have_as_many_before_the_next() {
    let bounds = Bounds {
        len_max: 1_000,
        cost_max: 10_000,
    };
    let mut queue = FairQueue::new(bounds);
    for _ in 0..3 {
        queue.push("bulks", 100, ()).unwrap();
    }
    for _ in 0..150 {
        queue.push("singles", 1, ()).unwrap();
    }

    let served: Vec<&str> = std::iter::from_fn(|| queue.take())
        .map(|(key, ())| key)
        .collect();

    let bulks: Vec<usize> = (0..served.len())
        .filter(|at| served[*at] == "bulks")
        .collect();
    assert_eq!(bulks, [0, 101, 152]);
}

#[test]
fn who_has_made_up_for_what_it_had_is_forgotten() {
    let mut queue = FairQueue::new(BOUNDS);
    for key in 0..1_000 {
        queue.push(key, 1, ()).unwrap();
        assert!(queue.take().is_some());
    }

    assert!(queue.lines.len() <= 1, "{}", queue.lines.len());
}
