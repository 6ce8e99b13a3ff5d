//! Facts about settings: sets that are small enough to be known whole, and what is in a stage.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::needs::HOLDERS_MAX;
use super::{Facts, Needs, NotLoaded};
use crate::key::Key;
use crate::pipeline::{Pipeline, User};
use crate::{Object, Record, Timestamp};

/// Which sets are known whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Whole {
    pipelines: bool,
    users: bool,
    live_keys: bool,
    /// The stages of which the opportunities are known.
    stages: BTreeSet<Uuid>,
    /// Those of them with more live opportunities than [`HOLDERS_MAX`].
    crowded: BTreeSet<Uuid>,
}

impl Whole {
    pub(super) fn of(needs: &Needs) -> Self {
        Self {
            pipelines: needs.all_pipelines,
            users: needs.all_users,
            live_keys: needs.live_keys,
            stages: needs.stages.iter().map(|(_, id)| *id).collect(),
            crowded: BTreeSet::new(),
        }
    }
}

impl Facts {
    /// Adds a key that was found.
    pub fn add_key(&mut self, key: Key) {
        self.known.keys.insert(key.id, Some(Arc::new(key)));
    }

    /// Adds the opportunities that were found in a stage: all, or one more than [`HOLDERS_MAX`] of the live ones, and of
    /// those in the trash.
    pub fn add_occupants(&mut self, stage_id: Uuid, records: Vec<Arc<Record>>) {
        if is_crowd(&records) {
            self.whole.crowded.insert(stage_id);
        }
        let records = records.into_iter();
        records.for_each(|record| self.add_record(record));
    }

    /// Every pipeline.
    pub(crate) fn pipelines(&self) -> Result<Vec<&Arc<Pipeline>>, NotLoaded> {
        loaded(self.whole.pipelines, "all pipelines")?;
        let (known, pending) = (&self.known.pipelines, &self.pending.pipelines);
        let known = known.iter().filter(|(id, _)| !pending.contains_key(*id));
        Ok(known
            .chain(pending)
            .filter_map(|(_, found)| found.as_ref())
            .collect())
    }

    /// Every member.
    pub(crate) fn users(&self) -> Result<Vec<&Arc<User>>, NotLoaded> {
        loaded(self.whole.users, "all members")?;
        let (known, pending) = (&self.known.users, &self.pending.users);
        let known = known.iter().filter(|(id, _)| !pending.contains_key(*id));
        Ok(known
            .chain(pending)
            .filter_map(|(_, found)| found.as_ref())
            .collect())
    }

    /// Every key that is not revoked.
    pub(crate) fn live_keys(&self) -> Result<Vec<&Arc<Key>>, NotLoaded> {
        loaded(self.whole.live_keys, "all keys")?;
        let (known, pending) = (&self.known.keys, &self.pending.keys);
        let known = known.iter().filter(|(id, _)| !pending.contains_key(*id));
        let all = known.chain(pending).filter_map(|(_, found)| found.as_ref());
        Ok(all.filter(|key| key.revoked_at.is_none()).collect())
    }

    pub(crate) fn key(&self, id: Uuid) -> Result<Option<&Arc<Key>>, NotLoaded> {
        self.get(|layer| layer.keys.get(&id), || format!("the key {id}"))
    }

    /// The opportunities in a stage, in the trash or not; none within if more than [`HOLDERS_MAX`] are live.
    pub(crate) fn occupants(&self, stage_id: Uuid) -> Result<Option<Vec<Arc<Record>>>, NotLoaded> {
        loaded(self.whole.stages.contains(&stage_id), "what is in a stage")?;
        if self.whole.crowded.contains(&stage_id) {
            return Ok(None);
        }
        let is_in = |record: &&Arc<Record>| {
            record.object == Object::Opportunity && record.reference("stage_id") == Some(stage_id)
        };
        let records: Vec<_> = self.all_records().filter(is_in).cloned().collect();
        Ok((!is_crowd(&records)).then_some(records))
    }

    pub(super) fn absorb_user(&mut self, user: Arc<User>) {
        let (id, email) = (user.id, user.email.clone());
        self.pending.user_emails.insert(email, Some(id));
        self.pending.users.insert(id, Some(user));
    }

    pub(super) fn absorb_pipeline(&mut self, pipeline: Arc<Pipeline>) {
        self.pending.pipelines.insert(pipeline.id, Some(pipeline));
    }

    /// A stage of a pipeline, or its absence.
    pub(super) fn absorb_stage(
        &mut self,
        pipeline_id: Uuid,
        at: Timestamp,
        edit: impl FnOnce(&mut Pipeline),
    ) {
        if let Ok(Some(pipeline)) = self.pipeline(pipeline_id) {
            let mut pipeline = Pipeline::clone(pipeline);
            edit(&mut pipeline);
            pipeline.updated_at = at;
            self.absorb_pipeline(Arc::new(pipeline));
        }
    }

    pub(super) fn absorb_key(&mut self, key: Arc<Key>) {
        self.pending.keys.insert(key.id, Some(key));
    }

    pub(super) fn absorb_revocation(&mut self, id: Uuid, revoked_at: Timestamp) {
        if let Ok(Some(key)) = self.key(id) {
            let mut key = Key::clone(key);
            key.revoked_at = Some(revoked_at);
            self.absorb_key(Arc::new(key));
        }
    }
}

fn is_crowd(records: &[Arc<Record>]) -> bool {
    records.iter().filter(|record| record.is_live()).count() > HOLDERS_MAX
}

fn loaded(is_so: bool, what: &str) -> Result<(), NotLoaded> {
    is_so
        .then_some(())
        .ok_or_else(|| NotLoaded(what.to_owned()))
}
