//! `cloudfront/key-without-cache`: what is not cached has no cache key.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/key-without-cache",
    code: "CF-028",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "cache policy that caches nothing and has parts of a cache key",
    why: "a policy with `MaxTTL: 0` switches the cache off, and then takes neither headers, cookies nor query strings for a cache \
          key, nor encodings; CloudFront refuses it",
    error: Some("The parameter HeaderBehavior is invalid for policy with caching disabled."),
    sources: &["https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Off:
    Type: AWS::CloudFront::CachePolicy
    Properties:
      CachePolicyConfig:
        Name: "off"
        MinTTL: 0
        DefaultTTL: 0
        MaxTTL: 0
        ParametersInCacheKeyAndForwardedToOrigin:
          EnableAcceptEncodingGzip: false
          CookiesConfig: { CookieBehavior: none }
          HeadersConfig: { HeaderBehavior: whitelist, Headers: [Accept] }
#                                          ^
          QueryStringsConfig: { QueryStringBehavior: none }
"#,
    good: &[("HeaderBehavior: whitelist, Headers: [Accept]", "HeaderBehavior: none")],
    check: Check::Resources(&["AWS::CloudFront::CachePolicy"], check),
};

const PARTS: &[&str] =
    &["CookiesConfig.CookieBehavior", "HeadersConfig.HeaderBehavior", "QueryStringsConfig.QueryStringBehavior"];

fn check(cx: &mut Cx<'_>, policy: Resource<'_>) {
    let Some(most) = policy.get("CachePolicyConfig.MaxTTL").filter(|it| it.number() == Some(0.0)) else { return };
    let Some(key) = policy.get("CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin") else { return };
    let parts = PARTS.iter().filter_map(|part| key.get(part)).filter(|it| it.text().is_some_and(|text| text != "none"));
    let codings = ["EnableAcceptEncodingBrotli", "EnableAcceptEncodingGzip"].into_iter().filter_map(|it| key.key(it));
    for part in parts.chain(codings.filter(|it| it.bool() == Some(true))) {
        cx.report(
            part.finding(format!("cache policy `{}` caches nothing and has this in its key", policy.id()), "of a cache only")
                .also(most.at(), "the cache is off")
                .help("write `none` (`false` for an encoding) here and pass it on with an origin request policy, or raise `MaxTTL`"),
        );
    }
}
