//! `eks/access-entry`: an access entry names who EKS can know, and what it may hand out.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/access-entry",
    code: "EKS-027",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "access entry that EKS refuses",
    why: "an access entry is of a user or a role of IAM, not of a session; its groups do not begin with `system:`, which is \
          Kubernetes's own, and an entry for nodes has none; a policy for namespaces names some",
    error: Some("The kubernetes group name system:masters is invalid, it cannot start with system:"),
    sources: &[
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html",
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessScope.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Ops:
    Type: AWS::EKS::AccessEntry
    Properties:
      ClusterName: shop
      PrincipalArn: arn:aws:iam::111122223333:role/ops
      KubernetesGroups: ["system:masters"]
#                        ^
"#,
    good: &[("[\"system:masters\"]", "[ops]")],
    check: Check::Resources(&["AWS::EKS::AccessEntry"], check),
};

/// Beginnings of group names that EKS keeps for itself.
///
/// Source: as the rule (read 2026-11-30).
const RESERVED: &[&str] = &["amazon", "aws", "eks:", "iam:", "system:"];

fn check(cx: &mut Cx<'_>, entry: Resource<'_>) {
    let id = entry.id();
    for (group, name) in entry.each("KubernetesGroups").filter_map(|group| Some((group, group.text()?))) {
        if let Some(start) = RESERVED.iter().find(|start| name.starts_with(**start)) {
            cx.report(
                group
                    .finding(format!("access entry `{id}` names the group `{name}`"), format!("no group that begins with `{start}`"))
                    .help(
                        "write `AccessPolicies` with `AmazonEKSClusterAdminPolicy` for what `system:masters` may do, or bind a \
                         group of your own with a ClusterRoleBinding",
                    ),
            );
        }
    }
    if let Some(principal) = entry.get("PrincipalArn") {
        let arn = principal.pattern();
        if arn.contains(":sts:") || arn.contains("assumed-role/") {
            cx.report(
                principal
                    .finding(
                        format!("access entry `{id}` is of a session, the ARN of its role is needed"),
                        "an assumed role",
                    )
                    .help("write the ARN of the role: `arn:aws:iam::<account>:role/<name>`"),
            );
        }
    }
    let kind = entry.get("Type").filter(|kind| kind.is_known() && !kind.is("STANDARD"));
    if let (Some(kind), Some(groups)) = (kind, entry.get("KubernetesGroups").filter(|it| it.items().next().is_some())) {
        cx.report(
            groups
                .finding(
                    format!("access entry `{id}` of type `{}` has groups", kind.pattern()),
                    "an entry for nodes has none",
                )
                .also(kind.at(), "its type")
                .help("remove `KubernetesGroups`, or `Type`"),
        );
    }
    for policy in entry.each("AccessPolicies") {
        let Some(scope) = policy.key("AccessScope") else { continue };
        let Some(kind) = scope.key("Type") else { continue };
        let named = scope.each("Namespaces").next();
        if kind.is("namespace") && named.is_none() {
            cx.report(
                kind.finding(
                    format!("access policy of `{id}` is for namespaces and names none"),
                    "of which namespaces",
                )
                .help("add `Namespaces` with at least one, or write `Type: cluster`"),
            );
        } else if let Some(named) = named.filter(|_| kind.is("cluster")) {
            cx.report(
                named
                    .finding(
                        format!("access policy of `{id}` is for the whole cluster and names namespaces"),
                        "of all namespaces",
                    )
                    .help("leave `Namespaces` out, or write `Type: namespace`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn sessions_and_scopes_are_judged_too() {
        let good = super::RULE.good_example();
        let count = |from: &str, to: &str| of_rule(&super::RULE, &good.replace(from, to)).len();
        assert_eq!(count("arn:aws:iam::111122223333:role/ops", "arn:aws:sts::111122223333:assumed-role/ops/pat"), 1);
        let policy = |scope: &str| {
            let list = format!(
                "AccessPolicies: [{{ PolicyArn: \"arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy\", AccessScope: {scope} }}]"
            );
            count("KubernetesGroups: [ops]", &list)
        };
        assert_eq!(policy("{ Type: namespace }"), 1);
        assert_eq!(policy("{ Type: namespace, Namespaces: [shop] }"), 0);
        assert_eq!(policy("{ Type: cluster, Namespaces: [shop] }"), 1);
        assert_eq!(policy("{ Type: cluster }"), 0);
    }
}
