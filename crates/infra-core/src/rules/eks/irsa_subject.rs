//! `eks/irsa-subject`: a role for a service account says for which.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/irsa-subject",
    code: "EKS-001",
    severity: Severity::Error,
    phase: Phase::Security,
    title: "role of a service account is open to every pod of the cluster",
    why: "a token of any service account carries the audience sts.amazonaws.com; only a condition on the \
          token's subject ties the role to one namespace and account",
    error: None,
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
#             ^
                "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71:aud": sts.amazonaws.com
"#,
    good: &[(
        r#"              StringEquals:
"#,
        r#"              StringEquals:
                "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71:sub": system:serviceaccount:shop:orders
"#,
    )],
    check: Check::Resources(&["AWS::IAM::Role"], check),
};

fn check(cx: &mut Cx<'_>, role: Resource<'_>) {
    for statement in role.trust().filter(|it| it.allows() && it.covers("sts:AssumeRoleWithWebIdentity")) {
        let operators: Vec<_> =
            statement.prop.key("Condition").into_iter().flat_map(|conditions| conditions.entries()).collect();
        // Keys that are made at deployment are not seen.
        if operators.is_empty() || operators.iter().any(|(_, keys)| !keys.is_object()) {
            continue;
        }
        let mut audience = None;
        let mut subject = false;
        for (_, keys) in &operators {
            for (key, _) in keys.entries().filter(|(key, _)| key.contains("oidc.eks.")) {
                subject |= key.ends_with(":sub");
                audience = audience.or_else(|| key.ends_with(":aud").then_some(*keys));
            }
        }
        let Some(place) = audience.filter(|_| !subject) else { continue };
        cx.report(
            place
                .finding(
                    format!("any pod of the cluster can take the role `{}`", role.id()),
                    "asks for the audience only",
                )
                .help("add the condition `<issuer>:sub` with `system:serviceaccount:<namespace>:<service account>`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn conditions_that_are_made_at_deployment_may_name_the_subject() {
        let text = RULE.bad_example().replace("              StringEquals:\n                \"oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71:aud\": sts.amazonaws.com\n", "              StringEquals: !GetAtt Conditions.Value\n  Conditions:\n    Type: Custom::Conditions\n    Properties: { ServiceToken: \"arn:aws:lambda:eu-west-1:111122223333:function:conditions\" }\n");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
