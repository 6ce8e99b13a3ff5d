//! Every operation of the document, and what its requests may name.

use super::Name::{self, *};
use super::timelines::{ACTIVITY, ACTIVITY_UPDATE, NOTE, NOTE_UPDATE, TIMELINE};

const OPPORTUNITY: &[Name] = &[
    Pipeline,
    Stage,
    StageLabel,
    Owner,
    OwnerEmail,
    Domain,
    Email,
    OtherEmail,
    Field,
    IdempotencyKey,
];
const ACCOUNT: &[Name] = &[Domain, Field, IdempotencyKey];
const CONTACT: &[Name] = &[Email, OtherEmail, Field, IdempotencyKey];
const ACCOUNT_UPDATE: &[Name] = &[Account, Domain, Field, IdempotencyKey];
const CONTACT_UPDATE: &[Name] = &[Contact, Account, Email, OtherEmail, Field, IdempotencyKey];
const OPPORTUNITY_UPDATE: &[Name] = &[
    Opportunity,
    Account,
    Contact,
    Stage,
    StageLabel,
    Owner,
    OwnerEmail,
    Domain,
    Email,
    OtherEmail,
    Field,
    IdempotencyKey,
];
const FIELDS: &[Name] = &[Field, IdempotencyKey];
const FIELD_UPDATES: &[Name] = &[Field, FieldId, IdempotencyKey];
/// Lists and the rest of searches are in `search.rs`: nothing of another organisation is found.
const SEARCH: &[Name] = &[Pipeline, Stage, Owner, Account];
const NO_IDS: &[Name] = &[];

