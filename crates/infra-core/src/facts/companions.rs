//! Properties that a service wants beside others, which the schemas do not say.

/// What a property wants beside it.
#[derive(Debug)]
pub struct Companion {
    /// Type of the resource.
    pub kind: &'static str,
    /// Path to what holds both, through lists; empty for the properties themselves.
    pub list: &'static str,
    /// The property that wants something.
    pub key: &'static str,
    /// Patterns of the values with which it does; empty for any.
    pub values: &'static [&'static str],
    /// What must be beside it: a key, alternatives with `|` between them, or `Key=value`.
    pub needs: &'static str,
    /// The page that says so (from memory).
    pub source: &'static str,
}

const fn row(
    kind: &'static str,
    list: &'static str,
    key: &'static str,
    values: &'static [&'static str],
    needs: &'static str,
) -> Companion {
    Companion {
        kind,
        list,
        key,
        values,
        needs,
        source: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/",
    }
}

impl Companion {
    const fn see(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }
}

const AUTHORIZER: &str =
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html";
const BUCKET: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html";
const FARGATE: &str = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html";
const METRIC: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html";
const RDS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html";
const SECRET: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html";
const VOLUME: &str = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html";

const PROVISIONED: &[&str] = &["io1", "io2"];

/// Every row, sorted by type, list and key.
pub const COMPANIONS: &[Companion] = &[
    row("AWS::ApiGateway::Method", "", "AuthorizationType", &["COGNITO_USER_POOLS", "CUSTOM"], "AuthorizerId")
        .see("https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html"),
    row("AWS::ApiGateway::Method", "Integration", "ConnectionType", &["VPC_LINK"], "ConnectionId")
        .see("https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html"),
    row("AWS::ApiGatewayV2::Integration", "", "ConnectionType", &["VPC_LINK"], "ConnectionId")
        .see("https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html"),
    row("AWS::ApiGatewayV2::Integration", "", "IntegrationType", &["HTTP_PROXY"], "IntegrationMethod")
        .see("https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html"),
    row("AWS::ApiGatewayV2::Route", "", "AuthorizationType", &["CUSTOM", "JWT"], "AuthorizerId").see(AUTHORIZER),
    row("AWS::CloudFront::Distribution", "DistributionConfig", "Aliases", &[], "ViewerCertificate")
        .see("https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html"),
    row(
        "AWS::CloudFront::Distribution",
        "DistributionConfig.Origins",
        "DomainName",
        &[],
        "CustomOriginConfig|S3OriginConfig|VpcOriginConfig",
    )
    .see("https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html"),
    row("AWS::CloudTrail::Trail", "", "CloudWatchLogsLogGroupArn", &[], "CloudWatchLogsRoleArn")
        .see("https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html"),
    row("AWS::CloudWatch::Alarm", "", "MetricName", &[], "Period").see(METRIC),
    row("AWS::CloudWatch::Alarm", "", "MetricName", &[], "Statistic|ExtendedStatistic").see(METRIC),
    row("AWS::Cognito::UserPoolClient", "", "AllowedOAuthFlowsUserPoolClient", &["true"], "AllowedOAuthFlows").see(
        "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html",
    ),
    row("AWS::Cognito::UserPoolClient", "", "AllowedOAuthFlowsUserPoolClient", &["true"], "AllowedOAuthScopes").see(
        "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html",
    ),
    row(
        "AWS::DynamoDB::Table",
        "GlobalSecondaryIndexes.Projection",
        "ProjectionType",
        &["INCLUDE"],
        "NonKeyAttributes",
    )
    .see("https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Projection.html"),
    row("AWS::DynamoDB::Table", "LocalSecondaryIndexes.Projection", "ProjectionType", &["INCLUDE"], "NonKeyAttributes")
        .see("https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Projection.html"),
    row("AWS::EC2::FlowLog", "", "LogGroupName", &[], "DeliverLogsPermissionArn|DeliverCrossAccountRole")
        .see("https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html"),
    row("AWS::EC2::Instance", "BlockDeviceMappings.Ebs", "VolumeType", PROVISIONED, "Iops").see(VOLUME),
    row("AWS::EC2::LaunchTemplate", "LaunchTemplateData.BlockDeviceMappings.Ebs", "VolumeType", PROVISIONED, "Iops")
        .see(VOLUME),
    row("AWS::EC2::Volume", "", "KmsKeyId", &[], "Encrypted=true").see(VOLUME),
    row("AWS::EC2::Volume", "", "VolumeType", PROVISIONED, "Iops").see(VOLUME),
    row("AWS::ECS::Service", "", "LaunchType", &["FARGATE"], "NetworkConfiguration").see(FARGATE),
    row("AWS::ECS::TaskDefinition", "", "RequiresCompatibilities", &["FARGATE"], "Cpu").see(FARGATE),
    row("AWS::ECS::TaskDefinition", "", "RequiresCompatibilities", &["FARGATE"], "Memory").see(FARGATE),
    row("AWS::ECS::TaskDefinition", "", "RequiresCompatibilities", &["FARGATE"], "NetworkMode=awsvpc").see(FARGATE),
    row("AWS::EFS::FileSystem", "", "KmsKeyId", &[], "Encrypted=true")
        .see("https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html"),
    row("AWS::EFS::FileSystem", "", "ThroughputMode", &["provisioned"], "ProvisionedThroughputInMibps")
        .see("https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html"),
    row("AWS::ElastiCache::ReplicationGroup", "", "AuthToken", &[], "TransitEncryptionEnabled=true")
        .see("https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html"),
    row(
        "AWS::RDS::DBCluster",
        "",
        "KmsKeyId",
        &[],
        "StorageEncrypted=true|SnapshotIdentifier|SourceDBClusterIdentifier|SourceDbClusterResourceId|ReplicationSourceIdentifier|GlobalClusterIdentifier",
    )
    .see(RDS),
    row(
        "AWS::RDS::DBInstance",
        "",
        "KmsKeyId",
        &[],
        "StorageEncrypted=true|DBSnapshotIdentifier|DBClusterSnapshotIdentifier|SourceDBInstanceIdentifier|SourceDBClusterIdentifier|SourceDbiResourceId|SourceDBInstanceAutomatedBackupsArn|DBClusterIdentifier",
    )
    .see(RDS),
    row("AWS::RDS::DBInstance", "", "MonitoringInterval", &["1", "5", "10", "15", "30", "60"], "MonitoringRoleArn")
        .see(RDS),
    row("AWS::RDS::DBInstance", "", "StorageType", PROVISIONED, "Iops").see(RDS),
    // A bucket that keeps versions can get the lock later.
    row("AWS::S3::Bucket", "", "ObjectLockConfiguration", &[], "ObjectLockEnabled=true|VersioningConfiguration")
        .see("https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html"),
    row("AWS::S3::Bucket", "", "ReplicationConfiguration", &[], "VersioningConfiguration").see(BUCKET),
    row("AWS::SNS::Topic", "", "TopicName", &["*.fifo"], "FifoTopic=true")
        .see("https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html"),
    row("AWS::SQS::Queue", "", "QueueName", &["*.fifo"], "FifoQueue=true")
        .see("https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"),
    row("AWS::SecretsManager::Secret", "GenerateSecretString", "GenerateStringKey", &[], "SecretStringTemplate")
        .see(SECRET),
    row("AWS::SecretsManager::Secret", "GenerateSecretString", "SecretStringTemplate", &[], "GenerateStringKey")
        .see(SECRET),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_have_a_source() {
        assert!(COMPANIONS.is_sorted_by_key(|row| (row.kind, row.list, row.key)));
        assert!(COMPANIONS.iter().all(|row| !row.needs.is_empty() && row.source.starts_with("https://")));
    }
}
