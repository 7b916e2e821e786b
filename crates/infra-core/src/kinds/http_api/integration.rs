//! Where routes send requests: one integration for each different target.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Auth, HttpApi, RequestId};
use crate::artifacts::{Expr, Handle, Object, Policy, Pseudo, Trust};
use crate::kinds::{Function, LoadBalancer, Queue, VpcLink, security_group};
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{DomainName, Name};
use crate::resolve::Bound;

/// The format of requests to servers and AWS services; newer ones are for Lambda only.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html>.
const PAYLOAD_FORMAT: &str = "1.0";

/// Where a route sends requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Integration {
    /// To an internal load balancer through a VPC link, with the path that was asked for.
    LoadBalancer(LoadBalancerTarget),
    /// Into a queue; the caller gets 202 as soon as SQS has the message.
    Queue(QueueTarget),
    /// To a function, as an event of format 2.0.
    Function(FunctionTarget),
    /// To a server on the internet.
    Http(HttpTarget),
}

/// A function that answers requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FunctionTarget {
    /// The function.
    pub function: Ref<Function>,
    /// How long an answer may take; the function's own `timeout` should be shorter. 50 to 30,000 milliseconds.
    #[serde(default = "twenty_nine_seconds")]
    pub timeout_ms: u32,
}

/// An internal load balancer behind a VPC link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoadBalancerTarget {
    /// The load balancer; must be internal.
    pub load_balancer: Ref<LoadBalancer>,
    /// Name of its listener.
    pub listener: Name,
    /// The link; must stand in the load balancer's network.
    pub vpc_link: Ref<VpcLink>,
    /// The name that the server's certificate must hold; that of an encrypted listener's certificate if not set.
    pub server_name: Option<DomainName>,
    /// How long an answer may take. 50 to 30,000 milliseconds.
    #[serde(default = "twenty_nine_seconds")]
    pub timeout_ms: u32,
}

/// A queue that gets the body of each request as a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct QueueTarget {
    /// The queue.
    pub queue: Ref<Queue>,
    /// The message group, needed by FIFO queues: text, or where it comes from, such as `$request.header.x-tenant`.
    pub message_group: Option<String>,
    /// What tells duplicates from new messages of a FIFO queue, such as `$request.header.idempotency-key`.
    pub deduplication_id: Option<String>,
    /// How long SQS may take. 50 to 30,000 milliseconds.
    #[serde(default = "twenty_nine_seconds")]
    pub timeout_ms: u32,
}

/// A server on the internet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpTarget {
    /// Its address with path, such as `https://partner.example.com/{path}`; variables are those of the route's path.
    pub url: String,
    /// How long an answer may take. 50 to 30,000 milliseconds.
    #[serde(default = "twenty_nine_seconds")]
    pub timeout_ms: u32,
}

/// Longer than services take and shorter than CloudFront waits, which is 30 seconds.
pub(super) const TIMEOUT_MS: u32 = 29_000;

fn twenty_nine_seconds() -> u32 {
    TIMEOUT_MS
}

impl LoadBalancerTarget {
    /// Starts a target with the usual time-out.
    pub fn new(load_balancer: Ref<LoadBalancer>, listener: Name, vpc_link: Ref<VpcLink>) -> Self {
        Self { load_balancer, listener, vpc_link, server_name: None, timeout_ms: TIMEOUT_MS }
    }
}

impl QueueTarget {
    /// Starts a target with the usual time-out; the compiler refuses FIFO queues, which need a message group.
    pub fn standard(queue: &Ref<Queue, crate::model::Standard>) -> Self {
        Self { queue: queue.clone().any(), message_group: None, deduplication_id: None, timeout_ms: TIMEOUT_MS }
    }

    /// Starts a target with the usual time-out.
    pub fn fifo(queue: &Ref<Queue, crate::model::Fifo>, message_group: impl Into<String>) -> Self {
        let message_group = Some(message_group.into());
        Self { queue: queue.clone().any(), message_group, deduplication_id: None, timeout_ms: TIMEOUT_MS }
    }
}

impl From<LoadBalancerTarget> for Integration {
    fn from(target: LoadBalancerTarget) -> Self {
        Self::LoadBalancer(target)
    }
}

impl From<QueueTarget> for Integration {
    fn from(target: QueueTarget) -> Self {
        Self::Queue(target)
    }
}

impl FunctionTarget {
    /// Starts a target with the usual time-out.
    pub fn new(function: Ref<Function>) -> Self {
        Self { function, timeout_ms: TIMEOUT_MS }
    }
}

impl From<FunctionTarget> for Integration {
    fn from(target: FunctionTarget) -> Self {
        Self::Function(target)
    }
}

impl From<HttpTarget> for Integration {
    fn from(target: HttpTarget) -> Self {
        Self::Http(target)
    }
}

impl Integration {
    /// Returns the time-out in milliseconds.
    pub fn timeout_ms(&self) -> u32 {
        match self {
            Self::LoadBalancer(target) => target.timeout_ms,
            Self::Queue(target) => target.timeout_ms,
            Self::Function(target) => target.timeout_ms,
            Self::Http(target) => target.timeout_ms,
        }
    }

