//! Members, keys, pipelines known whole, and what is in a stage.

use std::sync::Arc;

use lanekeeper_core::key::{Key, KeyScope};
use lanekeeper_core::pipeline::{Role, User};
use lanekeeper_core::{Facts, Needs, Object, Record, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{add_links, holders_limit, pipelines};
use crate::sqlite::columns::{record_columns, record_of};
use crate::{Org, ReadError};

pub(in crate::sqlite) const USER_COLUMNS: &str =
    "id, email, name, role, is_active, created_at, updated_at";

pub(in crate::sqlite) const KEY_COLUMNS: &str = "
    key.id, key.name, scope, routes, hash, hint, key.created_at, expires_at, revoked_at, last_used_at";

/// The sets that the needs name whole.
pub(super) fn add(
    connection: &Connection,
    org: Org,
    needs: &Needs,
    facts: &mut Facts,
) -> Result<(), ReadError> {
    if needs.all_pipelines {
        let all = pipelines(connection, org)?.into_iter();
        all.for_each(|pipeline| facts.add_pipeline(pipeline));
    }
    if needs.all_users {
        let all = all_users(connection, org)?.into_iter();
        all.for_each(|user| facts.add_user(user));
    }
    if needs.live_keys {
        let live = live_keys(connection, org)?.into_iter();
        live.for_each(|key| facts.add_key(key));
    }
    for id in &needs.keys {
        if let Some(key) = key(connection, org, *id)? {
            facts.add_key(key);
        }
    }
    for (pipeline_id, stage_id) in &needs.stages {
        let occupants = occupants(connection, org, *pipeline_id, *stage_id)?;
        facts.add_occupants(*stage_id, occupants);
    }
    Ok(())
}

/// The opportunities in a stage: of the live ones, and of those in the trash, up to one more than the plan takes.
fn occupants(
    connection: &Connection,
    org: Org,
    pipeline_id: Uuid,
    stage_id: Uuid,
) -> Result<Vec<Arc<Record>>, ReadError> {
    let columns = record_columns(Object::Opportunity, "");
    let mut found = vec![];
    for place in ["deleted_at is null", "deleted_at is not null"] {
        let sql = format!(
            "select {columns} from opportunity indexed by opportunity_of_stage
             where org = ?1 and pipeline_id = ?2 and stage_id = ?3 and {place} limit ?4"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows =
            statement.query(params![org.number, pipeline_id, stage_id, holders_limit()])?;
        while let Some(row) = rows.next()? {
            let mut record = record_of(row, Object::Opportunity)?;
            add_links(connection, org, &mut record)?;
            found.push(Arc::new(record));
        }
    }
    Ok(found)
}

/// The members that the needs name by id or by address.
pub(super) fn users(
    connection: &Connection,
    org: Org,
    needs: &Needs,
) -> Result<Vec<User>, ReadError> {
    let mut found = vec![];
    for id in &needs.users {
        found.extend(user(connection, org, *id)?);
    }
    let mut by_email = connection.prepare_cached(&format!(
        "select {USER_COLUMNS} from member where org = ?1 and email = ?2"
    ))?;
    for email in &needs.user_emails {
        let mut rows = by_email.query(params![org.number, email.as_str()])?;
        found.extend(rows.next()?.map(user_of).transpose()?);
    }
    Ok(found)
}

pub(in crate::sqlite) fn user(
    connection: &Connection,
    org: Org,
    id: Uuid,
) -> Result<Option<User>, ReadError> {
    let mut by_id = connection.prepare_cached(&format!(
        "select {USER_COLUMNS} from member where org = ?1 and id = ?2"
    ))?;
    let mut rows = by_id.query(params![org.number, id])?;
    rows.next()?.map(user_of).transpose()
}

/// Every member, in creation order.
pub(in crate::sqlite) fn all_users(
    connection: &Connection,
    org: Org,
) -> Result<Vec<User>, ReadError> {
    let mut statement = connection.prepare_cached(&format!(
        "select {USER_COLUMNS} from member where org = ?1 order by rid"
    ))?;
    let users = statement.query_map([org.number], |row| Ok(user_of(row)))?;
    users.map(|user| user?).collect()
}

pub(in crate::sqlite) fn user_of(row: &Row) -> Result<User, ReadError> {
    let (email, role): (String, String) = (row.get(1)?, row.get(3)?);
    let unknown = || ReadError::Corrupt(format!("the role {role}"));
    Ok(User {
        id: row.get(0)?,
        email: email
            .parse()
            .map_err(|_| ReadError::Corrupt("a member's address".to_owned()))?,
        name: row.get(2)?,
        role: Role::named(&role).ok_or_else(unknown)?,
        is_active: row.get(4)?,
        created_at: Timestamp::from_micros(row.get(5)?),
        updated_at: Timestamp::from_micros(row.get(6)?),
    })
}

/// Every key that is not revoked, in creation order.
pub(in crate::sqlite) fn live_keys(
    connection: &Connection,
    org: Org,
) -> Result<Vec<Key>, ReadError> {
    let sql = format!(
        "select {KEY_COLUMNS} from api_key key indexed by api_key_live
         where org = ?1 and revoked_at is null order by rid"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let keys = statement.query_map([org.number], |row| Ok(key_of(row)))?;
    keys.map(|key| key?).collect()
}

pub(in crate::sqlite) fn key(
    connection: &Connection,
    org: Org,
    id: Uuid,
) -> Result<Option<Key>, ReadError> {
    let sql = format!("select {KEY_COLUMNS} from api_key key where org = ?1 and id = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let key = statement.query_row(params![org.number, id], |row| Ok(key_of(row)));
    key.optional()?.transpose()
}

pub(in crate::sqlite) fn key_of(row: &Row) -> Result<Key, ReadError> {
    let (scope, routes): (String, String) = (row.get(2)?, row.get(3)?);
    let unknown = || ReadError::Corrupt(format!("the scope {scope}"));
    let time = |micros: Option<i64>| micros.map(Timestamp::from_micros);
    Ok(Key {
        id: row.get(0)?,
        name: row.get(1)?,
        scope: KeyScope::named(&scope).ok_or_else(unknown)?,
        routes: serde_json::from_str(&routes)
            .map_err(|error| ReadError::Corrupt(error.to_string()))?,
        hash: row.get(4)?,
        hint: row.get(5)?,
        created_at: Timestamp::from_micros(row.get(6)?),
        expires_at: time(row.get(7)?),
        revoked_at: time(row.get(8)?),
        last_used_at: time(row.get(9)?),
    })
}
