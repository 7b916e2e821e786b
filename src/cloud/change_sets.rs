//! Change sets: how stacks are created and updated, and what CloudFormation says of it beforehand.

use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, ExecutionStatus, Parameter, ResourceChange, ResourceChangeDetail, Tag,
};

use tokio::time::{Duration, Instant};

use super::actions::Action;
use super::call::Failure;
use super::stacks::is_absent;
use super::{Cloud, Pauses};
use crate::diff::{ChangeSet, ChangeSetDetail, ChangeSetResource};
use crate::state::{DesiredStack, StackKey, StackStatus};

/// How long a change set that was asked for may take to be seen.
pub(crate) const UNSEEN: Duration = Duration::from_mins(1);

/// A change set to be made.
#[derive(Debug)]
pub(crate) struct NewChangeSet<'a> {
    /// The stack.
    pub(crate) key: &'a StackKey,
    /// Name of the change set.
    pub(crate) name: &'a str,
    /// Tells requests of different runs apart; the same one is carried out once.
    pub(crate) token: &'a str,
    /// Whether the stack is made by it.
    pub(crate) creates: bool,
    /// The stack as it is wanted.
    pub(crate) desired: &'a DesiredStack,
    /// Tags of the stack: those that are wanted, and what the stack has written down.
    pub(crate) tags: std::collections::BTreeMap<String, String>,
    /// Values of its parameters; nothing for one that keeps its value.
    pub(crate) parameters: Vec<(String, Option<String>)>,
    /// Where the template was uploaded, if it is too long for a request.
    pub(crate) url: Option<String>,
}

/// How far a change set is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Review {
    /// CloudFormation is still at it.
    Pending,
    /// It can be executed.
    Ready {
        /// ARN of the stack, which may not be seen by its name yet.
        stack: String,
        /// What it holds.
        set: ChangeSet,
    },
    /// Nothing would change.
    Empty,
    /// It failed, for a reason.
    Failed(String),
    /// It was executed, or cannot be executed any more.
    Used(String),
    /// There is none.
    Absent,
}

