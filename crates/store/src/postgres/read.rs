//! Reads: each is a transaction that sees one state of the database, and one organisation.

use std::collections::BTreeMap;
use std::sync::Arc;

use deadpool_postgres::ClientWrapper as Client;
use futures_util::future::try_join;
use lanekeeper_core::custom::{FieldDefinition, Scope};
use lanekeeper_core::key::Key;
use lanekeeper_core::outcome::{AccountBrief, ContactBrief, OpportunityView, OwnerBrief};
use lanekeeper_core::pipeline::{Pipeline, User};
use lanekeeper_core::query::{Draft, Found};
use lanekeeper_core::summary::Summary;
use lanekeeper_core::{Faults, Object, Timestamp};
use tokio::time::timeout;
use tokio_postgres::Row;
use uuid::Uuid;

use super::columns::{record_of, selected, width};
use super::health::SILENT;
use super::load::settings::{Members, fields, key_by_hash, keys, pipelines, rows, users};
use super::load::{answering, records_by_id};
use super::session::{Purpose, Session, Sight, begin};
use super::{Postgres, search, summary};
use crate::changeset::{CHANGESET_COLUMNS, Changeset, ChangesetRow};
use crate::search::TIME_MAX;
use crate::{ChangePage, KeyEntry, Org, Overview, ReadError, SearchPage};

impl Postgres {
    /// What a read answers, or that the database is out of reach, whichever comes first.
    async fn reading<T>(
        &self,
        read: impl Future<Output = Result<T, ReadError>>,
    ) -> Result<T, ReadError> {
        self.health.check().map_err(ReadError::Unreachable)?;
        tokio::select! {
            answer = read => answer,
            () = self.health.lost() => Err(ReadError::Unreachable(SILENT.to_owned())),
        }
    }

    async fn session(&self, org: Org) -> Result<Session, ReadError> {
        Session::begin(&self.pool, Sight::Org(org), Purpose::Read).await
    }

    pub(crate) async fn key(&self, hash: &[u8; 32]) -> Result<Option<Arc<KeyEntry>>, ReadError> {
        if let Ok(known) = self.known_keys.get(hash) {
            return Ok(Some(known));
        }
        let _turn = self.key_look_ups.acquire().await;
        // Whose turn was before may have found the same.
        let look_up = match self.known_keys.get(hash) {
            Ok(known) => return Ok(Some(known)),
            Err(look_up) => look_up,
        };
        let found = self.look_up_key(hash).await?.map(Arc::new);
        if let Some(found) = &found {
            self.known_keys.keep(hash, &look_up, found);
        }
        Ok(found)
    }

    async fn look_up_key(&self, hash: &[u8; 32]) -> Result<Option<KeyEntry>, ReadError> {
        self.reading(async {
            let session = Session::take(&self.pool).await?;
            let begin = begin(Sight::Key(hash), Purpose::Read);
            // One flight, as every request begins with it.
            let begun = async { Ok(session.batch_execute(&begin).await?) };
            let ((), found) = try_join(begun, key_by_hash(&session, hash)).await?;
            let found = session.end(Ok(found))?;
            Ok(found.map(|(org, key)| KeyEntry {
                org: Org::new(0, org),
                key,
            }))
        })
        .await
    }

    pub(crate) async fn keys(&self, org: &Org) -> Result<Vec<Key>, ReadError> {
        self.reading(async {
            let session = self.session(*org).await?;
            let found = keys(&session, *org, "true").await;
            session.end(found)
        })
        .await
    }

    pub(crate) async fn live_keys(&self, org: &Org) -> Result<Vec<Key>, ReadError> {
        self.reading(async {
            let session = self.session(*org).await?;
            let found = keys(&session, *org, "revoked_at is null").await;
            session.end(found)
        })
        .await
    }

    pub(crate) async fn users(&self, org: &Org) -> Result<Vec<User>, ReadError> {
        self.reading(async {
            let session = self.session(*org).await?;
            let found = users(&session, *org, Members::All).await;
            session.end(found)
        })
        .await
    }

    pub(crate) async fn user(&self, org: &Org, id: Uuid) -> Result<Option<User>, ReadError> {
        self.reading(async {
            let session = self.session(*org).await?;
            let found = users(&session, *org, Members::Named(&[id], &[])).await;
            Ok(session.end(found)?.pop())
        })
        .await
    }

