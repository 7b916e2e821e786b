//! `elb/health-check-port`: a health check asks a port that the pods have.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/health-check-port",
    code: "LINK-012",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "health check asks a port on which nobody listens",
    why: "a target counts as healthy once its health check is answered: on a port that no container has it \
          never is, and the balancer answers 503",
    error: None,
    sources: &["https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"],
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
      HealthCheckPort: 9090
#                      ^
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
    good: &[("9090", "8080")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for binding in
        view.target_bindings().filter(|binding| binding.group.get("TargetType").is_some_and(|it| it.is("ip")))
    {
        let Some(slot) = binding.group.get("HealthCheckPort") else { continue };
        let Some(port) = slot.int() else { continue };
        for pods in binding.pods() {
            let containers: Vec<_> = pods.containers().collect();
            // Ports need not be declared; only where each main container declares some is the list complete.
            let complete = pods.main().all(|container| container.get("ports").is_some());
            let mut ports = containers.iter().flat_map(|container| container.prop.each("ports"));
            if !complete
                || ports.any(|it| it.get("containerPort").is_none_or(|it| it.int().is_none_or(|it| it == port)))
            {
                continue;
            }
            cx.report(
                slot.finding(
                    format!("health check of `{}` asks port {port} of `{}`", binding.group.id(), pods.workload.name()),
                    format!("port {port}"),
                )
                .also(pods.workload.at(), "none of its containers has this port")
                .help("name the port of a container, or leave `HealthCheckPort` out"),
            );
        }
    }
}
