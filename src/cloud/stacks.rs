//! Stacks of CloudFormation: what they are, and what happens in them.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{StackDriftDetectionStatus, StackResourceDriftStatus, TemplateStage};
use serde_json::Value;

use super::actions::Action;
use super::call::Failure;
use super::{Cloud, time};
use crate::assembly::digest;
use crate::state::{DeployedStack, StackKey, StackStatus};

/// A stack without its template.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    /// Its name and region.
    pub(crate) key: StackKey,
    /// Everything but the template.
    pub(crate) stack: DeployedStack,
}

/// Something that happened in a stack.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Tells it apart.
    pub(crate) id: String,
    /// Logical id of the resource, or the stack's name.
    pub(crate) logical_id: String,
    /// Physical id; the stack's ARN for events of the stack itself.
    pub(crate) physical_id: String,
    /// Type of the resource.
    pub(crate) kind: String,
    /// Its status, such as `CREATE_IN_PROGRESS`.
    pub(crate) status: String,
    /// Why.
    pub(crate) reason: String,
    /// The token of the request that started the operation.
    pub(crate) token: String,
}

impl Event {
    /// Whether it is about the stack itself.
    pub(crate) fn of_stack(&self) -> bool {
        self.kind == "AWS::CloudFormation::Stack" && self.physical_id.contains(":stack/")
    }
}

/// A page of events, newest first.
#[derive(Debug)]
pub(crate) struct Page {
    /// The events.
    pub(crate) events: Vec<Event>,
    /// What to ask for older ones with.
    next: Option<String>,
}

/// The events of one operation on a stack, oldest first: of the request that a token tells apart.
#[derive(Debug, Default)]
pub(crate) struct Operation {
    /// The events that are known.
    pub(crate) events: Vec<Event>,
}

impl Operation {
    /// The stack's status by the latest event, if the operation has begun.
    pub(crate) fn status(&self) -> Option<StackStatus> {
        let last = self.events.iter().rev().find(|event| event.of_stack())?;
        last.status.parse().ok()
    }
}

/// Pages of events that are looked through for an operation. Unit: pages of 100 events.
const MAX_PAGES: usize = 50;

/// What differs between a stack's resources and its template.
#[derive(Clone, Debug)]
pub(crate) struct Drift {
    /// Logical id.
    pub(crate) logical_id: String,
    /// Type.
    pub(crate) kind: String,
    /// `MODIFIED`, `DELETED`, `NOT_CHECKED`, `UNKNOWN` or `IN_SYNC`.
    pub(crate) status: String,
    /// Path, value of the template, value that is live.
    pub(crate) properties: Vec<(String, String, String)>,
}

