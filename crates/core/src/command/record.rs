//! Records that are there already: to change, to delete, to restore, to merge.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Attribute;
use crate::value::Value;
use crate::{DomainName, Email, Object};

/// The record that a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What kind of record.
    pub object: Object,
    /// Which.
    pub id: Uuid,
    /// Where it was named.
    pub named_in: NamedIn,
    /// Versions ([`Record::version`](crate::Record::version)) of which the record must have one; none: whichever it has.
    pub versions: Option<Vec<String>>,
}

/// Where a record was named: an id that leads nowhere is another error in a path than in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedIn {
    /// The path of the request.
    Path,
    /// Its body.
    Body,
}

/// New values for a record; what is not named stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateRecord {
    /// Which.
    pub target: Target,
    /// System values by field; none clears the field.
    pub values: BTreeMap<&'static str, Option<Value>>,
    /// The account of a contact or opportunity.
    pub account: Option<Sent<Link<DomainName>>>,
    /// The primary contact of an opportunity.
    pub contact: Option<Sent<Link<Email>>>,
    /// All other contacts of an opportunity, in place of those it has.
    pub others: Option<Sent<Vec<Link<Email>>>>,
    /// What a note or an activity is about, by field: all of it, in place of what it was.
    pub links: BTreeMap<&'static str, Vec<Uuid>>,
    /// The stage of an opportunity.
    pub stage: StageKey,
    /// The owner of an opportunity.
    pub owner: Option<OwnerKey>,
    /// Custom values by the path they were sent under; one without a value clears its field.
    pub custom: BTreeMap<String, Attribute>,
}

/// Something with the member that it was sent as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent<T> {
    /// The member's path.
    pub path: &'static str,
    /// What was sent.
    pub value: T,
}

/// What a record is to refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link<Key> {
    /// Nothing any more.
    Nothing,
    /// The record of this id, which must be there.
    Id(Uuid),
    /// The record of this domain or address, made if there is none.
    Key(Key),
}

/// A stage by id, which wins, or by its label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageKey {
    /// Its id.
    pub id: Option<Uuid>,
    /// Its label, whatever its case.
    pub name: Option<String>,
}

/// A member by id, or by address; by both, if they are the same member. By neither: nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerKey {
    /// The member's id.
    pub id: Option<Uuid>,
    /// The member's address.
    pub email: Option<Email>,
}

/// A record to put into the trash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteRecord {
    /// Which.
    pub target: Target,
}

/// A record to take out of the trash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreRecord {
    /// Which.
    pub target: Target,
}

/// Records to merge into one, which then answers for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeRecords {
    /// The one that stays.
    pub target: Target,
    /// Those that go.
    pub from: Vec<Uuid>,
}

/// Most records that are merged into one at a time.
pub const MERGE_LEN_MAX: usize = 20;
