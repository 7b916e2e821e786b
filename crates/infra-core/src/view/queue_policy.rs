//! The policies of queues: which policy is of which queue, found once for the whole view.

use std::collections::BTreeMap;

use super::{Resource, Statement, View};

/// Policies by queue, both by index.
#[derive(Debug, Default)]
pub(super) struct QueuePolicies {
    of: BTreeMap<u32, Vec<u32>>,
    /// Whether a policy names something that may be any queue.
    unclear: bool,
}

impl QueuePolicies {
    pub(super) fn of(view: &View<'_>) -> Self {
        let mut found = Self::default();
        for (kind, path) in [("AWS::SQS::QueuePolicy", "Queues"), ("AWS::SQS::QueueInlinePolicy", "Queue")] {
            for policy in view.of(kind) {
                for named in policy.each(path) {
                    match named.resource() {
                        Some(queue) => found.of.entry(queue.index()).or_default().push(policy.index()),
                        None => found.unclear = true,
                    }
                }
            }
        }
        found
    }
}

impl<'v> Resource<'v> {
    /// Returns the statements of a queue's policies; nothing where some policy may be of this queue and may not.
    pub fn queue_statements(&self) -> Option<Vec<Statement<'v>>> {
        let view = self.view();
        let policies = view.queue_policies.get_or_init(|| QueuePolicies::of(view));
        let own = policies.of.get(&self.index());
        if policies.unclear {
            return None;
        }
        let policies = own.into_iter().flatten().filter_map(|at| view.resource(*at));
        Some(policies.filter_map(|policy| policy.get("PolicyDocument")).flat_map(Statement::of).collect())
    }
}