impl Cloud {
    /// All stacks of a region that were not deleted.
    pub(crate) async fn stacks(&self, region: &str) -> Result<Vec<Summary>, Failure> {
        let client = self.cloudformation(region);
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let ask = || client.describe_stacks().set_next_token(next.clone()).send();
            let page = self.call(Action::DescribeStacks, ask).await?;
            for stack in page.stacks() {
                match summary(region, stack) {
                    Ok(summary) => found.push(summary),
                    // What is wrong with a stack of somebody else is no matter of ours.
                    Err(_) if !stack.tags().iter().any(|tag| tag.key() == Some("infra:project")) => {}
                    Err(error) => return Err(error),
                }
            }
            match page.next_token {
                Some(token) => next = Some(token),
                None => return Ok(found),
            }
        }
    }

    /// One stack by name or ARN; `None` if there is none.
    pub(crate) async fn stack(&self, name: &str, region: &str) -> Result<Option<Summary>, Failure> {
        let client = self.cloudformation(region);
        let ask = || client.describe_stacks().stack_name(name).send();
        match self.call(Action::DescribeStacks, ask).await {
            Ok(answer) => answer.stacks().first().map(|stack| summary(region, stack)).transpose(),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The ids that the resources of a stack have in AWS, by logical id.
    pub(crate) async fn physical_ids(&self, id: &str, region: &str) -> Result<BTreeMap<String, String>, Failure> {
        let client = self.cloudformation(region);
        let (mut found, mut next) = (BTreeMap::new(), None);
        loop {
            let ask = || client.list_stack_resources().stack_name(id).set_next_token(next.clone()).send();
            let page = self.call(Action::ListStackResources, ask).await?;
            for resource in page.stack_resource_summaries() {
                if let (Some(logical), Some(physical)) =
                    (resource.logical_resource_id(), resource.physical_resource_id())
                {
                    found.insert(logical.to_owned(), physical.to_owned());
                }
            }
            match page.next_token {
                Some(token) => next = Some(token),
                None => return Ok(found),
            }
        }
    }

    /// Adds the template to what is known of a stack.
    pub(crate) async fn template(&self, summary: &Summary) -> Result<DeployedStack, Failure> {
        let client = self.cloudformation(&summary.key.region);
        let id = &summary.stack.id;
        let ask = || client.get_template().stack_name(id).template_stage(TemplateStage::Original).send();
        let answer = match self.call(Action::GetTemplate, ask).await {
            Ok(answer) => answer,
            Err(error) if is_absent(&error) => return Ok(summary.stack.clone()),
            Err(error) => return Err(error),
        };
        let body = answer.template_body.unwrap_or_default();
        Ok(DeployedStack {
            template_sha256: digest(body.as_bytes()),
            template: crate::source::template(&body).unwrap_or(Value::Null),
            ..summary.stack.clone()
        })
    }

    /// What happened in a stack, newest first, a page from a token on.
    pub(crate) async fn events(&self, id: &str, region: &str, token: Option<String>) -> Result<Page, Failure> {
        let client = self.cloudformation(region);
        let ask = || client.describe_stack_events().stack_name(id).set_next_token(token.clone()).send();
        let page = self.call(Action::DescribeStackEvents, ask).await?;
        let event = |event: &aws_sdk_cloudformation::types::StackEvent| Event {
            id: event.event_id().unwrap_or_default().to_owned(),
            logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
            physical_id: event.physical_resource_id().unwrap_or_default().to_owned(),
            kind: event.resource_type().unwrap_or_default().to_owned(),
            status: event.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: event.resource_status_reason().or(event.hook_status_reason()).unwrap_or_default().to_owned(),
            token: event.client_request_token().unwrap_or_default().to_owned(),
        };
        Ok(Page { events: page.stack_events().iter().map(event).collect(), next: page.next_token.clone() })
    }

    /// Adds the events of an operation that are not known yet; those of other operations are passed over.
    pub(crate) async fn follow(
        &self,
        (id, region): (&str, &str),
        token: &str,
        operation: &mut Operation,
    ) -> Result<(), Failure> {
        let mut fresh: Vec<Event> = Vec::new();
        let mut next = None;
        'pages: for _ in 0..MAX_PAGES {
            let page = match self.events(id, region, next).await {
                Ok(page) => page,
                // A stack that was made just now may not be seen yet.
                Err(error) if is_absent(&error) => break,
                Err(error) => return Err(error),
            };
            for event in page.events {
                let known = operation.events.last().is_some_and(|last| last.id == event.id);
                let before = event.of_stack() && event.token != token && !fresh.is_empty();
                if known || before {
                    break 'pages;
                }
                if event.token == token {
                    fresh.push(event);
                }
            }
            match page.next {
                Some(token) => next = Some(token),
                None => break,
            }
        }
        operation.events.extend(fresh.into_iter().rev());
        Ok(())
    }

    /// Whether an operation of this token has begun.
    pub(crate) async fn has_begun(&self, (id, region): (&str, &str), token: &str) -> Result<bool, Failure> {
        let mut operation = Operation::default();
        self.follow((id, region), token, &mut operation).await?;
        Ok(!operation.events.is_empty())
    }

    /// Starts the deletion of a stack; one that is gone is no failure. Resources that are kept leave it: AWS takes these
    /// only of a stack whose deletion failed.
    pub(crate) async fn delete_stack(
        &self,
        (id, region): (&str, &str),
        keep: &[String],
        token: &str,
    ) -> Result<(), Failure> {
        let client = self.cloudformation(region);
        let ask = || {
            let request = client.delete_stack().stack_name(id).client_request_token(token);
            request.set_retain_resources((!keep.is_empty()).then(|| keep.to_vec())).send()
        };
        match self.call(Action::DeleteStack, ask).await {
            Ok(_) => Ok(()),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sets whether deletion is refused.
    pub(crate) async fn protect(&self, name: &str, region: &str, on: bool) -> Result<(), Failure> {
        let client = self.cloudformation(region);
        let ask = || client.update_termination_protection().stack_name(name).enable_termination_protection(on).send();
        self.call(Action::UpdateTerminationProtection, ask).await.map(|_| ())
    }

    /// Goes on with a rollback that failed, leaving out the resources named.
    pub(crate) async fn continue_rollback(&self, key: &StackKey, skip: &[String], token: &str) -> Result<(), Failure> {
        let client = self.cloudformation(&key.region);
        let ask = || {
            let request = client.continue_update_rollback().stack_name(&key.name).client_request_token(token);
            request.set_resources_to_skip((!skip.is_empty()).then(|| skip.to_vec())).send()
        };
        self.call(Action::ContinueUpdateRollback, ask).await.map(|_| ())
    }

    /// Rolls a stack in `UPDATE_FAILED` or `CREATE_FAILED` back to where it was.
    pub(crate) async fn rollback(&self, key: &StackKey, token: &str) -> Result<(), Failure> {
        let client = self.cloudformation(&key.region);
        let ask = || client.rollback_stack().stack_name(&key.name).client_request_token(token).send();
        self.call(Action::RollbackStack, ask).await.map(|_| ())
    }

    /// Starts a comparison of a stack's resources with its template.
    pub(crate) async fn detect_drift(&self, key: &StackKey) -> Result<String, Failure> {
        let client = self.cloudformation(&key.region);
        let ask = || client.detect_stack_drift().stack_name(&key.name).send();
        let answer = self.call(Action::DetectStackDrift, ask).await?;
        Ok(answer.stack_drift_detection_id.unwrap_or_default())
    }

    /// Whether a comparison has ended.
    pub(crate) async fn drift_is_known(&self, id: &str, region: &str) -> Result<bool, Failure> {
        let client = self.cloudformation(region);
        let ask = || client.describe_stack_drift_detection_status().stack_drift_detection_id(id).send();
        let answer = self.call(Action::DescribeStackDriftDetectionStatus, ask).await?;
        Ok(answer.detection_status != Some(StackDriftDetectionStatus::DetectionInProgress))
    }

    /// What a comparison found.
    pub(crate) async fn drifts(&self, key: &StackKey) -> Result<Vec<Drift>, Failure> {
        let client = self.cloudformation(&key.region);
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let ask =
                || client.describe_stack_resource_drifts().stack_name(&key.name).set_next_token(next.clone()).send();
            let page = self.call(Action::DescribeStackResourceDrifts, ask).await?;
            for drift in page.stack_resource_drifts() {
                let status = drift.stack_resource_drift_status();
                if status == Some(&StackResourceDriftStatus::InSync) {
                    continue;
                }
                let property = |it: &aws_sdk_cloudformation::types::PropertyDifference| {
                    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                    (text(it.property_path()), text(it.expected_value()), text(it.actual_value()))
                };
                found.push(Drift {
                    logical_id: drift.logical_resource_id().unwrap_or_default().to_owned(),
                    kind: drift.resource_type().unwrap_or_default().to_owned(),
                    status: status.map_or("UNKNOWN", StackResourceDriftStatus::as_str).to_owned(),
                    properties: drift.property_differences().iter().map(property).collect(),
                });
            }
            match page.next_token {
                Some(token) => next = Some(token),
                None => return Ok(found),
            }
        }
    }
}

/// Whether a failure says that there is no such stack; CloudFormation has no code of its own for it.
pub(super) fn is_absent(error: &Failure) -> bool {
    error.is(&["ValidationError", "StackNotFoundException"]) && error.message.contains("does not exist")
}

fn summary(region: &str, stack: &aws_sdk_cloudformation::types::Stack) -> Result<Summary, Failure> {
    let status = stack.stack_status().map_or("", |status| status.as_str());
    let status: StackStatus = status.parse().map_err(|error: String| Failure::of(Action::DescribeStacks, error))?;
    let pair = |key: Option<&str>, value: Option<&str>| {
        (key.unwrap_or_default().to_owned(), value.unwrap_or_default().to_owned())
    };
    Ok(Summary {
        key: StackKey::new(stack.stack_name().unwrap_or_default(), region),
        stack: DeployedStack {
            id: stack.stack_id().unwrap_or_default().to_owned(),
            status,
            reason: stack.stack_status_reason().filter(|reason| !reason.is_empty()).map(str::to_owned),
            template: Value::Null,
            template_sha256: String::new(),
            parameters: stack
                .parameters()
                .iter()
                .map(|parameter| pair(parameter.parameter_key(), parameter.parameter_value()))
                .collect(),
            outputs: stack.outputs().iter().map(|output| pair(output.output_key(), output.output_value())).collect(),
            tags: stack.tags().iter().map(|tag| pair(tag.key(), tag.value())).collect(),
            termination_protection: stack.enable_termination_protection().unwrap_or_default(),
            changed: time(stack.last_updated_time().or(stack.creation_time())),
        },
    })
}
