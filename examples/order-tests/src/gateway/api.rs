//! The API as the template has it.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::HeaderName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::aws::REGION;
use crate::platform::{Platform, Stack};

use super::mapping::{Change, Expression};

/// What is known here of the types of API Gateway; another one in the template is an error.
const KNOWN: [&str; 8] = ["Api", "ApiMapping", "Authorizer", "DomainName", "Integration", "Route", "Stage", "VpcLink"];

#[derive(Debug)]
pub(super) struct Api {
    pub(super) cors: Option<Cors>,
    pub(super) token_header: HeaderName,
    pub(super) audience: Vec<String>,
    pub(super) routes: Vec<Route>,
    pub(super) integrations: BTreeMap<String, Integration>,
    pub(super) rate: f64,
    pub(super) burst: f64,
}

#[derive(Debug)]
pub(super) struct Route {
    pub(super) key: String,
    pub(super) integration: String,
    /// Scopes of which a token must have one; none where no token is wanted.
    pub(super) scopes: Option<Vec<String>>,
}

#[derive(Debug)]
pub(super) struct Integration {
    pub(super) timeout: Duration,
    /// Changes of answers, by their status.
    pub(super) answers: BTreeMap<u16, Vec<Change>>,
    pub(super) kind: IntegrationKind,
}

#[derive(Debug)]
pub(super) enum IntegrationKind {
    Forward(Forward),
    Send(Send),
}

/// Through the VPC link to a service in the cluster.
#[derive(Debug)]
pub(super) struct Forward {
    pub(super) service: String,
    pub(super) requests: Vec<Change>,
}

