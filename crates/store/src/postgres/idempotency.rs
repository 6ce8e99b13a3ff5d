//! The answers that are kept for retries.

use std::collections::BTreeMap;
use std::time::Duration;

use deadpool_postgres::ClientWrapper as Client;
use lanekeeper_core::Timestamp;

use super::load::settings::rows;
use crate::{Answer, Idempotency, Org, ReadError, Write, WriteError};

/// How long an answer is kept.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How many old answers are deleted for each new one: more than come in, so that they never pile up.
const PRUNED_FOR_EACH: usize = 10;
/// How many are deleted at once where an organisation has no room for more.
pub(super) const PRUNED_FOR_ROOM: usize = 10_000;

/// The kept answers that the requests of a group ask for, and those that they add.
#[derive(Default)]
pub(super) struct Kept {
    known: BTreeMap<String, (Vec<u8>, Answer, Timestamp)>,
    /// How many answers were asked for.
    asked: usize,
    new: Vec<New>,
}

struct New {
    key: String,
    fingerprint: [u8; 32],
    answer: Answer,
    at: Timestamp,
}

/// The answers to the keys of these requests, old ones too.
pub(super) async fn load(client: &Client, org: Org, writes: &[&Write]) -> Result<Kept, ReadError> {
    let asking = writes.iter().filter(|write| !write.dry_run);
    let keys = asking.filter_map(|write| write.idempotency.as_ref());
    let keys: Vec<&str> = keys.map(|idempotency| idempotency.key.as_str()).collect();
    if keys.is_empty() {
        return Ok(Kept::default());
    }
    let sql = "
        select key, fingerprint, status, body, created_at from idempotency
        where org = $1 and key = any($2)";
    let found = rows(client, sql, &[&org.id(), &keys]).await?;
    let known = found.iter().map(|row| {
        let status: i32 = row.try_get(2)?;
        let corrupt = |_| ReadError::Corrupt(format!("the status {status}"));
        let answer = Answer {
            status: u16::try_from(status).map_err(corrupt)?,
            body: row.try_get(3)?,
        };
        let at = Timestamp::from_micros(row.try_get(4)?);
        Ok((row.try_get(0)?, (row.try_get(1)?, answer, at)))
    });
    let known = known.collect::<Result<_, ReadError>>()?;
    Ok(Kept {
        known,
        asked: keys.len(),
        new: vec![],
    })
}

impl Kept {
    /// The answer that the request with this key got, if it was the same request.
    pub(super) fn recall(
        &self,
        idempotency: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<Answer>, WriteError> {
        match self.known.get(&idempotency.key) {
            Some((_, _, at)) if at.as_micros() <= oldest(now) => Ok(None),
            Some((fingerprint, answer, _)) if *fingerprint == idempotency.fingerprint => {
                Ok(Some(answer.clone()))
            }
            Some(_) => Err(WriteError::KeyReused),
            None => Ok(None),
        }
    }

    /// Keeps an answer.
    pub(super) fn keep(&mut self, idempotency: &Idempotency, answer: Answer, at: Timestamp) {
        let known = (idempotency.fingerprint.to_vec(), answer.clone(), at);
        self.known.insert(idempotency.key.clone(), known);
        self.new.push(New {
            key: idempotency.key.clone(),
            fingerprint: idempotency.fingerprint,
            answer,
            at,
        });
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
        let keys: Vec<&str> = self.new.iter().map(|new| new.key.as_str()).collect();
        let fingerprints = self.new.iter().map(|new| new.fingerprint.as_slice());
        let fingerprints: Vec<&[u8]> = fingerprints.collect();
        let statuses = self.new.iter().map(|new| i32::from(new.answer.status));
        let statuses: Vec<i32> = statuses.collect();
        let bodies: Vec<&[u8]> = self
            .new
            .iter()
            .map(|new| new.answer.body.as_slice())
            .collect();
        let times: Vec<i64> = self.new.iter().map(|new| new.at.as_micros()).collect();
        let row = client
            .query_one(
                &keep,
                &[&org.id(), &keys, &fingerprints, &statuses, &bodies, &times],
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
        .execute(&delete, &[&org.id(), &oldest(now), &len_max])
        .await?;
    Ok(i64::try_from(deleted).unwrap_or(i64::MAX))
}

/// What is older than this, or as old, is no longer kept.
fn oldest(now: Timestamp) -> i64 {
    now.as_micros() - i64::try_from(KEPT_FOR.as_micros()).unwrap_or(i64::MAX)
}
