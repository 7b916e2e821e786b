//! `eks/support-type`: the kind of support is a decision.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/support-type",
    code: "EKS-018",
    severity: Severity::Advice,
    phase: Phase::Cost,
    title: "nobody has chosen what happens at the end of standard support",
    why: "EKS chooses extended support where nothing is said, at six times the price an hour; STANDARD \
          upgrades the cluster instead",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/APIReference/API_UpgradePolicyRequest.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml
Resources:
  Main:
# ^
    Type: AWS::EKS::Cluster
    Properties:
      Name: main
      Version: "1.36"
      RoleArn: arn:aws:iam::111122223333:role/cluster
      AccessConfig: { AuthenticationMode: API_AND_CONFIG_MAP }
      ResourcesVpcConfig: { SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], EndpointPublicAccess: false, EndpointPrivateAccess: true }
"#,
    good: &[(
        "      RoleArn:",
        r#"      UpgradePolicy: { SupportType: STANDARD }
      RoleArn:"#,
    )],
    check: Check::Resources(&["AWS::EKS::Cluster"], check),
};

fn check(cx: &mut Cx<'_>, cluster: Resource<'_>) {
    if cluster.has("UpgradePolicy") {
        return;
    }
    cx.report(
        cluster
            .finding(format!("`{}` does not say which support it wants", cluster.id()), "`UpgradePolicy` is not set")
            .help("write `UpgradePolicy: { SupportType: STANDARD }`, or EXTENDED"),
    );
}
