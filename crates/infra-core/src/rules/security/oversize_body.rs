//! `security/oversize-body`: a firewall rule that looks at bodies says what happens to those it cannot see whole.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/oversize-body",
    code: "SEC-007",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "rule on request bodies without a decision for large ones",
    why: "AWS WAF sees the first 8 KB of a body at a load balancer and 16 KB elsewhere, up to 64 KB if asked; the rest \
          passes unseen unless `OversizeHandling` says otherwise, because the default is CONTINUE",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html",
        "https://docs.aws.amazon.com/waf/latest/APIReference/API_Body.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Firewall:
    Type: AWS::WAFv2::WebACL
    Properties:
      Scope: REGIONAL
      DefaultAction: { Allow: {} }
      VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: shop }
      Rules:
        - Name: sql
          Priority: 1
          Action: { Block: {} }
          VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: sql }
          Statement:
            SqliMatchStatement:
              FieldToMatch: { Body: {} }
#                             ^
              TextTransformations: [{ Priority: 0, Type: NONE }]
"#,
    good: &[("Body: {}", "Body: { OversizeHandling: MATCH }")],
    check: Check::Resources(&["AWS::WAFv2::RuleGroup", "AWS::WAFv2::WebACL"], check),
};

fn check(cx: &mut Cx<'_>, acl: Resource<'_>) {
    acl.each("Rules").filter_map(|rule| rule.key("Statement")).for_each(|statement| look(cx, statement));
}

fn look(cx: &mut Cx<'_>, value: Prop<'_>) {
    for (key, below) in value.entries() {
        if key == "FieldToMatch" {
            for field in ["Body", "JsonBody"] {
                let body = below.key(field).filter(|body| body.is_object() && body.key("OversizeHandling").is_none());
                if let Some(body) = body {
                    cx.report(
                        body.finding("large request bodies pass this rule unseen", "no `OversizeHandling`")
                            .help("set `OversizeHandling`: MATCH to treat what cannot be seen as a hit"),
                    );
                }
            }
        } else if below.is_object() || below.is_list() {
            below.items().for_each(|item| look(cx, item));
        }
    }
}
