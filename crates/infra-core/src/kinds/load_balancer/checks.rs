//! What a load balancer must hold.

use std::collections::BTreeMap;

use super::{Action, ExistingLoadBalancer, Layer, Listener, LoadBalancer, Protocol, Rule, Scheme, Stickiness, TargetGroup};
use crate::diag::{Diagnostic, Diagnostics, suggest};
use crate::facts::limits::{Bounds, elb};
use crate::kinds::{check, existing};
use crate::kinds::network::{Tier, wants};
use crate::names::{Name, Port};
use crate::resolve::{Bound, list};
use crate::route;
use crate::source::{Route, Step};

const ATTRIBUTES: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html";
const GROUPS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html";
const GROUP_ATTRIBUTES: &str =
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html";
const RULES: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html";

type Entry<'a> = Bound<'a, LoadBalancer>;

/// Reports what is wrong with a load balancer that exists.
pub(super) fn existing(entry: Entry<'_>, balancer: &ExistingLoadBalancer, diags: &mut Diagnostics) {
    existing::only(entry, diags, &["network", "type", "scheme", "listeners", "target-groups"]);
    check::same_region(entry, diags, &route!["network"], entry.follow(&entry.network));
    existing::starts(entry, diags, &route!["existing", "arn"], &balancer.arn, "arn:");
    existing::starts(entry, diags, &route!["existing", "dns-name"], &balancer.dns_name, "");
    existing::starts(entry, diags, &route!["existing", "security-group"], &balancer.security_group, "sg-");
    let listeners = entry.spec().listeners.keys().map(|name| ("listeners", name, balancer.listeners.get(name)));
    let groups = entry.spec().target_groups.keys().map(|name| ("target-groups", name, balancer.target_groups.get(name)));
    for (key, name, arn) in listeners.chain(groups) {
        match arn {
            Some(arn) => existing::starts(entry, diags, &route!["existing", key, name.as_str()], arn, "arn:"),
            None => diags.push(
                Diagnostic::error("load-balancers/unknown-arn", format!("the ARN of `{name}` is not known"))
                    .at(entry.at(&route![key, name.as_str()]), "exists, as the load balancer does")
                    .also(entry.at(&route!["existing"]), "the load balancer")
                    .help(format!("add it: `existing: {{ {key}: {{ {name}: arn:… }} }}`")),
            ),
        }
    }
}

pub(super) fn check(entry: Entry<'_>, diags: &mut Diagnostics) {
    let network = entry.follow(&entry.network);
    check::same_region(entry, diags, &route!["network"], network);
    let tier = match entry.scheme {
        Scheme::Internal => Tier::Private,
        Scheme::InternetFacing => Tier::Public,
    };
    wants(entry, diags, &route!["network"], network, (tier, 2));
    if entry.scheme == Scheme::InternetFacing && entry.allow_from.is_empty() {
        diags.push(
            Diagnostic::error("load-balancers/nobody-allowed", "nobody may connect to this internet-facing load balancer")
                .at(entry.at(&route!["scheme"]), "internet-facing, but `allow-from` lists no block")
                .help("add `allow-from: [0.0.0.0/0]`, or the blocks of its clients; or make it internal"),
        );
    }
    if let Some(idle) = entry.idle_timeout {
        let bounds = match entry.layer {
            Layer::Application => elb::ALB_IDLE_TIMEOUT,
            Layer::Network => elb::NLB_IDLE_TIMEOUT,
        };
        check::bounds(entry, diags, &route!["idle-timeout"], idle.get(), (bounds, ATTRIBUTES));
    }
    let spec = entry.spec();
    if spec.listeners.is_empty() {
        diags.push(
            Diagnostic::error("load-balancers/no-listener", "a load balancer needs a listener")
                .at(entry.at(&route!["listeners"]), "listens on nothing"),
        );
    }
    let mut ports: BTreeMap<Port, &Name> = BTreeMap::new();
    for (name, listen) in &spec.listeners {
        if let Some(earlier) = ports.insert(listen.port, name) {
            let title = format!("two listeners have port {}", listen.port);
            diags.push(
                Diagnostic::error("load-balancers/port-twice", title)
                    .at(entry.at(&route!["listeners", name.as_str(), "port"]), "again")
                    .also(entry.at(&route!["listeners", earlier.as_str(), "port"]), "first"),
            );
        }
        listener(entry, name, listen, diags);
    }
    for (name, group) in &spec.target_groups {
        target_group(entry, name, group, diags);
    }
    unused(entry, diags);
}

