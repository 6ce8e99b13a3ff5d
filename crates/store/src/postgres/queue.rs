//! What waits for the lanes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lanekeeper_core::fair::{FairQueue, GroupLen};
use tokio::sync::Notify;

use super::lane::Job;
use crate::write::write_bounds;
use crate::{Org, Settings, WriteError};

/// Requests of all organisations, between those who send them and the lanes. An organisation is in one lane at a time, and
/// in none of its own: who floods has one of them.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    jobs: FairQueue<Org, Job>,
    group_len: GroupLen,
    is_closed: bool,
}

/// Requests of an organisation that a lane has taken. Until this is dropped, no other lane takes any of it.
pub(super) struct Line {
    queue: Arc<Queue>,
    pub(super) org: Org,
    pub(super) group: Vec<Job>,
}

impl Queue {
    pub(super) fn new(settings: &Settings) -> Self {
        let state = State {
            jobs: FairQueue::new(write_bounds(settings)),
            group_len: GroupLen::new(settings.group_len_max),
            is_closed: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// Hands over a request, or says at once that too many wait.
    pub(super) fn push(&self, job: Job) -> Result<(), WriteError> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(WriteError::Closed);
        }
        let (org, cost) = (job.write.org, job.write.items.len());
        if state.jobs.push(org, cost, job).is_err() {
            let retry_after_secs = state.group_len.secs_for(state.jobs.cost());
            metrics::counter!("lanekeeper_overloaded_total", "reason" => "writes").increment(1);
            return Err(WriteError::Overloaded { retry_after_secs });
        }
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for an organisation whose turn it is; none once it is closed and nothing is left.
    pub(super) async fn next(queue: &Arc<Self>) -> Option<Line> {
        loop {
            let changed = queue.changed.notified();
            if let Some(next) = Self::take(queue) {
                return next;
            }
            changed.await;
        }
    }

    /// None if there is nothing to do now; `Some(None)` if there is nothing to do any more.
    fn take(queue: &Arc<Self>) -> Option<Option<Line>> {
        let mut state = queue.lock();
        let len_max = state.group_len_max();
        let Some((org, group)) = state.jobs.take_line(len_max) else {
            // What is left is of organisations that are in a lane, which takes it next.
            return (state.is_closed).then_some(None);
        };
        metrics::gauge!("lanekeeper_write_queue_len").set(state.jobs.len() as f64);
        let is_more = state.jobs.is_anyone_ready();
        drop(state);
        if is_more {
            // Of many that came at once, one lane was told.
            queue.changed.notify_one();
        }
        let queue = Arc::clone(queue);
        Some(Some(Line { queue, org, group }))
    }

    /// Takes no more; what was taken is still done.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// As long as there is a lane for everyone, nobody waits for a long group but who sent it.
    fn group_len_max(&self) -> usize {
        match self.jobs.is_shared() {
            true => self.group_len.next(false),
            false => self.group_len.len_max(),
        }
    }
}

impl Line {
    /// Notes how long the group took.
    pub(super) fn took(&self, len: usize, micros: u64) {
        self.queue.lock().group_len.took(len, micros, 0);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.jobs.release(self.org);
        if state.jobs.is_anyone_ready() {
            self.queue.changed.notify_one();
        }
    }
}
