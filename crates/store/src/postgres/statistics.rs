//! PostgreSQL's statistics, while tables grow faster than it counts them: until it has looked at a table for the first time,
//! after a minute or so, it takes any index that begins with the organisation to be as good as any other, and reads the whole
//! organisation by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deadpool_postgres::Pool;

/// After how many changes the tables are looked at, unless somebody has done so since they had half as many.
const LOOKED_AT: [u64; 4] = [200, 2_000, 20_000, 200_000];

const TABLES: &str = "
    stage, member, field, account, account_text, contact, contact_text, contact_address, opportunity, opportunity_text,
    opportunity_contact, custom_value, note, note_text, note_link, activity, activity_text, activity_link, changeset,
    idempotency";

/// How much this server has written.
#[derive(Clone)]
pub(super) struct Statistics {
    pool: Pool,
    changes: Arc<AtomicU64>,
}

impl Statistics {
    pub(super) fn new(pool: Pool) -> Self {
        let changes = Arc::default();
        Self { pool, changes }
    }

    /// Notes that so many changes were committed, and has the tables looked at if it is time.
    pub(super) fn wrote(&self, changes: u64) {
        let before = self.changes.fetch_add(changes, Ordering::Relaxed);
        let passed = passed(before, before + changes);
        if let Some(passed) = passed {
            let pool = self.pool.clone();
            tokio::spawn(async move {
                if let Err(error) = look(&pool, passed).await {
                    tracing::warn!(
                        error,
                        "the tables could not be looked at; writes may be slow for a while"
                    );
                }
            });
        }
    }
}

/// The highest number that lies behind the one and not behind the other.
fn passed(before: u64, after: u64) -> Option<u64> {
    let mut passed = LOOKED_AT.iter().rev().copied();
    passed.find(|number| before < *number && *number <= after)
}

async fn look(pool: &Pool, changes: u64) -> Result<(), String> {
    let client = pool
        .get()
        .await
        .map_err(|error| crate::error::chain(&error))?;
    let sql = format!(
        "do $$ begin
             if (select reltuples from pg_class where oid = 'changeset'::regclass) < {} then
                 analyze {TABLES};
             end if;
         end $$",
        changes / 2
    );
    let looked = client.batch_execute(&sql).await;
    looked.map_err(|error| crate::error::chain(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_passes_several_numbers_has_the_tables_looked_at_once() {
        assert_eq!(passed(0, 199), None);
        assert_eq!(passed(199, 200), Some(200));
        assert_eq!(passed(200, 1_999), None);
        assert_eq!(passed(150, 2_500), Some(2_000));
        assert_eq!(passed(200_000, 900_000), None);
    }
}
