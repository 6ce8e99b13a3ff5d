//! Where the rows of a statement come from: a way as a `from` of SQL.

use lanekeeper_core::Object;
use lanekeeper_core::query::Query;

use super::access::{self, Access, Index, Values};
use super::expression::Builder;
use super::range::Range;
use super::render::Part;
use crate::Org;
use crate::sqlite::{index_name, index_text, timeline};

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
    /// Where the first sort key stands, if not in the record.
    pub(super) first_key: Option<&'static str>,
}

/// The row's number, and its id, which is in the same order.
pub(super) const RID: &str = "r.rid";
pub(super) const ID: &str = "r.id";

impl Source {
    fn of_table(from: String) -> Self {
        Self {
            with: String::new(),
            from,
            terms: vec![],
            row: RID,
            created_at: "r.created_at",
            updated_at: "r.updated_at",
            first_key: None,
        }
    }

    pub(super) fn new(
        org: Org,
        query: &Query,
        access: &Access,
        part: Part,
        sql: &mut Builder,
    ) -> Self {
        let table = query.object.name();
        match access {
            Access::Key => Self::of_table(format!("{table} r")),
            Access::Text(expression) => Self {
                with: hits(query.object, expression, "union", sql),
                ..Self::of_table(format!("hit cross join {table} r on r.rid = hit.rid"))
            },
            Access::Index(index, range) => Self::of_index(index, range.as_ref(), table, sql),
            // Who has no value of it is not among the values.
            Access::Values(values, _)
                if part == Part::WithoutFirstKey && values.are_first(query) =>
            {
                Self::new(org, query, &access::whole(query.object), part, sql)
            }
            Access::Values(values, range) => Self::of_values(org, query, values, range, sql),
        }
    }

    fn of_index(index: &Index, range: Option<&Range>, table: &str, sql: &mut Builder) -> Self {
        let column = format!("r.{}", index.column);
        let term = range.and_then(|range| range.term(&column, index.holds, sql));
        Self {
            terms: term.into_iter().collect(),
            row: if index.column == "id" { ID } else { RID },
            ..Self::of_table(format!("{table} r indexed by {}", index.name))
        }
    }

    fn of_values(
        org: Org,
        query: &Query,
        values: &Values,
        range: &Range,
        sql: &mut Builder,
    ) -> Self {
        let terms = values.terms(org, query, range, sql);
        let object = query.object.name();
        let (record, row) = values.record();
        let join = format!("cross join {object} r on {row} = v.{record}");
        let (table, source) = (values.table(query.object), values.source(query.object));
        if values.holds().is_list() && !range.is_one_value() {
            let terms = terms.join(" and ");
            let each_once = format!("(select distinct {record} from {source} where {terms}) v");
            return Self::of_table(format!("{each_once} {join}"));
        }
        if values.are_first(query) {
            return Self {
                terms,
                row: "v.record",
                first_key: Some("v.value"),
                ..Self::of_table(format!("{source} {join}"))
            };
        }
        let of_table = match values {
            Values::Custom { .. } => Self {
                updated_at: "v.updated_at",
                ..Self::of_table(format!("{table} v indexed by {table}_by_update {join}"))
            },
            Values::Name => Self::of_table(format!("{source} {join}")),
            Values::Links => Self {
                created_at: "v.created_at",
                ..Self::of_table(format!("{source} {join}"))
            },
            Values::AdditionalContacts => {
                let of_table = Self::of_table(format!("{source} {join}"));
                return Self { terms, ..of_table };
            }
        };
        Self {
            terms,
            row: "v.record",
            ..of_table
        }
    }
}

