//! Updates that AWS refuses although the schema of the type lets CloudFormation try them.
//!
//! Depends on nothing. The schemas say what replaces a resource; that the service then answers "no" to what is left as an
//! update is said only by its own pages, so this table is written by hand, a row for each sentence of AWS.

/// What a property may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Have another value.
    Changes,
    /// Become a smaller number.
    Shrinks,
    /// Become an older version.
    GoesBack,
    /// Go over a minor version.
    SkipsMinor,
    /// Go to another major version while this property is not true.
    MajorWithout(&'static str),
    /// Be there where it was not, or be a list with entries where it had none.
    IsAdded,
    /// Be gone, or be a list without entries where it had some.
    IsRemoved,
    /// Lose one of its entries, or have one changed; more may come.
    LosesEntries,
    /// Be false where it was true.
    TurnsOff,
    /// Go from one value to another.
    Between(&'static str, &'static str),
    /// Become more than twice, or less than half of what it was.
    LeavesHalfToDouble,
}

/// An update that AWS refuses.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// Type of the resource.
    pub kind: &'static str,
    /// The property, with dots.
    pub property: &'static str,
    /// What it may not do.
    pub transition: Transition,
    /// The value where none is written.
    pub default: Option<&'static str>,
    /// Only where this property had this value before.
    pub only: Option<(&'static str, &'static str)>,
    /// Why, in a sentence that ends a message.
    pub why: &'static str,
    /// The page that says so.
    pub source: &'static str,
    /// The day that page was read, or `memory` where it could not be read here.
    pub read: &'static str,
}

const CFN: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/";

impl Refusal {
    const fn of(kind: &'static str, property: &'static str, transition: Transition) -> Self {
        Self { kind, property, transition, default: None, only: None, why: "", source: CFN, read: "memory" }
    }

    const fn because(self, why: &'static str, source: &'static str, read: &'static str) -> Self {
        Self { why, source, read, ..self }
    }

    const fn default(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }

    const fn only(self, property: &'static str, value: &'static str) -> Self {
        Self { only: Some((property, value)), ..self }
    }
}

const KMS: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html";
const KEY: &str =
    "AWS KMS refuses to change this of a key that exists, whatever UpdateReplacePolicy says; make a new key";
const COGNITO: &str =
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html";
const POOL: &str = "Cognito answers that updates are not allowed for this property; make a new pool and move the users";
const DOWNGRADE: &str = "an engine cannot go back to an older version; restore a snapshot into a new one";
const RDS_UPGRADE: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html";
const RDS_MODIFY: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html";
const EKS: &str = "https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html";
const INDEXES: &str = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html";
const LOCAL_INDEX: &str = "local secondary indexes can be made with their table only; make a new table";
const OPENSEARCH: &str = "https://docs.aws.amazon.com/opensearch-service/latest/developerguide/version-migration.html";
const SEARCH_SWITCH: &str = "once it is on, it cannot be switched off; make a new domain";
const VALKEY: &str = "an engine of Valkey cannot become one of Redis; make a new one";
const CACHE_MODE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/modify-cluster-mode.html";
const CACHE_FAILOVER: &str =
    "https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html";
const CACHE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.html";

