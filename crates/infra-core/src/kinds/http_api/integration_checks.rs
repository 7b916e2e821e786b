//! What must hold of the places where routes lead.

use super::checks::unknown_listener;
use super::path::RouteKey;
use super::{HttpApi, HttpTarget, Integration, LoadBalancerTarget, QueueTarget};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::api_gateway;
use crate::kinds::check;
use crate::kinds::load_balancer::{Protocol, Scheme};
use crate::names::Name;
use crate::resolve::Bound;
use crate::route;
use crate::source::{Route as Place, Step};

const PRIVATE: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html";
const SERVICES: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html";
const QUOTAS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html";

type Entry<'a> = Bound<'a, HttpApi>;

/// A target and the route that it was first written in; later routes with the same say nothing new.
struct At<'a> {
    entry: Entry<'a>,
    place: Place,
}

impl At<'_> {
    fn below(&self, key: &'static str) -> Place {
        let mut place = self.place.clone();
        place.0.push(Step::from(key));
        place
    }
}

pub(super) fn check(entry: Entry<'_>, diags: &mut Diagnostics) {
    let mut seen: Vec<&Integration> = Vec::new();
    for (key, route) in &entry.spec().routes {
        let place = |kind: &'static str| At { entry, place: route!["routes", key.as_str(), "to", kind] };
        if let Integration::Http(target) = &route.to {
            http(&place("http"), target, key, diags);
        }
        if seen.contains(&&route.to) {
            continue;
        }
        seen.push(&route.to);
        let at = match &route.to {
            Integration::LoadBalancer(target) => {
                let at = place("load-balancer");
                load_balancer(&at, target, diags);
                at
            }
            Integration::Queue(target) => {
                let at = place("queue");
                queue(&at, target, diags);
                at
            }
            Integration::Function(target) => {
                let at = place("function");
                check::same_region(entry, diags, &at.below("function"), entry.follow(&target.function));
                at
            }
            Integration::Http(_) => place("http"),
        };
        let bounds = api_gateway::HTTP_INTEGRATION_TIMEOUT_MS;
        check::bounds(entry, diags, &at.below("timeout-ms"), route.to.timeout_ms(), (bounds, QUOTAS));
    }
    if seen.len() > api_gateway::INTEGRATIONS {
        let title = format!("an API leads to at most {} different targets", api_gateway::INTEGRATIONS);
        diags.push(
            Diagnostic::error("http-apis/many-integrations", title)
                .at(entry.at(&route!["routes"]), format!("{} targets", seen.len()))
                .note(format!("see {QUOTAS}")),
        );
    }
}

fn load_balancer(at: &At<'_>, target: &LoadBalancerTarget, diags: &mut Diagnostics) {
    let entry = at.entry;
    let balancer = entry.follow(&target.load_balancer);
    let link = entry.follow(&target.vpc_link);
    check::same_region(entry, diags, &at.below("vpc-link"), link);
    let network = balancer.follow(&balancer.network);
    if link.follow(&link.network).id != network.id {
        diags.push(
            Diagnostic::error("http-apis/other-network", "the link and the load balancer stand in different networks")
                .at(entry.at(&at.below("vpc-link")), "cannot reach the load balancer")
                .also(link.at(&route!["network"]), "network of the link")
                .also(balancer.at(&route!["network"]), "network of the load balancer")
                .help(format!("use a link in network `{}`", network.name)),
        );
    }
    if balancer.scheme == Scheme::InternetFacing {
        diags.push(
            Diagnostic::error("http-apis/public-load-balancer", "the load balancer behind an API must be internal")
                .at(entry.at(&at.below("load-balancer")), "can be reached from the internet, around the API")
                .also(balancer.at(&route!["scheme"]), "internet-facing")
                .note("tokens, limits and logs of the API would not apply there")
                .help("remove `scheme` of the load balancer; it is internal then"),
        );
    }
    match balancer.spec().listeners.get(&target.listener) {
        None => {
            let known: Vec<&str> = balancer.spec().listeners.keys().map(Name::as_str).collect();
            unknown_listener(entry, &at.below("listener"), (&target.listener, &known), diags);
        }
        Some(listener) => encryption(at, target, listener.protocol, diags),
    }
}

