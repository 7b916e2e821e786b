//! What a database compiles to.

use super::{Database, Engine, proxy};
use crate::artifacts::{Deletion, Expr, Handle, Object, Pseudo, Resource, Trust};
use crate::kinds::network::Tier;
use crate::kinds::queue::{Encryption, account_key_policy};
use crate::kinds::security_group;
use crate::lower::Lowering;
use crate::names::Port;
use crate::resolve::Bound;

/// Instances of an Aurora cluster that does not say how many.
const AURORA_INSTANCES: u8 = 2;

/// How long the load by query is kept; longer costs. Unit: days.
const INSIGHTS_DAYS: u32 = 7;

/// Emits everything of one database.
pub(super) fn emit(entry: Bound<'_, Database>, cx: &mut Lowering<'_>) {
    if entry.encryption == Encryption::Kms {
        cx.add(entry.resource("Key", "AWS::KMS::Key", key_properties(entry)).retain());
    }
    let network = entry.follow(&entry.spec().network);
    let subnets = network.subnet_ids(Tier::Isolated);
    let properties = object! {
        "DBSubnetGroupDescription" => format!("Isolated subnets of network {}", network.name),
        "SubnetIds" => subnets.clone(),
    };
    cx.add(entry.resource("Subnets", "AWS::RDS::DBSubnetGroup", properties));
    cx.add(entry.resource(
        "Group",
        "AWS::EC2::SecurityGroup",
        object! {
            "GroupDescription" => format!("Database {}", entry.full_name()),
            "VpcId" => network.vpc_id(),
            "SecurityGroupIngress" => ingress(entry),
            "SecurityGroupEgress" => security_group::nothing(),
        },
    ));
    cx.add(parameter_group(entry));
    if entry.monitoring_interval.get() > 0 {
        cx.add(monitoring_role(entry));
    }
    match entry.engine {
        Engine::Rds => cx.add(instance(entry)),
        Engine::Aurora => {
            cx.add(cluster(entry));
            instances(entry).into_iter().for_each(|handle| cx.add(member(entry, handle)));
        }
    }
    if let Some(proxy) = &entry.spec().proxy {
        proxy::emit(entry, proxy, subnets, cx);
    }
}

/// Names the instances of an Aurora cluster; none for RDS, whose instance is the database itself.
pub(super) fn instances(entry: Bound<'_, Database>) -> Vec<Handle> {
    match entry.engine {
        Engine::Rds => Vec::new(),
        Engine::Aurora => (1..=entry.instances.unwrap_or(AURORA_INSTANCES))
            .map(|number| entry.handle(&format!("Instance{number}")))
            .collect(),
    }
}

/// With a proxy nobody else gets in; without one, workloads add a rule for their cluster.
fn ingress(entry: Bound<'_, Database>) -> Expr {
    let rule = || from_group(entry.handle("ProxyGroup").att("GroupId"), entry.port, "The proxy".to_owned());
    entry.proxied().then(|| list![rule()]).into()
}

fn from_group(group: Expr, port: Port, description: String) -> Expr {
    object! {
        "IpProtocol" => "tcp",
        "FromPort" => port.get(),
        "ToPort" => port.get(),
        "SourceSecurityGroupId" => group,
        "Description" => description,
    }
}

fn key_properties(entry: Bound<'_, Database>) -> Expr {
    object! {
        "Description" => format!("Database {}", entry.full_name()),
        "EnableKeyRotation" => true,
        "KeyPolicy" => account_key_policy(),
    }
}

/// A name of its own for each engine, because CloudFormation does not change the type of a resource.
fn parameter_group(entry: Bound<'_, Database>) -> Resource {
    let own = &entry.spec().parameters;
    let mut parameters: Object = own.others.iter().map(|(key, value)| (key.clone(), Expr::from(value))).collect();
    parameters.set("rds.force_ssl", "1");
    let milliseconds = own.statement_timeout.saturating_mul(1_000);
    parameters.set("statement_timeout", milliseconds.to_string());
    parameters.set("log_min_duration_statement", own.log_statements_over_ms.to_string());
    parameters.set("max_connections", own.max_connections.map(|most| most.to_string()));
    let major = entry.major().unwrap_or_default();
    let family = match entry.engine {
        Engine::Rds => format!("postgres{major}"),
        Engine::Aurora => format!("aurora-postgresql{major}"),
    };
    let (part, kind) = match entry.engine {
        Engine::Rds => ("Parameters", "AWS::RDS::DBParameterGroup"),
        Engine::Aurora => ("ClusterParameters", "AWS::RDS::DBClusterParameterGroup"),
    };
    let properties = object! {
        "Description" => format!("Database {}", entry.full_name()),
        "Family" => family,
        "Parameters" => parameters,
    };
    entry.resource(part, kind, properties)
}

