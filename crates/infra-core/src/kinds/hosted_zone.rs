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

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{
        compile, compile_stacks, ids, json, properties, properties_in, report, report_stacks, template,
    };

    #[test]
    fn a_zone_of_our_own_stays_and_says_which_servers_to_delegate_to() {
        let template = template("hosted-zones: { main: { domain: '${env.domain}' } }\n");
        assert_eq!(template["Resources"]["ZoneMain"]["DeletionPolicy"], "Retain");
        assert_snapshot!(serde_yaml::to_string(&template).unwrap(), @"
        AWSTemplateFormatVersion: 2010-09-09
        Description: Stack example of shop (dev)
        Resources:
          ZoneMain:
            Type: AWS::Route53::HostedZone
            DeletionPolicy: Retain
            UpdateReplacePolicy: Retain
            Properties:
              Name: dev.example.com.
              HostedZoneConfig:
                Comment: Zone main of example
        Outputs:
          ZoneMainNameServers:
            Description: Name servers to which dev.example.com must be delegated
            Value:
              Fn::Join:
              - ','
              - Fn::GetAtt:
                - ZoneMain
                - NameServers
          ZoneMainRef:
            Description: Ref of ZoneMain
            Value:
              Ref: ZoneMain
        ");
    }

    #[test]
    fn an_existing_zone_makes_nothing() {
        let yaml = "hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }\n";
        let assembly = compile(yaml);
        assert_eq!(assembly.summary.resources, 0);
        assert_snapshot!(json(&assembly, "manifest.json")["zones"], @r#"[{"domain":"dev.example.com","private":false,"id":"Z0123456789EXAMPLE0","records":0}]"#);
    }

    #[test]
    fn networks_make_a_zone_private_and_nobody_delegates_to_it() {
        assert_snapshot!(properties(HostedZone::EXAMPLE, "ZoneInternal"), @"
        Name: internal.dev.example.com.
        HostedZoneConfig:
          Comment: Zone internal of example
        VPCs:
        - VPCId:
            Ref: NetworkMain
          VPCRegion: eu-west-1
        ");
        assert!(template(HostedZone::EXAMPLE)["Outputs"].get("ZoneInternalNameServers").is_none());
    }

    #[test]
    fn a_network_of_another_stack_brings_its_region() {
        let assembly = compile_stacks(&[
            ("dns", "hosted-zones: { in: { domain: 'in.${env.domain}', networks: [net.main] } }\n"),
            ("net", "region: eu-central-1\nnetworks: { main: { cidr: 10.20.0.0/16 } }\n"),
        ]);
        let text = properties_in(&assembly, "stacks/dns.eu-west-1.template.json", "ZoneIn");
        assert!(text.contains("Ref: NetNetworkMainRef\n  VPCRegion: eu-central-1\n"), "{text}");
        assert_eq!(ids(&json(&assembly, "stacks/dns.eu-west-1.template.json")), ["ZoneIn"]);
    }

    #[test]
    fn records_of_an_existing_zone_name_its_id() {
        let yaml = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
records: { a: { zone: main, name: 'a.${env.domain}', values: { a: [192.0.2.1] } } }
";
        let manifest = json(&compile(yaml), "manifest.json");
        assert_eq!(manifest["zones"][0]["id"], "Z0123456789EXAMPLE0");
        assert_eq!(manifest["zones"][0]["batch"], "dns/dev.example.com.change-batch.json");
    }

    #[test]
    fn a_zone_has_no_wildcard_name() {
        assert_snapshot!(report("hosted-zones: { main: { domain: '*.${env.domain}' } }\n"), @"hosted-zones/wildcard: a hosted zone has no wildcard name <- `'*.${env.domain}'` a wildcard");
    }

    #[test]
    fn records_of_one_domain_belong_to_one_entry() {
        let stack = |name: &str| {
            format!(
                "hosted-zones: {{ main: {{ domain: '${{env.domain}}', existing: Z0123456789EXAMPLE0 }} }}
records: {{ {name}: {{ zone: main, name: '{name}.${{env.domain}}', values: {{ a: [192.0.2.1] }} }} }}
"
            )
        };
        assert_snapshot!(report_stacks(&[("one", &stack("a")), ("two", &stack("b"))]), @"hosted-zones/twice: two public hosted zones of `dev.example.com` have records <- `main` of stacks/two.yaml this one + `main` of stacks/one.yaml and this one");
    }

    #[test]
    fn a_public_and_a_private_zone_of_one_domain_have_batches_of_their_own() {
        let yaml = "
networks: { main: { cidr: 10.20.0.0/16 } }
hosted-zones:
  in: { domain: '${env.domain}', networks: [main] }
  out: { domain: '${env.domain}' }
records:
  in: { zone: in, name: 'a.${env.domain}', values: { a: [10.0.0.1] } }
  out: { zone: out, name: 'a.${env.domain}', values: { a: [192.0.2.1] } }
";
        let assembly = compile(yaml);
        let batches: Vec<&String> = assembly.files.keys().filter(|path| path.starts_with("dns/")).collect();
        assert_eq!(
            batches,
            ["dns/dev.example.com.change-batch.json", "dns/dev.example.com.private.change-batch.json"]
        );
    }
}
