//! Subnets, routes and security groups of the view.

use super::{Prop, Resource, View};

/// A rule of a security group that lets traffic in.
#[derive(Clone, Copy, Debug)]
pub struct Ingress<'v> {
    /// The rule: an item of `SecurityGroupIngress`, or the properties of a resource of its own.
    pub rule: Prop<'v>,
}

impl<'v> Ingress<'v> {
    /// Returns whether the rule lets traffic to a port in.
    ///
    /// What is not known counts as letting it in.
    pub fn admits(&self, port: i64) -> bool {
        let number = |key| self.rule.key(key).map(|prop| prop.int());
        match (number("FromPort"), number("ToPort")) {
            (Some(Some(from)), Some(Some(to))) => from == -1 || (from..=to).contains(&port),
            (_, _) => true,
        }
    }

    /// Returns whether the traffic may come from anywhere.
    pub fn from_anywhere(&self) -> bool {
        self.rule.key("CidrIp").is_some_and(|cidr| cidr.is("0.0.0.0/0"))
            || self.rule.key("CidrIpv6").is_some_and(|cidr| cidr.is("::/0"))
    }

    /// Returns whether the source is certainly none of `groups`: it is another security group of the view.
    pub fn excludes(&self, groups: &[Resource<'v>]) -> bool {
        self.rule
            .key("SourceSecurityGroupId")
            .and_then(|source| source.resource_of("AWS::EC2::SecurityGroup"))
            .is_some_and(|source| !groups.contains(&source))
    }
}

impl<'v> View<'v> {
    /// Returns what lets traffic into a security group that is made here, with the rules that are resources.
    pub fn ingress(&'v self, group: &Resource<'v>) -> Vec<Ingress<'v>> {
        let mut rules: Vec<Ingress<'v>> = group.each("SecurityGroupIngress").map(|rule| Ingress { rule }).collect();
        let own = group.referrers_of("AWS::EC2::SecurityGroupIngress");
        let group = *group;
        rules.extend(
            own.filter(|rule| rule.get("GroupId").and_then(|id| id.resource()) == Some(group))
                .map(|rule| Ingress { rule: rule.properties() }),
        );
        rules
    }
}

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
