use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const LIMITS: GateLimits = GateLimits {
    places_max: 12,
    turns_max: 4,
    turns_of_one_max: 2,
    wait_micros_max: 1_000_000,
};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Comes in and asks for its turn.
    Come(u8),
    /// The host's first that works is done, and leaves.
    Done(u8),
    /// The host's last that waits gives up, and leaves.
    GiveUp(u8),
    /// So many milliseconds pass.
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let host = || 0..4_u8;
    prop_oneof![
        5 => host().prop_map(Step::Come),
        3 => host().prop_map(Step::Done),
        1 => host().prop_map(Step::GiveUp),
        1 => (0..1_500_i64).prop_map(Step::Pass),
    ]
}

/// A gate, and who has been told what.
struct House {
    gate: Gate<u8, usize>,
    millis: i64,
    guests: usize,
    working: BTreeMap<u8, VecDeque<usize>>,
    waiting: BTreeMap<u8, VecDeque<usize>>,
}

impl House {
    fn new() -> Self {
        Self {
            gate: Gate::new(LIMITS),
            millis: 0,
            guests: 0,
            working: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.millis * 1_000)
    }

    fn run(&mut self, step: Step) -> Result<(), TestCaseError> {
        let now = self.now();
        match step {
            Step::Pass(millis) => self.millis += millis,
            Step::Come(host) => self.come(host),
            Step::Done(host) => {
                if self.working.entry(host).or_default().pop_front().is_some() {
                    self.gate.leave(host, now);
                    for (host, guest) in self.gate.end_turn(host, 500, now) {
                        let first = self.waiting.get_mut(&host).and_then(VecDeque::pop_front);
                        prop_assert_eq!(first, Some(guest), "not in the order of coming");
                        self.working.entry(host).or_default().push_back(guest);
                    }
                }
            }
            Step::GiveUp(host) => {
                if let Some(guest) = self.waiting.entry(host).or_default().pop_back() {
                    self.gate.give_up(host, |other| *other == guest);
                    self.gate.leave(host, now);
                }
            }
        }
        self.check()
    }

    fn come(&mut self, host: u8) {
        let now = self.now();
        if self.gate.enter(host, now).is_err() {
            return;
        }
        self.guests += 1;
        match self.gate.ask(host, now, || self.guests) {
            Asked::Now => self.working.entry(host).or_default().push_back(self.guests),
            Asked::Waits => self.waiting.entry(host).or_default().push_back(self.guests),
            Asked::TurnedAway(_) => self.gate.leave(host, now),
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let len = |lists: &BTreeMap<u8, VecDeque<usize>>| {
            lists.values().map(VecDeque::len).sum::<usize>()
        };
        let (working, waiting) = (len(&self.working), len(&self.waiting));
        prop_assert!(working <= LIMITS.turns_max);
        prop_assert!(working + waiting <= LIMITS.places_max);
        prop_assert_eq!(self.gate.places(), working + waiting);
        prop_assert_eq!(self.gate.waiting(), waiting);
        let idle = |host: &u8| self.working.get(host).is_none_or(VecDeque::is_empty);
        let stuck = self
            .waiting
            .iter()
            .find(|(host, guests)| !guests.is_empty() && idle(host));
        prop_assert!(
            stuck.is_none() || working == LIMITS.turns_max,
            "{stuck:?} is stuck"
        );
        Ok(())
    }
}

proptest! {
    /// No bound is passed, each host's guests work in the order of coming, and none waits while there is a turn for its host.
    #[test]
    fn places_and_turns_are_kept_account_of(steps in vec(step(), 0..300)) {
        let mut house = House::new();
        for step in steps {
            house.run(step)?;
        }
        for _ in 0..LIMITS.places_max {
            for host in 0..4 {
                house.run(Step::Done(host))?;
            }
        }
        prop_assert_eq!(house.gate.places(), 0);
        prop_assert!(house.gate.hosts.is_empty());
    }
}

#[test]
fn who_floods_has_half_the_places_and_with_company_its_share_of_turns() {
    let mut house = House::new();
    (0..20).for_each(|_| house.come(0));
    assert_eq!((house.working[&0].len(), house.waiting[&0].len()), (4, 2));

    house.come(1);
    assert_eq!(house.waiting[&1].len(), 1);
    house.run(Step::Done(0)).unwrap();
    assert_eq!(house.working[&1].len(), 1);
    (0..2).for_each(|_| house.run(Step::Done(0)).unwrap());

    assert_eq!((house.working[&0].len(), house.waiting[&0].len()), (2, 1));
    house.millis += 2_000;
    house.run(Step::Done(0)).unwrap();
    assert_eq!((house.working[&0].len(), house.waiting[&0].len()), (2, 0));
}

#[test]
fn who_is_turned_away_is_told_when_to_come_again() {
    let mut gate: Gate<u8, ()> = Gate::new(LIMITS);
    let at = |millis: i64| Timestamp::from_micros(millis * 1_000);
    (0..6).for_each(|_| gate.enter(0, at(0)).unwrap());
    assert_eq!(
        gate.enter(0, at(0)),
        Err(TurnedAway {
            retry_after_secs: 1
        })
    );

    gate.leave(0, at(0));
    gate.enter(0, at(0)).unwrap();
    assert_eq!(
        gate.enter(0, at(700)),
        Err(TurnedAway {
            retry_after_secs: 5
        })
    );
    assert_eq!(
        gate.enter(0, at(60_000)),
        Err(TurnedAway {
            retry_after_secs: 30
        })
    );
}

#[test]
fn nobody_waits_who_would_wait_for_too_long() {
    let mut gate: Gate<u8, u8> = Gate::new(LIMITS);
    let now = Timestamp::from_micros(0);
    for guest in 0..4 {
        assert_eq!(gate.ask(0, now, || guest), Asked::Now);
    }
    // It takes turns of a minute to tell that turns are long.
    gate.end_turn(0, 60_000_000, now);
    assert_eq!(gate.ask(0, now, || 4), Asked::Now);

    assert_eq!(gate.ask(0, now, || 5), Asked::Waits);
    let Asked::TurnedAway(TurnedAway { retry_after_secs }) = gate.ask(0, now, || 6) else {
        panic!("it waits for too long");
    };
    assert_eq!(retry_after_secs, 2);
}
