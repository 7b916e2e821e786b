//! A VPC that exists: what must be known of it, and what entries want of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Network, Tier};
use crate::diag::{Diagnostic, Diagnostics};
use crate::kinds::Kind;
use crate::kinds::existing::{self, Given};
use crate::resolve::Bound;
use crate::route;
use crate::source::Route;

/// A VPC that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingNetwork {
    /// Id of the VPC: `vpc-…`.
    pub vpc: Given,
    /// Ids of its subnets by tier, one for each zone: `subnet-…`. Load balancers, clusters and data stores want two zones.
    #[serde(default)]
    pub subnets: BTreeMap<Tier, Vec<Given>>,
}

impl ExistingNetwork {
    /// Starts a VPC that exists, of which no subnet is known yet.
    pub fn new(vpc: impl Into<Given>) -> Self {
        Self { vpc: vpc.into(), subnets: BTreeMap::new() }
    }

    /// Returns the subnets of a tier.
    pub(super) fn of(&self, tier: Tier) -> &[Given] {
        self.subnets.get(&tier).map_or(&[], Vec::as_slice)
    }
}

impl Network {
    /// Stands for a VPC that exists; `cidr` is its block.
    pub fn existing(cidr: crate::names::Cidr, existing: ExistingNetwork) -> Self {
        Self { existing: Some(existing), ..Self::new(cidr) }
    }
}

pub(super) fn check(entry: Bound<'_, Network>, vpc: &ExistingNetwork, diags: &mut Diagnostics) {
    existing::only(entry, diags, &["cidr"]);
    existing::starts(entry, diags, &route!["existing", "vpc"], &vpc.vpc, "vpc-");
    for (tier, subnets) in &vpc.subnets {
        for (index, subnet) in subnets.iter().enumerate() {
            let at = route!["existing", "subnets", tier.as_str(), index];
            existing::starts(entry, diags, &at, subnet, "subnet-");
            if subnets.iter().take(index).any(|earlier| earlier == subnet) {
                diags.push(
                    Diagnostic::error("networks/subnet-twice", "a subnet is listed twice")
                        .at(entry.at(&at), "again")
                        .help("list the subnet of each zone once"),
                );
            }
        }
    }
}

/// Reports that an entry wants subnets of a tier in `zones` zones of which a network that exists tells fewer.
pub(in crate::kinds) fn wants<K: Kind>(
    entry: Bound<'_, K>,
    diags: &mut Diagnostics,
    route: &Route,
    network: Bound<'_, Network>,
    (tier, zones): (Tier, usize),
) {
    let Some(vpc) = &network.spec().existing else { return };
    let known = vpc.of(tier).len();
    if known >= zones {
        return;
    }
    let word = tier.as_str();
    let number = if zones == 1 { "one".to_owned() } else { format!("{zones}, each in a zone of its own") };
    let title = match known {
        0 => format!("network `{}` exists, and no {word} subnet of it is known", network.name),
        _ => format!("network `{}` exists, and only {known} {word} subnet of it is known", network.name),
    };
    diags.push(
        Diagnostic::error("networks/unknown-subnets", title)
            .at(entry.at(route), format!("a {} needs {number}", K::NOUN))
            .also(network.at(&route!["existing"]), "the network")
            .help(format!("add them to the network: `existing: {{ subnets: {{ {word}: [subnet-…, subnet-…] }} }}`")),
    );
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::kinds::testing::{compile, ids, json, properties, report};

    const VPC: &str = "
networks:
  main:
    cidr: 10.1.0.0/16
    existing:
      vpc: vpc-0a1b2c3d4e5f60718
      subnets:
        private: [subnet-0aa0000000000000a, subnet-0bb0000000000000b]
        isolated: [{ ssm-parameter: /landing/isolated/a }, { ssm-parameter: /landing/isolated/b }]
";

    #[test]
    fn nothing_is_made_of_a_network_that_exists_and_what_stands_in_it_names_its_subnets() {
        let yaml = format!("{VPC}vpc-links: {{ main: {{ network: main }} }}\n");
        let template = json(&compile(&yaml), "stacks/example.eu-west-1.template.json");
        assert_eq!(ids(&template), ["VpcLinkMainGroup", "VpcLinkMain"]);
        assert!(properties(&yaml, "VpcLinkMain").contains("- subnet-0aa0000000000000a\n- subnet-0bb0000000000000b\n"));
        assert!(properties(&yaml, "VpcLinkMainGroup").contains("VpcId: vpc-0a1b2c3d4e5f60718\n"));
    }

    #[test]
    fn subnets_from_parameters_are_parameters_of_the_template() {
        let yaml = format!("{VPC}databases: {{ orders: {{ network: main }} }}\n");
        assert_snapshot!(properties(&yaml, "DatabaseOrdersSubnets"), @"
        DBSubnetGroupDescription: Isolated subnets of network main
        SubnetIds:
        - Ref: SsmLandingIsolatedA
        - Ref: SsmLandingIsolatedB
        ");
    }

    #[test]
    fn subnets_that_nobody_knows_are_missed_where_they_are_wanted() {
        let yaml = VPC.replace(", { ssm-parameter: /landing/isolated/b }", "") + "
databases: { orders: { network: main } }
load-balancers:
  front:
    type: application
    scheme: internet-facing
    allow-from: [0.0.0.0/0]
    network: main
    listeners: { web: { port: 80, protocol: http, default: { forward: web } } }
    target-groups: { web: { port: 8080 } }
";
        let found = report(&yaml);
        let found: Vec<&str> = found.lines().filter(|line| line.contains("unknown-subnets")).collect();
        assert_snapshot!(found.join("\n"), @"
        networks/unknown-subnets: network `main` exists, and only 1 isolated subnet of it is known <- `main` a database needs 2, each in a zone of its own
        networks/unknown-subnets: network `main` exists, and no public subnet of it is known <- `main` a load balancer needs 2, each in a zone of its own
        ");
    }

    #[test]
    fn ids_have_their_form_and_stand_once() {
        let yaml = VPC.replace("vpc-0a1b2c3d4e5f60718", "main").replace("subnet-0bb0000000000000b", "subnet-0aa0000000000000a")
            + "vpc-links: { main: { network: main } }\n";
        assert_snapshot!(report(&yaml), @"
        existing/malformed: this must start with `vpc-` <- `main` not an id of that type
        networks/subnet-twice: a subnet is listed twice <- `subnet-0aa0000000000000a` again
        ");
        let yaml = VPC.replace("    cidr:", "    nat: none\n    cidr:") + "vpc-links: { main: { network: main } }\n";
        assert_snapshot!(report(&yaml), @"existing/not-made: a network that exists is not made as `nat` says <- `none` has no effect");
    }
}
