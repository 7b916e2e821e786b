//! What a cache compiles to.

use super::{Cache, Engine, Nodes};
use crate::artifacts::{Expr, Object, Resource};
use crate::kinds::queue::{Encryption, account_key_policy};
use crate::kinds::secret::{self, Generate};
use crate::kinds::security_group;
use crate::lower::Lowering;
use crate::resolve::Bound;

/// The user of all programs: the one as whom a client logs in that gives a password and no name, and the one that a group
/// of users of Redis OSS must have.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticache-usergroup.html>
/// (read 2026-12-01).
pub(super) const USER: &str = "default";

/// What the user may do: every command on every key and channel. `ElastiCache` keeps those of administration to itself.
const ACCESS: &str = "on ~* &* +@all";

/// Version of a cache that names none: the newest of the engine.
///
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html> (from memory).
fn version(entry: Bound<'_, Cache>) -> String {
    let newest = match (entry.engine, &entry.nodes) {
        (Engine::Valkey, None) => "8",
        (Engine::Valkey, Some(_)) => "8.0",
        (Engine::Redis, None) => "7",
        (Engine::Redis, Some(_)) => "7.1",
    };
    entry.spec().version.clone().unwrap_or_else(|| newest.to_owned())
}

/// Emits everything of one cache.
pub(super) fn emit(entry: Bound<'_, Cache>, cx: &mut Lowering<'_>) {
    if entry.encryption == Encryption::Kms {
        let properties = object! {
            "Description" => format!("Cache {}", entry.full_name()),
            "EnableKeyRotation" => true,
            "KeyPolicy" => account_key_policy(),
        };
        cx.add(entry.resource("Key", "AWS::KMS::Key", properties).retain());
    }
    let network = entry.follow(&entry.spec().network);
    let group = object! {
        "GroupDescription" => format!("Cache {}", entry.full_name()),
        "VpcId" => network.vpc_id(),
        "SecurityGroupEgress" => security_group::nothing(),
    };
    cx.add(entry.resource("Group", "AWS::EC2::SecurityGroup", group));
    user(entry, cx);
    let subnets = network.subnet_ids(entry.tier);
    match &entry.spec().nodes {
        None => cx.add(entry.resource("", "AWS::ElastiCache::ServerlessCache", serverless(entry, subnets))),
        Some(own) => {
            let properties = object! {
                "Description" => format!("{} subnets of network {}", entry.tier.as_str(), network.name),
                "SubnetIds" => subnets,
            };
            cx.add(entry.resource("Subnets", "AWS::ElastiCache::SubnetGroup", properties));
            cx.add(Resource::new(entry.nodes_handle(), "AWS::ElastiCache::ReplicationGroup", nodes(entry, own)));
        }
    }
}

/// The user with a password that is made up, and the group of users that a cache wants.
fn user(entry: Bound<'_, Cache>, cx: &mut Lowering<'_>) {
    let made = Generate {
        key: Some("password".to_owned()),
        template: [("username".to_owned(), USER.to_owned())].into(),
        ..Generate::default()
    };
    let properties = object! {
        "Description" => format!("User {USER} of cache {}", entry.full_name()),
        "GenerateSecretString" => secret::generator(&made),
        "KmsKeyId" => entry.key_arn(),
    };
    cx.add(entry.resource("Password", "AWS::SecretsManager::Secret", properties).retain());
    let secret = entry.handle("Password").reference();
    let password = text!["{{resolve:secretsmanager:", secret, ":SecretString:password}}"];
    let engine = entry.engine.as_str();
    let properties = object! {
        "UserId" => entry.full_name(),
        "UserName" => USER,
        "Engine" => engine,
        "AccessString" => ACCESS,
        "AuthenticationMode" => object! { "Type" => "password", "Passwords" => list![password] },
    };
    cx.add(entry.resource("User", "AWS::ElastiCache::User", properties));
    let properties = object! {
        "UserGroupId" => entry.full_name(),
        "Engine" => engine,
        "UserIds" => list![entry.handle("User").reference()],
    };
    cx.add(entry.resource("Users", "AWS::ElastiCache::UserGroup", properties));
}

fn serverless(entry: Bound<'_, Cache>, subnets: Vec<Expr>) -> Expr {
    let bounds = entry.spec().serverless.clone().unwrap_or_default();
    object! {
        "ServerlessCacheName" => entry.full_name(),
        "Description" => format!("Cache {}", entry.full_name()),
        "Engine" => entry.engine.as_str(),
        "MajorEngineVersion" => version(entry),
        "CacheUsageLimits" => object! {
            "DataStorage" => object! { "Maximum" => bounds.max_data_gb, "Unit" => "GB" },
            "ECPUPerSecond" => object! { "Maximum" => bounds.max_ecpu_per_second },
        },
        "SubnetIds" => subnets,
        "SecurityGroupIds" => list![entry.handle("Group").att("GroupId")],
        "UserGroupId" => entry.handle("Users").reference(),
        "KmsKeyId" => entry.key_arn(),
        "SnapshotRetentionLimit" => (entry.snapshot_days > 0).then(|| u32::from(entry.snapshot_days)),
    }
}

fn nodes(entry: Bound<'_, Cache>, own: &Nodes) -> Expr {
    let copies = u32::from(own.replicas);
    let mut properties = Object::default();
    properties.push("ReplicationGroupDescription", format!("Cache {}", entry.full_name()));
    properties.push("Engine", entry.engine.as_str());
    properties.push("EngineVersion", version(entry));
    properties.push("CacheNodeType", &own.node_type);
    if own.shards > 1 {
        properties.push("NumNodeGroups", u32::from(own.shards));
        properties.push("ReplicasPerNodeGroup", copies);
    } else {
        properties.push("NumCacheClusters", copies + 1);
    }
    // Several shards always have it.
    properties.push("AutomaticFailoverEnabled", copies > 0 || own.shards > 1);
    properties.push("MultiAZEnabled", copies > 0);
    properties.push("Port", entry.port.get());
    properties.push("CacheSubnetGroupName", entry.handle("Subnets").reference());
    properties.push("SecurityGroupIds", list![entry.handle("Group").att("GroupId")]);
    properties.push("UserGroupIds", list![entry.handle("Users").reference()]);
    properties.push("TransitEncryptionEnabled", true);
    properties.push("TransitEncryptionMode", "required");
    properties.push("AtRestEncryptionEnabled", true);
    properties.push("KmsKeyId", entry.key_arn());
    properties.push("AutoMinorVersionUpgrade", true);
    properties.push("SnapshotRetentionLimit", (entry.snapshot_days > 0).then(|| u32::from(entry.snapshot_days)));
    properties.into()
}