/// Into a queue.
#[derive(Debug)]
pub(super) struct Send {
    pub(super) role: String,
    pub(super) queue: Expression,
    pub(super) body: Expression,
    pub(super) attributes: Option<Expression>,
    pub(super) group: Option<Expression>,
    pub(super) deduplication: Option<Expression>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Cors {
    #[serde(default)]
    pub(super) allow_origins: Vec<String>,
    #[serde(default)]
    pub(super) allow_methods: Vec<String>,
    #[serde(default)]
    pub(super) allow_headers: Vec<String>,
    #[serde(default)]
    pub(super) expose_headers: Vec<String>,
    #[serde(default)]
    pub(super) allow_credentials: bool,
    pub(super) max_age: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ApiProperties {
    protocol_type: String,
    cors_configuration: Option<Cors>,
    #[serde(rename = "Name")]
    _name: Value,
    #[serde(rename = "DisableExecuteApiEndpoint")]
    _only_by_domain: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AuthorizerProperties {
    authorizer_type: String,
    identity_source: Vec<String>,
    jwt_configuration: JwtConfiguration,
    #[serde(rename = "ApiId")]
    _api: Value,
    #[serde(rename = "Name")]
    _name: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct JwtConfiguration {
    issuer: String,
    audience: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RouteProperties {
    route_key: String,
    target: String,
    authorization_type: String,
    authorizer_id: Option<String>,
    #[serde(default)]
    authorization_scopes: Vec<String>,
    #[serde(rename = "ApiId")]
    _api: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct IntegrationProperties {
    integration_type: String,
    integration_subtype: Option<String>,
    integration_method: Option<String>,
    integration_uri: Option<String>,
    connection_type: Option<String>,
    connection_id: Option<String>,
    credentials_arn: Option<String>,
    timeout_in_millis: u64,
    payload_format_version: String,
    #[serde(default)]
    request_parameters: BTreeMap<String, String>,
    #[serde(default)]
    response_parameters: BTreeMap<String, ResponseParameters>,
    #[serde(rename = "ApiId")]
    _api: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ResponseParameters {
    response_parameters: Vec<ResponseParameter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ResponseParameter {
    destination: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StageProperties {
    stage_name: String,
    auto_deploy: bool,
    default_route_settings: RouteSettings,
    #[serde(rename = "AccessLogSettings")]
    _log: Option<Value>,
    #[serde(rename = "ApiId")]
    _api: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RouteSettings {
    throttling_burst_limit: f64,
    throttling_rate_limit: f64,
    #[serde(rename = "DetailedMetricsEnabled")]
    _metrics: Option<bool>,
}

impl Api {
    pub(super) fn read(platform: &Platform) -> Self {
        let stack = platform.stack("api");
        for (id, kind) in &stack.scope.types {
            let known = kind.strip_prefix("AWS::ApiGatewayV2::").is_none_or(|name| KNOWN.contains(&name));
            assert!(known, "{id} is a {kind}, which is not understood");
        }
        let (_, api) = only::<ApiProperties>(stack, "Api");
        assert_eq!(api.protocol_type, "HTTP");
        let (authorizer_id, authorizer) = only::<AuthorizerProperties>(stack, "Authorizer");
        assert_eq!(authorizer.authorizer_type, "JWT");
        let pool = platform.output("api", "UserPoolCustomersRef");
        let expected = format!("https://cognito-idp.{REGION}.amazonaws.com/{pool}");
        assert_eq!(authorizer.jwt_configuration.issuer, expected, "tokens are the user pool's");
        let [source] = authorizer.identity_source.as_slice() else { panic!("there are several identity sources") };
        let header = source.strip_prefix("$request.header.").unwrap_or_else(|| panic!("{source} is not understood"));
        let (_, stage) = only::<StageProperties>(stack, "Stage");
        assert_eq!((stage.stage_name.as_str(), stage.auto_deploy), ("$default", true), "other stages have a path");

        let integrations: BTreeMap<String, Integration> = all::<IntegrationProperties>(stack, "Integration")
            .into_iter()
            .map(|(id, properties)| (id, Integration::read(platform, stack, properties)))
            .collect();
        let routes = all::<RouteProperties>(stack, "Route").into_iter().map(|(_, route)| {
            let scopes = match (route.authorization_type.as_str(), &route.authorizer_id) {
                ("NONE", None) => None,
                ("JWT", Some(id)) if *id == authorizer_id => Some(route.authorization_scopes),
                other => panic!("{}: {other:?} is not understood", route.route_key),
            };
            let integration = route.target.strip_prefix("integrations/").expect("a target is an integration");
            assert!(integrations.contains_key(integration), "{} has no integration", route.route_key);
            Route { key: route.route_key, integration: integration.to_owned(), scopes }
        });
        let routes = routes.collect();
        let token_header = header.to_ascii_lowercase().parse().expect("a name of a header");
        let RouteSettings { throttling_burst_limit: burst, throttling_rate_limit: rate, .. } =
            stage.default_route_settings;
        let audience = authorizer.jwt_configuration.audience;
        Self { cors: api.cors_configuration, token_header, audience, routes, integrations, rate, burst }
    }

    /// Whether a route takes preflight requests itself.
    pub(super) fn has_options_route(&self) -> bool {
        self.routes.iter().any(|route| route.key.starts_with("OPTIONS ") || route.key.starts_with("ANY "))
    }
}

impl Integration {
    fn read(platform: &Platform, stack: &Stack, properties: IntegrationProperties) -> Self {
        assert_eq!(properties.payload_format_version, "1.0");
        let timeout = Duration::from_millis(properties.timeout_in_millis);
        let answers = properties.response_parameters.iter().map(|(status, parameters)| {
            let changes = parameters.response_parameters.iter();
            let changes = changes.map(|change| Change::parse(&change.destination, &change.source));
            (status.parse().expect("a status is a number"), changes.collect())
        });
        let answers = answers.collect();
        let kind = match (properties.integration_type.as_str(), properties.integration_subtype.as_deref()) {
            ("HTTP_PROXY", None) => IntegrationKind::Forward(Forward::read(platform, stack, properties)),
            ("AWS_PROXY", Some("SQS-SendMessage")) => IntegrationKind::Send(Send::read(properties)),
            other => panic!("the integration {other:?} is not understood"),
        };
        Self { timeout, answers, kind }
    }
}

impl Forward {
    fn read(platform: &Platform, stack: &Stack, properties: IntegrationProperties) -> Self {
        assert_eq!(properties.integration_method.as_deref(), Some("ANY"));
        assert_eq!(properties.connection_type.as_deref(), Some("VPC_LINK"));
        assert_eq!(properties.credentials_arn, None);
        let link = properties.connection_id.expect("a link has an id");
        let kind = &stack.scope.types[stack.logical_id(&link)];
        assert_eq!(kind, "AWS::ApiGatewayV2::VpcLink", "{link} is no VPC link");
        let listener = properties.integration_uri.expect("a link leads to a listener");
        let requests = properties.request_parameters.iter().map(|(to, from)| Change::parse(to, from)).collect();
        Self { service: service_behind(platform, &listener), requests }
    }
}

impl Send {
    fn read(properties: IntegrationProperties) -> Self {
        assert_eq!(properties.connection_type.as_deref(), Some("INTERNET"));
        let mut parameters = properties.request_parameters;
        let mut take = |name: &str| parameters.remove(name).map(|text| Expression::parse(&text));
        let queue = take("QueueUrl").expect("a queue is named");
        let body = take("MessageBody").expect("a message has a body");
        let (attributes, group, deduplication) =
            (take("MessageAttributes"), take("MessageGroupId"), take("MessageDeduplicationId"));
        assert!(parameters.is_empty(), "{parameters:?} is not understood");
        let role = properties.credentials_arn.expect("a message is sent by a role");
        Self { role, queue, body, attributes, group, deduplication }
    }
}

/// The Kubernetes service whose pods are the targets behind a listener.
fn service_behind(platform: &Platform, listener: &str) -> String {
    let network = platform.stack("network");
    let listeners = network.resources("AWS::ElasticLoadBalancingV2::Listener");
    let actions = &listeners[network.logical_id(listener)]["DefaultActions"];
    let [action] = actions.as_array().map_or(&[][..], Vec::as_slice) else { panic!("{actions} is not understood") };
    assert_eq!(action["Type"], "forward", "{action}");
    let group = action["TargetGroupArn"].as_str().expect("a group is named");
    let binding = platform.objects("TargetGroupBinding").find(|binding| {
        let bound = binding["spec"]["targetGroupARN"].as_str().expect("a binding names a group");
        platform.resolve(bound) == group
    });
    let binding = binding.unwrap_or_else(|| panic!("nothing is bound to {group}"));
    let service = &binding["spec"]["serviceRef"];
    let name = service["name"].as_str().expect("a service is named");
    let ports = &platform.object("Service", name)["spec"]["ports"];
    let known = ports.as_array().is_some_and(|ports| ports.iter().any(|port| port["port"] == service["port"]));
    assert!(known, "the service {name} has no port {}", service["port"]);
    name.to_owned()
}

/// The resources of a type of API Gateway by their physical id.
fn all<T: DeserializeOwned>(stack: &Stack, kind: &str) -> Vec<(String, T)> {
    let resources = stack.resources(&format!("AWS::ApiGatewayV2::{kind}")).into_iter();
    let read = |(id, properties): (String, Value)| {
        let typed = serde_json::from_value(properties).unwrap_or_else(|problem| panic!("{id}: {problem}"));
        (stack.scope.resources[&id].clone(), typed)
    };
    resources.map(read).collect()
}

fn only<T: DeserializeOwned>(stack: &Stack, kind: &str) -> (String, T) {
    let mut all = all(stack, kind);
    assert_eq!(all.len(), 1, "there is one {kind}");
    all.remove(0)
}
