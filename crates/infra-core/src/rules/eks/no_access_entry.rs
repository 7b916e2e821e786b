//! `eks/no-access-entry`: people can use the cluster.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/no-access-entry",
    code: "EKS-012",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "nobody but the creator of the cluster can use it",
    why: "the principal that makes the cluster, here the role of the deployment, is its only administrator \
          until an access entry names another",
    error: Some("You must be logged in to the server (Unauthorized)"),
    sources: &["https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessConfigRequest.html"],
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
      AccessConfig: { AuthenticationMode: API }
#                                         ^
      UpgradePolicy: { SupportType: STANDARD }
      ResourcesVpcConfig: { SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], EndpointPublicAccess: false, EndpointPrivateAccess: true }
"#,
    good: &[(
        r#"Resources:
"#,
        r#"Resources:
  Admins:
    Type: AWS::EKS::AccessEntry
    Properties: { ClusterName: !Ref Main, PrincipalArn: "arn:aws:iam::111122223333:role/admin" }
"#,
    )],
    check: Check::Resources(&["AWS::EKS::Cluster"], check),
};

fn check(cx: &mut Cx<'_>, cluster: Resource<'_>) {
    let Some(mode) = cluster.get("AccessConfig.AuthenticationMode").filter(|mode| mode.is("API")) else { return };
    // An entry whose cluster is not known may be of this one.
    let mut entries = cluster.view().of("AWS::EKS::AccessEntry");
    if entries.any(|entry| entry.cluster().is_none_or(|named| named == cluster)) {
        return;
    }
    cx.report(
        mode.finding(format!("`{}` has no access entry", cluster.id()), "access entries alone decide who may use it").help(
            "add an `AWS::EKS::AccessEntry` for the team's role, with AmazonEKSClusterAdminPolicy where it administers",
        ),
    );
}
