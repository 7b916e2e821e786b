//! The numbers AWS decides: sizes, ranges and defaults, one constant each.
//!
//! Depends on nothing. Times are in seconds unless the constant says otherwise. Where a source is missing the text says
//! `from memory`.

/// A range of a setting, and what AWS takes when it is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest value.
    pub min: u64,
    /// The largest value.
    pub max: u64,
    /// The value when nothing is set.
    pub default: u64,
}

impl Bounds {
    /// Returns whether `value` is accepted.
    pub const fn contains(self, value: u64) -> bool {
        self.min <= value && value <= self.max
    }

    pub(super) const fn new(min: u64, max: u64, default: u64) -> Self {
        assert!(min <= default && default <= max, "a default lies within its bounds");
        Self { min, max, default }
    }
}

/// Limits of CloudFormation.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html> (read 2026-11-22).
pub mod cloudformation {
    /// Largest template that goes inline with a request. Unit: bytes.
    ///
    /// Confirmed by a recorded error ("length less than or equal to 51200").
    pub const TEMPLATE_BODY_BYTES: usize = 51_200;
    /// Largest template that is read from S3. Unit: bytes. The page says "1 MB"; we take the smaller reading.
    pub const TEMPLATE_URL_BYTES: usize = 1_000_000;
    /// Most resources of a template.
    pub const RESOURCES: usize = 500;
    /// Most outputs of a template.
    pub const OUTPUTS: usize = 200;
    /// Most parameters of a template.
    pub const PARAMETERS: usize = 200;
    /// Most mappings of a template.
    pub const MAPPINGS: usize = 200;
    /// Most attributes of one entry of a mapping.
    pub const MAPPING_ATTRIBUTES: usize = 200;
    /// Longest description of a parameter. Unit: characters.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>.
    pub const PARAMETER_DESCRIPTION_LEN: usize = 4_000;
    /// Longest description of an output. Unit: bytes.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html>.
    pub const OUTPUT_DESCRIPTION_BYTES: usize = 1_024;
    /// Longest template description. Unit: bytes.
    pub const DESCRIPTION_BYTES: usize = 1_024;
    /// Longest value of a parameter. Unit: bytes.
    pub const PARAMETER_VALUE_BYTES: usize = 4_096;
    /// Longest logical id, parameter name or output name. Unit: characters.
    pub const LOGICAL_ID_LEN: usize = 255;
    /// Longest stack name. Unit: characters, of `[a-zA-Z][-a-zA-Z0-9]*`.
    pub const STACK_NAME_LEN: usize = 128;
    /// Most tags of a stack; keys have 1 to 128 characters, values 1 to 256.
    ///
    /// Source: botocore `cloudformation` 2010-05-15, shape `Tags`.
    pub const STACK_TAGS: usize = 50;
    /// Most resources that one change set imports.
    ///
    /// Source: botocore `cloudformation` 2010-05-15, shape `ResourcesToImport`.
    pub const IMPORTS: usize = 200;
    /// Most dynamic references of a template.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>.
    pub const DYNAMIC_REFERENCES: usize = 60;
}

/// Limits of Route 53.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html> (read 2026-11-22).
pub mod route53 {
    /// Most `ResourceRecord` elements of one change batch; those of an UPSERT count [`UPSERT_WEIGHT`] times.
    pub const BATCH_VALUES: usize = 1_000;
    /// Most characters in all `Value` elements of one change batch, spaces included; weighed like [`BATCH_VALUES`].
    pub const BATCH_CHARACTERS: usize = 32_000;
    /// How often the values of an UPSERT count.
    pub const UPSERT_WEIGHT: usize = 2;
    /// Requests per second and account.
    pub const REQUESTS_PER_SECOND: u32 = 5;
    /// Most values of one record set.
    pub const SET_VALUES: usize = 400;
    /// Largest time to live. Unit: seconds. Source:
    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html> (read 2026-11-30).
    pub const MAX_TTL: i64 = 2_147_483_647;
    /// Largest weight. Source: as [`MAX_TTL`].
    pub const MAX_WEIGHT: i64 = 255;
}

