//! RDS Proxy: a pool of connections that clients share, its role and its security group.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Database, Engine};
use crate::artifacts::{Expr, Policy, Trust};
use crate::kinds::security_group;
use crate::lower::Lowering;
use crate::names::Seconds;
use crate::resolve::Bound;

/// A pool of connections that clients share. It demands encrypted connections, and logs in with the secrets of the
/// database's users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Proxy {
    /// Part of the database's `max_connections` that the proxy may open. 1 to 100 per cent.
    pub max_connections_percent: u8,
    /// Part of `max_connections` that may stay open without work. 0 to 100 per cent.
    pub max_idle_percent: u8,
    /// How long a client waits for a connection; must be shorter than its own time-out. 1 to 3,600 seconds.
    pub borrow_timeout: Seconds,
    /// How long an idle client stays connected; pools must give up their connections before. 1 to 28,800 seconds.
    pub idle_client_timeout: Seconds,
}

impl Default for Proxy {
    fn default() -> Self {
        Self {
            max_connections_percent: 90,
            max_idle_percent: 50,
            borrow_timeout: Seconds::new(3),
            idle_client_timeout: Seconds::new(1_800),
        }
    }
}

/// Emits the proxy, what it may read and where it may connect.
pub(super) fn emit(entry: Bound<'_, Database>, proxy: &Proxy, subnets: Vec<Expr>, cx: &mut Lowering<'_>) {
    let policy = object! { "PolicyName" => "ReadSecrets", "PolicyDocument" => secrets_policy(entry) };
    cx.add(entry.resource(
        "ProxyRole",
        "AWS::IAM::Role",
        object! { "AssumeRolePolicyDocument" => Trust::service("rds.amazonaws.com"), "Policies" => list![policy] },
    ));
    group(entry, cx);
    let users = entry.users_with_secrets().map(Some);
    let auth: Expr = std::iter::once(None)
        .chain(users)
        .filter_map(|user| entry.login_secret(user))
        .map(|secret| {
            object! {
                "AuthScheme" => "SECRETS",
                "IAMAuth" => "DISABLED",
                "ClientPasswordAuthType" => "POSTGRES_SCRAM_SHA_256",
                "SecretArn" => secret,
            }
        })
        .collect();
    cx.add(entry.resource(
        "Proxy",
        "AWS::RDS::DBProxy",
        object! {
            "DBProxyName" => entry.full_name(),
            "EngineFamily" => "POSTGRESQL",
            "RoleArn" => entry.handle("ProxyRole").arn(),
            "Auth" => auth,
            "RequireTLS" => true,
            "IdleClientTimeout" => proxy.idle_client_timeout.get(),
            "VpcSubnetIds" => subnets,
            "VpcSecurityGroupIds" => list![entry.handle("ProxyGroup").att("GroupId")],
        },
    ));
    let database = || list![entry.main().reference()];
    let targets = entry.resource(
        "ProxyTargets",
        "AWS::RDS::DBProxyTargetGroup",
        object! {
            "DBProxyName" => entry.proxy_handle().reference(),
            "TargetGroupName" => "default",
            "DBInstanceIdentifiers" => (entry.engine == Engine::Rds).then(database),
            "DBClusterIdentifiers" => (entry.engine == Engine::Aurora).then(database),
            "ConnectionPoolConfigurationInfo" => object! {
                "MaxConnectionsPercent" => proxy.max_connections_percent,
                "MaxIdleConnectionsPercent" => proxy.max_idle_percent,
                "ConnectionBorrowTimeout" => proxy.borrow_timeout.get(),
            },
        },
    );
    // A cluster without instances has nothing that the proxy could connect to.
    cx.add(targets.after(super::emit::instances(entry)));
}

fn secrets_policy(entry: Bound<'_, Database>) -> Policy {
    let users = std::iter::once(None).chain(entry.users_with_secrets().map(Some));
    users.flat_map(|user| entry.connect_statements(user)).fold(Policy::default(), Policy::with)
}

/// Clients reach the proxy, the proxy reaches the database; the rule out stands apart, else the groups need each other.
fn group(entry: Bound<'_, Database>, cx: &mut Lowering<'_>) {
    let network = entry.follow(&entry.spec().network);
    cx.add(entry.resource(
        "ProxyGroup",
        "AWS::EC2::SecurityGroup",
        object! {
            "GroupDescription" => format!("Proxy of database {}", entry.full_name()),
            "VpcId" => network.vpc_id(),
            "SecurityGroupEgress" => security_group::nothing(),
        },
    ));
    cx.add(entry.resource(
        "ProxyEgress",
        "AWS::EC2::SecurityGroupEgress",
        object! {
            "GroupId" => entry.handle("ProxyGroup").att("GroupId"),
            "IpProtocol" => "tcp",
            "FromPort" => entry.port.get(),
            "ToPort" => entry.port.get(),
            "DestinationSecurityGroupId" => entry.handle("Group").att("GroupId"),
            "Description" => "To the database",
        },
    ));
}
