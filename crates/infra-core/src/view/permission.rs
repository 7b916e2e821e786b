//! What a role may do, as far as the deployment says.

use super::{Prop, Resource, Statement};
use crate::names::overlap;

/// Policies of AWS that allow nothing but telemetry.
///
/// Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html> (read 2026-11-23).
const TELEMETRY: &[&str] = &[
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
    "CloudWatchAgentServerPolicy",
    "service-role/AWSLambdaBasicExecutionRole",
    "service-role/AWSLambdaVPCAccessExecutionRole",
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
];

/// What those policies allow beside telemetry; same source.
const GIVES: &[(&str, &[&str])] = &[(
    "service-role/AWSLambdaVPCAccessExecutionRole",
    &["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"],
)];

impl<'v> Resource<'v> {
    /// Returns whether a role may do `action` on `resource`, or whether that cannot be told.
    ///
    /// It cannot be told where a policy is attached whose text is not in the view.
    pub fn may(&self, action: &str, resource: &Resource<'v>) -> bool {
        self.has_unseen_policies() || self.identity_statements().iter().any(|it| it.may_let(action) && it.on(resource))
    }

    /// Returns whether a role may do `action` on anything, or whether that cannot be told.
    pub fn may_anywhere(&self, action: &str) -> bool {
        let by_aws = |(policy, gives): &(&str, &[&str])| {
            gives.contains(&action) && self.managed_policies().iter().any(|attached| attached == policy)
        };
        self.has_unseen_policies()
            || GIVES.iter().any(by_aws)
            || self.identity_statements().iter().any(|it| it.may_let(action))
    }

    /// Returns whether a role may do `action` on what `written` names, or whether that cannot be told.
    pub fn may_on(&self, action: &str, written: &Prop<'v>) -> bool {
        if let Some(resource) = written.resource() {
            return self.may(action, &resource);
        }
        let arn = written.pattern();
        let names = |it: &Statement<'v>| {
            it.prop.key("Resource").is_none()
                || it.resources().any(|named| named.is_same(written) || fits(&named, &arn))
        };
        self.has_unseen_policies() || self.identity_statements().iter().any(|it| it.may_let(action) && names(it))
    }

    fn has_unseen_policies(&self) -> bool {
        if self.identity_documents().iter().any(|document| !super::is_readable(document)) {
            return true;
        }
        let unseen = self.each("ManagedPolicyArns").filter(|arn| arn.resource_of("AWS::IAM::ManagedPolicy").is_none());
        unseen.map(|arn| arn.pattern()).any(|arn| {
            let name = arn.split_once(":aws:policy/").map(|(_, name)| name);
            name.is_none_or(|name| !TELEMETRY.contains(&name))
        })
    }
}

/// Returns whether two patterns of ARNs may name the same.
fn fits(named: &Prop<'_>, arn: &str) -> bool {
    overlap(&named.pattern(), arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telemetry_policies_are_sorted_and_unique() {
        assert!(TELEMETRY.is_sorted_by(|a, b| a < b));
    }
}
