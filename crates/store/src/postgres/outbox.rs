//! What the other servers are told: which organisations have committed, and how far.
//!
//! In a transaction of its own: one that both writes and notifies would have to wait for every other. And not on the connection
//! that listens: whoever else does both on that PostgreSQL, in whatever database, can make this wait.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::health::CHANNEL;
use crate::Org;
use crate::error::chain;

/// How often the others are told at most, and how soon again if they could not be.
const TOLD_EVERY: Duration = Duration::from_millis(5);
const TOLD_AGAIN_AFTER: Duration = Duration::from_millis(200);
/// How long a server that stops tries to tell what is left.
const LEFT_WITHIN: Duration = Duration::from_millis(500);

/// The commits that the other servers have not been told of.
#[derive(Default)]
pub(super) struct Outbox {
    last: Mutex<BTreeMap<Uuid, i64>>,
    filled: Notify,
}

impl Outbox {
    pub(super) fn put(&self, org: Org, sequence: i64) {
        self.lock().insert(org.id(), sequence);
        self.filled.notify_one();
    }

    /// Tells the others of what comes in, until it is stopped. What could not be told stays.
    pub(super) async fn pass_on(&self, pool: &Pool) {
        loop {
            self.filled.notified().await;
            loop {
                let told = self.lock().clone();
                if told.is_empty() {
                    break;
                }
                match tell(pool, &told).await {
                    Ok(()) => {
                        self.take_out(&told);
                        sleep(TOLD_EVERY).await;
                    }
                    Err(error) => {
                        tracing::warn!(error, "other servers are not told of commits yet");
                        sleep(TOLD_AGAIN_AFTER).await;
                    }
                }
            }
        }
    }

    /// Waits until all is told, but not for long.
    pub(super) async fn emptied(&self) {
        let emptied = async {
            while !self.lock().is_empty() {
                sleep(TOLD_EVERY).await;
            }
        };
        // Whoever is not told now looks by itself when its wait is over.
        drop(timeout(LEFT_WITHIN, emptied).await);
    }

    /// What was told, but for organisations that have gone on since.
    fn take_out(&self, told: &BTreeMap<Uuid, i64>) {
        self.lock()
            .retain(|org, sequence| told.get(org) != Some(sequence));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Uuid, i64>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn tell(pool: &Pool, told: &BTreeMap<Uuid, i64>) -> Result<(), String> {
    let told = told.iter();
    let told = told.map(|(org, sequence)| format!("{org} {sequence}"));
    let told: Vec<String> = told.collect();
    let client = pool.get().await.map_err(|error| chain(&error))?;
    let sql = "select pg_notify($1, told) from unnest($2::text[]) as told";
    let notify = client.prepare_cached(sql).await;
    let notify = notify.map_err(|error| chain(&error))?;
    let told = client.execute(&notify, &[&CHANNEL, &told]).await;
    told.map(drop).map_err(|error| chain(&error))
}
