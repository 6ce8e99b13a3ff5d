//! What is made from records so that they are found: texts, custom values, other addresses, additional contacts, timelines.

use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper as Client;
use futures_util::future::try_join;
use lanekeeper_core::custom::{AttributeType, FieldDefinition};
use lanekeeper_core::query::{Atom, Holds, index_text, index_values, phone_digits};
use lanekeeper_core::{Object, Record, Timestamp};
use uuid::Uuid;

use super::{Edit, execute};
use crate::Org;
use crate::postgres::cycle::Failure;
use crate::postgres::load::settings::rows;
use crate::postgres::value_bytes;
use crate::stored::StoredValues;

/// Writes what is derived from these records of one object anew, as far as it has changed.
pub(super) async fn write(
    client: &Client,
    org: Org,
    object: Object,
    edits: &[&Edit<'_>],
) -> Result<(), Failure> {
    let links = async {
        match object {
            Object::Account => Ok(()),
            Object::Contact => addresses(client, org, edits).await,
            Object::Opportunity => additional_contacts(client, org, edits).await,
            Object::Note | Object::Activity => timelines(client, org, object, edits).await,
        }
    };
    try_join(texts(client, org, object, edits), links).await?;
    Ok(())
}

/// The texts that words are looked for in: in a contact's, the last line has the digits.
fn texts_of(record: &Record) -> (String, String) {
    let mut body = index_text(record, &[]);
    if record.object != Object::Contact {
        return (body, String::new());
    }
    let names = body.rfind('\n').unwrap_or(body.len());
    body.truncate(names);
    (body, phone_digits(record.text("phone")))
}

async fn texts(
    client: &Client,
    org: Org,
    object: Object,
    edits: &[&Edit<'_>],
) -> Result<(), Failure> {
    let (mut ids, mut bodies, mut digits) = (vec![], vec![], vec![]);
    for edit in edits {
        let texts = texts_of(edit.after);
        if edit.before.is_none_or(|before| texts_of(before) != texts) {
            ids.push(edit.after.id);
            bodies.push(texts.0);
            digits.push(texts.1);
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let table = object.name();
    if object == Object::Contact {
        let sql = "
            insert into contact_text (org, record, body, digits)
            select $1, u.* from unnest($2::uuid[], $3::text[], $4::text[]) as u
            on conflict (org, record) do update set body = excluded.body, digits = excluded.digits";
        return execute(client, sql, &[&org.id(), &ids, &bodies, &digits]).await;
    }
    let sql = format!(
        "insert into {table}_text (org, record, body)
         select $1, u.* from unnest($2::uuid[], $3::text[]) as u
         on conflict (org, record) do update set body = excluded.body"
    );
    execute(client, &sql, &[&org.id(), &ids, &bodies]).await
}

/// The other addresses of contacts that are not in the trash.
async fn addresses(client: &Client, org: Org, edits: &[&Edit<'_>]) -> Result<(), Failure> {
    let of = |record: &Record| match record.is_live() {
        true => record.texts("other_emails").to_vec(),
        false => vec![],
    };
    let changed = |edit: &&&Edit| edit.before.map(of).unwrap_or_default() != of(edit.after);
    let changed: Vec<&Edit> = edits.iter().filter(changed).copied().collect();
    let had = changed.iter().filter(|edit| edit.before.is_some());
    let had: Vec<Uuid> = had.map(|edit| edit.after.id).collect();
    if !had.is_empty() {
        let sql = "delete from contact_address where org = $1 and contact_id = any($2)";
        execute(client, sql, &[&org.id(), &had]).await?;
    }
    let (mut ids, mut emails) = (vec![], vec![]);
    for edit in changed {
        for email in of(edit.after) {
            ids.push(edit.after.id);
            emails.push(email);
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let sql = "
        insert into contact_address (org, contact_id, email)
        select $1, u.* from unnest($2::uuid[], $3::text[]) as u";
    execute(client, sql, &[&org.id(), &ids, &emails]).await
}

/// The additional contacts of opportunities, in their order.
async fn additional_contacts(
    client: &Client,
    org: Org,
    edits: &[&Edit<'_>],
) -> Result<(), Failure> {
    let of = |record: &'_ Record| record.references("additional_contact_ids").to_vec();
    let changed = |edit: &&&Edit| edit.before.map(of).unwrap_or_default() != of(edit.after);
    let changed: Vec<&Edit> = edits.iter().filter(changed).copied().collect();
    let had = changed.iter().filter(|edit| edit.before.is_some());
    let had: Vec<Uuid> = had.map(|edit| edit.after.id).collect();
    if !had.is_empty() {
        let sql = "delete from opportunity_contact where org = $1 and opportunity_id = any($2)";
        execute(client, sql, &[&org.id(), &had]).await?;
    }
    let (mut ids, mut contacts, mut places) = (vec![], vec![], vec![]);
    for edit in changed {
        for (place, contact_id) in (0_i64..).zip(of(edit.after)) {
            ids.push(edit.after.id);
            contacts.push(contact_id);
            places.push(place);
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let sql = "
        insert into opportunity_contact (org, opportunity_id, contact_id, place)
        select $1, u.* from unnest($2::uuid[], $3::uuid[], $4::int8[]) as u";
    execute(client, sql, &[&org.id(), &ids, &contacts, &places]).await
}

/// Where a note or an activity stands on a timeline: what it is about, whether it is live, when it was, and its id.
type Place = (Uuid, bool, i64, Uuid);

fn places(record: &Record) -> Vec<Place> {
    let fields = record.object.references().iter();
    let targets = fields.flat_map(|(field, _)| record.references(field));
    let place = |target: &Uuid| {
        (
            *target,
            record.is_live(),
            record.created_at.as_micros(),
            record.id,
        )
    };
    targets.map(place).collect()
}

async fn timelines(
    client: &Client,
    org: Org,
    object: Object,
    edits: &[&Edit<'_>],
) -> Result<(), Failure> {
    let was = |edit: &Edit| edit.before.map(places).unwrap_or_default();
    let changed = edits.iter().filter(|edit| was(edit) != places(edit.after));
    let changed: Vec<&Edit> = changed.copied().collect();
    let table = object.name();
    let delete = format!(
        "delete from {table}_link l using unnest($2::uuid[], $3::bool[], $4::int8[], $5::uuid[])
             as u (value, is_live, created_at, record)
         where l.org = $1 and l.value = u.value and l.is_live = u.is_live
             and l.created_at = u.created_at and l.record = u.record"
    );
    let insert = format!(
        "insert into {table}_link (org, value, is_live, created_at, record)
         select $1, u.* from unnest($2::uuid[], $3::bool[], $4::int8[], $5::uuid[]) as u"
    );
    let gone: Vec<Place> = changed.iter().flat_map(|edit| was(edit)).collect();
    let new: Vec<Place> = changed.iter().flat_map(|edit| places(edit.after)).collect();
    for (sql, places) in [(delete, gone), (insert, new)] {
        if places.is_empty() {
            continue;
        }
        let targets: Vec<Uuid> = places.iter().map(|place| place.0).collect();
        let live: Vec<bool> = places.iter().map(|place| place.1).collect();
        let times: Vec<i64> = places.iter().map(|place| place.2).collect();
        let records: Vec<Uuid> = places.iter().map(|place| place.3).collect();
        execute(
            client,
            &sql,
            &[&org.id(), &targets, &live, &times, &records],
        )
        .await?;
    }
    Ok(())
}

/// A field by what names it in a record: the object, the pipeline of an opportunity, and the slug.
type FieldKey = (String, Uuid, String);

/// Rows of the index of custom values, column by column.
#[derive(Default)]
struct ValueRows {
    fields: Vec<Uuid>,
    values: Vec<Vec<u8>>,
    records: Vec<Uuid>,
    times: Vec<i64>,
}

impl ValueRows {
    fn add(&mut self, field: Uuid, atom: &Atom, record: Uuid, updated_at: Timestamp) {
        self.fields.push(field);
        self.values.push(value_bytes::of(atom));
        self.records.push(record);
        self.times.push(updated_at.as_micros());
    }

    /// What the index has of a record, if its fields are these.
    fn add_record(&mut self, record: &Record, fields: &BTreeMap<FieldKey, (Uuid, AttributeType)>) {
        for (slug, value) in record.custom.iter().filter(|_| record.is_live()) {
            if let Some((field, attribute_type)) = fields.get(&key_of(record, slug)) {
                for atom in index_values(*attribute_type, value) {
                    self.add(*field, &atom, record.id, record.updated_at);
                }
            }
        }
    }

    async fn delete(&self, client: &Client, org: Org) -> Result<(), Failure> {
        if self.fields.is_empty() {
            return Ok(());
        }
        let sql = "
            delete from custom_value v using unnest($2::uuid[], $3::bytea[], $4::uuid[]) as u (field, value, record)
            where v.org = $1 and v.field = u.field and v.value = u.value and v.record = u.record";
        execute(
            client,
            sql,
            &[&org.id(), &self.fields, &self.values, &self.records],
        )
        .await
    }

    /// Those of a field that was just converted may be there already.
    async fn insert(&self, client: &Client, org: Org) -> Result<(), Failure> {
        if self.fields.is_empty() {
            return Ok(());
        }
        let sql = "
            insert into custom_value (org, field, value, record, updated_at)
            select $1, u.* from unnest($2::uuid[], $3::bytea[], $4::uuid[], $5::int8[]) as u
            on conflict (org, field, value, record) do update set updated_at = excluded.updated_at";
        let ValueRows {
            fields,
            values,
            records,
            times,
        } = self;
        execute(client, sql, &[&org.id(), fields, values, records, times]).await
    }
}

fn key_of(record: &Record, slug: &str) -> FieldKey {
    let pipeline_id = record.reference("pipeline_id").unwrap_or_default();
    (
        record.object.name().to_owned(),
        pipeline_id,
        slug.to_owned(),
    )
}

/// The index of custom values: also those that are as they were stand beside the time of the update.
pub(super) async fn write_custom_values(
    client: &Client,
    org: Org,
    edits: &[&Edit<'_>],
) -> Result<(), Failure> {
    let records = edits
        .iter()
        .flat_map(|edit| edit.before.into_iter().chain([edit.after]));
    let slugs = records.flat_map(|record| record.custom.keys());
    let slugs: std::collections::BTreeSet<&str> = slugs.map(String::as_str).collect();
    if slugs.is_empty() {
        return Ok(());
    }
    let slugs: Vec<&str> = slugs.into_iter().collect();
    let fields = fields(client, org, &slugs).await?;
    let (mut gone, mut new) = (ValueRows::default(), ValueRows::default());
    for edit in edits {
        if let Some(before) = edit.before {
            gone.add_record(before, &fields);
        }
        new.add_record(edit.after, &fields);
    }
    gone.delete(client, org).await?;
    new.insert(client, org).await
}

/// The fields of these slugs.
async fn fields(
    client: &Client,
    org: Org,
    slugs: &[&str],
) -> Result<BTreeMap<FieldKey, (Uuid, AttributeType)>, Failure> {
    let sql = "
        select object, coalesce(pipeline_id, '00000000-0000-0000-0000-000000000000'), slug, id, attribute_type
        from field where org = $1 and slug = any($2)";
    let mut fields = BTreeMap::new();
    for row in rows(client, sql, &[&org.id(), &slugs]).await? {
        let name: &str = row.try_get(4)?;
        if let Some(attribute_type) = AttributeType::named(name) {
            let key = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            fields.insert(key, (row.try_get(3)?, attribute_type));
        }
    }
    Ok(fields)
}

/// Writes a field's values anew if its new type compares them otherwise.
pub(super) async fn convert(
    client: &Client,
    org: Org,
    before: &FieldDefinition,
    after: &FieldDefinition,
) -> Result<(), Failure> {
    let holds = [before, after].map(|field| Holds::of_custom(field.attribute_type));
    if holds[0] == holds[1] {
        return Ok(());
    }
    let sql = "delete from custom_value where org = $1 and field = $2";
    execute(client, sql, &[&org.id(), &after.id]).await?;
    let (table, pipeline_id) = (after.scope.object().name(), after.scope.pipeline_id());
    let in_pipeline = match pipeline_id {
        None => "$3::uuid is null",
        Some(_) => "pipeline_id = $3",
    };
    let sql = format!(
        "select id, updated_at, jsonb_build_object($2::text, custom->$2) from {table}
         where org = $1 and custom ? $2 and deleted_at is null and {in_pipeline}"
    );
    let mut new = ValueRows::default();
    for row in rows(client, &sql, &[&org.id(), &after.slug, &pipeline_id]).await? {
        let tokio_postgres::types::Json(StoredValues(custom)) = row.try_get(2)?;
        let updated_at = Timestamp::from_micros(row.try_get(1)?);
        for atom in custom
            .values()
            .flat_map(|value| index_values(after.attribute_type, value))
        {
            new.add(after.id, &atom, row.try_get(0)?, updated_at);
        }
    }
    new.insert(client, org).await
}
