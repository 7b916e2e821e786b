//! The metrics that services publish, and the dimensions that they have.

/// What one namespace has.
#[derive(Debug)]
pub struct Namespace {
    /// Its name, such as `AWS/SQS`.
    pub name: &'static str,
    /// Its metrics, sorted.
    pub metrics: &'static [&'static str],
    /// Its dimensions, sorted.
    pub dimensions: &'static [&'static str],
}

/// Namespaces whose metrics this version knows, sorted by name. A name that is not here may be newer.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>,
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>,
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>,
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html> and
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html> (read 2026-11-30).
pub const NAMESPACES: &[Namespace] = &[
    Namespace {
        name: "AWS/ApplicationELB",
        metrics: &[
            "ActiveConnectionCount",
            "AnomalousHostCount",
            "ClientTLSNegotiationErrorCount",
            "ConsumedLCUs",
            "DesyncMitigationMode_NonCompliant_Request_Count",
            "DroppedInvalidHeaderRequestCount",
            "ELBAuthError",
            "ELBAuthFailure",
            "ELBAuthLatency",
            "ELBAuthRefreshTokenSuccess",
            "ELBAuthSuccess",
            "ELBAuthUserClaimsSizeExceeded",
            "ForwardedInvalidHeaderRequestCount",
            "GrpcRequestCount",
            "HTTPCode_ELB_3XX_Count",
            "HTTPCode_ELB_4XX_Count",
            "HTTPCode_ELB_500_Count",
            "HTTPCode_ELB_502_Count",
            "HTTPCode_ELB_503_Count",
            "HTTPCode_ELB_504_Count",
            "HTTPCode_ELB_5XX_Count",
            "HTTPCode_Target_2XX_Count",
            "HTTPCode_Target_3XX_Count",
            "HTTPCode_Target_4XX_Count",
            "HTTPCode_Target_5XX_Count",
            "HTTP_Fixed_Response_Count",
            "HTTP_Redirect_Count",
            "HTTP_Redirect_Url_Limit_Exceeded_Count",
            "HealthyHostCount",
            "HealthyStateDNS",
            "HealthyStateRouting",
            "IPv6ProcessedBytes",
            "IPv6RequestCount",
            "LambdaInternalError",
            "LambdaTargetProcessedBytes",
            "LambdaUserError",
            "LowReputationPacketsDropped",
            "LowReputationRequestsDenied",
            "MitigatedHostCount",
            "NewConnectionCount",
            "NonStickyRequestCount",
            "PeakLCUs",
            "ProcessedBytes",
            "RejectedConnectionCount",
            "RequestCount",
            "RequestCountPerTarget",
            "ReservedLCUs",
            "RuleEvaluations",
            "StandardProcessedBytes",
            "TargetConnectionErrorCount",
            "TargetResponseTime",
            "TargetTLSNegotiationErrorCount",
            "UnHealthyHostCount",
            "UnhealthyRoutingRequestCount",
            "UnhealthyStateDNS",
            "UnhealthyStateRouting",
        ],
        dimensions: &["AvailabilityZone", "LoadBalancer", "TargetGroup"],
    },
    Namespace {
        name: "AWS/Events",
        metrics: &[
            "DeadLetterInvocations",
            "EndpointEntries",
            "Events",
            "FailedInvocations",
            "IngestionToInvocationCompleteLatency",
            "IngestionToInvocationStartLatency",
            "IngestiontoInvocationCompleteLatency",
            "IngestiontoInvocationStartLatency",
            "InvocationAttempts",
            "Invocations",
            "InvocationsCreated",
            "InvocationsFailedToBeSentToDlq",
            "InvocationsSentToDlq",
            "MatchedEvents",
            "PutEventsApproximateCallCount",
            "PutEventsApproximateFailedCount",
            "PutEventsApproximateSuccessCount",
            "PutEventsApproximateThrottledCount",
            "PutEventsEntriesCount",
            "PutEventsFailedEntriesCount",
            "PutEventsLatency",
            "PutEventsRequestSize",
            "PutPartnerEventsApproximateCallCount",
            "PutPartnerEventsApproximateFailedCount",
            "PutPartnerEventsApproximateSuccessCount",
            "PutPartnerEventsApproximateThrottledCount",
            "PutPartnerEventsEntriesCount",
            "PutPartnerEventsFailedEntriesCount",
            "PutPartnerEventsLatency",
            "RetryInvocationAttempts",
            "SuccessfulInvocationAttempts",
            "ThrottledRules",
            "TriggeredRules",
        ],
        dimensions: &["EndpointName", "EventBusName", "EventSourceName", "RuleName"],
    },
    Namespace {
        name: "AWS/Lambda",
        metrics: &[
            "AsyncEventAge",
            "AsyncEventsDropped",
            "AsyncEventsReceived",
            "ClaimedAccountConcurrency",
            "ConcurrentExecutions",
            "DeadLetterErrors",
            "DeletedEventCount",
            "DestinationDeliveryFailures",
            "DroppedEventCount",
            "Duration",
            "Errors",
            "FailedInvokeEventCount",
            "FilteredOutEventCount",
            "Invocations",
            "InvokedEventCount",
            "IteratorAge",
            "MaxOffsetLag",
            "OffsetLag",
            "OnFailureDestinationDeliveredEventCount",
            "OversizedRecordCount",
            "PolledEventCount",
            "PostRuntimeExtensionsDuration",
            "ProvisionedConcurrencyInvocations",
            "ProvisionedConcurrencySpilloverInvocations",
            "ProvisionedConcurrencyUtilization",
            "ProvisionedConcurrentExecutions",
            "ProvisionedPollers",
            "RecursiveInvocationsDropped",
            "SignatureValidationErrors",
            "SumOffsetLag",
            "Throttles",
            "UnreservedConcurrentExecutions",
            "UrlRequestCount",
            "UrlRequestLatency",
        ],
        dimensions: &["EventSourceMappingUUID", "ExecutedVersion", "FunctionName", "Resource"],
    },
    Namespace {
        name: "AWS/NetworkELB",
        metrics: &[
            "ActiveFlowCount",
            "ActiveFlowCount_TCP",
            "ActiveFlowCount_TLS",
            "ActiveFlowCount_UDP",
            "ActiveZonalShiftHostCount",
            "ClientTLSNegotiationErrorCount",
            "ConsumedLCUs",
            "ConsumedLCUs_TCP",
            "ConsumedLCUs_TLS",
            "ConsumedLCUs_UDP",
            "HealthyHostCount",
            "NewFlowCount",
            "NewFlowCount_TCP",
            "NewFlowCount_TLS",
            "NewFlowCount_UDP",
            "PeakBytesPerSecond",
            "PeakPacketsPerSecond",
            "PortAllocationErrorCount",
            "ProcessedBytes",
            "ProcessedBytes_TCP",
            "ProcessedBytes_TLS",
            "ProcessedBytes_UDP",
            "ProcessedPackets",
            "RejectedFlowCount",
            "RejectedFlowCount_TCP",
            "ReservedLCUs",
            "SecurityGroupBlockedFlowCount_Inbound_ICMP",
            "SecurityGroupBlockedFlowCount_Inbound_TCP",
            "SecurityGroupBlockedFlowCount_Inbound_UDP",
            "SecurityGroupBlockedFlowCount_Outbound_ICMP",
            "SecurityGroupBlockedFlowCount_Outbound_TCP",
            "SecurityGroupBlockedFlowCount_Outbound_UDP",
            "TCP_Client_Reset_Count",
            "TCP_ELB_Reset_Count",
            "TCP_Target_Reset_Count",
            "TargetTLSNegotiationErrorCount",
            "UnHealthyHostCount",
            "UnhealthyRoutingFlowCount",
            "ZonalHealthStatus",
        ],
        dimensions: &["AvailabilityZone", "LoadBalancer", "TargetGroup"],
    },
    Namespace {
        name: "AWS/SNS",
        metrics: &[
            "NumberOfMessagesPublished",
            "NumberOfNotificationsDelivered",
            "NumberOfNotificationsFailed",
            "NumberOfNotificationsFailedToRedriveToDlq",
            "NumberOfNotificationsFilteredOut",
            "NumberOfNotificationsFilteredOut-InvalidAttributes",
            "NumberOfNotificationsFilteredOut-InvalidMessageBody",
            "NumberOfNotificationsFilteredOut-MessageAttributes",
            "NumberOfNotificationsFilteredOut-MessageBody",
            "NumberOfNotificationsFilteredOut-NoMessageAttributes",
            "NumberOfNotificationsRedrivenToDlq",
            "PublishSize",
            "SMSMonthToDateSpentUSD",
            "SMSSuccessRate",
        ],
        dimensions: &["Application", "Country", "Platform", "SMSType", "TopicName"],
    },
    Namespace {
        name: "AWS/SQS",
        metrics: &[
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfGroupsWithInflightMessages",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfNoisyGroups",
            "NumberOfDeduplicatedSentMessages",
            "NumberOfEmptyReceives",
            "NumberOfMessagesDeleted",
            "NumberOfMessagesReceived",
            "NumberOfMessagesSent",
            "SentMessageSize",
        ],
        dimensions: &["QueueName"],
    },
];

