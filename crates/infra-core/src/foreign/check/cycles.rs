//! Resources that wait for each other, and conditions that decide each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::stack::kind;
use super::uses::{How, Uses};
use super::{Stack, error};
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::place::Span;

/// What needs what, and where that is written.
type Edges<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Span>>;

/// Checks that no resource or condition needs itself.
pub(super) fn check(stack: &Stack, uses: &Uses<'_>, diags: &mut Diagnostics) {
    let mut resources = Edges::new();
    let mut conditions = Edges::new();
    for it in &uses.names {
        match (it.section, it.how) {
            ("Resources", How::Ref | How::Attribute | How::DependsOn)
                if stack.resource(it.name).is_some() && !is_serverless(stack, it.owner) =>
            {
                resources.entry(it.owner).or_default().entry(it.name).or_insert(it.span);
            }
            ("Conditions", How::Condition) if stack.entry("Conditions", it.name).is_some() => {
                conditions.entry(it.owner).or_default().entry(it.name).or_insert(it.span);
            }
            _ => {}
        }
    }
    for (edges, what) in [(resources, "resource"), (conditions, "condition")] {
        for path in cycles(&edges) {
            diags.push(report(&path, what));
        }
    }
}

/// Whether the transform makes several resources of this one, among which what it needs is shared out: the alarms of a
/// function's deployment are needed by a deployment group, not by the function.
fn is_serverless(stack: &Stack, id: &str) -> bool {
    let kind = stack.resource(id).and_then(|resource| kind(&resource.value));
    kind.is_some_and(|kind| kind.starts_with("AWS::Serverless::"))
}

/// Returns one shortest cycle of every group of names that need each other: each name and where it names the next one.
fn cycles<'a>(edges: &Edges<'a>) -> Vec<Vec<(&'a str, Span)>> {
    let mut found = Vec::new();
    let mut rest = core(edges);
    while let Some(start) = rest.iter().next().copied() {
        match shortest(edges, &rest, start) {
            Some(path) => {
                // Whatever reaches the cycle and is reached from it hangs together with it, and is reported with it.
                let reached = reach(edges, &rest, start);
                let group: Vec<&str> =
                    reached.into_iter().filter(|name| reach(edges, &rest, name).contains(start)).collect();
                found.push(path);
                group.iter().for_each(|name| {
                    rest.remove(name);
                });
            }
            None => {
                rest.remove(start);
            }
        }
    }
    found
}

/// Returns the names that are left when those that need nothing and those that nothing needs are taken out repeatedly.
fn core<'a>(edges: &Edges<'a>) -> BTreeSet<&'a str> {
    let mut backward: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, targets) in edges {
        for to in targets.keys() {
            backward.entry(to).or_default().insert(from);
        }
    }
    let mut left: BTreeSet<&str> = edges.keys().copied().collect();
    let mut needs: BTreeMap<&str, usize> = edges.iter().map(|(name, targets)| (*name, targets.len())).collect();
    let mut done: Vec<&str> = backward.keys().copied().filter(|name| !edges.contains_key(name)).collect();
    while let Some(name) = done.pop() {
        for user in backward.get(name).into_iter().flatten() {
            if let Some(count) = needs.get_mut(user) {
                *count -= 1;
                if *count == 0 && left.remove(user) {
                    done.push(user);
                }
            }
        }
    }
    left
}

fn next<'a, 'e>(
    edges: &'e Edges<'a>,
    within: &'e BTreeSet<&'a str>,
    name: &str,
) -> impl Iterator<Item = (&'a str, Span)> {
    let targets = edges.get(name).into_iter().flatten().map(|(to, span)| (*to, *span));
    targets.filter(|(to, _)| within.contains(to))
}

fn reach<'a>(edges: &Edges<'a>, within: &BTreeSet<&'a str>, start: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut pending: Vec<&'a str> = next(edges, within, start).map(|(to, _)| to).collect();
    while let Some(name) = pending.pop() {
        if seen.insert(name) {
            pending.extend(next(edges, within, name).map(|(to, _)| to));
        }
    }
    seen
}

fn shortest<'a>(edges: &Edges<'a>, within: &BTreeSet<&'a str>, start: &'a str) -> Option<Vec<(&'a str, Span)>> {
    let mut came: BTreeMap<&str, (&'a str, Span)> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(name) = queue.pop_front() {
        for (to, span) in next(edges, within, name) {
            if to == start {
                let mut path = vec![(name, span)];
                let mut at = name;
                while let Some((before, span)) = came.get(at).filter(|_| at != start) {
                    path.push((before, *span));
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            if !came.contains_key(to) {
                came.insert(to, (name, span));
                queue.push_back(to);
            }
        }
    }
    None
}

fn report(path: &[(&str, Span)], what: &str) -> Diagnostic {
    let names: Vec<&str> = path.iter().map(|(name, _)| *name).collect();
    let first = names.first().copied().unwrap_or_default();
    let round = format!("{} -> {first}", names.join(" -> "));
    let target = |index: usize| names.get(index + 1).copied().unwrap_or(first);
    let Some(((_, span), others)) = path.split_first() else {
        return Diagnostic::error("cfn/cycle", round);
    };
    if others.is_empty() {
        return error(
            "cfn/self-reference",
            *span,
            format!("{what} `{first}` needs itself"),
            "names the one it stands in",
        )
        .note(format!("CloudFormation makes a {what} after what it names"))
        .help("write the value out, or move this part to another resource");
    }
    let finding = error(
        "cfn/cycle",
        *span,
        format!("{what}s need each other: {round}"),
        &format!("`{first}` needs `{}`", target(0)),
    );
    let finding = others.iter().zip(1..).fold(finding, |finding, ((name, span), index)| {
        finding.also(At::Span(*span), format!("`{name}` needs `{}`", target(index)))
    });
    finding.note(format!("CloudFormation makes a {what} after what it names, so none of them can be the first")).help(
        "remove one of these references, or move it to a resource of its own, such as `AWS::EC2::SecurityGroupIngress`",
    )
}