/// Targets of a group that no listener uses are never checked, and pods that wait for it never become ready.
fn unused(entry: Entry<'_>, diags: &mut Diagnostics) {
    for name in entry.spec().target_groups.keys() {
        if !entry.spec().listeners.values().any(|listener| listener.forwards_to(name)) {
            let title = format!("no listener forwards to target group `{name}`");
            diags.push(
                Diagnostic::error("load-balancers/unused-target-group", title)
                    .at(entry.at(&route!["target-groups", name.as_str()]), "gets no traffic and no health checks")
                    .note("targets stay in the state `unused`, and a rollout that waits for them never ends")
                    .help(format!("add `default: {{ forward: {name} }}` to a listener, or remove the group")),
            );
        }
    }
}

impl Listener {
    fn forwards_to(&self, group: &Name) -> bool {
        let forwards = |action: &Action| match action {
            Action::Forward(name) => name == group,
            Action::RedirectToHttps | Action::Respond(_) => false,
        };
        forwards(&self.default) || self.rules.values().any(|rule| forwards(&rule.action))
    }
}

fn layer_word(layer: Layer) -> &'static str {
    match layer {
        Layer::Application => "an application",
        Layer::Network => "a network",
    }
}

fn protocols(layer: Layer) -> &'static str {
    match layer {
        Layer::Application => "`http` or `https`",
        Layer::Network => "`tcp`, `tls` or `udp`",
    }
}

fn wrong_layer(entry: Entry<'_>, route: &Route, what: &str) -> Diagnostic {
    Diagnostic::error("load-balancers/wrong-type", format!("{} load balancer has no {what}", layer_word(entry.layer)))
        .at(entry.at(route), "not for this type")
        .also(entry.at(&route!["type"]), "the type")
}

fn listener(entry: Entry<'_>, name: &Name, listener: &Listener, diags: &mut Diagnostics) {
    let at = |step: &'static str| route!["listeners", name.as_str(), step];
    if listener.protocol.layer() != entry.layer {
        let what = format!("{} listeners", listener.protocol.as_str());
        let help = format!("use {}", protocols(entry.layer));
        diags.push(wrong_layer(entry, &at("protocol"), &what).help(help));
    }
    let protocol = listener.protocol.as_str();
    match (listener.protocol.is_encrypted(), &listener.certificate) {
        (true, None) => diags.push(
            Diagnostic::error("load-balancers/no-certificate", format!("a {protocol} listener needs a certificate"))
                .at(entry.at(&at("protocol")), "has none")
                .help("add `certificate: <name of a certificate>`"),
        ),
        (false, Some(_)) => diags.push(
            Diagnostic::error("load-balancers/no-tls", format!("a {protocol} listener takes no certificate"))
                .at(entry.at(&at("certificate")), "would be ignored")
                .help("make the protocol `https` or `tls`, or remove the certificate"),
        ),
        (true, Some(_)) | (false, None) => {}
    }
    if listener.tls_policy.is_some() && !listener.protocol.is_encrypted() {
        let title = format!("a {protocol} listener has no TLS policy");
        diags.push(Diagnostic::error("load-balancers/no-tls", title).at(entry.at(&at("tls-policy")), "would be ignored"));
    }
    action(entry, listener, &listener.default, &at("default"), diags);
    rules(entry, name, listener, diags);
}

fn below(at: &Route, keys: &[&str]) -> Route {
    let mut route = at.clone();
    route.0.extend(keys.iter().map(|key| Step::from(*key)));
    route
}

fn action(entry: Entry<'_>, listener: &Listener, action: &Action, at: &Route, diags: &mut Diagnostics) {
    match action {
        Action::Forward(group) => forward(entry, listener, group, &below(at, &["forward"]), diags),
        Action::RedirectToHttps if entry.layer == Layer::Network => {
            diags.push(wrong_layer(entry, at, "redirects"));
        }
        Action::RedirectToHttps => {
            let encrypted = |other: &&Listener| other.port == Port::HTTPS && other.protocol == Protocol::Https;
            if !entry.spec().listeners.values().any(|other| encrypted(&other)) || listener.protocol == Protocol::Https {
                diags.push(
                    Diagnostic::error("load-balancers/redirect", "this redirect leads nowhere")
                        .at(entry.at(at), "goes to HTTPS on port 443")
                        .help("redirect from an `http` listener, and add an `https` listener on port 443"),
                );
            }
        }
        Action::Respond(_) if entry.layer == Layer::Network => {
            diags.push(wrong_layer(entry, at, "answers of its own"));
        }
        Action::Respond(response) => {
            if !matches!(response.status, 200..=299 | 400..=599) {
                let title = "a load balancer answers with a status of 200 to 299 or 400 to 599";
                diags.push(
                    Diagnostic::error("load-balancers/status", title)
                        .at(entry.at(&below(at, &["respond", "status"])), format!("{} is outside", response.status)),
                );
            }
            if response.body.as_ref().is_some_and(|body| body.chars().count() > 1_024) {
                let title = "the answer of a load balancer has at most 1,024 characters";
                diags.push(Diagnostic::error("load-balancers/body", title).at(entry.at(&below(at, &["respond", "body"])), "longer"));
            }
        }
    }
}

