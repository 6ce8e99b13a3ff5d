//! What the socket's side and the service's side of a connection tell each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// How far a connection has come. Both sides run on the connection's task, one after the other; the
/// atomics are there because the task may change threads.
#[derive(Debug, Default)]
pub(super) struct Progress {
    heads: AtomicU64,
    called: AtomicU64,
    finished: AtomicU64,
    body_open: AtomicBool,
}

impl Progress {
    /// The socket's side has seen so many complete heads; `body_open` if the last one's body is
    /// still coming.
    pub(super) fn received(&self, heads: u64, body_open: bool) {
        self.heads.store(heads, Relaxed);
        self.body_open.store(body_open, Relaxed);
    }

    /// The service is called with the next request.
    ///
    /// # Panics If the socket's side has not seen that request's head. Then it and hyper disagree
    /// about where a body ended, and what hyper takes for a request may be smuggled in the body of
    /// another.
    pub(super) fn call(&self) {
        let called = self.called.fetch_add(1, Relaxed) + 1;
        assert!(
            called <= self.heads.load(Relaxed),
            "hyper found a request where the tap found none"
        );
    }

    /// A request's answer was handed over to its last byte.
    pub(super) fn finish(&self) {
        self.finished.fetch_add(1, Relaxed);
    }

    /// How often the service was called.
    pub(super) fn called(&self) -> u64 {
        self.called.load(Relaxed)
    }

    /// Whether the service has not yet finished a request it was called with.
    pub(super) fn is_answering(&self) -> bool {
        self.called() > self.finished.load(Relaxed)
    }

    /// Whether a complete head waits for its answer, at the service or before it.
    pub(super) fn owes_an_answer(&self) -> bool {
        self.heads.load(Relaxed) > self.finished.load(Relaxed)
    }

    /// Whether the service was called with the last request that has arrived so far.
    pub(super) fn is_at_the_last(&self) -> bool {
        self.heads.load(Relaxed) == self.called()
    }

    /// Whether requests wait behind the one that is being answered.
    pub(super) fn has_a_queue(&self) -> bool {
        self.heads.load(Relaxed) > self.finished.load(Relaxed) + 1
    }

    /// Whether the body of the request that the service was last called with is still coming. Later
    /// requests may have been read already.
    pub(super) fn body_is_coming(&self) -> bool {
        self.body_open.load(Relaxed) && self.is_at_the_last()
    }
}
