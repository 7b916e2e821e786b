//! What a role may do, as far as the deployment says.

use super::Resource;

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

impl<'v> Resource<'v> {
    /// Returns whether a role may do `action` on `resource`, or whether that cannot be told.
    ///
    /// It cannot be told where a policy is attached whose text is not in the view.
    pub fn may(&self, action: &str, resource: &Resource<'v>) -> bool {
        self.has_unseen_policies()
            || self.identity_statements().iter().any(|it| it.allows() && it.covers(action) && it.on(resource))
    }

    fn has_unseen_policies(&self) -> bool {
        let unseen = self.each("ManagedPolicyArns").filter(|arn| arn.resource_of("AWS::IAM::ManagedPolicy").is_none());
        unseen.map(|arn| arn.pattern()).any(|arn| {
            let name = arn.split_once(":aws:policy/").map(|(_, name)| name);
            name.is_none_or(|name| !TELEMETRY.contains(&name))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telemetry_policies_are_sorted_and_unique() {
        assert!(TELEMETRY.is_sorted_by(|a, b| a < b));
    }
}
