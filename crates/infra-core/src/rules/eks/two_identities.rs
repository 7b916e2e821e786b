//! `eks/two-identities`: a service account has one role.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/two-identities",
    code: "EKS-005",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "service account has two roles",
    why: "an SDK asks for a web identity before it asks the Pod Identity agent, so the annotated role wins and \
          the associated one is never used",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml
Resources:
  OrdersRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: pods.eks.amazonaws.com }
            Action: [sts:AssumeRole, sts:TagSession]
  OrdersIdentity:
    Type: AWS::EKS::PodIdentityAssociation
    Properties:
      ClusterName: main
      Namespace: shop
      ServiceAccount: orders
      RoleArn: !GetAtt OrdersRole.Arn
#: orders.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: orders
  namespace: shop
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/orders-web-identity
#                               ^
"#,
    good: &[(
        r#"  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/orders-web-identity
#                               ^
"#,
        "",
    )],
    check: Check::Objects(&["ServiceAccount"], check),
};

fn check(cx: &mut Cx<'_>, account: Object<'_>) {
    let Some(arn) = account.annotation("eks.amazonaws.com/role-arn") else { return };
    let mut associations = account.view().of("AWS::EKS::PodIdentityAssociation").filter(|association| {
        let is = |path, wanted: &str| association.get(path).is_some_and(|written| written.is(wanted));
        is("Namespace", &account.namespace()) && is("ServiceAccount", &account.name())
    });
    let Some(association) = associations.next() else { return };
    cx.report(
        arn.finding(format!("`{}` has two roles", account.name()), "this one is used")
            .also(association.at(), "this one is not")
            .help("remove the annotation `eks.amazonaws.com/role-arn`, or the association"),
    );
}
