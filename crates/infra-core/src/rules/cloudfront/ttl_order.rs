//! `cloudfront/ttl-order`: the shortest time is not longer than the longest.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/ttl-order",
    code: "CF-027",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "times of a cache are out of order",
    why: "`MinTTL` is at most `DefaultTTL`, and that at most `MaxTTL`; CloudFront refuses anything else",
    error: Some("The parameter MinTTL must be less than or equal to MaxTTL"),
    sources: &["https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Short:
    Type: AWS::CloudFront::CachePolicy
    Properties:
      CachePolicyConfig:
        Name: short
        MinTTL: 600
#               ^
        DefaultTTL: 600
        MaxTTL: 60
        ParametersInCacheKeyAndForwardedToOrigin:
          EnableAcceptEncodingGzip: true
          CookiesConfig: { CookieBehavior: none }
          HeadersConfig: { HeaderBehavior: none }
          QueryStringsConfig: { QueryStringBehavior: none }
"#,
    good: &[("MaxTTL: 60", "MaxTTL: 6000")],
    check: Check::Resources(&["AWS::CloudFront::CachePolicy", "AWS::CloudFront::Distribution"], check),
};

/// Two keys of which the first is at most the second.
const ORDER: &[(&str, &str)] = &[("MinTTL", "MaxTTL"), ("MinTTL", "DefaultTTL"), ("DefaultTTL", "MaxTTL")];

fn check(cx: &mut Cx<'_>, resource: Resource<'_>) {
    let holders = match resource.kind() {
        "AWS::CloudFront::CachePolicy" => resource.get("CachePolicyConfig").into_iter().collect(),
        _ => super::behaviours(&resource),
    };
    for holder in holders {
        for (low, high) in ORDER {
            let (Some(least), Some(most)) = (holder.key(low), holder.key(high)) else { continue };
            let (Some(shorter), Some(longer)) = (least.number(), most.number()) else { continue };
            if shorter <= longer {
                continue;
            }
            cx.report(
                least
                    .finding(format!("`{low}` of `{}` is above its `{high}`", resource.id()), format!("{shorter} s"))
                    .also(most.at(), format!("{longer} s"))
                    .help("write `MinTTL` <= `DefaultTTL` <= `MaxTTL`"),
            );
            break;
        }
    }
}
