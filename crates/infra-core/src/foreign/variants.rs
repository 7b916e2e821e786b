//! The variants of a system: what would be deployed with other values of the parameters that conditions ask for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::{Scope, World};
use super::parameters::{Declared, spelled};
use super::{Stack, System};
use crate::artifacts::Pseudo;
use crate::diag::{At, Diagnostic};
use crate::source::{Node, Value};

/// Most variants that are made.
const MAX_VARIANTS: usize = 32;

/// Most values that are tried. Many can decide all conditions alike, such as the regions of one long `Fn::Or`.
const MAX_CANDIDATES: usize = 256;

/// What a variant says of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// It has this value.
    Is(String),
    /// It has a value that equals none of those it is compared with.
    Other,
}

/// Values of parameters and of pseudo parameters that are not known; by name, for all its stacks that have them.
///
/// A parameter that is not named has its default, else its first allowed value, else it is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variant {
    /// The values that differ from the base.
    pub values: BTreeMap<String, Choice>,
    /// The stacks that it is about, in order; all of them where none is named.
    pub members: Vec<usize>,
}

impl Variant {
    /// Returns the stacks that it is about, in order.
    pub fn stacks(&self, system: &System) -> impl Iterator<Item = usize> + use<'_> {
        let all = if self.members.is_empty() { system.stacks.len() } else { 0 };
        self.members.iter().copied().chain(0..all)
    }

    /// Returns the variant that has the values of both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let values = other.values.iter().chain(&self.values).map(|(name, choice)| (name.clone(), choice.clone()));
        Self { values: values.collect(), members: self.members.clone() }
    }
}

/// The variants of a system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variants {
    /// The base first, then one for each other value that a condition asks for.
    pub list: Vec<Variant>,
    /// Variants beyond the most that are made.
    pub left_out: usize,
}

impl std::fmt::Display for Variant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.values.is_empty() {
            return f.write_str("defaults");
        }
        for (index, (name, choice)) in self.values.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            match choice {
                Choice::Is(value) => write!(f, "{comma}{name}={value}")?,
                Choice::Other => write!(f, "{comma}{name}=(other)")?,
            }
        }
        Ok(())
    }
}

impl Variants {
    /// Says that some values of parameters are not looked at, if there are too many.
    pub fn left_out(&self, system: &System) -> Option<Diagnostic> {
        let first = self.list.first()?.stacks(system).next()?;
        let file = system.stacks.get(first).filter(|_| self.left_out > 0)?.file;
        let title = format!("conditions ask for {} more values of parameters than are tried", self.left_out);
        let advice = Diagnostic::advice("cfn/untried-values", title).at(At::File(file), "in this template or another");
        Some(
            advice
                .note(format!("{MAX_VARIANTS} combinations are tried, each other value of a parameter on its own"))
                .help("check the templates in smaller groups"),
        )
    }
}

impl System {
    /// Returns what would be deployed with the defaults, and once more for every other value that a condition asks for.
    ///
    /// Of variants that decide every condition alike only the first is kept.
    pub fn variants(&self) -> Variants {
        self.variants_of(&[])
    }

    /// Returns the variants of some stacks, which hang together; of all where none is named.
    pub fn variants_of(&self, members: &[usize]) -> Variants {
        let base = Variant { members: members.to_vec(), ..Variant::default() };
        let mut asked: BTreeMap<&str, Asked<'_>> = BTreeMap::new();
        for stack in base.stacks(self).filter_map(|index| self.stacks.get(index)) {
            for condition in stack.section("Conditions") {
                comparisons(&condition.value, &mut |one, other| {
                    compare(stack, one, other, &mut asked);
                    compare(stack, other, one, &mut asked);
                });
            }
        }
        let mut list = vec![base.clone()];
        for (name, asked) in asked {
            let differs = |value: &&Cow<'_, str>| asked.usual.iter().any(|usual| usual.as_ref() != Some(*value));
            let choices = asked.values.iter().filter(differs);
            let mut choices: Vec<Choice> = choices.map(|value| Choice::Is(value.clone().into_owned())).collect();
            choices.extend(asked.other());
            list.extend(
                choices
                    .into_iter()
                    .map(|choice| Variant { values: [(name.to_owned(), choice)].into(), members: members.to_vec() }),
            );
        }
        let mut left_out = list.len().saturating_sub(MAX_CANDIDATES);
        list.truncate(MAX_CANDIDATES);
        if list.len() > 1 {
            let mut seen = BTreeSet::new();
            list.retain(|variant| seen.insert(self.decisions(variant)));
        }
        left_out += list.len().saturating_sub(MAX_VARIANTS);
        list.truncate(MAX_VARIANTS);
        Variants { list, left_out }
    }

