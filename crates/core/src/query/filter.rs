//! Filters: a field, an operator, a value.

use super::operand::{Atom, Input, wrong};
use super::{FILTERS_MAX, Field, Fields, Holds};
use crate::text::quote;
use crate::{Faults, nearest};

/// Most values of one filter.
pub(super) const VALUES_MAX: usize = 500;

/// A filter as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterDraft {
    /// Where it stands, such as `filters.2`.
    pub path: String,
    /// The field's name.
    pub field: String,
    /// The operator's name.
    pub operator: String,
    /// The value; none if it is absent or null.
    pub value: Option<Input>,
}

/// A condition that a record has to fulfil.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// What is looked at.
    pub field: Field,
    /// Whether the record must *not* fulfil the condition. A record without the field then matches.
    pub negated: bool,
    /// The condition.
    pub condition: Condition,
}

/// What is true of a field's value; of a list, of its entries. Without a value nothing is.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// There is a value.
    HasValue,
    /// The value, or an entry, is one of these.
    IsOneOf(Vec<Atom>),
    /// Each of these is an entry.
    HasAll(Vec<Atom>),
    /// Each of these texts is in the value, or in some entry.
    ContainsAll(Vec<String>),
    /// One of these texts is in the value, or in some entry.
    ContainsAny(Vec<String>),
    /// The value, or an entry, starts so.
    StartsWith(String),
    /// The value, or an entry, ends so.
    EndsWith(String),
    /// The value, or an entry, is between these.
    Between(Option<Bound>, Option<Bound>),
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The value.
    pub at: Atom,
    /// Whether it is in the range itself.
    pub included: bool,
}

/// How a field is held against a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum Operator {
    Eq,
    Neq,
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
    In,
    NotIn,
    Gt,
    Gte,
    Lt,
    Lte,
    Between,
    Empty,
    NotEmpty,
    ContainsAll,
    ContainsNone,
}

use Operator::*;

/// Every operator with its names, the published one first.
const NAMES: &[(Operator, &[&str])] = &[
    (Eq, &["eq", "is"]),
    (Neq, &["neq", "is_not"]),
    (Contains, &["contains", "contain"]),
    (NotContains, &["not_contains", "not_contain"]),
    (StartsWith, &["starts_with"]),
    (EndsWith, &["ends_with"]),
    (In, &["in", "is_any_of"]),
    (NotIn, &["not_in"]),
    (Gt, &["gt", "greater_than", "after"]),
    (Gte, &["gte"]),
    (Lt, &["lt", "less_than", "before"]),
    (Lte, &["lte"]),
    (Between, &["between"]),
    (Empty, &["empty"]),
    (NotEmpty, &["not_empty"]),
    (ContainsAll, &["contains_all", "include_all"]),
    (ContainsNone, &["contains_none", "exclude_all"]),
];

impl Operator {
    /// Every operator.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(operator, _)| *operator)
    }

    /// Its published name.
    #[must_use]
    pub fn name(self) -> &'static str {
        let names = NAMES.iter().find(|(operator, _)| *operator == self);
        names.expect("every operator has names").1[0]
    }

    /// The operator of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(_, names)| names.contains(&name));
        found.map(|(operator, _)| *operator)
    }

    /// Whether it makes sense for what a field holds.
    #[must_use]
    pub const fn applies_to(self, holds: Holds) -> bool {
        match self {
            Empty | NotEmpty => true,
            Eq | Neq | In | NotIn => !matches!(holds, Holds::Object),
            Contains | NotContains | ContainsAll | ContainsNone => matches!(
                holds,
                Holds::Text
                    | Holds::Lower
                    | Holds::Texts
                    | Holds::Choices
                    | Holds::Days
                    | Holds::Ids
            ),
            StartsWith | EndsWith => matches!(holds, Holds::Text | Holds::Lower | Holds::Texts),
            Gt | Gte | Lt | Lte | Between => matches!(
                holds,
                Holds::Text
                    | Holds::Lower
                    | Holds::Number
                    | Holds::Time
                    | Holds::Seconds
                    | Holds::Instant
                    | Holds::Day
                    | Holds::Days
            ),
        }
    }

    /// Whether it asks for what its counterpart excludes.
    const fn is_negative(self) -> bool {
        matches!(self, Neq | NotContains | NotIn | Empty | ContainsNone)
    }
}

/// The filters, as far as they make sense.
pub(super) fn resolve(drafts: &[FilterDraft], fields: &Fields, faults: &mut Faults) -> Vec<Filter> {
    if drafts.len() > FILTERS_MAX {
        let len = drafts.len();
        faults.add(
            "filters",
            format!("has {len} entries; at most {FILTERS_MAX} are allowed"),
        );
        return vec![];
    }
    let filters = drafts.iter().filter_map(|draft| one(draft, fields, faults));
    filters.collect()
}

fn one(draft: &FilterDraft, fields: &Fields, faults: &mut Faults) -> Option<Filter> {
    let path = &draft.path;
    let field = fields.named(&draft.field);
    let field = field.map_err(|message| faults.add(format!("{path}.field"), message));
    let operator = named(&draft.operator);
    let operator = operator.map_err(|message| faults.add(format!("{path}.operator"), message));
    let (field, operator) = (field.ok()?, operator.ok()?);
    if !operator.applies_to(field.holds) {
        faults.add(format!("{path}.operator"), unfit(operator, &field));
        return None;
    }
    let value = draft
        .value
        .clone()
        .map(|value| named_options(value, &field));
    let condition = condition(operator, field.holds, value.as_ref());
    let condition = condition.map_err(|wrong| faults.add_under(format!("{path}.value"), wrong));
    Some(Filter {
        field,
        negated: operator.is_negative(),
        condition: condition.ok()?,
    })
}

