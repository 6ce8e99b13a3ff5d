//! The answers that are kept for retries.

use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper as Client;
use lanekeeper_core::Timestamp;
use tokio_postgres::Row;

use super::load::settings::rows;
use crate::idempotency::{Kept, kept_since};
use crate::{Answer, Idempotency, Org, ReadError, Write, WriteError};

/// How many old answers are deleted for each new one: more than come in, so that they never pile up.
const PRUNED_FOR_EACH: usize = 10;
/// How many are deleted at once where an organisation has no room for more.
pub(super) const PRUNED_FOR_ROOM: usize = 10_000;

/// The kept answers that the requests of a group ask for, and those that they add.
#[derive(Default)]
pub(super) struct Answers {
    known: BTreeMap<String, Kept>,
    /// How many were asked for.
    asked: usize,
    /// The keys of those that are new.
    new: Vec<String>,
}

/// The answers to the keys of these requests, old ones too.
pub(super) async fn load(
    client: &Client,
    org: Org,
    writes: &[&Write],
) -> Result<Answers, ReadError> {
    let asking = writes.iter().filter(|write| !write.dry_run);
    let keys = asking.filter_map(|write| write.idempotency.as_ref());
    let keys: Vec<&str> = keys.map(|idempotency| idempotency.key.as_str()).collect();
    if keys.is_empty() {
        return Ok(Answers::default());
    }
    let sql = "
        select key, fingerprint, status, body, created_at from idempotency
        where org = $1 and key = any($2)";
    let found = rows(client, sql, &[&org.id(), &keys]).await?;
    let known = found
        .iter()
        .map(|row| Ok((row.try_get(0)?, kept_of(row)?)))
        .collect::<Result<_, ReadError>>()?;
    Ok(Answers {
        known,
        asked: keys.len(),
        new: vec![],
    })
}

fn kept_of(row: &Row) -> Result<Kept, ReadError> {
    let (fingerprint, status): (Vec<u8>, i32) = (row.try_get(1)?, row.try_get(2)?);
    let fingerprint = fingerprint.try_into();
    let status = u16::try_from(status);
    let (Ok(fingerprint), Ok(status)) = (fingerprint, status) else {
        return Err(ReadError::Corrupt("a kept answer".to_owned()));
    };
    Ok(Kept {
        fingerprint,
        answer: Answer {
            status,
            body: row.try_get(3)?,
        },
        at: Timestamp::from_micros(row.try_get(4)?),
    })
}

impl Answers {
    /// The answer that the request with this key got, if it was the same request.
    pub(super) fn recall(
        &self,
        asked: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<Answer>, WriteError> {
        let kept = self.known.get(&asked.key);
        let answer = kept.map_or(Ok(None), |kept| kept.recall(asked, now))?;
        Ok(answer.cloned())
    }

    /// Keeps an answer.
    pub(super) fn keep(&mut self, asked: &Idempotency, answer: Answer, at: Timestamp) {
        let fingerprint = asked.fingerprint;
        let kept = Kept {
            fingerprint,
            answer,
            at,
        };
        self.known.insert(asked.key.clone(), kept);
        self.new.push(asked.key.clone());
    }

    /// Whether any answer was asked for.
    pub(super) const fn is_asked(&self) -> bool {
        self.asked > 0
    }

    /// Whether there is anything to keep.
    pub(super) fn has_new(&self) -> bool {
        !self.new.is_empty()
    }

    /// Writes what is new, and deletes some of what is old: how many are gone.
    pub(super) async fn write(
        &self,
        client: &Client,
        org: Org,
        now: Timestamp,
    ) -> Result<i64, tokio_postgres::Error> {
        if self.new.is_empty() {
            return Ok(0);
        }
        let pruned = prune(client, org, now, self.new.len() * PRUNED_FOR_EACH).await?;
        // One older than a day may still be there under the same key: it is counted already.
        let keep = "
            with kept as (
                insert into idempotency (org, key, fingerprint, status, body, created_at)
                select $1, u.* from unnest($2::text[], $3::bytea[], $4::int4[], $5::bytea[], $6::int8[]) as u
                on conflict (org, key) do update set
                    fingerprint = excluded.fingerprint, status = excluded.status,
                    body = excluded.body, created_at = excluded.created_at
                returning xmax <> 0 as was_there
            )
            select count(*) filter (where was_there) from kept";
        let keep = client.prepare_cached(keep).await?;
        let new = || self.new.iter().map(|key| &self.known[key]);
        let fingerprints: Vec<&[u8]> = new().map(|kept| kept.fingerprint.as_slice()).collect();
        let statuses: Vec<i32> = new().map(|kept| i32::from(kept.answer.status)).collect();
        let bodies: Vec<&[u8]> = new().map(|kept| kept.answer.body.as_slice()).collect();
        let times: Vec<i64> = new().map(|kept| kept.at.as_micros()).collect();
        let row = client
            .query_one(
                &keep,
                &[
                    &org.id(),
                    &self.new,
                    &fingerprints,
                    &statuses,
                    &bodies,
                    &times,
                ],
            )
            .await?;
        let replaced: i64 = row.try_get(0)?;
        Ok(pruned + replaced)
    }
}

/// Deletes answers that are too old, a bounded number at a time: how many are gone.
pub(super) async fn prune(
    client: &Client,
    org: Org,
    now: Timestamp,
    len_max: usize,
) -> Result<i64, tokio_postgres::Error> {
    let sql = "
        delete from idempotency where org = $1 and key in (
            select key from idempotency
            where org = $1 and created_at <= $2 order by created_at limit $3
        )";
    let delete = client.prepare_cached(sql).await?;
    let len_max = i64::try_from(len_max).unwrap_or(i64::MAX);
    let deleted = client
        .execute(
            &delete,
            &[&org.id(), &kept_since(now).as_micros(), &len_max],
        )
        .await?;
    Ok(i64::try_from(deleted).unwrap_or(i64::MAX))
}
