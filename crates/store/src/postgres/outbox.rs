//! What the other servers are told: which organisations have committed, and how far, and that keys were revoked.
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

use super::health::{CHANNEL, KEY_REVOKED};
use crate::Org;
use crate::error::chain;

/// How often the others are told at most, and how soon again if they could not be.
const TOLD_EVERY: Duration = Duration::from_millis(5);
const TOLD_AGAIN_AFTER: Duration = Duration::from_millis(200);
/// How long a server that stops tries to tell what is left.
const LEFT_WITHIN: Duration = Duration::from_millis(500);

/// What the other servers have not been told.
#[derive(Default)]
pub(super) struct Outbox {
    news: Mutex<News>,
    filled: Notify,
}

#[derive(Clone, Default, PartialEq, Eq)]
struct News {
    /// The last sequence of each organisation that has committed.
    commits: BTreeMap<Uuid, i64>,
    /// How often keys were revoked.
    revocations: u64,
}

impl Outbox {
    pub(super) fn put(&self, org: Org, sequence: i64) {
        self.lock().commits.insert(org.id(), sequence);
        self.filled.notify_one();
    }

    pub(super) fn put_revocation(&self) {
        self.lock().revocations += 1;
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

    /// What was told, but for what has come since.
    fn take_out(&self, told: &News) {
        let mut news = self.lock();
        let is_untold = |org: &Uuid, sequence: &mut i64| told.commits.get(org) != Some(sequence);
        news.commits.retain(is_untold);
        news.revocations -= told.revocations;
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl News {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn payloads(&self) -> Vec<String> {
        let commits = self.commits.iter();
        let commits = commits.map(|(org, sequence)| format!("{org} {sequence}"));
        let revoked = (self.revocations > 0).then(|| KEY_REVOKED.to_owned());
        commits.chain(revoked).collect()
    }
}

async fn tell(pool: &Pool, news: &News) -> Result<(), String> {
    let told = news.payloads();
    let client = pool.get().await.map_err(|error| chain(&error))?;
    let sql = "select pg_notify($1, told) from unnest($2::text[]) as told";
    let notify = client.prepare_cached(sql).await;
    let notify = notify.map_err(|error| chain(&error))?;
    let told = client.execute(&notify, &[&CHANNEL, &told]).await;
    told.map(drop).map_err(|error| chain(&error))
}