/// Limits of Lambda.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html> and `configuration-envvars.html` of the
/// same guide (from memory).
pub mod lambda {
    use super::Bounds;

    /// Memory of a function. Unit: MB.
    pub const MEMORY_MB: Bounds = Bounds::new(128, 10_240, 128);
    /// How long one call may take. Unit: seconds.
    pub const TIMEOUT: Bounds = Bounds::new(1, 900, 3);
    /// Space below `/tmp`. Unit: MB.
    pub const SCRATCH_MB: Bounds = Bounds::new(512, 10_240, 512);
    /// Layers of a function.
    pub const LAYERS: usize = 5;
    /// Variables that Lambda sets and nobody else may.
    pub const RESERVED_VARIABLES: [&str; 18] = [
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
    ];
}

/// Limits of EventBridge Scheduler.
///
/// Source: <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html> and
/// `API_FlexibleTimeWindow.html` beside it (from memory).
pub mod scheduler {
    use super::Bounds;

    /// How much later a schedule may be. Unit: minutes.
    pub const FLEXIBLE_MINUTES: Bounds = Bounds::new(0, 1_440, 0);
    /// How often a target is tried again.
    pub const RETRIES: Bounds = Bounds::new(0, 185, 185);
    /// How long a target is tried again. Unit: seconds.
    pub const MAX_AGE: Bounds = Bounds::new(60, 86_400, 86_400);
}

/// Limits of ECR.
///
/// Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html> (from memory).
pub mod ecr {
    use super::Bounds;

    /// Images, or days, of a lifecycle rule.
    pub const LIFECYCLE_COUNT: Bounds = Bounds::new(1, 1_000_000, 100);
}

/// Limits of SSM Parameter Store.
///
/// Source: <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html> (from
/// memory).
pub mod ssm {
    /// Longest value of a standard parameter. Unit: characters.
    pub const VALUE_CHARS: usize = 4_096;
}

/// Limits of KMS.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html> (from memory).
pub mod kms {
    use super::Bounds;

    /// How often a key gets new key material. Unit: days.
    pub const ROTATION_DAYS: Bounds = Bounds::new(90, 2_560, 365);
    /// How long a deletion can be taken back. Unit: days.
    pub const DELETION_DAYS: Bounds = Bounds::new(7, 30, 30);
}

/// Limits of `ElastiCache`.
///
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/quota-limits.html> (from memory).
pub mod elasticache {
    use super::Bounds;

    /// Longest name of a serverless cache, and of users and their groups. Unit: characters.
    pub const NAME_LEN: usize = 40;
    /// How long daily snapshots are kept. Unit: days.
    pub const SNAPSHOT_DAYS: Bounds = Bounds::new(0, 35, 0);
    /// Most data of a serverless cache. Unit: GB.
    pub const DATA_GB: Bounds = Bounds::new(1, 5_000, 5_000);
    /// Most work of a serverless cache. Unit: ECPU a second.
    pub const ECPU: Bounds = Bounds::new(1_000, 15_000_000, 15_000_000);
    /// Copies of a shard.
    pub const REPLICAS: Bounds = Bounds::new(0, 5, 1);
    /// Shards of a cache on nodes.
    pub const SHARDS: Bounds = Bounds::new(1, 500, 1);
}

/// Limits of SQS.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html> (read 2026-11-22).
pub mod sqs {
    use super::Bounds;

