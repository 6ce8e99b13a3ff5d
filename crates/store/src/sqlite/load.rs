//! Facts from the database: whatever the needs name, and whether it is there.
//!
//! A query here is a function call, not a round trip, so each key is one run of a prepared statement; what counts is that
//! each is asked for once for a whole group of requests.

pub(super) mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lanekeeper_core::custom::{AttributeType, FieldDefinition, Scope};
use lanekeeper_core::facts::{HELD_BYTES_MAX, HOLDERS_MAX};
use lanekeeper_core::pipeline::{Pipeline, Stage, StageType, UnknownAttributes};
use lanekeeper_core::{Email, Facts, Needs, Object, Record, Timestamp, Value};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row, params};
use uuid::Uuid;

use super::columns::{record_columns, record_of, statements};
use super::timeline;
use crate::stored::metadata_of;
use crate::{Org, ReadError};

/// What is known of the organisation itself.
pub(super) struct OrgState {
    pub(super) unknown_attributes: UnknownAttributes,
    pub(super) last_sequence: i64,
}

pub(super) fn org_state(connection: &Connection, org: Org) -> Result<OrgState, ReadError> {
    let sql = "select unknown_attributes, last_sequence from organization where org = ?1";
    let row = |row: &Row| Ok((row.get::<_, String>(0)?, row.get(1)?));
    let (rule, last_sequence) = connection
        .prepare_cached(sql)?
        .query_row([org.number], row)?;
    let unknown = || ReadError::Corrupt(format!("the rule {rule}"));
    let unknown_attributes = UnknownAttributes::named(&rule).ok_or_else(unknown)?;
    Ok(OrgState {
        unknown_attributes,
        last_sequence,
    })
}

/// Everything that the needs name.
pub(super) fn load(
    connection: &Connection,
    org: Org,
    needs: &Needs,
    unknown: UnknownAttributes,
) -> Result<Facts, ReadError> {
    let mut facts = Facts::absent(needs, unknown);
    settings::add(connection, org, needs, &mut facts)?;
    add_known(connection, org, needs, &mut facts)?;
    for (scope, slug) in facts.holders_needed(needs) {
        for record in holders(connection, org, scope, &slug)? {
            facts.add_record(Arc::new(record));
        }
    }
    loop {
        let further = facts.further_needs();
        if further.is_empty() {
            return Ok(facts);
        }
        facts.expect(&further);
        add_known(connection, org, &further, &mut facts)?;
    }
}

/// Whatever the needs name, and is there.
fn add_known(
    connection: &Connection,
    org: Org,
    needs: &Needs,
    facts: &mut Facts,
) -> Result<(), ReadError> {
    let domains = needs.domains.iter().map(|domain| domain.as_str());
    for account in by_keys(connection, org, Object::Account, domains)? {
        facts.add_record(Arc::new(account));
    }
    for contact in contacts(connection, org, &needs.emails)? {
        facts.add_record(Arc::new(contact));
    }
    for (object, id) in &needs.relations {
        match relations(connection, org, *object, *id)? {
            Some(found) => found
                .into_iter()
                .for_each(|record| facts.add_record(Arc::new(record))),
            None => facts.add_overfull(*object, *id),
        }
    }
    for (object, id) in &needs.records {
        if let Some(record) = record_with_links(connection, org, *object, *id)? {
            facts.add_record(Arc::new(record));
        }
    }
    for id in &needs.pipelines {
        if let Some(pipeline) = pipeline(connection, org, *id)? {
            facts.add_pipeline(pipeline);
        }
    }
    for user in settings::users(connection, org, needs)? {
        facts.add_user(user);
    }
    for scope in &needs.fields {
        for field in fields(connection, org, *scope)? {
            facts.add_field(field);
        }
    }
    Ok(())
}

