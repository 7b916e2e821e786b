//! `eks/pod-identity-on-fargate`: pods get their identity where they run.

use crate::rules::prelude::*;
use crate::view::glob;

pub(super) const RULE: Rule = Rule {
    id: "eks/pod-identity-on-fargate",
    code: "EKS-028",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "pod identity for pods on Fargate",
    why: "EKS Pod Identity is given by an agent on the node, and nodes of Fargate run none: their pods get no credentials. Roles \
          for service accounts (IRSA) work there",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Cluster: { Type: String }
Resources:
  Batch:
    Type: AWS::EKS::FargateProfile
    Properties:
      ClusterName: !Ref Cluster
      PodExecutionRoleArn: arn:aws:iam::111122223333:role/fargate
      Selectors: [{ Namespace: batch }]
  Named:
    Type: AWS::EKS::PodIdentityAssociation
    Properties:
      ClusterName: !Ref Cluster
      Namespace: batch
#                ^
      ServiceAccount: report
      RoleArn: arn:aws:iam::111122223333:role/report
"#,
    good: &[("Selectors: [{ Namespace: batch }]", "Selectors: [{ Namespace: jobs }]")],
    check: Check::Resources(&["AWS::EKS::PodIdentityAssociation"], check),
};

fn check(cx: &mut Cx<'_>, association: Resource<'_>) {
    let (Some(cluster), Some(slot)) = (association.get("ClusterName"), association.get("Namespace")) else { return };
    let Some(namespace) = slot.text() else { return };
    for profile in association.view().of("AWS::EKS::FargateProfile") {
        if !profile.get("ClusterName").is_some_and(|it| it.is_same(&cluster)) {
            continue;
        }
        // A selector with labels takes some pods of the namespace only.
        let takes = |selector: &Prop<'_>| {
            selector.key("Labels").is_none_or(|labels| labels.items().next().is_none())
                && selector.key("Namespace").and_then(|it| it.text()).is_some_and(|it| glob(&it, &namespace))
        };
        let Some(selector) = profile.each("Selectors").find(takes) else { continue };
        cx.report(
            slot.finding(
                format!("pods of `{namespace}` run on Fargate, which knows no pod identity (`{}`)", association.id()),
                "get no credentials",
            )
            .also(selector.at(), format!("`{}` takes the pods of this namespace", profile.id()))
            .help("give the service account a role by `eks.amazonaws.com/role-arn` (IRSA), or run the pods on nodes"),
        );
    }
}
