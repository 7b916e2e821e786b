//! Properties whose update interrupts a resource that stays.
//!
//! Depends on nothing. The schemas of resource types say what replaces a resource, not what interrupts it, so this table
//! is written by hand and holds only what the pages of CloudFormation say; what is not here is not known to interrupt.
//! That the version of an EKS cluster is not here is on purpose: `UpdateClusterVersion` keeps the cluster working
//! (<https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterVersion.html>, read 2026-11-25).

/// Type and property, sorted.
///
/// Source: "Update requires: Some interruptions" in
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html>, read in the
/// copy `awsdocs/aws-cloudformation-user-guide` (read 2026-11-25); of `CACertificateIdentifier` the page says that
/// updating it triggers a reboot.
const INTERRUPTING: &[(&str, &str)] = &[
    ("AWS::RDS::DBInstance", "BackupRetentionPeriod"),
    ("AWS::RDS::DBInstance", "CACertificateIdentifier"),
    ("AWS::RDS::DBInstance", "DBInstanceClass"),
    ("AWS::RDS::DBInstance", "DBParameterGroupName"),
    ("AWS::RDS::DBInstance", "EngineVersion"),
    ("AWS::RDS::DBInstance", "MonitoringInterval"),
    ("AWS::RDS::DBInstance", "MultiAZ"),
    ("AWS::RDS::DBInstance", "PerformanceInsightsKMSKeyId"),
];

/// Properties that the schemas say replace their resource under a condition, and of which the pages say that an update
/// needs no replacement; sorted.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html>
/// (read 2026-11-25): some interruptions at most.
const KEPT: &[(&str, &str)] =
    &[("AWS::RDS::DBInstance", "AutoMinorVersionUpgrade"), ("AWS::RDS::DBInstance", "MultiAZ")];

/// Returns whether updating `property` of a resource of `cfn_type` keeps it, whatever its schema says of conditions.
pub fn keeps(cfn_type: &str, property: &str) -> bool {
    KEPT.binary_search(&(cfn_type, property)).is_ok()
}

/// Returns whether updating `property` of a resource of `cfn_type` may interrupt it.
pub fn interrupts(cfn_type: &str, property: &str) -> bool {
    INTERRUPTING.binary_search(&(cfn_type, property)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::resource_types;

    #[test]
    fn every_row_names_a_property_and_the_rows_are_sorted() {
        assert!(INTERRUPTING.is_sorted_by(|a, b| a < b));
        assert!(KEPT.is_sorted_by(|a, b| a < b));
        for (kind, property) in INTERRUPTING.iter().chain(KEPT) {
            let schema = resource_types::find(kind).and_then(|kind| kind.properties().property(property));
            assert!(schema.is_some(), "{kind} {property}");
        }
        assert!(interrupts("AWS::RDS::DBInstance", "DBInstanceClass"));
        assert!(!interrupts("AWS::EKS::Cluster", "Version"));
    }
}