/// Every row.
pub const REFUSALS: &[Refusal] = &[
    Refusal::of("AWS::AmazonMQ::Broker", "EngineVersion", Transition::GoesBack).because(
        "a broker cannot go back to an older version; make a new broker",
        "https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/upgrading-brokers.html",
        "memory",
    ),
    Refusal::of("AWS::ApiGateway::RestApi", "EndpointConfiguration.Types", Transition::Between("PRIVATE", "EDGE"))
        .because(
            "a private API cannot become an edge-optimized one; make it regional first",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-api-migration.html",
            "memory",
        ),
    Refusal::of("AWS::CloudFront::Distribution", "DistributionConfig.Staging", Transition::Changes)
        .default("false")
        .because(
            "whether a distribution is for staging is said when it is made; make another one",
            "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html",
            "memory",
        ),
    Refusal::of("AWS::Cognito::UserPool", "AliasAttributes", Transition::Changes).because(POOL, COGNITO, "2026-11-30"),
    Refusal::of("AWS::Cognito::UserPool", "Schema", Transition::LosesEntries).because(
        "attributes of a user pool can be added, but neither changed nor removed",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html",
        "memory",
    ),
    Refusal::of("AWS::Cognito::UserPool", "UsernameAttributes", Transition::Changes).because(
        POOL,
        COGNITO,
        "2026-11-30",
    ),
    Refusal::of("AWS::Cognito::UserPool", "UsernameConfiguration.CaseSensitive", Transition::Changes)
        .default("true")
        .because(POOL, "https://github.com/aws-amplify/amplify-cli/issues/4227", "2026-11-30"),
    Refusal::of("AWS::DMS::ReplicationInstance", "EngineVersion", Transition::GoesBack).because(
        "a replication instance cannot go back to an older version; make a new one",
        "https://docs.aws.amazon.com/dms/latest/userguide/CHAP_ReplicationInstance.EngineVersions.html",
        "memory",
    ),
    Refusal::of("AWS::DynamoDB::Table", "LocalSecondaryIndexes", Transition::Changes).because(
        LOCAL_INDEX,
        INDEXES,
        "memory",
    ),
    Refusal::of("AWS::EC2::Volume", "Size", Transition::Shrinks).because(
        "a volume can only grow; make a new one and copy the data",
        "https://docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html",
        "memory",
    ),
    Refusal::of(
        "AWS::EKS::Cluster",
        "AccessConfig.AuthenticationMode",
        Transition::Between("API", "API_AND_CONFIG_MAP"),
    )
    .because("access entries cannot be given up once they are the only way in", EKS_ACCESS, "memory"),
    Refusal::of("AWS::EKS::Cluster", "AccessConfig.AuthenticationMode", Transition::Between("API", "CONFIG_MAP"))
        .because("access entries cannot be given up once they are the only way in", EKS_ACCESS, "memory"),
    Refusal::of(
        "AWS::EKS::Cluster",
        "AccessConfig.AuthenticationMode",
        Transition::Between("API_AND_CONFIG_MAP", "CONFIG_MAP"),
    )
    .because("access entries cannot be switched off once they are on", EKS_ACCESS, "memory"),
    Refusal::of("AWS::EKS::Cluster", "ComputeConfig.NodeRoleArn", Transition::Changes)
        .only("ComputeConfig.Enabled", "true")
        .because(
            "the role of nodes cannot be changed once EKS Auto Mode is on; make a node class with another role",
            "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-eks-cluster-computeconfig.html",
            "memory",
        ),
    Refusal::of("AWS::EKS::Cluster", "Version", Transition::GoesBack).because(
        "a cluster does not go back to an older version; within 7 days of its upgrade EKS has a rollback of its own",
        "https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html",
        "2026-11-30",
    ),
    Refusal::of("AWS::EKS::Cluster", "Version", Transition::SkipsMinor).because(
        "EKS upgrades a cluster by one minor version at a time",
        EKS,
        "memory",
    ),
    Refusal::of("AWS::ElastiCache::CacheCluster", "EngineVersion", Transition::GoesBack).because(
        "a cache cannot go back to an older version; make a new one",
        CACHE,
        "memory",
    ),
    Refusal::of("AWS::ElastiCache::ReplicationGroup", "AutomaticFailoverEnabled", Transition::TurnsOff)
        .only("ClusterMode", "enabled")
        .because("a group with cluster mode always fails over by itself", CACHE_FAILOVER, "memory"),
    Refusal::of("AWS::ElastiCache::ReplicationGroup", "ClusterMode", Transition::Between("disabled", "enabled"))
        .because("cluster mode is `compatible` first, then `enabled`", CACHE_MODE, "2026-11-30"),
    Refusal::of("AWS::ElastiCache::ReplicationGroup", "ClusterMode", Transition::Between("enabled", "compatible"))
        .because("cluster mode cannot be given up once it is on; make a new group", CACHE_MODE, "2026-11-30"),
    Refusal::of("AWS::ElastiCache::ReplicationGroup", "ClusterMode", Transition::Between("enabled", "disabled"))
        .because("cluster mode cannot be given up once it is on; make a new group", CACHE_MODE, "2026-11-30"),
    Refusal::of("AWS::ElastiCache::ReplicationGroup", "EngineVersion", Transition::GoesBack).because(
        "a cache cannot go back to an older version; make a new one",
        CACHE,
        "memory",
    ),
    Refusal::of("AWS::ElastiCache::ReplicationGroup", "TransitEncryptionEnabled", Transition::TurnsOff)
        .only("TransitEncryptionMode", "required")
        .because(
            "a group that requires encryption in transit prefers it first, then goes without",
            "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html",
            "memory",
        ),
    Refusal::of("AWS::ElastiCache::ServerlessCache", "Engine", Transition::Between("valkey", "redis"))
        .because(VALKEY, CACHE, "memory"),
    Refusal::of("AWS::ElastiCache::ServerlessCache", "Engine", Transition::Between("memcached", "redis")).because(
        "a cache of Memcached cannot become another one; make a new cache",
        CACHE,
        "memory",
    ),
    Refusal::of("AWS::ElastiCache::ServerlessCache", "Engine", Transition::Between("memcached", "valkey")).because(
        "a cache of Memcached cannot become another one; make a new cache",
        CACHE,
        "memory",
    ),
    Refusal::of("AWS::ElastiCache::ServerlessCache", "MajorEngineVersion", Transition::GoesBack).because(
        "a cache cannot go back to an older version; make a new one",
        CACHE,
        "memory",
    ),
    Refusal::of("AWS::Elasticsearch::Domain", "ElasticsearchVersion", Transition::GoesBack).because(
        "a domain cannot go back to an older version; restore a snapshot",
        OPENSEARCH,
        "memory",
    ),
    Refusal::of("AWS::Elasticsearch::Domain", "EncryptionAtRestOptions.Enabled", Transition::TurnsOff).because(
        SEARCH_SWITCH,
        OPENSEARCH,
        "memory",
    ),
    Refusal::of("AWS::Elasticsearch::Domain", "NodeToNodeEncryptionOptions.Enabled", Transition::TurnsOff).because(
        SEARCH_SWITCH,
        OPENSEARCH,
        "memory",
    ),
    Refusal::of("AWS::FSx::FileSystem", "StorageCapacity", Transition::Shrinks)
        .only("FileSystemType", "LUSTRE")
        .because(FSX_WHY, FSX, "memory"),
    Refusal::of("AWS::FSx::FileSystem", "StorageCapacity", Transition::Shrinks)
        .only("FileSystemType", "WINDOWS")
        .because(FSX_WHY, FSX, "memory"),
    Refusal::of("AWS::FSx::FileSystem", "StorageCapacity", Transition::Shrinks)
        .only("FileSystemType", "OPENZFS")
        .because(FSX_WHY, FSX, "memory"),
    Refusal::of("AWS::KMS::Key", "KeySpec", Transition::Changes).default("SYMMETRIC_DEFAULT").because(
        KEY,
        KMS,
        "2026-11-30",
    ),
    Refusal::of("AWS::KMS::Key", "KeyUsage", Transition::Changes).default("ENCRYPT_DECRYPT").because(
        KEY,
        KMS,
        "2026-11-30",
    ),
    Refusal::of("AWS::KMS::Key", "MultiRegion", Transition::Changes).default("false").because(KEY, KMS, "2026-11-30"),
    Refusal::of("AWS::KMS::Key", "Origin", Transition::Changes).default("AWS_KMS").because(KEY, KMS, "2026-11-30"),
    Refusal::of("AWS::Kinesis::Stream", "ShardCount", Transition::LeavesHalfToDouble).because(
        "a stream is scaled to at most twice and at least half of its shards at a time",
        "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html",
        "memory",
    ),
    Refusal::of("AWS::Logs::LogGroup", "LogGroupClass", Transition::Changes).default("STANDARD").because(
        "the class of a log group cannot be changed; make a new one",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html",
        "memory",
    ),
    Refusal::of(
        "AWS::MSK::Cluster",
        "BrokerNodeGroupInfo.ConnectivityInfo.NetworkType",
        Transition::Between("DUAL", "IPV4"),
    )
    .because(
        "a cluster with both kinds of addresses cannot go back to IPv4 alone; make a new cluster",
        "https://docs.aws.amazon.com/msk/latest/developerguide/serverless-config-dual-stack.html",
        "2026-11-30",
    ),
    Refusal::of("AWS::MSK::Cluster", "BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.VolumeSize", Transition::Shrinks)
        .because(
            "the storage of brokers can only grow",
            "https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-storage.html",
            "memory",
        ),
    Refusal::of("AWS::MSK::Cluster", "KafkaVersion", Transition::GoesBack).because(
        "a cluster cannot go back to an older version of Kafka",
        "https://docs.aws.amazon.com/msk/latest/developerguide/version-upgrades.html",
        "memory",
    ),
    Refusal::of("AWS::MemoryDB::Cluster", "Engine", Transition::Between("valkey", "redis")).because(
        VALKEY,
        "https://docs.aws.amazon.com/memorydb/latest/devguide/engine-versions.html",
        "memory",
    ),
    Refusal::of("AWS::MemoryDB::Cluster", "EngineVersion", Transition::GoesBack).because(
        "a cluster cannot go back to an older version; make a new one",
        "https://docs.aws.amazon.com/memorydb/latest/devguide/engine-versions.html",
        "memory",
    ),
    Refusal::of("AWS::Neptune::DBCluster", "EngineVersion", Transition::GoesBack).because(
        DOWNGRADE,
        "https://docs.aws.amazon.com/neptune/latest/userguide/engine-updates.html",
        "memory",
    ),
    Refusal::of("AWS::OpenSearchService::Domain", "AdvancedSecurityOptions.Enabled", Transition::TurnsOff).because(
        SEARCH_SWITCH,
        OPENSEARCH,
        "memory",
    ),
    Refusal::of("AWS::OpenSearchService::Domain", "EncryptionAtRestOptions.Enabled", Transition::TurnsOff).because(
        SEARCH_SWITCH,
        OPENSEARCH,
        "memory",
    ),
    Refusal::of("AWS::OpenSearchService::Domain", "EngineVersion", Transition::GoesBack).because(
        "a domain cannot go back to an older version; restore a snapshot",
        OPENSEARCH,
        "memory",
    ),
    Refusal::of("AWS::OpenSearchService::Domain", "NodeToNodeEncryptionOptions.Enabled", Transition::TurnsOff).because(
        SEARCH_SWITCH,
        OPENSEARCH,
        "memory",
    ),
    Refusal::of("AWS::RDS::DBCluster", "AllocatedStorage", Transition::Shrinks).because(
        "storage can only grow; restore into a new cluster",
        RDS_MODIFY,
        "memory",
    ),
    Refusal::of("AWS::RDS::DBCluster", "BacktrackWindow", Transition::IsAdded).because(
        "a cluster can go back in time only if it was made so; restore a snapshot into a new one",
        "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Backtrack.html",
        "2026-11-30",
    ),
    Refusal::of("AWS::RDS::DBCluster", "EngineVersion", Transition::GoesBack).because(DOWNGRADE, RDS_UPGRADE, "memory"),
    Refusal::of("AWS::RDS::DBInstance", "AllocatedStorage", Transition::Shrinks).because(
        "storage can only grow; restore into a new instance",
        RDS_MODIFY,
        "memory",
    ),
    Refusal::of("AWS::RDS::DBInstance", "EngineVersion", Transition::GoesBack).because(
        DOWNGRADE,
        RDS_UPGRADE,
        "memory",
    ),
    Refusal::of("AWS::RDS::DBInstance", "EngineVersion", Transition::MajorWithout("AllowMajorVersionUpgrade")).because(
        "RDS upgrades to another major version only if AllowMajorVersionUpgrade is true",
        RDS_MODIFY,
        "memory",
    ),
    Refusal::of("AWS::RDS::GlobalCluster", "EngineVersion", Transition::GoesBack).because(
        DOWNGRADE,
        RDS_UPGRADE,
        "memory",
    ),
    Refusal::of("AWS::Route53::HostedZone", "VPCs", Transition::IsAdded).because(
        "a public zone cannot become a private one; make a new zone",
        ZONES,
        "memory",
    ),
    Refusal::of("AWS::Route53::HostedZone", "VPCs", Transition::IsRemoved).because(
        "a private zone cannot become a public one; make a new zone",
        ZONES,
        "memory",
    ),
    Refusal::of("AWS::S3::Bucket", "VersioningConfiguration.Status", Transition::Between("Enabled", "Suspended"))
        .only("ObjectLockEnabled", "true")
        .because(
            "versions of a bucket with Object Lock cannot be suspended",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html",
            "memory",
        ),
    Refusal::of("AWS::SSM::Parameter", "Tier", Transition::Between("Advanced", "Standard")).because(
        "an advanced parameter cannot become a standard one; make a new one",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
        "memory",
    ),
    Refusal::of("AWS::SSM::Parameter", "Type", Transition::Changes).because(
        "the type of a parameter cannot be changed; make a new one",
        "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html",
        "memory",
    ),
];

