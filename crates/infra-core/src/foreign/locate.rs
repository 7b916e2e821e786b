//! Finds where a value of an evaluated template was written.

use super::evaluate::{Scope, World};
use super::{Stack, System, Variant};
use crate::artifacts::{Expr, Handle};
use crate::place::Span;
use crate::source::{Node, Pair, Step, Value};

/// Where a value was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Located<'a> {
    /// The value; its span is of a scalar the text, of a container the first key or item.
    pub node: &'a Node,
    /// The key that leads to it, where it has one.
    pub key: Option<Span>,
    /// Whether this is the very value; else it is the deepest place on the way that was written.
    pub exact: bool,
}

impl System {
    /// Finds where a value of the evaluated template was written.
    ///
    /// `path` starts at the resource, so its first step is `Properties` or another attribute; an empty one gives the
    /// resource, whose key is its logical id. The way goes through the branch of `Fn::If` that the variant chose,
    /// through `Fn::FindInMap` to the mapping and through `Fn::Select` to the item; items that are left out do not count.
    /// `None` where the system has no such resource.
    pub fn locate<'a>(&'a self, variant: &'a Variant, handle: &Handle, path: &[Step]) -> Option<Located<'a>> {
        let index = usize::from(handle.place.stack);
        let stack: &Stack = self.stacks.get(index)?;
        let resource = stack.resource(handle.id.as_str())?;
        let world = World::new(self, variant);
        Some(walk(&world, Scope::of(index), resource, path))
    }
}

fn walk<'a>(world: &World<'a>, scope: Scope, start: &'a Pair, path: &[Step]) -> Located<'a> {
    let mut node = chosen(world, scope, &start.value);
    let mut key = Some(start.key_span);
    for step in path {
        let next = match (step, &node.value) {
            (Step::Key(name), Value::Map(_)) => node.pair(name).map(|pair| (&pair.value, Some(pair.key_span))),
            (Step::Index(index), Value::List(items)) => {
                let is_there = |item: &&'a Node| world.eval(scope, item) != Expr::Absent;
                items.iter().filter(is_there).nth(*index).map(|item| (item, None))
            }
            (Step::Key(_) | Step::Index(_), _) => None,
        };
        let Some((value, key_span)) = next else {
            return Located { node, key, exact: false };
        };
        node = chosen(world, scope, value);
        key = key_span;
    }
    Located { node, key, exact: true }
}

/// Goes through functions that only choose among values that are written elsewhere.
fn chosen<'a>(world: &World<'a>, scope: Scope, node: &'a Node) -> &'a Node {
    let mut node = node;
    // Each step goes to another place of the same tree; a mapping may lead back only through a mapping of functions,
    // which is not allowed, so a few steps are enough.
    for _ in 0..32 {
        let [only] = node.pairs() else { return node };
        let next = match (only.key.as_str(), only.value.items()) {
            ("Fn::If", [condition, yes, no]) => {
                let holds = condition.scalar().is_some_and(|name| world.holds(scope, name));
                Some(if holds { yes } else { no })
            }
            ("Fn::FindInMap", _) => world.mapped(scope, &only.value),
            ("Fn::Select", [index, list]) => {
                let index = world.eval(scope, index).literal().and_then(|index| index.parse::<usize>().ok());
                let list = chosen_list(world, scope, list);
                index.and_then(|index| list.iter().filter(|item| world.eval(scope, item) != Expr::Absent).nth(index))
            }
            _ => None,
        };
        match next {
            Some(next) => node = next,
            None => return node,
        }
    }
    node
}

/// Returns the items of a list that is written as one, directly or in the branch of an `Fn::If` or a mapping.
fn chosen_list<'a>(world: &World<'a>, scope: Scope, node: &'a Node) -> &'a [Node] {
    match node.pairs() {
        [only] if only.key == "Fn::FindInMap" => world.mapped(scope, &only.value).map(Node::items).unwrap_or_default(),
        _ => node.items(),
    }
}
