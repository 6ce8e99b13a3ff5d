//! Facts from the database: whatever the needs name, and whether it is there.
//!
//! Each kind of key is one statement for all keys of a group, and the statements that do not wait for each other are sent
//! together.

pub(super) mod settings;

use std::collections::BTreeSet;
use std::sync::Arc;

use deadpool_postgres::ClientWrapper as Client;
use futures_util::future::{try_join, try_join_all, try_join4};
use lanekeeper_core::custom::Scope;
use lanekeeper_core::facts::{HELD_BYTES_MAX, HOLDERS_MAX};
use lanekeeper_core::pipeline::UnknownAttributes;
use lanekeeper_core::{DomainName, Email, Facts, Needs, Object, Record};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::columns::{record_of, selected};
use crate::{Org, ReadError};

/// Rows that one statement answers at most for what has no other bound.
const ROWS_AT_ONCE: usize = 100;

/// Everything that the needs name.
pub(super) async fn load(
    client: &Client,
    org: Org,
    needs: &Needs,
    unknown: UnknownAttributes,
) -> Result<Facts, ReadError> {
    let known = first(client, org, needs).await?;
    complete(client, org, needs, unknown, known).await
}

/// What is asked for first: it depends on nothing but the needs, so it can be sent right behind the lock.
pub(super) async fn first(client: &Client, org: Org, needs: &Needs) -> Result<Known, ReadError> {
    let (whole, mut known) = try_join(
        settings::whole(client, org, needs),
        known(client, org, needs),
    )
    .await?;
    known.whole = whole;
    Ok(known)
}

/// The facts from what was asked for first, and whatever must be asked for besides once that is known.
pub(super) async fn complete(
    client: &Client,
    org: Org,
    needs: &Needs,
    unknown: UnknownAttributes,
    first: Known,
) -> Result<Facts, ReadError> {
    let mut facts = Facts::absent(needs, unknown);
    first.add_to(&mut facts);
    for (scope, slug) in facts.holders_needed(needs) {
        for record in holders(client, org, scope, &slug).await? {
            facts.add_record(Arc::new(record));
        }
    }
    loop {
        let further = facts.further_needs();
        if further.is_empty() {
            return Ok(facts);
        }
        facts.expect(&further);
        known(client, org, &further).await?.add_to(&mut facts);
    }
}

/// What was found.
#[derive(Default)]
pub(super) struct Known {
    whole: settings::Whole,
    settings: settings::Settings,
    records: Vec<Record>,
    overfull: Vec<(Object, Uuid)>,
}

impl Known {
    fn add_to(self, facts: &mut Facts) {
        self.whole.add_to(facts);
        self.settings.add_to(facts);
        for record in self.records {
            facts.add_record(Arc::new(record));
        }
        for (object, id) in self.overfull {
            facts.add_overfull(object, id);
        }
    }
}

/// Whatever the needs name, and is there.
async fn known(client: &Client, org: Org, needs: &Needs) -> Result<Known, ReadError> {
    let by_id = Object::ALL.map(|object| {
        let of_object = needs
            .records
            .iter()
            .filter(move |(asked, _)| *asked == object);
        let ids: Vec<Uuid> = of_object.map(|(_, id)| *id).collect();
        async move { records_by_id(client, org, object, &ids).await }
    });
    let related = needs.relations.iter();
    let related = related.map(|(object, id)| relations(client, org, *object, *id));
    let ((accounts, contacts, by_id, related), settings) = try_join(
        try_join4(
            accounts(client, org, &needs.domains),
            contacts(client, org, &needs.emails),
            try_join_all(by_id),
            try_join_all(related),
        ),
        settings::settings(client, org, needs),
    )
    .await?;
    let mut known = Known {
        settings,
        ..Known::default()
    };
    known.records.extend(accounts);
    known.records.extend(contacts);
    for ((object, id), found) in needs.relations.iter().zip(related) {
        match found {
            Some(found) => known.records.extend(found),
            None => known.overfull.push((*object, *id)),
        }
    }
    // What was asked for by id is added last, as it is whole in any case.
    known.records.extend(by_id.into_iter().flatten());
    Ok(known)
}

/// The records of a statement whose first column is the organisation's.
async fn query(
    client: &Client,
    object: Object,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Record>, ReadError> {
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, parameters).await?;
    rows.iter()
        .map(|row: &Row| record_of(row, object))
        .collect()
}

/// The records of these ids, in the trash or not, in no order.
pub(super) async fn records_by_id(
    client: &Client,
    org: Org,
    object: Object,
    ids: &[Uuid],
) -> Result<Vec<Record>, ReadError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let (columns, table) = (selected(object), object.name());
    let sql = format!("select {columns} from {table} r where r.org = $1 and r.id = any($2)");
    query(client, object, &sql, &[&org.id(), &ids]).await
}

