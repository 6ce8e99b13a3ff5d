//! Members, keys, pipelines and fields, and what is in a stage.

use std::collections::BTreeMap;
use std::sync::Arc;

use deadpool_postgres::ClientWrapper as Client;
use futures_util::future::{try_join, try_join_all, try_join3};
use lanekeeper_core::custom::{AttributeType, FieldDefinition, Scope};
use lanekeeper_core::key::{Key, KeyScope};
use lanekeeper_core::pipeline::{Pipeline, Role, Stage, StageType, User};
use lanekeeper_core::{Facts, Needs, Object, Record, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{holders_limit, query};
use crate::postgres::columns::selected;
use crate::stored::metadata_of;
use crate::{Org, ReadError};

pub(in crate::postgres) const USER_COLUMNS: &str =
    "id, email, name, role, is_active, created_at, updated_at";
pub(in crate::postgres) const KEY_COLUMNS: &str =
    "id, name, scope, routes, hash, hint, created_at, expires_at, revoked_at, last_used_at, org";
pub(in crate::postgres) const FIELD_COLUMNS: &str =
    "id, slug, name, attribute_type, field_order, created_at, metadata, is_hidden, is_system";
const PIPELINE_COLUMNS: &str = "id, name, is_default, created_at, updated_at";
const STAGE_COLUMNS: &str =
    "pipeline_id, id, label, stage_order, color, is_active, is_default, probability, stage_type";

/// The sets that needs name whole.
#[derive(Default)]
pub(super) struct Whole {
    pipelines: Vec<Pipeline>,
    users: Vec<User>,
    keys: Vec<Key>,
    occupants: Vec<(Uuid, Vec<Record>)>,
}

impl Whole {
    pub(super) fn add_to(self, facts: &mut Facts) {
        self.pipelines
            .into_iter()
            .for_each(|pipeline| facts.add_pipeline(pipeline));
        self.users.into_iter().for_each(|user| facts.add_user(user));
        self.keys.into_iter().for_each(|key| facts.add_key(key));
        for (stage_id, occupants) in self.occupants {
            facts.add_occupants(stage_id, occupants.into_iter().map(Arc::new).collect());
        }
    }
}

/// Those that the needs name.
pub(super) async fn whole(client: &Client, org: Org, needs: &Needs) -> Result<Whole, ReadError> {
    let mut whole = Whole::default();
    if needs.all_pipelines {
        whole.pipelines = pipelines(client, org, None).await?;
    }
    if needs.all_users {
        whole.users = users(client, org, Members::All).await?;
    }
    if needs.live_keys {
        whole.keys = keys(client, org, "revoked_at is null").await?;
    }
    for id in &needs.keys {
        whole.keys.extend(key(client, org, *id).await?);
    }
    for (pipeline_id, stage_id) in &needs.stages {
        let occupants = occupants(client, org, *pipeline_id, *stage_id).await?;
        whole.occupants.push((*stage_id, occupants));
    }
    Ok(whole)
}

/// Settings that are known by ids and addresses.
#[derive(Default)]
pub(super) struct Settings {
    pipelines: Vec<Pipeline>,
    users: Vec<User>,
    fields: Vec<FieldDefinition>,
}

impl Settings {
    pub(super) fn add_to(self, facts: &mut Facts) {
        self.pipelines
            .into_iter()
            .for_each(|pipeline| facts.add_pipeline(pipeline));
        self.users.into_iter().for_each(|user| facts.add_user(user));
        self.fields
            .into_iter()
            .for_each(|field| facts.add_field(field));
    }
}

/// Those that the needs name.
pub(super) async fn settings(
    client: &Client,
    org: Org,
    needs: &Needs,
) -> Result<Settings, ReadError> {
    let ids: Vec<Uuid> = needs.pipelines.iter().copied().collect();
    let scopes = needs.fields.iter().map(|scope| fields(client, org, *scope));
    let user_ids: Vec<Uuid> = needs.users.iter().copied().collect();
    let emails: Vec<&str> = needs
        .user_emails
        .iter()
        .map(|email| email.as_str())
        .collect();
    let named = Members::Named(&user_ids, &emails);
    let (pipelines, users, fields) = try_join3(
        async {
            match ids.is_empty() {
                true => Ok(vec![]),
                false => pipelines(client, org, Some(&ids)).await,
            }
        },
        async {
            match user_ids.is_empty() && emails.is_empty() {
                true => Ok(vec![]),
                false => users(client, org, named).await,
            }
        },
        try_join_all(scopes),
    )
    .await?;
    Ok(Settings {
        pipelines,
        users,
        fields: fields.into_iter().flatten().collect(),
    })
}

/// The opportunities in a stage: of the live ones, and of those in the trash, up to one more than the plan takes.
async fn occupants(
    client: &Client,
    org: Org,
    pipeline_id: Uuid,
    stage_id: Uuid,
) -> Result<Vec<Record>, ReadError> {
    let columns = selected(Object::Opportunity);
    let mut found = vec![];
    for place in ["r.deleted_at is null", "r.deleted_at is not null"] {
        let sql = format!(
            "select {columns} from opportunity r
             where r.org = $1 and r.pipeline_id = $2 and r.stage_id = $3 and {place} limit $4"
        );
        let parameters: [&(dyn ToSql + Sync); 4] =
            [&org.id(), &pipeline_id, &stage_id, &holders_limit()];
        found.extend(query(client, Object::Opportunity, &sql, &parameters).await?);
    }
    Ok(found)
}

/// Pipelines with their stages, in creation order: those of these ids, or all.
pub(in crate::postgres) async fn pipelines(
    client: &Client,
    org: Org,
    ids: Option<&[Uuid]>,
) -> Result<Vec<Pipeline>, ReadError> {
    let of_pipelines = format!(
        "select {PIPELINE_COLUMNS} from pipeline
         where org = $1 and ($2::uuid[] is null or id = any($2)) order by id"
    );
    let of_stages = format!(
        "select {STAGE_COLUMNS} from stage
         where org = $1 and ($2::uuid[] is null or pipeline_id = any($2)) order by pipeline_id, stage_order, id"
    );
    let (pipelines, stages) = try_join(
        rows(client, &of_pipelines, &[&org.id(), &ids]),
        rows(client, &of_stages, &[&org.id(), &ids]),
    )
    .await?;
    let mut by_pipeline: BTreeMap<Uuid, Vec<Stage>> = BTreeMap::new();
    for row in &stages {
        by_pipeline
            .entry(row.try_get(0)?)
            .or_default()
            .push(stage_of(row)?);
    }
    let pipelines = pipelines.iter().map(|row| {
        let id = row.try_get(0)?;
        Ok(Pipeline {
            id,
            name: row.try_get(1)?,
            is_default: row.try_get(2)?,
            created_at: Timestamp::from_micros(row.try_get(3)?),
            updated_at: Timestamp::from_micros(row.try_get(4)?),
            stages: by_pipeline.remove(&id).unwrap_or_default(),
        })
    });
    pipelines.collect()
}

fn stage_of(row: &Row) -> Result<Stage, ReadError> {
    let stage_type: String = row.try_get(8)?;
    let unknown = || ReadError::Corrupt(format!("the stage type {stage_type}"));
    Ok(Stage {
        id: row.try_get(1)?,
        label: row.try_get(2)?,
        order: row.try_get(3)?,
        color: row.try_get(4)?,
        is_active: row.try_get(5)?,
        is_default: row.try_get(6)?,
        probability: row.try_get(7)?,
        stage_type: StageType::named(&stage_type).ok_or_else(unknown)?,
    })
}

/// Which members.
pub(in crate::postgres) enum Members<'a> {
    All,
    /// By their ids or their addresses.
    Named(&'a [Uuid], &'a [&'a str]),
}

/// Members, in creation order.
pub(in crate::postgres) async fn users(
    client: &Client,
    org: Org,
    members: Members<'_>,
) -> Result<Vec<User>, ReadError> {
    let found = match members {
        Members::All => {
            let sql = format!("select {USER_COLUMNS} from member where org = $1 order by id");
            rows(client, &sql, &[&org.id()]).await?
        }
        Members::Named(ids, emails) => {
            let sql = format!(
                "select {USER_COLUMNS} from member
                 where org = $1 and (id = any($2) or email = any($3)) order by id"
            );
            rows(client, &sql, &[&org.id(), &ids, &emails]).await?
        }
    };
    found.iter().map(user_of).collect()
}

pub(in crate::postgres) fn user_of(row: &Row) -> Result<User, ReadError> {
    let (email, role): (String, String) = (row.try_get(1)?, row.try_get(3)?);
    let unknown = || ReadError::Corrupt(format!("the role {role}"));
    let corrupt = |_| ReadError::Corrupt("a member's address".to_owned());
    Ok(User {
        id: row.try_get(0)?,
        email: email.parse().map_err(corrupt)?,
        name: row.try_get(2)?,
        role: Role::named(&role).ok_or_else(unknown)?,
        is_active: row.try_get(4)?,
        created_at: Timestamp::from_micros(row.try_get(5)?),
        updated_at: Timestamp::from_micros(row.try_get(6)?),
    })
}

/// The keys of which a term is true, in creation order.
pub(in crate::postgres) async fn keys(
    client: &Client,
    org: Org,
    term: &str,
) -> Result<Vec<Key>, ReadError> {
    let sql = format!("select {KEY_COLUMNS} from api_key where org = $1 and {term} order by id");
    let rows = rows(client, &sql, &[&org.id()]).await?;
    rows.iter().map(key_of).collect()
}

async fn key(client: &Client, org: Org, id: Uuid) -> Result<Option<Key>, ReadError> {
    Ok(keys_by_id(client, org, &[id]).await?.pop())
}

pub(in crate::postgres) async fn keys_by_id(
    client: &Client,
    org: Org,
    ids: &[Uuid],
) -> Result<Vec<Key>, ReadError> {
    let sql = format!("select {KEY_COLUMNS} from api_key where org = $1 and id = any($2)");
    let rows = rows(client, &sql, &[&org.id(), &ids]).await?;
    rows.iter().map(key_of).collect()
}

/// The key of a hash, whoever's it is, and the organisation's id.
pub(in crate::postgres) async fn key_by_hash(
    client: &Client,
    hash: &[u8; 32],
) -> Result<Option<(Uuid, Key)>, ReadError> {
    let sql = format!("select {KEY_COLUMNS} from api_key where hash = $1");
    let rows = rows(client, &sql, &[&hash.as_slice()]).await?;
    let row = rows.first();
    row.map(|row| Ok((row.try_get(10)?, key_of(row)?)))
        .transpose()
}

pub(in crate::postgres) fn key_of(row: &Row) -> Result<Key, ReadError> {
    let (scope, routes): (String, String) = (row.try_get(2)?, row.try_get(3)?);
    let unknown = || ReadError::Corrupt(format!("the scope {scope}"));
    let time = |column| -> Result<Option<Timestamp>, ReadError> {
        Ok(row
            .try_get::<_, Option<i64>>(column)?
            .map(Timestamp::from_micros))
    };
    let hash: Vec<u8> = row.try_get(4)?;
    let corrupt = |_| ReadError::Corrupt("the hash of a key".to_owned());
    Ok(Key {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        scope: KeyScope::named(&scope).ok_or_else(unknown)?,
        routes: crate::stored::from_json(routes.as_bytes())?,
        hash: hash.try_into().map_err(corrupt)?,
        hint: row.try_get(5)?,
        created_at: Timestamp::from_micros(row.try_get(6)?),
        expires_at: time(7)?,
        revoked_at: time(8)?,
        last_used_at: time(9)?,
    })
}

/// The fields of a scope, in their order.
pub(in crate::postgres) async fn fields(
    client: &Client,
    org: Org,
    scope: Scope,
) -> Result<Vec<FieldDefinition>, ReadError> {
    let sql = format!(
        "select {FIELD_COLUMNS} from field
         where org = $1 and object = $2
             and coalesce(pipeline_id, '00000000-0000-0000-0000-000000000000') = $3
         order by field_order, id"
    );
    let pipeline_id = scope.pipeline_id().unwrap_or_default();
    let rows = rows(
        client,
        &sql,
        &[&org.id(), &scope.object().name(), &pipeline_id],
    )
    .await?;
    rows.iter().map(|row| field_of(row, scope)).collect()
}

pub(in crate::postgres) fn field_of(row: &Row, scope: Scope) -> Result<FieldDefinition, ReadError> {
    let attribute_type: String = row.try_get(3)?;
    let unknown = || ReadError::Corrupt(format!("the attribute type {attribute_type}"));
    Ok(FieldDefinition {
        id: row.try_get(0)?,
        scope,
        slug: row.try_get(1)?,
        name: row.try_get(2)?,
        attribute_type: AttributeType::named(&attribute_type).ok_or_else(unknown)?,
        metadata: metadata_of(row.try_get(6)?)?,
        order: row.try_get(4)?,
        is_hidden: row.try_get(7)?,
        is_system: row.try_get(8)?,
        created_at: Timestamp::from_micros(row.try_get(5)?),
    })
}

/// The rows of a statement that is prepared once for each connection.
pub(in crate::postgres) async fn rows(
    client: &Client,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, ReadError> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, parameters).await?)
}
