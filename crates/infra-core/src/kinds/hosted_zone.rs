//! Route 53 hosted zones, made by the stack or there before it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Network, record};
use crate::artifacts::Expr;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{DomainName, HostedZoneId};
use crate::resolve::Bound;
use crate::route;

/// A Route 53 hosted zone: an existing one, or one that the stack makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostedZone {
    /// The zone's domain.
    pub domain: DomainName,
    /// Id of a zone that exists; without it the stack makes the zone, and somebody must delegate the domain to it.
    pub existing: Option<HostedZoneId>,
    /// The networks that see the zone; naming one makes it private.
    #[serde(default)]
    pub networks: Vec<Ref<Network>>,
    /// What the zone is for.
    pub comment: Option<String>,
}

impl Kind for HostedZone {
    const SECTION: &'static str = "hosted-zones";
    const NOUN: &'static str = "hosted zone";
    const PREFIX: &'static str = "Zone";
    const EXAMPLE: &'static str = "
hosted-zones:
  main:
    domain: ${env.domain}
    existing: Z0123456789EXAMPLE0
  internal:
    domain: internal.${env.domain}
    networks: [main]
networks:
  main: { cidr: 10.20.0.0/16 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        if entry.domain.is_wildcard() {
            let title = "a hosted zone has no wildcard name";
            diags.push(Diagnostic::error("hosted-zones/wildcard", title).at(entry.at(&route!["domain"]), "a wildcard"));
        }
        record::check_zone(entry, diags);
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        cx.zone(entry.id, &entry.domain, entry.is_private(), entry.zone_id());
        if entry.existing.is_some() {
            return;
        }
        let networks: Vec<Bound<'_, Network>> = entry.spec().networks.iter().map(|network| entry.follow(network)).collect();
        let vpcs = networks.iter().map(|network| {
            object! { "VPCId" => network.vpc_id(), "VPCRegion" => network.region().to_string() }
        });
        let comment = entry.comment.clone().unwrap_or_else(|| format!("Zone {} of {}", entry.name, entry.stack_name()));
        let properties = object! {
            "Name" => entry.domain.fqdn(),
            "HostedZoneConfig" => object! { "Comment" => comment },
            "VPCs" => entry.is_private().then(|| vpcs.collect::<Expr>()),
        };
        cx.add(entry.resource("", "AWS::Route53::HostedZone", properties).retain());
        if !entry.is_private() {
            let servers = Expr::List(vec![",".into(), entry.handle("").att("NameServers")]);
            let description = format!("Name servers to which {} must be delegated", entry.domain);
            let key = format!("{}NameServers", entry.logical_id(""));
            cx.output(entry.home(), key, description, Expr::Call("Fn::Join".into(), Box::new(servers)));
        }
    }
}

impl Bound<'_, HostedZone> {
    /// Returns the zone's id.
    pub fn zone_id(&self) -> Expr {
        match &self.existing {
            Some(id) => id.to_string().into(),
            None => self.handle("").reference(),
        }
    }

    /// Returns whether only networks see the zone.
    pub fn is_private(&self) -> bool {
        !self.networks.is_empty()
    }
}