    /// How long a received message stays hidden. Unit: seconds.
    pub const VISIBILITY_TIMEOUT: Bounds = Bounds::new(0, 43_200, 30);
    /// How long a message is kept. Unit: seconds.
    pub const RETENTION: Bounds = Bounds::new(60, 1_209_600, 345_600);
    /// How long a new message stays hidden. Unit: seconds.
    pub const DELAY: Bounds = Bounds::new(0, 900, 0);
    /// How long a receive call waits for a message. Unit: seconds.
    pub const RECEIVE_WAIT: Bounds = Bounds::new(0, 20, 0);
    /// Largest message. Unit: bytes. The default (256 KiB until August 2025) is from memory.
    pub const MESSAGE_BYTES: Bounds = Bounds::new(1_024, 1_048_576, 1_048_576);
    /// Receives before a message moves to the dead-letter queue. The default is from memory.
    pub const MAX_RECEIVE_COUNT: Bounds = Bounds::new(1, 1_000, 10);
    /// How long a data key is reused. Unit: seconds. The default is from memory.
    pub const KMS_KEY_REUSE: Bounds = Bounds::new(60, 86_400, 300);
    /// Most source queues that a redrive allow policy names.
    pub const REDRIVE_ALLOW_SOURCES: usize = 10;
}

/// Limits of SNS.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html> and
/// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html> (read 2026-11-22).
pub mod sns {
    use super::Bounds;

    /// Largest message of a topic, attributes included. Unit: bytes.
    ///
    /// More than the default limits the topic to 100 subscriptions of SQS, Firehose and Lambda.
    /// Source: <https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html> (read 2026-11-22).
    pub const MESSAGE_BYTES: Bounds = Bounds::new(1_024, 1_048_576, 262_144);
    /// Most keys of a filter policy.
    pub const FILTER_POLICY_KEYS: usize = 5;
    /// Most combinations of a filter policy: the product of the number of values of each key.
    pub const FILTER_POLICY_COMBINATIONS: usize = 150;
    /// Largest filter policy. Unit: bytes.
    pub const FILTER_POLICY_BYTES: usize = 262_144;
    /// Most subscriptions of a topic with messages above the default size.
    pub const LARGE_MESSAGE_SUBSCRIPTIONS: usize = 100;
}

/// Limits of API Gateway.
///
/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html> (read 2026-11-22).
pub mod api_gateway {
    use super::Bounds;

    /// How long an HTTP API waits for its integration. Unit: milliseconds.
    pub const HTTP_INTEGRATION_TIMEOUT_MS: Bounds = Bounds::new(50, 30_000, 30_000);
    /// How long a WebSocket API waits for its integration. Unit: milliseconds.
    pub const WEBSOCKET_INTEGRATION_TIMEOUT_MS: Bounds = Bounds::new(50, 29_000, 29_000);
    /// Largest request or response of an HTTP or REST API. Unit: bytes. The page says "10 MB".
    pub const PAYLOAD_BYTES: u64 = 10_000_000;
    /// Requests per second of an account in a region, before a quota increase; thirteen younger regions have 2,500.
    ///
    /// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html> (read 2026-11-22).
    pub const THROTTLE_RATE: u32 = 10_000;
    /// Size of the token bucket behind [`THROTTLE_RATE`]; the same younger regions have 1,250. Source: as there.
    pub const THROTTLE_BURST: u32 = 5_000;
    /// Routes of an API, before a quota increase.
    pub const ROUTES: usize = 300;
    /// Integrations of an API.
    pub const INTEGRATIONS: usize = 300;
    /// Days without traffic after which a VPC link becomes `INACTIVE`.
    ///
    /// Source: `http-api-vpc-links.html` of the same guide.
    pub const VPC_LINK_IDLE_DAYS: u32 = 60;
}

/// Limits of ACM.
///
/// Source: <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html> and
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html> (read 2026-11-22).
pub mod acm {
    /// Names of a certificate, the first included, before a quota increase.
    pub const NAMES_DEFAULT: usize = 10;
    /// Names of a certificate after the largest quota increase.
    pub const NAMES_MAX: usize = 100;
    /// Longest first name of a certificate, its common name. Unit: characters.
    pub const FIRST_NAME_LEN: usize = 64;
    /// Days that a public certificate is valid (since February 2026; 395 before).
    pub const VALIDITY_DAYS: u32 = 198;
    /// Days before its end at which a certificate is renewed.
    pub const RENEWAL_DAYS: u32 = 45;
    /// Hours after which a pending validation fails.
    pub const VALIDATION_HOURS: u32 = 72;
}

