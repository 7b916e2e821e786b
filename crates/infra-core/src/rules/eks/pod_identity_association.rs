//! `eks/pod-identity-association`: EKS takes the association.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/pod-identity-association",
    code: "EKS-025",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "Pod Identity association is one that EKS refuses",
    why: "a session policy needs DisableSessionTags, a service account has one association, and its role is of \
          the cluster's own account",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html",
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
  First:
    Type: AWS::EKS::PodIdentityAssociation
    Properties: { ClusterName: !Ref Main, Namespace: shop, ServiceAccount: orders, RoleArn: "arn:aws:iam::111122223333:role/orders" }
  Second:
    Type: AWS::EKS::PodIdentityAssociation
    Properties:
      ClusterName: !Ref Main
      Namespace: shop
      ServiceAccount: orders
#                     ^
      RoleArn: arn:aws:iam::111122223333:role/reports
"#,
    good: &[(
        r#"      ServiceAccount: orders
"#,
        r#"      ServiceAccount: reports
"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut seen: BTreeMap<(String, String, String), Resource<'_>> = BTreeMap::new();
    for association in view.of("AWS::EKS::PodIdentityAssociation") {
        twice(cx, &mut seen, association);
        session_policy(cx, association);
        other_account(cx, association);
    }
}

fn twice<'v>(cx: &mut Cx<'_>, seen: &mut BTreeMap<(String, String, String), Resource<'v>>, association: Resource<'v>) {
    let text = |path| association.get(path).and_then(|prop| prop.text()).map(Cow::into_owned);
    let cluster = association.cluster().map(|cluster| format!("{cluster:?}")).or_else(|| text("ClusterName"));
    let (Some(cluster), Some(namespace)) = (cluster, text("Namespace")) else { return };
    let Some((account, name)) = association.get("ServiceAccount").and_then(|it| Some((it, it.text()?))) else { return };
    if let Some(first) = seen.insert((cluster, namespace, name.clone().into_owned()), association) {
        cx.report(
            account
                .finding(format!("`{name}` has two associations"), "the second one")
                .also(first.at(), "the first one")
                .help("keep one of them"),
        );
    }
}

fn session_policy(cx: &mut Cx<'_>, association: Resource<'_>) {
    let Some(policy) = association.get("Policy") else { return };
    if association.bool_or("DisableSessionTags", false) == Some(false) {
        cx.report(
            policy
                .finding("a session policy needs `DisableSessionTags`", "the session policy")
                .help("write `DisableSessionTags: true`"),
        );
    }
}

fn other_account(cx: &mut Cx<'_>, association: Resource<'_>) {
    let Some(role) = association.get("RoleArn").filter(|_| !association.has("TargetRoleArn")) else { return };
    let (Some(arn), Some(home)) = (role.text(), association.stack().account()) else { return };
    let account = arn.split(':').nth(4).unwrap_or_default();
    if !account.is_empty() && account != home.as_str() {
        cx.report(
            role.finding(format!("the role is of account {account}"), format!("the cluster is of {}", home.as_str()))
                .help("name a role of the cluster's account here, and this one as `TargetRoleArn`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn roles_and_session_policies_are_judged_too() {
        let text = RULE
            .bad_example()
            .replace("ServiceAccount: orders\n", "ServiceAccount: reports\n      Policy: \"{}\"\n")
            .replace("arn:aws:iam::111122223333:role/reports", "arn:aws:iam::444455556666:role/reports");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(
            titles,
            Vec::<&str>::from(["a session policy needs `DisableSessionTags`", "the role is of account 444455556666"])
        );
    }
}
