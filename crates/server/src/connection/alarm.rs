//! One timer for all of a connection's deadlines.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep};

/// A timer that is set back only when it must be.
///
/// Every request moves the connection's deadlines, mostly further away. Moving a tokio timer takes
/// a lock, so a timer that is too early is left alone: it rings once in vain and is set to the
/// right time then.
pub(super) struct Alarm {
    sleep: Pin<Box<Sleep>>,
}

impl Alarm {
    pub(super) fn new(first: Instant) -> Self {
        Self {
            sleep: Box::pin(tokio::time::sleep_until(first)),
        }
    }

    /// Ready when `deadline` has passed; otherwise the task is woken at `deadline` or before.
    pub(super) fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        if self.sleep.deadline() > deadline {
            self.sleep.as_mut().reset(deadline);
        }
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            if self.sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline);
        }
    }
}
