//! Networks: routes, gateways, endpoints and security groups.

mod balancer_without_way_in;
mod closed_endpoint;
mod closed_port;
mod endpoint_keys;
mod endpoint_names_twice;
mod endpoint_service;
mod endpoint_without_host_names;
mod foreign_zone;
mod function_role_without_interfaces;
mod function_without_way_out;
mod nat_without_way_out;
mod one_zone_twice;
mod repeated_rule;
mod route_before_attachment;
mod subnet_block;
mod taken_place;
mod two_networks;
mod unattached_gateway;

use super::Rule;
use crate::view::Resource;

pub(super) const RULES: &[&Rule] = &[
    &balancer_without_way_in::RULE,
    &closed_endpoint::RULE,
    &closed_port::RULE,
    &endpoint_keys::RULE,
    &endpoint_names_twice::RULE,
    &endpoint_service::RULE,
    &endpoint_without_host_names::RULE,
    &foreign_zone::RULE,
    &function_role_without_interfaces::RULE,
    &function_without_way_out::RULE,
    &nat_without_way_out::RULE,
    &one_zone_twice::RULE,
    &repeated_rule::RULE,
    &route_before_attachment::RULE,
    &subnet_block::RULE,
    &taken_place::RULE,
    &two_networks::RULE,
    &unattached_gateway::RULE,
];

/// Returns whether an endpoint is made of network interfaces, if that is known; `Gateway` is what one is that says nothing.
fn is_interface(endpoint: &Resource<'_>) -> Option<bool> {
    endpoint.text_or("VpcEndpointType", "Gateway").map(|kind| kind == "Interface")
}
