//! Where the rows of a statement come from: a way as a `from` of SQL.

mod postgres;
mod sqlite;

use lanekeeper_core::Object;
use uuid::Uuid;

use super::access::{Access, Values};
use super::choice::Way;
use super::dialect::{Dialect, ID, Stored};
use super::expression::Builder;
use super::index::Index;
use super::range::Range;
use super::render::Part;
use super::{Bind, Search};

/// The searched table is `r`; `v` is a table of values.
pub(super) struct Source {
    /// What stands before the `select`.
    pub(super) with: String,
    pub(super) from: String,
    /// What the rows of an index are sought by.
    pub(super) terms: Vec<String>,
    /// What tells apart rows that nothing else does, in creation order.
    pub(super) row: &'static str,
    /// Where the times of creation and of the last update stand.
    pub(super) created_at: &'static str,
    pub(super) updated_at: &'static str,
    /// Where the first sort key stands, if not in the record, and how.
    pub(super) first_key: Option<(&'static str, Stored)>,
}

impl Source {
    pub(super) fn new(search: Search, way: &Way, part: Part, sql: &mut Builder) -> Self {
        match search.dialect {
            Dialect::Sqlite => sqlite::source(search, &way.access, part, sql),
            Dialect::Postgres => postgres::source(search, way, part, sql),
        }
    }

    fn of_table(dialect: Dialect, from: String) -> Self {
        Self {
            with: String::new(),
            from,
            terms: vec![],
            row: dialect.row(),
            created_at: "r.created_at",
            updated_at: "r.updated_at",
            first_key: None,
        }
    }

    fn of_index(search: Search, index: &Index, range: Option<&Range>, sql: &mut Builder) -> Self {
        let (dialect, table) = (search.dialect, search.query.object.name());
        let column = format!("r.{}", index.column);
        let term = range.and_then(|range| range.term(&column, Stored::of(index.holds), sql));
        let from = format!("{table} r{}", dialect.indexed_by(index.name));
        let of_table = Self::of_table(dialect, from);
        Self {
            terms: term.into_iter().collect(),
            row: if index.column == "id" {
                ID
            } else {
                of_table.row
            },
            ..of_table
        }
    }
}

/// Whether a way is walked in the order of the answer, as far as it has to be. PostgreSQL may not do as it is told: from where
/// few rows are, they are fetched before anything else.
pub(super) fn is_walked(search: Search, way: &Way) -> bool {
    let is_fetched = search.dialect == Dialect::Postgres && way.few.is_some();
    way.access.is_in_order(search) && !is_fetched
}

impl Values {
    /// The table that has them.
    const fn table(&self, object: Object) -> &'static str {
        match (self, object) {
            (Self::Custom { .. }, _) => "custom_value",
            (Self::Name, Object::Contact) => "contact_name",
            (Self::Name, _) => "account_name",
            (Self::Links, Object::Activity) => "activity_link",
            (Self::Links, _) => "note_link",
            (Self::AdditionalContacts, _) => "opportunity_contact",
        }
    }

    /// The table as `v`. Only of that of additional contacts SQLite would not see by itself how to seek in it.
    fn source(&self, dialect: Dialect, object: Object) -> String {
        let by = match self {
            Self::AdditionalContacts => dialect.indexed_by("opportunities_of_contact"),
            Self::Custom { .. } | Self::Name | Self::Links => String::new(),
        };
        format!("{} v{by}", self.table(object))
    }

    /// The column that tells whose value it is, and what that is of the record.
    const fn record(&self, dialect: Dialect) -> (&'static str, &'static str) {
        match self {
            Self::AdditionalContacts => ("opportunity_id", ID),
            Self::Custom { .. } | Self::Name | Self::Links => ("record", dialect.row()),
        }
    }

