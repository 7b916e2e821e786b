//! `eks/al2-image`: new versions have no nodes of Amazon Linux 2.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/al2-image",
    code: "EKS-008",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "nodes of Amazon Linux 2 are asked for a version that has none",
    why: "EKS publishes images of Amazon Linux 2 up to Kubernetes 1.32 only",
    error: Some("AMI Type AL2_x86_64 is only supported for kubernetes versions 1.32 or earlier"),
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/eks-ami-deprecation-faqs.html"],
    evidence: Evidence::Observed,
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
      AmiType: AL2_x86_64
#              ^
"#,
    good: &[("AL2_x86_64", "AL2023_x86_64_STANDARD")],
    check: Check::Resources(&["AWS::EKS::Nodegroup"], check),
};

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    let Some(image) = group.get("AmiType") else { return };
    let new = match image.text().as_deref() {
        Some("AL2_x86_64") => "AL2023_x86_64_STANDARD",
        Some("AL2_ARM_64") => "AL2023_ARM_64_STANDARD",
        Some("AL2_x86_64_GPU") => "AL2023_x86_64_NVIDIA",
        Some(_) | None => return,
    };
    let cluster = group.cluster();
    let owner = if group.has("Version") { Some(group) } else { cluster };
    let Some((owner, minor)) = owner.and_then(|owner| Some((owner, owner.minor_version()?))) else { return };
    if minor > LAST_MINOR {
        cx.report(
            image
                .finding(format!("there is no {} for Kubernetes 1.{minor}", image.pattern()), "an Amazon Linux 2 image")
                .also(owner.nearest("Version").at(), "the version of the nodes")
                .help(format!("write `AmiType: {new}`"))
                .fix(image.replace(new)),
        );
    }
}

/// The last minor version with images of Amazon Linux 2.
const LAST_MINOR: i64 = 32;
