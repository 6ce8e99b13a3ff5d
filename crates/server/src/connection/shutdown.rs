//! How the server ends, step by step, and the signals that make it end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// From a signal to the moment when what is left is cut.
pub const SHUTDOWN_WITHIN: Duration = Duration::from_secs(30);

/// What a second signal leaves of it.
const SECOND_SIGNAL_WITHIN: Duration = Duration::from_millis(500);

/// How long the network's side gets to notice what has arrived before a phase begins.
const SETTLING: Duration = Duration::from_millis(20);

/// Where the server is between start and end. It only goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Everything as usual.
    Running,
    /// Still accepting, because load balancers learn late; answers ask clients to close.
    Draining,
    /// Nothing is accepted; requests whose head has arrived are answered, then connections close.
    Closing,
    /// What is left is cut.
    Stopped,
}

/// A handle to the server's phase; every clone is the same one.
#[derive(Clone, Debug)]
pub struct Shutdown {
    phase: Arc<watch::Sender<Phase>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            phase: Arc::new(watch::Sender::new(Phase::Running)),
        }
    }
}

impl Shutdown {
    /// Where the server is now. Readiness is "no" from [`Phase::Draining`] on.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Goes on to `to`; nothing happens if the server is there already, or further.
    pub fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let forward = to > *phase;
            *phase = to.max(*phase);
            forward
        });
    }

    /// Waits until the server is at `phase`, or further.
    pub async fn reached(&self, phase: Phase) {
        let mut now = self.phase.subscribe();
        // The sender cannot be gone: `self` holds it.
        let _ = now.wait_for(|now| *now >= phase).await;
    }

    /// Goes through all phases: drains for `drain_delay`, closes, and stops after `within` in all.
    pub async fn wind_down(&self, drain_delay: Duration, within: Duration) {
        let drain_delay = drain_delay.min(within);
        self.advance(Phase::Draining);
        sleep(drain_delay).await;
        self.advance(Phase::Closing);
        sleep(within - drain_delay).await;
        self.advance(Phase::Stopped);
    }

    /// Like [`Shutdown::reached`], and a moment later: what lies in a socket's buffer has arrived,
    /// but its task learns of it only when the runtime has asked the kernel again.
    pub(super) async fn settled(&self, phase: Phase) {
        self.reached(phase).await;
        sleep(SETTLING).await;
    }
}

/// Takes SIGTERM and SIGINT from now on; the future waits for one and winds down: SIGTERM drains for `drain_delay` first,
/// SIGINT (a person at the terminal) does not. A second signal of either kind stops within a second.
///
/// The future ends when [`Phase::Stopped`] is reached, so run it beside [`super::serve`], which mostly ends
/// before.
///
/// # Errors
/// Those of installing a signal handler.
pub fn signals(shutdown: Shutdown, drain_delay: Duration) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let next = async || {
            tokio::select! {
                _ = terminate.recv() => Asked::Terminate,
                _ = interrupt.recv() => Asked::Interrupt,
            }
        };
        follow(next, &shutdown, drain_delay).await;
    })
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Terminate,
    Interrupt,
}

async fn follow(mut next: impl AsyncFnMut() -> Asked, shutdown: &Shutdown, drain_delay: Duration) {
    let first = next().await;
    let drain_delay = match first {
        Asked::Terminate => drain_delay,
        Asked::Interrupt => Duration::ZERO,
    };
    tracing::info!(?first, ?drain_delay, "shutting down");
    tokio::select! {
        () = shutdown.wind_down(drain_delay, SHUTDOWN_WITHIN) => {}
        second = next() => {
            tracing::warn!(?second, "asked again; stopping");
            shutdown.wind_down(Duration::ZERO, SECOND_SIGNAL_WITHIN).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio::time::{Instant, timeout};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_phase_never_goes_back() {
        let shutdown = Shutdown::default();

        shutdown.advance(Phase::Closing);
        shutdown.advance(Phase::Draining);

        assert_eq!(shutdown.phase(), Phase::Closing);
        shutdown.reached(Phase::Draining).await;
        assert!(
            timeout(SHORT, shutdown.reached(Phase::Stopped))
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn winding_down_goes_through_every_phase_in_time() {
        let shutdown = Shutdown::default();
        let begun = Instant::now();

        let (_, draining, closing) = tokio::join!(
            shutdown.wind_down(SHORT, SHORT * 3),
            async { (shutdown.reached(Phase::Draining).await, begun.elapsed()).1 },
            async { (shutdown.reached(Phase::Closing).await, begun.elapsed()).1 },
        );

        assert_eq!(shutdown.phase(), Phase::Stopped);
        assert!(draining < SHORT && closing >= SHORT && begun.elapsed() >= SHORT * 3);
    }

    /// Follows `asked`, one after the other, and says the phase and how long it took to get there.
    async fn following(asked: &[Asked], until: Phase, drain_delay: Duration) -> Duration {
        let (sender, mut asks) = mpsc::unbounded_channel();
        let shutdown = Shutdown::default();
        let begun = Instant::now();
        for asked in asked {
            sender.send(*asked).unwrap();
        }
        let next = async || asks.recv().await.expect("the sender lives");
        tokio::select! {
            () = follow(next, &shutdown, drain_delay) => {}
            () = shutdown.reached(until) => {}
        }
        drop(sender);
        begun.elapsed()
    }

    #[tokio::test]
    async fn sigterm_drains_and_sigint_does_not() {
        let terminated = following(&[Asked::Terminate], Phase::Closing, SHORT).await;
        let interrupted = following(&[Asked::Interrupt], Phase::Closing, SHORT).await;

        assert!(terminated >= SHORT, "{terminated:?}");
        assert!(interrupted < SHORT, "{interrupted:?}");
    }

    #[tokio::test]
    async fn a_second_signal_stops_within_a_second() {
        let an_hour = Duration::from_secs(3600);
        let asked = [Asked::Terminate, Asked::Terminate];

        let took = following(&asked, Phase::Stopped, an_hour).await;

        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}
