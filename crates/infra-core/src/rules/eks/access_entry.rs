//! `eks/access-entry`: access entries name principals and groups that EKS takes.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/access-entry",
    code: "EKS-027",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "access entry names what EKS does not take",
    why: "groups of Kubernetes whose names begin with `system:` cannot be given by an access entry, an entry for nodes has no groups, \
          and the session of a role is no principal",
    error: Some("it cannot start with system:"),
    sources: &[
        "https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html",
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml
Resources:
  Entry:
    Type: AWS::EKS::AccessEntry
    Properties:
      ClusterName: main
      PrincipalArn: arn:aws:iam::111122223333:role/admin
      KubernetesGroups:
        - system:masters
#         ^
"#,
    good: &[(
        r#"      KubernetesGroups:
        - system:masters
"#,
        r#"      AccessPolicies:
        - PolicyArn: arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy
          AccessScope: { Type: cluster }
"#,
    )],
    check: Check::Resources(&["AWS::EKS::AccessEntry"], check),
};

fn check(cx: &mut Cx<'_>, entry: Resource<'_>) {
    if let Some(principal) = entry.get("PrincipalArn")
        && principal.text().is_some_and(|text| text.contains(":sts:") && text.contains(":assumed-role/"))
    {
        cx.report(
            principal
                .finding(
                    format!("`{}` is for the session of a role, which EKS does not take", entry.id()),
                    "a session ends",
                )
                .help("write the ARN of the role: `arn:aws:iam::<account>:role/<name>`"),
        );
    }
    for group in entry.each("KubernetesGroups") {
        if group.text().is_some_and(|text| text.starts_with("system:")) {
            cx.report(
                group
                    .finding(
                        format!("`{}` gives the group `{}`, which EKS does not take", entry.id(), group.pattern()),
                        "begins with `system:`",
                    )
                    .help("associate an access policy such as AmazonEKSClusterAdminPolicy instead"),
            );
        }
    }
    let Some(kind) = entry.get("Type").filter(|kind| kind.is_known() && !kind.is("STANDARD")) else { return };
    if let Some(groups) = entry.get("KubernetesGroups").filter(|groups| groups.items().next().is_some()) {
        cx.report(
            groups
                .finding(
                    format!("`{}` of type `{}` has groups", entry.id(), kind.pattern()),
                    "an entry for nodes has none",
                )
                .also(kind.at(), "its type")
                .help("remove `KubernetesGroups`, or `Type`"),
        );
    }
}