/// The record of an id, in the trash or not, with what it is linked to by a table of its own.
pub(super) fn record_with_links(
    connection: &Connection,
    org: Org,
    object: Object,
    id: Uuid,
) -> Result<Option<Record>, ReadError> {
    let mut found = record_by_id(connection, org, object, id)?;
    if let Some(record) = &mut found {
        add_links(connection, org, record)?;
    }
    Ok(found)
}

pub(super) fn add_links(
    connection: &Connection,
    org: Org,
    record: &mut Record,
) -> Result<(), ReadError> {
    if record.object != Object::Opportunity {
        return Ok(());
    }
    let sql = "
        select contact_id from opportunity_contact
        where org = ?1 and opportunity_id = ?2 order by rid";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement.query_map(params![org.number, record.id], |row| row.get(0))?;
    let ids: Vec<Uuid> = ids.collect::<Result<_, _>>()?;
    if !ids.is_empty() {
        let ids = Value::Ids(ids);
        record.values.insert("additional_contact_ids", ids);
    }
    Ok(())
}

/// What refers to a record, in the trash or not; none if it is more than the plan takes.
fn relations(
    connection: &Connection,
    org: Org,
    target: Object,
    id: Uuid,
) -> Result<Option<Vec<Record>>, ReadError> {
    let (mut found, mut bytes) = (vec![], 0);
    for object in Object::ALL {
        let fields = object.references().iter();
        for (field, _) in fields.filter(|(_, referred)| *referred == target) {
            let (columns, table) = (record_columns(object, "r."), object.name());
            let sql = match (timeline::table(object), *field) {
                (Some(links), _) => format!(
                    "select {columns} from {links} link
                     cross join {table} r on r.rid = link.record
                     where link.org = ?1 and link.value = ?2 limit ?3"
                ),
                (None, "additional_contact_ids") => format!(
                    "select {columns} from opportunity_contact link
                     join {table} r on r.org = link.org and r.id = link.opportunity_id
                     where link.org = ?1 and link.contact_id = ?2 order by link.rid limit ?3"
                ),
                (None, field) => format!(
                    "select {columns} from {table} r
                     where r.org = ?1 and r.{field} = ?2 order by r.rid limit ?3"
                ),
            };
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![org.number, id, holders_limit()])?;
            while let Some(row) = rows.next()? {
                let mut record = record_of(row, object)?;
                add_links(connection, org, &mut record)?;
                bytes += record.bytes();
                found.push(record);
                if found.len() > HOLDERS_MAX || bytes > HELD_BYTES_MAX {
                    return Ok(None);
                }
            }
        }
    }
    Ok(Some(found))
}

/// One more than a plan takes, so that it sees that there are too many.
fn holders_limit() -> i64 {
    i64::try_from(HOLDERS_MAX).unwrap_or(i64::MAX) + 1
}

fn by_keys<'a>(
    connection: &Connection,
    org: Org,
    object: Object,
    keys: impl Iterator<Item = &'a str>,
) -> Result<Vec<Record>, ReadError> {
    let mut statement = connection.prepare_cached(&statements(object).by_key)?;
    let mut found = vec![];
    for key in keys {
        found.extend(record(&mut statement, params![org.number, key], object)?);
        if object == Object::Account {
            found.extend(merged_account(connection, org, key)?);
        }
    }
    Ok(found)
}

