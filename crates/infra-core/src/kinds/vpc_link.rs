//! VPC links: how APIs reach load balancers inside a network.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::network::{self, Tier};
use super::{Kind, Network, check, security_group};
use crate::artifacts::Expr;
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::vpc_links;
use crate::lower::{Lowering, name_tag};
use crate::model::Ref;
use crate::resolve::Bound;
use crate::route;

/// A VPC link (version 2) in the private subnets of a network.
///
/// Its security group lets it connect to the listeners that APIs use, and to nothing else. Subnets and groups of a link
/// cannot be changed: CloudFormation makes a new one and moves the APIs over. After 60 days without traffic a link
/// falls asleep, and requests fail for minutes when traffic returns: keep a link of a standby region busy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VpcLink {
    /// The network; that of the load balancers.
    pub network: Ref<Network>,
}

impl Kind for VpcLink {
    const SECTION: &'static str = "vpc-links";
    const NOUN: &'static str = "VPC link";
    const PREFIX: &'static str = "VpcLink";
    const EXAMPLE: &'static str = "
vpc-links:
  main: { network: main }
networks:
  main: { cidr: 10.20.0.0/16 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        let network = entry.follow(&entry.network);
        check::same_region(entry, diags, &route!["network"], network);
        network::wants(entry, diags, &route!["network"], network, (Tier::Private, 1));
        if network.existing.is_none() {
            zones(entry, network, diags);
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let network = entry.follow(&entry.network);
        let group = object! {
            "GroupDescription" => format!("VPC link {}", entry.full_name()),
            "VpcId" => network.vpc_id(),
            "SecurityGroupEgress" => security_group::nothing(),
            "Tags" => name_tag(format!("{}-link", entry.full_name())),
        };
        cx.add(entry.resource("Group", "AWS::EC2::SecurityGroup", group));
        let properties = object! {
            "Name" => entry.full_name(),
            "SubnetIds" => network.subnet_ids(Tier::Private),
            "SecurityGroupIds" => vec![entry.security_group_id()],
        };
        cx.add(entry.resource("", "AWS::ApiGatewayV2::VpcLink", properties));
    }
}

fn zones(entry: Bound<'_, VpcLink>, network: Bound<'_, Network>, diags: &mut Diagnostics) {
    let Some(zones) = vpc_links::zones(entry.region().as_str()) else { return };
    let note = format!("the link would fail, or never become available: {}", vpc_links::SOURCE);
    let help = format!("list zones in `zone-ids` of the network, out of {}", crate::resolve::list(zones.iter().copied()));
    if network.zone_ids.is_empty() {
        diags.push(
            Diagnostic::warning("vpc-links/zones", format!("not every zone of {} takes a VPC link", entry.region()))
                .at(entry.at(&route!["network"]), "names no zones: the account's first ones are taken")
                .note(note)
                .help(help),
        );
        return;
    }
    for (index, zone) in network.zone_ids.iter().enumerate() {
        if !zones.contains(&zone.as_str()) {
            diags.push(
                Diagnostic::error("vpc-links/zones", format!("zone `{zone}` takes no VPC link"))
                    .at(network.at(&route!["zone-ids", index]), "this zone")
                    .also(entry.at(&route!["network"]), "the link stands in every zone of the network")
                    .note(note.clone())
                    .help(help.clone()),
            );
        }
    }
}

impl<'a> Bound<'a, VpcLink> {
    /// Returns the link's id.
    pub fn link_id(&self) -> Expr {
        self.handle("").reference()
    }

    /// Returns the id of the link's security group.
    pub fn security_group_id(&self) -> Expr {
        self.handle("Group").att("GroupId")
    }

    /// Returns the link's end of a connection.
    pub(crate) fn side(&self) -> security_group::Side<'a> {
        security_group::Side { stack: self.stack_name(), owner: self.logical_id(""), group: self.security_group_id() }
    }
}

#[cfg(test)]
mod tests {
    use crate::kinds::testing::{properties, report};
    use insta::assert_snapshot;

    #[test]
    fn a_link_stands_in_private_subnets_and_connects_to_nothing_by_itself() {
        assert_snapshot!(properties(super::VpcLink::EXAMPLE, "VpcLinkMain"), @r"
        Name: shop-dev-main
        SubnetIds:
        - Ref: NetworkMainPrivateSubnet1
        - Ref: NetworkMainPrivateSubnet2
        - Ref: NetworkMainPrivateSubnet3
        SecurityGroupIds:
        - Fn::GetAtt:
          - VpcLinkMainGroup
          - GroupId
        ");
        assert!(properties(super::VpcLink::EXAMPLE, "VpcLinkMainGroup").contains("255.255.255.255/32"));
    }

    #[test]
    fn zones_without_links_are_reported() {
        let yaml = "
region: us-east-1
vpc-links: { a: { network: a }, b: { network: b } }
networks:
  a: { cidr: 10.20.0.0/16, zones: 2, zone-ids: [use1-az1, use1-az3] }
  b: { cidr: 10.21.0.0/16 }
";
        assert_snapshot!(report(yaml), @r"
        vpc-links/zones: not every zone of us-east-1 takes a VPC link <- `b` names no zones: the account's first ones are taken
        vpc-links/zones: zone `use1-az3` takes no VPC link <- `use1-az3` this zone
        ");
    }

    use crate::kinds::Kind;
}
