//! The regions that an environment has stacks in, written down in a tag, so that stacks of a region that the project does
//! not name any more are found.
//!
//! The tag is on the stacks in the partition's home region, which is always looked at, or else on those of the
//! environment's own region. What it says is never taken back: a region that holds nothing any more costs one request.

use std::collections::{BTreeMap, BTreeSet};

use super::{DeployedStack, Desired};

/// Key of the tag; its value is names of regions with spaces between.
pub const REGIONS: &str = "infra:regions";

/// The region that is looked at for every environment of a partition: the one in which its global services live.
///
/// Source: <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html> (from
/// memory).
pub fn home(partition: &str) -> Option<&'static str> {
    match partition {
        "aws" => Some("us-east-1"),
        "aws-cn" => Some("cn-north-1"),
        "aws-us-gov" => Some("us-gov-west-1"),
        _ => None,
    }
}

/// The regions that stacks say their environment has stacks in.
pub fn named_regions<'a>(stacks: impl IntoIterator<Item = &'a DeployedStack>) -> BTreeSet<String> {
    let tags = stacks.into_iter().filter_map(|stack| stack.tags.get(REGIONS));
    tags.flat_map(|tag| tag.split(' ').filter(|region| !region.is_empty()).map(str::to_owned)).collect()
}

/// The tags of a stack as they are wanted over those that it has: what the tag of regions says stays.
pub fn kept(wanted: &BTreeMap<String, String>, live: Option<&BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let mut tags = wanted.clone();
    if let Some(old) = live.and_then(|live| live.get(REGIONS)) {
        let new = tags.get(REGIONS).map(String::as_str).unwrap_or_default();
        let all: BTreeSet<&str> = old.split(' ').chain(new.split(' ')).filter(|region| !region.is_empty()).collect();
        tags.insert(REGIONS.to_owned(), all.into_iter().collect::<Vec<_>>().join(" "));
    }
    tags
}

impl Desired {
    /// Whether its stacks would be others in another region: that which environments share is looked for where it is.
    pub fn is_bound_to_regions(&self) -> bool {
        self.stacks.values().all(|stack| stack.tags.contains_key("infra:environment"))
    }

    /// Writes down the regions of the environment where they would not be found otherwise.
    pub(super) fn name_regions(&mut self) {
        let home = home(&self.partition);
        let regions: BTreeSet<String> = self.stacks.keys().map(|key| key.region.clone()).collect();
        let at_home = home.is_some_and(|home| regions.contains(home));
        let holds = if at_home { home.unwrap_or_default().to_owned() } else { self.region.clone() };
        let others: Vec<&str> =
            regions.iter().map(String::as_str).filter(|region| *region != holds && Some(*region) != home).collect();
        if others.is_empty() {
            return;
        }
        let value = others.join(" ");
        for (_, stack) in self.stacks.iter_mut().filter(|(key, _)| key.region == holds) {
            stack.tags.insert(REGIONS.to_owned(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::{desired, stack};
    use crate::state::StackKey;

    /// What the tag of each stack says, by region.
    fn tags(regions: &[&str]) -> Vec<String> {
        let mut all = desired(&[("a", json!({}), &[])]);
        let sample = all.stacks.pop_first().unwrap().1;
        all.stacks = regions.iter().map(|region| (StackKey::new(*region, *region), sample.clone())).collect();
        all.name_regions();
        let tag = |(key, stack): (&StackKey, &crate::state::DesiredStack)| {
            Some(format!("{}: {}", key.region, stack.tags.get(REGIONS)?))
        };
        all.stacks.iter().filter_map(tag).collect()
    }

    #[test]
    fn regions_are_written_where_they_are_found() {
        assert_eq!(tags(&["eu-west-1"]), [""; 0]);
        assert_eq!(tags(&["eu-west-1", "us-east-1"]), ["us-east-1: eu-west-1"]);
        assert_eq!(tags(&["eu-west-1", "ap-southeast-2"]), ["eu-west-1: ap-southeast-2"]);
        assert_eq!(tags(&["eu-west-1", "us-east-1", "ap-southeast-2"]), ["us-east-1: ap-southeast-2 eu-west-1"]);
    }

    #[test]
    fn what_was_written_stays() {
        let tags = |text: &str| BTreeMap::from([(REGIONS.to_owned(), text.to_owned())]);
        assert_eq!(kept(&tags("b c"), Some(&tags("a b"))), tags("a b c"));
        assert_eq!(kept(&BTreeMap::new(), Some(&tags("a"))), tags("a"));
        assert_eq!(kept(&tags("a"), None), tags("a"));
        let mut there = stack(json!({}), &[], &[]);
        there.tags = tags("a b");
        assert_eq!(named_regions([&there]), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }
}