fn forward(entry: Entry<'_>, listener: &Listener, group: &Name, at: &Route, diags: &mut Diagnostics) {
    let groups = &entry.spec().target_groups;
    let Some(target) = groups.get(group) else {
        let names = || groups.keys().map(Name::as_str);
        let error = Diagnostic::error("load-balancers/unknown-target-group", format!("there is no target group `{group}`"))
            .at(entry.at(at), "not found in `target-groups`");
        diags.push(match suggest(group.as_str(), names()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("`target-groups` has {}", list(names()))),
        });
        return;
    };
    let (from, to) = (listener.protocol, entry.protocol_of(target));
    let fits = match from {
        Protocol::Http | Protocol::Https => to.layer() == Layer::Application,
        Protocol::Tcp => to == Protocol::Tcp,
        Protocol::Tls => to == Protocol::Tls || to == Protocol::Tcp,
        Protocol::Udp => to == Protocol::Udp,
    };
    if !fits && from.layer() == to.layer() {
        let title = format!("a {} listener cannot forward to a {} target group", from.as_str(), to.as_str());
        diags.push(
            Diagnostic::error("load-balancers/protocols", title)
                .at(entry.at(at), format!("`{group}` takes {}", to.as_str()))
                .also(entry.at(&route!["target-groups", group.as_str(), "protocol"]), "the target group"),
        );
    }
    if from == Protocol::Tls && target.stickiness == Stickiness::SourceIp {
        let title = "a TLS listener cannot forward to a sticky target group";
        let at = entry.at(&route!["target-groups", group.as_str(), "stickiness"]);
        diags.push(Diagnostic::error("load-balancers/sticky-tls", title).at(at, "sticky").also(entry.at(&route!["listeners"]), "the listener"));
    }
}

fn rules(entry: Entry<'_>, name: &Name, listener: &Listener, diags: &mut Diagnostics) {
    if entry.layer == Layer::Network && !listener.rules.is_empty() {
        diags.push(wrong_layer(entry, &route!["listeners", name.as_str(), "rules"], "rules"));
        return;
    }
    let mut priorities: BTreeMap<u16, &Name> = BTreeMap::new();
    for (rule_name, rule) in &listener.rules {
        let at = |step: &'static str| route!["listeners", name.as_str(), "rules", rule_name.as_str(), step];
        let bounds = Bounds { min: 1, max: 50_000, default: 1 };
        check::bounds(entry, diags, &at("priority"), u32::from(rule.priority), (bounds, RULES));
        if let Some(earlier) = priorities.insert(rule.priority, rule_name) {
            let title = format!("two rules of a listener have priority {}", rule.priority);
            diags.push(
                Diagnostic::error("load-balancers/priority-twice", title)
                    .at(entry.at(&at("priority")), "again")
                    .also(entry.at(&route!["listeners", name.as_str(), "rules", earlier.as_str(), "priority"]), "first"),
            );
        }
        conditions(entry, rule, &route!["listeners", name.as_str(), "rules", rule_name.as_str()], diags);
        action(entry, listener, &rule.action, &at("action"), diags);
    }
}

fn conditions(entry: Entry<'_>, rule: &Rule, at: &Route, diags: &mut Diagnostics) {
    let count = rule.paths.len() + rule.hosts.len();
    if !(1..=5).contains(&count) {
        diags.push(
            Diagnostic::error("load-balancers/conditions", "a rule has 1 to 5 paths and hosts")
                .at(entry.at(at), format!("{count} in all"))
                .note(format!("the service refuses more values: {RULES}"))
                .help("write another rule for the others; the default action takes what no rule matches"),
        );
    }
    let place = |key: &'static str, index: usize| {
        let mut route = below(at, &[key]);
        route.0.push(index.into());
        entry.at(&route)
    };
    for (index, path) in rule.paths.iter().enumerate() {
        if !path.starts_with(['/', '*']) || path.chars().count() > 128 {
            let title = format!("`{path}` matches no path");
            let text = "a path starts with `/` or `*` and has at most 128 characters";
            diags.push(Diagnostic::error("load-balancers/path", title).at(place("paths", index), text));
        }
    }
    for (index, host) in rule.hosts.iter().enumerate() {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '*' | '?');
        if host.is_empty() || host.len() > 128 || !host.chars().all(fits) {
            let title = format!("`{host}` matches no host");
            let text = "a host has letters, digits, `-`, `.`, `*` and `?`, at most 128 in all";
            diags.push(Diagnostic::error("load-balancers/host", title).at(place("hosts", index), text));
        }
    }
}