impl Cloud {
    /// Starts making a change set; one of this name that is there already is as good.
    pub(crate) async fn create_change_set(&self, new: &NewChangeSet<'_>) -> Result<(), Failure> {
        let client = self.cloudformation(&new.key.region);
        let ask = || {
            let kind = if new.creates { ChangeSetType::Create } else { ChangeSetType::Update };
            let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
            let parameter = |(key, value): &(String, Option<String>)| {
                let parameter = Parameter::builder().parameter_key(key).set_parameter_value(value.clone());
                parameter.set_use_previous_value(value.is_none().then_some(true)).build()
            };
            let capability = |name: &String| Capability::from(name.as_str());
            let request = client
                .create_change_set()
                .stack_name(&new.key.name)
                .change_set_name(new.name)
                .change_set_type(kind)
                .client_token(new.token)
                .set_parameters(Some(new.parameters.iter().map(parameter).collect()))
                .set_capabilities(Some(new.desired.capabilities.iter().map(capability).collect()))
                .set_tags(Some(new.tags.iter().map(tag).collect()));
            match &new.url {
                Some(url) => request.template_url(url),
                None => request.template_body(&new.desired.body),
            }
            .send()
        };
        match self.call(Action::CreateChangeSet, ask).await {
            Ok(_) => Ok(()),
            Err(error) if error.is(&["AlreadyExistsException"]) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks how far a change set is, and what it holds.
    pub(crate) async fn change_set(&self, key: &StackKey, name: &str) -> Result<Review, Failure> {
        let client = self.cloudformation(&key.region);
        let mut set = ChangeSet { stack: key.clone(), resources: Vec::new() };
        let mut next = None;
        loop {
            let ask = || {
                let request = client.describe_change_set().stack_name(&key.name).change_set_name(name);
                request.include_property_values(true).set_next_token(next.clone()).send()
            };
            let page = match self.call(Action::DescribeChangeSet, ask).await {
                Ok(page) => page,
                Err(error) if error.is(&["ChangeSetNotFound", "ChangeSetNotFoundException"]) || is_absent(&error) => {
                    return Ok(Review::Absent);
                }
                Err(error) => return Err(error),
            };
            let reason = page.status_reason().unwrap_or_default().to_owned();
            match page.status() {
                Some(ChangeSetStatus::CreateComplete) => {}
                Some(ChangeSetStatus::Failed) if is_empty(&reason) => return Ok(Review::Empty),
                Some(ChangeSetStatus::Failed) => return Ok(Review::Failed(reason)),
                Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress) => return Ok(Review::Pending),
                Some(_) | None => return Ok(Review::Absent),
            }
            match page.execution_status() {
                Some(ExecutionStatus::Available) => {}
                Some(ExecutionStatus::Unavailable) => return Ok(Review::Pending),
                Some(status) => return Ok(Review::Used(status.as_str().to_owned())),
                None => return Ok(Review::Used(String::new())),
            }
            set.resources.extend(page.changes().iter().filter_map(|change| change.resource_change()).map(resource));
            match page.next_token {
                Some(token) => next = Some(token),
                None => return Ok(Review::Ready { stack: page.stack_id.unwrap_or_default(), set }),
            }
        }
    }

    /// Waits until a change set is complete; one that was asked for just now may not be seen yet for a while.
    pub(crate) async fn reviewed(&self, key: &StackKey, name: &str, unseen: Duration) -> Result<Review, Failure> {
        let since = Instant::now();
        let mut pauses = Pauses::new();
        loop {
            match self.change_set(key, name).await? {
                Review::Absent if since.elapsed() > unseen => return Ok(Review::Absent),
                Review::Pending | Review::Absent => pauses.pause().await,
                review @ (Review::Ready { .. } | Review::Empty | Review::Failed(_) | Review::Used(_)) => {
                    return Ok(review);
                }
            }
        }
    }

    /// Deletes a change set, and the stack that it made if that holds nothing and no one else's change set.
    pub(crate) async fn discard(&self, key: &StackKey, name: &str) -> Result<(), Failure> {
        self.delete_change_set(key, name).await?;
        if let Some(live) = self.stack(&key.name, &key.region).await?
            && live.stack.status == StackStatus::ReviewInProgress
            && self.change_sets(key).await?.is_empty()
        {
            self.delete_stack((&live.stack.id, &key.region), &[], name).await?;
        }
        Ok(())
    }

    /// Executes a change set. `false` if it cannot be executed (any more): whoever asked must look why.
    pub(crate) async fn execute(&self, key: &StackKey, name: &str, token: &str) -> Result<bool, Failure> {
        let client = self.cloudformation(&key.region);
        let ask = || {
            let request = client.execute_change_set().stack_name(&key.name).change_set_name(name);
            request.client_request_token(token).send()
        };
        match self.call(Action::ExecuteChangeSet, ask).await {
            Ok(_) => Ok(true),
            Err(error) if error.is(&["InvalidChangeSetStatus", "InvalidChangeSetStatusException"]) => Ok(false),
            Err(error) if error.is(&["ValidationError"]) && error.message.contains("_IN_PROGRESS state") => Ok(false),
            Err(error) if error.is(&["ChangeSetNotFound", "ChangeSetNotFoundException"]) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes a change set; one that is gone is no failure.
    pub(crate) async fn delete_change_set(&self, key: &StackKey, name: &str) -> Result<(), Failure> {
        let client = self.cloudformation(&key.region);
        let ask = || client.delete_change_set().stack_name(&key.name).change_set_name(name).send();
        match self.call(Action::DeleteChangeSet, ask).await {
            Ok(_) => Ok(()),
            Err(error) if error.is(&["ChangeSetNotFound", "ChangeSetNotFoundException"]) || is_absent(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Names of a stack's change sets.
    pub(crate) async fn change_sets(&self, key: &StackKey) -> Result<Vec<String>, Failure> {
        let client = self.cloudformation(&key.region);
        let ask = || client.list_change_sets().stack_name(&key.name).send();
        let answer = match self.call(Action::ListChangeSets, ask).await {
            Ok(answer) => answer,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        Ok(answer.summaries().iter().filter_map(|set| set.change_set_name().map(str::to_owned)).collect())
    }
}

/// Whether a change set failed because nothing would change; CloudFormation has no code for it.
///
/// Source: <https://repost.aws/knowledge-center/cloudformation-change-set-errors> and the texts that the AWS CLI's
/// `deploy` command compares with (read 2026-11-25).
fn is_empty(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

fn resource(change: &ResourceChange) -> ChangeSetResource {
    ChangeSetResource {
        id: change.logical_resource_id().unwrap_or_default().to_owned(),
        kind: change.resource_type().unwrap_or_default().to_owned(),
        action: change.action().map(|action| action.as_str().to_owned()).unwrap_or_default(),
        replacement: change.replacement().map(|replacement| replacement.as_str().to_owned()),
        policy_action: change.policy_action().map(|action| action.as_str().to_owned()),
        details: change.details().iter().filter_map(detail).collect(),
    }
}

fn detail(detail: &ResourceChangeDetail) -> Option<ChangeSetDetail> {
    let target = detail.target()?;
    let value = |text: Option<&str>| {
        text.map(|text| serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.to_owned())))
    };
    let path = match (target.attribute().map(|attribute| attribute.as_str()), target.path(), target.name()) {
        (_, Some(path), _) => path.trim_start_matches('/').replace('/', "."),
        (Some("Properties") | None, None, Some(name)) => format!("Properties.{name}"),
        (Some(attribute), None, _) => attribute.to_owned(),
        (None, None, None) => String::new(),
    };
    Some(ChangeSetDetail {
        path,
        requires_recreation: target.requires_recreation().map(|it| it.as_str().to_owned()),
        before: value(target.before_value()),
        after: value(target.after_value()),
        causing_entity: detail.causing_entity().map(str::to_owned),
    })
}