    /// Returns the words of its logical ids: all that tells it from other integrations of the API.
    fn words(&self) -> String {
        let mut words = match self {
            Self::LoadBalancer(target) => {
                let mut words = vec!["To", target.load_balancer.as_str(), target.listener.as_str()];
                words.extend(["through", target.vpc_link.as_str()]);
                words.extend(target.server_name.iter().flat_map(|name| ["as", name.as_str()]));
                words
            }
            Self::Queue(target) => {
                let mut words = vec!["Into", target.queue.as_str()];
                words.extend(target.message_group.iter().flat_map(|group| ["group", group.as_str()]));
                words.extend(target.deduplication_id.iter().flat_map(|id| ["once", id.as_str()]));
                words
            }
            Self::Function(target) => vec!["Call", target.function.as_str()],
            Self::Http(target) => vec!["To", target.url.strip_prefix("https://").unwrap_or(&target.url)],
        };
        let timeout = format!("{} ms", self.timeout_ms());
        if self.timeout_ms() != TIMEOUT_MS {
            words.extend(["in", timeout.as_str()]);
        }
        words.join(" ")
    }
}

impl<'a> Bound<'a, HttpApi> {
    /// Names the integration of a route.
    pub(super) fn integration(&self, to: &Integration) -> Handle {
        self.handle(&to.words())
    }

    /// Returns the name in the certificate behind a target, if requests to it are encrypted.
    pub(super) fn server_name(&self, target: &'a LoadBalancerTarget) -> Option<&'a DomainName> {
        if let Some(name) = &target.server_name {
            return Some(name);
        }
        let listener = self.follow(&target.load_balancer).spec().listeners.get(&target.listener)?;
        let certificate = self.follow(&target.load_balancer).follow(listener.certificate.as_ref()?).spec();
        let mut names = certificate.domain.iter().chain(&certificate.names);
        names.find(|name| !name.is_wildcard())
    }
}

/// Emits each different integration of the API once.
pub(super) fn emit<'a>(entry: Bound<'a, HttpApi>, cx: &mut Lowering<'_>) {
    let mut seen: Vec<&'a Integration> = Vec::new();
    for route in entry.spec().routes.values() {
        if seen.contains(&&route.to) {
            continue;
        }
        seen.push(&route.to);
        let (properties, rules) = match &route.to {
            Integration::LoadBalancer(target) => (load_balancer(entry, target), open(entry, target, cx)),
            Integration::Queue(target) => (queue(entry, (&route.to, target), cx), Vec::new()),
            Integration::Function(target) => (function(entry, (&route.to, target), cx), Vec::new()),
            Integration::Http(target) => (http(entry, target), Vec::new()),
        };
        cx.add(entry.resource(&route.to.words(), "AWS::ApiGatewayV2::Integration", properties).after(rules));
    }
}

/// Opens link and load balancer to each other, once however many APIs go that way.
///
/// The rules stand with one of the APIs: one in the stack of the link or of the load balancer if there is such a one,
/// because all others need those stacks already, and would otherwise wait for each other.
fn open(entry: Bound<'_, HttpApi>, target: &LoadBalancerTarget, cx: &mut Lowering<'_>) -> Vec<Handle> {
    let balancer = entry.follow(&target.load_balancer);
    let link = entry.follow(&target.vpc_link);
    let Some(listener) = balancer.spec().listeners.get(&target.listener) else { return Vec::new() };
    let goes_there = |api: &Bound<'_, HttpApi>| {
        api.spec().routes.values().any(|route| match &route.to {
            Integration::LoadBalancer(own) => {
                let other = api.follow(&own.load_balancer);
                let port = other.spec().listeners.get(&own.listener).map(|listener| listener.port);
                other.id == balancer.id && api.follow(&own.vpc_link).id == link.id && port == Some(listener.port)
            }
            Integration::Queue(_) | Integration::Function(_) | Integration::Http(_) => false,
        })
    };
    let apart = |api: &Bound<'_, HttpApi>| api.home() != link.home() && api.home() != balancer.home();
    let apis = link.referrers::<HttpApi>().into_iter().filter(goes_there);
    let place = apis.min_by_key(|api| (apart(api), api.id)).map_or(entry.home(), |api| api.home());
    security_group::open(cx, place, &link.side(), &balancer.side(), listener.port).into()
}

fn load_balancer<'a>(entry: Bound<'a, HttpApi>, target: &'a LoadBalancerTarget) -> Expr {
    let balancer = entry.follow(&target.load_balancer);
    let link = entry.follow(&target.vpc_link);
    let server_name = entry.server_name(target);
    object! {
        "ApiId" => entry.api_id(),
        "IntegrationType" => "HTTP_PROXY",
        "IntegrationMethod" => "ANY",
        "IntegrationUri" => balancer.listener_arn(&target.listener),
        "ConnectionType" => "VPC_LINK",
        "ConnectionId" => link.link_id(),
        "PayloadFormatVersion" => PAYLOAD_FORMAT,
        "TimeoutInMillis" => target.timeout_ms,
        "TlsConfig" => server_name.map(|name| object! { "ServerNameToVerify" => name.to_string() }),
        "RequestParameters" => headers(entry),
    }
}

