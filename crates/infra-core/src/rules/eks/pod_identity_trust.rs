//! `eks/pod-identity-trust`: the role of an association trusts EKS.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/pod-identity-trust",
    code: "EKS-004",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "role of a Pod Identity association does not let EKS take it",
    why: "EKS takes the role as pods.eks.amazonaws.com and tags the session, so the trust policy must allow \
          sts:AssumeRole and sts:TagSession; the association is made without a look at it",
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
            Action: sts:AssumeRole
#                   ^
  OrdersIdentity:
    Type: AWS::EKS::PodIdentityAssociation
    Properties:
      ClusterName: main
      Namespace: shop
      ServiceAccount: orders
      RoleArn: !GetAtt OrdersRole.Arn
"#,
    good: &[("Action: sts:AssumeRole", "Action: [sts:AssumeRole, sts:TagSession]")],
    check: Check::Resources(&["AWS::EKS::Addon", "AWS::EKS::PodIdentityAssociation"], check),
};

fn check(cx: &mut Cx<'_>, user: Resource<'_>) {
    let own = user.get("RoleArn").map(|arn| (arn, user.bool_or("DisableSessionTags", false)));
    let of_add_on = user.each("PodIdentityAssociations").filter_map(|it| Some((it.key("RoleArn")?, Some(false))));
    for (arn, untagged) in own.into_iter().chain(of_add_on) {
        let Some(role) = arn.resource_of("AWS::IAM::Role") else { continue };
        let Some(document) = role.get("AssumeRolePolicyDocument").filter(Prop::is_object) else { continue };
        let trust: Vec<Statement<'_>> = Statement::of(document).filter(Statement::allows).collect();
        // A principal that is not known may be the right one.
        if trust.iter().any(|it| it.principals("Service").any(|service| !service.is_known())) {
            continue;
        }
        let ours: Vec<&Statement<'_>> = trust.iter().filter(|it| it.service(SERVICE)).collect();
        let allowed = |action| ours.iter().any(|it| it.covers(action));
        let missing: Vec<&str> = ["sts:AssumeRole", "sts:TagSession"]
            .into_iter()
            .filter(|action| !allowed(action) && (*action == "sts:AssumeRole" || untagged == Some(false)))
            .collect();
        if missing.is_empty() {
            continue;
        }
        let place = ours.first().and_then(|it| it.prop.key("Action")).unwrap_or(document);
        cx.report(
            place
                .finding(
                    format!("EKS may not take the role `{}`", role.id()),
                    format!("{} is missing", missing.join(" and ")),
                )
                .also(arn.at(), "pods shall have this role")
                .help(format!("allow sts:AssumeRole and sts:TagSession to `Service: {SERVICE}`")),
        );
    }
}

const SERVICE: &str = "pods.eks.amazonaws.com";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_role_for_others_is_told() {
        let text = RULE.bad_example().replace("pods.eks", "ec2");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["EKS may not take the role `OrdersRole`"]));
    }

    #[test]
    fn without_session_tags_none_need_to_be_allowed() {
        let text = RULE.bad_example().replace(
            "      ServiceAccount: orders\n",
            "      ServiceAccount: orders\n      DisableSessionTags: true\n",
        );
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
