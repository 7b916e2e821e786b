//! `cloudfront/cached-methods`: a behaviour takes one of the sets of methods that there are.

use std::collections::BTreeSet;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/cached-methods",
    code: "CF-026",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "behaviour with a set of methods that CloudFront does not have",
    why: "a behaviour allows GET and HEAD, these and OPTIONS, or all seven, and caches GET and HEAD, with or without OPTIONS, \
          of those that it allows; CloudFront refuses any other set",
    error: Some("The parameter AllowedMethods contains an invalid set of methods."),
    sources: &["https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_AllowedMethods.html"],
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
          AllowedMethods: [GET, HEAD, POST]
#         ^
"#,
    good: &[("[GET, HEAD, POST]", "[GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

/// The sets of methods; the first two may be cached.
const SETS: &[&[&str]] =
    &[&["GET", "HEAD"], &["GET", "HEAD", "OPTIONS"], &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]];

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for behaviour in super::behaviours(&site) {
        let allowed = behaviour.key("AllowedMethods").and_then(|written| Some((written, methods(&written)?)));
        if let Some((written, methods)) = &allowed
            && !SETS.iter().any(|set| set.iter().all(|it| methods.contains(*it)) && set.len() == methods.len())
        {
            let title = format!("`AllowedMethods` of `{}` is none of the three sets", site.id());
            cx.report(
                written
                    .finding_of_key(title, methods.iter().cloned().collect::<Vec<_>>().join(", "))
                    .help("write [GET, HEAD], [GET, HEAD, OPTIONS] or [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]"),
            );
        }
        let Some(cached) = behaviour.key("CachedMethods") else { continue };
        let Some(methods) = methods(&cached) else { continue };
        let is_set =
            SETS.iter().take(2).any(|set| set.iter().all(|it| methods.contains(*it)) && set.len() == methods.len());
        let default: BTreeSet<String> = ["GET".to_owned(), "HEAD".to_owned()].into();
        let allowed = allowed.map_or(default, |(_, methods)| methods);
        if !is_set || !methods.is_subset(&allowed) {
            let title = format!("`CachedMethods` of `{}` is no set of methods that it allows", site.id());
            cx.report(
                cached
                    .finding_of_key(title, "GET and HEAD, and OPTIONS if it is allowed")
                    .help("write [GET, HEAD], or [GET, HEAD, OPTIONS] where `AllowedMethods` has all three"),
            );
        }
    }
}

/// Returns the methods of a list, if all are known.
fn methods(list: &Prop<'_>) -> Option<BTreeSet<String>> {
    list.items().map(|item| item.text().map(|text| text.to_ascii_uppercase())).collect()
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn cached_methods_are_among_the_allowed() {
        let count = |allowed: &str, cached: &str| {
            let yaml = super::RULE.bad_example().replace("[GET, HEAD, POST]", allowed);
            of_rule(&super::RULE, &format!("{yaml}          CachedMethods: {cached}\n")).len()
        };
        assert_eq!(count("[GET, HEAD]", "[HEAD, GET]"), 0);
        assert_eq!(count("[GET, HEAD]", "[GET, HEAD, OPTIONS]"), 1);
        assert_eq!(count("[GET, HEAD, OPTIONS]", "[GET, HEAD, OPTIONS]"), 0);
        assert_eq!(count("[GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]", "[GET, HEAD, POST]"), 1);
    }
}
