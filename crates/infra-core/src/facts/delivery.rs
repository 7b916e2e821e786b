//! Which services hand something on to a resource that a property names, and by what right.

/// Who the right to deliver belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The service itself: the policy of what receives lets it in.
    Service,
    /// The role at this path of the item if one is written there, else the service itself.
    RoleOrService(&'static str),
    /// The role at this path of the resource's properties.
    Role(&'static str),
    /// The role of the function at this path of the resource's properties.
    RoleOfFunction(&'static str),
}

/// One property that names what receives.
#[derive(Debug)]
pub struct Slot {
    /// The type of the resource that names it.
    pub kind: &'static str,
    /// Path to a list of which each item names one receiver; empty for the properties themselves.
    pub list: &'static str,
    /// Path in the item; empty for the item itself.
    pub key: &'static str,
    /// The principal that delivers.
    pub service: &'static str,
    /// By what right.
    pub right: Right,
    /// Whether what receives must be in the region of the resource.
    pub same_region: bool,
    /// Whether AWS tries it when the resource is made, and refuses the resource.
    pub tried: bool,
}

const fn slot(kind: &'static str, list: &'static str, key: &'static str, service: &'static str) -> Slot {
    Slot { kind, list, key, service, right: Right::Service, same_region: true, tried: false }
}

impl Slot {
    const fn by(mut self, right: Right) -> Self {
        self.right = right;
        self
    }

    const fn anywhere(mut self) -> Self {
        self.same_region = false;
        self
    }

    const fn tried(mut self) -> Self {
        self.tried = true;
        self
    }
}

const ALARM: &str = "cloudwatch.amazonaws.com";
const COGNITO: &str = "cognito-idp.amazonaws.com";
const EVENTS: &str = "events.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";
const S3: &str = "s3.amazonaws.com";
const SNS: &str = "sns.amazonaws.com";

/// What calls a function as the action of an alarm.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html> (read 2026-11-30).
pub const ALARM_OF_FUNCTION: &str = "lambda.alarms.cloudwatch.amazonaws.com";

/// Every slot that is known, by type.
///
/// Source: the pages of the types in the CloudFormation Template Reference; permissions from
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html>,
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html>,
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html>,
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html> and
/// <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html> (all read 2026-11-30).
pub const SLOTS: &[Slot] = &[
    slot("AWS::AppSync::DataSource", "", "LambdaConfig.LambdaFunctionArn", "appsync.amazonaws.com")
        .by(Right::Role("ServiceRoleArn"))
        .anywhere(),
    slot("AWS::CloudWatch::Alarm", "AlarmActions", "", ALARM),
    slot("AWS::CloudWatch::Alarm", "InsufficientDataActions", "", ALARM),
    slot("AWS::CloudWatch::Alarm", "OKActions", "", ALARM),
    slot("AWS::CloudWatch::CompositeAlarm", "AlarmActions", "", ALARM),
    slot("AWS::CloudWatch::CompositeAlarm", "InsufficientDataActions", "", ALARM),
    slot("AWS::CloudWatch::CompositeAlarm", "OKActions", "", ALARM),
    slot(
        "AWS::CodeStarNotifications::NotificationRule",
        "Targets",
        "TargetAddress",
        "codestar-notifications.amazonaws.com",
    ),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "CreateAuthChallenge", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "CustomEmailSender.LambdaArn", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "CustomMessage", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "CustomSMSSender.LambdaArn", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "DefineAuthChallenge", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "PostAuthentication", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "PostConfirmation", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "PreAuthentication", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "PreSignUp", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "PreTokenGeneration", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "PreTokenGenerationConfig.LambdaArn", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "UserMigration", COGNITO),
    slot("AWS::Cognito::UserPool", "LambdaConfig", "VerifyAuthChallengeResponse", COGNITO),
    slot("AWS::ElasticLoadBalancingV2::TargetGroup", "Targets", "Id", "elasticloadbalancing.amazonaws.com").tried(),
    // A bus may be of another region.
    slot("AWS::Events::Rule", "Targets", "Arn", EVENTS).by(Right::RoleOrService("RoleArn")).anywhere(),
    slot("AWS::Events::Rule", "Targets", "DeadLetterConfig.Arn", EVENTS),
    slot("AWS::IoT::TopicRule", "TopicRulePayload.Actions", "Lambda.FunctionArn", "iot.amazonaws.com"),
    slot("AWS::IoT::TopicRule", "TopicRulePayload.Actions", "Sns.TargetArn", "iot.amazonaws.com")
        .by(Right::RoleOrService("Sns.RoleArn")),
    slot("AWS::Lambda::EventInvokeConfig", "", "DestinationConfig.OnFailure.Destination", LAMBDA)
        .by(Right::RoleOfFunction("FunctionName"))
        .tried(),
    slot("AWS::Lambda::EventInvokeConfig", "", "DestinationConfig.OnSuccess.Destination", LAMBDA)
        .by(Right::RoleOfFunction("FunctionName"))
        .tried(),
    slot("AWS::Lambda::EventSourceMapping", "", "DestinationConfig.OnFailure.Destination", LAMBDA)
        .by(Right::RoleOfFunction("FunctionName"))
        .tried(),
    slot("AWS::Lambda::Function", "", "DeadLetterConfig.TargetArn", LAMBDA).by(Right::Role("Role")).tried(),
    slot("AWS::Logs::SubscriptionFilter", "", "DestinationArn", "logs.amazonaws.com")
        .by(Right::RoleOrService("RoleArn"))
        .tried(),
    slot("AWS::Pipes::Pipe", "", "Enrichment", "pipes.amazonaws.com").by(Right::Role("RoleArn")),
    slot(
        "AWS::Pipes::Pipe",
        "",
        "SourceParameters.DynamoDBStreamParameters.DeadLetterConfig.Arn",
        "pipes.amazonaws.com",
    )
    .by(Right::Role("RoleArn")),
    slot(
        "AWS::Pipes::Pipe",
        "",
        "SourceParameters.KinesisStreamParameters.DeadLetterConfig.Arn",
        "pipes.amazonaws.com",
    )
    .by(Right::Role("RoleArn")),
    slot("AWS::Pipes::Pipe", "", "Target", "pipes.amazonaws.com").by(Right::Role("RoleArn")),
    slot("AWS::S3::Bucket", "NotificationConfiguration.LambdaConfigurations", "Function", S3).tried(),
    slot("AWS::S3::Bucket", "NotificationConfiguration.QueueConfigurations", "Queue", S3).tried(),
    slot("AWS::S3::Bucket", "NotificationConfiguration.TopicConfigurations", "Topic", S3).tried(),
    slot("AWS::SES::ReceiptRule", "Rule.Actions", "LambdaAction.FunctionArn", "ses.amazonaws.com").tried(),
    slot("AWS::SNS::Subscription", "", "Endpoint", SNS).anywhere(),
    slot("AWS::SNS::Subscription", "", "RedrivePolicy.deadLetterTargetArn", SNS),
    slot("AWS::SNS::Topic", "Subscription", "Endpoint", SNS).anywhere(),
    slot("AWS::Scheduler::Schedule", "", "Target.Arn", "scheduler.amazonaws.com").by(Right::Role("Target.RoleArn")),
    slot("AWS::Scheduler::Schedule", "", "Target.DeadLetterConfig.Arn", "scheduler.amazonaws.com")
        .by(Right::Role("Target.RoleArn")),
    slot("AWS::SecretsManager::RotationSchedule", "", "RotationLambdaARN", "secretsmanager.amazonaws.com").tried(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_sorted_by_type_and_unique() {
        let key = |slot: &Slot| (slot.kind, slot.list, slot.key);
        assert!(SLOTS.is_sorted_by(|a, b| key(a) < key(b)), "{SLOTS:?}");
        assert!(SLOTS.iter().all(|slot| slot.service.ends_with(".amazonaws.com")));
    }
}
