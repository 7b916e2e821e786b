//! Load balancers, target groups and the links that lead to them.

mod balancer_target;
mod closed_listener;
mod closed_security_group;
mod drain_outlives_pod;
mod groupless_network_balancer;
mod health_check_path;
mod health_check_port;
mod invalid_name;
mod link_zone;
mod listener_expected;
mod listener_protocol;
mod port_twice;
mod portless_instance;
mod priority_twice;
mod privatelink_inbound;
mod public_private_integration;
mod shared_endpoint_service;
mod single_zone;
mod target_type;
mod zonal_targets;

use super::Rule;
use crate::view::Resource;

pub(super) const RULES: &[&Rule] = &[
    &balancer_target::RULE,
    &closed_listener::RULE,
    &closed_security_group::RULE,
    &drain_outlives_pod::RULE,
    &groupless_network_balancer::RULE,
    &health_check_path::RULE,
    &health_check_port::RULE,
    &invalid_name::RULE,
    &link_zone::RULE,
    &listener_expected::RULE,
    &listener_protocol::RULE,
    &port_twice::RULE,
    &portless_instance::RULE,
    &priority_twice::RULE,
    &privatelink_inbound::RULE,
    &public_private_integration::RULE,
    &shared_endpoint_service::RULE,
    &single_zone::RULE,
    &target_type::RULE,
    &zonal_targets::RULE,
];

/// The way of a private integration.
struct LinkPath<'v> {
    link: Resource<'v>,
    listener: Resource<'v>,
    balancer: Resource<'v>,
}

/// Returns the way from an integration through its VPC link, if all of it is in the view.
fn link_path<'v>(integration: &Resource<'v>) -> Option<LinkPath<'v>> {
    let link = integration.get("ConnectionId")?.resource_of("AWS::ApiGatewayV2::VpcLink")?;
    let listener = integration.get("IntegrationUri")?.resource_of("AWS::ElasticLoadBalancingV2::Listener")?;
    Some(LinkPath { link, listener, balancer: listener.balancer()? })
}
