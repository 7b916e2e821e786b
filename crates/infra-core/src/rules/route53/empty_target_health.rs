//! `route53/empty-target-health`: what a record evaluates has targets.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "route53/empty-target-health",
    code: "R53-018",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "record evaluates a load balancer with an empty target group",
    why: "a load balancer is unhealthy to Route 53 as soon as one of its target groups has no registered \
          target, also one that is forgotten",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: balancer.yaml
Resources:
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: network
      Scheme: internet-facing
      Subnets: [subnet-0a1b2c3d4e5f6a7b8, subnet-1a1b2c3d4e5f6a7b8]
      SecurityGroups: [sg-0a1b2c3d4e5f6a7b8]
  Old:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: { Protocol: TCP, Port: 8080, TargetType: ip, VpcId: vpc-0a1b2c3d4e5f6a7b8 }
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Protocol: TCP
      Port: 443
      DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Old }]
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      AliasTarget:
        DNSName: !GetAtt Balancer.DNSName
        HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID
        EvaluateTargetHealth: true
#                             ^
"#,
    good: &[("TargetType: ip,", "TargetType: ip, Targets: [{ Id: 10.0.1.10 }],")],
    check: Check::Records(check),
};

fn check(cx: &mut Cx<'_>, record: Record<'_>) {
    let Some(alias) = record.alias() else { return };
    let Some(balancer) = alias.load_balancer() else { return };
    let Some(written) = alias.prop.key("EvaluateTargetHealth").filter(|it| it.bool() == Some(true)) else { return };
    for group in balancer.referrers_of("AWS::ElasticLoadBalancingV2::Listener").flat_map(|it| it.references()) {
        if group.kind() == "AWS::ElasticLoadBalancingV2::TargetGroup" && is_empty(&group) {
            cx.report(
                written
                    .finding("an empty target group makes this record unhealthy", "evaluates the load balancer")
                    .also(group.at(), "nothing registers targets here")
                    .help("remove the target group, register targets, or write `false`"),
            );
        }
    }
}

/// Whether nothing in the deployment registers targets: neither the group itself, nor a service, a group of instances
/// or a controller in a cluster.
fn is_empty(group: &Resource<'_>) -> bool {
    let listener = |kind: &str| kind.starts_with("AWS::ElasticLoadBalancingV2::") || kind == "AWS::CloudWatch::Alarm";
    let mut bindings = group.view().objects_of("TargetGroupBinding");
    let bound = bindings.any(|binding| {
        binding.get("spec.targetGroupARN").is_none_or(|arn| arn.resource().is_none_or(|bound| bound == *group))
    });
    !group.has("Targets") && !bound && group.referrers().all(|user| listener(user.kind()))
}
