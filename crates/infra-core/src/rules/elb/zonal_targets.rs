//! `elb/zonal-targets`: every zone of a balancer has targets.

use crate::rules::prelude::*;
use crate::view::Pods;

pub(super) const RULE: Rule = Rule {
    id: "elb/zonal-targets",
    code: "LINK-008",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "zone of a load balancer may have no pods",
    why: "a Network Load Balancer sends within a zone only, unless cross-zone load balancing is on: a zone to \
          which the scheduler put few pods, or none, answers badly or not at all",
    error: None,
    sources: &["https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html"],
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
      LoadBalancerAttributes: [{ Key: load_balancing.cross_zone.enabled, Value: "false" }]
#                                                                               ^
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
      terminationGracePeriodSeconds: 150
      containers:
        - name: orders
          image: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:1.4.2
          ports: [{ containerPort: 8080 }]
"#,
    good: &[(r#"Value: "false""#, r#"Value: "true""#)],
    check: Check::View(check),
};

const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for binding in view.target_bindings() {
        let group = binding.group;
        if group.attribute(CROSS_ZONE).is_some_and(|it| !it.is("false") && !it.is("use_load_balancer_configuration")) {
            continue;
        }
        let Some(pods) = binding.pods().into_iter().find(|pods| !spreads(pods)) else { continue };
        for balancer in group.balancers() {
            let is_network = balancer.get("Type").is_some_and(|kind| kind.is("network"));
            // Off unless written; a list that is not known may hold it.
            let known = balancer.get("LoadBalancerAttributes").is_none_or(|list| list.is_list());
            let on = balancer.attribute(CROSS_ZONE);
            if !is_network || !known || on.is_some_and(|on| !on.is("false")) {
                continue;
            }
            let place = on.unwrap_or_else(|| balancer.properties());
            cx.report(
                place
                    .finding(
                        format!(
                            "balancer `{}` stays in its zone, `{}` may have no pod there",
                            balancer.id(),
                            pods.workload.name()
                        ),
                        "cross-zone load balancing is off",
                    )
                    .also(pods.workload.at(), "nothing spreads these pods over zones")
                    .help(
                        "add `{ Key: load_balancing.cross_zone.enabled, Value: \"true\" }`, or spread the pods by \
                         `topology.kubernetes.io/zone`",
                    ),
            );
        }
    }
}

fn spreads(pods: &Pods<'_>) -> bool {
    let constraints = pods
        .get("topologySpreadConstraints")
        .is_some_and(|it| it.items().any(|it| it.get("topologyKey").is_none_or(|key| key.pattern().ends_with("zone"))));
    constraints || pods.get("affinity.podAntiAffinity").is_some() || pods.workload.kind() == "DaemonSet"
}
