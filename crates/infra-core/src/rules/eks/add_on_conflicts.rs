//! `eks/add-on-conflicts`: add-ons replace the copies of a new cluster.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/add-on-conflicts",
    code: "EKS-022",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "add-on collides with the one that the cluster is born with",
    why: "a new cluster already runs the VPC CNI, kube-proxy and CoreDNS of its own; an add-on that differs is \
          refused unless it may overwrite",
    error: Some("Conflicts found when trying to apply"),
    sources: &["https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAddon.html"],
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
  Proxy:
    Type: AWS::EKS::Addon
    Properties:
      ClusterName: !Ref Main
      AddonName: kube-proxy
#                ^
"#,
    good: &[(
        r#"AddonName: kube-proxy
"#,
        r#"AddonName: kube-proxy
      ResolveConflicts: OVERWRITE
"#,
    )],
    check: Check::Resources(&["AWS::EKS::Addon"], check),
};

fn check(cx: &mut Cx<'_>, add_on: Resource<'_>) {
    let (Some(name), Some(cluster)) = (add_on.get("AddonName"), add_on.cluster()) else { return };
    let born = cluster.bool_or("BootstrapSelfManagedAddons", true) == Some(true) && cluster.auto_mode() == Some(false);
    if !born || !name.is_one_of(&["coredns", "kube-proxy", "vpc-cni"]) {
        return;
    }
    let choice = add_on.get("ResolveConflicts");
    if add_on.text_or("ResolveConflicts", "NONE").as_deref() != Some("NONE") {
        return;
    }
    cx.report(
        choice
            .unwrap_or(name)
            .finding(format!("`{}` may not replace what is there", name.pattern()), "nothing is overwritten")
            .also(cluster.at(), "is made with a copy of its own")
            .help("write `ResolveConflicts: OVERWRITE`, or `BootstrapSelfManagedAddons: false` on the cluster"),
    );
}
