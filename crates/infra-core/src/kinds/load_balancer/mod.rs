//! Application and Network Load Balancers with their listeners and target groups.

mod checks;
mod emit;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::existing::Given;
use super::{Certificate, Kind, Network, security_group};
use crate::artifacts::Expr;
use crate::diag::Diagnostics;
use crate::facts::hosted_zones::Service;
use crate::lower::Lowering;
use crate::model::{Ref, Regional};
use crate::names::{Cidr, Name, Port, Seconds};
use crate::resolve::Bound;

/// A load balancer: internal unless it says otherwise, and always with a security group of its own.
///
/// An API that reaches it through a VPC link opens the security group for that link; blocks of addresses are let in by
/// `allow-from`. Out of the group it reaches the network's addresses on the ports of its target groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoadBalancer {
    /// The network; an internal one stands in its private subnets, an internet-facing one in its public subnets.
    pub network: Ref<Network>,
    /// The load balancer that exists; without it one is made. Beside it, `network`, `type`, `scheme`, `listeners` and
    /// `target-groups` say how it is.
    #[serde(default)]
    pub existing: Option<ExistingLoadBalancer>,
    /// Whether it understands HTTP; cannot be changed later.
    #[serde(rename = "type")]
    pub layer: Layer,
    /// From where it can be reached; cannot be changed later.
    #[serde(default)]
    pub scheme: Scheme,
    /// Blocks of addresses that may connect to every listener.
    #[serde(default)]
    pub allow_from: Vec<Cidr>,
    /// What it listens on, by a name of your choice.
    pub listeners: BTreeMap<Name, Listener>,
    /// Where it sends traffic, by a name of your choice.
    pub target_groups: BTreeMap<Name, TargetGroup>,
    /// Whether each zone's part sends to targets of all zones; application load balancers always do.
    #[serde(default = "yes")]
    pub cross_zone: bool,
    /// Whether it must be unprotected before it can be deleted; as the environment is protected, if not set.
    pub deletion_protection: Option<bool>,
    /// How long a connection may be idle: 1 to 4,000 seconds (application, default 60), 60 to 6,000 (network, default
    /// 350). Servers must keep connections longer than this.
    pub idle_timeout: Option<Seconds>,
}

/// What a load balancer understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// HTTP: an Application Load Balancer.
    Application,
    /// Connections: a Network Load Balancer.
    Network,
}

/// From where a load balancer can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// From its network, such as through a VPC link.
    #[default]
    Internal,
    /// From the internet.
    InternetFacing,
}

/// Protocols of listeners and target groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP; application only.
    Http,
    /// HTTP over TLS; application only.
    Https,
    /// TCP; network only.
    Tcp,
    /// TLS; network only.
    Tls,
    /// UDP; network only.
    Udp,
}

impl Protocol {
    /// Returns the name as the service spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Udp => "UDP",
        }
    }

    /// Returns the kind of load balancer that speaks it.
    pub fn layer(self) -> Layer {
        match self {
            Self::Http | Self::Https => Layer::Application,
            Self::Tcp | Self::Tls | Self::Udp => Layer::Network,
        }
    }

    /// Returns whether a listener of it needs a certificate.
    pub fn is_encrypted(self) -> bool {
        match self {
            Self::Https | Self::Tls => true,
            Self::Http | Self::Tcp | Self::Udp => false,
        }
    }

    fn ip_protocol(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Http | Self::Https | Self::Tcp | Self::Tls => "tcp",
        }
    }
}

/// One port on which a load balancer listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Listener {
    /// The port.
    pub port: Port,
    /// The protocol.
    pub protocol: Protocol,
    /// The certificate of an `https` or `tls` listener.
    pub certificate: Option<Ref<Certificate, Regional>>,
    /// Name of the security policy of an `https` or `tls` listener; TLS 1.2 and 1.3 if not set.
    pub tls_policy: Option<String>,
    /// What happens to what no rule matches.
    pub default: Action,
    /// Rules by a name of your choice; application only.
    #[serde(default)]
    pub rules: BTreeMap<Name, Rule>,
}

/// What a listener does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Sends to the target group of this name.
    Forward(Name),
    /// Answers with a redirect to the same address under HTTPS on port 443; application only.
    RedirectToHttps,
    /// Answers by itself; application only.
    Respond(Response),
}

/// A fixed answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Response {
    /// The status. 200 to 299 or 400 to 599.
    pub status: u16,
    /// The body, as plain text; at most 1,024 characters.
    pub body: Option<String>,
}

