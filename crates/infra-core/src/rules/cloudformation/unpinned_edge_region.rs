//! `cloudformation/unpinned-edge-region`: what must live in us-east-1 should say so.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/unpinned-edge-region",
    code: "CFN-011",
    severity: Severity::Advice,
    phase: Phase::Deploy,
    title: "stack with edge resources is not pinned to a region",
    why: "a certificate or web ACL for CloudFront works in us-east-1 only; a template that may be deployed anywhere \
          fails wherever else somebody deploys it",
    error: None,
    sources: &["https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: edge.yaml region=unknown
Resources:
  Firewall:
    Type: AWS::WAFv2::WebACL
    Properties:
      Scope: CLOUDFRONT
#            ^
      DefaultAction: { Allow: {} }
      VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: edge }
"#,
    good: &[("region=unknown", "region=us-east-1")],
    check: Check::Resources(&["AWS::WAFv2::WebACL"], check),
};

fn check(cx: &mut Cx<'_>, acl: Resource<'_>) {
    let Some(scope) = acl.get("Scope").filter(|scope| scope.is("CLOUDFRONT") && acl.region().is_none()) else { return };
    cx.report(
        scope
            .finding(format!("nothing says that stack `{}` belongs in us-east-1", acl.stack().name()), "edge only")
            .help("pin the stack to us-east-1: `env: { region: 'us-east-1' }` in CDK, `--region us-east-1` here"),
    );
}
