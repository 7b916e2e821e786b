//! What a security group lets in.

use super::{Prop, Resource};

/// One ingress rule of a security group.
#[derive(Clone, Copy, Debug)]
pub struct Ingress<'v> {
    /// The rule: an item of `SecurityGroupIngress`, or the properties of a resource of its own.
    pub rule: Prop<'v>,
}

impl<'v> Resource<'v> {
    /// Returns the ingress rules of a security group: its own, and those that are resources.
    pub fn ingress(&self) -> Vec<Ingress<'v>> {
        let apart = self.referrers_of("AWS::EC2::SecurityGroupIngress").filter(|rule| {
            ["GroupId", "GroupName"].iter().any(|key| rule.get(key).and_then(|it| it.resource()) == Some(*self))
        });
        let own = self.each("SecurityGroupIngress").map(|rule| Ingress { rule });
        own.chain(apart.map(|rule| Ingress { rule: rule.properties() })).collect()
    }
}

impl<'v> Ingress<'v> {
    /// Returns whether the rule lets TCP traffic to a port in; what is not known does.
    pub fn admits(&self, port: i64) -> bool {
        let Some(protocol) = self.rule.get("IpProtocol").and_then(|protocol| protocol.text()) else { return true };
        match protocol.as_ref() {
            "-1" => true,
            "tcp" | "6" => {
                let bound = |key: &str| self.rule.get(key).map(|bound| bound.int());
                let (Some(from), Some(to)) = (bound("FromPort"), bound("ToPort")) else { return true };
                from.is_none_or(|from| from <= port) && to.is_none_or(|to| port <= to)
            }
            _ => false,
        }
    }

    /// Returns the security group that may enter, if the rule names one of the view.
    pub fn group(&self) -> Option<Resource<'v>> {
        self.rule.get("SourceSecurityGroupId")?.resource_of("AWS::EC2::SecurityGroup")
    }

    /// Returns whether the traffic may come from anywhere.
    pub fn from_anywhere(&self) -> bool {
        self.rule.key("CidrIp").is_some_and(|cidr| cidr.is("0.0.0.0/0"))
            || self.rule.key("CidrIpv6").is_some_and(|cidr| cidr.is("::/0"))
    }

    /// Returns whether the source is certainly none of `groups`: it is another security group of the view.
    pub fn excludes(&self, groups: &[Resource<'v>]) -> bool {
        self.group().is_some_and(|source| !groups.contains(&source))
    }

    /// Returns whether the rule lets addresses in, or something else that is no security group of the view.
    pub fn is_open_to_others(&self) -> bool {
        self.group().is_none()
    }
}