/// Finds a namespace by its name.
pub fn find(name: &str) -> Option<&'static Namespace> {
    let at = NAMESPACES.binary_search_by_key(&name, |namespace| namespace.name).ok()?;
    NAMESPACES.get(at)
}

/// One dimension whose value is given by a reference.
#[derive(Debug)]
pub struct Named {
    /// The dimension.
    pub dimension: &'static str,
    /// The type of the resource that it names.
    pub kind: &'static str,
    /// The attribute that gives the value; none for `Ref`.
    pub attribute: Option<&'static str>,
}

const fn named(dimension: &'static str, kind: &'static str, attribute: Option<&'static str>) -> Named {
    Named { dimension, kind, attribute }
}

/// Dimensions that name a resource, and what of it they are.
///
/// Source: the pages of the metrics above, and "Return values" of each type in the CloudFormation Template Reference (read
/// 2026-11-30).
pub const NAMED: &[Named] = &[
    named("ApiId", "AWS::ApiGatewayV2::Api", None),
    named("DBClusterIdentifier", "AWS::RDS::DBCluster", None),
    named("DBInstanceIdentifier", "AWS::RDS::DBInstance", None),
    named("DistributionId", "AWS::CloudFront::Distribution", None),
    named("FunctionName", "AWS::Lambda::Function", None),
    named("LoadBalancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", Some("LoadBalancerFullName")),
    named("QueueName", "AWS::SQS::Queue", Some("QueueName")),
    named("RuleName", "AWS::Events::Rule", None),
    named("TableName", "AWS::DynamoDB::Table", None),
    named("TargetGroup", "AWS::ElasticLoadBalancingV2::TargetGroup", Some("TargetGroupFullName")),
    named("TopicName", "AWS::SNS::Topic", Some("TopicName")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_metrics_and_dimensions_are_sorted() {
        assert!(NAMESPACES.is_sorted_by(|a, b| a.name < b.name));
        for namespace in NAMESPACES {
            assert!(namespace.metrics.is_sorted_by(|a, b| a < b), "{}", namespace.name);
            assert!(namespace.dimensions.is_sorted_by(|a, b| a < b), "{}", namespace.name);
        }
        assert!(NAMED.is_sorted_by(|a, b| a.dimension < b.dimension));
    }
}
