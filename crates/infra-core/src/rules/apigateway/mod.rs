//! REST, HTTP and WebSocket APIs.

mod access_log_destination;
mod access_log_format;
mod any_audience;
mod appended_request_id;
mod authenticated_preflight;
mod cors_credentials;
mod cors_gap;
mod domain_name;
mod foreign_alias;
mod forwarded_stage;
mod integration_timeout;
mod jwt_issuer;
mod mapping_before_stage;
mod mapping_to_no_stage;
mod no_throttling;
mod open_default_endpoint;
mod plain_http_to_tls;
mod queue_answer;
mod queue_integration_role;
mod queue_parameters;
mod repeated_route;
mod reserved_header;
mod rest_link_target;
mod route_key;
mod self_issued_token;
mod silent_gateway_error;
mod stage_deployed_twice;
mod stage_without_deployment;
mod tls_policy;
mod undeployed_stage;
mod uninvocable_function;
mod unissued_scope;
mod unlimited_client;
mod unordered_deployment;
mod unordered_logging;
mod unprotectable_api;
mod unreachable_api;
mod websocket_authorization;

use super::Rule;
use crate::view::Resource;

pub(super) const RULES: &[&Rule] = &[
    &access_log_destination::RULE,
    &access_log_format::RULE,
    &any_audience::RULE,
    &appended_request_id::RULE,
    &authenticated_preflight::RULE,
    &cors_credentials::RULE,
    &cors_gap::RULE,
    &domain_name::RULE,
    &foreign_alias::RULE,
    &forwarded_stage::RULE,
    &integration_timeout::RULE,
    &jwt_issuer::RULE,
    &mapping_before_stage::RULE,
    &mapping_to_no_stage::RULE,
    &no_throttling::RULE,
    &open_default_endpoint::RULE,
    &plain_http_to_tls::RULE,
    &queue_answer::RULE,
    &queue_integration_role::RULE,
    &queue_parameters::RULE,
    &repeated_route::RULE,
    &reserved_header::RULE,
    &rest_link_target::RULE,
    &route_key::RULE,
    &self_issued_token::RULE,
    &silent_gateway_error::RULE,
    &stage_deployed_twice::RULE,
    &stage_without_deployment::RULE,
    &tls_policy::RULE,
    &undeployed_stage::RULE,
    &uninvocable_function::RULE,
    &unissued_scope::RULE,
    &unlimited_client::RULE,
    &unordered_deployment::RULE,
    &unordered_logging::RULE,
    &unprotectable_api::RULE,
    &unreachable_api::RULE,
    &websocket_authorization::RULE,
];

/// Returns the API that a route, integration, stage, method or mapping belongs to, if it is one of the view.
fn api<'v>(part: &Resource<'v>) -> Option<Resource<'v>> {
    let api = part.get("ApiId").or_else(|| part.get("RestApiId"))?.resource()?;
    matches!(api.kind(), "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api").then_some(api)
}

/// Returns whether this certainly is an HTTP API.
fn is_http(api: &Resource<'_>) -> bool {
    api.kind() == "AWS::ApiGatewayV2::Api" && api.get("ProtocolType").is_some_and(|protocol| protocol.is("HTTP"))
}

/// Returns the custom domains that an API is mapped to.
fn domains<'v>(api: &Resource<'v>) -> impl Iterator<Item = Resource<'v>> + use<'v> {
    let mappings = api
        .referrers()
        .filter(|it| matches!(it.kind(), "AWS::ApiGateway::BasePathMapping" | "AWS::ApiGatewayV2::ApiMapping"));
    mappings.filter_map(|mapping| mapping.get("DomainName")?.resource())
}

/// Returns the stages of an API by name, if all names are known; those that a deployment makes are named alone.
fn stages<'v>(api: &Resource<'v>) -> Option<Vec<(String, Resource<'v>)>> {
    let made = |it: &Resource<'v>| match it.kind() {
        "AWS::ApiGateway::Stage" | "AWS::ApiGatewayV2::Stage" => true,
        "AWS::ApiGateway::Deployment" | "AWS::ApiGatewayV2::Deployment" => it.has("StageName"),
        _ => false,
    };
    api.referrers().filter(made).map(|it| Some((it.get("StageName")?.text()?.into_owned(), it))).collect()
}
