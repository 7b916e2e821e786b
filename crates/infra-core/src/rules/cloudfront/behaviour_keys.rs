//! `cloudfront/behaviour-keys`: a behaviour says once what is cached.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/behaviour-keys",
    code: "CF-025",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "behaviour says twice, or not at all, what is cached",
    why: "a behaviour has a cache policy, or the older `ForwardedValues` with times of its own: with both it is refused, with \
          neither as well",
    error: Some(
        "The parameter ForwardedValues cannot be used when a cache policy is associated to the cache behavior.",
    ),
    sources: &["https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DefaultCacheBehavior.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: web
            DomainName: www.example.org
            CustomOriginConfig: { OriginProtocolPolicy: https-only, OriginSSLProtocols: [TLSv1.2] }
        DefaultCacheBehavior:
          TargetOriginId: web
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
          ForwardedValues: { QueryString: false }
#         ^
"#,
    good: &[("          ForwardedValues: { QueryString: false }\n", "")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

/// What only a behaviour without a cache policy has.
const OLD: &[&str] = &["DefaultTTL", "ForwardedValues", "MaxTTL", "MinTTL"];

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for behaviour in super::behaviours(&site).into_iter().filter(Prop::is_object) {
        let is_function = behaviour.entries().any(|(key, _)| key.starts_with("Fn::"));
        let policy = behaviour.key("CachePolicyId");
        let forwarded = behaviour.key("ForwardedValues");
        if let Some(policy) = policy {
            for (key, written) in OLD.iter().filter_map(|key| Some((key, behaviour.key(key)?))) {
                let title = format!("behaviour of `{}` has a cache policy and `{key}` beside it", site.id());
                cx.report(
                    written
                        .finding_of_key(title, "said by the cache policy")
                        .also(policy.at(), "the cache policy")
                        .help(format!("leave `{key}` out; a cache policy of one's own says it")),
                );
            }
        } else if forwarded.is_none() && !is_function {
            let title = format!("behaviour of `{}` has neither `CachePolicyId` nor `ForwardedValues`", site.id());
            cx.report(
                behaviour
                    .finding(title, "does not say what is cached")
                    .help("add `CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6` (caching optimized), or another cache policy"),
            );
        }
        let request = behaviour.key("OriginRequestPolicyId").filter(|_| policy.is_none());
        if let (Some(request), Some(forwarded)) = (request, forwarded) {
            let title = format!("behaviour of `{}` has an origin request policy and `ForwardedValues`", site.id());
            cx.report(
                request
                    .finding(title, "needs a cache policy beside it")
                    .also(forwarded.at(), "the older form")
                    .help("write `CachePolicyId` in place of `ForwardedValues`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn one_of_the_two_is_needed_and_times_are_of_the_older_form() {
        let count = |keys: &str| {
            let bad = super::RULE.bad_example();
            let cut = bad.split("          CachePolicyId").next().unwrap();
            of_rule(&super::RULE, &format!("{cut}{keys}")).len()
        };
        assert_eq!(count(""), 1);
        assert_eq!(count("          ForwardedValues: { QueryString: false }\n          MinTTL: 0\n"), 0);
        assert_eq!(count("          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6\n          MinTTL: 0\n"), 1);
    }
}
