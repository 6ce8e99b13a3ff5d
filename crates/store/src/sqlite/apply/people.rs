//! Rows of members and keys.

use lanekeeper_core::Timestamp;
use lanekeeper_core::key::Key;
use lanekeeper_core::pipeline::User;
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::Org;

pub(in crate::sqlite) fn create_user(
    connection: &Connection,
    org: Org,
    user: &User,
) -> rusqlite::Result<()> {
    connection.execute(
        "insert into member (org, id, email, name, role, is_active, created_at, updated_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            org.number,
            user.id,
            user.email.as_str(),
            user.name,
            user.role.name(),
            user.is_active,
            user.created_at.as_micros(),
            user.updated_at.as_micros(),
        ],
    )?;
    Ok(())
}

pub(super) fn update_user(connection: &Connection, org: Org, user: &User) -> rusqlite::Result<()> {
    connection.execute(
        "update member set email = ?3, name = ?4, role = ?5, is_active = ?6, updated_at = ?7
         where org = ?1 and id = ?2",
        params![
            org.number,
            user.id,
            user.email.as_str(),
            user.name,
            user.role.name(),
            user.is_active,
            user.updated_at.as_micros(),
        ],
    )?;
    Ok(())
}

pub(in crate::sqlite) fn create_key(
    connection: &Connection,
    org: Org,
    key: &Key,
) -> rusqlite::Result<()> {
    let routes = serde_json::to_string(&key.routes).expect("a list is JSON");
    connection.execute(
        "insert into api_key (org, id, name, scope, routes, hash, hint, created_at, expires_at, revoked_at, last_used_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            org.number,
            key.id,
            key.name,
            key.scope.name(),
            routes,
            key.hash,
            key.hint,
            key.created_at.as_micros(),
            key.expires_at.map(Timestamp::as_micros),
            key.revoked_at.map(Timestamp::as_micros),
            key.last_used_at.map(Timestamp::as_micros),
        ],
    )?;
    Ok(())
}

pub(super) fn revoke_key(
    connection: &Connection,
    org: Org,
    id: Uuid,
    revoked_at: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "update api_key set revoked_at = ?3 where org = ?1 and id = ?2";
    connection.execute(sql, params![org.number, id, revoked_at.as_micros()])?;
    Ok(())
}
