//! Rows of the organisation, its fields, pipelines, stages, members and keys: one change at a time, as they are rare.

use deadpool_postgres::ClientWrapper as Client;
use lanekeeper_core::Timestamp;
use lanekeeper_core::change::Change;
use lanekeeper_core::custom::FieldDefinition;
use lanekeeper_core::key::Key;
use lanekeeper_core::pipeline::{Pipeline, Stage, User};
use lanekeeper_core::text::fold;
use uuid::Uuid;

use super::execute;
use crate::Org;
use crate::postgres::cycle::Failure;
use crate::stored::metadata_sql;

/// Makes a change of a setting; a change of a record is no business of this.
pub(super) async fn apply(client: &Client, org: Org, change: &Change) -> Result<(), Failure> {
    match change {
        // An organisation is made before there is anybody to make it for.
        Change::CreateRecord(_) | Change::UpdateRecord { .. } | Change::CreateOrganization(_) => {
            Ok(())
        }
        Change::UpdateOrganization { after, .. } => {
            let sql = "update organization set unknown_attributes = $2 where id = $1";
            execute(client, sql, &[&org.id(), &after.name()]).await
        }
        Change::CreateField(field) => create_field(client, org, field).await,
        Change::UpdateField { after, .. } => update_field(client, org, after).await,
        Change::CreatePipeline(pipeline) => create_pipeline(client, org, pipeline).await,
        Change::UpdatePipeline { after, .. } => update_pipeline(client, org, after).await,
        Change::CreateStage {
            pipeline_id,
            stage,
            at,
        } => {
            create_stage(client, org, *pipeline_id, stage).await?;
            touch_pipeline(client, org, *pipeline_id, *at).await
        }
        Change::UpdateStage {
            pipeline_id,
            after,
            at,
            ..
        } => {
            update_stage(client, org, after).await?;
            touch_pipeline(client, org, *pipeline_id, *at).await
        }
        Change::DeleteStage {
            pipeline_id,
            stage,
            at,
        } => {
            let sql = "delete from stage where org = $1 and id = $2";
            execute(client, sql, &[&org.id(), &stage.id]).await?;
            touch_pipeline(client, org, *pipeline_id, *at).await
        }
        Change::CreateUser(user) => create_user(client, org, user).await,
        Change::UpdateUser { after, .. } => update_user(client, org, after).await,
        Change::CreateKey(key) => create_key(client, org, key).await,
        Change::RevokeKey { id, revoked_at } => {
            let sql = "update api_key set revoked_at = $3 where org = $1 and id = $2";
            execute(client, sql, &[&org.id(), id, &revoked_at.as_micros()]).await
        }
    }
}

pub(in crate::postgres) async fn create_field(
    client: &Client,
    org: Org,
    field: &FieldDefinition,
) -> Result<(), Failure> {
    let sql = "
        insert into field (org, id, object, pipeline_id, slug, name, attribute_type, metadata, field_order, is_hidden, created_at, is_system)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    execute(
        client,
        sql,
        &[
            &org.id(),
            &field.id,
            &field.scope.object().name(),
            &field.scope.pipeline_id(),
            &field.slug,
            &field.name,
            &field.attribute_type.name(),
            &metadata_sql(&field.metadata),
            &field.order,
            &field.is_hidden,
            &field.created_at.as_micros(),
            &field.is_system,
        ],
    )
    .await
}

async fn update_field(client: &Client, org: Org, field: &FieldDefinition) -> Result<(), Failure> {
    let sql = "
        update field set name = $3, attribute_type = $4, metadata = $5, field_order = $6, is_hidden = $7
        where org = $1 and id = $2";
    execute(
        client,
        sql,
        &[
            &org.id(),
            &field.id,
            &field.name,
            &field.attribute_type.name(),
            &metadata_sql(&field.metadata),
            &field.order,
            &field.is_hidden,
        ],
    )
    .await
}

