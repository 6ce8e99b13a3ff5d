//! Filters on what opportunities refer to, such as the domain of the account: its ids are looked up, and the indexes of the
//! references lead on from there.

use lanekeeper_core::query::{Condition, Filter, Place};
use uuid::Uuid;

use super::access::Access;
use super::condition::of_value;
use super::dialect::Dialect;
use super::expression::Builder;
use super::{Search, Statement};

/// Most ids to go on from: what more records have is not rare.
const IDS_MAX: usize = 1_000;

/// A filter on a member of what opportunities refer to.
pub(crate) struct Reference {
    /// The opportunity's column that refers to it.
    column: &'static str,
    dialect: Dialect,
    /// Answers the ids of whatever fulfils the filter, or one more than there may be.
    pub(crate) ids: Statement,
}

/// A member of what opportunities refer to.
struct Member {
    /// The opportunity's column that refers to it.
    reference: &'static str,
    /// The rows that opportunities may refer to, also those in the trash: a table, its index and the rows of that.
    from: &'static [(&'static str, Option<&'static str>, &'static str)],
    /// The member as it compares, in SQLite and in PostgreSQL.
    value: [&'static str; 2],
    /// Whether an organisation has so few of these that all may be read.
    are_few: bool,
}

const IS_LIVE: &str = "x.deleted_at is null";
const IS_IN_TRASH: &str = "x.deleted_at is not null";

const ACCOUNT_DOMAIN: Member = Member {
    reference: "account_id",
    from: &[
        ("account", Some("account_by_domain"), IS_LIVE),
        ("account", Some("account_in_trash"), IS_IN_TRASH),
    ],
    value: ["x.domain"; 2],
    are_few: false,
};
const CONTACT_EMAIL: Member = Member {
    reference: "contact_id",
    from: &[
        ("contact", Some("contact_by_email"), IS_LIVE),
        ("contact", Some("contact_in_trash"), IS_IN_TRASH),
    ],
    value: ["x.email"; 2],
    are_few: false,
};
const STAGE_NAME: Member = Member {
    reference: "stage_id",
    from: &[("stage", None, "true")],
    value: ["fold(x.label)", "x.folded_label"],
    are_few: true,
};
const OWNER_EMAIL: Member = Member {
    reference: "owner_id",
    from: &[("member", None, "true")],
    value: ["x.email"; 2],
    are_few: true,
};

impl Search<'_> {
    /// What has to be looked up before the ways are known.
    pub(crate) fn references(self) -> Vec<Reference> {
        let filters = self.query.filters.iter();
        let members = filters.filter_map(|filter| {
            let member = Member::of(filter)?;
            Some(Reference {
                column: member.reference,
                dialect: self.dialect,
                ids: member.ids(self, &filter.condition),
            })
        });
        members.collect()
    }
}

impl Reference {
    /// The way to the rows that refer to these; none if they are too many.
    pub(crate) fn way(&self, ids: Vec<Uuid>) -> Option<Access> {
        let are_few = ids.len() <= IDS_MAX;
        are_few.then(|| Access::by_reference(self.dialect, self.column, ids))
    }
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

    fn ids(&self, search: Search, condition: &Condition) -> Statement {
        let mut sql = Builder::new(search);
        let org = sql.bind_org();
        let value = match search.dialect {
            Dialect::Sqlite => self.value[0],
            Dialect::Postgres => self.value[1],
        };
        let is_so = of_value(condition, value, &mut sql);
        let ids = self.from.iter().map(|(table, index, rows)| {
            let by = index.map(|index| search.dialect.indexed_by(index));
            let from = format!("{table} x{}", by.unwrap_or_default());
            format!("select x.id from {from} where {rows} and x.org = {org} and {is_so}")
        });
        let ids = ids.collect::<Vec<_>>().join(" union all ");
        let text = format!("{ids} limit {}", sql.next_place());
        let limit = i64::try_from(IDS_MAX + 1).expect("it is small");
        Statement::new(text, sql).up_to(limit)
    }
}
