//! `eks/fargate-identity`: pods on Fargate get their role another way.

use crate::rules::prelude::*;
use crate::view::glob;

pub(super) const RULE: Rule = Rule {
    id: "eks/fargate-identity",
    code: "EKS-028",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "pods on Fargate get no credentials from Pod Identity",
    why: "Pod Identity needs its agent on the node, and none runs on Fargate; pods there get a role by an annotation of their service \
          account (IRSA)",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml
Resources:
  Profile:
    Type: AWS::EKS::FargateProfile
    Properties:
      ClusterName: main
      PodExecutionRoleArn: arn:aws:iam::111122223333:role/fargate
      Subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
      Selectors: [{ Namespace: shop }]
  Identity:
    Type: AWS::EKS::PodIdentityAssociation
    Properties:
      ClusterName: main
      Namespace: shop
#                ^
      ServiceAccount: orders
      RoleArn: arn:aws:iam::111122223333:role/orders
"#,
    good: &[(r#"Selectors: [{ Namespace: shop }]"#, r#"Selectors: [{ Namespace: batch }]"#)],
    check: Check::Resources(&["AWS::EKS::PodIdentityAssociation"], check),
};

fn check(cx: &mut Cx<'_>, association: Resource<'_>) {
    let (Some(place), Some(account)) = (association.get("Namespace"), association.get("ServiceAccount")) else {
        return;
    };
    let Some(namespace) = place.text() else { return };
    let view = association.view();
    let cluster = association.get("ClusterName");
    let profiles = view.of("AWS::EKS::FargateProfile").filter(|profile| {
        profile.get("ClusterName").is_some_and(|name| cluster.is_some_and(|cluster| cluster.is_same(&name)))
    });
    for (profile, selector) in profiles.flat_map(|it| it.each("Selectors").map(move |selector| (it, selector))) {
        let covers = selector.key("Namespace").and_then(|it| it.text()).is_some_and(|it| glob(&it, &namespace));
        if !covers || !selects(&selector, &namespace, &account, view) {
            continue;
        }
        cx.report(
            place
                .finding(
                    format!("pods of `{namespace}` run on Fargate, where Pod Identity gives no credentials"),
                    "on Fargate",
                )
                .also(profile.at(), "takes the pods of the namespace")
                .help("give the role by the annotation `eks.amazonaws.com/role-arn` of the service account"),
        );
        return;
    }
}

/// Whether the profile takes pods of the account: all of the namespace, or some whose labels are seen here.
fn selects(selector: &Prop<'_>, namespace: &str, account: &Prop<'_>, view: &View<'_>) -> bool {
    let labels: Vec<(String, String)> = selector
        .each("Labels")
        .filter_map(|label| Some((label.key("Key")?.text()?.into_owned(), label.key("Value")?.text()?.into_owned())))
        .collect();
    if labels.is_empty() {
        return selector.key("Labels").is_none();
    }
    view.objects().filter(|object| object.namespace() == namespace).filter_map(|object| object.pods()).any(|pods| {
        let own = pods.labels();
        account.is(&pods.service_account())
            && labels.iter().all(|(key, value)| own.get(key.as_str()).is_some_and(|it| glob(value, it)))
    })
}