fn monitoring_role(entry: Bound<'_, Database>) -> Resource {
    let policy = text!["arn:", Pseudo::Partition, ":iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"];
    let properties = object! {
        "AssumeRolePolicyDocument" => Trust::service("monitoring.rds.amazonaws.com"),
        "ManagedPolicyArns" => list![policy],
    };
    entry.resource("MonitoringRole", "AWS::IAM::Role", properties)
}

/// Puts what instances of both engines say about how they are watched.
fn watch(entry: Bound<'_, Database>, properties: &mut Object) {
    properties.push("EnablePerformanceInsights", entry.performance_insights);
    if entry.performance_insights {
        properties.push("PerformanceInsightsRetentionPeriod", INSIGHTS_DAYS);
        properties.push("PerformanceInsightsKMSKeyId", entry.key_arn());
    }
    let interval = entry.monitoring_interval.get();
    if interval > 0 {
        properties.push("MonitoringInterval", interval);
        properties.push("MonitoringRoleArn", entry.handle("MonitoringRole").arn());
    }
}

/// Puts what an instance of RDS and a cluster of Aurora have alike.
fn common(entry: Bound<'_, Database>, properties: &mut Object) {
    properties.push("Engine", entry.engine.as_str());
    properties.push("EngineVersion", &entry.spec().version);
    properties.push("AllowMajorVersionUpgrade", entry.allow_major_upgrade.then_some(true));
    properties.push("MasterUsername", &entry.spec().master_username);
    properties.push("ManageMasterUserPassword", true);
    properties.push("MasterUserSecret", entry.key_arn().map(|key| object! { "KmsKeyId" => key }));
    properties.push("DBSubnetGroupName", entry.handle("Subnets").reference());
    properties.push("StorageEncrypted", true);
    properties.push("KmsKeyId", entry.key_arn());
    properties.push("BackupRetentionPeriod", entry.backup.retention_days);
    properties.push("PreferredBackupWindow", entry.backup.window.as_ref());
    properties.push("PreferredMaintenanceWindow", entry.maintenance_window.as_ref());
    properties.push("CopyTagsToSnapshot", true);
    properties.push("DeletionProtection", entry.protection(entry.deletion_protection));
    properties.push("EnableIAMDatabaseAuthentication", !entry.iam_users.is_empty());
}

fn instance(entry: Bound<'_, Database>) -> Resource {
    let storage = entry.spec().storage.clone().unwrap_or_default();
    let mut properties = Object::default();
    common(entry, &mut properties);
    properties.push("DBInstanceClass", entry.class().to_owned());
    properties.push("MultiAZ", entry.multi_az.unwrap_or(true));
    properties.push("StorageType", "gp3");
    properties.push("AllocatedStorage", storage.size_gib.to_string());
    properties.push("MaxAllocatedStorage", storage.max_size_gib);
    properties.push("Iops", storage.iops);
    properties.push("StorageThroughput", storage.throughput);
    properties.push("DBName", entry.database_name());
    properties.push("Port", entry.port.to_string());
    properties.push("VPCSecurityGroups", list![entry.handle("Group").att("GroupId")]);
    properties.push("PubliclyAccessible", false);
    properties.push("DBParameterGroupName", entry.handle("Parameters").reference());
    properties.push("AutoMinorVersionUpgrade", true);
    properties.push("EnableCloudwatchLogsExports", entry.export_logs.then(|| list!["postgresql", "upgrade"]));
    watch(entry, &mut properties);
    let resource = Resource::new(entry.main(), "AWS::RDS::DBInstance", properties.into());
    resource.deletion(Deletion::Snapshot)
}

fn cluster(entry: Bound<'_, Database>) -> Resource {
    let mut properties = Object::default();
    common(entry, &mut properties);
    properties.push("DatabaseName", entry.database_name());
    properties.push("Port", entry.port.get());
    properties.push("VpcSecurityGroupIds", list![entry.handle("Group").att("GroupId")]);
    properties.push("DBClusterParameterGroupName", entry.handle("ClusterParameters").reference());
    properties.push("EnableCloudwatchLogsExports", entry.export_logs.then(|| list!["postgresql"]));
    let bounds = |serverless: &super::Serverless| object! { "MinCapacity" => serverless.min, "MaxCapacity" => serverless.max };
    properties.push("ServerlessV2ScalingConfiguration", entry.serverless.as_ref().map(bounds));
    let resource = Resource::new(entry.main(), "AWS::RDS::DBCluster", properties.into());
    resource.deletion(Deletion::Snapshot)
}

/// One instance of a cluster; it holds no data, so it may go.
fn member(entry: Bound<'_, Database>, handle: Handle) -> Resource {
    let mut properties = Object::default();
    properties.push("DBClusterIdentifier", entry.main().reference());
    properties.push("Engine", entry.engine.as_str());
    properties.push("DBInstanceClass", entry.class().to_owned());
    properties.push("PubliclyAccessible", false);
    properties.push("AutoMinorVersionUpgrade", true);
    watch(entry, &mut properties);
    Resource::new(handle, "AWS::RDS::DBInstance", properties.into()).deletion(Deletion::Delete)
}
