//! How many requests are in the server at once, and whose turn it is to be worked on.
//!
//! Who is decided in `lanekeeper-core`; this carries it out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lanekeeper_core::fair::{self, Asked, GateLimits, TurnedAway};
use lanekeeper_store::{Clock, Org};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::error::ApiError;

/// Requests in the server at once, for each processor. Those of one organisation have half of it, which is more than it takes
/// to keep the processors busy.
const PLACES_EACH: usize = 256;
/// Reads that are worked on at once, for each processor: some wait for a disk, or for PostgreSQL.
const TURNS_EACH: usize = 2;
/// On SQLite a long read keeps a processor busy, on a thread of its own. With more of them the system's scheduler would let
/// those wait that answer everybody else.
const LOCAL_LONG_TURNS_EACH: usize = 1;
/// On PostgreSQL most of a short read is waiting: as many as there are connections to read, and of these for one of several.
const REMOTE_TURNS: usize = 16;
const REMOTE_TURNS_OF_ONE: usize = 2;

/// How much work a read is. Long ones do not keep their own organisation's short ones waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// One record, or the settings of an organisation.
    Short,
    /// A list, a search, a sum.
    Long,
}

impl Work {
    /// How long it waits for its turn.
    const fn wait_max(self) -> Duration {
        match self {
            Self::Short => Duration::from_secs(1),
            Self::Long => Duration::from_secs(5),
        }
    }
}

/// The way in.
pub(crate) struct Gate {
    clock: Clock,
    state: Mutex<State>,
    waits: AtomicU64,
    turned_away: AtomicU64,
}

/// The first has the places, too.
struct State {
    short: fair::Gate<Org, Waiting>,
    long: fair::Gate<Org, Waiting>,
}

/// A request that waits, and how it is told of its turn.
struct Waiting {
    number: u64,
    turn: oneshot::Sender<Turn>,
}

/// A request's place in the server, until it is dropped.
pub(crate) struct Place {
    gate: Arc<Gate>,
    host: Org,
}

/// A request's turn to be worked on, until it is dropped.
pub(crate) struct Turn {
    work: Work,
    gate: Arc<Gate>,
    host: Org,
    begun_micros: i64,
}

/// Takes a request out of the queue if it goes away.
struct GivesUp<'a> {
    work: Work,
    place: &'a Place,
    number: u64,
}

impl Gate {
    /// For a database that is on this machine, or elsewhere.
    pub(crate) fn new(clock: Clock, is_remote: bool) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut short = GateLimits {
            places_max: cores.max(2) * PLACES_EACH,
            turns_max: (cores * TURNS_EACH).max(4),
            // One processor is left for the others.
            turns_of_one_max: (cores - 1).max(1),
            wait_micros_max: Work::Short.wait_max().as_micros() as u64,
        };
        let mut long = GateLimits {
            wait_micros_max: Work::Long.wait_max().as_micros() as u64,
            ..short
        };
        if is_remote {
            short.turns_max = REMOTE_TURNS.max(short.turns_max);
            short.turns_of_one_max = REMOTE_TURNS_OF_ONE.max(short.turns_of_one_max);
        } else {
            long.turns_max = (cores * LOCAL_LONG_TURNS_EACH).max(2);
        }
        let state = State {
            short: fair::Gate::new(short),
            long: fair::Gate::new(long),
        };
        Self {
            clock,
            state: Mutex::new(state),
            waits: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
        }
    }

    /// Lets a request in, or says at once that there are too many.
    pub(crate) fn enter(self: &Arc<Self>, host: Org) -> Result<Place, ApiError> {
        let entered = self.lock().short.enter(host, self.clock.now());
        entered.map_err(|away| self.turn_away(away, "requests"))?;
        let gate = Arc::clone(self);
        Ok(Place { gate, host })
    }

    /// Sets the gauges, for whoever reads them.
    pub(crate) fn tell(&self) {
        let (places, waiting) = {
            let state = self.lock();
            (
                state.short.places(),
                state.short.waiting() + state.long.waiting(),
            )
        };
        metrics::gauge!("lanekeeper_requests_in_progress").set(places as f64);
        metrics::gauge!("lanekeeper_requests_waiting").set(waiting as f64);
    }

    /// How many were turned away since this was asked last.
    pub(crate) fn take_turned_away(&self) -> u64 {
        self.turned_away.swap(0, Ordering::Relaxed)
    }

    fn turn_away(&self, away: TurnedAway, reason: &'static str) -> ApiError {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("lanekeeper_overloaded_total", "reason" => reason).increment(1);
        ApiError::Overloaded {
            retry_after_secs: away.retry_after_secs,
        }
    }

    fn turn(self: &Arc<Self>, host: Org, work: Work) -> Turn {
        Turn {
            work,
            gate: Arc::clone(self),
            host,
            begun_micros: self.clock.now().as_micros(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn of(&mut self, work: Work) -> &mut fair::Gate<Org, Waiting> {
        match work {
            Work::Short => &mut self.short,
            Work::Long => &mut self.long,
        }
    }
}

impl Place {
    /// Waits for the request's turn.
    pub(crate) async fn turn(&self, work: Work) -> Result<Turn, ApiError> {
        let gate = &self.gate;
        let number = gate.waits.fetch_add(1, Ordering::Relaxed);
        let mut told = None;
        let guest = || {
            let (turn, receiver) = oneshot::channel();
            told = Some(receiver);
            Waiting { number, turn }
        };
        let now = gate.clock.now();
        let asked = gate.lock().of(work).ask(self.host, now, guest);
        match asked {
            Asked::Now => return Ok(gate.turn(self.host, work)),
            Asked::Waits => {}
            Asked::TurnedAway(away) => return Err(gate.turn_away(away, "turns")),
        }
        let gives_up = GivesUp {
            work,
            place: self,
            number,
        };
        let told = timeout(work.wait_max(), told.expect("who waits is told")).await;
        // A turn that comes just now is dropped with the channel, and so goes to the next.
        drop(gives_up);
        let away = TurnedAway {
            retry_after_secs: work.wait_max().as_secs(),
        };
        told.ok()
            .and_then(Result::ok)
            .ok_or_else(|| gate.turn_away(away, "turns"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate
            .lock()
            .short
            .leave(self.host, self.gate.clock.now());
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let now = self.gate.clock.now();
        let micros = (now.as_micros() - self.begun_micros).max(0).unsigned_abs();
        let mut state = self.gate.lock();
        let next = state.of(self.work).end_turn(self.host, micros, now);
        drop(state);
        for (host, waiting) in next {
            // If it is gone, its turn is dropped here, and goes to the next.
            drop(waiting.turn.send(self.gate.turn(host, self.work)));
        }
    }
}

impl Drop for GivesUp<'_> {
    fn drop(&mut self) {
        let Place { gate, host } = self.place;
        let is_it = |waiting: &Waiting| waiting.number == self.number;
        gate.lock().of(self.work).give_up(*host, is_it);
    }
}
