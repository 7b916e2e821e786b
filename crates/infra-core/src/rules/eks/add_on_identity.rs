//! `eks/add-on-identity`: add-ons that call AWS have a role.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/add-on-identity",
    code: "EKS-007",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "add-on has no role with the permissions that it needs",
    why: "an add-on without a role of its own uses the one of the nodes, which lacks the permissions to work \
          on volumes or addresses",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAddon.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html",
    ],
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
  NodeRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: sts:AssumeRole }]
      ManagedPolicyArns:
        - arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy
        - arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy
        - arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties:
      ClusterName: !Ref Main
      NodeRole: !GetAtt NodeRole.Arn
      Subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
  Volumes:
    Type: AWS::EKS::Addon
    DependsOn: Nodes
    Properties:
      ClusterName: !Ref Main
      AddonName: aws-ebs-csi-driver
#                ^
"#,
    good: &[(
        r#"AddonName: aws-ebs-csi-driver
"#,
        r#"AddonName: aws-ebs-csi-driver
      ServiceAccountRoleArn: arn:aws:iam::111122223333:role/ebs-csi
"#,
    )],
    check: Check::Resources(&["AWS::EKS::Addon"], check),
};

/// Add-on, its service account, and the policy of AWS that has the permissions.
const NEEDS: &[(&str, &str, &str)] = &[
    ("aws-ebs-csi-driver", "ebs-csi-controller-sa", "AmazonEBSCSIDriverPolicy"),
    ("aws-efs-csi-driver", "efs-csi-controller-sa", "AmazonEFSCSIDriverPolicy"),
    ("vpc-cni", "aws-node", "AmazonEKS_CNI_Policy"),
];

fn check(cx: &mut Cx<'_>, add_on: Resource<'_>) {
    let (Some(name), Some(cluster)) = (add_on.get("AddonName"), add_on.cluster()) else { return };
    let Some((_, account, policy)) = NEEDS.iter().find(|(wanted, _, _)| name.is(wanted)) else { return };
    let associated = cluster
        .parts("AWS::EKS::PodIdentityAssociation")
        .any(|it| it.get("ServiceAccount").is_none_or(|named| !named.is_known() || named.is(account)));
    if add_on.has("ServiceAccountRoleArn") || add_on.has("PodIdentityAssociations") || associated {
        return;
    }
    let groups: Vec<Resource<'_>> = cluster.parts("AWS::EKS::Nodegroup").collect();
    let roles: Option<Vec<Resource<'_>>> =
        groups.iter().map(|group| group.get("NodeRole")?.resource_of("AWS::IAM::Role")).collect();
    let Some(role) = roles.as_ref().and_then(|roles| roles.iter().find(|role| !suffices(role, policy))) else { return };
    cx.report(
        name.finding(format!("`{}` has no role that may do its work", name.pattern()), "no role of its own")
            .also(role.at(), "the role of the nodes has no such permissions")
            .help(format!(
                "set `ServiceAccountRoleArn`, or `PodIdentityAssociations` for `{account}`, to a role with {policy}"
            )),
    );
}

/// Whether a role has the policy, or one that cannot be judged here.
fn suffices(role: &Resource<'_>, policy: &str) -> bool {
    let unknown = role.each("ManagedPolicyArns").any(|arn| !arn.is_known());
    unknown
        || role
            .managed_policies()
            .iter()
            .any(|name| name.rsplit('/').next().is_some_and(|name| name.starts_with(policy)))
        || !role.identity_statements().is_empty()
}
