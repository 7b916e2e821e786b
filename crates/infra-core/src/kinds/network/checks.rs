//! What a network must hold.

use super::Network;
use crate::diag::{Diagnostic, Diagnostics};
use crate::kinds::check;
use crate::resolve::Bound;
use crate::route;

/// Shortest prefix of a network: AWS takes no larger VPC.
///
/// Source: `facts::limits::vpc`.
const SHORTEST: u8 = crate::facts::limits::vpc::SHORTEST_PREFIX;

/// Longest prefix of a network: its smallest subnets, 32 times smaller, are /27, the least a load balancer takes.
///
/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html>
/// ("a CIDR block with at least a /27 bitmask") (from memory).
const LONGEST: u8 = 22;

pub(super) fn check(entry: Bound<'_, Network>, diags: &mut Diagnostics) {
    let prefix = entry.cidr.prefix_len();
    if !(SHORTEST..=LONGEST).contains(&prefix) {
        diags.push(
            Diagnostic::error("networks/block-size", format!("a network's block is a /{SHORTEST} to /{LONGEST}"))
                .at(entry.at(&route!["cidr"]), format!("{} addresses", entry.cidr.size()))
                .note("AWS takes no larger VPC, and of a smaller one the subnets would be too small for load balancers")
                .help(format!("write a block of /{SHORTEST} if nothing else needs the addresses")),
        );
    }
    if !(2..=3).contains(&entry.zones) {
        diags.push(
            Diagnostic::error("networks/zones", "a network has 2 or 3 zones")
                .at(entry.at(&route!["zones"]), format!("{} is outside", entry.zones))
                .note("load balancers, clusters and databases want two zones; the address layout has room for three"),
        );
    }
    zone_ids(entry, diags);
    endpoints(entry, diags);
    if entry.flow_logs.enabled {
        check::log_retention(entry, diags, &route!["flow-logs", "retention-days"], entry.flow_logs.retention_days);
    }
}

fn zone_ids(entry: Bound<'_, Network>, diags: &mut Diagnostics) {
    let ids = &entry.zone_ids;
    if !ids.is_empty() && ids.len() != usize::from(entry.zones) {
        diags.push(
            Diagnostic::error("networks/zone-ids", "a network needs one zone id for each zone")
                .at(entry.at(&route!["zone-ids"]), format!("{} ids", ids.len()))
                .also(entry.at(&route!["zones"]), format!("{} zones", entry.zones))
                .help(format!("list {} zone ids, or none", entry.zones)),
        );
    }
    for (index, id) in ids.iter().enumerate() {
        let at = entry.at(&route!["zone-ids", index]);
        if !is_zone_id(id) {
            diags.push(
                Diagnostic::error("networks/zone-ids", format!("`{id}` is not the id of a zone"))
                    .at(at, "such as `use1-az1`")
                    .note("names such as `us-east-1a` mean another zone in each account; ids do not")
                    .help("`aws ec2 describe-availability-zones` shows the ids"),
            );
        } else if ids.iter().take(index).any(|earlier| earlier == id) {
            diags.push(Diagnostic::error("networks/zone-ids", format!("zone `{id}` is listed twice")).at(at, "again"));
        }
    }
}

/// Whether `id` is like `euw1-az2`.
fn is_zone_id(id: &str) -> bool {
    let Some((region, zone)) = id.split_once("-az") else { return false };
    let letters = region.trim_end_matches(|c: char| c.is_ascii_digit());
    let lower = letters.len() >= 3 && letters.bytes().all(|byte| byte.is_ascii_lowercase());
    lower && letters.len() < region.len() && !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_digit())
}

fn endpoints(entry: Bound<'_, Network>, diags: &mut Diagnostics) {
    let gateways = &entry.endpoints.gateway;
    for (index, service) in gateways.iter().enumerate() {
        if gateways.iter().take(index).any(|earlier| earlier == service) {
            let title = format!("endpoint `{}` is listed twice", service.as_str());
            let at = entry.at(&route!["endpoints", "gateway", index]);
            diags.push(Diagnostic::error("networks/endpoint-twice", title).at(at, "again"));
        }
    }
    let services = &entry.endpoints.interface;
    for (index, service) in services.iter().enumerate() {
        let at = entry.at(&route!["endpoints", "interface", index]);
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !service.split('.').all(|part| !part.is_empty() && part.chars().all(word)) {
            diags.push(
                Diagnostic::error("networks/endpoint-name", format!("`{service}` is not the name of a service"))
                    .at(at, "letters, digits, dashes and dots")
                    .help("write what follows `com.amazonaws.<region>.`, such as `ecr.api` or `logs`"),
            );
        } else if services.iter().take(index).any(|earlier| earlier == service) {
            let title = format!("endpoint `{service}` is listed twice");
            diags.push(Diagnostic::error("networks/endpoint-twice", title).at(at, "again"));
        } else if service == "s3" || service == "dynamodb" {
            diags.push(
                Diagnostic::error("networks/endpoint-gateway", format!("`{service}` has a gateway endpoint"))
                    .at(at, "would be paid by the hour")
                    .note("an interface endpoint with private DNS for it also needs the gateway endpoint")
                    .help(format!("move `{service}` to `gateway`")),
            );
        }
    }
}
