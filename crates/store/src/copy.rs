//! All data and history of one database into another, of the same kind or not.
//!
//! What is copied are entities, not rows: what a backend derives from them (folded texts, indexes, links) it makes anew. A
//! backend reads a batch behind a position and writes a batch in one transaction, with the place that the copy has reached;
//! what an entity is, the order of all, and what makes two of them equal is decided here and in `copy/entity.rs`.

mod digest;
pub(crate) mod entity;
#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;

use uuid::Uuid;

pub use digest::Digest;

use self::entity::{Entity, Part, Place};
use crate::{Access, Clock, Database, OpenError, ReadError, Settings, Store, WriteError};

/// A batch holds about so much at most, and at least one entity.
pub(crate) const BATCH_LEN_MAX: usize = 500;
pub(crate) const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How far a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// How many entities it is done with.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

/// What a copy does one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Entities are written.
    Copying,
    /// Both sides are read and compared.
    Comparing,
}

/// A table of an organisation, read from both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The organisation's id.
    pub organization_id: Uuid,
    /// The table.
    pub table: &'static str,
    /// What is in the source.
    pub from: Digest,
    /// What is in the target.
    pub to: Digest,
}

impl Compared {
    /// Whether both sides hold the same.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.from == self.to
    }
}

/// Why nothing, or not all, was copied, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Both are the same.
    #[error("{0} cannot be copied into itself; name another database with --to")]
    Itself(Database),
    /// One of the two cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is nothing in the source.
    #[error("{0} is empty: there is nothing to copy")]
    NothingToCopy(Database),
    /// The target has data.
    #[error("{0} is not empty and was left alone; copy into an empty database")]
    NotEmpty(Database),
    /// The target is another copy's.
    #[error(
        "{to} holds an unfinished copy of another database, {source_name}, and was left alone; copy into an empty database"
    )]
    OfAnother {
        /// The target.
        to: Database,
        /// What was being copied into it.
        source_name: String,
    },
    /// Somebody wrote to the source.
    #[error(
        "{from} was written to since the copy began; stop every server of it, delete what is in {to}, and copy again"
    )]
    SourceChanged {
        /// The source.
        from: Database,
        /// The target.
        to: Database,
    },
    /// One of the two did not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The target did not take what was written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A copy into a target that is not finished.
pub(crate) struct Unfinished {
    /// What is copied, as its operator named it.
    pub(crate) source_name: String,
    /// Behind which everything is still to be written.
    pub(crate) place: String,
}

/// Copies everything, or what an earlier call was interrupted before; then reads both sides and compares them, table by table.
/// The copy counts as finished, and may be served, once all of it is equal.
///
/// # Errors
/// [`CopyError`]: nothing was written, or the same call goes on where this one stopped.
pub async fn copy(
    from: &Database,
    to: &Database,
    clock: &Clock,
    notice: &mut (dyn FnMut(Progress) + Send),
) -> Result<Vec<Compared>, CopyError> {
    if from == to {
        return Err(CopyError::Itself(from.clone()));
    }
    let open = async |database, access| {
        Store::open(database, access, Settings::default(), clock.clone()).await
    };
    let source = open(from, Access::CopyFrom).await?;
    let organizations = source.overview().await?;
    let mut organizations: Vec<Uuid> = organizations.iter().map(|one| one.org.id()).collect();
    organizations.sort();
    let Some(first) = organizations.first() else {
        return Err(CopyError::NothingToCopy(from.clone()));
    };
    let copying = Copying {
        source,
        target: open(to, Access::CopyInto).await?,
        from,
        to,
    };
    let place = copying.begin(Place::first(*first)).await?;
    let compared = copying.run(place, &organizations, notice).await;
    copying.source.close().await;
    copying.target.close().await;
    compared
}

struct Copying<'a> {
    source: Store,
    target: Store,
    from: &'a Database,
    to: &'a Database,
}

