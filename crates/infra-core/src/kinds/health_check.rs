//! Route 53 health checks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Record};
use crate::artifacts::{Expr, Object};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{DomainName, Port};
use crate::resolve::Bound;
use crate::route;

/// The page that gives the ranges of a health check.
const SOURCE: &str = "https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html";

/// The regions that health checkers run in; fewer than three cannot be chosen.
///
/// Source: [`SOURCE`] (read 2026-11-22).
const CHECKER_REGIONS: [&str; 8] = [
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-west-1",
    "us-west-2",
];

/// A Route 53 health check, which records may depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HealthCheck {
    /// What is looked at.
    pub check: Check,
    /// Whether healthy and unhealthy change places.
    #[serde(default)]
    pub inverted: bool,
}

/// What a health check looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// A public endpoint; checkers cannot reach private addresses.
    Endpoint(Endpoint),
    /// Other health checks.
    Calculated(Calculated),
    /// A CloudWatch alarm: standard resolution, no metric math, same account.
    Alarm(Alarm),
}

/// A public endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Endpoint {
    /// The host; sent as `Host` header and server name. Not the name of a record that depends on this check.
    pub host: DomainName,
    /// The port.
    #[serde(default = "https_port")]
    pub port: Port,
    /// The path; should fail when what is behind the endpoint fails.
    #[serde(default = "health_path")]
    pub path: String,
    /// The protocol.
    #[serde(default)]
    pub protocol: Protocol,
    /// How often each checker looks; cannot be changed later.
    #[serde(default)]
    pub interval: Interval,
    /// How many looks in a row must fail or succeed. 1 to 10.
    #[serde(default = "three")]
    pub failure_threshold: u8,
    /// Text that must stand in the first 5,120 bytes of the answer.
    pub search: Option<String>,
    /// Regions of the checkers, at least three; all if none is named.
    #[serde(default)]
    pub regions: Vec<String>,
}

/// Protocol of an endpoint check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTPS with server name indication.
    #[default]
    Https,
    /// HTTP.
    Http,
    /// A TCP connection.
    Tcp,
}

/// How often each checker looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Interval {
    /// Every 30 seconds.
    #[default]
    Standard,
    /// Every 10 seconds, at a higher price.
    Fast,
}

/// A check over other checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Calculated {
    /// The other checks; at most 255.
    pub of: Vec<Ref<HealthCheck>>,
    /// How many of them must be healthy.
    pub healthy: u8,
}

/// A check that follows an alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Alarm {
    /// Name of the alarm.
    pub name: String,
    /// Region of the alarm.
    pub region: crate::names::Region,
    /// What it means when the alarm has no data.
    #[serde(default)]
    pub without_data: WithoutData,
}

/// What a lack of data means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutData {
    /// As before.
    #[default]
    LastKnown,
    /// Healthy.
    Healthy,
    /// Unhealthy.
    Unhealthy,
}

fn https_port() -> Port {
    Port::HTTPS
}

fn health_path() -> String {
    "/".to_owned()
}

fn three() -> u8 {
    3
}

impl Kind for HealthCheck {
    const SECTION: &'static str = "health-checks";
    const NOUN: &'static str = "health check";
    const PREFIX: &'static str = "HealthCheck";
    const EXAMPLE: &'static str = "
health-checks:
  api:
    check:
      endpoint: { host: 'eu.api.${env.domain}', path: /readyz }
  any:
    check:
      calculated: { of: [api], healthy: 1 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        match &entry.spec().check {
            Check::Endpoint(endpoint) => validate_endpoint(entry, endpoint, diags),
            Check::Calculated(calculated) => {
                if usize::from(calculated.healthy) > calculated.of.len() || calculated.healthy == 0 {
                    let title = "a calculated check needs from one to all of its checks healthy";
                    let text = format!("{} of {} checks", calculated.healthy, calculated.of.len());
                    let at = entry.at(&route!["check", "calculated", "healthy"]);
                    diags.push(Diagnostic::error("health-checks/threshold", title).at(at, text));
                }
            }
            Check::Alarm(_) => {}
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let mut config = match &entry.spec().check {
            Check::Endpoint(endpoint) => endpoint_config(endpoint),
            Check::Calculated(calculated) => {
                let children: Expr = calculated.of.iter().map(|check| entry.follow(check).check_id()).collect();
                [("Type", "CALCULATED".into()), ("ChildHealthChecks", children), ("HealthThreshold", calculated.healthy.into())]
                    .into_iter()
                    .collect()
            }
            Check::Alarm(alarm) => {
                let without = match alarm.without_data {
                    WithoutData::LastKnown => "LastKnownStatus",
                    WithoutData::Healthy => "Healthy",
                    WithoutData::Unhealthy => "Unhealthy",
                };
                let identifier = object! { "Name" => &alarm.name, "Region" => alarm.region.to_string() };
                [("Type", "CLOUDWATCH_METRIC".into()), ("AlarmIdentifier", identifier), ("InsufficientDataHealthStatus", without.into())]
                    .into_iter()
                    .collect::<Object>()
            }
        };
        config.set("Inverted", entry.inverted.then_some(true));
        let tags = list![object! { "Key" => "Name", "Value" => entry.full_name() }];
        let properties = object! { "HealthCheckConfig" => config, "HealthCheckTags" => tags };
        cx.add(entry.resource("", "AWS::Route53::HealthCheck", properties));
    }
}

impl Bound<'_, HealthCheck> {
    /// Returns the id that records name.
    pub fn check_id(&self) -> Expr {
        self.handle("").att("HealthCheckId")
    }
}