/// What happens to some requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Order in which rules are tried, lowest first. 1 to 50,000, each once per listener.
    pub priority: u16,
    /// Paths such as `/v1/*`; any of them. At most 5 values with the hosts.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Hosts such as `api.example.com` or `*.example.com`; any of them.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// What happens to requests that match.
    pub action: Action,
}

/// Where a load balancer sends traffic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetGroup {
    /// Port of the targets; cannot be changed later.
    pub port: Port,
    /// Protocol of the targets: `http` or `https` behind an application, `tcp`, `tls` or `udp` behind a network load
    /// balancer; `http` and `tcp` if not set. Cannot be changed later.
    pub protocol: Option<Protocol>,
    /// What a target is; cannot be changed later.
    #[serde(default)]
    pub target_type: TargetType,
    /// How the health of a target is checked.
    #[serde(default)]
    pub health_check: HealthCheckSpec,
    /// How long a target drains before it is let go. 0 to 3,600 seconds; pods must live longer than this.
    #[serde(default = "thirty_seconds")]
    pub deregistration_delay: Seconds,
    /// Whether targets see the addresses of clients; network only. Then their security groups must let clients in.
    pub preserve_client_ip: Option<bool>,
    /// Whether a client stays with its target.
    #[serde(default)]
    pub stickiness: Stickiness,
}

/// What a target is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetType {
    /// An address, such as that of a pod.
    #[default]
    Ip,
    /// An instance.
    Instance,
}

/// How the health of a target is checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HealthCheckSpec {
    /// The path that is asked over HTTP; without it a network load balancer only connects.
    pub path: Option<String>,
    /// The port that is asked; that of the target group if not set.
    pub port: Option<Port>,
    /// Time between two checks. 5 to 300 seconds.
    pub interval: Seconds,
    /// How long an answer may take. 2 to 120 seconds, less than the interval.
    pub timeout: Seconds,
    /// Successes before a target is healthy. 2 to 10.
    pub healthy_threshold: u8,
    /// Failures before a target is unhealthy. 2 to 10.
    pub unhealthy_threshold: u8,
    /// The statuses that are healthy, such as `200`, `200,204` or `200-299`; only with a path.
    pub matcher: Option<String>,
}

/// Whether a client stays with its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stickiness {
    /// It does not.
    #[default]
    None,
    /// By a cookie of this many seconds, 1 to 604,800; application only.
    Cookie(Seconds),
    /// By the client's address; network only, and not behind a `tls` listener.
    SourceIp,
}

fn yes() -> bool {
    true
}

fn thirty_seconds() -> Seconds {
    Seconds::new(30)
}

impl Default for HealthCheckSpec {
    fn default() -> Self {
        Self {
            path: None,
            port: None,
            interval: Seconds::new(10),
            timeout: Seconds::new(5),
            healthy_threshold: 2,
            unhealthy_threshold: 2,
            matcher: None,
        }
    }
}

impl HealthCheckSpec {
    /// Starts a check over HTTP.
    pub fn http(path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }
}

impl TargetGroup {
    /// Starts a group of addresses.
    pub fn new(port: Port, health_check: HealthCheckSpec) -> Self {
        Self {
            port,
            protocol: None,
            target_type: TargetType::default(),
            health_check,
            deregistration_delay: thirty_seconds(),
            preserve_client_ip: None,
            stickiness: Stickiness::default(),
        }
    }

    /// Returns the ports on which targets are reached: for traffic, and for health checks if that is another one.
    pub fn ports(&self) -> impl Iterator<Item = Port> + use<> {
        let check = self.health_check.port.filter(|port| *port != self.port);
        std::iter::once(self.port).chain(check)
    }
}

impl Listener {
    /// Starts a listener that forwards to a target group.
    pub fn forward(port: Port, protocol: Protocol, target_group: Name) -> Self {
        let default = Action::Forward(target_group);
        Self { port, protocol, certificate: None, tls_policy: None, default, rules: BTreeMap::new() }
    }
}

impl LoadBalancer {
    /// Starts an internal load balancer.
    pub fn new(layer: Layer, network: Ref<Network>) -> Self {
        Self {
            network,
            existing: None,
            layer,
            scheme: Scheme::default(),
            allow_from: Vec::new(),
            listeners: BTreeMap::new(),
            target_groups: BTreeMap::new(),
            cross_zone: true,
            deletion_protection: None,
            idle_timeout: None,
        }
    }

