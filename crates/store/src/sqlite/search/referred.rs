//! Filters on what opportunities refer to, such as the domain of the account: its ids are looked up, and the indexes of the
//! references lead on from there.

use lanekeeper_core::query::{Condition, Filter, Place, Query};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use uuid::Uuid;

use super::access::Access;
use super::expression::Builder;
use super::render::of_value;
use crate::{Org, ReadError};

/// Most ids to go on from: what more records have is not rare.
const IDS_MAX: usize = 1_000;

/// A member of what opportunities refer to.
struct Member {
    /// The opportunity's column that refers to it.
    reference: &'static str,
    /// The rows that opportunities may refer to: also those in the trash.
    from: &'static [&'static str],
    /// The member as it compares.
    value: &'static str,
    /// Whether an organisation has so few of these that all may be read.
    are_few: bool,
}

const ACCOUNT_DOMAIN: Member = Member {
    reference: "account_id",
    from: &[
        "account x indexed by account_by_domain where x.deleted_at is null",
        "account x indexed by account_in_trash where x.deleted_at is not null",
    ],
    value: "x.domain",
    are_few: false,
};
const CONTACT_EMAIL: Member = Member {
    reference: "contact_id",
    from: &[
        "contact x indexed by contact_by_email where x.deleted_at is null",
        "contact x indexed by contact_in_trash where x.deleted_at is not null",
    ],
    value: "x.email",
    are_few: false,
};
const STAGE_NAME: Member = Member {
    reference: "stage_id",
    from: &["stage x where true"],
    value: "fold(x.label)",
    are_few: true,
};
const OWNER_EMAIL: Member = Member {
    reference: "owner_id",
    from: &["member x where true"],
    value: "x.email",
    are_few: true,
};

/// A way to the rows of each filter on a member of something else.
pub(super) fn ways(
    connection: &Connection,
    org: Org,
    query: &Query,
) -> Result<Vec<Access>, ReadError> {
    let mut ways = vec![];
    for filter in &query.filters {
        let Some(member) = Member::of(filter) else {
            continue;
        };
        let ids = member.ids(connection, org, &filter.condition)?;
        if ids.len() <= IDS_MAX {
            ways.push(Access::by_reference(member.reference, ids));
        }
    }
    Ok(ways)
}

impl Member {
    /// What a filter is about, if looking for that finds the records.
    fn of(filter: &Filter) -> Option<&'static Self> {
        let member = match filter.field.place {
            Place::AccountDomain => &ACCOUNT_DOMAIN,
            Place::ContactEmail => &CONTACT_EMAIL,
            Place::StageName => &STAGE_NAME,
            Place::OwnerEmail => &OWNER_EMAIL,
            _ => return None,
        };
        let is_sought = member.are_few || matches!(filter.condition, Condition::IsOneOf(_));
        (is_sought && !filter.negated).then_some(member)
    }

    /// Whatever fulfils the condition, or one more than may be.
    fn ids(
        &self,
        connection: &Connection,
        org: Org,
        condition: &Condition,
    ) -> Result<Vec<Uuid>, ReadError> {
        let mut sql = Builder::default();
        let number = sql.bind(org.number);
        let is_so = of_value(condition, self.value, &mut sql);
        let ids = self.from.iter();
        let ids =
            ids.map(|from| format!("select x.id from {from} and x.org = {number} and {is_so}"));
        let ids = ids.collect::<Vec<_>>().join(" union all ");
        let limit = i64::try_from(IDS_MAX + 1).expect("it is small");
        let statement = format!("{ids} limit {}", sql.bind(Sql::Integer(limit)));
        let mut statement = connection.prepare_cached(&statement)?;
        let rows = statement.query_map(params_from_iter(sql.into_values()), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