fn target_group(entry: Entry<'_>, name: &Name, group: &TargetGroup, diags: &mut Diagnostics) {
    let at = |step: &'static str| route!["target-groups", name.as_str(), step];
    let protocol = entry.protocol_of(group);
    if protocol.layer() != entry.layer {
        let what = format!("{} target groups", protocol.as_str());
        diags.push(wrong_layer(entry, &at("protocol"), &what).help(format!("use {}", protocols(entry.layer))));
    }
    let delay = (elb::DEREGISTRATION_DELAY, GROUP_ATTRIBUTES);
    check::bounds(entry, diags, &at("deregistration-delay"), group.deregistration_delay.get(), delay);
    match (group.stickiness, entry.layer) {
        (Stickiness::Cookie(_), Layer::Network) => {
            diags.push(wrong_layer(entry, &at("stickiness"), "cookies").help("use `stickiness: source-ip`"));
        }
        (Stickiness::SourceIp, Layer::Application) => {
            let help = "use `stickiness: { cookie: 3600 }`";
            diags.push(wrong_layer(entry, &at("stickiness"), "stickiness by address").help(help));
        }
        (Stickiness::Cookie(duration), Layer::Application) => {
            let bounds = Bounds { min: 1, max: 604_800, default: 86_400 };
            check::bounds(entry, diags, &at("stickiness"), duration.get(), (bounds, GROUP_ATTRIBUTES));
        }
        (Stickiness::None, Layer::Application | Layer::Network) | (Stickiness::SourceIp, Layer::Network) => {}
    }
    if group.preserve_client_ip.is_some() && entry.layer == Layer::Application {
        let help = "clients stand in the header `X-Forwarded-For`";
        diags.push(wrong_layer(entry, &at("preserve-client-ip"), "such setting").help(help));
    }
    if group.preserve_client_ip == Some(false) && protocol == Protocol::Udp {
        diags.push(
            Diagnostic::error("load-balancers/udp-client-ip", "targets of UDP always see the addresses of clients")
                .at(entry.at(&at("preserve-client-ip")), "cannot be turned off"),
        );
    }
    health_check(entry, name, group, diags);
}

fn health_check(entry: Entry<'_>, name: &Name, group: &TargetGroup, diags: &mut Diagnostics) {
    let at = |step: &'static str| route!["target-groups", name.as_str(), "health-check", step];
    let spec = &group.health_check;
    let mut bounds = |step, value, bounds| check::bounds(entry, diags, &at(step), value, (bounds, GROUPS));
    bounds("interval", spec.interval.get(), elb::HEALTH_CHECK_INTERVAL);
    bounds("timeout", spec.timeout.get(), elb::HEALTH_CHECK_TIMEOUT);
    bounds("healthy-threshold", u32::from(spec.healthy_threshold), elb::HEALTHY_THRESHOLD);
    bounds("unhealthy-threshold", u32::from(spec.unhealthy_threshold), elb::UNHEALTHY_THRESHOLD);
    if spec.timeout >= spec.interval {
        diags.push(
            Diagnostic::error("load-balancers/check-timeout", "a health check must end before the next one starts")
                .at(entry.at(&at("timeout")), format!("may take {} s", spec.timeout))
                .also(entry.at(&at("interval")), format!("every {} s", spec.interval)),
        );
    }
    match &spec.path {
        Some(path) if !path.starts_with('/') || path.len() > 1_024 => diags.push(
            Diagnostic::error("load-balancers/check-path", format!("`{path}` is not a path"))
                .at(entry.at(&at("path")), "a path starts with `/` and has at most 1,024 characters"),
        ),
        None if entry.layer == Layer::Application => diags.push(
            Diagnostic::error("load-balancers/check-path", "an application load balancer checks health over HTTP")
                .at(entry.at(&route!["target-groups", name.as_str(), "health-check"]), "has no `path`")
                .help("add the path that targets answer when they are ready, such as `path: /healthz/ready`"),
        ),
        Some(_) | None => {}
    }
    if let Some(matcher) = &spec.matcher {
        let fits = |part: &str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        let good = matcher.split(',').all(|part| part.splitn(2, '-').all(fits));
        if !good || spec.path.is_none() {
            let text = if good { "needs a `path`" } else { "such as `200`, `200,204` or `200-299`" };
            let title = format!("`{matcher}` does not say which statuses are healthy");
            diags.push(Diagnostic::error("load-balancers/matcher", title).at(entry.at(&at("matcher")), text));
        }
    }
}
