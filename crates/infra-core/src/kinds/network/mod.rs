//! Networks: a VPC with public, private and isolated subnets in two or three zones.

mod checks;
mod emit;
mod existing;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::existing::ExistingNetwork;
pub(in crate::kinds) use self::existing::wants;
use super::Kind;
use crate::artifacts::{Expr, Handle};
use crate::diag::Diagnostics;
use crate::lower::Lowering;
use crate::names::Cidr;
use crate::resolve::Bound;

/// A VPC with three tiers of subnets in each zone.
///
/// Of the block, each zone's private subnet gets a quarter; the last quarter is cut into eighths, four for the public
/// and four for the isolated subnets. The layout is the same for two and for three zones, so a zone can be added later.
///
/// CloudFormation cannot take away the rules of a VPC's default security group, which lets its members talk to each
/// other: nothing that is made here uses it, and AWS Config's `vpc-default-security-group-closed` or a script must
/// empty it where that is a requirement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// The addresses: a block of /16 to /22, or that of the VPC that exists. Cannot be changed later; must not overlap with
    /// networks it shall talk to.
    pub cidr: Cidr,
    /// The VPC that exists, such as that of a landing zone; without it one is made. Beside it stands `cidr` alone.
    #[serde(default)]
    pub existing: Option<ExistingNetwork>,
    /// Number of zones. 2 or 3.
    #[serde(default = "three")]
    pub zones: u8,
    /// The zones by id, such as `use1-az1`, one for each; without it the first zones of the region in the account.
    #[serde(default)]
    pub zone_ids: Vec<String>,
    /// How private subnets reach the internet.
    #[serde(default)]
    pub nat: Nat,
    /// Ways to AWS services that do not leave the network.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// Record of the connections.
    #[serde(default)]
    pub flow_logs: FlowLogs,
}

/// Which subnets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Reachable from the internet: for internet-facing load balancers and NAT gateways.
    Public,
    /// Reaches the internet through NAT and is not reachable from there: for workloads.
    #[default]
    Private,
    /// Neither reaches the internet nor is reached from there: for data stores.
    Isolated,
}

impl Tier {
    /// Every tier.
    pub const ALL: [Self; 3] = [Self::Public, Self::Private, Self::Isolated];

    /// Returns the word in names and logical ids.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Isolated => "isolated",
        }
    }
}

/// How private subnets reach the internet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Nat {
    /// Through a NAT gateway of their own zone: the loss of a zone stays in the zone.
    #[default]
    PerZone,
    /// Through one NAT gateway: cheaper; the loss of its zone cuts off all.
    Single,
    /// Not at all: AWS is reached through endpoints only.
    None,
}

/// Ways to AWS services that do not leave the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Endpoints {
    /// Services behind gateway endpoints, which cost nothing; for private and isolated subnets.
    pub gateway: Vec<GatewayService>,
    /// Services behind interface endpoints, such as `ecr.api`, `logs` or `sts`; each is paid by the hour and zone.
    pub interface: Vec<String>,
}

/// Services that have gateway endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayService {
    /// S3.
    S3,
    /// DynamoDB.
    Dynamodb,
}

impl GatewayService {
    /// Returns the word in the service's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Dynamodb => "dynamodb",
        }
    }
}

/// Record of the connections in `CloudWatch` Logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FlowLogs {
    /// Whether connections are recorded.
    pub enabled: bool,
    /// Which connections.
    pub traffic: Traffic,
    /// How long the records are kept. In days, as `CloudWatch` Logs offers them: 1, 3, 5, 7, 14, 30, 60, 90, …, 3,653.
    pub retention_days: u32,
}

/// Which connections are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// All.
    #[default]
    All,
    /// Those that a security group or network ACL let through.
    Accepted,
    /// Those that were refused.
    Rejected,
}

fn three() -> u8 {
    3
}

impl Default for Endpoints {
    fn default() -> Self {
        Self { gateway: vec![GatewayService::S3, GatewayService::Dynamodb], interface: Vec::new() }
    }
}

impl Default for FlowLogs {
    fn default() -> Self {
        Self { enabled: true, traffic: Traffic::All, retention_days: 30 }
    }
}

impl Network {
    /// Starts a network of three zones.
    pub fn new(cidr: Cidr) -> Self {
        Self {
            cidr,
            existing: None,
            zones: three(),
            zone_ids: Vec::new(),
            nat: Nat::default(),
            endpoints: Endpoints::default(),
            flow_logs: FlowLogs::default(),
        }
    }
}

