//! The zones in which a VPC link of API Gateway can stand, where those are not all of a region.
//!
//! Depends on nothing.

/// The page that lists the zones by region.
pub const SOURCE: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html (read 2026-11-22)";

/// Regions with a zone that takes no VPC link, and the ids of those that do; sorted by region.
///
/// Other regions are left out: there, or as far as [`SOURCE`] could be read, every zone takes one.
pub const PARTIAL: &[(&str, &[&str])] = &[
    ("ap-east-1", &["ape1-az2", "ape1-az3"]),
    ("us-east-1", &["use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"]),
    ("us-west-1", &["usw1-az1", "usw1-az3"]),
];

/// Returns the ids of the zones that take a VPC link, where those are not all of the region.
pub fn zones(region: &str) -> Option<&'static [&'static str]> {
    let index = PARTIAL.binary_search_by_key(&region, |&(name, _)| name).ok()?;
    PARTIAL.get(index).map(|&(_, zones)| zones)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_sorted_and_unique() {
        assert!(!SOURCE.is_empty());
        assert!(PARTIAL.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn the_odd_zone_of_virginia_takes_none() {
        assert!(zones("us-east-1").is_some_and(|zones| !zones.contains(&"use1-az3")));
        assert_eq!(zones("eu-west-1"), None);
    }
}
