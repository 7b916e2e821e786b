//! The resources of a load balancer.

use std::collections::BTreeSet;

use super::{Action, Layer, Listener, LoadBalancer, Protocol, Rule, Scheme, Stickiness, TargetGroup, TargetType};
use crate::artifacts::Expr;
use crate::kinds::network::Tier;
use crate::kinds::security_group;
use crate::lower::{Lowering, name_tag};
use crate::names::{Name, Port};
use crate::resolve::Bound;

/// TLS 1.3 and 1.2 with forward secrecy.
///
/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html> (from
/// memory); the same name serves network load balancers.
const TLS_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

pub(super) fn emit(entry: Bound<'_, LoadBalancer>, cx: &mut Lowering<'_>) {
    let network = entry.follow(&entry.network);
    let (scheme, tier) = match entry.scheme {
        Scheme::Internal => ("internal", Tier::Private),
        Scheme::InternetFacing => ("internet-facing", Tier::Public),
    };
    security(entry, cx);
    let layer = match entry.layer {
        Layer::Application => "application",
        Layer::Network => "network",
    };
    let properties = object! {
        "Type" => layer,
        "Scheme" => scheme,
        "Subnets" => network.subnet_ids(tier),
        "SecurityGroups" => vec![entry.security_group_id()],
        "LoadBalancerAttributes" => attributes(entry),
        "Tags" => name_tag(entry.full_name()),
    };
    let mut balancer = entry.resource("", "AWS::ElasticLoadBalancingV2::LoadBalancer", properties);
    if entry.scheme == Scheme::InternetFacing {
        balancer = balancer.after(network.routes(tier));
    }
    cx.add(balancer);
    entry.spec().target_groups.iter().for_each(|(name, group)| target_group(entry, name, group, cx));
    entry.spec().listeners.iter().for_each(|(name, listen)| listener(entry, name, listen, cx));
}

fn pairs(attributes: Vec<(&'static str, Expr)>) -> Option<Expr> {
    let pair = |(key, value)| object! { "Key" => key, "Value" => value };
    let pairs: Vec<Expr> = attributes.into_iter().map(pair).collect();
    (!pairs.is_empty()).then(|| pairs.into())
}

/// Attributes are texts, whatever they say.
fn word(on: bool) -> Expr {
    if on { "true".into() } else { "false".into() }
}

fn attributes(entry: Bound<'_, LoadBalancer>) -> Option<Expr> {
    let protection = entry.protection(entry.deletion_protection);
    let mut attributes = vec![("deletion_protection.enabled", word(protection))];
    match entry.layer {
        Layer::Application => {
            attributes.push(("routing.http.drop_invalid_header_fields.enabled", word(true)));
            if let Some(idle) = entry.idle_timeout {
                attributes.push(("idle_timeout.timeout_seconds", idle.to_string().into()));
            }
        }
        Layer::Network => attributes.push(("load_balancing.cross_zone.enabled", word(entry.cross_zone))),
    }
    pairs(attributes)
}

fn security(entry: Bound<'_, LoadBalancer>, cx: &mut Lowering<'_>) {
    let network = entry.follow(&entry.network);
    let rule = |block: String, (port, protocol): (Port, &'static str), description: &'static str| {
        object! {
            "IpProtocol" => protocol,
            "FromPort" => port.get(),
            "ToPort" => port.get(),
            "CidrIp" => block,
            "Description" => description,
        }
    };
    let spec = entry.spec();
    let listeners: BTreeSet<(Port, &str)> =
        spec.listeners.values().map(|listener| (listener.port, listener.protocol.ip_protocol())).collect();
    let ingress: Vec<Expr> = (spec.allow_from.iter())
        .flat_map(|block| listeners.iter().map(|ports| rule(block.to_string(), *ports, "Clients")))
        .collect();
    let mut targets: BTreeSet<(Port, &str)> = BTreeSet::new();
    for group in spec.target_groups.values() {
        targets.insert((group.port, spec.protocol_of(group).ip_protocol()));
        targets.insert((group.health_check.port.unwrap_or(group.port), "tcp"));
    }
    let range = network.range().to_string();
    let egress: Vec<Expr> = targets.into_iter().map(|ports| rule(range.clone(), ports, "Targets")).collect();
    let properties = object! {
        "GroupDescription" => format!("Load balancer {}", entry.full_name()),
        "VpcId" => network.vpc_id(),
        "SecurityGroupIngress" => (!ingress.is_empty()).then_some(ingress),
        "SecurityGroupEgress" => if egress.is_empty() { security_group::nothing() } else { egress.into() },
        "Tags" => name_tag(entry.full_name()),
    };
    cx.add(entry.resource("Group", "AWS::EC2::SecurityGroup", properties));
}

fn target_group(entry: Bound<'_, LoadBalancer>, name: &Name, group: &TargetGroup, cx: &mut Lowering<'_>) {
    let protocol = entry.protocol_of(group);
    let check = &group.health_check;
    let check_protocol = match protocol {
        _ if check.path.is_none() => "TCP",
        Protocol::Https | Protocol::Tls => "HTTPS",
        Protocol::Http | Protocol::Tcp | Protocol::Udp => "HTTP",
    };
    let port = check.port.map_or_else(|| "traffic-port".into(), |port| Expr::from(port.to_string()));
    let matcher = check.path.is_some().then(|| check.matcher.clone().unwrap_or_else(|| "200".to_owned()));
    let target_type = match group.target_type {
        TargetType::Ip => "ip",
        TargetType::Instance => "instance",
    };
    let properties = object! {
        "VpcId" => entry.follow(&entry.network).vpc_id(),
        "TargetType" => target_type,
        "Port" => group.port.get(),
        "Protocol" => protocol.as_str(),
        "HealthCheckProtocol" => check_protocol,
        "HealthCheckPort" => port,
        "HealthCheckPath" => check.path.as_ref(),
        "HealthCheckIntervalSeconds" => check.interval.get(),
        "HealthCheckTimeoutSeconds" => check.timeout.get(),
        "HealthyThresholdCount" => check.healthy_threshold,
        "UnhealthyThresholdCount" => check.unhealthy_threshold,
        "Matcher" => matcher.map(|codes| object! { "HttpCode" => codes }),
        "TargetGroupAttributes" => group_attributes(group),
        "Tags" => name_tag(format!("{}-{name}", entry.full_name())),
    };
    cx.add(entry.resource(&format!("{name} Targets"), "AWS::ElasticLoadBalancingV2::TargetGroup", properties));
}

fn group_attributes(group: &TargetGroup) -> Option<Expr> {
    let mut attributes =
        vec![("deregistration_delay.timeout_seconds", Expr::from(group.deregistration_delay.to_string()))];
    if let Some(preserve) = group.preserve_client_ip {
        attributes.push(("preserve_client_ip.enabled", word(preserve)));
    }
    match group.stickiness {
        Stickiness::None => {}
        Stickiness::Cookie(duration) => attributes.extend([
            ("stickiness.enabled", word(true)),
            ("stickiness.type", "lb_cookie".into()),
            ("stickiness.lb_cookie.duration_seconds", duration.to_string().into()),
        ]),
        Stickiness::SourceIp => {
            attributes.extend([("stickiness.enabled", word(true)), ("stickiness.type", "source_ip".into())]);
        }
    }
    pairs(attributes)
}

fn listener(entry: Bound<'_, LoadBalancer>, name: &Name, listener: &Listener, cx: &mut Lowering<'_>) {
    let certificate = listener.certificate.as_ref().map(|certificate| entry.follow(certificate).regional_arn(entry.region()));
    let encrypted = listener.protocol.is_encrypted();
    let policy = encrypted.then(|| listener.tls_policy.clone().map_or_else(|| TLS_POLICY.into(), Expr::from));
    let idle = entry.idle_timeout.filter(|_| listener.protocol == Protocol::Tcp);
    let idle = idle.map_or_else(Vec::new, |idle| vec![("tcp.idle_timeout.seconds", idle.to_string().into())]);
    let properties = object! {
        "LoadBalancerArn" => entry.arn(),
        "Port" => listener.port.get(),
        "Protocol" => listener.protocol.as_str(),
        "SslPolicy" => policy,
        "Certificates" => certificate.map(|arn| list![object! { "CertificateArn" => arn }]),
        "DefaultActions" => list![action(entry, &listener.default)],
        "ListenerAttributes" => pairs(idle),
    };
    cx.add(entry.resource(&format!("{name} Listener"), "AWS::ElasticLoadBalancingV2::Listener", properties));
    for (rule_name, rule) in &listener.rules {
        let properties = object! {
            "ListenerArn" => entry.listener_arn(name),
            "Priority" => rule.priority,
            "Conditions" => conditions(rule),
            "Actions" => list![action(entry, &rule.action)],
        };
        let part = format!("{name} {rule_name} Rule");
        cx.add(entry.resource(&part, "AWS::ElasticLoadBalancingV2::ListenerRule", properties));
    }
}

fn conditions(rule: &Rule) -> Expr {
    let values = |values: &[String]| object! { "Values" => values.iter().collect::<Expr>() };
    let hosts = (!rule.hosts.is_empty())
        .then(|| object! { "Field" => "host-header", "HostHeaderConfig" => values(&rule.hosts) });
    let paths = (!rule.paths.is_empty())
        .then(|| object! { "Field" => "path-pattern", "PathPatternConfig" => values(&rule.paths) });
    list![hosts, paths]
}

fn action(entry: Bound<'_, LoadBalancer>, action: &Action) -> Expr {
    match action {
        Action::Forward(group) => object! { "Type" => "forward", "TargetGroupArn" => entry.target_group_arn(group) },
        Action::RedirectToHttps => object! {
            "Type" => "redirect",
            "RedirectConfig" => object! { "Protocol" => "HTTPS", "Port" => "443", "StatusCode" => "HTTP_301" },
        },
        Action::Respond(response) => object! {
            "Type" => "fixed-response",
            "FixedResponseConfig" => object! {
                "StatusCode" => response.status.to_string(),
                "ContentType" => response.body.is_some().then_some("text/plain"),
                "MessageBody" => response.body.as_ref(),
            },
        },
    }
}