/// The account that had this domain when it was merged into another, the newest of several.
fn merged_account(
    connection: &Connection,
    org: Org,
    domain: &str,
) -> Result<Option<Record>, ReadError> {
    let columns = record_columns(Object::Account, "");
    let sql = format!(
        "select {columns} from account
         where org = ?1 and domain = ?2 and merged_into is not null order by rid desc limit 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    record(&mut statement, params![org.number, domain], Object::Account)
}

/// The records with a value of a custom field, up to one more than the plan takes. No index knows them: changing a type
/// is rare, and reads every record of the object once.
fn holders(
    connection: &Connection,
    org: Org,
    scope: Scope,
    slug: &str,
) -> Result<Vec<Record>, ReadError> {
    let object = scope.object();
    let (columns, table) = (record_columns(object, ""), object.name());
    let in_pipeline = match scope {
        Scope::Accounts | Scope::Contacts => "?4 is null",
        Scope::Opportunities(_) => "pipeline_id = ?4",
    };
    let sql = format!(
        "select {columns} from {table}
         where org = ?1 and custom is not null and json_type(custom, ?2) is not null and {in_pipeline}
         order by rid limit ?3"
    );
    let path = format!("$.{slug}"); // a slug is letters, digits and underscores
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![
        org.number,
        path,
        holders_limit(),
        scope.pipeline_id()
    ])?;
    let mut found = vec![];
    while let Some(row) = rows.next()? {
        let mut record = record_of(row, object)?;
        add_links(connection, org, &mut record)?;
        found.push(record);
    }
    Ok(found)
}

/// The contacts with these addresses, whether they are their first or among their others.
fn contacts(
    connection: &Connection,
    org: Org,
    emails: &BTreeSet<Email>,
) -> Result<Vec<Record>, ReadError> {
    let mut found = by_keys(
        connection,
        org,
        Object::Contact,
        emails.iter().map(Email::as_str),
    )?;
    let sql = "select contact_id from contact_address where org = ?1 and email = ?2";
    let mut by_other = connection.prepare_cached(sql)?;
    let known: BTreeSet<String> = found
        .iter()
        .map(|contact| contact.text("email").to_owned())
        .collect();
    for email in emails
        .iter()
        .filter(|email| !known.contains(email.as_str()))
    {
        let id = by_other
            .query_row(params![org.number, email.as_str()], |row| row.get(0))
            .optional()?;
        if let Some(id) = id {
            found.extend(record_by_id(connection, org, Object::Contact, id)?);
        }
    }
    Ok(found)
}

pub(super) fn record_by_id(
    connection: &Connection,
    org: Org,
    object: Object,
    id: Uuid,
) -> Result<Option<Record>, ReadError> {
    let mut statement = connection.prepare_cached(&statements(object).by_id)?;
    record(&mut statement, params![org.number, id], object)
}

/// The live record of an id, or the one that it was merged into.
pub(super) fn answering(
    connection: &Connection,
    org: Org,
    object: Object,
    id: Uuid,
) -> Result<Option<Record>, ReadError> {
    let mut found = record_by_id(connection, org, object, id)?;
    while let Some(survivor) = found.as_ref().and_then(|record| record.merged_into) {
        found = record_by_id(connection, org, object, survivor)?;
    }
    Ok(found.filter(Record::is_live))
}

/// The records in some rows, in their order.
pub(super) fn records_of_rows(
    connection: &Connection,
    org: Org,
    object: Object,
    rids: &str,
) -> Result<Vec<Record>, ReadError> {
    let mut statement = connection.prepare_cached(&statements(object).of_rows)?;
    let mut rows = statement.query(params![org.number, rids])?;
    let mut found = vec![];
    while let Some(row) = rows.next()? {
        found.push(record_of(row, object)?);
    }
    Ok(found)
}

fn record(
    statement: &mut CachedStatement,
    params: impl Params,
    object: Object,
) -> Result<Option<Record>, ReadError> {
    let mut rows = statement.query(params)?;
    rows.next()?.map(|row| record_of(row, object)).transpose()
}

pub(super) fn pipeline(
    connection: &Connection,
    org: Org,
    id: Uuid,
) -> Result<Option<Pipeline>, ReadError> {
    let sql = "
        select id, name, is_default, created_at, updated_at
        from pipeline where org = ?1 and id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement
        .query_row(params![org.number, id], pipeline_of)
        .optional()?;
    let Some(mut pipeline) = found else {
        return Ok(None);
    };
    let sql = "
        select pipeline_id, id, label, stage_order, color, is_active, is_default, probability, stage_type
        from stage where org = ?1 and pipeline_id = ?2 order by stage_order, rid";
    let mut statement = connection.prepare_cached(sql)?;
    let stages = statement.query_map(params![org.number, id], |row| Ok(stage_of(row)))?;
    for stage in stages {
        pipeline.stages.push(stage??.1);
    }
    Ok(Some(pipeline))
}

