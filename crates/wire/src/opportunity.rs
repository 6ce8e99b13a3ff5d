//! `POST /v1/opportunities`, and opportunities in answers.

use lanekeeper_core::command::{Attributes, Command, CreateOpportunity, OwnerKey, StageKey};
use lanekeeper_core::outcome::{ContactBrief, How, OpportunityCreated, OpportunityView};
use lanekeeper_core::plan::Item;
use lanekeeper_core::{Email, Faults, Object, Timestamp};
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::attributes::{CONTAINERS, take_container, take_open_container, take_rest_as_extra};
use crate::read::{Members, id};
use crate::record::CustomFields;
use crate::value::{emails, system_values};

/// Reads a body as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read(body: Json) -> Item {
    let mut faults = Faults::default();
    let command = read_body(body, &mut faults);
    let command = command.map(|create| Command::CreateOpportunity(Box::new(create)));
    Item { command, faults }
}

fn read_body(body: Json, faults: &mut Faults) -> Option<CreateOpportunity> {
    let mut members = Members::of(body, "", faults)?;
    let pipeline_id = members.required("pipeline_id", faults);
    let pipeline_id = pipeline_id.and_then(|json| id(json, "pipeline_id", faults));
    let opportunity = members.required("opportunity", faults);
    let related = members.required("related_objects", faults);
    let mut create = CreateOpportunity {
        pipeline_id: pipeline_id.unwrap_or_default(),
        values: Default::default(),
        stage: StageKey::default(),
        account_domain: None,
        primary_contact_email: None,
        additional_contact_emails: vec![],
        owner: OwnerKey::default(),
        attributes: Attributes::default(),
    };
    for name in CONTAINERS {
        take_open_container(name, &mut members, &mut create.attributes, faults);
    }
    take_rest_as_extra(members, &mut create.attributes);
    if let Some(opportunity) = opportunity {
        read_opportunity(opportunity, &mut create, faults);
    }
    if let Some(related) = related {
        read_related(related, &mut create, faults);
    }
    pipeline_id.map(|_| create)
}

fn read_opportunity(json: Json, create: &mut CreateOpportunity, faults: &mut Faults) {
    let Some(mut members) = Members::of(json, "opportunity", faults) else {
        return;
    };
    create.values = system_values(Object::Opportunity, &mut members, faults);
    create.stage = StageKey {
        id: members.id("stage_id", faults),
        name: members.text("stage_name", faults),
    };
    let [published, alias] = CONTAINERS;
    take_container(published, &mut members, &mut create.attributes, faults);
    take_open_container(alias, &mut members, &mut create.attributes, faults);
    take_rest_as_extra(members, &mut create.attributes);
}

fn read_related(json: Json, create: &mut CreateOpportunity, faults: &mut Faults) {
    const ALLOWED: &str =
        "account_domain, primary_contact_email, additional_contact_emails, owner_email, owner_id";
    let Some(mut members) = Members::of(json, "related_objects", faults) else {
        return;
    };
    create.account_domain = members.parsed("account_domain", faults);
    create.primary_contact_email = members.parsed("primary_contact_email", faults);
    create.additional_contact_emails = additional_emails(&mut members, faults);
    create.owner = OwnerKey {
        email: members.parsed("owner_email", faults),
        id: members.id("owner_id", faults),
    };
    for member in members.rest() {
        let message = format!("is not allowed here; allowed are {ALLOWED}");
        faults.add(member.shown_path, message);
    }
}

fn additional_emails(members: &mut Members, faults: &mut Faults) -> Vec<Email> {
    const NAME: &str = "additional_contact_emails";
    let path = members.path_of(NAME);
    let sent = members.optional(NAME);
    sent.and_then(|json| emails(json, &path, faults))
        .unwrap_or_default()
}

/// An opportunity in an answer.
#[derive(Serialize)]
pub struct Opportunity<'a> {
    id: Uuid,
    name: &'a str,
    pipeline_id: Option<Uuid>,
    stage_id: Option<Uuid>,
    stage_name: &'a str,
    deal_size: Option<&'a lanekeeper_core::Value>,
    close_date: Option<&'a lanekeeper_core::Value>,
    next_action_date: Option<&'a lanekeeper_core::Value>,
    next_steps: Option<&'a lanekeeper_core::Value>,
    account_id: Option<Uuid>,
    account_name: Option<&'a str>,
    account_domain: Option<&'a str>,
    contact_id: Option<Uuid>,
    contact_email: Option<&'a str>,
    contact_name: Option<String>,
    additional_contacts: Vec<AdditionalContact<'a>>,
    owner_id: Option<Uuid>,
    owner_email: Option<&'a str>,
    custom_fields: CustomFields<'a>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct AdditionalContact<'a> {
    contact_id: Uuid,
    contact_first_name: Option<&'a str>,
    contact_last_name: Option<&'a str>,
    contact_email: &'a str,
}