pub(in crate::postgres) async fn create_pipeline(
    client: &Client,
    org: Org,
    pipeline: &Pipeline,
) -> Result<(), Failure> {
    let sql = "
        insert into pipeline (org, id, name, is_default, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6)";
    execute(
        client,
        sql,
        &[
            &org.id(),
            &pipeline.id,
            &pipeline.name,
            &pipeline.is_default,
            &pipeline.created_at.as_micros(),
            &pipeline.updated_at.as_micros(),
        ],
    )
    .await?;
    for stage in &pipeline.stages {
        create_stage(client, org, pipeline.id, stage).await?;
    }
    Ok(())
}

async fn update_pipeline(client: &Client, org: Org, pipeline: &Pipeline) -> Result<(), Failure> {
    let sql = "
        update pipeline set name = $3, is_default = $4, updated_at = $5
        where org = $1 and id = $2";
    execute(
        client,
        sql,
        &[
            &org.id(),
            &pipeline.id,
            &pipeline.name,
            &pipeline.is_default,
            &pipeline.updated_at.as_micros(),
        ],
    )
    .await
}

/// Notes that a pipeline changed with its stages.
async fn touch_pipeline(client: &Client, org: Org, id: Uuid, at: Timestamp) -> Result<(), Failure> {
    let sql = "update pipeline set updated_at = $3 where org = $1 and id = $2";
    execute(client, sql, &[&org.id(), &id, &at.as_micros()]).await
}

async fn create_stage(
    client: &Client,
    org: Org,
    pipeline_id: Uuid,
    stage: &Stage,
) -> Result<(), Failure> {
    let sql = "
        insert into stage (org, id, pipeline_id, label, folded_label, stage_order, color, is_active, is_default, probability, stage_type)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    execute(
        client,
        sql,
        &[
            &org.id(),
            &stage.id,
            &pipeline_id,
            &stage.label,
            &fold(&stage.label),
            &stage.order,
            &stage.color,
            &stage.is_active,
            &stage.is_default,
            &stage.probability,
            &stage.stage_type.name(),
        ],
    )
    .await
}

async fn update_stage(client: &Client, org: Org, stage: &Stage) -> Result<(), Failure> {
    let sql = "
        update stage set label = $3, folded_label = $4, stage_order = $5, color = $6, is_active = $7, is_default = $8,
            probability = $9, stage_type = $10
        where org = $1 and id = $2";
    execute(
        client,
        sql,
        &[
            &org.id(),
            &stage.id,
            &stage.label,
            &fold(&stage.label),
            &stage.order,
            &stage.color,
            &stage.is_active,
            &stage.is_default,
            &stage.probability,
            &stage.stage_type.name(),
        ],
    )
    .await
}

pub(in crate::postgres) async fn create_user(
    client: &Client,
    org: Org,
    user: &User,
) -> Result<(), Failure> {
    let sql = "
        insert into member (org, id, email, name, role, is_active, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    execute(
        client,
        sql,
        &[
            &org.id(),
            &user.id,
            &user.email.as_str(),
            &user.name,
            &user.role.name(),
            &user.is_active,
            &user.created_at.as_micros(),
            &user.updated_at.as_micros(),
        ],
    )
    .await
}

async fn update_user(client: &Client, org: Org, user: &User) -> Result<(), Failure> {
    let sql = "
        update member set email = $3, name = $4, role = $5, is_active = $6, updated_at = $7
        where org = $1 and id = $2";
    execute(
        client,
        sql,
        &[
            &org.id(),
            &user.id,
            &user.email.as_str(),
            &user.name,
            &user.role.name(),
            &user.is_active,
            &user.updated_at.as_micros(),
        ],
    )
    .await
}

pub(in crate::postgres) async fn create_key(
    client: &Client,
    org: Org,
    key: &Key,
) -> Result<(), Failure> {
    let routes = serde_json::to_string(&key.routes).expect("a list is JSON");
    let sql = "
        insert into api_key (org, id, name, scope, routes, hash, hint, created_at, expires_at, revoked_at, last_used_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    execute(
        client,
        sql,
        &[
            &org.id(),
            &key.id,
            &key.name,
            &key.scope.name(),
            &routes,
            &key.hash.as_slice(),
            &key.hint,
            &key.created_at.as_micros(),
            &key.expires_at.map(Timestamp::as_micros),
            &key.revoked_at.map(Timestamp::as_micros),
            &key.last_used_at.map(Timestamp::as_micros),
        ],
    )
    .await
}
