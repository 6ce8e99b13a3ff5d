//! A write on its way to the database, and back.

use std::sync::Arc;

use lanekeeper_core::change::Actor;
use lanekeeper_core::fair::Bounds;
use lanekeeper_core::plan::{Item, Mode};
use lanekeeper_core::{Faults, Outcome};

use crate::{Org, Settings};

/// What one request asks to write.
pub struct Write {
    /// Whose data.
    pub org: Org,
    /// Who asks.
    pub actor: Actor,
    /// The request's id, for the change feed.
    pub request_id: String,
    /// The commands.
    pub items: Vec<Item>,
    /// What becomes of it if some are refused.
    pub mode: Mode,
    /// Plan it and answer it, but make nothing.
    pub dry_run: bool,
    /// Make it once, however often it is sent.
    pub idempotency: Option<Idempotency>,
}

/// What came of a [`Write`].
#[derive(Debug)]
pub enum Written {
    /// What came of each item.
    Done(Vec<Result<Outcome, Faults>>),
    /// It was done before: the answer that it got then.
    Replayed(Answer),
}

/// An answer's status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON.
    pub body: Vec<u8>,
}

/// Makes the answer that is kept, from what came of each item; none if it is not to be kept.
pub type Render = Arc<dyn Fn(&[Result<Outcome, Faults>]) -> Option<Answer> + Send + Sync>;

/// The caller's key for a request that must happen once.
#[derive(Clone)]
pub struct Idempotency {
    /// As the caller chose it.
    pub key: String,
    /// What tells the request from another one: a hash of method, path and body.
    pub fingerprint: [u8; 32],
    /// Makes the answer, which is written in the same transaction as what it answers.
    pub render: Render,
}

/// What may wait for each place in the queue, in commands: single ones are short of it by far, bulks are not.
const COMMANDS_PER_PLACE: usize = 16;

/// How much may wait for a writer.
pub(crate) const fn write_bounds(settings: &Settings) -> Bounds {
    Bounds {
        len_max: settings.queue_len_max,
        cost_max: settings.queue_len_max * COMMANDS_PER_PLACE,
    }
}
