//! Organisations and keys: what the command line writes, beside servers that may be running.

use lanekeeper_core::Timestamp;
use lanekeeper_core::change::{Actor, Change};
use lanekeeper_core::key::Key;
use lanekeeper_core::pipeline::UnknownAttributes;
use lanekeeper_core::plan::setup::Setup;
use tokio::time::sleep;
use uuid::Uuid;

use super::Postgres;
use super::apply::{Changeset, apply};
use super::cycle::lock;
use super::load::settings::keys_by_id;
use super::session::{Purpose, Session, Sight};
use crate::clock::Mint;
use crate::known_keys::KNOWN_FOR;
use crate::{Org, WriteError};

/// The lock of those who make organisations ("ORGS").
const LOCK: i64 = 0x4f52_4753;

impl Postgres {
    /// Makes an organisation: the first, or one more.
    pub(crate) async fn set_up(
        &self,
        setup: &Setup,
        may_be_another: bool,
    ) -> Result<(), WriteError> {
        let session = Session::begin(&self.pool, Sight::Operator, Purpose::Write).await?;
        let only_one = format!("select pg_advisory_xact_lock({LOCK})");
        session.batch_execute(&only_one).await?;
        if !may_be_another {
            let organizations = "select exists (select 1 from organization)";
            let row = session.query_one(organizations, &[]).await?;
            if row.try_get(0)? {
                return Err(WriteError::AlreadySetUp);
            }
        }
        let organization = &setup.organization;
        let org = Org::new(0, organization.id);
        let sql = "
            insert into organization (id, name, unknown_attributes, created_at)
            values ($1, $2, $3, $4)";
        let (rule, created_at) = (
            organization.unknown_attributes.name(),
            organization.created_at.as_micros(),
        );
        session
            .execute(
                sql,
                &[&organization.id, &organization.name, &rule, &created_at],
            )
            .await?;
        let see = format!("set local lanekeeper.org = '{}'", organization.id);
        session.batch_execute(&see).await?;
        self.commit_changes(session, org, &Actor::cli(), setup.changes())
            .await
    }

    pub(crate) async fn create_key(
        &self,
        org: &Org,
        key: &Key,
        actor: &Actor,
    ) -> Result<(), WriteError> {
        let session = self.writing(*org).await?;
        let changes = vec![Change::CreateKey(key.clone())];
        self.commit_changes(session, *org, actor, changes).await
    }

    pub(crate) async fn revoke_key(
        &self,
        org: &Org,
        id: Uuid,
        actor: &Actor,
    ) -> Result<bool, WriteError> {
        let session = self.writing(*org).await?;
        lock(&session, *org).await?;
        let key = keys_by_id(&session, *org, &[id]).await?.pop();
        if key.is_none_or(|key| key.revoked_at.is_some()) {
            return Ok(false);
        }
        let revoked_at = self.clock.now();
        let changes = vec![Change::RevokeKey { id, revoked_at }];
        self.commit_changes(session, *org, actor, changes).await?;
        self.known_keys.forget();
        if self.lanes.is_none() {
            // A command has done it once no server takes the key any more.
            sleep(KNOWN_FOR).await;
        }
        Ok(true)
    }

    pub(crate) async fn update_organization(
        &self,
        org: &Org,
        after: UnknownAttributes,
        actor: &Actor,
    ) -> Result<(), WriteError> {
        let session = self.writing(*org).await?;
        let before = lock(&session, *org).await?.unknown_attributes;
        if before == after {
            return Ok(());
        }
        let id = org.id();
        let changes = vec![Change::UpdateOrganization { id, before, after }];
        self.commit_changes(session, *org, actor, changes).await
    }

    async fn writing(&self, org: Org) -> Result<Session, WriteError> {
        Ok(Session::begin(&self.pool, Sight::Org(org), Purpose::Write).await?)
    }

    pub(super) async fn commit_changes(
        &self,
        session: Session,
        org: Org,
        actor: &Actor,
        changes: Vec<Change>,
    ) -> Result<(), WriteError> {
        let state = lock(&session, org).await?;
        let later = Timestamp::from_micros(state.last_write_at.as_micros() + 1);
        let at = self.clock.now().max(later);
        let mut mint = Mint::new();
        mint.set_now(at);
        let changeset = Changeset {
            id: mint.id(),
            request_id: mint.id().to_string(),
            actor: actor.clone(),
            at,
            changes,
        };
        let last = apply(&session, org, &[changeset], state.last_sequence).await?;
        let sql = "update organization set last_sequence = $2, last_write_at = $3 where id = $1";
        session
            .execute(sql, &[&org.id(), &last, &at.as_micros()])
            .await?;
        session.commit().await?;
        self.commits.tell(org, last);
        self.health.tell(org, last);
        Ok(())
    }
}
