//! `elb/drain-outlives-pod`: a pod lives until it is drained.

use crate::diag::Diagnostic;
use crate::facts::limits::elb;
use crate::rules::prelude::*;
use crate::view::Pods;

pub(super) const RULE: Rule = Rule {
    id: "elb/drain-outlives-pod",
    code: "LINK-013",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "load balancer sends to a pod that is gone",
    why: "a target that leaves is still sent the rest of its connections for the deregistration delay, 300 s \
          unless written, and a network load balancer opens new ones to IP targets for about 120 s more; a pod is \
          killed after its grace period, and what comes later fails",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html",
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
        elb::NETWORK_LINGER_SOURCE,
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
      TargetGroupAttributes: [{ Key: deregistration_delay.timeout_seconds, Value: "180" }]
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
      terminationGracePeriodSeconds: 150
      containers:
        - name: orders
          image: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:1.4.2
          ports: [{ containerPort: 8080 }]
"#,
    good: &[(r#""180""#, r#""20""#)],
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
        let network = |balancer: Resource<'_>| balancer.get("Type").is_some_and(|kind| kind.is("network"));
        let network = group.balancers().find(|balancer| network(*balancer));
        for pods in binding.pods() {
            let slot = pods.get("terminationGracePeriodSeconds");
            let Some(grace) = slot.map_or(Some(DEFAULT_GRACE), |it| it.int()) else { continue };
            let at = || slot.map_or_else(|| pods.workload.at(), |slot| slot.at());
            if grace < delay {
                cx.report(
                    written
                        .unwrap_or_else(|| group.properties())
                        .finding(
                            format!(
                                "`{}` drains {delay} s, pods of `{}` live {grace} s",
                                group.id(),
                                pods.workload.name()
                            ),
                            format!("drains {delay} s"),
                        )
                        .also(at(), format!("killed after {grace} s"))
                        .help(format!(
                            "write `{{ Key: {DELAY}, Value: \"{}\" }}`, or a longer `terminationGracePeriodSeconds`",
                            (grace / 2).max(1)
                        )),
                );
            } else if let Some(balancer) = network.filter(|_| grace < i64::from(elb::NETWORK_LINGER)) {
                cx.report(lingering(slot, grace, &pods, &balancer));
            }
        }
    }
}

fn lingering(slot: Option<Prop<'_>>, grace: i64, pods: &Pods<'_>, balancer: &Resource<'_>) -> Diagnostic {
    let (linger, workload) = (elb::NETWORK_LINGER, pods.workload);
    let title =
        format!("`{}` opens connections for {linger} s, pods of `{}` live {grace} s", balancer.id(), workload.name());
    let label = format!("killed after {grace} s");
    let finding = match slot {
        Some(slot) => slot.finding(title, label),
        None => workload.finding(title, label),
    };
    finding.also(balancer.at(), "a network load balancer").help(format!(
        "write `preStop: {{ sleep: {{ seconds: {linger} }} }}` and a `terminationGracePeriodSeconds` of that and the \
         longest request"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_network_load_balancer_goes_on_for_two_minutes() {
        let text = RULE.bad_example().replace("\"180\"", "\"20\"");
        let of = |grace: &str| of_rule(&RULE, &text.replace("terminationGracePeriodSeconds: 150", grace));
        assert!(of("terminationGracePeriodSeconds: 120").is_empty());
        for (grace, seconds) in [("terminationGracePeriodSeconds: 60", 60), ("restartPolicy: Always", 30)] {
            let found = of(grace);
            let title = format!("`Balancer` opens connections for 120 s, pods of `orders` live {seconds} s");
            assert!(found.len() == 1 && found[0].ends_with(&title), "{found:?}");
        }
    }

    #[test]
    fn an_application_load_balancer_stops_at_once() {
        let text = RULE.bad_example().replace("\"180\"", "\"20\"").replace("Type: network", "Type: application");
        let text = text
            .replace("Protocol: TCP", "Protocol: HTTP")
            .replace("GracePeriodSeconds: 150", "GracePeriodSeconds: 60");
        assert_eq!(of_rule(&RULE, &text), Vec::<String>::new());
    }
}