    pub(crate) async fn overview(&self) -> Result<Vec<Overview>, ReadError> {
        let session = Session::begin(&self.pool, Sight::Operator, Purpose::Read).await?;
        let sql = "select id, name from organization order by created_at, id";
        let found = rows(&session, sql, &[]).await;
        let found = session.end(found)?;
        let organizations = found.iter().map(|row| {
            Ok(Overview {
                org: Org::new(0, row.try_get(0)?),
                name: row.try_get(1)?,
            })
        });
        organizations.collect()
    }

    pub(crate) async fn record(
        &self,
        org: &Org,
        object: Object,
        id: Uuid,
    ) -> Result<Option<Found>, ReadError> {
        self.reading(async {
            let session = self.session(*org).await?;
            let found = record(&session, *org, object, id).await;
            session.end(found)
        })
        .await
    }

    pub(crate) async fn pipelines(&self, org: &Org) -> Result<Vec<Pipeline>, ReadError> {
        self.reading(async {
            let session = self.session(*org).await?;
            let found = pipelines(&session, *org, None).await;
            session.end(found)
        })
        .await
    }

    pub(crate) async fn pipeline(
        &self,
        org: &Org,
        id: Uuid,
    ) -> Result<Option<Pipeline>, ReadError> {
        self.reading(async {
            let session = self.session(*org).await?;
            let found = pipelines(&session, *org, Some(&[id])).await;
            Ok(session.end(found)?.pop())
        })
        .await
    }

    pub(crate) async fn fields(
        &self,
        org: &Org,
        scope: Scope,
    ) -> Result<Vec<FieldDefinition>, ReadError> {
        self.reading(async {
            let session = self.session(*org).await?;
            let found = fields(&session, *org, scope).await;
            session.end(found)
        })
        .await
    }

    pub(crate) async fn summary(
        &self,
        org: Org,
        pipeline_id: Uuid,
    ) -> Result<Option<Summary>, ReadError> {
        let read = async {
            let session = self.searching(org).await?;
            let found = summary::summary(&session, org, pipeline_id).await;
            session.end(found)
        };
        self.in_turn(read).await
    }

    pub(crate) async fn search(
        &self,
        org: Org,
        draft: Draft,
    ) -> Result<Result<SearchPage, Faults>, ReadError> {
        let read = async {
            let session = self.searching(org).await?;
            let page = search::search(&session, org, &draft, &self.cursor_key).await;
            session.end(page)
        };
        self.in_turn(read).await
    }

    /// What may take long, in its turn. Each of its statements has so much time; its turn and all of them have no more.
    async fn in_turn<T>(
        &self,
        read: impl Future<Output = Result<T, ReadError>>,
    ) -> Result<T, ReadError> {
        let in_turn = async {
            let _turn = self.searches.acquire().await;
            self.reading(read).await
        };
        let read = timeout(TIME_MAX, in_turn).await;
        read.unwrap_or(Err(ReadError::TooSlow))
    }

    async fn searching(&self, org: Org) -> Result<Session, ReadError> {
        let purpose = Purpose::Search(TIME_MAX);
        Session::begin(&self.pool, Sight::Org(org), purpose).await
    }

    pub(crate) async fn changes(
        &self,
        org: Org,
        after: i64,
        limit: usize,
    ) -> Result<ChangePage, ReadError> {
        self.reading(async {
            let session = self.session(org).await?;
            let page = changes(&session, org, after, limit).await;
            session.end(page)
        })
        .await
    }
}

pub(super) async fn record(
    client: &Client,
    org: Org,
    object: Object,
    id: Uuid,
) -> Result<Option<Found>, ReadError> {
    if object == Object::Opportunity {
        return Ok(found(client, org, object, &[id]).await?.pop());
    }
    let record = answering(client, org, object, id).await?;
    Ok(record.map(|record| Found::Record(Arc::new(record))))
}

