//! `eks/unenforced-network-policy`: network policies need a plug-in that enforces them.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/unenforced-network-policy",
    code: "EKS-015",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "network policies are not enforced",
    why: "the VPC CNI enforces NetworkPolicy objects only when its add-on says enableNetworkPolicy; without it \
          they are stored and nothing else",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html"],
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
  Network:
    Type: AWS::EKS::Addon
    Properties:
      ClusterName: !Ref Main
      AddonName: vpc-cni
#                ^
      ResolveConflicts: OVERWRITE
#: policy.yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: closed, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress] }
"#,
    good: &[(
        r#"AddonName: vpc-cni
"#,
        r#"AddonName: vpc-cni
      ConfigurationValues: '{"enableNetworkPolicy": "true"}'
"#,
    )],
    check: Check::Resources(&["AWS::EKS::Addon"], check),
};

fn check(cx: &mut Cx<'_>, add_on: Resource<'_>) {
    let Some(name) = add_on.get("AddonName").filter(|name| name.is("vpc-cni")) else { return };
    let view = add_on.view();
    if add_on.cluster().is_none() || add_on.cluster() != view.only_cluster() {
        return;
    }
    let values = add_on.get("ConfigurationValues");
    if values.is_some_and(|values| values.text().is_none_or(|text| text.contains("enableNetworkPolicy"))) {
        return;
    }
    let other_engine = view.objects().any(|object| {
        let group = object.get("apiVersion").map(|version| version.pattern()).unwrap_or_default();
        group.contains("cilium") || group.contains("calico") || group.contains("tigera")
    });
    let Some(policy) = view.objects_of("NetworkPolicy").next().filter(|_| !other_engine) else { return };
    cx.report(
        values
            .unwrap_or(name)
            .finding("network policies protect nothing", "does not enforce them")
            .also(policy.at(), "a policy")
            .help("write `ConfigurationValues: '{\"enableNetworkPolicy\": \"true\"}'`"),
    );
}
