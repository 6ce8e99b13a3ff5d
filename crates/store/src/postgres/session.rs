//! A transaction on a connection of the pool, for one organisation.

use std::ops::Deref;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio::time::timeout;

use super::connection::{CONNECT_WITHIN, discard, reason};
use crate::{Org, ReadError};

/// What a transaction is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Reads of one state of the database.
    Read,
    /// Reads that end when their time is over.
    Search(Duration),
    /// Writes of a short command.
    Write,
    /// A part of a copy, which takes as long as it takes.
    Copy,
}

/// Whose rows are to be seen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sight<'a> {
    Org(Org),
    /// The key of this hash.
    Key(&'a [u8; 32]),
    /// The names of all organisations.
    Operator,
}

/// An open transaction. Dropped, it is rolled back by closing the connection.
pub(super) struct Session {
    client: Option<Object>,
}

impl Session {
    pub(super) async fn begin(
        pool: &Pool,
        sight: Sight<'_>,
        purpose: Purpose,
    ) -> Result<Self, ReadError> {
        let session = Self::take(pool).await?;
        session.batch_execute(&begin(sight, purpose)).await?;
        Ok(session)
    }

    /// A connection on which nothing has begun, for who sends the beginning and a read together.
    pub(super) async fn take(pool: &Pool) -> Result<Self, ReadError> {
        let client = pool.get().await;
        let client = client.map_err(|error| ReadError::Unreachable(reason(&error)))?;
        Ok(Self {
            client: Some(client),
        })
    }

    /// Gives the connection back, with what was read.
    pub(super) fn end<T>(mut self, result: Result<T, ReadError>) -> Result<T, ReadError> {
        // Taken only then: otherwise the connection is closed with this session, for its transaction is open.
        if result.is_ok()
            && let Some(client) = self.client.take()
        {
            // Whoever asked need not wait for the end of a transaction that only read.
            tokio::spawn(async move {
                let ended = timeout(CONNECT_WITHIN, client.batch_execute("commit")).await;
                if !matches!(ended, Ok(Ok(()))) {
                    discard(client);
                }
            });
        }
        result
    }

    /// Makes what was written.
    pub(super) async fn commit(mut self) -> Result<(), tokio_postgres::Error> {
        let client = self.client.take().expect("it is open until it ends");
        match client.batch_execute("commit").await {
            Ok(()) => Ok(()),
            Err(error) => {
                discard(client);
                Err(error)
            }
        }
    }
}

impl Deref for Session {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        self.client.as_ref().expect("it is open until it ends")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.client.take().into_iter().for_each(discard);
    }
}

/// Ids and hashes have no quotes in them.
pub(super) fn begin(sight: Sight, purpose: Purpose) -> String {
    let begin = match purpose {
        Purpose::Read => "begin isolation level repeatable read read only".to_owned(),
        Purpose::Search(time) => format!(
            // Every index begins with the organisation, a whole table has everybody's rows.
            "begin isolation level repeatable read read only; set local statement_timeout = {};
             set local enable_seqscan = off; set local jit = off",
            time.as_millis()
        ),
        Purpose::Write => "begin".to_owned(),
        Purpose::Copy => "begin; set local statement_timeout = 0".to_owned(),
    };
    let (name, value) = match sight {
        Sight::Org(org) => ("org", org.id().to_string()),
        Sight::Key(hash) => (
            "key_hash",
            hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        ),
        Sight::Operator => ("operator", "on".to_owned()),
    };
    format!("{begin}; set local lanekeeper.{name} = '{value}'")
}
