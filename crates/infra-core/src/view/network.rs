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
