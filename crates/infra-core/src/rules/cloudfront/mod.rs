//! Distributions and what is behind them.

mod alias_taken;
mod api_errors_rewritten;
mod authorization_header;
mod behaviour_keys;
mod cached_api;
mod cached_configuration;
mod cached_methods;
mod failover_of_writes;
mod forwarded_host;
mod impatient_edge;
mod key_without_cache;
mod log_bucket_without_acl;
mod lost_request_id;
mod metric_region;
mod missing_object_is_403;
mod missing_stage_path;
mod old_tls;
mod overwritten_authorization;
mod regional_web_acl;
mod root_object_slash;
mod signed_website;
mod sticky_errors;
mod ttl_order;
mod two_networks;
mod unknown_origin;
mod unreadable_bucket;
mod unusable_function;
mod vpc_origin_protocols;

use super::Rule;
use crate::view::{Prop, Resource};

pub(super) const RULES: &[&Rule] = &[
    &alias_taken::RULE,
    &api_errors_rewritten::RULE,
    &authorization_header::RULE,
    &behaviour_keys::RULE,
    &cached_api::RULE,
    &cached_configuration::RULE,
    &cached_methods::RULE,
    &failover_of_writes::RULE,
    &forwarded_host::RULE,
    &impatient_edge::RULE,
    &key_without_cache::RULE,
    &log_bucket_without_acl::RULE,
    &lost_request_id::RULE,
    &metric_region::RULE,
    &missing_object_is_403::RULE,
    &missing_stage_path::RULE,
    &old_tls::RULE,
    &overwritten_authorization::RULE,
    &regional_web_acl::RULE,
    &root_object_slash::RULE,
    &signed_website::RULE,
    &sticky_errors::RULE,
    &ttl_order::RULE,
    &two_networks::RULE,
    &unknown_origin::RULE,
    &unreadable_bucket::RULE,
    &unusable_function::RULE,
    &vpc_origin_protocols::RULE,
];

/// Managed cache policies that keep neither credentials nor query strings in the key.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html> (read
/// 2026-11-23).
const CACHING: &[&str] = &["658327ea-f89d-4fab-a63d-7e88639e58f6", "b2884449-e4de-46a7-ac36-70bc7f1ddd6d"];

/// The managed cache policy that caches nothing; same source.
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/// Returns the behaviours of a distribution, the default one first.
fn behaviours<'v>(site: &Resource<'v>) -> Vec<Prop<'v>> {
    let default = site.get("DistributionConfig.DefaultCacheBehavior");
    default.into_iter().chain(site.each("DistributionConfig.CacheBehaviors")).collect()
}

/// Returns the origin of a behaviour; nothing for an origin group.
fn origin<'v>(site: &Resource<'v>, behaviour: &Prop<'v>) -> Option<Prop<'v>> {
    let target = behaviour.key("TargetOriginId")?.text()?;
    site.each("DistributionConfig.Origins").find(|origin| origin.key("Id").is_some_and(|id| id.is(&target)))
}

/// Returns the behaviours whose origin is an API.
fn api_behaviours<'v>(site: &Resource<'v>) -> Vec<Prop<'v>> {
    let is_api = |behaviour: &Prop<'v>| {
        let domain = origin(site, behaviour).and_then(|origin| origin.key("DomainName"));
        domain.is_some_and(|domain| domain.pattern().contains(".execute-api.") || !apis(&domain).is_empty())
    };
    behaviours(site).into_iter().filter(is_api).collect()
}

/// Returns the APIs behind the domain name of an origin: by reference, or by the custom domain that it is.
fn apis<'v>(domain: &Prop<'v>) -> Vec<Resource<'v>> {
    const APIS: [&str; 2] = ["AWS::ApiGatewayV2::Api", "AWS::ApiGateway::RestApi"];
    let by_reference = domain.mentions().into_iter().filter(|it| APIS.contains(&it.kind()));
    let name = domain.text();
    let view = domain.view();
    let kinds = ["AWS::ApiGatewayV2::DomainName", "AWS::ApiGateway::DomainName"];
    let same = |it: &Resource<'v>| {
        domain.mentions().contains(it) || it.get("DomainName").is_some_and(|own| name.is_some() && own.text() == name)
    };
    let domains = kinds.iter().flat_map(|kind| view.of(kind)).filter(same);
    let mapped = domains.flat_map(|domain| domain.referrers()).flat_map(|mapping| mapping.references());
    by_reference.chain(mapped.filter(|it| APIS.contains(&it.kind()))).collect()
}

/// Returns the bucket of an origin, if it is one of the view.
fn bucket<'v>(origin: &Prop<'v>) -> Option<Resource<'v>> {
    origin.key("DomainName")?.mentions().into_iter().find(|it| it.kind() == "AWS::S3::Bucket")
}

/// Whether what stands behind a domain name chooses by the host of the request and knows its own only.
fn needs_own_host(domain: &Prop<'_>) -> bool {
    let text = domain.pattern();
    let own = [".execute-api.", ".lambda-url.", ".s3.", ".s3-"];
    own.iter().any(|part| text.contains(part)) || domain.mentions().iter().any(|it| it.kind() == "AWS::S3::Bucket")
}
