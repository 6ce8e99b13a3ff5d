//! The kinds of record and their system fields, as data: these tables feed validation, storage and answers.

use crate::activity;

/// A kind of record. All have system fields; notes and activities have no custom ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A company, known by its domain.
    Account,
    /// A person, known by e-mail address.
    Contact,
    /// A deal in a pipeline.
    Opportunity,
    /// A text about accounts, contacts and opportunities.
    Note,
    /// Something that happened with accounts and contacts, such as a call.
    Activity,
}

/// A field that every record of an object has.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The name on the wire and of the column.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who may set it.
    pub set_by: SetBy,
}

/// What a system field holds, with the limits of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line of at most so many characters.
    Line(usize),
    /// Text with line breaks of at most so many characters.
    Lines(usize),
    /// A web address (http or https), or a handle.
    Link,
    /// A normalised [`DomainName`](crate::DomainName).
    Domain,
    /// A normalised [`Email`](crate::Email).
    Email,
    /// Any finite number.
    Number,
    /// A whole year, 1000 to 9999.
    Year,
    /// Yes or no.
    Boolean,
    /// Short texts without repetition.
    Tags,
    /// Normalised e-mail addresses without repetition.
    Emails,
    /// Normalised domains without repetition.
    Domains,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A JSON object of at most so many bytes.
    Object(usize),
    /// A moment: ISO 8601 or Unix seconds in, ISO 8601 out.
    Time,
    /// Unix seconds, in and out.
    UnixSeconds,
    /// The id of a record or a setting.
    Id,
    /// Ids of records, in order.
    Ids,
    /// Ids of the records on whose timeline it stands, in order.
    Links,
}

/// Who may set a system field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetBy {
    /// The caller, by its name.
    Caller,
    /// The plan, from what the caller sent or from what it resolved.
    Plan,
}

/// Longest `name`, in characters.
pub const NAME_CHARS_MAX: usize = 500;
/// Longest other text of one line, in characters.
pub const LINE_CHARS_MAX: usize = 2_000;
/// Longest description or next steps, in characters.
pub const LINES_CHARS_MAX: usize = 10_000;
/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 100_000;
/// Largest metadata of an activity, in bytes of JSON.
pub const METADATA_BYTES_MAX: usize = 64 * 1024;
/// Longest web address, in characters.
pub const LINK_CHARS_MAX: usize = 2_048;
/// Longest tag, in characters.
pub const TAG_CHARS_MAX: usize = 255;
/// Most entries of one list: tags, other addresses, additional contacts.
pub const LIST_LEN_MAX: usize = 1_000;
/// Most requests in one bulk body.
pub const BULK_LEN_MAX: usize = 100;

const NAME: Kind = Kind::Line(NAME_CHARS_MAX);
const LINE: Kind = Kind::Line(LINE_CHARS_MAX);
const LINES: Kind = Kind::Lines(LINES_CHARS_MAX);

const fn caller(name: &'static str, kind: Kind) -> Field {
    let set_by = SetBy::Caller;
    Field { name, kind, set_by }
}

const fn plan(name: &'static str, kind: Kind) -> Field {
    let set_by = SetBy::Plan;
    Field { name, kind, set_by }
}

const ACCOUNT: &[Field] = &[
    caller("name", NAME),
    plan("domain", Kind::Domain),
    caller("industry", LINE),
    caller("logo", Kind::Link),
    caller("linkedin", Kind::Link),
    caller("twitter", Kind::Link),
    caller("description", LINES),
    caller("primary_location", LINE),
    caller("employee_range", LINE),
    caller("type", LINE),
    caller("twitter_followers", Kind::Number),
    caller("estimated_revenue", Kind::Number),
    caller("total_fund_raised", Kind::Number),
    caller("founded", Kind::Year),
    caller("tags", Kind::Tags),
    caller("first_email_interaction", Kind::Time),
    caller("last_email_interaction", Kind::Time),
    caller("first_meeting_interaction", Kind::Time),
    caller("last_meeting_interaction", Kind::Time),
    caller("last_interaction", Kind::Time),
    caller("next_meeting", Kind::Time),
];

const CONTACT: &[Field] = &[
    plan("email", Kind::Email),
    caller("first_name", LINE),
    caller("last_name", LINE),
    caller("full_name", NAME),
    caller("job_title", LINE),
    caller("phone", LINE),
    caller("seniority", LINE),
    caller("linkedin", Kind::Link),
    caller("twitter", Kind::Link),
    caller("current_company", LINE),
    caller("type", LINE),
    caller("avatar_url", Kind::Link),
    caller("twitter_followers", Kind::Number),
    caller("email_verified", Kind::Boolean),
    caller("other_emails", Kind::Emails),
    caller("first_email_interaction", Kind::Time),
    caller("last_email_interaction", Kind::Time),
    caller("first_meeting_interaction", Kind::Time),
    caller("last_meeting_interaction", Kind::Time),
    caller("last_interaction", Kind::Time),
    caller("next_meeting", Kind::Time),
    plan("account_id", Kind::Id),
];