/// Limits of Elastic Load Balancing.
///
/// Source: `API_LoadBalancerAttribute.html`, `API_ListenerAttribute.html`, `API_TargetGroupAttribute.html` and
/// `API_CreateTargetGroup.html` below <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/> (read
/// 2026-11-22).
pub mod elb {
    use super::Bounds;

    /// Idle time-out of an Application Load Balancer. Unit: seconds.
    pub const ALB_IDLE_TIMEOUT: Bounds = Bounds::new(1, 4_000, 60);
    /// Idle time-out of a TCP listener of a Network Load Balancer. Unit: seconds.
    pub const NLB_IDLE_TIMEOUT: Bounds = Bounds::new(60, 6_000, 350);
    /// How long a target drains. Unit: seconds.
    pub const DEREGISTRATION_DELAY: Bounds = Bounds::new(0, 3_600, 300);
    /// How long a Network Load Balancer goes on opening connections to an IP target after its deregistration, whatever the
    /// delay. Unit: seconds.
    pub const NETWORK_LINGER: u32 = 120;
    /// Where [`NETWORK_LINGER`] was measured (read 2026-11-30; also issue 3270 there and 470 of aws/containers-roadmap).
    /// The page about target groups says that new connections end at once.
    pub const NETWORK_LINGER_SOURCE: &str =
        "https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/2366";
    /// Time between two health checks of a target. Unit: seconds.
    pub const HEALTH_CHECK_INTERVAL: Bounds = Bounds::new(5, 300, 30);
    /// Time a health check may take. Unit: seconds. The default is that of HTTP; TCP has 10 (defaults from memory).
    pub const HEALTH_CHECK_TIMEOUT: Bounds = Bounds::new(2, 120, 5);
    /// Successes before a target is healthy. The default is from memory.
    pub const HEALTHY_THRESHOLD: Bounds = Bounds::new(2, 10, 5);
    /// Failures before a target is unhealthy. The default is from memory.
    pub const UNHEALTHY_THRESHOLD: Bounds = Bounds::new(2, 10, 2);
    /// Longest name of a load balancer or target group. Unit: characters.
    pub const NAME_LEN: usize = 32;
}

/// Limits of DynamoDB.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html> (from memory; names,
/// recovery period and types agree with the resource schema in cfn-lint 1.58.0).
pub mod dynamodb {
    use super::Bounds;

    /// Longest name of a key attribute. Unit: bytes.
    pub const KEY_NAME_BYTES: usize = 255;
    /// Shortest name of an index. Unit: characters.
    pub const INDEX_NAME_MIN: usize = 3;
    /// Most global secondary indexes of a table, before a quota increase.
    pub const GLOBAL_INDEXES: usize = 20;
    /// How far point-in-time recovery goes back. Unit: days.
    pub const RECOVERY_DAYS: Bounds = Bounds::new(1, 35, 35);
    /// Reserved read or write units of a table, before a quota increase.
    pub const CAPACITY_UNITS: Bounds = Bounds::new(1, 40_000, 1);
    /// Utilization that target tracking aims at. Unit: per cent.
    pub const TARGET_PERCENT: Bounds = Bounds::new(20, 90, 70);
}

/// Limits of S3.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html> and
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html> (from memory).
pub mod s3 {
    use super::Bounds;

    /// Days of a lifecycle rule: any positive number; 100 years are surely a slip.
    pub const LIFECYCLE_DAYS: Bounds = Bounds::new(1, 36_500, 30);
    /// Fewest days before objects move to an infrequent-access class. Unit: days.
    pub const INFREQUENT_ACCESS_DAYS: u32 = 30;
    /// Most rules of a CORS configuration.
    pub const CORS_RULES: usize = 100;
    /// Most rules of a lifecycle configuration.
    pub const LIFECYCLE_RULES: usize = 1_000;
}

