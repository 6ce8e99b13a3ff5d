//! What waits for the writer thread.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use lanekeeper_core::fair::{Company, FairQueue, GroupLen};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::write::write_bounds;
use crate::{Clock, Org, Settings, Write, WriteError, Written};

/// A request, and where to answer.
pub(super) type Waiting = (Box<Write>, oneshot::Sender<Result<Written, WriteError>>);

/// When keys were last used, and where to answer.
pub(super) type Touch = (Vec<(Org, Uuid)>, oneshot::Sender<Result<(), WriteError>>);

/// Requests of all organisations, between those who send them and the one thread that runs them.
pub(super) struct Queue {
    clock: Clock,
    state: Mutex<State>,
    arrived: Condvar,
}

struct State {
    writes: FairQueue<Org, Waiting>,
    touches: Vec<Touch>,
    company: Company<Org>,
    group_len: GroupLen,
    /// Whose requests were in the last group.
    served: BTreeSet<Org>,
    is_closed: bool,
}

/// What the writer does next.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) group: Vec<Waiting>,
    pub(super) touches: Vec<Touch>,
}

impl Queue {
    pub(super) fn new(settings: &Settings, clock: Clock) -> Self {
        let state = State {
            writes: FairQueue::new(write_bounds(settings)),
            touches: vec![],
            company: Company::new(),
            group_len: GroupLen::new(settings.group_len_max),
            served: BTreeSet::new(),
            is_closed: false,
        };
        Self {
            clock,
            state: Mutex::new(state),
            arrived: Condvar::new(),
        }
    }

    /// Hands over a request, or says at once that too many wait. The writer is to be woken for it, or it is to be taken by
    /// whoever brought it.
    pub(super) fn push(&self, waiting: Waiting) -> Result<(), WriteError> {
        let now = self.clock.now();
        let mut state = self.open()?;
        let (org, cost) = (waiting.0.org, waiting.0.items.len());
        state.company.see(org, now);
        if state.writes.push(org, cost, waiting).is_err() {
            let retry_after_secs = state.group_len.secs_for(state.writes.cost());
            metrics::counter!("lanekeeper_overloaded_total", "reason" => "writes").increment(1);
            return Err(WriteError::Overloaded { retry_after_secs });
        }
        Ok(())
    }

    pub(super) fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Takes a request that waits alone, of the only organisation that is about: there is nobody to share a group or a turn
    /// with.
    pub(super) fn take_alone(&self) -> Option<Batch> {
        let mut state = self.lock();
        let is_alone = state.writes.len() == 1 && !state.company.is_shared(self.clock.now());
        is_alone.then(|| state.take(1))
    }

    /// Hands over when keys were used.
    pub(super) fn touch(&self, touch: Touch) -> Result<(), WriteError> {
        self.open()?.touches.push(touch);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for something to do; none once it is closed and nothing is left.
    pub(super) fn next(&self) -> Option<Batch> {
        let is_idle = |state: &mut State| {
            state.writes.is_empty() && state.touches.is_empty() && !state.is_closed
        };
        let state = self.arrived.wait_while(self.lock(), is_idle);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        let is_shared = state.company.is_shared(self.clock.now());
        let mut state = match is_shared && state.may_wait() {
            true => self.wait_for_another(state),
            false => state,
        };
        let len_max = state.group_len.next(is_shared);
        let batch = state.take(len_max);
        let is_over = batch.group.is_empty() && batch.touches.is_empty();
        (!is_over).then_some(batch)
    }

    /// Waits for an organisation that has nothing waiting yet, but not long. Who sends one request after the other would
    /// else find the writer at another's, every time ("deceptive idleness": Iyer and Druschel, 2001).
    fn wait_for_another<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let patience = state.group_len.patience();
        let organisations = state.writes.ready_keys().len();
        let is_same = |state: &mut State| {
            state.writes.ready_keys().len() == organisations && !state.is_closed
        };
        let waited = self.arrived.wait_timeout_while(state, patience, is_same);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Notes how long a group took to work and to commit.
    pub(super) fn took(&self, len: usize, work_micros: u64, commit_micros: u64) {
        self.lock().group_len.took(len, work_micros, commit_micros);
    }

    /// Takes no more; what was taken is still done.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_all();
    }

    /// Tells all who wait that nothing is done any more.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        while !state.writes.take_group(usize::MAX).is_empty() {}
        state.touches.clear();
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, WriteError> {
        let state = self.lock();
        match state.is_closed {
            true => Err(WriteError::Closed),
            false => Ok(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, len_max: usize) -> Batch {
        let group = self.writes.take_group(len_max);
        self.served = group.iter().map(|(write, _)| write.org).collect();
        metrics::gauge!("lanekeeper_write_queue_len").set(self.writes.len() as f64);
        let touches = std::mem::take(&mut self.touches);
        Batch { group, touches }
    }

    /// Whether all who wait were served just now, and another besides, who may be about to send its next.
    fn may_wait(&self) -> bool {
        let mut waiting = self.writes.ready_keys();
        let len = waiting.len();
        (1..self.served.len()).contains(&len) && waiting.all(|org| self.served.contains(&org))
    }
}

#[cfg(test)]
mod tests {
    use lanekeeper_core::plan::Mode;

    use super::*;
    use crate::testing::{account, write};

    fn push(queue: &Queue, number: u8) {
        let org = Org::new(number.into(), Uuid::from_u128(number.into()));
        let write = write(org, vec![account("acme.com")], Mode::Whole);
        queue.push((Box::new(write), oneshot::channel().0)).unwrap();
    }

    #[test]
    fn the_writer_waits_only_for_whom_it_has_just_answered() {
        let queue = Queue::new(&Settings::default(), Clock::default());
        [1, 1, 2].into_iter().for_each(|org| push(&queue, org));
        assert!(!queue.lock().may_wait());
        assert_eq!(queue.next().unwrap().group.len(), 3);

        push(&queue, 1);
        assert!(queue.lock().may_wait());
        push(&queue, 3);
        assert!(!queue.lock().may_wait());
    }

    #[test]
    fn a_request_is_taken_alone_only_where_nobody_else_is_about() {
        let queue = Queue::new(&Settings::default(), Clock::default());
        assert!(queue.take_alone().is_none());
        push(&queue, 1);
        assert_eq!(queue.take_alone().unwrap().group.len(), 1);

        [1, 1].into_iter().for_each(|org| push(&queue, org));
        assert!(queue.take_alone().is_none());
        assert_eq!(queue.next().unwrap().group.len(), 2);

        push(&queue, 2);
        assert!(queue.take_alone().is_none());
    }

    #[test]
    fn what_was_taken_before_the_end_is_still_done() {
        let queue = Queue::new(&Settings::default(), Clock::default());
        push(&queue, 1);

        queue.close();

        assert_eq!(queue.next().unwrap().group.len(), 1);
        assert!(queue.next().is_none());
    }
}
