//! What IAM knows: services with their actions, the operators of conditions, and the elements of policies.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A line for each service: its prefix and its actions, in lower case.
///
/// Source: `Policies.json` of cfn-lint 1.58.0 (MIT-0), which reads <https://awspolicygen.s3.amazonaws.com/js/policies.js>
/// (read 2026-11-30). Written by `scripts/refresh-iam-actions`. A name that is not here may be newer than this list.
const ACTIONS: &str = include_str!("../../data/iam-actions.txt");

fn table() -> &'static BTreeMap<&'static str, Vec<&'static str>> {
    static TABLE: OnceLock<BTreeMap<&'static str, Vec<&'static str>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let lines = ACTIONS.lines().filter_map(|line| line.split_once(' '));
        lines.map(|(service, actions)| (service, actions.split(' ').collect())).collect()
    })
}

/// Returns the actions of a service in lower case, sorted; none if this version does not know the service.
pub fn actions(service: &str) -> Option<&'static [&'static str]> {
    table().get(service).map(Vec::as_slice)
}

/// Returns the prefixes of all services, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    table().keys().copied()
}

/// Operators of conditions, without `IfExists` at their end and `ForAllValues:` or `ForAnyValue:` before them; sorted.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html> (read
/// 2026-11-30).
pub const OPERATORS: &[&str] = &[
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

/// Elements of a policy document.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html> (read 2026-11-30).
pub const DOCUMENT: &[&str] = &["Id", "Statement", "Version"];

/// Elements of a statement; source as [`DOCUMENT`].
pub const STATEMENT: &[&str] =
    &["Action", "Condition", "Effect", "NotAction", "NotPrincipal", "NotResource", "Principal", "Resource", "Sid"];

/// Kinds of principals; source as [`DOCUMENT`].
pub const PRINCIPALS: &[&str] = &["AWS", "CanonicalUser", "Federated", "Service"];

/// Versions of the policy language; source as [`DOCUMENT`].
pub const VERSIONS: &[&str] = &["2008-10-17", "2012-10-17"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_actions_are_sorted_and_in_lower_case() {
        assert!(services().is_sorted_by(|a, b| a < b));
        for (service, actions) in table() {
            assert!(actions.is_sorted_by(|a, b| a < b), "{service}");
            assert!(actions.iter().all(|action| *action == action.to_ascii_lowercase()), "{service}");
        }
        assert!(actions("sqs").is_some_and(|actions| actions.contains(&"receivemessage")));
        assert!(OPERATORS.is_sorted_by(|a, b| a < b));
    }
}