impl<'a> From<&'a OpportunityView> for Opportunity<'a> {
    fn from(view: &'a OpportunityView) -> Self {
        let record = view.record.as_ref();
        let value = |field| record.values.get(field);
        let (account, contact, owner) = (
            view.account.as_ref(),
            view.contact.as_ref(),
            view.owner.as_ref(),
        );
        Self {
            id: record.id,
            name: record.text("name"),
            pipeline_id: record.reference("pipeline_id"),
            stage_id: record.reference("stage_id"),
            stage_name: &view.stage_name,
            deal_size: value("deal_size"),
            close_date: value("close_date"),
            next_action_date: value("next_action_date"),
            next_steps: value("next_steps"),
            account_id: account.map(|account| account.id),
            account_name: account.map(|account| account.name.as_str()),
            account_domain: account.map(|account| account.domain.as_str()),
            contact_id: contact.map(|contact| contact.id),
            contact_email: contact.map(|contact| contact.email.as_str()),
            contact_name: contact.map(ContactBrief::name),
            additional_contacts: view
                .additional_contacts
                .iter()
                .map(AdditionalContact::from)
                .collect(),
            owner_id: owner.map(|owner| owner.id),
            owner_email: owner.map(|owner| owner.email.as_str()),
            custom_fields: CustomFields(&record.custom),
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl<'a> From<&'a ContactBrief> for AdditionalContact<'a> {
    fn from(contact: &'a ContactBrief) -> Self {
        Self {
            contact_id: contact.id,
            contact_first_name: contact.first_name.as_deref(),
            contact_last_name: contact.last_name.as_deref(),
            contact_email: &contact.email,
        }
    }
}

/// The answer to a create.
#[derive(Serialize)]
pub struct Created<'a> {
    #[serde(flatten)]
    opportunity: Opportunity<'a>,
    opportunity_id: Uuid,
    resolved: Resolved<'a>,
    ignored: &'a [String],
}

#[derive(Serialize)]
struct Resolved<'a> {
    account: Option<ResolvedAccount<'a>>,
    primary_contact: Option<ResolvedPerson<'a>>,
    additional_contacts: Vec<ResolvedPerson<'a>>,
    owner: Option<ResolvedPerson<'a>>,
    stage: ResolvedStage<'a>,
}

#[derive(Serialize)]
struct ResolvedAccount<'a> {
    id: Uuid,
    domain: &'a str,
    outcome: &'static str,
}

#[derive(Serialize)]
struct ResolvedPerson<'a> {
    id: Uuid,
    email: &'a str,
    outcome: &'static str,
}

#[derive(Serialize)]
struct ResolvedStage<'a> {
    id: Option<Uuid>,
    label: &'a str,
    outcome: &'static str,
}

impl<'a> From<&'a OpportunityCreated> for Created<'a> {
    fn from(created: &'a OpportunityCreated) -> Self {
        let view = &created.view;
        Self {
            opportunity: view.into(),
            opportunity_id: view.record.id,
            resolved: resolved(created),
            ignored: &created.ignored,
        }
    }
}

fn resolved(created: &OpportunityCreated) -> Resolved<'_> {
    fn person(contact: &ContactBrief, how: How) -> ResolvedPerson<'_> {
        let (id, email, outcome) = (contact.id, contact.email.as_str(), how.name());
        ResolvedPerson { id, email, outcome }
    }
    let view = &created.view;
    let account = view.account.as_ref().zip(created.account);
    let additional = view
        .additional_contacts
        .iter()
        .zip(&created.additional_contacts);
    Resolved {
        account: account.map(|(account, how)| ResolvedAccount {
            id: account.id,
            domain: &account.domain,
            outcome: how.name(),
        }),
        primary_contact: view
            .contact
            .as_ref()
            .zip(created.primary_contact)
            .map(|(contact, how)| person(contact, how)),
        additional_contacts: additional
            .map(|(contact, how)| person(contact, *how))
            .collect(),
        owner: view.owner.as_ref().map(|owner| ResolvedPerson {
            id: owner.id,
            email: &owner.email,
            outcome: How::Matched.name(),
        }),
        stage: ResolvedStage {
            id: view.record.reference("stage_id"),
            label: &view.stage_name,
            outcome: created.stage.name(),
        },
    }
}