/// Every operation with the places in which it takes the name of something.
pub(super) const MATRIX: &[(&str, &[Name])] = &[
    ("POST /v1/opportunities", OPPORTUNITY),
    ("POST /v1/opportunities/bulk", OPPORTUNITY),
    ("POST /v1/inbound/opportunities", OPPORTUNITY),
    (
        "GET /v1/opportunities/{opportunity_id}",
        &[Opportunity, Account, Pipeline],
    ),
    ("PATCH /v1/opportunities/bulk", OPPORTUNITY_UPDATE),
    (
        "PATCH /v1/opportunities/{opportunity_id}",
        OPPORTUNITY_UPDATE,
    ),
    (
        "DELETE /v1/opportunities/{opportunity_id}",
        &[Opportunity, Account, IdempotencyKey],
    ),
    (
        "POST /v1/opportunities/{opportunity_id}/restore",
        &[Opportunity, Account, IdempotencyKey],
    ),
    ("PATCH /v1/accounts/bulk", ACCOUNT_UPDATE),
    ("PATCH /v1/accounts/{account_id}", ACCOUNT_UPDATE),
    (
        "DELETE /v1/accounts/{account_id}",
        &[Account, Contact, IdempotencyKey],
    ),
    (
        "POST /v1/accounts/{account_id}/restore",
        &[Account, Contact, IdempotencyKey],
    ),
    (
        "POST /v1/accounts/{account_id}/merge",
        &[Account, Merged, IdempotencyKey],
    ),
    ("PATCH /v1/contacts/bulk", CONTACT_UPDATE),
    ("PATCH /v1/contacts/{contact_id}", CONTACT_UPDATE),
    (
        "DELETE /v1/contacts/{contact_id}",
        &[Contact, Account, IdempotencyKey],
    ),
    (
        "POST /v1/contacts/{contact_id}/restore",
        &[Contact, Account, IdempotencyKey],
    ),
    (
        "POST /v1/contacts/{contact_id}/merge",
        &[Contact, Merged, IdempotencyKey],
    ),
    ("POST /v1/accounts", ACCOUNT),
    ("POST /v1/accounts/bulk", ACCOUNT),
    ("POST /v1/inbound/accounts", ACCOUNT),
    ("GET /v1/accounts/{account_id}", &[Account, Contact]),
    ("POST /v1/contacts", CONTACT),
    ("POST /v1/contacts/bulk", CONTACT),
    ("POST /v1/inbound/contacts", CONTACT),
    ("GET /v1/contacts/{contact_id}", &[Contact, Account]),
    ("POST /v1/notes", NOTE),
    ("POST /v1/notes/bulk", NOTE),
    ("POST /v1/inbound/notes", NOTE),
    ("GET /v1/notes", TIMELINE),
    ("POST /v1/notes/search", TIMELINE),
    ("GET /v1/notes/{note_id}", &[Note, Activity]),
    ("PATCH /v1/notes/{note_id}", NOTE_UPDATE),
    (
        "DELETE /v1/notes/{note_id}",
        &[Note, Activity, IdempotencyKey],
    ),
    (
        "POST /v1/notes/{note_id}/restore",
        &[Note, Activity, IdempotencyKey],
    ),
    ("POST /v1/activities", ACTIVITY),
    ("POST /v1/activities/bulk", ACTIVITY),
    ("GET /v1/activities", TIMELINE),
    ("POST /v1/activities/search", TIMELINE),
    ("GET /v1/activities/{activity_id}", &[Activity, Note]),
    ("PATCH /v1/activities/{activity_id}", ACTIVITY_UPDATE),
    (
        "DELETE /v1/activities/{activity_id}",
        &[Activity, Note, IdempotencyKey],
    ),
    (
        "POST /v1/activities/{activity_id}/restore",
        &[Activity, Note, IdempotencyKey],
    ),
    ("GET /v1/pipelines/{pipeline_id}/stages", &[Pipeline, Stage]),
    (
        "POST /v1/pipelines/{pipeline_id}/stages/bulk",
        &[Pipeline, StageLabel, IdempotencyKey],
    ),
    ("GET /v1/accounts/fields", NO_IDS),
    ("POST /v1/accounts/fields/bulk", FIELDS),
    ("POST /v1/accounts/fields/bulk/update", FIELD_UPDATES),
    ("GET /v1/contacts/fields", NO_IDS),
    ("POST /v1/contacts/fields/bulk", FIELDS),
    ("POST /v1/contacts/fields/bulk/update", FIELD_UPDATES),
    ("GET /v1/pipelines/{pipeline_id}/fields", &[Pipeline]),
    (
        "POST /v1/pipelines/{pipeline_id}/fields/bulk",
        &[Pipeline, Field, IdempotencyKey],
    ),
    (
        "POST /v1/pipelines/{pipeline_id}/fields/bulk/update",
        &[Pipeline, Field, FieldId, IdempotencyKey],
    ),
    ("GET /v1/accounts", NO_IDS),
    ("POST /v1/accounts/search", NO_IDS),
    ("GET /v1/contacts", NO_IDS),
    ("POST /v1/contacts/search", NO_IDS),
    ("GET /v1/opportunities", &[Pipeline, Stage]),
    ("POST /v1/opportunities/search", SEARCH),
    ("GET /v2/inbound/accounts", NO_IDS),
    ("POST /v2/inbound/accounts/search", NO_IDS),
    ("GET /v2/inbound/contacts", NO_IDS),
    ("POST /v2/inbound/contacts/search", NO_IDS),
    ("GET /v2/inbound/opportunities", &[Pipeline, Stage]),
    ("POST /v2/inbound/opportunities/search", SEARCH),
    ("GET /v1/changes", &[Sequence]),
    ("GET /v1/pipelines", NO_IDS),
    ("POST /v1/pipelines", &[PipelineLabel, IdempotencyKey]),
    ("GET /v1/pipelines/{pipeline_id}", &[Pipeline, Stage]),
    (
        "PATCH /v1/pipelines/{pipeline_id}",
        &[Pipeline, PipelineLabel, IdempotencyKey],
    ),
    (
        "GET /v1/pipelines/{pipeline_id}/summary",
        &[Pipeline, Stage],
    ),
    (
        "PATCH /v1/pipelines/{pipeline_id}/stages/{stage_id}",
        &[Pipeline, Stage, StageLabel, Destination, IdempotencyKey],
    ),
    (
        "DELETE /v1/pipelines/{pipeline_id}/stages/{stage_id}",
        &[Pipeline, Stage, IdempotencyKey],
    ),
    ("GET /v1/users", NO_IDS),
    ("POST /v1/users", &[OwnerEmail, IdempotencyKey]),
    ("GET /v1/users/{user_id}", &[Owner, Pipeline]),
    (
        "PATCH /v1/users/{user_id}",
        &[Owner, OwnerEmail, IdempotencyKey],
    ),
    ("GET /v1/keys", NO_IDS),
    ("POST /v1/keys", &[IdempotencyKey]),
    ("DELETE /v1/keys/{key_id}", &[Key, IdempotencyKey]),
    ("GET /openapi.json", NO_IDS),
    ("GET /docs", NO_IDS),
    ("GET /healthz", NO_IDS),
    ("GET /readyz", NO_IDS),
    ("GET /metrics", NO_IDS),
];
