//! Which stacks hang together: what is tried of one stack's parameters is tried with the others of its component only.

use super::evaluate::World;
use super::{Given, System, Variant};
use crate::names::glob;
use crate::source::Node;

impl System {
    /// Returns the stacks in groups that hang together, each group and the list of groups sorted by index.
    ///
    /// A group without members is of all. Stacks hang together by what one takes of the other (outputs, imports, order) and by `links`, which are pairs of
    /// stacks. Stacks that somebody named are one group where there are objects or change batches, which may be about any
    /// of them.
    pub fn components(&self, links: &[(usize, usize)]) -> Vec<Vec<usize>> {
        // What is no template could be about any stack, if none has a name by which it could be meant.
        if self.has_documents() && !self.stacks.iter().any(|stack| stack.is_named) {
            return vec![Vec::new()];
        }
        let mut groups = Groups((0..self.stacks.len()).collect());
        links.iter().for_each(|(one, other)| groups.join(*one, *other));
        if self.has_documents() {
            let named: Vec<usize> =
                self.stacks.iter().enumerate().filter(|(_, stack)| stack.is_named).map(|(at, _)| at).collect();
            named.windows(2).for_each(|pair| {
                if let [one, other] = pair {
                    groups.join(*one, *other);
                }
            });
        }
        for (at, stack) in self.stacks.iter().enumerate() {
            stack.depends_on.iter().for_each(|other| groups.join(at, *other));
            for given in stack.given.values() {
                if let Given::Output { stack: other, .. } = given {
                    groups.join(at, *other);
                }
            }
        }
        self.join_by_name(&mut groups);
        groups.list()
    }

    /// Returns whether there is anything besides templates.
    pub fn has_documents(&self) -> bool {
        !self.objects.is_empty() || !self.batches.is_empty()
    }

    /// Joins stacks that import what others export, or ask for an output of a stack by its name.
    fn join_by_name(&self, groups: &mut Groups) {
        let base = Variant::default();
        let world = World::new(self, &base);
        for (at, stack) in self.stacks.iter().enumerate() {
            let mut arguments = Vec::new();
            for section in ["Resources", "Outputs", "Conditions"] {
                stack.section(section).iter().for_each(|pair| calls(&pair.value, &mut arguments));
            }
            for (name, argument) in arguments {
                let wanted = world.pattern_of(at, argument);
                // A name of which nothing is known could be any.
                if wanted.chars().all(|c| c == '*') {
                    continue;
                }
                let fits = |known: &str| glob(known, &wanted) || glob(&wanted, known);
                if name == "Fn::ImportValue" {
                    let makers = world.exports().iter().filter(|export| fits(&export.name));
                    makers.for_each(|export| groups.join(at, export.stack));
                } else {
                    let makers = self.stacks.iter().enumerate().filter(|(_, other)| fits(&other.name));
                    makers.for_each(|(other, _)| groups.join(at, other));
                }
            }
        }
    }
}

/// Finds the arguments of the functions that name what other stacks give: of an import, or the stack's name.
fn calls<'a>(node: &'a Node, found: &mut Vec<(&'a str, &'a Node)>) {
    node.items().iter().for_each(|item| calls(item, found));
    for pair in node.pairs() {
        match pair.key.as_str() {
            "Fn::ImportValue" => found.push((&pair.key, &pair.value)),
            "Fn::GetStackOutput" => {
                found.extend(pair.value.pair("StackName").map(|name| (pair.key.as_str(), &name.value)));
            }
            _ => {}
        }
        calls(&pair.value, found);
    }
}

/// For each stack another one of its group, or itself.
struct Groups(Vec<usize>);

impl Groups {
    fn first(&self, mut at: usize) -> usize {
        while let Some(next) = self.0.get(at).copied().filter(|next| *next != at) {
            at = next;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        if let Some(slot) = self.0.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }

    fn list(&self) -> Vec<Vec<usize>> {
        let mut groups: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
        (0..self.0.len()).for_each(|at| groups.entry(self.first(at)).or_default().push(at));
        groups.into_values().collect()
    }
}
