//! `iam/untrusted-service`: a role trusts the service that takes it on.

use crate::facts::service_roles::SERVICE_ROLES;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "iam/untrusted-service",
    code: "IAM-009",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "role that its service cannot take on",
    why: "a service takes on a role only if the trust policy of the role names it as a principal",
    error: Some("The role defined for the function cannot be assumed by Lambda"),
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Crawling:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: sts:AssumeRole }]
  Nightly:
    Type: AWS::CodeBuild::Project
    Properties:
      ServiceRole: !GetAtt Crawling.Arn
#                  ^
      Artifacts: { Type: NO_ARTIFACTS }
      Environment: { ComputeType: BUILD_GENERAL1_SMALL, Image: "aws/codebuild/standard:7.0", Type: LINUX_CONTAINER }
      Source: { Type: S3, Location: shop-sources/main.zip }
"#,
    good: &[("Service: ec2.amazonaws.com", "Service: codebuild.amazonaws.com")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for row in SERVICE_ROLES {
        for resource in view.of(row.kind) {
            for written in resource.properties().every(row.path) {
                let Some(role) = written.resource_of("AWS::IAM::Role") else { continue };
                let mut trust = role.trust().peekable();
                if trust.peek().is_none() || trust.any(|it| lets(&it, row.services)) {
                    continue;
                }
                let service = row.services.last().copied().unwrap_or_default();
                cx.report(
                    written
                        .finding(
                            format!("`{service}` cannot take on role `{}` of `{}`", role.id(), resource.id()),
                            "used with this role",
                        )
                        .also(role.nearest("AssumeRolePolicyDocument").at(), format!("does not trust `{service}`"))
                        .help(format!("name `Service: {service}` as a principal in the trust policy of the role")),
                );
            }
        }
    }
}

/// Whether a statement lets one of the services in; what is not known does.
fn lets(statement: &Statement<'_>, services: &[&str]) -> bool {
    let named = services.iter().any(|service| {
        // China and the sovereign clouds have names of their own for some services.
        let short = service.trim_end_matches(".amazonaws.com");
        statement.principals("Service").any(|it| it.pattern().starts_with(short))
    });
    let known = statement.prop.key("Principal").is_some() && statement.prop.is_object();
    !known || (statement.may_let("sts:AssumeRole") && (named || statement.anyone() || statement.is_for_unknown()))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn one_of_several_principals_is_enough_and_what_is_not_known_is_right() {
        let count = |principal: &str| {
            of_rule(
                &super::RULE,
                &super::RULE.good_example().replace("{ Service: codebuild.amazonaws.com }", principal),
            )
            .len()
        };
        assert_eq!(count("{ Service: [codebuild.amazonaws.com, ec2.amazonaws.com] }"), 0);
        assert_eq!(count("{ AWS: arn:aws:iam::111122223333:root }"), 1);
        assert_eq!(count("{ Service: !Sub \"codebuild.${AWS::URLSuffix}\" }"), 0);
    }
}
