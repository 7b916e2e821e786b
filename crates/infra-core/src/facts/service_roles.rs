//! Which service takes on the role that a property names.

/// One property that holds a role.
#[derive(Debug)]
pub struct ServiceRole {
    /// Type of the resource.
    pub kind: &'static str,
    /// Path to the role, through lists.
    pub path: &'static str,
    /// The principals that take it on: one of them is enough.
    pub services: &'static [&'static str],
}

const fn row(kind: &'static str, path: &'static str, services: &'static [&'static str]) -> ServiceRole {
    ServiceRole { kind, path, services }
}

/// Every row, sorted by type and path.
///
/// Source: the pages of the types in <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/> and of the
/// services on their roles (from memory). What delivers events has rows of its own in `delivery`.
pub const SERVICE_ROLES: &[ServiceRole] = &[
    row("AWS::ApiGateway::Account", "CloudWatchRoleArn", &["apigateway.amazonaws.com"]),
    row("AWS::ApiGateway::Authorizer", "AuthorizerCredentials", &["apigateway.amazonaws.com"]),
    row("AWS::ApiGateway::Method", "Integration.Credentials", &["apigateway.amazonaws.com"]),
    row("AWS::ApiGatewayV2::Authorizer", "AuthorizerCredentialsArn", &["apigateway.amazonaws.com"]),
    row("AWS::AppSync::GraphQLApi", "LogConfig.CloudWatchLogsRoleArn", &["appsync.amazonaws.com"]),
    row("AWS::Backup::BackupSelection", "BackupSelection.IamRoleArn", &["backup.amazonaws.com"]),
    row("AWS::CloudTrail::Trail", "CloudWatchLogsRoleArn", &["cloudtrail.amazonaws.com"]),
    row("AWS::CodeBuild::Project", "ServiceRole", &["codebuild.amazonaws.com"]),
    row("AWS::CodeDeploy::DeploymentGroup", "ServiceRoleArn", &["codedeploy.amazonaws.com"]),
    row("AWS::CodePipeline::Pipeline", "RoleArn", &["codepipeline.amazonaws.com"]),
    row("AWS::Config::ConfigurationRecorder", "RoleARN", &["config.amazonaws.com"]),
    row("AWS::EC2::FlowLog", "DeliverLogsPermissionArn", &["vpc-flow-logs.amazonaws.com"]),
    row("AWS::ECS::TaskDefinition", "ExecutionRoleArn", &["ecs-tasks.amazonaws.com"]),
    row("AWS::ECS::TaskDefinition", "TaskRoleArn", &["ecs-tasks.amazonaws.com"]),
    row("AWS::EKS::Cluster", "RoleArn", &["eks.amazonaws.com"]),
    row("AWS::EKS::FargateProfile", "PodExecutionRoleArn", &["eks-fargate-pods.amazonaws.com"]),
    row("AWS::EKS::Nodegroup", "NodeRole", &["ec2.amazonaws.com"]),
    row("AWS::EKS::PodIdentityAssociation", "RoleArn", &["pods.eks.amazonaws.com"]),
    row("AWS::Glue::Crawler", "Role", &["glue.amazonaws.com"]),
    row("AWS::Glue::Job", "Role", &["glue.amazonaws.com"]),
    row(
        "AWS::KinesisFirehose::DeliveryStream",
        "ExtendedS3DestinationConfiguration.RoleARN",
        &["firehose.amazonaws.com"],
    ),
    row("AWS::KinesisFirehose::DeliveryStream", "S3DestinationConfiguration.RoleARN", &["firehose.amazonaws.com"]),
    row("AWS::Lambda::Function", "Role", &["lambda.amazonaws.com"]),
    row("AWS::RDS::DBCluster", "MonitoringRoleArn", &["monitoring.rds.amazonaws.com"]),
    row("AWS::RDS::DBInstance", "MonitoringRoleArn", &["monitoring.rds.amazonaws.com"]),
    row("AWS::RDS::DBProxy", "RoleArn", &["rds.amazonaws.com"]),
    row("AWS::S3::Bucket", "ReplicationConfiguration.Role", &["batchoperations.s3.amazonaws.com", "s3.amazonaws.com"]),
    row("AWS::StepFunctions::StateMachine", "RoleArn", &["states.amazonaws.com"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::delivery::{Right, SLOTS};

    #[test]
    fn rows_are_sorted_and_no_row_repeats_a_delivery() {
        assert!(SERVICE_ROLES.is_sorted_by(|a, b| (a.kind, a.path) < (b.kind, b.path)));
        for slot in SLOTS {
            let (Right::Role(path) | Right::RoleOrService(path)) = slot.right else { continue };
            // The role of a function also sends its dead letters; it is told once, as the role of the function.
            let twice = SERVICE_ROLES.iter().any(|row| row.kind == slot.kind && row.path == path);
            assert!(!twice || slot.kind == "AWS::Lambda::Function", "{} {path}", slot.kind);
        }
    }
}
