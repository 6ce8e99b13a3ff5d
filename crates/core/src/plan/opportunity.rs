//! An opportunity to create, with the account, contacts, owner and stage around it.

use std::sync::Arc;

use uuid::Uuid;

use super::attributes;
use super::draft::{Draft, Resolved};
use crate::command::{CreateOpportunity, OwnerKey, StageKey};
use crate::custom::Scope;
use crate::facts::{NotLoaded, company_domain};
use crate::outcome::{
    AccountBrief, ContactBrief, How, OpportunityCreated, OpportunityView, OwnerBrief,
};
use crate::pipeline::{Pipeline, Stage, User};
use crate::text::{fold, quote};
use crate::value::{Value, Values};
use crate::{Email, Faults, Object, Outcome, Record};

/// What an opportunity is called when nothing tells its name.
const UNNAMED: &str = "New opportunity";

pub(super) fn create(
    command: &CreateOpportunity,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let owner = choose_owner(&command.owner, None, "related_objects.", draft)?;
    let owner = or_fault(owner, draft);
    let Some(pipeline) = draft.facts.pipeline(command.pipeline_id)?.cloned() else {
        let id = command.pipeline_id;
        draft
            .faults
            .add("pipeline_id", format!("names no pipeline: '{id}'"));
        return Ok(None);
    };
    let stage = or_fault(choose_stage(&pipeline, command), draft);
    let scope = Scope::Opportunities(pipeline.id);
    let (custom, ignored) = attributes::resolve(scope, &command.attributes, draft)?;
    let around = Around::resolve(command, draft)?;
    let (Some((stage, how)), Some(owner)) = (stage, owner) else {
        return Ok(None);
    };

    let values = values(command, &pipeline, stage, owner.as_deref(), &around);
    let record = draft.create(Object::Opportunity, values, custom);
    Ok(Some(Outcome::Opportunity(Box::new(OpportunityCreated {
        account: around.account.as_ref().map(|account| account.how),
        primary_contact: around.primary.as_ref().map(|contact| contact.how),
        additional_contacts: around
            .additional
            .iter()
            .map(|contact| contact.how)
            .collect(),
        stage: how,
        ignored,
        view: OpportunityView {
            record,
            stage_name: stage.label.clone(),
            account: around
                .account
                .map(|account| AccountBrief::of(&account.record)),
            contact: around
                .primary
                .map(|contact| ContactBrief::of(&contact.record)),
            additional_contacts: around
                .additional
                .iter()
                .map(|contact| ContactBrief::of(&contact.record))
                .collect(),
            owner: owner.map(|owner| OwnerBrief {
                id: owner.id,
                email: owner.email.to_string(),
            }),
        },
    }))))
}

/// The records around an opportunity.
struct Around {
    account: Option<Resolved>,
    primary: Option<Resolved>,
    additional: Vec<Resolved>,
}

impl Around {
    fn resolve(command: &CreateOpportunity, draft: &mut Draft) -> Result<Self, NotLoaded> {
        let of_primary = || {
            command
                .primary_contact_email
                .as_ref()
                .and_then(company_domain)
        };
        let domain = command.account_domain.clone().or_else(of_primary);
        let account = domain.map(|domain| draft.account(&domain)).transpose()?;
        let account_id = account.as_ref().map(|account| account.record.id);
        let primary = command.primary_contact_email.as_ref();
        let primary = primary
            .map(|email| draft.contact(email, account_id))
            .transpose()?;

        let mut additional: Vec<Resolved> = vec![];
        for email in &command.additional_contact_emails {
            if known_already(email, primary.as_ref(), &additional, draft)? {
                continue;
            }
            additional.push(draft.contact(email, account_id)?);
        }
        Ok(Self {
            account,
            primary,
            additional,
        })
    }
}

/// Whether an address belongs to a contact that the opportunity has already: each counts once.
fn known_already(
    email: &Email,
    primary: Option<&Resolved>,
    additional: &[Resolved],
    draft: &Draft,
) -> Result<bool, NotLoaded> {
    let Some(found) = draft.facts.contact(email)? else {
        return Ok(false);
    };
    let mut so_far = primary.into_iter().chain(additional);
    Ok(so_far.any(|contact| contact.record.id == found.id))
}

fn values(
    command: &CreateOpportunity,
    pipeline: &Pipeline,
    stage: &Stage,
    owner: Option<&User>,
    around: &Around,
) -> Values {
    let id = |resolved: &Resolved| Value::Id(resolved.record.id);
    let additional: Vec<_> = around
        .additional
        .iter()
        .map(|contact| contact.record.id)
        .collect();
    let additional = Some(additional).filter(|ids| !ids.is_empty());
    let mut values = command.values.clone();
    values.entry("name").or_insert_with(|| {
        let record = |resolved: &'_ Resolved| Arc::clone(&resolved.record);
        let account = around.account.as_ref().map(record);
        let contact = around.primary.as_ref().map(record);
        Value::Text(derived_name(account.as_deref(), contact.as_deref()))
    });
    values.insert("pipeline_id", Value::Id(pipeline.id));
    values.insert("stage_id", Value::Id(stage.id));
    values.extend(owner.map(|owner| ("owner_id", Value::Id(owner.id))));
    values.extend(
        around
            .account
            .as_ref()
            .map(|account| ("account_id", id(account))),
    );
    values.extend(
        around
            .primary
            .as_ref()
            .map(|contact| ("contact_id", id(contact))),
    );
    values.extend(additional.map(|ids| ("additional_contact_ids", Value::Ids(ids))));
    values
}

