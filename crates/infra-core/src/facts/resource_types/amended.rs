//! What the sources say of resource types and what is not so, or is said better elsewhere.

use super::ResourceType;

/// Rules of cfn-lint that domain rules take the place of: the values of records have grammars that patterns cannot say.
const LEFT_TO_RULES: &[&str] = &["E3023"];

/// Properties that a condition excludes and that `CloudFormation` takes without effect: type, property.
///
/// Source: `CopyTagsToSnapshot` on
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html> (read
/// 2026-11-30): "Setting this value for an Aurora DB instance has no effect on the DB cluster setting."
const TAKEN: &[(&str, &str)] = &[("AWS::RDS::DBInstance", "CopyTagsToSnapshot")];

/// Properties that take networks of both families though their format says IPv4: the last name of their path.
///
/// cfn-lint derives the format from the name alone. Source: the property pages of the types, such as
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_CidrCollectionChange.html> (read 2026-11-30).
const BOTH_FAMILIES: &[&str] = &["Cidr", "CidrAllowList", "CidrList", "Cidrs"];

/// Further such properties, by type.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html>, the pages of each type
/// (read 2026-11-30).
const BOTH_FAMILIES_OF: &[(&str, &str)] = &[
    ("AWS::EC2::ClientVpnRoute", "DestinationCidrBlock"),
    ("AWS::EC2::TransitGatewayPolicyTableEntry", "DestinationCidrBlock"),
    ("AWS::EC2::TransitGatewayPolicyTableEntry", "SourceCidrBlock"),
    ("AWS::EC2::TransitGatewayRoute", "DestinationCidrBlock"),
];

/// Types whose networks are of IPv4 only, although the property is named like one of both families.
const IPV4_ONLY: &[&str] = &["AWS::EKS::Cluster", "AWS::EVS::Environment", "AWS::Lightsail::Instance"];

/// Whether a rule of cfn-lint is left to the domain rules.
pub fn is_left_to_rules(rule: &str) -> bool {
    LEFT_TO_RULES.contains(&rule)
}

/// Whether a property that is excluded is taken all the same.
pub fn is_taken(kind: ResourceType, property: &str) -> bool {
    TAKEN.contains(&(kind.name(), property))
}

/// Whether what is said to be set by AWS alone cannot be written. What is also said to be chosen at creation or never
/// given back can be; the properties of a custom resource are its own.
pub fn is_read_only(kind: ResourceType, path: &str) -> bool {
    let mut written = kind.create_only().chain(kind.conditional_create_only()).chain(kind.write_only());
    kind.name() != "AWS::CloudFormation::CustomResource" && !written.any(|other| other == path)
}

/// Whether a property such as `Locations[0].CidrList[1]` takes networks of IPv6 as well.
pub fn takes_both_families(kind: ResourceType, path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    let name = name.split('[').next().unwrap_or(name);
    BOTH_FAMILIES_OF.contains(&(kind.name(), name))
        || (BOTH_FAMILIES.contains(&name) && !IPV4_ONLY.contains(&kind.name()))
}

#[cfg(test)]
mod tests {
    use super::super::{all, find};
    use super::*;

    #[test]
    fn every_amendment_is_about_something() {
        for (kind, _) in TAKEN.iter().chain(BOTH_FAMILIES_OF) {
            assert!(find(kind).is_some(), "{kind}");
        }
        assert!(IPV4_ONLY.iter().all(|kind| find(kind).is_some()));
        let rules: Vec<&str> = all().flat_map(|kind| kind.conditions().map(|it| it.rule)).collect();
        assert!(LEFT_TO_RULES.iter().all(|rule| rules.contains(rule)));
    }

    #[test]
    fn what_is_chosen_at_creation_is_not_read_only() {
        let kind = find("AWS::CodeArtifact::Domain").unwrap();
        assert!(!is_read_only(kind, "EncryptionKey") && is_read_only(kind, "Owner"));
        assert!(!is_read_only(find("Custom::Thing").unwrap(), "Id"));
    }
}