/// Requests are encrypted exactly when a name is verified; the listener must agree.
fn encryption(at: &At<'_>, target: &LoadBalancerTarget, protocol: Protocol, diags: &mut Diagnostics) {
    let entry = at.entry;
    let balancer = entry.follow(&target.load_balancer);
    match (protocol, &target.server_name) {
        (Protocol::Udp, _) => diags.push(
            Diagnostic::error("http-apis/udp", "an API cannot send to a UDP listener")
                .at(entry.at(&at.below("listener")), "listens for UDP"),
        ),
        (Protocol::Http, Some(_)) => diags.push(
            Diagnostic::error("http-apis/server-name", "this listener has no certificate to verify")
                .at(entry.at(&at.below("server-name")), "requests would be encrypted, the listener speaks plain HTTP")
                .help("remove `server-name`, or make the listener `https`"),
        ),
        (Protocol::Https | Protocol::Tls, Some(name)) => {
            let listener = balancer.spec().listeners.get(&target.listener);
            let certificate = listener.and_then(|listener| listener.certificate.as_ref());
            let Some(certificate) = certificate.map(|certificate| balancer.follow(certificate)) else { return };
            if !certificate.covers(name) {
                diags.push(
                    Diagnostic::error("http-apis/server-name", format!("the listener's certificate does not cover `{name}`"))
                        .at(entry.at(&at.below("server-name")), "every request would fail")
                        .also(certificate.at(&route!["domain"]), "the certificate")
                        .note(format!("see {PRIVATE}")),
                );
            }
        }
        (Protocol::Https | Protocol::Tls, None) => {
            if entry.server_name(target).is_none() {
                diags.push(
                    Diagnostic::error("http-apis/server-name", "the name in the listener's certificate is not known")
                        .at(entry.at(&at.below("listener")), "encrypted, with an imported or a wildcard certificate")
                        .note(format!("without a name requests go out in plain HTTP: {PRIVATE}"))
                        .help("add `server-name: <a name that the certificate covers>`"),
                );
            }
        }
        (Protocol::Http, None) | (Protocol::Tcp, Some(_) | None) => {}
    }
}

fn queue(at: &At<'_>, target: &QueueTarget, diags: &mut Diagnostics) {
    let entry = at.entry;
    let queue = entry.follow(&target.queue);
    if queue.fifo && target.message_group.is_none() {
        diags.push(
            Diagnostic::error("http-apis/message-group", "a FIFO queue needs a message group")
                .at(entry.at(&at.below("queue")), "every request would fail")
                .also(queue.at(&route!["fifo"]), "FIFO")
                .note(format!("see {SERVICES}"))
                .help("add `message-group: $context.authorizer.claims.sub`, or another source"),
        );
    }
    if queue.fifo && target.deduplication_id.is_none() && !queue.content_based_deduplication {
        diags.push(
            Diagnostic::error("http-apis/deduplication", "a FIFO queue must be told which messages are duplicates")
                .at(entry.at(&at.below("queue")), "every request would fail")
                .also(queue.at(&route!["content-based-deduplication"]), "not by content")
                .help("add `deduplication-id: $request.header.idempotency-key`, or `content-based-deduplication: true` to the queue"),
        );
    }
    for (key, value) in [("message-group", &target.message_group), ("deduplication-id", &target.deduplication_id)] {
        let Some(value) = value else { continue };
        if !queue.fifo && key == "deduplication-id" {
            let error = Diagnostic::error("http-apis/fifo-only", format!("`{key}` is for FIFO queues"));
            diags.push(error.at(entry.at(&at.below(key)), "this queue is a standard one").help("remove the line"));
        }
        let sources = ["$request.header.", "$request.querystring.", "$request.path", "$request.body", "$context."];
        if value.is_empty() || (value.starts_with('$') && !sources.iter().any(|source| value.starts_with(source))) {
            diags.push(
                Diagnostic::error("http-apis/source", format!("`{value}` is no part of a request"))
                    .at(entry.at(&at.below(key)), "cannot be mapped")
                    .help(format!("write plain text, or what starts with {}", crate::resolve::list(sources))),
            );
        }
    }
}

fn http(at: &At<'_>, target: &HttpTarget, key: &str, diags: &mut Diagnostics) {
    let error = |text: String| {
        Diagnostic::error("http-apis/url", format!("`{}` is not the address of a server", target.url))
            .at(at.entry.at(&at.below("url")), text)
    };
    let rest = target.url.strip_prefix("https://");
    let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.contains(' ') && !rest.starts_with('/')) else {
        diags.push(error("starts with `https://` and a host".to_owned()));
        return;
    };
    let Ok(parsed) = RouteKey::parse(key) else { return };
    for part in rest.split('{').skip(1) {
        let name = part.split('}').next().unwrap_or(part).trim_end_matches('+');
        if !parsed.has_variable(name) {
            diags.push(error(format!("the route's path has no variable `{name}`")));
        }
    }
}