    /// Returns the protocol of one of its target groups.
    pub fn protocol_of(&self, group: &TargetGroup) -> Protocol {
        group.protocol.unwrap_or(match self.layer {
            Layer::Application => Protocol::Http,
            Layer::Network => Protocol::Tcp,
        })
    }
}

impl Kind for LoadBalancer {
    const SECTION: &'static str = "load-balancers";
    const NOUN: &'static str = "load balancer";
    const PREFIX: &'static str = "LoadBalancer";
    const EXAMPLE: &'static str = "
load-balancers:
  internal:
    type: network
    network: main
    listeners:
      orders: { port: 80, protocol: tcp, default: { forward: orders } }
    target-groups:
      orders: { port: 8080, health-check: { path: /healthz/ready } }
networks:
  main: { cidr: 10.20.0.0/16 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        match &entry.spec().existing {
            Some(balancer) => checks::existing(entry, balancer, diags),
            None => checks::check(entry, diags),
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.existing.is_none() {
            emit::emit(entry, cx);
        }
    }
}

/// A load balancer that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingLoadBalancer {
    /// Its ARN.
    pub arn: Given,
    /// Its DNS name, to which records lead.
    pub dns_name: Given,
    /// Its security group, which targets let in: `sg-…`.
    pub security_group: Given,
    /// ARNs of its listeners, by their names in `listeners`.
    #[serde(default)]
    pub listeners: BTreeMap<Name, Given>,
    /// ARNs of its target groups, by their names in `target-groups`.
    #[serde(default)]
    pub target_groups: BTreeMap<Name, Given>,
}

impl<'a> Bound<'a, LoadBalancer> {
    /// Returns the load balancer's ARN.
    pub fn arn(&self) -> Expr {
        match &self.existing {
            Some(balancer) => self.given(&balancer.arn),
            None => self.handle("").reference(),
        }
    }

    /// Returns the ARN of a target group.
    pub fn target_group_arn(&self, name: &Name) -> Expr {
        if let Some(balancer) = &self.existing {
            return balancer.target_groups.get(name).map(|arn| self.given(arn)).into();
        }
        self.handle(&format!("{name} Targets")).reference()
    }

    /// Returns the ARN of a listener.
    pub fn listener_arn(&self, name: &Name) -> Expr {
        if let Some(balancer) = &self.existing {
            return balancer.listeners.get(name).map(|arn| self.given(arn)).into();
        }
        self.handle(&format!("{name} Listener")).reference()
    }

    /// Returns the id of the security group, which targets must let in.
    pub fn security_group_id(&self) -> Expr {
        if let Some(balancer) = &self.existing {
            return self.given(&balancer.security_group);
        }
        self.handle("Group").att("GroupId")
    }

    /// Returns the load balancer's end of a connection.
    pub(crate) fn side(&self) -> security_group::Side<'a> {
        security_group::Side { stack: self.stack_name(), owner: self.logical_id(""), group: self.security_group_id() }
    }

    /// Returns the DNS name that AWS gave it.
    pub fn dns_name(&self) -> Expr {
        if let Some(balancer) = &self.existing {
            return self.given(&balancer.dns_name);
        }
        self.handle("").att("DNSName")
    }

    /// Returns the id of the hosted zone of its DNS name, for aliases.
    pub fn zone_id(&self) -> Expr {
        self.handle("").att("CanonicalHostedZoneID")
    }

    /// Returns what it is as the target of an alias.
    pub fn service(&self) -> Service {
        match self.layer {
            Layer::Application => Service::Alb,
            Layer::Network => Service::Nlb,
        }
    }

    /// Returns the name as metrics know it, such as `net/shop/50dc6c495c0c9188`.
    pub fn metric_name(&self) -> Expr {
        if let Some(balancer) = &self.existing {
            return match &balancer.arn {
                Given::Literal(arn) => arn.split(":loadbalancer/").nth(1).unwrap_or_default().to_owned().into(),
                Given::SsmParameter(_) | Given::Raw(_) => Expr::part(1, ":loadbalancer/", self.arn()),
            };
        }
        self.handle("").att("LoadBalancerFullName")
    }

    /// Returns the name of a target group as metrics know it.
    pub fn target_group_metric_name(&self, name: &Name) -> Expr {
        if let Some(balancer) = &self.existing {
            return balancer.target_groups.get(name).map(|arn| self.given_arn_part(arn, 5)).into();
        }
        self.handle(&format!("{name} Targets")).att("TargetGroupFullName")
    }
}

#[cfg(test)]
mod tests;