fn endpoint_config(endpoint: &Endpoint) -> Object {
    let kind = match (endpoint.protocol, endpoint.search.is_some()) {
        (Protocol::Https, false) => "HTTPS",
        (Protocol::Https, true) => "HTTPS_STR_MATCH",
        (Protocol::Http, false) => "HTTP",
        (Protocol::Http, true) => "HTTP_STR_MATCH",
        (Protocol::Tcp, _) => "TCP",
    };
    let interval = match endpoint.interval {
        Interval::Standard => 30,
        Interval::Fast => 10,
    };
    let mut config = Object::default();
    config.push("Type", kind);
    config.push("FullyQualifiedDomainName", endpoint.host.to_string());
    config.push("Port", endpoint.port.get());
    config.push("ResourcePath", (endpoint.protocol != Protocol::Tcp).then_some(&endpoint.path));
    config.push("SearchString", endpoint.search.as_ref());
    config.push("EnableSNI", (endpoint.protocol == Protocol::Https).then_some(true));
    config.push("RequestInterval", interval);
    config.push("FailureThreshold", endpoint.failure_threshold);
    config.push("Regions", (!endpoint.regions.is_empty()).then(|| endpoint.regions.clone()));
    config
}

fn validate_endpoint(entry: Bound<'_, HealthCheck>, endpoint: &Endpoint, diags: &mut Diagnostics) {
    let at = |key: &str| entry.at(&route!["check", "endpoint", key]);
    if !endpoint.path.starts_with('/') {
        diags.push(Diagnostic::error("health-checks/path", "the path must start with `/`").at(at("path"), "no slash"));
    }
    if endpoint.protocol == Protocol::Tcp && endpoint.search.is_some() {
        let error = Diagnostic::error("health-checks/search", "a connection gives no text to search");
        diags.push(error.at(at("search"), "needs HTTP").note(SOURCE).help("use `protocol: https`, or remove `search`"));
    }
    if !(1..=10).contains(&endpoint.failure_threshold) {
        let error = Diagnostic::error("health-checks/threshold", "`failure-threshold` must be from 1 to 10");
        diags.push(error.at(at("failure-threshold"), "outside").note(SOURCE));
    }
    for (index, region) in endpoint.regions.iter().enumerate() {
        if !CHECKER_REGIONS.contains(&region.as_str()) {
            let at = entry.at(&route!["check", "endpoint", "regions", index]);
            let error = Diagnostic::error("health-checks/region", format!("no health checker runs in `{region}`"));
            let regions = format!("the regions are {}", crate::resolve::list(CHECKER_REGIONS));
            diags.push(error.at(at, "not a checker region").note(SOURCE).help(regions));
        }
    }
    if (1..3).contains(&endpoint.regions.len()) {
        let error = Diagnostic::error("health-checks/region", "a health check needs at least three regions");
        diags.push(error.at(at("regions"), format!("{}", endpoint.regions.len())).note(SOURCE).help("remove `regions`"));
    }
    for record in entry.referrers::<Record>() {
        if record.spec().name == endpoint.host {
            diags.push(
                Diagnostic::error("health-checks/own-record", "a health check must not ask the name it decides about")
                    .at(at("host"), "follows the record to whatever is healthy")
                    .also(record.at(&route!["name"]), "this record depends on the check")
                    .note(format!("AWS: \"health check results will be unpredictable\": {SOURCE}"))
                    .help("check a name of the region's own, such as `eu.api.example.com`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{properties, report};

    fn endpoint(rest: &str) -> String {
        format!("health-checks: {{ api: {{ check: {{ endpoint: {{ host: eu.api.example.com{rest} }} }} }} }}\n")
    }

    #[test]
    fn an_endpoint_is_asked_over_https_with_its_name() {
        assert_snapshot!(properties(HealthCheck::EXAMPLE, "HealthCheckApi"), @"
        HealthCheckConfig:
          Type: HTTPS
          FullyQualifiedDomainName: eu.api.dev.example.com
          Port: 443
          ResourcePath: /readyz
          EnableSNI: true
          RequestInterval: 30
          FailureThreshold: 3
        HealthCheckTags:
        - Key: Name
          Value: shop-dev-api
        ");
    }

    #[test]
    fn a_calculated_check_counts_the_others() {
        assert_snapshot!(properties(HealthCheck::EXAMPLE, "HealthCheckAny"), @"
        HealthCheckConfig:
          Type: CALCULATED
          ChildHealthChecks:
          - Fn::GetAtt:
            - HealthCheckApi
            - HealthCheckId
          HealthThreshold: 1
        HealthCheckTags:
        - Key: Name
          Value: shop-dev-any
        ");
    }

    #[test]
    fn a_check_can_follow_an_alarm() {
        let yaml = "
health-checks:
  db: { check: { alarm: { name: db-down, region: eu-west-1, without-data: unhealthy } }, inverted: true }
";
        assert_snapshot!(properties(yaml, "HealthCheckDb"), @"
        HealthCheckConfig:
          Type: CLOUDWATCH_METRIC
          AlarmIdentifier:
            Name: db-down
            Region: eu-west-1
          InsufficientDataHealthStatus: Unhealthy
          Inverted: true
        HealthCheckTags:
        - Key: Name
          Value: shop-dev-db
        ");
    }

    #[test]
    fn text_in_the_answer_changes_the_type() {
        for (protocol, kind) in [("https", "HTTPS_STR_MATCH"), ("http", "HTTP_STR_MATCH")] {
            let yaml = endpoint(&format!(", protocol: {protocol}, search: ok"));
            let text = properties(&yaml, "HealthCheckApi");
            assert!(text.contains(&format!("Type: {kind}\n")) && text.contains("SearchString: ok\n"), "{text}");
        }
    }

    #[test]
    fn a_connection_has_neither_path_nor_server_name() {
        let yaml = endpoint(", protocol: tcp, port: 8443, interval: fast, regions: [eu-west-1, us-east-1, us-west-2]");
        assert_snapshot!(properties(&yaml, "HealthCheckApi"), @"
        HealthCheckConfig:
          Type: TCP
          FullyQualifiedDomainName: eu.api.example.com
          Port: 8443
          RequestInterval: 10
          FailureThreshold: 3
          Regions:
          - eu-west-1
          - us-east-1
          - us-west-2
        HealthCheckTags:
        - Key: Name
          Value: shop-dev-api
        ");
    }

    #[test]
    fn a_connection_gives_no_text_to_search() {
        assert_snapshot!(report(&endpoint(", protocol: tcp, search: ok")), @"health-checks/search: a connection gives no text to search <- `ok` needs HTTP");
    }

    #[test]
    fn a_path_starts_with_a_slash() {
        assert_snapshot!(report(&endpoint(", path: readyz")), @"health-checks/path: the path must start with `/` <- `readyz` no slash");
    }

    #[test]
    fn one_to_ten_looks_decide() {
        assert_snapshot!(report(&endpoint(", failure-threshold: 11")), @"health-checks/threshold: `failure-threshold` must be from 1 to 10 <- `11` outside");
    }

    #[test]
    fn checkers_run_in_some_regions_only() {
        assert_snapshot!(report(&endpoint(", regions: [eu-west-1, us-east-1, eu-central-1]")), @"health-checks/region: no health checker runs in `eu-central-1` <- `eu-central-1` not a checker region");
    }

    #[test]
    fn two_regions_are_too_few() {
        assert_snapshot!(report(&endpoint(", regions: [eu-west-1, us-east-1]")), @"health-checks/region: a health check needs at least three regions <- `regions` 2");
    }

    #[test]
    fn more_checks_than_there_are_cannot_be_healthy() {
        let yaml = "
health-checks:
  api: { check: { endpoint: { host: eu.api.example.com } } }
  all: { check: { calculated: { of: [api], healthy: 2 } } }
  none: { check: { calculated: { of: [api], healthy: 0 } } }
";
        assert_snapshot!(report(yaml), @"
        health-checks/threshold: a calculated check needs from one to all of its checks healthy <- `2` 2 of 1 checks
        health-checks/threshold: a calculated check needs from one to all of its checks healthy <- `0` 0 of 1 checks
        ");
    }

    #[test]
    fn a_check_does_not_ask_the_name_it_decides_about() {
        let yaml = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
health-checks: { api: { check: { endpoint: { host: 'api.${env.domain}' } } } }
records:
  api: { zone: main, name: 'api.${env.domain}', values: { a: [192.0.2.1] }, health-check: api }
";
        let found = report(yaml);
        assert_snapshot!(found, @"health-checks/own-record: a health check must not ask the name it decides about <- `'api.${env.domain}'` follows the record to whatever is healthy");
    }
}