const EKS_ACCESS: &str = "https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html";
const FSX: &str = "https://docs.aws.amazon.com/fsx/latest/APIReference/API_UpdateFileSystem.html";
const FSX_WHY: &str = "the storage of a file system can only grow";
const ZONES: &str = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html";

/// The rows of a type.
pub fn of(kind: &str) -> impl Iterator<Item = &'static Refusal> {
    REFUSALS.iter().filter(move |row| row.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::resource_types;

    #[test]
    fn every_row_names_a_property_that_an_update_may_touch_and_the_rows_are_sorted() {
        assert!(REFUSALS.is_sorted_by_key(|row| (row.kind, row.property)));
        let mut replaced = Vec::new();
        for row in REFUSALS {
            let kind = resource_types::find(row.kind).unwrap_or_else(|| panic!("{}", row.kind));
            let mut at = Some(kind.properties());
            for name in row.property.split('.') {
                at = at.and_then(|at| at.property(name));
            }
            assert!(at.is_some(), "{} {}", row.kind, row.property);
            let names: Vec<&str> = row.property.split('.').collect();
            if kind.replacement(&names) == resource_types::Replacement::Always {
                replaced.push((row.kind, row.property));
            }
            assert!(row.source.starts_with("https://") && !row.why.is_empty(), "{} {}", row.kind, row.property);
        }
        assert_eq!(replaced, [], "what is replaced is not refused");
    }
}
