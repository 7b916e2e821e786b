//! Lists whose entries must differ in one property, which the schemas do not say.

/// One list and the property in which its entries differ.
#[derive(Debug)]
pub struct UniqueEntries {
    /// Type of the resource; empty for every type.
    pub kind: &'static str,
    /// Path to the entries, through lists.
    pub list: &'static str,
    /// The property; empty for the entry itself.
    pub key: &'static str,
}

const fn row(kind: &'static str, list: &'static str, key: &'static str) -> UniqueEntries {
    UniqueEntries { kind, list, key }
}

/// Every row, sorted.
///
/// Source: the pages of the types in <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/> and of the
/// requests behind them (from memory).
pub const UNIQUE_ENTRIES: &[UniqueEntries] = &[
    row("", "Tags", "Key"),
    row("AWS::CloudFront::Distribution", "DistributionConfig.CacheBehaviors", "PathPattern"),
    row("AWS::CloudFront::Distribution", "DistributionConfig.Origins", "Id"),
    row("AWS::CloudWatch::Alarm", "Dimensions", "Name"),
    row("AWS::CloudWatch::Alarm", "Metrics", "Id"),
    row("AWS::CodePipeline::Pipeline", "Stages", "Name"),
    row("AWS::DynamoDB::Table", "AttributeDefinitions", "AttributeName"),
    row("AWS::DynamoDB::Table", "GlobalSecondaryIndexes", "IndexName"),
    row("AWS::DynamoDB::Table", "LocalSecondaryIndexes", "IndexName"),
    row("AWS::EC2::Instance", "BlockDeviceMappings", "DeviceName"),
    row("AWS::EC2::LaunchTemplate", "LaunchTemplateData.BlockDeviceMappings", "DeviceName"),
    row("AWS::ECS::TaskDefinition", "ContainerDefinitions", "Name"),
    row("AWS::ECS::TaskDefinition", "Volumes", "Name"),
    row("AWS::Events::Rule", "Targets", "Id"),
    row("AWS::S3::Bucket", "LifecycleConfiguration.Rules", "Id"),
    row("AWS::S3::Bucket", "ReplicationConfiguration.Rules", "Id"),
    row("AWS::WAFv2::RuleGroup", "Rules", "Name"),
    row("AWS::WAFv2::RuleGroup", "Rules", "Priority"),
    row("AWS::WAFv2::WebACL", "Rules", "Name"),
    row("AWS::WAFv2::WebACL", "Rules", "Priority"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_unique() {
        assert!(UNIQUE_ENTRIES.is_sorted_by(|a, b| (a.kind, a.list, a.key) < (b.kind, b.list, b.key)));
    }
}
