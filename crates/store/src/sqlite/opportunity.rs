//! Opportunities with what surrounds them, each read in one state of the database.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use lanekeeper_core::outcome::{AccountBrief, ContactBrief, OpportunityView, OwnerBrief};
use lanekeeper_core::{Object, Value};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::columns::{PAGE, record_columns, record_of};
use crate::{Org, ReadError};

struct Statements {
    by_id: String,
    /// Many, in the order of their rows. What many of them share is looked up once, and not joined.
    of_rows: String,
    /// How many columns are the record's, and the record's with the account's and the contact's.
    record_len: usize,
    related_len: usize,
}

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = record_columns(Object::Opportunity, "o.");
    let related = "a.id, a.name, a.domain, c.id, c.email, c.first_name, c.last_name, c.full_name";
    let joins = "
             left join account a on a.org = o.org and a.id = o.account_id
             left join contact c on c.org = o.org and c.id = o.contact_id";
    let record_len = columns.split(", ").count();
    Statements {
        by_id: format!(
            "select {columns}, {related}, s.label, m.id, m.email
             from opportunity o
             join stage s on s.org = o.org and s.id = o.stage_id{joins}
             left join member m on m.org = o.org and m.id = o.owner_id
             where o.org = ?1 and o.id = ?2 and o.deleted_at is null"
        ),
        of_rows: format!(
            "select {columns}, {related}
             from {PAGE} cross join opportunity o on o.rid = page.value{joins}
             where o.org = ?1"
        ),
        record_len,
        related_len: record_len + related.split(", ").count(),
    }
});

/// A live opportunity. It is one state of the database, as the first statement is open until the last ends.
pub(super) fn by_id(
    connection: &Connection,
    org: Org,
    id: Uuid,
) -> Result<Option<OpportunityView>, ReadError> {
    let mut statement = connection.prepare_cached(&STATEMENTS.by_id)?;
    let mut rows = statement.query(params![org.number, id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let first = STATEMENTS.related_len;
    let owner: Option<Uuid> = row.get(first + 1)?;
    let owner = owner.map(|id| {
        Ok::<_, ReadError>(OwnerBrief {
            id,
            email: row.get(first + 2)?,
        })
    });
    let (stage_name, owner) = (row.get(first)?, owner.transpose()?);
    let additional = additional_contacts(connection, org, id)?;
    view(row, stage_name, owner, additional).map(Some)
}

/// The opportunities in some rows, in their order; the caller sees to it that it is one state of the database.
pub(super) fn of_rows(
    connection: &Connection,
    org: Org,
    rids: &str,
) -> Result<Vec<OpportunityView>, ReadError> {
    let mut additional = additional_contacts_of_rows(connection, org, rids)?;
    let mut stages = Named::new("select label from stage where org = ?1 and id = ?2");
    let mut owners = Named::new("select email from member where org = ?1 and id = ?2");
    let mut statement = connection.prepare_cached(&STATEMENTS.of_rows)?;
    let mut rows = statement.query(params![org.number, rids])?;
    let mut found = vec![];
    while let Some(row) = rows.next()? {
        let additional = additional.remove(&row.get(0)?).unwrap_or_default();
        let mut view = view(row, String::new(), None, additional)?;
        let stage = view.record.reference("stage_id");
        let stage = stage.ok_or_else(|| ReadError::Corrupt("no stage".to_owned()))?;
        view.stage_name = stages.of(connection, org, stage)?;
        if let Some(id) = view.record.reference("owner_id") {
            let email = owners.of(connection, org, id)?;
            view.owner = Some(OwnerBrief { id, email });
        }
        found.push(view);
    }
    Ok(found)
}

/// Names that many records of a page share.
struct Named {
    sql: &'static str,
    known: HashMap<Uuid, String>,
}

impl Named {
    fn new(sql: &'static str) -> Self {
        let known = HashMap::new();
        Self { sql, known }
    }

    fn of(&mut self, connection: &Connection, org: Org, id: Uuid) -> Result<String, ReadError> {
        if let Some(name) = self.known.get(&id) {
            return Ok(name.clone());
        }
        let mut statement = connection.prepare_cached(self.sql)?;
        let name = statement.query_row(params![org.number, id], |row| row.get(0));
        let name: Option<String> = name.optional()?;
        let name = name.ok_or_else(|| ReadError::Corrupt(format!("nothing of the id {id}")))?;
        self.known.insert(id, name.clone());
        Ok(name)
    }
}

/// The record in a row, with what else stands there.
fn view(
    row: &Row,
    stage_name: String,
    owner: Option<OwnerBrief>,
    additional_contacts: Vec<ContactBrief>,
) -> Result<OpportunityView, ReadError> {
    let mut record = record_of(row, Object::Opportunity)?;
    if !additional_contacts.is_empty() {
        let ids = additional_contacts.iter().map(|contact| contact.id);
        let ids = Value::Ids(ids.collect());
        record.values.insert("additional_contact_ids", ids);
    }
    let first = STATEMENTS.record_len;
    Ok(OpportunityView {
        record: Arc::new(record),
        stage_name,
        account: account_brief(row, first)?,
        contact: contact_brief(row, first + 3)?,
        additional_contacts,
        owner,
    })
}

const CONTACT_COLUMNS: &str = "c.id, c.email, c.first_name, c.last_name, c.full_name";

fn additional_contacts(
    connection: &Connection,
    org: Org,
    id: Uuid,
) -> Result<Vec<ContactBrief>, ReadError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "select {CONTACT_COLUMNS}
             from opportunity_contact link
             join contact c on c.org = link.org and c.id = link.contact_id
             where link.org = ?1 and link.opportunity_id = ?2 order by link.rid"
        )
    });
    let mut statement = connection.prepare_cached(&SQL)?;
    let contacts = statement.query_map(params![org.number, id], |row| contact_brief(row, 0))?;
    Ok(contacts
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?)
}

/// The same for many, by the opportunities' ids.
fn additional_contacts_of_rows(
    connection: &Connection,
    org: Org,
    rids: &str,
) -> Result<HashMap<Uuid, Vec<ContactBrief>>, ReadError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "select o.id, {CONTACT_COLUMNS}
             from {PAGE} cross join opportunity o on o.rid = page.value
             cross join opportunity_contact link on link.org = o.org and link.opportunity_id = o.id
             cross join contact c on c.org = link.org and c.id = link.contact_id
             where o.org = ?1 order by link.rid"
        )
    });
    let mut statement = connection.prepare_cached(&SQL)?;
    let mut rows = statement.query(params![org.number, rids])?;
    let mut found: HashMap<Uuid, Vec<ContactBrief>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let of_one = found.entry(row.get(0)?).or_default();
        of_one.extend(contact_brief(row, 1)?);
    }
    Ok(found)
}

fn account_brief(row: &Row, first: usize) -> rusqlite::Result<Option<AccountBrief>> {
    let Some(id) = row.get(first)? else {
        return Ok(None);
    };
    let name: Option<String> = row.get(first + 1)?;
    let name = name.unwrap_or_default();
    Ok(Some(AccountBrief {
        id,
        name,
        domain: row.get(first + 2)?,
    }))
}

fn contact_brief(row: &Row, first: usize) -> rusqlite::Result<Option<ContactBrief>> {
    let Some(id) = row.get(first)? else {
        return Ok(None);
    };
    Ok(Some(ContactBrief {
        id,
        email: row.get(first + 1)?,
        first_name: row.get(first + 2)?,
        last_name: row.get(first + 3)?,
        full_name: row.get(first + 4)?,
    }))
}
