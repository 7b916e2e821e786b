//! `elb/drain-outlives-pod`: a pod lives until it is drained.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/drain-outlives-pod",
    code: "LINK-013",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "load balancer sends to a pod that is gone",
    why: "a target that leaves is still sent the rest of its connections for the deregistration delay, 300 s \
          unless written; a pod is killed after its grace period, and what comes later fails with 502",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html",
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
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
      TargetGroupAttributes: [{ Key: deregistration_delay.timeout_seconds, Value: "120" }]
#                                                                                 ^
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
  targetType: ip
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
      terminationGracePeriodSeconds: 60
      containers:
        - name: orders
          image: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:1.4.2
          ports: [{ containerPort: 8080 }]
"#,
    good: &[(r#""120""#, r#""20""#)],
    check: Check::View(check),
};

const DELAY: &str = "deregistration_delay.timeout_seconds";

/// The deregistration delay where nothing is written. Unit: seconds.
const DEFAULT_DELAY: i64 = 300;

/// The grace period of a pod where nothing is written. Unit: seconds.
const DEFAULT_GRACE: i64 = 30;

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for binding in view.target_bindings() {
        let group = binding.group;
        // Targets of type instance are nodes, which outlive a rollout.
        if !group.get("TargetType").is_some_and(|kind| kind.is("ip")) {
            continue;
        }
        let written = group.attribute(DELAY);
        let known = group.get("TargetGroupAttributes").is_none_or(|list| list.is_list());
        let Some(delay) = written.map_or(Some(DEFAULT_DELAY), |it| it.int()).filter(|_| known) else { continue };
        for pods in binding.pods() {
            let slot = pods.get("terminationGracePeriodSeconds");
            let Some(grace) = slot.map_or(Some(DEFAULT_GRACE), |it| it.int()).filter(|grace| *grace < delay) else {
                continue;
            };
            cx.report(
                written
                    .unwrap_or_else(|| group.properties())
                    .finding(
                        format!("`{}` drains {delay} s, pods of `{}` live {grace} s", group.id(), pods.workload.name()),
                        format!("drains {delay} s"),
                    )
                    .also(slot.map_or_else(|| pods.workload.at(), |slot| slot.at()), format!("killed after {grace} s"))
                    .help(format!(
                        "write `{{ Key: {DELAY}, Value: \"{}\" }}`, or a longer `terminationGracePeriodSeconds`",
                        (grace / 2).max(1)
                    )),
            );
        }
    }
}
