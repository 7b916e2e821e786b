//! `eks/role-policies`: the roles of a cluster and its nodes may do what those do.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/role-policies",
    code: "EKS-030",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "role of a cluster or of nodes without the policy that it needs",
    why: "a control plane works with AmazonEKSClusterPolicy, nodes join with AmazonEKSWorkerNodePolicy and pull images with a policy \
          of ECR; without them the cluster is refused, or the nodes do not join",
    error: Some("NodeCreationFailure: Instances failed to join the kubernetes cluster"),
    sources: &[
        "https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Joining:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: sts:AssumeRole }]
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"]
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties:
      ClusterName: shop
      NodeRole: !GetAtt Joining.Arn
#               ^
      AmiType: AL2023_x86_64_STANDARD
      Subnets: [subnet-0123456789abcde00, subnet-0123456789abcde01]
      ScalingConfig: { MinSize: 2, MaxSize: 4, DesiredSize: 2 }
"#,
    good: &[(
        "[\"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\"]",
        "[\"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly\", \"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\"]",
    )],
    check: Check::View(check),
};

/// Type, its role, and what it needs: names of policies of which one is enough.
const NEEDS: &[(&str, &str, &[&str])] = &[
    ("AWS::EKS::Cluster", "RoleArn", &["AmazonEKSClusterPolicy"]),
    ("AWS::EKS::FargateProfile", "PodExecutionRoleArn", &["AmazonEKSFargatePodExecutionRolePolicy"]),
    (
        "AWS::EKS::Nodegroup",
        "NodeRole",
        &[
            "AmazonEC2ContainerRegistryReadOnly",
            "AmazonEC2ContainerRegistryPullOnly",
            "AmazonEC2ContainerRegistryPowerUser",
            "AmazonEC2ContainerRegistryFullAccess",
        ],
    ),
    ("AWS::EKS::Nodegroup", "NodeRole", &["AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy"]),
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, path, policies) in NEEDS {
        for resource in view.of(kind) {
            let Some(written) = resource.get(path) else { continue };
            let Some(role) = written.resource_of("AWS::IAM::Role").filter(only_of_aws) else { continue };
            if role.managed_policies().iter().any(|name| policies.contains(&name.as_str())) {
                continue;
            }
            let Some(wanted) = policies.first() else { continue };
            cx.report(
                written
                    .finding(
                        format!("role `{}` of `{}` lacks {wanted}", role.id(), resource.id()),
                        "works with this role",
                    )
                    .also(role.nearest("ManagedPolicyArns").at(), "its policies")
                    .help(format!("add `arn:aws:iam::aws:policy/{wanted}` to its `ManagedPolicyArns`")),
            );
        }
    }
}

/// Whether all that a role may do is said by policies of AWS: what is written out may say the same.
fn only_of_aws(role: &Resource<'_>) -> bool {
    let known = |arn: &Prop<'_>| arn.pattern().contains(":aws:policy/");
    role.identity_documents().is_empty() && role.each("ManagedPolicyArns").all(|arn| known(&arn))
}