const OPPORTUNITY: &[Field] = &[
    caller("name", NAME),
    plan("pipeline_id", Kind::Id),
    plan("stage_id", Kind::Id),
    caller("deal_size", Kind::Number),
    caller("close_date", Kind::UnixSeconds),
    caller("next_action_date", Kind::UnixSeconds),
    caller("next_steps", LINES),
    plan("account_id", Kind::Id),
    plan("contact_id", Kind::Id),
    plan("additional_contact_ids", Kind::Ids),
    plan("owner_id", Kind::Id),
];

const NOTE: &[Field] = &[
    caller("title", LINE),
    caller("content", Kind::Lines(NOTE_CHARS_MAX)),
    plan("account_ids", Kind::Links),
    plan("contact_ids", Kind::Links),
    plan("opportunity_ids", Kind::Links),
];

const ACTIVITY: &[Field] = &[
    caller("activity_type", Kind::OneOf(activity::TYPES)),
    caller("title", LINE),
    caller("description", LINES),
    caller("participants", Kind::Emails),
    caller("domains", Kind::Domains),
    caller("metadata", Kind::Object(METADATA_BYTES_MAX)),
    plan("account_ids", Kind::Links),
    plan("contact_ids", Kind::Links),
    plan("opportunity_ids", Kind::Links),
];

/// Members that a record answers with and that no caller sets: sent, they are ignored, and no custom field takes their name.
const RESERVED: &[&str] = &[
    "id",
    "org_id",
    "organization_id",
    "account_id",
    "company_id",
    "contact_id",
    "people_id",
    "opportunity_id",
    "pipeline_id",
    "stage_id",
    "owner_id",
    "created_at",
    "updated_at",
    "deleted",
    "deleted_at",
    "resolved",
    "ignored",
    "custom_fields",
    "custom_attributes",
    "account_name",
    "account_domain",
    "contact_email",
    "contact_name",
    "additional_contacts",
    "owner_email",
    "stage_name",
];

impl Field {
    /// What people call it: `last_interaction` → `Last interaction`.
    #[must_use]
    pub fn display_name(&self) -> String {
        let words = self.name.replace('_', " ");
        let (first, rest) = words.split_at(1);
        first.to_uppercase() + rest
    }

    /// Whether people see it as a field: links to several records have no member of their own in answers.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.kind != Kind::Ids
    }
}

impl Object {
    /// Every kind of record.
    pub const ALL: [Self; 5] = [
        Self::Account,
        Self::Contact,
        Self::Opportunity,
        Self::Note,
        Self::Activity,
    ];

    /// One of it, as the change feed names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Contact => "contact",
            Self::Opportunity => "opportunity",
            Self::Note => "note",
            Self::Activity => "activity",
        }
    }

    /// Its system fields, in the order of the answers.
    #[must_use]
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Account => ACCOUNT,
            Self::Contact => CONTACT,
            Self::Opportunity => OPPORTUNITY,
            Self::Note => NOTE,
            Self::Activity => ACTIVITY,
        }
    }

    /// Its fields that refer to records, each with what it refers to.
    #[must_use]
    pub const fn references(self) -> &'static [(&'static str, Self)] {
        match self {
            Self::Account => &[],
            Self::Contact => &[("account_id", Self::Account)],
            Self::Opportunity => &[
                ("account_id", Self::Account),
                ("contact_id", Self::Contact),
                ("additional_contact_ids", Self::Contact),
            ],
            Self::Note | Self::Activity => &[
                ("account_ids", Self::Account),
                ("contact_ids", Self::Contact),
                ("opportunity_ids", Self::Opportunity),
            ],
        }
    }

    /// Whether it stands on the timelines of accounts, contacts and opportunities, and has no custom fields.
    #[must_use]
    pub const fn is_on_timelines(self) -> bool {
        matches!(self, Self::Note | Self::Activity)
    }

    /// The system field of that name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// The place of a system field among [`Object::fields`].
    #[must_use]
    pub fn place(self, name: &str) -> Option<usize> {
        self.fields().iter().position(|field| field.name == name)
    }

    /// Whether the name belongs to a system field or a member of the answers, so that no custom field may have it.
    #[must_use]
    pub fn reserves(self, name: &str) -> bool {
        RESERVED.contains(&name)
            || self.field(name).is_some()
            || (self == Self::Contact && name == "name")
    }
}