/// The accounts that have these domains, and the newest of those that had each when they were merged.
async fn accounts(
    client: &Client,
    org: Org,
    domains: &BTreeSet<DomainName>,
) -> Result<Vec<Record>, ReadError> {
    if domains.is_empty() {
        return Ok(vec![]);
    }
    let domains: Vec<&str> = domains.iter().map(|domain| domain.as_str()).collect();
    let columns = selected(Object::Account);
    let live = format!(
        "select {columns} from account r
         where r.org = $1 and r.domain = any($2) and r.deleted_at is null"
    );
    let merged = format!(
        "select distinct on (r.domain) {columns} from account r
         where r.org = $1 and r.domain = any($2) and r.merged_into is not null
         order by r.domain, r.id desc"
    );
    let id = org.id();
    let parameters: [&(dyn ToSql + Sync); 2] = [&id, &domains];
    let (mut live, merged) = try_join(
        query(client, Object::Account, &live, &parameters),
        query(client, Object::Account, &merged, &parameters),
    )
    .await?;
    live.extend(merged);
    Ok(live)
}

/// The contacts with these addresses, whether they are their first or among their others.
async fn contacts(
    client: &Client,
    org: Org,
    emails: &BTreeSet<Email>,
) -> Result<Vec<Record>, ReadError> {
    if emails.is_empty() {
        return Ok(vec![]);
    }
    let emails: Vec<&str> = emails.iter().map(Email::as_str).collect();
    let columns = selected(Object::Contact);
    let first = format!(
        "select {columns} from contact r
         where r.org = $1 and r.email = any($2) and r.deleted_at is null"
    );
    let other = format!(
        "select {columns} from contact_address a join contact r on r.org = a.org and r.id = a.contact_id
         where a.org = $1 and a.email = any($2)"
    );
    let id = org.id();
    let parameters: [&(dyn ToSql + Sync); 2] = [&id, &emails];
    let (mut first, other) = try_join(
        query(client, Object::Contact, &first, &parameters),
        query(client, Object::Contact, &other, &parameters),
    )
    .await?;
    first.extend(other);
    Ok(first)
}

/// What refers to a record, in the trash or not; none if it is more than the plan takes.
async fn relations(
    client: &Client,
    org: Org,
    target: Object,
    id: Uuid,
) -> Result<Option<Vec<Record>>, ReadError> {
    let (mut found, mut bytes) = (vec![], 0);
    for object in Object::ALL {
        let fields = object.references().iter();
        for (field, _) in fields.filter(|(_, referred)| *referred == target) {
            let (from, term) = referring(object, field);
            let columns = selected(object);
            let sql = format!(
                "select {columns} from {from} where r.org = $1 and {term} and r.id > $3 order by r.id limit $4"
            );
            let mut after = Uuid::nil();
            loop {
                let limit = i64::try_from(ROWS_AT_ONCE).expect("it is small");
                let page = query(client, object, &sql, &[&org.id(), &id, &after, &limit]).await?;
                let Some(last) = page.last() else { break };
                after = last.id;
                bytes += page.iter().map(Record::bytes).sum::<usize>();
                let is_last = page.len() < ROWS_AT_ONCE;
                found.extend(page);
                if found.len() > HOLDERS_MAX || bytes > HELD_BYTES_MAX {
                    return Ok(None);
                }
                if is_last {
                    break;
                }
            }
        }
    }
    Ok(Some(found))
}

/// Where the records are from that refer to `$2` by a field, and the term that says so.
fn referring(object: Object, field: &str) -> (String, String) {
    let table = object.name();
    if object.is_on_timelines() {
        let links = format!("{table}_link l join {table} r on r.org = l.org and r.id = l.record");
        return (links, "l.org = $1 and l.value = $2".to_owned());
    }
    if field == "additional_contact_ids" {
        let links =
            "opportunity_contact l join opportunity r on r.org = l.org and r.id = l.opportunity_id";
        return (
            links.to_owned(),
            "l.org = $1 and l.contact_id = $2".to_owned(),
        );
    }
    (format!("{table} r"), format!("r.{field} = $2"))
}

/// The records with a value of a custom field, up to one more than the plan takes. No index knows them: changing a type
/// is rare, and reads every record of the object once.
async fn holders(
    client: &Client,
    org: Org,
    scope: Scope,
    slug: &str,
) -> Result<Vec<Record>, ReadError> {
    let object = scope.object();
    let (columns, table) = (selected(object), object.name());
    let in_pipeline = match scope {
        Scope::Accounts | Scope::Contacts => "$3::uuid is null",
        Scope::Opportunities(_) => "r.pipeline_id = $3",
    };
    let sql = format!(
        "select {columns} from {table} r
         where r.org = $1 and r.custom ? $2 and {in_pipeline} order by r.id limit $4"
    );
    let parameters: [&(dyn ToSql + Sync); 4] =
        [&org.id(), &slug, &scope.pipeline_id(), &holders_limit()];
    query(client, object, &sql, &parameters).await
}

/// One more than a plan takes, so that it sees that there are too many.
pub(super) fn holders_limit() -> i64 {
    i64::try_from(HOLDERS_MAX).unwrap_or(i64::MAX) + 1
}

/// The live record of an id, or the one that it was merged into.
pub(super) async fn answering(
    client: &Client,
    org: Org,
    object: Object,
    id: Uuid,
) -> Result<Option<Record>, ReadError> {
    let mut id = id;
    loop {
        let found = records_by_id(client, org, object, &[id]).await?.pop();
        match found {
            Some(record) if record.is_live() => return Ok(Some(record)),
            Some(Record {
                merged_into: Some(survivor),
                ..
            }) => id = survivor,
            _ => return Ok(None),
        }
    }
}
