//! The answers that are kept for retries.

use std::collections::BTreeMap;
use std::time::Duration;

use lanekeeper_core::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::idempotency::{Kept, kept_since};
use crate::{Answer, Idempotency, Org, ReadError, WriteError};

/// How often old answers are looked for, and how many are deleted then.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
const PRUNE_LEN_MAX: u32 = 10_000;

/// The answer that a request with this key got, if it was the same request.
pub(super) fn recall(
    connection: &Connection,
    org: Org,
    idempotency: &Idempotency,
    now: Timestamp,
) -> Result<Result<Option<Answer>, WriteError>, ReadError> {
    let sql = "
        select fingerprint, status, body, created_at from idempotency
        where org = ?1 and key = ?2";
    let kept = connection
        .prepare_cached(sql)?
        .query_row(params![org.number, idempotency.key], |row| {
            Ok(Kept {
                fingerprint: row.get(0)?,
                answer: Answer {
                    status: row.get(1)?,
                    body: row.get(2)?,
                },
                at: Timestamp::from_micros(row.get(3)?),
            })
        })
        .optional()?;
    let answer = kept.as_ref().map(|kept| kept.recall(idempotency, now));
    Ok(answer.unwrap_or(Ok(None)).map(Option::<&Answer>::cloned))
}

/// How many answers each organisation has, counted once and followed from then on.
pub(super) struct KeptKeys {
    len_max: i64,
    len: BTreeMap<Org, i64>,
    pruned_at: Timestamp,
}

impl KeptKeys {
    pub(super) fn new(len_max: i64) -> Self {
        let pruned_at = Timestamp::from_micros(0);
        Self {
            len_max,
            len: BTreeMap::new(),
            pruned_at,
        }
    }

    /// Whether the organisation may have one more, after what is too old is gone.
    pub(super) fn have_room(
        &mut self,
        connection: &Connection,
        org: Org,
        now: Timestamp,
    ) -> rusqlite::Result<bool> {
        self.prune(connection, now)?;
        let len = match self.len.get(&org) {
            Some(len) => *len,
            None => count(connection, org)?,
        };
        self.len.insert(org, len);
        Ok(len < self.len_max)
    }

    /// Keeps an answer.
    pub(super) fn keep(
        &mut self,
        connection: &Connection,
        org: Org,
        idempotency: &Idempotency,
        answer: &Answer,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        // One older than a day may still be there under the same key.
        let sql = "
            insert or replace into idempotency (org, key, fingerprint, status, body, created_at)
            values (?1, ?2, ?3, ?4, ?5, ?6)";
        connection.prepare_cached(sql)?.execute(params![
            org.number,
            idempotency.key,
            idempotency.fingerprint,
            answer.status,
            answer.body,
            now.as_micros(),
        ])?;
        *self.len.entry(org).or_default() += 1;
        Ok(())
    }

    /// Forgets how many there are; they are counted again when somebody asks.
    pub(super) fn recount(&mut self) {
        self.len.clear();
    }

    /// Deletes what is too old, a bounded number at a time: answers are in creation order.
    fn prune(&mut self, connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
        if now.as_micros() - self.pruned_at.as_micros() < micros(PRUNE_EVERY) {
            return Ok(());
        }
        self.pruned_at = now;
        let sql = "
            delete from idempotency where rid in (select rid from idempotency order by rid limit ?1) and created_at <= ?2";
        let since = kept_since(now).as_micros();
        let deleted = connection.execute(sql, params![PRUNE_LEN_MAX, since])?;
        if deleted > 0 {
            self.recount();
        }
        Ok(())
    }
}

fn count(connection: &Connection, org: Org) -> rusqlite::Result<i64> {
    let sql = "select count(*) from idempotency where org = ?1";
    connection.query_row(sql, [org.number], |row| row.get(0))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
