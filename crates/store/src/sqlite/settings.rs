//! Organisations and keys: what the command line writes, beside a server that may be running.

use lanekeeper_core::change::{Actor, Change};
use lanekeeper_core::key::Key;
use lanekeeper_core::pipeline::UnknownAttributes;
use lanekeeper_core::plan::setup::Setup;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::time::sleep;
use uuid::Uuid;

use super::Sqlite;
use super::apply::{Origin, apply, create_organization, set_last_sequence};
use super::connection::open_writer;
use super::load::org_state;
use crate::clock::Mint;
use crate::known_keys::KNOWN_FOR;
use crate::{Org, WriteError};

impl Sqlite {
    /// Makes an organisation: the first, or one more.
    pub(crate) fn set_up(&self, setup: &Setup, may_be_another: bool) -> Result<(), WriteError> {
        self.transact(|connection| {
            let organizations = "select count(*) from organization";
            let count: i64 = connection.query_row(organizations, [], |row| row.get(0))?;
            if count > 0 && !may_be_another {
                return Err(WriteError::AlreadySetUp);
            }
            let org = create_organization(connection, &setup.organization)?;
            self.commit_changes(connection, org, &Actor::cli(), &setup.changes())
        })
    }

    pub(crate) fn create_key(&self, org: &Org, key: &Key, actor: &Actor) -> Result<(), WriteError> {
        self.transact(|connection| {
            self.commit_changes(connection, *org, actor, &[Change::CreateKey(key.clone())])
        })
    }

    pub(crate) async fn revoke_key(
        &self,
        org: &Org,
        id: Uuid,
        actor: &Actor,
    ) -> Result<bool, WriteError> {
        let is_revoked = self.revoke_key_now(org, id, actor)?;
        self.known_keys.forget();
        if is_revoked && self.writer.is_none() {
            // A command has done it once no server takes the key any more.
            sleep(KNOWN_FOR).await;
        }
        Ok(is_revoked)
    }

    fn revoke_key_now(&self, org: &Org, id: Uuid, actor: &Actor) -> Result<bool, WriteError> {
        self.transact(|connection| {
            let sql =
                "select count(*) from api_key where org = ?1 and id = ?2 and revoked_at is null";
            let live: i64 = connection.query_row(sql, params![org.number, id], |row| row.get(0))?;
            if live == 0 {
                return Ok(false);
            }
            let revoked_at = self.clock.now();
            let change = Change::RevokeKey { id, revoked_at };
            self.commit_changes(connection, *org, actor, &[change])?;
            Ok(true)
        })
    }

    pub(crate) fn update_organization(
        &self,
        org: &Org,
        after: UnknownAttributes,
        actor: &Actor,
    ) -> Result<(), WriteError> {
        self.transact(|connection| {
            let before = org_state(connection, *org)?.unknown_attributes;
            if before == after {
                return Ok(());
            }
            let change = Change::UpdateOrganization {
                id: org.id(),
                before,
                after,
            };
            self.commit_changes(connection, *org, actor, &[change])
        })
    }

    fn commit_changes(
        &self,
        connection: &Connection,
        org: Org,
        actor: &Actor,
        changes: &[Change],
    ) -> Result<(), WriteError> {
        let at = self.clock.now();
        let mut mint = Mint::new();
        mint.set_now(at);
        let (id, request_id) = (mint.id(), &mint.id().to_string());
        let origin = Origin {
            org,
            id,
            request_id,
            actor,
            at,
        };
        let last = org_state(connection, org)?.last_sequence;
        let last = apply(connection, &origin, changes, last)?;
        Ok(set_last_sequence(connection, org, last)?)
    }

    /// One transaction on a connection of its own; SQLite lets one writer in at a time, across processes too.
    pub(super) fn transact<T>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        let connection = open_writer(&self.path, 0);
        let mut connection = connection.map_err(|error| WriteError::Failed(error.to_string()))?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = run(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}
