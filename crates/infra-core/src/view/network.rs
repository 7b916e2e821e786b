//! Subnets, routes and security groups of the view.

use super::{Prop, Resource};

impl<'v> Resource<'v> {
    /// Returns the security groups below `path`, if all of them are made here.
    pub fn security_groups(&self, path: &str) -> Option<Vec<Resource<'v>>> {
        let groups: Option<Vec<Resource<'v>>> =
            self.each(path).map(|group| group.resource_of("AWS::EC2::SecurityGroup")).collect();
        groups.filter(|groups| !groups.is_empty())
    }

    /// Returns the route table of a subnet, if both are made here.
    pub fn route_table(&self) -> Option<Resource<'v>> {
        let this = *self;
        let mut associations = self
            .referrers_of("AWS::EC2::SubnetRouteTableAssociation")
            .filter(|it| it.get("SubnetId").and_then(|subnet| subnet.resource()) == Some(this));
        associations.next()?.get("RouteTableId")?.resource_of("AWS::EC2::RouteTable")
    }

    /// Returns whether a route table has a way out of the network: a default route or one that is not known.
    pub fn leads_out(&self) -> bool {
        self.referrers_of("AWS::EC2::Route").any(|route| {
            let known = route.get("DestinationCidrBlock").and_then(|block| block.text());
            known.is_none_or(|block| block == "0.0.0.0/0")
        })
    }
}

/// Returns the zone of subnets that certainly all lie in one.
///
/// Their `AvailabilityZone` must be the same text or the same expression of one stack.
pub fn single_zone<'v>(subnets: impl Iterator<Item = Prop<'v>>) -> Option<Prop<'v>> {
    let zones: Option<Vec<Prop<'v>>> = subnets
        .map(|subnet| {
            let subnet = subnet.resource_of("AWS::EC2::Subnet")?;
            subnet.get("AvailabilityZone").or_else(|| subnet.get("AvailabilityZoneId"))
        })
        .collect();
    let zones = zones?;
    let first = *zones.first()?;
    zones.iter().all(|zone| zone.is_same(&first)).then_some(first)
}

/// The way that traffic for the internet takes out of a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOut<'v> {
    /// Through an internet gateway: whatever has a public address can be reached and can reach others.
    Internet,
    /// Through a NAT gateway, if it is one of the view.
    Nat(Option<Resource<'v>>),
    /// Through something else, such as a transit gateway.
    Other,
    /// There is none.
    None,
    /// Not known.
    Unknown,
}

impl<'v> Resource<'v> {
    /// Returns the way out of a subnet.
    pub fn way_out(&self) -> WayOut<'v> {
        let this = *self;
        let mut tables = self
            .referrers_of("AWS::EC2::SubnetRouteTableAssociation")
            .filter(|it| it.get("SubnetId").and_then(|subnet| subnet.resource()) == Some(this))
            .peekable();
        if tables.peek().is_none() {
            // The main table of a network that is made here leads nowhere else.
            let own = self.get("VpcId").is_some_and(|network| network.resource_of("AWS::EC2::VPC").is_some());
            let elsewhere = self
                .view()
                .of("AWS::EC2::SubnetRouteTableAssociation")
                .any(|it| it.get("SubnetId").is_none_or(|subnet| subnet.resource().is_none() && !subnet.is_known()));
            // A route of a table that is not made here may be one of the main table.
            let of_main = self.view().of("AWS::EC2::Route").any(|route| {
                route.get("RouteTableId").is_none_or(|table| table.resource_of("AWS::EC2::RouteTable").is_none())
            });
            return if own && !elsewhere && !of_main { WayOut::None } else { WayOut::Unknown };
        }
        let table = tables.next().and_then(|it| it.get("RouteTableId")?.resource_of("AWS::EC2::RouteTable"));
        table.map_or(WayOut::Unknown, |table| way_of(&table))
    }

    /// Returns the network of a subnet, group or endpoint, if it is one of the view.
    pub fn network(&self) -> Option<Resource<'v>> {
        self.get("VpcId")?.resource_of("AWS::EC2::VPC")
    }
}

fn way_of<'v>(table: &Resource<'v>) -> WayOut<'v> {
    let mut way = WayOut::None;
    for route in table.referrers_of("AWS::EC2::Route") {
        if route.get("DestinationIpv6CidrBlock").is_some() {
            continue;
        }
        let is_default = match route.get("DestinationCidrBlock").map(|block| block.text()) {
            Some(None) => return WayOut::Unknown,
            Some(Some(block)) => block == "0.0.0.0/0",
            None => false,
        };
        let found = way_through(&route);
        if found == WayOut::Unknown {
            return found;
        }
        // A way to some of what is outside is one, but for NAT gateways: the rest may be meant to be out of reach.
        if is_default || (way == WayOut::None && !matches!(found, WayOut::Nat(_))) {
            way = found;
        }
    }
    way
}

fn way_through<'v>(route: &Resource<'v>) -> WayOut<'v> {
    if let Some(nat) = route.get("NatGatewayId") {
        return WayOut::Nat(nat.resource_of("AWS::EC2::NatGateway"));
    }
    let Some(gateway) = route.get("GatewayId") else { return WayOut::Other };
    match gateway.resource() {
        Some(gateway) if gateway.kind() == "AWS::EC2::InternetGateway" => WayOut::Internet,
        None if gateway.text().is_some_and(|id| id.starts_with("igw-")) => WayOut::Internet,
        None if gateway.text().is_none() => WayOut::Unknown,
        Some(_) | None => WayOut::Other,
    }
}
