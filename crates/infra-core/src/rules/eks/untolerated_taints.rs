//! `eks/untolerated-taints`: pods may run on some node.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/untolerated-taints",
    code: "EKS-029",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "every node keeps the pods away",
    why: "a taint keeps pods from a node that do not tolerate it; where every node group has one that a workload does not, \
          its pods wait for ever",
    error: Some("0/3 nodes are available: 3 node(s) had untolerated taint"),
    sources: &["https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml
Resources:
  Main:
    Type: AWS::EKS::Cluster
    Properties:
      Name: main
      Version: "1.36"
      RoleArn: arn:aws:iam::111122223333:role/cluster
      AccessConfig: { AuthenticationMode: API_AND_CONFIG_MAP }
      UpgradePolicy: { SupportType: STANDARD }
      ResourcesVpcConfig: { SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], EndpointPublicAccess: false, EndpointPrivateAccess: true }
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties:
      ClusterName: !Ref Main
      NodeRole: arn:aws:iam::111122223333:role/nodes
      Subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
      AmiType: AL2023_ARM_64_STANDARD
      InstanceTypes: [m7g.large]
      Taints: [{ Key: fast, Value: "yes", Effect: NO_SCHEDULE }]
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
#                 ^
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
"#,
    good: &[(
        "      containers:\n",
        "      tolerations: [{ key: fast, operator: Exists, effect: NoSchedule }]\n      containers:\n",
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let Some(cluster) = view.only_cluster().filter(|cluster| cluster.auto_mode() == Some(false)) else { return };
    // Karpenter and groups of instances make nodes of their own, and Fargate has none.
    let others = view.objects_of("NodePool").next().is_some()
        || view.of("AWS::AutoScaling::AutoScalingGroup").next().is_some()
        || cluster.parts("AWS::EKS::FargateProfile").next().is_some();
    let groups: Vec<Resource<'_>> = cluster.parts("AWS::EKS::Nodegroup").collect();
    let Some(first) = groups.first().filter(|_| !others) else { return };
    for pods in view.objects().filter(|object| object.kind() != "DaemonSet").filter_map(|object| object.pods()) {
        let tolerations: Vec<Prop<'_>> = pods.get("tolerations").into_iter().flat_map(|list| list.items()).collect();
        let kept = |group: &Resource<'_>| {
            let taint = group.each("Taints").find(|taint| repels(taint, &tolerations))?;
            Some(taint.key("Key").map(|key| key.pattern()).unwrap_or_default())
        };
        let keys: Option<Vec<String>> = groups.iter().map(kept).collect();
        let Some(key) = keys.and_then(|keys| keys.into_iter().next()) else { continue };
        cx.report(
            pods.workload
                .finding(
                    format!("no node lets the pods of `{}` run", pods.workload.name()),
                    format!("do not tolerate the taint `{key}`"),
                )
                .also(first.nearest("Taints").at(), "every node has a taint")
                .help(format!("add a toleration for `{key}`, or a node group without taints")),
        );
    }
}

/// Whether a taint certainly keeps pods with these tolerations from starting.
fn repels(taint: &Prop<'_>, tolerations: &[Prop<'_>]) -> bool {
    let text = |prop: &Prop<'_>, key: &str| prop.key(key).and_then(|it| it.text()).map(|it| it.into_owned());
    let effect = match text(taint, "Effect").as_deref() {
        Some("NO_SCHEDULE") => "NoSchedule",
        Some("NO_EXECUTE") => "NoExecute",
        _ => return false,
    };
    let is_tolerated = |toleration: &Prop<'_>| {
        let any = |key: &str| toleration.key(key).is_none_or(|it| it.text().is_none_or(|text| text.is_empty()));
        let key = any("key") || text(toleration, "key") == text(taint, "Key");
        let value = text(toleration, "operator").as_deref() == Some("Exists")
            || text(toleration, "value").unwrap_or_default() == text(taint, "Value").unwrap_or_default();
        key && value && (any("effect") || text(toleration, "effect").as_deref() == Some(effect))
    };
    !tolerations.iter().any(is_tolerated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_toleration_of_another_value_is_none() {
        let with = |tolerations: &str| {
            of_rule(
                &RULE,
                &RULE.good_example().replace("[{ key: fast, operator: Exists, effect: NoSchedule }]", tolerations),
            )
            .len()
        };
        assert_eq!(with("[{ key: fast, value: \"yes\" }]"), 0);
        assert_eq!(with("[{ operator: Exists }]"), 0);
        assert_eq!(with("[{ key: fast, value: \"no\" }]"), 1);
        assert_eq!(with("[{ key: fast, operator: Exists, effect: NoExecute }]"), 1);
        assert_eq!(of_rule(&RULE, &RULE.bad_example().replace("NO_SCHEDULE", "PREFER_NO_SCHEDULE")).len(), 0);
    }
}
