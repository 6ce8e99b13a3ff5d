//! Rows of fields, pipelines and stages.

use lanekeeper_core::Timestamp;
use lanekeeper_core::custom::FieldDefinition;
use lanekeeper_core::pipeline::{Pipeline, Stage};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::Org;
use crate::stored::metadata_sql;

pub(in crate::sqlite) fn create_field(
    connection: &Connection,
    org: Org,
    field: &FieldDefinition,
) -> rusqlite::Result<()> {
    let sql = "
        insert into field (org, id, object, pipeline_id, slug, name, attribute_type, metadata, field_order, is_hidden, created_at, is_system)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    connection.prepare_cached(sql)?.execute(params![
        org.number,
        field.id,
        field.scope.object().name(),
        field.scope.pipeline_id(),
        field.slug,
        field.name,
        field.attribute_type.name(),
        metadata_sql(&field.metadata),
        field.order,
        field.is_hidden,
        field.created_at.as_micros(),
        field.is_system,
    ])?;
    Ok(())
}

pub(super) fn update_field(
    connection: &Connection,
    org: Org,
    field: &FieldDefinition,
) -> rusqlite::Result<()> {
    let sql = "
        update field set name = ?3, attribute_type = ?4, metadata = ?5, field_order = ?6, is_hidden = ?7
        where org = ?1 and id = ?2";
    connection.prepare_cached(sql)?.execute(params![
        org.number,
        field.id,
        field.name,
        field.attribute_type.name(),
        metadata_sql(&field.metadata),
        field.order,
        field.is_hidden,
    ])?;
    Ok(())
}

pub(in crate::sqlite) fn create_pipeline(
    connection: &Connection,
    org: Org,
    pipeline: &Pipeline,
) -> rusqlite::Result<()> {
    connection.execute(
        "insert into pipeline (org, id, name, is_default, created_at, updated_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            org.number,
            pipeline.id,
            pipeline.name,
            pipeline.is_default,
            pipeline.created_at.as_micros(),
            pipeline.updated_at.as_micros(),
        ],
    )?;
    for stage in &pipeline.stages {
        create_stage(connection, org, pipeline.id, stage)?;
    }
    Ok(())
}

pub(super) fn update_pipeline(
    connection: &Connection,
    org: Org,
    pipeline: &Pipeline,
) -> rusqlite::Result<()> {
    connection.execute(
        "update pipeline set name = ?3, is_default = ?4, updated_at = ?5 where org = ?1 and id = ?2",
        params![
            org.number,
            pipeline.id,
            pipeline.name,
            pipeline.is_default,
            pipeline.updated_at.as_micros(),
        ],
    )?;
    Ok(())
}

/// Notes that a pipeline changed with its stages.
pub(super) fn touch_pipeline(
    connection: &Connection,
    org: Org,
    id: Uuid,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "update pipeline set updated_at = ?3 where org = ?1 and id = ?2";
    connection
        .prepare_cached(sql)?
        .execute(params![org.number, id, at.as_micros()])?;
    Ok(())
}

pub(super) fn delete_stage(connection: &Connection, org: Org, id: Uuid) -> rusqlite::Result<()> {
    let sql = "delete from stage where org = ?1 and id = ?2";
    connection.execute(sql, params![org.number, id])?;
    Ok(())
}

pub(super) fn create_stage(
    connection: &Connection,
    org: Org,
    pipeline_id: Uuid,
    stage: &Stage,
) -> rusqlite::Result<()> {
    let sql = "
        insert into stage (org, id, pipeline_id, label, stage_order, color, is_active, is_default, probability, stage_type)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection.prepare_cached(sql)?.execute(params![
        org.number,
        stage.id,
        pipeline_id,
        stage.label,
        stage.order,
        stage.color,
        stage.is_active,
        stage.is_default,
        stage.probability,
        stage.stage_type.name(),
    ])?;
    Ok(())
}

pub(super) fn update_stage(
    connection: &Connection,
    org: Org,
    stage: &Stage,
) -> rusqlite::Result<()> {
    let sql = "
        update stage set label = ?3, stage_order = ?4, color = ?5, is_active = ?6, is_default = ?7, probability = ?8, stage_type = ?9
        where org = ?1 and id = ?2";
    connection.prepare_cached(sql)?.execute(params![
        org.number,
        stage.id,
        stage.label,
        stage.order,
        stage.color,
        stage.is_active,
        stage.is_default,
        stage.probability,
        stage.stage_type.name(),
    ])?;
    Ok(())
}
