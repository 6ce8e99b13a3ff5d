//! What was last counted of pipelines, and up to which change: as long as none has come, it need not be counted anew. Whoever
//! writes an opportunity writes a row of the feed in the same transaction, so the feed tells, also of other processes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use lanekeeper_core::summary::Counted;
use uuid::Uuid;

use crate::Org;

/// Pipelines that are kept, some hundred bytes each; then all are forgotten.
const KEPT_MAX: usize = 1_000;

#[derive(Default)]
pub(super) struct Boards(Mutex<HashMap<(i64, Uuid), Board>>);

struct Board {
    last_sequence: i64,
    counted: Arc<[Counted]>,
}

impl Boards {
    /// What was counted when the feed of the organisation ended there.
    pub(super) fn at(
        &self,
        org: Org,
        pipeline_id: Uuid,
        last_sequence: i64,
    ) -> Option<Arc<[Counted]>> {
        let boards = self.lock();
        let board = boards.get(&(org.number, pipeline_id))?;
        (board.last_sequence == last_sequence).then(|| Arc::clone(&board.counted))
    }

    pub(super) fn keep(
        &self,
        org: Org,
        pipeline_id: Uuid,
        last_sequence: i64,
        counted: Arc<[Counted]>,
    ) {
        let mut boards = self.lock();
        if boards.len() >= KEPT_MAX {
            boards.clear();
        }
        let board = Board {
            last_sequence,
            counted,
        };
        boards.insert((org.number, pipeline_id), board);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(i64, Uuid), Board>> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