impl Values {
    fn table(&self, object: Object) -> &'static str {
        match self {
            Self::Custom { .. } => "custom_value",
            Self::Name => index_name::table(object).expect("only of these there are names"),
            Self::Links => timeline::table(object).expect("only these are on timelines"),
            Self::AdditionalContacts => "opportunity_contact",
        }
    }

    /// The table as `v`. Only of that of additional contacts SQLite would not see by itself how to seek in it.
    fn source(&self, object: Object) -> String {
        let by = match self {
            Self::AdditionalContacts => " indexed by opportunities_of_contact",
            Self::Custom { .. } | Self::Name | Self::Links => "",
        };
        format!("{} v{by}", self.table(object))
    }

    /// The column that tells whose value it is, and what that is of the record.
    const fn record(&self) -> (&'static str, &'static str) {
        match self {
            Self::AdditionalContacts => ("opportunity_id", ID),
            Self::Custom { .. } | Self::Name | Self::Links => ("record", RID),
        }
    }

    fn terms(&self, org: Org, query: &Query, range: &Range, sql: &mut Builder) -> Vec<String> {
        let number = sql.bind(org.number);
        let mut terms = vec![format!("v.org = {number}")];
        if let Self::Custom { slug, .. } = self {
            let object = sql.bind(query.object.name().to_owned());
            let pipeline_id = query.pipeline_id.map(|id| id.as_bytes().to_vec());
            let pipeline_id = sql.bind(pipeline_id.unwrap_or_default());
            let slug = sql.bind(slug.clone());
            terms.push(format!(
                "v.field = (select rid from field where org = {number} and object = {object}
                  and ifnull(pipeline_id, x'') = {pipeline_id} and slug = {slug})"
            ));
        }
        if *self == Self::Links {
            terms.push("v.is_live = 1".to_owned());
        }
        let value = match self {
            Self::AdditionalContacts => "v.contact_id",
            Self::Custom { .. } | Self::Name | Self::Links => "v.value",
        };
        terms.extend(range.term(value, self.holds(), sql));
        terms
    }
}

/// How many rows there are by a way, as a statement whose last value is the most to count.
pub(super) fn count(org: Org, query: &Query, access: &Access, sql: &mut Builder) -> String {
    let (with, rows) = match access {
        Access::Key => (String::new(), "select 1".to_owned()),
        // Some may be found twice; then they are soon too many.
        Access::Text(expression) => {
            let hits = hits(query.object, expression, "union all", sql);
            (
                hits.replace("as materialized", "as not materialized"),
                "select 1 from hit".to_owned(),
            )
        }
        Access::Index(index, range) => {
            let source = Source::of_index(index, range.as_ref(), query.object.name(), sql);
            let live = "r.deleted_at is null".to_owned();
            let mut terms = vec![format!("r.org = {}", sql.bind(org.number)), live];
            if let (Some(id), true) = (query.pipeline_id, index.in_pipeline) {
                let place = sql.bind(id.as_bytes().to_vec());
                terms.push(format!("r.pipeline_id = {place}"));
            }
            terms.extend(source.terms);
            (
                String::new(),
                format!(
                    "select 1 from {} where {}",
                    source.from,
                    terms.join(" and ")
                ),
            )
        }
        Access::Values(values, range) => {
            let terms = values.terms(org, query, range, sql).join(" and ");
            (
                String::new(),
                format!(
                    "select 1 from {} where {terms}",
                    values.source(query.object)
                ),
            )
        }
    };
    let limit = sql.next_place();
    format!("{with}select count(*) from ({rows} limit {limit})")
}

/// The rows in which a word is, by the index of texts: in the record's own, or in those of what it refers to.
fn hits(object: Object, expression: &str, union: &str, sql: &mut Builder) -> String {
    let (place, own) = (sql.bind(expression.to_owned()), index_text::table(object));
    let own = format!("select rowid as rid from {own} where {own} match {place}");
    if object != Object::Opportunity {
        return format!("with hit as materialized ({own}) ");
    }
    let related = ["account", "contact"].map(|related| {
        format!(
            " {union} select o.rid from {related}_text cross join {related} x on x.rid = {related}_text.rowid
              cross join opportunity o indexed by opportunity_by_{related} on o.org = x.org and o.{related}_id = x.id
              where {related}_text match {place}"
        )
    });
    format!("with hit as materialized ({own}{}) ", related.concat())
}
