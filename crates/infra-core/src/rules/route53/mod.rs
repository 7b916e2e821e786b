//! Records, aliases, routing and health checks.

mod alias_with_values;
mod alias_zone;
mod apex_cname;
mod api_alias_zone;
mod below_delegation;
mod cloudfront_alias_zone;
mod cloudfront_failover;
mod cloudfront_target_health;
mod cname_conflict;
mod cname_to_itself;
mod disposable_zone;
mod empty_target_health;
mod failover_pair;
mod failover_without_check;
mod geolocation_default;
mod hidden_public_name;
mod https_record_alone;
mod latency_region;
mod malformed_value;
mod missing_aaaa;
mod mixed_routing;
mod private_cloudfront_alias;
mod repeated_value;
mod routing_policy;
mod self_checking_record;
mod set_limits;
mod slow_failover;
mod split_batch;
mod two_owners;
mod undelegated_zone;
mod unknown_place;
mod unreachable_check;
mod unservable_check_host;
mod unserved_alias;
mod unserved_check_name;
mod wildcard_label;
mod zone_name_without_dot;

use super::{Cx, Rule};
use crate::facts::hosted_zones::{self, Service};
use crate::view::{Alias, Record};

pub(super) const RULES: &[&Rule] = &[
    &alias_with_values::RULE,
    &alias_zone::RULE,
    &apex_cname::RULE,
    &api_alias_zone::RULE,
    &below_delegation::RULE,
    &cloudfront_alias_zone::RULE,
    &cloudfront_failover::RULE,
    &cloudfront_target_health::RULE,
    &cname_conflict::RULE,
    &cname_to_itself::RULE,
    &disposable_zone::RULE,
    &empty_target_health::RULE,
    &failover_pair::RULE,
    &failover_without_check::RULE,
    &geolocation_default::RULE,
    &hidden_public_name::RULE,
    &https_record_alone::RULE,
    &latency_region::RULE,
    &malformed_value::RULE,
    &missing_aaaa::RULE,
    &mixed_routing::RULE,
    &private_cloudfront_alias::RULE,
    &repeated_value::RULE,
    &routing_policy::RULE,
    &self_checking_record::RULE,
    &set_limits::RULE,
    &slow_failover::RULE,
    &split_batch::RULE,
    &two_owners::RULE,
    &undelegated_zone::RULE,
    &unknown_place::RULE,
    &unreachable_check::RULE,
    &unservable_check_host::RULE,
    &unserved_alias::RULE,
    &unserved_check_name::RULE,
    &wildcard_label::RULE,
    &zone_name_without_dot::RULE,
];

/// Reports an alias whose literal zone is not the one of its target, for the services that are `wanted`.
fn alias_zone(cx: &mut Cx<'_>, record: &Record<'_>, wanted: impl Fn(Service) -> bool) {
    let Some(alias) = record.alias() else { return };
    let (Some(target), Some(written)) = (alias.service(), alias.zone_id()) else { return };
    let home = record.resource().and_then(|resource| resource.region());
    let region = target.region.or_else(|| home.filter(|_| target.service == Service::CloudFront));
    let Some(text) = written.text().filter(|_| wanted(target.service)) else { return };
    let Some(region) = region else { return of_another_service(cx, &alias, target.service, &text) };
    let right = match alias.dns_name().and_then(|name| name.text()) {
        Some(name) if name.trim_end_matches('.').ends_with(".cloudfront.cn") => Some(hosted_zones::CLOUDFRONT_CHINA),
        Some(name) if name.trim_end_matches('.').ends_with(".cloudfront.net") => Some(hosted_zones::CLOUDFRONT),
        Some(_) | None => hosted_zones::alias_zone(target.service, region.as_str()),
    };
    let Some(right) = right.filter(|right| *right != text) else { return };
    let owner = hosted_zones::owners(&text).first().map_or_else(
        || "no alias target is in this zone".to_owned(),
        |(service, region)| format!("the zone of {} in {region}", noun(*service)),
    );
    let title = format!("target is {} in {region}, the zone is another", noun(target.service));
    let mut finding = written.finding(title, owner);
    if let Some(name) = alias.dns_name() {
        finding = finding.also(name.at(), "the target");
    }
    cx.report(finding.help(format!("write `{right}`")).fix(written.replace(right)));
}

/// Reports an alias whose target is in a region that nobody says, if its zone is the one of another service.
fn of_another_service(cx: &mut Cx<'_>, alias: &Alias<'_>, service: Service, zone: &str) {
    let owners = hosted_zones::owners(zone);
    let (Some((owner, region)), Some(written)) = (owners.first(), alias.zone_id()) else { return };
    if owners.iter().any(|(owner, _)| *owner == service) {
        return;
    }
    let mut finding = written.finding(
        format!("target is {}, the zone is another", noun(service)),
        format!("the zone of {} in {region}", noun(*owner)),
    );
    if let Some(name) = alias.dns_name() {
        finding = finding.also(name.at(), "the target");
    }
    cx.report(finding.help("take the zone from the target itself, by `Fn::GetAtt`"));
}

fn noun(service: Service) -> &'static str {
    match service {
        Service::CloudFront => "CloudFront",
        Service::ApiGatewayRegional => "a regional API domain",
        Service::Alb => "an Application Load Balancer",
        Service::Nlb => "a Network Load Balancer",
        Service::S3Website => "an S3 website",
        Service::CognitoDomain => "a Cognito domain",
        Service::GlobalAccelerator => "a Global Accelerator",
        Service::VpcEndpoint => "an interface endpoint",
    }
}
