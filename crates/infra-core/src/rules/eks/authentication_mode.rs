//! `eks/authentication-mode`: access entries need a mode that reads them.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/authentication-mode",
    code: "EKS-011",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "cluster does not take access entries",
    why: "access entries and Auto Mode need the authentication mode API or API_AND_CONFIG_MAP, and \
          CloudFormation's default is CONFIG_MAP",
    error: Some(
        "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this \
         operation.",
    ),
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
      AccessConfig: { AuthenticationMode: CONFIG_MAP }
#                                         ^
      UpgradePolicy: { SupportType: STANDARD }
      ResourcesVpcConfig: { SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], EndpointPublicAccess: false, EndpointPrivateAccess: true }
  Admins:
    Type: AWS::EKS::AccessEntry
    Properties: { ClusterName: !Ref Main, PrincipalArn: "arn:aws:iam::111122223333:role/admin" }
"#,
    good: &[("AuthenticationMode: CONFIG_MAP", "AuthenticationMode: API")],
    check: Check::Resources(&["AWS::EKS::Cluster"], check),
};

fn check(cx: &mut Cx<'_>, cluster: Resource<'_>) {
    let path = "AccessConfig.AuthenticationMode";
    if cluster.text_or(path, "CONFIG_MAP").as_deref() != Some("CONFIG_MAP") {
        return;
    }
    let entry = cluster.parts("AWS::EKS::AccessEntry").next();
    let needs = match entry {
        Some(_) => "access entries",
        None if cluster.auto_mode() == Some(true) => "Auto Mode",
        None => return,
    };
    let mode = cluster.nearest(path);
    let mut finding = mode.finding(format!("{needs} need another authentication mode"), "only `aws-auth` counts");
    if let Some(entry) = entry {
        finding = finding.also(entry.at(), "refused");
    }
    cx.report(finding.help("write `AccessConfig: { AuthenticationMode: API }`").fix(mode.replace("API")));
}