impl Copying<'_> {
    async fn run(
        &self,
        place: Place,
        organizations: &[Uuid],
        notice: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<Compared>, CopyError> {
        let total = count(&self.source, organizations).await?;
        let done = count(&self.target, organizations).await?;
        let mut progress = Progress {
            phase: Phase::Copying,
            done,
            total,
        };
        self.write_behind(place, organizations, &mut progress, notice)
            .await?;
        self.check_source().await?;

        progress.phase = Phase::Comparing;
        progress.done = 0;
        let compared = self.compare(organizations, &mut progress, notice).await?;
        if compared.iter().all(Compared::is_equal) {
            self.target.finish_copy().await?;
        }
        Ok(compared)
    }

    /// Where the copy goes on. A database is known by the key that signs its cursors, which nothing else has.
    async fn begin(&self, first: Place) -> Result<Place, CopyError> {
        let to = self.to.clone();
        let Some(unfinished) = self.target.unfinished_copy().await? else {
            if !self.target.overview().await?.is_empty() {
                return Err(CopyError::NotEmpty(to));
            }
            let source_name = self.from.to_string();
            let place = first.to_string();
            let unfinished = Unfinished { source_name, place };
            let key = self.source.cursor_key();
            self.target.begin_copy(key, unfinished).await?;
            return Ok(first);
        };
        let Unfinished { source_name, place } = unfinished;
        if self.target.cursor_key() != self.source.cursor_key() {
            return Err(CopyError::OfAnother { to, source_name });
        }
        self.check_copied().await?;
        let corrupt = || ReadError::Corrupt("the place of a copy".to_owned());
        Ok(place.parse().map_err(|_| corrupt())?)
    }

    /// Writes what is behind a place, batch by batch.
    async fn write_behind(
        &self,
        mut place: Place,
        organizations: &[Uuid],
        progress: &mut Progress,
        notice: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), CopyError> {
        loop {
            notice(*progress);
            let batch = self.source.read_batch(&place).await?;
            let Some(last) = batch.last() else {
                match place.next(organizations) {
                    Some(next) => place = next,
                    None => return Ok(()),
                }
                continue;
            };
            place.after = last.position();
            if place.part.is_compared() {
                progress.done += batch.len() as u64;
            }
            let batch = batch.into_iter().map(Entity::without_merge).collect();
            self.target.write_batch(batch, &place).await?;
        }
    }

    /// Fails if an organisation that was copied is not as it was then: each change moves its last sequence.
    async fn check_copied(&self) -> Result<(), CopyError> {
        for copied in self.target.overview().await? {
            let place = Place::first(copied.org.id());
            let (there, here) = tokio::join!(
                self.source.read_batch(&place),
                self.target.read_batch(&place)
            );
            if there? != here? {
                return Err(self.source_changed());
            }
        }
        Ok(())
    }

    /// Fails if the source is not as it was when it was copied.
    async fn check_source(&self) -> Result<(), CopyError> {
        let (there, here) = tokio::join!(self.source.overview(), self.target.overview());
        if there?.len() != here?.len() {
            return Err(self.source_changed());
        }
        self.check_copied().await
    }

    fn source_changed(&self) -> CopyError {
        let (from, to) = (self.from.clone(), self.to.clone());
        CopyError::SourceChanged { from, to }
    }

    /// Reads both sides whole.
    async fn compare(
        &self,
        organizations: &[Uuid],
        progress: &mut Progress,
        notice: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<Compared>, CopyError> {
        let mut compared = vec![];
        for organization_id in organizations {
            for part in Part::ALL.into_iter().filter(|part| part.is_compared()) {
                let place = Place::of(*organization_id, part);
                let (mut from, mut to) = (Side::before(place.clone()), Side::before(place));
                while !(from.is_read && to.is_read) {
                    let read = tokio::join!(from.read(&self.source), to.read(&self.target));
                    progress.done += read.0?;
                    read.1?;
                    notice(*progress);
                }
                compared.push(Compared {
                    organization_id: *organization_id,
                    table: part.table(),
                    from: from.digest,
                    to: to.digest,
                });
            }
        }
        Ok(compared)
    }
}

/// One side of a comparison, as far as it was read.
struct Side {
    place: Place,
    digest: Digest,
    is_read: bool,
}

impl Side {
    fn before(place: Place) -> Self {
        Self {
            place,
            digest: Digest::default(),
            is_read: false,
        }
    }

    /// Reads a batch more, if there is one; how many entities it had.
    async fn read(&mut self, store: &Store) -> Result<u64, ReadError> {
        if self.is_read {
            return Ok(0);
        }
        let batch = store.read_batch(&self.place).await?;
        match batch.last() {
            Some(last) => self.place.after = last.position(),
            None => self.is_read = true,
        }
        batch.iter().for_each(|entity| self.digest.add(entity));
        Ok(batch.len() as u64)
    }
}

/// How many entities there are of these organisations.
async fn count(store: &Store, organizations: &[Uuid]) -> Result<u64, ReadError> {
    let mut count = 0;
    for organization_id in organizations {
        for part in Part::ALL.into_iter().filter(|part| part.is_compared()) {
            count += store.count_part(*organization_id, part).await?;
        }
    }
    Ok(count)
}

/// What each backend does for a copy.
impl Store {
    fn cursor_key(&self) -> [u8; 32] {
        match self {
            Self::Sqlite(sqlite) => sqlite.cursor_key(),
            Self::Postgres(postgres) => postgres.cursor_key(),
        }
    }

    /// The copy into this database that is not finished.
    async fn unfinished_copy(&self) -> Result<Option<Unfinished>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.unfinished_copy(),
            Self::Postgres(postgres) => postgres.unfinished_copy().await,
        }
    }

    /// Notes that a copy begins, and takes over the key that signs cursors.
    async fn begin_copy(&self, cursor_key: [u8; 32], copy: Unfinished) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.begin_copy(&cursor_key, &copy),
            Self::Postgres(postgres) => postgres.begin_copy(&cursor_key, &copy).await,
        }
    }

    /// Notes that it is finished.
    async fn finish_copy(&self) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.finish_copy(),
            Self::Postgres(postgres) => postgres.finish_copy().await,
        }
    }

    async fn count_part(&self, organization_id: Uuid, part: Part) -> Result<u64, ReadError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.count_part(organization_id, part),
            Self::Postgres(postgres) => postgres.count_part(organization_id, part).await,
        }
    }

    /// Some entities behind a place, in order; none if there are no more in its part.
    async fn read_batch(&self, place: &Place) -> Result<Vec<Entity>, ReadError> {
        match self {
            Self::Sqlite(sqlite) => {
                let (sqlite, place) = (Arc::clone(sqlite), place.clone());
                let read = tokio::task::spawn_blocking(move || sqlite.read_batch(&place));
                read.await.unwrap_or_else(|panicked| {
                    Err(ReadError::Corrupt(format!("a read panicked: {panicked}")))
                })
            }
            Self::Postgres(postgres) => postgres.read_batch(place).await,
        }
    }

    /// Writes entities, and that the copy has come to this place, all of it or nothing.
    async fn write_batch(&self, batch: Vec<Entity>, place: &Place) -> Result<(), WriteError> {
        match self {
            Self::Sqlite(sqlite) => {
                let (sqlite, place) = (Arc::clone(sqlite), place.clone());
                let written =
                    tokio::task::spawn_blocking(move || sqlite.write_batch(&batch, &place));
                written
                    .await
                    .unwrap_or_else(|panicked| Err(WriteError::Failed(panicked.to_string())))
            }
            Self::Postgres(postgres) => postgres.write_batch(&batch, place).await,
        }
    }
}