/// The value with the labels of options made their values.
fn named_options(value: Input, field: &Field) -> Input {
    match value {
        Input::Text(text) => Input::Text(field.option_named(&text)),
        Input::List(entries) => {
            let entries = entries.into_iter();
            Input::List(entries.map(|entry| named_options(entry, field)).collect())
        }
        other => other,
    }
}

fn named(name: &str) -> Result<Operator, String> {
    let names = || NAMES.iter().flat_map(|(_, names)| names.iter().copied());
    Operator::named(name).ok_or_else(|| {
        let hint = nearest::hint(name, names());
        format!("is no operator: {}{hint}", quote(name))
    })
}

fn unfit(operator: Operator, field: &Field) -> String {
    let fit = Operator::all().filter(|operator| operator.applies_to(field.holds));
    let fit: Vec<&str> = fit.map(Operator::name).collect();
    format!(
        "is '{}', but the field {} holds {}, which takes {}",
        operator.name(),
        quote(&field.name),
        field.holds.name(),
        fit.join(", ")
    )
}

/// What the operator asks of a field; for the negative ones, what it excludes.
fn condition(operator: Operator, holds: Holds, value: Option<&Input>) -> Result<Condition, Faults> {
    // Entries that are compared whole: what such a list contains is an entry, not a part of one.
    let has_whole_entries = matches!(holds, Holds::Ids | Holds::Choices | Holds::Days);
    let is_list = holds.is_list();
    Ok(match operator {
        Empty | NotEmpty => Condition::HasValue,
        Eq | Neq => Condition::IsOneOf(vec![single(holds, value)?]),
        Contains | NotContains if has_whole_entries => {
            Condition::IsOneOf(vec![single(holds, value)?])
        }
        Contains | NotContains => Condition::ContainsAll(vec![word(holds, value)?]),
        StartsWith => Condition::StartsWith(word(holds, value)?),
        EndsWith => Condition::EndsWith(word(holds, value)?),
        In | NotIn => Condition::IsOneOf(several(holds, value)?),
        ContainsAll if is_list => Condition::HasAll(several(holds, value)?),
        ContainsNone if is_list => Condition::IsOneOf(several(holds, value)?),
        ContainsAll => Condition::ContainsAll(words(holds, value)?),
        ContainsNone => Condition::ContainsAny(words(holds, value)?),
        Gt => Condition::Between(Some(bound(holds, value, false)?), None),
        Gte => Condition::Between(Some(bound(holds, value, true)?), None),
        Lt => Condition::Between(None, Some(bound(holds, value, false)?)),
        Lte => Condition::Between(None, Some(bound(holds, value, true)?)),
        Between => range(holds, value)?,
    })
}

fn single(holds: Holds, value: Option<&Input>) -> Result<Atom, Faults> {
    let value = value.ok_or_else(required)?;
    Atom::of(value, holds).map_err(|message| Faults::one("", message))
}

fn bound(holds: Holds, value: Option<&Input>, included: bool) -> Result<Bound, Faults> {
    let at = single(holds, value)?;
    Ok(Bound { at, included })
}

fn word(holds: Holds, value: Option<&Input>) -> Result<String, Faults> {
    single(holds, value).map(text_of)
}

fn words(holds: Holds, value: Option<&Input>) -> Result<Vec<String>, Faults> {
    let atoms = several(holds, value)?;
    Ok(atoms.into_iter().map(text_of).collect())
}

fn text_of(atom: Atom) -> String {
    match atom {
        Atom::Text(text) => text,
        other => unreachable!("the operator takes texts only, not {other:?}"),
    }
}

/// One value or more; a single one need not be in an array.
fn several(holds: Holds, value: Option<&Input>) -> Result<Vec<Atom>, Faults> {
    let value = value.ok_or_else(required)?;
    let Input::List(entries) = value else {
        return Ok(vec![single(holds, Some(value))?]);
    };
    if !(1..=VALUES_MAX).contains(&entries.len()) {
        let len = entries.len();
        let message = format!("has {len} entries; send 1 to {VALUES_MAX}");
        return Err(Faults::one("", message));
    }
    let mut faults = Faults::default();
    let atoms = entries.iter().enumerate().filter_map(|(index, entry)| {
        let atom = Atom::of(entry, holds);
        atom.map_err(|message| faults.add(index.to_string(), message))
            .ok()
    });
    let atoms = atoms.collect();
    faults.or(atoms)
}

fn range(holds: Holds, value: Option<&Input>) -> Result<Condition, Faults> {
    let value = value.ok_or_else(required)?;
    let wanted = "an array of two values, the least and the most";
    let Input::List(ends) = value else {
        return Err(Faults::one("", wrong(value, wanted)));
    };
    if ends.len() != 2 {
        let message = format!("has {} entries; send {wanted}", ends.len());
        return Err(Faults::one("", message));
    }
    let ends = several(holds, Some(value))?.into_iter();
    let mut ends = ends.map(|at| Bound { at, included: true });
    Ok(Condition::Between(ends.next(), ends.next()))
}

fn required() -> Faults {
    Faults::one("", "is required")
}
