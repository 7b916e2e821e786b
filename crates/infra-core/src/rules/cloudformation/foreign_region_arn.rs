//! `cloudformation/foreign-region-arn`: what must be in one region is.

use crate::facts::regions;
use crate::rules::prelude::*;
use crate::view::Receiver;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/foreign-region-arn",
    code: "CFN-015",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "resource of another region where the own region is needed",
    why: "layers, event sources, dead-letter queues, actions of alarms, targets of rules and load balancers are used in their own \
          region only",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
        "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: "arn:aws:sqs:us-east-1:111122223333:dead", maxReceiveCount: 5 }
#                                           ^
"#,
    good: &[("us-east-1", "eu-west-1")],
    check: Check::View(check),
};

/// Properties beside those by which something is delivered: type, list, key of its items.
const SLOTS: &[(&str, &str, &str)] = &[
    ("AWS::AutoScaling::AutoScalingGroup", "TargetGroupARNs", ""),
    ("AWS::ECS::Service", "LoadBalancers", "TargetGroupArn"),
    ("AWS::ElasticLoadBalancingV2::Listener", "", "LoadBalancerArn"),
    ("AWS::ElasticLoadBalancingV2::Listener", "DefaultActions", "TargetGroupArn"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "", "ListenerArn"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "Actions", "TargetGroupArn"),
    ("AWS::Lambda::EventSourceMapping", "", "EventSourceArn"),
    ("AWS::Lambda::Function", "Layers", ""),
    ("AWS::Lambda::Permission", "", "FunctionName"),
    ("AWS::Pipes::Pipe", "", "Source"),
    ("AWS::SQS::Queue", "", "RedrivePolicy.deadLetterTargetArn"),
    ("AWS::Serverless::Function", "Layers", ""),
    ("AWS::WAFv2::WebACLAssociation", "", "ResourceArn"),
    ("AWS::WAFv2::WebACLAssociation", "", "WebACLArn"),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for delivery in view.deliveries() {
        // A rule may send to a bus of another region, to anything else in its own only.
        let of_rule = delivery.slot.kind == "AWS::Events::Rule" && delivery.receiver() != Some(Receiver::Bus);
        if delivery.slot.same_region || of_rule {
            compare(cx, &delivery.owner, &delivery.written);
        }
    }
    for (kind, list, key) in SLOTS {
        for resource in view.of(kind) {
            let items: Vec<Prop<'_>> =
                if list.is_empty() { vec![resource.properties()] } else { resource.each(list).collect() };
            for written in items.iter().filter_map(|item| if key.is_empty() { Some(*item) } else { item.get(key) }) {
                // Two queues of the view are compared by `sqs/dead-letter-mismatch`.
                if *kind != "AWS::SQS::Queue" || written.resource().is_none() {
                    compare(cx, &resource, &written);
                }
            }
        }
    }
}

fn compare(cx: &mut Cx<'_>, owner: &Resource<'_>, written: &Prop<'_>) {
    let Some(own) = owner.region() else { return };
    let target = written.resource();
    let other = if let Some(target) = target {
        target.region().map(|region| region.as_str())
    } else {
        let arn = written.pattern();
        arn.strip_prefix("arn:").and_then(|rest| regions::find(rest.split(':').nth(2)?)).map(|(region, _)| region)
    };
    let Some(other) = other.filter(|other| *other != own.as_str()) else { return };
    let mut finding = written.finding(
        format!("`{}` of {own} names something of region {other}", owner.id()),
        format!("in {other}, its own region is needed"),
    );
    if let Some(target) = target {
        finding = finding.also(target.at(), format!("made in {other}"));
    }
    cx.report(finding.help(format!("name one of {own}, the region of the stack, or make one there")));
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn alarms_layers_sources_and_targets_are_of_the_own_region() {
        let count = |resource: &str| of_rule(&super::RULE, &format!("Resources:\n  One: {resource}\n")).len();
        let function =
            |arn: &str| count(&format!("{{ Type: AWS::Lambda::Function, Properties: {{ Layers: [\"{arn}\"] }} }}"));
        assert_eq!(function("arn:aws:lambda:us-east-1:444455556666:layer:console:1"), 1);
        assert_eq!(function("arn:aws:lambda:eu-west-1:444455556666:layer:console:1"), 0);
        let rule = |arn: &str| {
            count(&format!("{{ Type: AWS::Events::Rule, Properties: {{ Targets: [{{ Id: a, Arn: \"{arn}\" }}] }} }}"))
        };
        assert_eq!(rule("arn:aws:sqs:us-east-1:111122223333:jobs"), 1);
        assert_eq!(rule("arn:aws:events:us-east-1:111122223333:event-bus/main"), 0);
        assert_eq!(
            count(
                "{ Type: AWS::CloudWatch::Alarm, Properties: { AlarmActions: [\"arn:aws:sns:us-east-1:111122223333:pager\"] } }"
            ),
            1
        );
        assert_eq!(
            count(
                "{ Type: AWS::SNS::Subscription, Properties: { TopicArn: a, Protocol: sqs, Endpoint: \"arn:aws:sqs:us-east-1:111122223333:jobs\" } }"
            ),
            0
        );
    }
}