/// The account's name, else the primary contact's name or address.
pub(super) fn derived_name(account: Option<&Record>, contact: Option<&Record>) -> String {
    let account = account.map(|account| account.text("name").to_owned());
    let account = account.filter(|name| !name.is_empty());
    let of_contact = |contact: &Record| ContactBrief::of(contact).name();
    let name = account.or_else(|| contact.map(of_contact));
    name.unwrap_or_else(|| UNNAMED.to_owned())
}

/// The stage by id, else by label whatever its case, else the pipeline's default, else its first.
fn choose_stage<'a>(
    pipeline: &'a Pipeline,
    command: &CreateOpportunity,
) -> Result<(&'a Stage, How), Faults> {
    if let Some(named) = named_stage(pipeline, &command.stage, "opportunity.") {
        return named.map(|stage| (stage, How::Matched));
    }
    let default = pipeline.active_stages().find(|stage| stage.is_default);
    let stage = default.or_else(|| pipeline.active_stages().next());
    let fault = || {
        Faults::one(
            "pipeline_id",
            "names a pipeline without an active stage; create one first",
        )
    };
    stage.map(|stage| (stage, How::Default)).ok_or_else(fault)
}

/// The active stage that a key names, if it names any; its members were sent behind `prefix`.
pub(super) fn named_stage<'a>(
    pipeline: &'a Pipeline,
    key: &StageKey,
    prefix: &str,
) -> Option<Result<&'a Stage, Faults>> {
    let (member, sent, found) = match (key.id, &key.name) {
        (Some(id), _) => {
            let stage = pipeline.active_stages().find(|stage| stage.id == id);
            ("stage_id", format!("'{id}'"), stage)
        }
        (None, Some(name)) => {
            let folded = fold(name.trim());
            let mut stages = pipeline.active_stages();
            let stage = stages.find(|stage| fold(stage.label.trim()) == folded);
            ("stage_name", quote(name), stage)
        }
        (None, None) => return None,
    };
    let fault = || {
        let labels: Vec<_> = pipeline
            .active_stages()
            .map(|stage| quote(&stage.label))
            .collect();
        let labels = labels.join(", ");
        Faults::one(
            format!("{prefix}{member}"),
            format!(
                "names no active stage of the pipeline: {sent}; the pipeline's stages are {labels}"
            ),
        )
    };
    Some(found.ok_or_else(fault))
}

type Owner = Option<Arc<User>>;

/// The member by id, or by address; both, if they are the same one. Whoever `has` it may keep it. The key's members were sent
/// behind `prefix`.
pub(super) fn choose_owner(
    key: &OwnerKey,
    has: Option<Uuid>,
    prefix: &str,
    draft: &Draft,
) -> Result<Result<Owner, Faults>, NotLoaded> {
    let mut faults = Faults::default();
    let by_id = match key.id {
        Some(id) => {
            let found = draft.facts.user(id)?.cloned();
            let fault = owner_fault(found.as_ref(), has, &format!("'{id}'"));
            if let Some(message) = fault {
                faults.add(format!("{prefix}owner_id"), message);
            }
            found
        }
        None => None,
    };
    let by_email = match &key.email {
        Some(email) => {
            let found = draft.facts.user_by_email(email)?.cloned();
            let fault = owner_fault(found.as_ref(), has, &quote(email.as_str()));
            if let Some(message) = fault {
                faults.add(format!("{prefix}owner_email"), message);
            }
            found
        }
        None => None,
    };
    if let (Some(one), Some(other)) = (&by_id, &by_email)
        && one.id != other.id
    {
        let message = "names another member than 'owner_id'; send one of them";
        faults.add(format!("{prefix}owner_email"), message);
    }
    Ok(faults.or(by_id.or(by_email)))
}

/// Why nothing is given to whoever was named so; none if it may be, or if they have it already.
fn owner_fault(found: Option<&Arc<User>>, has: Option<Uuid>, named: &str) -> Option<String> {
    match found {
        None => Some(format!("names no member: {named}")),
        Some(user) if !user.is_active && has != Some(user.id) => {
            Some(format!("names a member who is no longer active: {named}"))
        }
        Some(_) => None,
    }
}

pub(super) fn or_fault<T>(result: Result<T, Faults>, draft: &mut Draft) -> Option<T> {
    result.map_err(|faults| draft.faults.extend(faults)).ok()
}
