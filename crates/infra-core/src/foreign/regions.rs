//! In which region a template is deployed, where only the template itself says so.
//!
//! Zones, endpoints and the ARNs of its own API name the region, and stacks that import from each other are in one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Stack, System};
use crate::facts::regions;
use crate::names::Region;
use crate::source::{Node, Value};

/// Keys whose values are zones.
const ZONES: &[&str] = &["AvailabilityZone", "AvailabilityZones"];

/// What stands before a region in texts that name the stack's own.
const BEFORE: &[&str] = &[":execute-api:", ":apigateway:", "com.amazonaws."];

/// Gives a region to the stacks that have none, where what they say of it agrees for the most part.
pub(super) fn find(system: &mut System) {
    let groups = groups(&system.stacks);
    for group in groups {
        let members = || group.iter().filter_map(|at| system.stacks.get(*at));
        let mut votes: BTreeMap<Region, usize> = BTreeMap::new();
        for stack in members() {
            // What is known is no guess, and decides.
            stack.region.into_iter().for_each(|region| *votes.entry(region).or_default() += 10_000);
            for resource in stack.section("Resources") {
                resource.value.pair("Properties").into_iter().for_each(|pair| said(&pair.value, "", &mut votes));
            }
        }
        let most = votes.values().max().copied().unwrap_or_default();
        let mut first = votes.iter().filter(|(_, count)| **count == most).map(|(region, _)| *region);
        let (Some(region), None) = (first.next(), first.next()) else { continue };
        for at in group {
            if let Some(stack) = system.stacks.get_mut(at) {
                stack.region = stack.region.or(Some(region));
            }
        }
    }
}

/// Counts the regions that a value names as its own.
fn said(node: &Node, key: &str, votes: &mut BTreeMap<Region, usize>) {
    match &node.value {
        Value::Plain(text) | Value::Quoted(text) => {
            let zone = text.strip_suffix(|c: char| c.is_ascii_lowercase()).filter(|_| ZONES.contains(&key));
            let after = BEFORE.iter().filter_map(|before| text.split_once(before));
            let after = after.filter_map(|(_, rest)| rest.split([':', '.']).next());
            for name in zone.into_iter().chain(after).filter(|name| regions::find(name).is_some()) {
                name.parse().into_iter().for_each(|region| *votes.entry(region).or_default() += 1);
            }
        }
        Value::List(items) => items.iter().for_each(|item| said(item, key, votes)),
        Value::Map(pairs) => pairs.iter().for_each(|pair| said(&pair.value, &pair.key, votes)),
    }
}

/// The stacks by what they import of each other, each with its whole group.
fn groups(stacks: &[Stack]) -> Vec<Vec<usize>> {
    let mut exporter: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, stack) in stacks.iter().enumerate() {
        for output in stack.section("Outputs") {
            let name = output.value.pair("Export").and_then(|export| export.value.pair("Name")?.value.scalar());
            name.into_iter().for_each(|name| {
                exporter.insert(name, at);
            });
        }
    }
    let mut group: Vec<usize> = (0..stacks.len()).collect();
    for (at, stack) in stacks.iter().enumerate() {
        let mut names = BTreeSet::new();
        stack.section("Resources").iter().for_each(|pair| imports(&pair.value, &mut names));
        for from in names.iter().filter_map(|name| exporter.get(name)) {
            let (Some(one), Some(other)) = (group.get(at).copied(), group.get(*from).copied()) else { continue };
            group.iter_mut().filter(|it| **it == other).for_each(|it| *it = one);
        }
    }
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, number) in group.into_iter().enumerate() {
        found.entry(number).or_default().push(at);
    }
    found.into_values().collect()
}

fn imports<'a>(node: &'a Node, names: &mut BTreeSet<&'a str>) {
    if let Some(pair) = node.pair("Fn::ImportValue") {
        names.extend(pair.value.scalar());
    }
    node.items().iter().for_each(|item| imports(item, names));
    node.pairs().iter().for_each(|pair| imports(&pair.value, names));
}

#[cfg(test)]
mod tests {
    use crate::diag::Diagnostics;
    use crate::foreign::{Input, System};
    use crate::place::Sources;

    fn regions(templates: &[&str]) -> Vec<Option<String>> {
        let mut sources = Sources::default();
        let files = templates.iter().enumerate().map(|(at, text)| sources.add(format!("{at}.yaml"), text.as_bytes()));
        let inputs: Vec<Input> = files.map(Input::new).collect();
        let system = System::read(&inputs, &sources, &mut Diagnostics::default()).unwrap();
        system.stacks.iter().map(|stack| stack.region.map(|region| region.as_str().to_owned())).collect()
    }

    #[test]
    fn zones_say_where_a_stack_is_and_imports_carry_it_on() {
        let subnet = |zone: &str| format!("{{ Type: AWS::EC2::Subnet, Properties: {{ AvailabilityZone: {zone} }} }}");
        let network = format!(
            "Resources:\n  One: {}\n  Two: {}\n  Odd: {}\nOutputs:\n  Out: {{ Value: a, Export: {{ Name: net }} }}\n",
            subnet("eu-west-1a"),
            subnet("eu-west-1b"),
            subnet("us-east-1a")
        );
        let user = "Resources:\n  One: { Type: AWS::SQS::Queue, Properties: { QueueName: !ImportValue net } }\n";
        let other = "Resources:\n  One: { Type: AWS::SQS::Queue }\n";
        let eu = Some("eu-west-1".to_owned());
        assert_eq!(regions(&[&network, user, other]), [eu.clone(), eu, None]);
        let torn = format!("Resources:\n  One: {}\n  Two: {}\n", subnet("eu-west-1a"), subnet("us-east-1a"));
        assert_eq!(regions(&[&torn]), [None]);
    }
}