fn http(entry: Bound<'_, HttpApi>, target: &HttpTarget) -> Expr {
    object! {
        "ApiId" => entry.api_id(),
        "IntegrationType" => "HTTP_PROXY",
        "IntegrationMethod" => "ANY",
        "IntegrationUri" => &target.url,
        "ConnectionType" => "INTERNET",
        "PayloadFormatVersion" => PAYLOAD_FORMAT,
        "TimeoutInMillis" => target.timeout_ms,
        "RequestParameters" => headers(entry),
    }
}

/// A function is called with the request as an event, and every stage and route of the API may call it.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html> (from
/// memory).
fn function(entry: Bound<'_, HttpApi>, (to, target): (&Integration, &FunctionTarget), cx: &mut Lowering<'_>) -> Expr {
    let function = entry.follow(&target.function);
    let region = entry.region().to_string();
    let api = entry.api_id();
    let source = text!["arn:", Pseudo::Partition, ":execute-api:", region, ":", Pseudo::AccountId, ":", api, "/*/*"];
    let permission = entry.handle(&format!("{} Permission", to.words()));
    function.let_in(permission, "apigateway.amazonaws.com", source, cx);
    object! {
        "ApiId" => entry.api_id(),
        "IntegrationType" => "AWS_PROXY",
        "IntegrationUri" => function.arn(),
        "PayloadFormatVersion" => "2.0",
        "TimeoutInMillis" => target.timeout_ms,
    }
}

/// Headers are overwritten, never appended: two ids in one header find nothing in any log.
fn headers(entry: Bound<'_, HttpApi>) -> Option<Object> {
    let mut headers = Object::default();
    if entry.request_id == RequestId::Gateway {
        headers.push("overwrite:header.x-request-id", "$context.requestId");
    }
    for (header, value) in &entry.spec().request_headers {
        headers.push(format!("overwrite:header.{header}"), value);
    }
    (!headers.is_empty()).then_some(headers)
}

/// The message attribute with the request's id.
const REQUEST_ID_ATTRIBUTE: &str = r#""x-request-id":{"DataType":"String","StringValue":"${context.requestId}"}"#;

/// The message attribute with the subject of the caller's token.
const SUBJECT_ATTRIBUTE: &str = r#","sub":{"DataType":"String","StringValue":"${context.authorizer.claims.sub}"}"#;

/// A direct integration with SQS, and the role with which it sends to this queue and nowhere else.
///
/// The caller's answer and the message carry the same id, that of the gateway: a header that a caller leaves out cannot
/// be mapped to an attribute, the request would fail.
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html>
/// and `http-api-parameter-mapping.html` of the same guide (read 2026-11-22).
fn queue(entry: Bound<'_, HttpApi>, (to, target): (&Integration, &QueueTarget), cx: &mut Lowering<'_>) -> Expr {
    let queue = entry.follow(&target.queue);
    let part = format!("{} Role", to.words());
    let mut policy = Policy::default();
    queue.send_statements().into_iter().for_each(|statement| policy.push(statement));
    let role = object! {
        "AssumeRolePolicyDocument" => Trust::service("apigateway.amazonaws.com"),
        "Policies" => list![object! { "PolicyName" => "send", "PolicyDocument" => policy }],
    };
    cx.add(entry.resource(&part, "AWS::IAM::Role", role));
    // Who sent it, from the token that the API has checked: what the body says of that could be made up.
    let mut routes = entry.spec().routes.values().filter(|route| route.to == *to);
    let signed = routes.all(|route| entry.auth_of(route) == Auth::Jwt);
    let subject = if signed { SUBJECT_ATTRIBUTE } else { "" };
    let attributes = format!("{{{REQUEST_ID_ATTRIBUTE}{subject}}}");
    let parameters = object! {
        "QueueUrl" => queue.url(),
        "MessageBody" => "$request.body",
        "MessageAttributes" => attributes,
        "MessageGroupId" => target.message_group.as_ref(),
        "MessageDeduplicationId" => target.deduplication_id.as_ref(),
        "Region" => (queue.region() != entry.region()).then(|| queue.region().to_string()),
    };
    let accepted = list![
        object! { "Destination" => "overwrite:statuscode", "Source" => "202" },
        object! { "Destination" => "overwrite:header.x-request-id", "Source" => "$context.requestId" },
    ];
    object! {
        "ApiId" => entry.api_id(),
        "IntegrationType" => "AWS_PROXY",
        "IntegrationSubtype" => "SQS-SendMessage",
        "ConnectionType" => "INTERNET",
        "CredentialsArn" => entry.handle(&part).arn(),
        "PayloadFormatVersion" => PAYLOAD_FORMAT,
        "TimeoutInMillis" => target.timeout_ms,
        "RequestParameters" => parameters,
        "ResponseParameters" => object! { "200" => object! { "ResponseParameters" => accepted } },
    }
}
