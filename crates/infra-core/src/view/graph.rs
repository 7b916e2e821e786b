//! Who refers to whom, over all stacks.

use super::View;
use super::prop::mentions;
use super::{Owner, index};

/// The edges between resources, both ways.
pub(super) struct Edges {
    from: Vec<Vec<u32>>,
    to: Vec<Vec<u32>>,
}

impl Edges {
    pub(super) fn of(view: &View<'_>) -> Self {
        let count = view.resources.len();
        let mut edges = Self { from: vec![Vec::new(); count], to: vec![Vec::new(); count] };
        for (at, from) in (0..index(count)).zip(&mut edges.from) {
            let Some(prop) = view.prop(Owner::Resource(at)) else { continue };
            let stack = view.resources.get(at as usize).map_or(u32::MAX, |data| data.stack);
            mentions(view, stack, prop.expr(), &mut |handle| {
                if let Some(target) = view.by_handle(handle).filter(|target| target.index() != at) {
                    from.push(target.index());
                }
            });
            from.sort_unstable();
            from.dedup();
        }
        for (at, from) in (0_u32..).zip(&edges.from) {
            for target in from {
                if let Some(list) = edges.to.get_mut(*target as usize) {
                    list.push(at);
                }
            }
        }
        edges
    }

    pub(super) fn from(&self, at: u32) -> &[u32] {
        self.from.get(at as usize).map_or(&[], Vec::as_slice)
    }

    pub(super) fn to(&self, at: u32) -> &[u32] {
        self.to.get(at as usize).map_or(&[], Vec::as_slice)
    }
}
