//! Network policies of the view and the pods that they hold back.

use super::{Object, Pods, Prop, Selector};

/// Which way traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the pods.
    Ingress,
    /// From the pods.
    Egress,
}

impl Direction {
    fn policy_type(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }

    fn rules(self) -> &'static str {
        match self {
            Self::Ingress => "spec.ingress",
            Self::Egress => "spec.egress",
        }
    }
}

impl<'v> Pods<'v> {
    /// Returns the network policies that hold these pods back in a direction.
    pub fn policies(&self, direction: Direction) -> Vec<Object<'v>> {
        // Pods in the network of their node are not held back.
        if self.get("hostNetwork").is_some_and(|host| host.bool() != Some(false)) {
            return Vec::new();
        }
        let labels = self.labels();
        let view = self.workload.view();
        let policies = view.near().asking(self, "NetworkPolicy").into_iter().filter_map(|at| view.object(at));
        policies
            .filter(|policy| policy.restricts(direction))
            .filter(|policy| match policy.get("spec.podSelector") {
                Some(selector) => is_empty(&selector) || Selector(selector).matches(&labels),
                None => true,
            })
            .collect()
    }
}

impl<'v> Object<'v> {
    /// Returns whether a network policy holds its pods back in a direction.
    fn restricts(&self, direction: Direction) -> bool {
        match self.get("spec.policyTypes") {
            Some(types) => types.items().any(|kind| kind.is(direction.policy_type())),
            None => direction == Direction::Ingress || self.get("spec.egress").is_some(),
        }
    }

    /// Returns the rules of a network policy that let traffic through in a direction.
    pub fn exceptions(&self, direction: Direction) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        self.each(direction.rules())
    }
}

fn is_empty(selector: &Prop<'_>) -> bool {
    selector.is_object() && selector.entries().all(|(_, value)| value.entries().next().is_none() && !value.is_list())
}

/// Returns whether a rule of a network policy lets a port through; a named port may be any.
pub fn lets_port(rule: &Prop<'_>, port: i64, protocol: &str) -> bool {
    let mut ports = rule.each("ports").peekable();
    if ports.peek().is_none() {
        return true;
    }
    ports.any(|it| {
        let fits = it.key("protocol").map_or(protocol == "TCP", |written| written.is(protocol));
        let Some(first) = it.key("port") else { return fits };
        let Some(first) = first.int() else { return fits };
        let last = it.key("endPort").and_then(|last| last.int()).unwrap_or(first);
        fits && (first..=last).contains(&port)
    })
}
