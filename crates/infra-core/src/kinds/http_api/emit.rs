//! The resources of an HTTP API.

use std::collections::BTreeSet;

use super::path::RouteKey;
use super::{Auth, Authorizer, HttpApi, Route, Throttle, integration};
use crate::artifacts::{Expr, Handle, Object};
use crate::lower::Lowering;
use crate::resolve::Bound;

/// Headers that our own clients send.
const HEADERS: [&str; 6] =
    ["authorization", "content-type", "idempotency-key", "traceparent", "x-correlation-id", "x-request-id"];

/// Header of answers that scripts can read.
const EXPOSED: &str = "x-request-id";

/// What a line of the access log holds: names of ours and variables of API Gateway.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html> (read
/// 2026-11-22). Headers of the request cannot be logged.
const LOG: [(&str, &str); 19] = [
    ("requestId", "$context.requestId"),
    ("extendedRequestId", "$context.extendedRequestId"),
    ("time", "$context.requestTime"),
    ("routeKey", "$context.routeKey"),
    ("method", "$context.httpMethod"),
    ("path", "$context.path"),
    ("status", "$context.status"),
    ("latency", "$context.responseLatency"),
    ("responseLength", "$context.responseLength"),
    ("integrationStatus", "$context.integration.status"),
    ("integrationServiceStatus", "$context.integration.integrationStatus"),
    ("integrationLatency", "$context.integrationLatency"),
    ("integrationError", "$context.integrationErrorMessage"),
    ("error", "$context.error.message"),
    ("authorizerError", "$context.authorizer.error"),
    ("sub", "$context.authorizer.claims.sub"),
    ("clientId", "$context.authorizer.claims.client_id"),
    ("ip", "$context.identity.sourceIp"),
    ("userAgent", "$context.identity.userAgent"),
];

pub(super) fn emit(entry: Bound<'_, HttpApi>, cx: &mut Lowering<'_>) {
    let properties = object! {
        "Name" => entry.full_name(),
        "Description" => entry.description.as_ref(),
        "ProtocolType" => "HTTP",
        "CorsConfiguration" => cors(entry),
        "DisableExecuteApiEndpoint" => entry.spec().domain.is_some(),
    };
    cx.add(entry.resource("", "AWS::ApiGatewayV2::Api", properties));
    if let Some(own) = &entry.spec().authorizer {
        cx.add(entry.resource("Authorizer", "AWS::ApiGatewayV2::Authorizer", authorizer(entry, own)));
    }
    integration::emit(entry, cx);
    for (key, own) in &entry.spec().routes {
        cx.add(entry.resource(&route_part(key), "AWS::ApiGatewayV2::Route", route(entry, key, own)));
    }
    for (key, (_, own)) in entry.preflights() {
        cx.add(entry.resource(&route_part(&key), "AWS::ApiGatewayV2::Route", open_route(entry, &key, own)));
    }
    stage(entry, cx);
    domain(entry, cx);
}

fn route_part(key: &str) -> String {
    RouteKey::parse(key).map_or_else(|_| key.to_owned(), |key| format!("{} Route", key.words()))
}

fn cors(entry: Bound<'_, HttpApi>) -> Option<Expr> {
    let origins = entry.origins();
    if origins.is_empty() {
        return None;
    }
    let cors = &entry.spec().cors;
    let headers = |own: &[&'static str], more: &[String]| -> Expr {
        let own = own.iter().map(ToString::to_string);
        own.chain(more.iter().map(|header| header.to_ascii_lowercase())).collect::<BTreeSet<_>>().into_iter().collect()
    };
    Some(object! {
        "AllowOrigins" => origins,
        "AllowMethods" => methods(entry).into_iter().collect::<Expr>(),
        "AllowHeaders" => headers(&HEADERS, &cors.extra_headers),
        "ExposeHeaders" => headers(&[EXPOSED], &cors.extra_exposed_headers),
        "MaxAge" => cors.max_age.get(),
        "AllowCredentials" => cors.credentials.then_some(true),
    })
}