impl Kind for Network {
    const SECTION: &'static str = "networks";
    const NOUN: &'static str = "network";
    const PREFIX: &'static str = "Network";
    const EXAMPLE: &'static str = "
networks:
  main:
    cidr: 10.20.0.0/16
    nat: single
    endpoints:
      interface: [ecr.api, ecr.dkr, sqs, sts]
    flow-logs: { retention-days: 14 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        match &entry.spec().existing {
            Some(existing) => existing::check(entry, existing, diags),
            None => checks::check(entry, diags),
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.existing.is_none() {
            emit::emit(entry, cx);
        }
    }
}

impl Bound<'_, Network> {
    /// Returns the VPC's id.
    pub fn vpc_id(&self) -> Expr {
        match &self.existing {
            Some(existing) => self.given(&existing.vpc),
            None => self.handle("").reference(),
        }
    }

    /// Returns the ids of the subnets of a tier, one for each zone.
    pub fn subnet_ids(&self, tier: Tier) -> Vec<Expr> {
        if let Some(existing) = &self.existing {
            return existing.of(tier).iter().map(|subnet| self.given(subnet)).collect();
        }
        self.zone_numbers().map(|zone| self.subnet(tier, zone).reference()).collect()
    }

    /// Returns the blocks of the subnets of a tier, one for each zone; that of the whole network where it exists, because
    /// those of its subnets are not known.
    pub fn subnet_cidrs(&self, tier: Tier) -> Vec<Cidr> {
        if self.existing.is_some() {
            return vec![self.cidr];
        }
        self.zone_numbers().filter_map(|zone| self.block(tier, zone)).collect()
    }

    /// Returns all addresses of the network.
    pub fn range(&self) -> Cidr {
        self.cidr
    }

    /// Returns the ids of the route tables of a tier.
    pub fn route_table_ids(&self, tier: Tier) -> Vec<Expr> {
        self.route_tables(tier).iter().map(Handle::reference).collect()
    }

    /// Returns what must be there before anything in the subnets of a tier can reach the internet, or be reached.
    ///
    /// For `Resource::after`: a load balancer that faces the internet fails before the gateway is attached, and nodes
    /// that start before the routes exist never join. Isolated subnets have none.
    pub fn routes(&self, tier: Tier) -> Vec<Handle> {
        if self.existing.is_some() {
            return Vec::new();
        }
        match (tier, self.nat) {
            (Tier::Public, Nat::PerZone | Nat::Single | Nat::None) => vec![self.handle("PublicRoute")],
            (Tier::Private, Nat::PerZone | Nat::Single) => {
                self.zone_numbers().map(|zone| self.handle(&format!("PrivateRoute{zone}"))).collect()
            }
            (Tier::Private, Nat::None) | (Tier::Isolated, Nat::PerZone | Nat::Single | Nat::None) => Vec::new(),
        }
    }

    /// Returns the security group of the interface endpoints, if there are any.
    pub fn endpoint_security_group_id(&self) -> Option<Expr> {
        (!self.endpoints.interface.is_empty()).then(|| self.handle("EndpointGroup").att("GroupId"))
    }

    fn zone_numbers(&self) -> impl Iterator<Item = u8> + use<> {
        1..=self.zones
    }

    fn subnet(&self, tier: Tier, zone: u8) -> Handle {
        self.handle(&format!("{} Subnet {zone}", tier.as_str()))
    }

    /// Private subnets have a table each, because each may have a NAT gateway of its own.
    fn route_tables(&self, tier: Tier) -> Vec<Handle> {
        match tier {
            Tier::Public => vec![self.handle("PublicRoutes")],
            Tier::Private => self.zone_numbers().map(|zone| self.handle(&format!("PrivateRoutes{zone}"))).collect(),
            Tier::Isolated => vec![self.handle("IsolatedRoutes")],
        }
    }

    fn block(&self, tier: Tier, zone: u8) -> Option<Cidr> {
        let index = usize::from(zone).checked_sub(1)?;
        let mut quarters = self.cidr.subnets(self.cidr.prefix_len().saturating_add(2));
        let eighth = |quarter: Cidr, nth| quarter.subnets(quarter.prefix_len().saturating_add(3)).nth(nth);
        match tier {
            Tier::Public => eighth(quarters.nth(3)?, index),
            Tier::Isolated => eighth(quarters.nth(3)?, 4 + index),
            Tier::Private => quarters.nth(index),
        }
    }
}

#[cfg(test)]
mod tests;