/// Limits of IAM.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html> and
/// <https://repost.aws/knowledge-center/iam-increase-policy-size> (read 2026-11-25).
pub mod iam {
    /// Longest managed policy. Unit: characters, white space not counted.
    pub const MANAGED_POLICY_CHARACTERS: usize = 6_144;
    /// Managed policies of a role, before a quota increase.
    pub const MANAGED_POLICIES_PER_ROLE: usize = 10;
}

/// Limits of Secrets Manager.
///
/// Source: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html> (from memory).
pub mod secrets_manager {
    use super::Bounds;

    /// Length of a generated password. Unit: characters.
    pub const PASSWORD_LEN: Bounds = Bounds::new(4, 4_096, 32);
    /// Longest name of a secret. Unit: characters.
    pub const NAME_LEN: usize = 512;
}

/// Limits of CloudWatch alarms, as far as they make sense for what is watched.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html> (from memory).
pub mod cloudwatch {
    use super::Bounds;

    /// A share.
    pub const PERCENT: Bounds = Bounds::new(1, 100, 1);
    /// Length of a period of an alarm on a metric that is put there each minute, which must be whole minutes; and the
    /// longest time that all periods of an alarm may have together. Unit: seconds.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html> (read 2026-11-30).
    pub const PERIOD: Bounds = Bounds::new(60, 86_400, 60);
    /// The longest time of all periods together, if a period is shorter than an hour. Unit: seconds.
    pub const EVALUATED: u32 = 86_400;
    /// The same, if a period is an hour or longer. Unit: seconds.
    pub const EVALUATED_HOURS: u32 = 604_800;
    /// Length of a metric's name. Unit: characters.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html> (read 2026-11-30).
    pub const METRIC_NAME: Bounds = Bounds::new(1, 255, 1);
    /// Days before the end of a certificate; no public one is valid for longer.
    pub const CERTIFICATE_DAYS: Bounds = Bounds::new(1, 398, 30);
}

/// Limits of VPCs and NAT gateways.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html> and `nat-gateway-basics.html` of the
/// same guide (from memory).
pub mod vpc {
    /// Shortest prefix of a VPC's or subnet's IPv4 block, that is, the largest block.
    pub const SHORTEST_PREFIX: u8 = 16;
    /// Longest prefix of a VPC's or subnet's IPv4 block, that is, the smallest block.
    pub const LONGEST_PREFIX: u8 = 28;
    /// Addresses of every subnet that AWS keeps.
    pub const RESERVED_ADDRESSES: u64 = 5;
    /// After this time without traffic a NAT gateway forgets a connection. Unit: seconds.
    pub const NAT_IDLE_TIMEOUT: u64 = 350;
    /// Simultaneous connections of a NAT gateway to one destination, per address of its own.
    pub const NAT_CONNECTIONS: u64 = 55_000;
}

/// Limits of CloudWatch Logs.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html> (read
/// 2026-11-22, as the enum of cfn-lint 1.58.0).
pub mod logs {
    /// The page that lists [`RETENTION_DAYS`].
    pub const SOURCE: &str =
        "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html";
    /// The periods for which log events can be kept, sorted. Unit: days.
    pub const RETENTION_DAYS: &[u32] = &[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_their_ends_and_nothing_beyond() {
        let bounds = sqs::VISIBILITY_TIMEOUT;
        assert!(bounds.contains(0) && bounds.contains(43_200) && !bounds.contains(43_201));
        assert!(!sqs::RETENTION.contains(59));
    }

    #[test]
    fn every_group_of_limits_names_its_source() {
        let text = include_str!("limits.rs");
        let lines: Vec<&str> = text.lines().collect();
        for (idx, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("pub mod ")) {
            let docs = lines[..idx].iter().rev().take_while(|doc| doc.starts_with("///"));
            assert!(docs.into_iter().any(|doc| doc.starts_with("/// Source: ")), "{line}");
        }
    }
}