fn methods(entry: Bound<'_, HttpApi>) -> BTreeSet<&'static str> {
    const ALL: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    let keys = || entry.spec().routes.keys().filter_map(|key| RouteKey::parse(key).ok());
    let any = keys().any(|key| key.method() == "ANY");
    let used = |method: &&str| any || *method == "OPTIONS" || keys().any(|key| key.method() == *method);
    ALL.into_iter().filter(used).collect()
}

fn authorizer(entry: Bound<'_, HttpApi>, authorizer: &Authorizer) -> Expr {
    let (issuer, audiences) = authorizer.tokens(entry);
    let audiences: Expr = audiences.into_iter().collect();
    object! {
        "ApiId" => entry.api_id(),
        "Name" => "tokens",
        "AuthorizerType" => "JWT",
        "IdentitySource" => list!["$request.header.Authorization"],
        "JwtConfiguration" => object! { "Issuer" => issuer, "Audience" => audiences },
    }
}

fn route(entry: Bound<'_, HttpApi>, key: &str, route: &Route) -> Expr {
    let (auth, authorizer) = match entry.auth_of(route) {
        Auth::None => ("NONE", None),
        Auth::Jwt => ("JWT", Some(entry.handle("Authorizer").reference())),
    };
    object! {
        "ApiId" => entry.api_id(),
        "RouteKey" => key.to_owned(),
        "Target" => text!["integrations/", entry.integration(&route.to).reference()],
        "AuthorizationType" => auth,
        "AuthorizerId" => authorizer,
        "AuthorizationScopes" => (!route.scopes.is_empty()).then(|| route.scopes.clone()),
    }
}

/// A route with the same target that asks nobody for a token.
fn open_route(entry: Bound<'_, HttpApi>, key: &str, like: &Route) -> Expr {
    let own = Route { auth: Some(Auth::None), scopes: Vec::new(), ..like.clone() };
    route(entry, key, &own)
}

fn stage(entry: Bound<'_, HttpApi>, cx: &mut Lowering<'_>) {
    let logs = object! {
        "LogGroupName" => entry.log_group_name(),
        "RetentionInDays" => entry.log_retention_days,
    };
    cx.add(entry.resource("Logs", "AWS::Logs::LogGroup", logs));
    let settings = |throttle: Throttle| {
        object! {
            "DetailedMetricsEnabled" => entry.route_metrics,
            "ThrottlingBurstLimit" => throttle.burst,
            "ThrottlingRateLimit" => throttle.rate,
        }
    };
    let routes = || entry.spec().routes.iter().filter_map(|(key, route)| Some((key, route.throttle?)));
    let own: Object = routes().map(|(key, throttle)| (key.clone(), settings(throttle))).collect();
    let format = LOG.iter().map(|(name, variable)| format!("\"{name}\":\"{variable}\"")).collect::<Vec<_>>().join(",");
    let properties = object! {
        "ApiId" => entry.api_id(),
        "StageName" => "$default",
        "AutoDeploy" => true,
        "AccessLogSettings" => object! {
            "DestinationArn" => entry.handle("Logs").arn(),
            "Format" => format!("{{{format}}}"),
        },
        "DefaultRouteSettings" => settings(entry.throttle),
        "RouteSettings" => (!own.is_empty()).then_some(own),
    };
    // Settings of a route that is not there yet are refused.
    let routes: Vec<Handle> = routes().map(|(key, _)| entry.handle(&route_part(key))).collect();
    cx.add(entry.resource("Stage", "AWS::ApiGatewayV2::Stage", properties).after(routes));
}

fn domain(entry: Bound<'_, HttpApi>, cx: &mut Lowering<'_>) {
    let (Some(domain), Some(certificate)) = (entry.domain(), &entry.spec().certificate) else { return };
    let configuration = object! {
        "CertificateArn" => entry.follow(certificate).regional_arn(entry.region()),
        "EndpointType" => "REGIONAL",
        "SecurityPolicy" => "TLS_1_2",
    };
    let properties =
        object! { "DomainName" => domain.to_string(), "DomainNameConfigurations" => list![configuration] };
    cx.add(entry.resource("Domain", "AWS::ApiGatewayV2::DomainName", properties));
    let mapping = object! {
        "ApiId" => entry.api_id(),
        "DomainName" => entry.handle("Domain").reference(),
        "Stage" => entry.handle("Stage").reference(),
    };
    cx.add(entry.resource("Mapping", "AWS::ApiGatewayV2::ApiMapping", mapping));
}
