//! `cloudformation/import-cycle`: some stack can be made first.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::prelude::*;
use crate::view::Stack;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/import-cycle",
    code: "CFN-019",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "stacks that need each other in a circle",
    why: "an export is there once its stack is made, and a stack that imports can be made only then: in a circle none can be the \
          first",
    error: Some("No export named … found."),
    sources: &["https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: north.yaml
Resources:
  North:
    Type: AWS::SNS::Topic
    Properties: { DisplayName: !ImportValue south-name }
#                              ^
Outputs:
  Name: { Value: !GetAtt North.TopicName, Export: { Name: north-name } }
#: south.yaml
Resources:
  South:
    Type: AWS::SNS::Topic
    Properties: { DisplayName: !ImportValue north-name }
Outputs:
  Name: { Value: !GetAtt South.TopicName, Export: { Name: south-name } }
"#,
    good: &[("DisplayName: !ImportValue north-name", "DisplayName: south")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    // Each stack with those that it needs, and one resource of its own that does.
    let mut needs: BTreeMap<usize, BTreeMap<usize, Resource<'_>>> = BTreeMap::new();
    let stacks: Vec<Stack<'_>> = view.stacks().collect();
    let number = |stack: &Stack<'_>| stacks.iter().position(|it| it == stack);
    for (at, stack) in stacks.iter().enumerate() {
        for resource in stack.resources() {
            for other in resource.references().filter(|other| other.stack() != *stack) {
                if let Some(other) = number(&other.stack()) {
                    needs.entry(at).or_default().entry(other).or_insert(resource);
                }
            }
        }
    }
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for start in 0..stacks.len() {
        let Some(way) = way_back(&needs, start).filter(|way| !way.iter().any(|stack| told.contains(stack))) else {
            continue;
        };
        told.extend(&way);
        report(cx, &stacks, &needs, &way);
    }
}

/// Returns the stacks of a shortest circle through `start`, beginning with it.
fn way_back(needs: &BTreeMap<usize, BTreeMap<usize, Resource<'_>>>, start: usize) -> Option<Vec<usize>> {
    let mut ways: Vec<Vec<usize>> = vec![vec![start]];
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in way.last().and_then(|last| needs.get(last)).into_iter().flat_map(BTreeMap::keys) {
                if *next == start {
                    return Some(way);
                }
                if seen.insert(*next) {
                    longer.push([way.as_slice(), &[*next]].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

fn report(
    cx: &mut Cx<'_>,
    stacks: &[Stack<'_>],
    needs: &BTreeMap<usize, BTreeMap<usize, Resource<'_>>>,
    way: &[usize],
) {
    let names: Vec<&str> = way.iter().filter_map(|at| stacks.get(*at)).map(|stack| stack.name()).collect();
    let title = format!("stacks `{}` import from each other in a circle", names.join("`, `"));
    let next = way.iter().cycle().skip(1);
    let mut finding = None;
    for (stack, needed) in way.iter().zip(next) {
        let (Some(resource), Some(other)) = (needs.get(stack).and_then(|all| all.get(needed)), stacks.get(*needed))
        else {
            continue;
        };
        let place = first_use(&resource.properties(), other).unwrap_or_else(|| resource.properties());
        let label = format!("needs stack `{}`", other.name());
        finding = Some(match finding {
            None => place.finding(title.clone(), label),
            Some(finding) => crate::diag::Diagnostic::also(finding, place.at(), label),
        });
    }
    if let Some(finding) = finding {
        cx.report(finding.help("move what both need into a stack of its own, or pass one value as a parameter later"));
    }
}

/// Returns the innermost value that names something of a stack.
fn first_use<'v>(value: &Prop<'v>, stack: &Stack<'v>) -> Option<Prop<'v>> {
    if !value.mentions().iter().any(|it| it.stack() == *stack) {
        return None;
    }
    let items = value.items().filter(|_| value.is_list());
    let below = value.entries().map(|(_, below)| below).chain(items).find_map(|below| first_use(&below, stack));
    Some(below.unwrap_or(*value))
}