/// All pipelines with their stages, in two statements.
pub(super) fn pipelines(connection: &Connection, org: Org) -> Result<Vec<Pipeline>, ReadError> {
    let sql = "
        select id, name, is_default, created_at, updated_at
        from pipeline where org = ?1 order by rid";
    let mut statement = connection.prepare_cached(sql)?;
    let pipelines = statement.query_map([org.number], pipeline_of)?;
    let mut pipelines: Vec<Pipeline> = pipelines.collect::<Result<_, _>>()?;
    let sql = "
        select pipeline_id, id, label, stage_order, color, is_active, is_default, probability, stage_type
        from stage where org = ?1 order by pipeline_id, stage_order, rid";
    let mut statement = connection.prepare_cached(sql)?;
    let mut stages: BTreeMap<Uuid, Vec<Stage>> = BTreeMap::new();
    for stage in statement.query_map([org.number], |row| Ok(stage_of(row)))? {
        let (pipeline_id, stage) = stage??;
        stages.entry(pipeline_id).or_default().push(stage);
    }
    for pipeline in &mut pipelines {
        pipeline.stages = stages.remove(&pipeline.id).unwrap_or_default();
    }
    Ok(pipelines)
}

fn pipeline_of(row: &Row) -> rusqlite::Result<Pipeline> {
    Ok(Pipeline {
        id: row.get(0)?,
        name: row.get(1)?,
        is_default: row.get(2)?,
        created_at: Timestamp::from_micros(row.get(3)?),
        updated_at: Timestamp::from_micros(row.get(4)?),
        stages: vec![],
    })
}

fn stage_of(row: &Row) -> Result<(Uuid, Stage), ReadError> {
    let stage_type: String = row.get(8)?;
    let unknown = || ReadError::Corrupt(format!("the stage type {stage_type}"));
    let stage = Stage {
        id: row.get(1)?,
        label: row.get(2)?,
        order: row.get(3)?,
        color: row.get(4)?,
        is_active: row.get(5)?,
        is_default: row.get(6)?,
        probability: row.get(7)?,
        stage_type: StageType::named(&stage_type).ok_or_else(unknown)?,
    };
    Ok((row.get(0)?, stage))
}

pub(super) fn fields(
    connection: &Connection,
    org: Org,
    scope: Scope,
) -> Result<Vec<FieldDefinition>, ReadError> {
    let sql = format!(
        "select {FIELD_COLUMNS}
         from field where org = ?1 and object = ?2 and ifnull(pipeline_id, x'') = ifnull(?3, x'')
         order by field_order, rid"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![
        org.number,
        scope.object().name(),
        scope.pipeline_id()
    ])?;
    let mut found = vec![];
    while let Some(row) = rows.next()? {
        found.push(field_of(row, scope)?);
    }
    Ok(found)
}

pub(super) const FIELD_COLUMNS: &str =
    "id, slug, name, attribute_type, field_order, created_at, metadata, is_hidden, is_system";

pub(super) fn field_of(row: &Row, scope: Scope) -> Result<FieldDefinition, ReadError> {
    let attribute_type: String = row.get(3)?;
    let unknown = || ReadError::Corrupt(format!("the attribute type {attribute_type}"));
    Ok(FieldDefinition {
        id: row.get(0)?,
        scope,
        slug: row.get(1)?,
        name: row.get(2)?,
        attribute_type: AttributeType::named(&attribute_type).ok_or_else(unknown)?,
        metadata: metadata_of(row.get(6)?)?,
        order: row.get(4)?,
        is_hidden: row.get(7)?,
        is_system: row.get(8)?,
        created_at: Timestamp::from_micros(row.get(5)?),
    })
}
