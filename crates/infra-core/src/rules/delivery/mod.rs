//! Whether what one service hands to another arrives: one notion of who delivers to whom, and one rule for each thing that
//! may be missing.

mod before_permission;
mod fifo_receiver;
mod refused;
mod role_lacks_action;
mod role_missing;
mod role_trusts_another;
mod role_without_key;

use super::{Cx, Rule};
use crate::view::{By, Delivery, Receiver, Resource, Statement, View};

pub(super) const RULES: &[&Rule] = &[
    &before_permission::RULE,
    &fifo_receiver::RULE,
    &refused::RULE,
    &role_lacks_action::RULE,
    &role_missing::RULE,
    &role_trusts_another::RULE,
    &role_without_key::RULE,
];

/// Returns what reports call the sender: `rule Hourly`, with the logical id in backticks.
fn sender(delivery: &Delivery<'_>) -> String {
    let noun = match delivery.owner.kind() {
        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => "alarm",
        "AWS::Cognito::UserPool" => "user pool",
        "AWS::ElasticLoadBalancingV2::TargetGroup" => "target group",
        "AWS::Events::Rule" => "rule",
        "AWS::Lambda::Function" => "function",
        "AWS::Pipes::Pipe" => "pipe",
        "AWS::S3::Bucket" => "bucket",
        "AWS::SNS::Subscription" => "subscription",
        "AWS::SNS::Topic" => "topic",
        "AWS::Scheduler::Schedule" => "schedule",
        _ => "resource",
    };
    format!("{noun} `{}`", delivery.owner.id())
}

/// Reports deliveries to queues or topics that are encrypted with a key which does not admit the service.
pub(super) fn without_key(cx: &mut Cx<'_>, view: &View<'_>, to: Receiver, help: impl Fn(&str) -> String) {
    let mut told: Vec<(Resource<'_>, &str)> = Vec::new();
    for delivery in view.deliveries().filter(|it| it.receiver() == Some(to)) {
        let (By::Service(service), Some(target)) = (delivery.by(), delivery.target()) else { continue };
        let Some(used) = target.get("KmsMasterKeyId") else { continue };
        let key = used.resource().and_then(|it| match it.kind() {
            "AWS::KMS::Alias" => it.get("TargetKeyId")?.resource_of("AWS::KMS::Key"),
            _ => Some(it),
        });
        let policy = key.and_then(|key| key.get("KeyPolicy"));
        let is_default = used.text().is_some_and(|alias| alias.contains("alias/aws/"));
        let refused =
            is_default || policy.is_some_and(|policy| !Statement::of(policy).any(|it| may_encrypt(&it, service)));
        if !refused || told.contains(&(target, service)) {
            continue;
        }
        told.push((target, service));
        let mut finding = used
            .finding(
                format!("`{service}` cannot encrypt what it sends to {} `{}`", to.noun(), target.id()),
                if is_default { "a key whose policy is AWS's own" } else { "the policy of this key does not admit it" },
            )
            .also(delivery.written.at(), format!("{} sends to it", sender(&delivery)));
        if let Some(policy) = policy {
            finding = finding.also(policy.at(), "the policy of the key");
        }
        cx.report(finding.help(help(service)));
    }
}

fn may_encrypt(statement: &Statement<'_>, service: &str) -> bool {
    let unknown = statement.principals("Service").any(|principal| principal.text().is_none());
    statement.allows()
        && statement.covers("kms:GenerateDataKey")
        && (unknown || statement.service(service) || statement.anyone())
}