/// The live records of these ids with what surrounds them, in the order of the ids.
pub(super) async fn found(
    client: &Client,
    org: Org,
    object: Object,
    ids: &[Uuid],
) -> Result<Vec<Found>, ReadError> {
    let all: Vec<Found> = match object {
        Object::Opportunity => opportunities(client, org, ids).await?,
        Object::Account | Object::Contact | Object::Note | Object::Activity => {
            let records = records_by_id(client, org, object, ids).await?.into_iter();
            let live = records.filter(lanekeeper_core::Record::is_live);
            live.map(|record| Found::Record(Arc::new(record))).collect()
        }
    };
    let by_id = all.into_iter().map(|found| (found.record().id, found));
    let mut by_id: BTreeMap<Uuid, Found> = by_id.collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

async fn opportunities(client: &Client, org: Org, ids: &[Uuid]) -> Result<Vec<Found>, ReadError> {
    let columns = selected(Object::Opportunity);
    let of_records = format!(
        "select {columns}, s.label, a.id, a.name, a.domain,
             c.id, c.email, c.first_name, c.last_name, c.full_name, m.id, m.email
         from opportunity r
         join stage s on s.org = r.org and s.id = r.stage_id
         left join account a on a.org = r.org and a.id = r.account_id
         left join contact c on c.org = r.org and c.id = r.contact_id
         left join member m on m.org = r.org and m.id = r.owner_id
         where r.org = $1 and r.id = any($2) and r.deleted_at is null"
    );
    let of_contacts = "
        select l.opportunity_id, c.id, c.email, c.first_name, c.last_name, c.full_name
        from opportunity_contact l
        join contact c on c.org = l.org and c.id = l.contact_id
        where l.org = $1 and l.opportunity_id = any($2) order by l.opportunity_id, l.place";
    let (records, contacts) = try_join(
        rows(client, &of_records, &[&org.id(), &ids]),
        rows(client, of_contacts, &[&org.id(), &ids]),
    )
    .await?;
    let mut additional: BTreeMap<Uuid, Vec<ContactBrief>> = BTreeMap::new();
    for row in &contacts {
        let brief = contact_brief(row, 1)?;
        additional.entry(row.try_get(0)?).or_default().extend(brief);
    }
    let first = width(Object::Opportunity);
    let views = records.iter().map(|row| {
        let record = record_of(row, Object::Opportunity)?;
        let additional_contacts = additional.remove(&record.id).unwrap_or_default();
        Ok(Found::Opportunity(Box::new(OpportunityView {
            record: Arc::new(record),
            stage_name: row.try_get(first)?,
            account: account_brief(row, first + 1)?,
            contact: contact_brief(row, first + 4)?,
            additional_contacts,
            owner: owner_brief(row, first + 9)?,
        })))
    });
    views.collect()
}

fn account_brief(row: &Row, first: usize) -> Result<Option<AccountBrief>, ReadError> {
    let Some(id) = row.try_get(first)? else {
        return Ok(None);
    };
    let name: Option<String> = row.try_get(first + 1)?;
    Ok(Some(AccountBrief {
        id,
        name: name.unwrap_or_default(),
        domain: row.try_get(first + 2)?,
    }))
}

fn contact_brief(row: &Row, first: usize) -> Result<Option<ContactBrief>, ReadError> {
    let Some(id) = row.try_get(first)? else {
        return Ok(None);
    };
    Ok(Some(ContactBrief {
        id,
        email: row.try_get(first + 1)?,
        first_name: row.try_get(first + 2)?,
        last_name: row.try_get(first + 3)?,
        full_name: row.try_get(first + 4)?,
    }))
}

fn owner_brief(row: &Row, first: usize) -> Result<Option<OwnerBrief>, ReadError> {
    let Some(id) = row.try_get(first)? else {
        return Ok(None);
    };
    Ok(Some(OwnerBrief {
        id,
        email: row.try_get(first + 1)?,
    }))
}

pub(super) async fn changes(
    client: &Client,
    org: Org,
    after: i64,
    limit: usize,
) -> Result<ChangePage, ReadError> {
    // A difference, because a sum may be more than there are numbers.
    let sql = format!(
        "select {CHANGESET_COLUMNS}
         from changeset where org = $1 and last_sequence > $2 and first_sequence - $2 <= $3
         order by last_sequence limit $3"
    );
    let mut page = ChangePage::default();
    let mut read_to = after;
    loop {
        // The numbers have no gaps: what begins later is not on this page.
        let missing = i64::try_from(limit + 1 - page.changes.len()).unwrap_or(i64::MAX);
        let found = rows(client, &sql, &[&org.id(), &read_to, &missing]).await?;
        for row in &found {
            let row = changeset_of(row)?;
            read_to = row.last_sequence;
            if page.add(row, after, limit)? {
                return Ok(page);
            }
        }
        if found.is_empty() {
            return Ok(page);
        }
    }
}

/// The row of the feed that has the [`CHANGESET_COLUMNS`].
pub(super) fn changeset_of(row: &Row) -> Result<ChangesetRow, ReadError> {
    Ok(ChangesetRow {
        first_sequence: row.try_get(0)?,
        changes: row.try_get(1)?,
        changeset: Changeset {
            id: row.try_get(2)?,
            request_id: row.try_get(3)?,
            actor_kind: row.try_get(4)?,
            actor_id: row.try_get(5)?,
            actor_name: row.try_get(6)?,
            occurred_at: Timestamp::from_micros(row.try_get(7)?),
        },
        last_sequence: row.try_get(8)?,
    })
}
