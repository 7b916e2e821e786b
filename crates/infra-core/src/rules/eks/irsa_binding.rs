//! `eks/irsa-binding`: role and service account name each other.

use crate::rules::prelude::*;
use crate::view::glob;

pub(super) const RULE: Rule = Rule {
    id: "eks/irsa-binding",
    code: "EKS-002",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "service account is not the one that its role trusts",
    why: "the role's trust policy names namespace and account; a pod of another account is refused, and some \
          SDKs then fall back to the role of the node",
    error: Some("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"),
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: identity.yaml
Resources:
  OrdersRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: orders
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71" }
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              StringEquals:
                "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71:aud": sts.amazonaws.com
                "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71:sub": system:serviceaccount:shop:orders-sa
#: orders.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: orders
  namespace: shop
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/orders
#                               ^
"#,
    good: &[("shop:orders-sa", "shop:orders")],
    check: Check::Objects(&["ServiceAccount"], check),
};

fn check(cx: &mut Cx<'_>, account: Object<'_>) {
    let Some(arn) = account.annotation("eks.amazonaws.com/role-arn") else { return };
    let Some(role) = arn.resource_of("AWS::IAM::Role") else { return };
    let wanted = format!("system:serviceaccount:{}:{}", account.namespace(), account.name());
    let trust: Vec<Statement<'_>> =
        role.trust().filter(|it| it.allows() && it.covers("sts:AssumeRoleWithWebIdentity")).collect();
    let conditions = trust.iter().flat_map(Statement::conditions);
    let subjects: Vec<Prop<'_>> =
        conditions.filter(|(_, key, _)| key.ends_with(":sub")).map(|(_, _, value)| value).collect();
    let Some(first) = subjects.first() else { return };
    if subjects.iter().any(|subject| glob(&subject.pattern(), &wanted)) {
        return;
    }
    cx.report(
        arn.finding(
            format!("role `{}` does not trust `{}/{}`", role.id(), account.namespace(), account.name()),
            "the account's role",
        )
        .also(first.at(), "trusts this account")
        .help(format!("trust `{wanted}`, or rename the account")),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_pattern_trusts_the_accounts_that_it_matches() {
        let text = RULE.bad_example().replace("StringEquals", "StringLike").replace("shop:orders-sa", "shop:*");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }

    #[test]
    fn another_namespace_is_not_trusted() {
        let text = RULE.bad_example().replace("shop:orders-sa", "default:orders");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["role `OrdersRole` does not trust `shop/orders`"]));
    }
}
