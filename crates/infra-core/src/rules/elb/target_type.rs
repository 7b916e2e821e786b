//! `elb/target-type`: a binding registers what the target group takes.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/target-type",
    code: "LINK-010",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "pods are registered in another way than the target group expects",
    why: "a target group takes either instances or addresses: a binding of the other type registers nothing, \
          and the balancer has no targets",
    error: None,
    sources: &[
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: network.yaml
Resources:
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: network
      Scheme: internal
      Subnets: [subnet-0a1b2c3d, subnet-1a2b3c4d]
      LoadBalancerAttributes: [{ Key: load_balancing.cross_zone.enabled, Value: "true" }]
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      Name: orders
      Protocol: TCP
      Port: 8080
      TargetType: ip
      VpcId: vpc-0a1b2c3d
      TargetGroupAttributes: [{ Key: deregistration_delay.timeout_seconds, Value: "20" }]
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Protocol: TCP
      Port: 80
      DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Group }]
#: orders.yaml
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: orders, namespace: shop }
spec:
  serviceRef: { name: orders, port: 80 }
  targetGroupARN: arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/6d0ecf831eec9f09
  targetType: instance
#             ^
---
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  selector: { app: orders }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      terminationGracePeriodSeconds: 150
      containers:
        - name: orders
          image: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:1.4.2
          ports: [{ containerPort: 8080 }]
"#,
    good: &[("targetType: instance", "targetType: ip")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for binding in view.target_bindings() {
        let Some(slot) = binding.object.get("spec.targetType") else { continue };
        let (Some(bound), Some(expected)) = (slot.text(), binding.group.text_or("TargetType", "instance")) else {
            continue;
        };
        if bound == expected {
            continue;
        }
        cx.report(
            slot.finding(
                format!(
                    "`{}` registers targets of type {bound}, its target group takes {expected}",
                    binding.object.name()
                ),
                format!("type {bound}"),
            )
            .also(binding.group.nearest("TargetType").at(), format!("type {expected}"))
            .help(format!("write `targetType: {expected}`"))
            .fix(slot.replace(&expected)),
        );
    }
}