    /// Decides all conditions of all stacks.
    fn decisions(&self, variant: &Variant) -> Vec<bool> {
        let world = World::new(self, variant);
        let stacks = variant.stacks(self).filter_map(|index| Some((index, self.stacks.get(index)?)));
        let conditions = stacks.flat_map(|(index, stack)| {
            stack.section("Conditions").iter().map(move |condition| (Scope::of(index), condition.key.as_str()))
        });
        conditions.map(|(scope, name)| world.holds(scope, name)).collect()
    }
}

/// What the conditions of all stacks ask of one parameter.
#[derive(Default)]
struct Asked<'a> {
    /// What it is compared with.
    values: BTreeSet<Cow<'a, str>>,
    /// What it is in the base; nothing where that is not known.
    usual: BTreeSet<Option<Cow<'a, str>>>,
    /// Values that are allowed; nothing means that any is.
    allowed: BTreeSet<Cow<'a, str>>,
}

impl Asked<'_> {
    /// Returns a value that equals none of those asked for, unless the base has one already or none is allowed.
    fn other(&self) -> Option<Choice> {
        let is_asked = |usual: &Option<Cow<'_, str>>| usual.as_ref().is_some_and(|usual| self.values.contains(usual));
        if !self.usual.iter().any(is_asked) {
            return None;
        }
        match self.allowed.iter().find(|allowed| !self.values.contains(*allowed)) {
            Some(other) => Some(Choice::Is(other.clone().into_owned())),
            None if self.allowed.is_empty() => Some(Choice::Other),
            None => None,
        }
    }
}

/// Calls `visit` with the operands of every comparison in a condition.
fn comparisons<'a>(node: &'a Node, visit: &mut impl FnMut(&'a Node, &'a Node)) {
    match &node.value {
        Value::Plain(_) | Value::Quoted(_) => {}
        Value::List(items) => items.iter().for_each(|item| comparisons(item, visit)),
        Value::Map(pairs) => {
            for pair in pairs {
                if let ("Fn::Equals", [one, other]) = (pair.key.as_str(), pair.value.items()) {
                    visit(one, other);
                }
                comparisons(&pair.value, visit);
            }
        }
    }
}

/// Notes what `one` is compared with: a literal, or, where it is computed or meets another computed one, all that is allowed.
fn compare<'a>(stack: &'a Stack, one: &'a Node, other: &'a Node, asked: &mut BTreeMap<&'a str, Asked<'a>>) {
    let direct = match one.pairs() {
        [only] if only.key == "Ref" => only.value.scalar(),
        _ => None,
    };
    let names = direct.map_or_else(|| references(one), |name| vec![name]);
    for name in names {
        let Some(open) = open(stack, name) else { continue };
        let entry = asked.entry(name).or_default();
        entry.usual.insert(open.usual);
        match (direct, spelled(other)) {
            (Some(_), Some(value)) => {
                if open.declared.is_none_or(|declared| declared.allows(&value)) {
                    entry.values.insert(value);
                }
            }
            (Some(_) | None, _) => entry.values.extend(open.allowed.iter().cloned()),
        }
        entry.allowed.extend(open.allowed);
    }
}

/// A parameter that the variants may choose.
struct Open<'a> {
    /// What it is in the base.
    usual: Option<Cow<'a, str>>,
    allowed: Vec<Cow<'a, str>>,
    /// What the template says of it; nothing of a pseudo parameter.
    declared: Option<Declared<'a>>,
}

/// Returns what is known of a parameter that the variants may choose.
fn open<'a>(stack: &'a Stack, name: &str) -> Option<Open<'a>> {
    if let Some(pseudo) = Pseudo::from_name(name) {
        let is_open = match pseudo {
            Pseudo::AccountId => stack.account.is_none(),
            Pseudo::Partition | Pseudo::Region | Pseudo::UrlSuffix => stack.region.is_none(),
            Pseudo::StackName => !stack.is_named,
            Pseudo::NotificationArns | Pseudo::StackId => false,
        };
        return is_open.then(|| Open { usual: None, allowed: Vec::new(), declared: None });
    }
    if stack.given.contains_key(name) {
        return None;
    }
    let declared = Declared(&stack.parameter(name)?.value);
    Some(Open { usual: declared.usual(), allowed: declared.allowed().collect(), declared: Some(declared) })
}

/// Returns the names that `Ref` gives below a node.
fn references(node: &Node) -> Vec<&str> {
    let mut found = Vec::new();
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        pending.extend(node.items());
        for pair in node.pairs() {
            if pair.key == "Ref" {
                found.extend(pair.value.scalar());
            }
            pending.push(&pair.value);
        }
    }
    found
}