    fn terms(&self, search: Search, range: &Range, sql: &mut Builder) -> Vec<String> {
        let dialect = search.dialect;
        let org = sql.bind_org();
        let mut terms = vec![format!("v.org = {org}")];
        if let Self::Custom { slug, .. } = self {
            terms.push(format!("v.field = ({})", field(search, &org, slug, sql)));
        }
        if *self == Self::Links {
            terms.push(match dialect {
                Dialect::Sqlite => "v.is_live = 1".to_owned(),
                Dialect::Postgres => "v.is_live".to_owned(),
            });
        }
        let value = match self {
            Self::AdditionalContacts => "v.contact_id",
            Self::Custom { .. } | Self::Name | Self::Links => "v.value",
        };
        terms.extend(range.term(value, self.stored(dialect), sql));
        terms
    }
}

/// What `custom_value` knows a field by.
fn field(search: Search, org: &str, slug: &str, sql: &mut Builder) -> String {
    let object = sql.bind(search.query.object.name());
    let pipeline_id = search.query.pipeline_id;
    let (known_by, of_pipeline, none) = match search.dialect {
        Dialect::Sqlite => ("rid", "ifnull(pipeline_id, x'')", Bind::Bytes(vec![])),
        Dialect::Postgres => ("id", postgres::PIPELINE_OR_NIL, Uuid::nil().into()),
    };
    let pipeline_id = sql.bind(pipeline_id.map_or(none, Bind::from));
    let slug = sql.bind(slug);
    format!(
        "select {known_by} from field where org = {org} and object = {object}
                  and {of_pipeline} = {pipeline_id} and slug = {slug}"
    )
}

/// How many rows there are by a way, as a statement whose last value is the most to count.
pub(super) fn count(search: Search, access: &Access, sql: &mut Builder) -> String {
    let (with, rows) = match access {
        Access::Key => (String::new(), "select 1".to_owned()),
        Access::Text { words, digits } => {
            // Some may be found twice; then they are soon too many.
            let hits = hits(search, words, digits.as_deref(), "union all", sql);
            let with = format!("with hit as not materialized ({hits}) ");
            (with, "select 1 from hit".to_owned())
        }
        Access::Index(index, range) => {
            let rows = indexed(search, "1", index, range.as_ref(), sql);
            (String::new(), rows)
        }
        Access::Values(values, range) => {
            let terms = values.terms(search, range, sql).join(" and ");
            let source = values.source(search.dialect, search.query.object);
            (
                String::new(),
                format!("select 1 from {source} where {terms}"),
            )
        }
    };
    let limit = sql.next_place();
    format!("{with}select count(*) from ({rows} limit {limit}) counted")
}

/// The live rows of an index.
fn indexed(
    search: Search,
    wanted: &str,
    index: &Index,
    range: Option<&Range>,
    sql: &mut Builder,
) -> String {
    let source = Source::of_index(search, index, range, sql);
    let live = "r.deleted_at is null".to_owned();
    let mut terms = vec![format!("r.org = {}", sql.bind_org()), live];
    if let (Some(id), true) = (search.query.pipeline_id, index.in_pipeline) {
        terms.push(format!("r.pipeline_id = {}", sql.bind(id)));
    }
    terms.extend(source.terms);
    let terms = terms.join(" and ");
    format!("select {wanted} from {} where {terms}", source.from)
}

/// That a row is among those that words find. The plus keeps SQLite from beginning with these.
pub(super) fn among(search: Search, access: &Access, sql: &mut Builder) -> Option<String> {
    let Access::Text { words, digits } = access else {
        return None;
    };
    let hits = hits(search, words, digits.as_deref(), "union all", sql);
    Some(format!("+{} in ({hits})", search.dialect.row()))
}

/// The rows in which words may be, by the index of texts: in the record's own, or in those of what it refers to.
fn hits(
    search: Search,
    words: &[String],
    digits: Option<&str>,
    union: &str,
    sql: &mut Builder,
) -> String {
    match search.dialect {
        Dialect::Sqlite => sqlite::hits(search, words, digits, union, sql),
        Dialect::Postgres => postgres::hits(search, words, digits, union, sql),
    }
}
