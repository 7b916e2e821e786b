//! The policies of queues and topics: which policy is of which, found once for the whole view.

use std::collections::{BTreeMap, BTreeSet};

use super::{Resource, Statement, View};

/// Types of policies: which property names what they are of, and of which type that is.
const POLICIES: &[(&str, &str, &str)] = &[
    ("AWS::SNS::TopicInlinePolicy", "TopicArn", "AWS::SNS::Topic"),
    ("AWS::SNS::TopicPolicy", "Topics", "AWS::SNS::Topic"),
    ("AWS::SQS::QueueInlinePolicy", "Queue", "AWS::SQS::Queue"),
    ("AWS::SQS::QueuePolicy", "Queues", "AWS::SQS::Queue"),
];

/// Policies by what they are of, both by index.
#[derive(Debug, Default)]
pub(super) struct OwnPolicies {
    of: BTreeMap<u32, Vec<u32>>,
    /// Types of which some policy may be of any.
    unclear: BTreeSet<&'static str>,
}

impl OwnPolicies {
    pub(super) fn of<'v>(view: &'v View<'v>) -> Self {
        let mut found = Self::default();
        for (kind, path, target) in POLICIES {
            for policy in view.of(kind) {
                for named in policy.each(path) {
                    let resource = named.resource().or_else(|| by_name(view, target, named.text()?.as_ref()));
                    match resource {
                        Some(target) => found.of.entry(target.index()).or_default().push(policy.index()),
                        // A text that is known and is none of the view's names something outside.
                        None if named.text().is_some() => {}
                        None => {
                            found.unclear.insert(target);
                        }
                    }
                }
            }
        }
        found
    }
}

/// Returns the resource of a type whose name is the last part of a URL or ARN.
fn by_name<'v>(view: &'v View<'v>, kind: &str, text: &str) -> Option<Resource<'v>> {
    let name = text.rsplit(['/', ':']).next()?;
    view.of(kind).find(|resource| resource.name().is_some_and(|known| known == name))
}

impl<'v> Resource<'v> {
    /// Returns the policies that name this queue or topic.
    pub fn own_policies(&self) -> impl Iterator<Item = Resource<'v>> + use<'v> {
        let view = self.view();
        let policies = view.own_policies.get_or_init(|| OwnPolicies::of(view));
        policies.of.get(&self.index()).into_iter().flatten().filter_map(move |at| view.resource(*at))
    }

    /// Returns the statements of the policies of a queue or topic; nothing where some policy may be of it and may not.
    pub fn policy_statements(&self) -> Option<Vec<Statement<'v>>> {
        let view = self.view();
        let policies = view.own_policies.get_or_init(|| OwnPolicies::of(view));
        if policies.unclear.contains(self.kind()) {
            return None;
        }
        let documents: Vec<_> = self.own_policies().filter_map(|policy| policy.get("PolicyDocument")).collect();
        let readable = documents.iter().all(super::is_readable);
        readable.then(|| documents.into_iter().flat_map(Statement::of).collect())
    }
}
