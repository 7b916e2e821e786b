//! `eks/node-version`: nodes fit their control plane.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/node-version",
    code: "EKS-014",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "version of nodes does not fit the one of the cluster",
    why: "a kubelet may be up to three minor versions older than the API server and never newer",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterVersion.html",
        "https://kubernetes.io/releases/version-skew-policy/",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml
Resources:
  Main:
    Type: AWS::EKS::Cluster
    Properties:
      Name: main
      Version: "1.35"
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
      Version: "1.36"
#              ^
"#,
    good: &[(r#"Version: "1.36""#, r#"Version: "1.35""#)],
    check: Check::Resources(&["AWS::EKS::Nodegroup"], check),
};

/// How many minor versions a node may be behind.
const SKEW: i64 = 3;

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    let (Some(version), Some(cluster)) = (group.get("Version"), group.cluster()) else { return };
    let (Some(nodes), Some(plane)) = (group.minor_version(), cluster.minor_version()) else { return };
    let title = if nodes > plane {
        format!("nodes of 1.{nodes} are newer than their cluster")
    } else if plane - nodes > SKEW {
        format!("nodes of 1.{nodes} are too old for their cluster")
    } else {
        return;
    };
    cx.report(
        version
            .finding(title, "the version of the nodes")
            .also(cluster.nearest("Version").at(), "the version of the cluster")
            .help(format!("write `Version: \"1.{plane}\"`"))
            .fix(version.replace(&format!("1.{plane}"))),
    );
}
