//! What a security group lets in.

use super::{Prop, Resource};

/// One ingress rule of a security group.
#[derive(Clone, Copy, Debug)]
pub struct Ingress<'v>(pub Prop<'v>);

impl<'v> Resource<'v> {
    /// Returns the ingress rules of a security group: its own, and those that are resources.
    pub fn ingress(&self) -> Vec<Ingress<'v>> {
        let apart = self.referrers_of("AWS::EC2::SecurityGroupIngress").filter(|rule| {
            ["GroupId", "GroupName"].iter().any(|key| rule.get(key).and_then(|it| it.resource()) == Some(*self))
        });
        let own = self.each("SecurityGroupIngress").map(Ingress);
        own.chain(apart.map(|rule| Ingress(rule.properties()))).collect()
    }
}

impl<'v> Ingress<'v> {
    /// Returns whether the rule covers a TCP port, or whether that is not known.
    pub fn covers(&self, port: i64) -> bool {
        let Some(protocol) = self.0.get("IpProtocol").and_then(|protocol| protocol.text()) else { return true };
        match protocol.as_ref() {
            "-1" => true,
            "tcp" | "6" => {
                let bound = |key: &str| self.0.get(key).map(|bound| bound.int());
                let (Some(from), Some(to)) = (bound("FromPort"), bound("ToPort")) else { return true };
                from.is_none_or(|from| from <= port) && to.is_none_or(|to| port <= to)
            }
            _ => false,
        }
    }

    /// Returns the security group that may enter, if the rule names one of the view.
    pub fn group(&self) -> Option<Resource<'v>> {
        self.0.get("SourceSecurityGroupId")?.resource_of("AWS::EC2::SecurityGroup")
    }

    /// Returns whether the rule lets addresses in, or something else that is no security group of the view.
    pub fn is_open_to_others(&self) -> bool {
        self.group().is_none()
    }
}
