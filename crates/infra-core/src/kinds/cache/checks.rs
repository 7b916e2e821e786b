//! What must hold of a cache beyond its types.

use super::{Cache, Engine, Nodes, Tier};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::elasticache as limits;
use crate::kinds::network::wants;
use crate::kinds::{check, existing};
use crate::resolve::Bound;
use crate::route;

/// The page that gives the ranges of a serverless cache.
const SERVERLESS: &str =
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticache-serverlesscache.html";

/// The page that gives the ranges of a replication group.
const NODES: &str =
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-elasticache-replicationgroup.html";

/// Reports every mistake of one cache.
pub(super) fn check(entry: Bound<'_, Cache>, diags: &mut Diagnostics) {
    let network = entry.follow(&entry.spec().network);
    check::same_region(entry, diags, &route!["network"], network);
    if let Some(cache) = &entry.spec().existing {
        existing::only(entry, diags, &["network", "tier", "port"]);
        existing::starts(entry, diags, &route!["existing", "host"], &cache.host, "");
        existing::starts(entry, diags, &route!["existing", "security-group"], &cache.security_group, "sg-");
        secret(entry, diags);
        return;
    }
    wants(entry, diags, &route!["network"], network, (entry.tier, 2));
    if entry.tier == Tier::Public {
        diags.push(
            Diagnostic::error("caches/public", "a cache does not stand in public subnets")
                .at(entry.at(&route!["tier"]), "reachable from the internet")
                .help("remove the line, or write `tier: private`"),
        );
    }
    if entry.full_name().len() > limits::NAME_LEN {
        diags.push(
            Diagnostic::error("caches/name-length", format!("the name of the cache is longer than {} characters", limits::NAME_LEN))
                .at(entry.at(&route![]), format!("it becomes `{}`", entry.full_name()))
                .help("give the entry a shorter name"),
        );
    }
    let days = u32::from(entry.snapshot_days);
    check::bounds(entry, diags, &route!["snapshot-days"], days, (limits::SNAPSHOT_DAYS, SERVERLESS));
    match (&entry.spec().serverless, &entry.spec().nodes) {
        (Some(_), Some(_)) => diags.push(
            Diagnostic::error("caches/two-forms", "a cache is serverless or stands on nodes")
                .at(entry.at(&route!["nodes"]), "nodes of a fixed size")
                .also(entry.at(&route!["serverless"]), "grows by itself")
                .help("remove one of the two"),
        ),
        (Some(bounds), None) => {
            let mut check = |key, value, bounds| {
                check::bounds(entry, diags, &route!["serverless", key], value, (bounds, SERVERLESS));
            };
            check("max-data-gb", bounds.max_data_gb, limits::DATA_GB);
            check("max-ecpu-per-second", bounds.max_ecpu_per_second, limits::ECPU);
        }
        (None, Some(own)) => nodes(entry, own, diags),
        (None, None) => {}
    }
    version(entry, diags);
}

fn nodes(entry: Bound<'_, Cache>, own: &Nodes, diags: &mut Diagnostics) {
    let mut check =
        |key, value, bounds| check::bounds(entry, diags, &route!["nodes", key], value, (bounds, NODES));
    check("replicas", u32::from(own.replicas), limits::REPLICAS);
    check("shards", u32::from(own.shards), limits::SHARDS);
    if !own.node_type.starts_with("cache.") {
        diags.push(
            Diagnostic::error("caches/node-type", format!("`{}` is no type of node of a cache", own.node_type))
                .at(entry.at(&route!["nodes", "type"]), "they start with `cache.`")
                .help("such as `cache.t4g.small`, or `cache.r7g.large`"),
        );
    }
    if own.replicas == 0 {
        diags.push(
            Diagnostic::advice("caches/no-replica", "the cache is empty after the loss of a node")
                .at(entry.at(&route!["nodes", "replicas"]), "no copy in another zone")
                .note("and clients get errors until a new node is there")
                .help("set `replicas` to 1 or more"),
        );
    }
}

/// A serverless cache takes a major version, nodes take one with a minor version.
fn version(entry: Bound<'_, Cache>, diags: &mut Diagnostics) {
    let Some(version) = &entry.spec().version else { return };
    let numbers: Vec<Option<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    let (count, example) = if entry.nodes.is_some() { (2, "8.0") } else { (1, "8") };
    let redis = entry.engine == Engine::Redis && numbers.first().copied().flatten().is_some_and(|major| major > 7);
    if numbers.len() == count && numbers.iter().all(Option::is_some) && !redis {
        return;
    }
    let (title, label) = if redis {
        (format!("Redis OSS ends with version 7: there is no {version} of it"), "not a version of Redis OSS".to_owned())
    } else {
        (format!("`{version}` is no version of a cache of this form"), format!("written as `'{example}'`"))
    };
    diags.push(
        Diagnostic::error("caches/version", title)
            .at(entry.at(&route!["version"]), label)
            .note("a serverless cache takes a major version, nodes take a major and a minor one")
            .help("remove the line to get the newest one, or use `engine: valkey`"),
    );
}

/// The password is taken out of a JSON object.
fn secret(entry: Bound<'_, Cache>, diags: &mut Diagnostics) {
    let reference = entry.spec().existing.as_ref().and_then(|cache| cache.secret.as_ref());
    let Some(secret) = reference.map(|secret| entry.follow(secret)) else { return };
    if !secret.json_keys().contains(&"password") {
        diags.push(
            Diagnostic::error("caches/secret", "the secret of a cache has the key `password`")
                .at(entry.at(&route!["existing", "secret"]), "has no such key")
                .also(secret.at(&route![]), "the secret")
                .help("write `keys: [password]` in the secret"),
        );
    }
}
