//! `cloudfront/authorization-header`: headers reach an origin by the policy that can pass them.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/authorization-header",
    code: "CF-029",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "origin request policy names the header Authorization",
    why: "an origin request policy cannot name `Authorization`: it is passed on by a cache policy that has it in its key, or by \
          a policy that passes all headers of the viewer",
    error: Some("The parameter Headers contains Authorization that is not allowed."),
    sources: &["https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Pass:
    Type: AWS::CloudFront::OriginRequestPolicy
    Properties:
      OriginRequestPolicyConfig:
        Name: pass
        CookiesConfig: { CookieBehavior: none }
        HeadersConfig: { HeaderBehavior: whitelist, Headers: [Accept, Authorization] }
#                                                                     ^
        QueryStringsConfig: { QueryStringBehavior: all }
"#,
    good: &[("[Accept, Authorization]", "[Accept]")],
    check: Check::Resources(&["AWS::CloudFront::OriginRequestPolicy"], check),
};

fn check(cx: &mut Cx<'_>, policy: Resource<'_>) {
    let Some(headers) = policy.get("OriginRequestPolicyConfig.HeadersConfig") else { return };
    // A list of exceptions may hold any header.
    if headers.key("HeaderBehavior").is_none_or(|it| !it.is_one_of(&["allViewerAndWhitelistCloudFront", "whitelist"])) {
        return;
    }
    for (header, name) in headers.each("Headers").filter_map(|it| Some((it, it.text()?))) {
        if name.eq_ignore_ascii_case("authorization") {
            cx.report(
                header
                    .finding(
                        format!("origin request policy `{}` names the header `{name}`", policy.id()),
                        "cannot be named here",
                    )
                    .help("leave it out here, and name it in `HeadersConfig` of the cache policy"),
            );
        }
    }
}
