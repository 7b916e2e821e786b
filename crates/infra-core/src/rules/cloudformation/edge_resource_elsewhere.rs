//! `cloudformation/edge-resource-elsewhere`: what is for CloudFront is made in us-east-1.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/edge-resource-elsewhere",
    code: "CFN-014",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "resource of scope CLOUDFRONT outside us-east-1",
    why: "web ACLs, rule groups and sets of AWS WAF with `Scope: CLOUDFRONT` are made in us-east-1 only",
    error: Some("The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT"),
    sources: &["https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Firewall:
    Type: AWS::WAFv2::WebACL
    Properties:
      Scope: CLOUDFRONT
#            ^
      DefaultAction: { Allow: {} }
      VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: edge }
"#,
    good: &[("Scope: CLOUDFRONT", "Scope: REGIONAL")],
    check: Check::Resources(
        &["AWS::WAFv2::IPSet", "AWS::WAFv2::RegexPatternSet", "AWS::WAFv2::RuleGroup", "AWS::WAFv2::WebACL"],
        check,
    ),
};

fn check(cx: &mut Cx<'_>, resource: Resource<'_>) {
    let Some(scope) = resource.get("Scope").filter(|scope| scope.is("CLOUDFRONT")) else { return };
    let Some(region) =
        resource.region().filter(|region| region.as_str() == "us-east-1" || region.partition().as_str() == "aws")
    else {
        return;
    };
    if region.as_str() == "us-east-1" {
        return;
    }
    cx.report(
        scope
            .finding(format!("`{}` is for CloudFront and would be made in {region}", resource.id()), "us-east-1 only")
            .help("move it to a stack of us-east-1, or write `Scope: REGIONAL` for a load balancer or an API"),
    );
}
