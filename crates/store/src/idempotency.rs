//! What a kept answer is good for, whichever database keeps it.

use std::time::Duration;

use lanekeeper_core::Timestamp;

use crate::{Answer, Idempotency, WriteError};

/// How long an answer is kept.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The first answer to a key.
pub(crate) struct Kept {
    pub(crate) fingerprint: [u8; 32],
    pub(crate) answer: Answer,
    pub(crate) at: Timestamp,
}

impl Kept {
    /// The answer for a request with the same key, if it is the same request; none once it is too old.
    ///
    /// # Errors
    /// [`WriteError::KeyReused`] if it is another request.
    pub(crate) fn recall(
        &self,
        asked: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<&Answer>, WriteError> {
        if self.at <= kept_since(now) {
            return Ok(None);
        }
        match self.fingerprint == asked.fingerprint {
            true => Ok(Some(&self.answer)),
            false => Err(WriteError::KeyReused),
        }
    }
}

/// What was answered then or before is no longer kept.
pub(crate) fn kept_since(now: Timestamp) -> Timestamp {
    let kept_for = i64::try_from(KEPT_FOR.as_micros()).expect("a day is short");
    Timestamp::from_micros(now.as_micros() - kept_for)
}
