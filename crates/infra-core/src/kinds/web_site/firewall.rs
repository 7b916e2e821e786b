//! The firewall of a web site: a WAF web ACL of scope CLOUDFRONT, which lives in us-east-1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WebSite;
use crate::artifacts::Expr;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lower::Lowering;
use crate::names::LogicalId;
use crate::resolve::Bound;
use crate::route;

/// A firewall (WAF) in front of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Firewall {
    /// Requests of one address in five minutes after which it is blocked. 10 to 2,000,000,000.
    pub rate_limit: u32,
    /// Rule groups that AWS keeps, by name, in the order in which they look at a request.
    pub managed_rules: Vec<String>,
    /// What the managed rules do with a request that they find bad.
    pub action: FirewallAction,
}

/// What the managed rules do with a request that they find bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FirewallAction {
    /// They block it.
    #[default]
    Block,
    /// They count it, to see first what they would block.
    Count,
}

impl Default for Firewall {
    fn default() -> Self {
        let rules = ["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"];
        Self { rate_limit: 2_000, managed_rules: rules.map(str::to_owned).to_vec(), action: FirewallAction::Block }
    }
}

/// Fewest requests that a rate limit can allow.
///
/// Source: <https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html> (read 2026-11-22).
const MIN_RATE: u32 = 10;

pub(super) fn check(entry: Bound<'_, WebSite>, diags: &mut Diagnostics) {
    let Some(firewall) = &entry.spec().firewall else { return };
    if !(MIN_RATE..=2_000_000_000).contains(&firewall.rate_limit) {
        let error = Diagnostic::error("web-sites/rate-limit", format!("`rate-limit` must be from {MIN_RATE} to 2000000000"));
        diags.push(error.at(entry.at(&route!["firewall", "rate-limit"]), "outside"));
    }
    for (index, name) in firewall.managed_rules.iter().enumerate() {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            let error = Diagnostic::error("web-sites/managed-rules", format!("`{name}` is no name of a rule group"));
            let help = "such as `AWSManagedRulesCommonRuleSet`";
            diags.push(error.at(entry.at(&route!["firewall", "managed-rules", index]), "letters and digits only").help(help));
        }
    }
}

pub(super) fn lower(entry: Bound<'_, WebSite>, cx: &mut Lowering<'_>) {
    let Some(firewall) = &entry.spec().firewall else { return };
    let mut rules = vec![object! {
        "Name" => "RateLimit",
        "Priority" => 0,
        "Action" => object! { "Block" => object! {} },
        "Statement" => object! { "RateBasedStatement" => object! { "AggregateKeyType" => "IP", "Limit" => firewall.rate_limit } },
        "VisibilityConfig" => visibility("RateLimit"),
    }];
    let action = match firewall.action {
        FirewallAction::Block => object! { "None" => object! {} },
        FirewallAction::Count => object! { "Count" => object! {} },
    };
    rules.extend(firewall.managed_rules.iter().enumerate().map(|(index, name)| {
        object! {
            "Name" => name,
            "Priority" => index + 1,
            "OverrideAction" => action.clone(),
            "Statement" => object! { "ManagedRuleGroupStatement" => object! { "VendorName" => "AWS", "Name" => name } },
            "VisibilityConfig" => visibility(name),
        }
    }));
    let metric = LogicalId::from_name("Site", entry.name, "Firewall");
    let properties = object! {
        "DefaultAction" => object! { "Allow" => object! {} },
        "Description" => format!("Firewall of site {}", entry.full_name()),
        "Rules" => rules,
        "Scope" => "CLOUDFRONT",
        "VisibilityConfig" => visibility(metric.as_str()),
    };
    cx.add(entry.edge_resource("Firewall", "AWS::WAFv2::WebACL", properties));
}

fn visibility(metric: &str) -> Expr {
    object! { "CloudWatchMetricsEnabled" => true, "MetricName" => metric.to_owned(), "SampledRequestsEnabled" => true }
}
