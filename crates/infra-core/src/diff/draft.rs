//! The change of one stack while it is worked out: what the templates say, and what follows from one resource for others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::changes::{Action, Impact, Method, ResourceChange, StackChange, ValueChange};
use super::normal::Context;
use super::references::{Target, condition, mapping, references};
use super::text::{at, change, followed, plain, updated, value_change, without_default};
use super::value::{Step, differences, path_text, same};
use super::{impact, loss, rename};
use crate::facts::attributes::keeps;
use crate::state::StackKey;

/// Values of parameters by name, as far as they are known.
pub(super) type Values = BTreeMap<String, String>;

/// Why the value of something changes, or may change.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    /// [`Impact::Replaces`] if it changes for sure, [`Impact::MayReplace`] if it may.
    pub(super) level: Impact,
    /// What happens, such as `replacement of Role`.
    pub(super) because: String,
    /// The values, where they are known.
    pub(super) values: Option<(Value, Value)>,
}

/// A stack's change in the making.
pub(super) struct Draft<'a> {
    stack: StackKey,
    before: &'a Value,
    after: &'a Value,
    /// The resources of the new template in its order, each with its change.
    slots: Vec<Slot<'a>>,
    removed: Vec<ResourceChange>,
    /// Who refers to a thing: the place of the resource, and the path of the reference.
    dependents: BTreeMap<Target, Vec<(usize, Vec<Step>)>>,
    /// Attributes of resources that anything refers to, outputs among it.
    attributes_read: BTreeMap<String, BTreeSet<String>>,
    /// Conditions that depend on a thing.
    conditions: BTreeMap<Target, Vec<String>>,
    causes: BTreeMap<Target, Cause>,
    parameters: BTreeMap<String, ValueChange>,
    outputs: Vec<ValueChange>,
    attributes: Vec<ValueChange>,
}

struct Slot<'a> {
    id: &'a str,
    kind: &'a str,
    before: Option<&'a Value>,
    after: &'a Value,
    change: Option<ResourceChange>,
}

/// A section of a template; nothing if it is none.
pub(super) fn section<'a>(template: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    template.get(name).and_then(Value::as_object).into_iter().flatten()
}

/// One entry of a section.
pub(super) fn entry<'a>(template: &'a Value, name: &str, key: &str) -> Option<&'a Value> {
    template.get(name)?.get(key)
}

/// The type of a resource.
pub(super) fn kind_of(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}

/// The first name of a property's path, `Properties.Tags[team]` being of `Tags`.
pub(super) fn first_property(path: &str) -> Option<&str> {
    path.strip_prefix("Properties.")?.split(['.', '[']).next()
}

/// The conditions of a template by what they depend on.
fn conditions(template: &Value) -> BTreeMap<Target, Vec<String>> {
    let mut found: BTreeMap<Target, Vec<String>> = BTreeMap::new();
    for (name, definition) in section(template, "Conditions") {
        for reference in references(definition, Vec::new()) {
            found.entry(reference.target).or_default().push(condition(name));
        }
    }
    found
}

/// Entries of a section that are in both templates, but differ.
fn changed<'a>(before: &'a Value, after: &'a Value, name: &'a str) -> impl Iterator<Item = &'a String> {
    let differs =
        move |key: &str, new: &Value| entry(before, name, key).is_some_and(|old| !same(old, new, Context::UNKNOWN));
    section(after, name).filter(move |(key, new)| differs(key, new)).map(|(key, _)| key)
}

/// Whether what stands among the resources is none: a macro or a loop.
fn is_macro(id: &str) -> bool {
    id.starts_with("Fn::")
}

/// Whatever depends on a condition or mapping may have another value.
fn may_change(name: &str) -> Cause {
    Cause { level: Impact::MayReplace, because: format!("change of {name}"), values: None }
}

impl<'a> Draft<'a> {
    /// Compares two templates; where parameters have known values on both sides, references to them are their values.
    pub(super) fn new(stack: &StackKey, before: &'a Value, after: &'a Value, values: [&Values; 2]) -> Self {
        let mut draft = Self {
            stack: stack.clone(),
            before,
            after,
            slots: Vec::new(),
            removed: Vec::new(),
            dependents: BTreeMap::new(),
            attributes_read: BTreeMap::new(),
            conditions: conditions(after),
            causes: BTreeMap::new(),
            parameters: BTreeMap::new(),
            outputs: Vec::new(),
            attributes: Vec::new(),
        };
        for (id, resource) in section(after, "Resources").filter(|(id, _)| !is_macro(id)) {
            draft.add(id, resource, values);
        }
        let gone = |id: &str| !is_macro(id) && entry(after, "Resources", id).is_none();
        for (id, resource) in section(before, "Resources").filter(|(id, _)| gone(id)) {
            let (action, data) = loss::on_delete(resource);
            draft.removed.push(ResourceChange { action, data, ..change(id, kind_of(resource), action) });
        }
        draft.outputs = plain(before, after, "Outputs", "");
        for reference in section(after, "Outputs").flat_map(|(_, output)| references(output, Vec::new())) {
            draft.read(&reference.target);
        }
        draft.describe();
        let start: Vec<(Target, Cause, bool)> = draft.slots.iter().flat_map(|slot| slot.start(&draft)).collect();
        for (target, cause, made) in start {
            // Whatever refers to a new resource says so in its own text.
            if made {
                draft.causes.insert(target, cause);
            } else {
                draft.raise(&target, cause);
            }
        }
        for name in changed(before, after, "Conditions").map(|name| condition(name)) {
            draft.raise(&Target::Own(name.clone()), may_change(&name));
        }
        for name in changed(before, after, "Mappings").map(|name| mapping(name)) {
            draft.raise(&Target::Own(name.clone()), may_change(&name));
        }
        draft
    }

    fn add(&mut self, id: &'a str, after: &'a Value, values: [&Values; 2]) {
        let before = entry(self.before, "Resources", id);
        let kind = kind_of(after);
        let place = self.slots.len();
        let properties = after.get("Properties").unwrap_or(&Value::Null);
        for reference in references(properties, vec![Step::Key("Properties".to_owned())]) {
            self.read(&reference.target);
            self.dependents.entry(reference.target).or_default().push((place, reference.path));
        }
        if let Some(name) = after.get("Condition").and_then(Value::as_str) {
            let path = vec![Step::Key("Condition".to_owned())];
            self.dependents.entry(Target::Own(condition(name))).or_default().push((place, path));
        }
        let change = match before {
            None => Some(change(id, kind, Action::Create)),
            Some(before) => updated(id, before, after, values),
        };
        self.slots.push(Slot { id, kind, before, after, change });
    }

    fn read(&mut self, target: &Target) {
        if let Target::Attribute(id, attribute) = target {
            self.attributes_read.entry(id.clone()).or_default().insert(attribute.clone());
        }
    }

    /// What is said of the template beside resources, outputs and the values of parameters.
    fn describe(&mut self) {
        let differ = differences(
            self.before.get("Description").unwrap_or(&Value::Null),
            self.after.get("Description").unwrap_or(&Value::Null),
            Context::UNKNOWN,
        );
        let mut differ: Vec<_> = differ.iter().map(|one| value_change(one, "Description", Impact::InPlace)).collect();
        for change in &mut differ {
            change.before.take_if(|value| value.is_null());
            change.after.take_if(|value| value.is_null());
        }
        self.attributes.append(&mut differ);
        for name in ["Parameters", "Conditions", "Mappings", "Rules", "Metadata", "Transform", "Hooks", "Globals"] {
            let changes = plain(self.before, self.after, name, name);
            // A default is the value of a parameter: that is said there.
            let default = |change: &ValueChange| name == "Parameters" && change.path.ends_with(".Default");
            self.attributes.extend(changes.into_iter().filter(|change| !default(change)).map(without_default));
        }
    }

    /// Adds what is said of a parameter's value.
    pub(super) fn parameter(&mut self, change: ValueChange) {
        self.parameters.insert(change.path.clone(), change);
    }

    /// Adds what changes in the stack itself.
    pub(super) fn attribute(&mut self, change: ValueChange) {
        self.attributes.push(change);
    }

    /// Says that a thing's value changes, and follows that through the template. Returns whether that was news.
    pub(super) fn raise(&mut self, target: &Target, cause: Cause) -> bool {
        let mut open = VecDeque::from([(target.clone(), cause)]);
        let mut news = false;
        while let Some((target, cause)) = open.pop_front() {
            // Levels only rise, so this ends whatever refers to whatever.
            if self.causes.get(&target).is_some_and(|known| known.level >= cause.level) {
                continue;
            }
            news = true;
            for (place, path) in self.dependents.get(&target).cloned().unwrap_or_default() {
                let Some(slot) = self.slots.get_mut(place).filter(|slot| slot.before.is_some()) else { continue };
                slot.follow(&path, &cause);
                open.extend(self.slots.get(place).into_iter().flat_map(|slot| slot.consequences(self)));
            }
            for name in self.conditions.get(&target).into_iter().flatten() {
                open.push_back((Target::Own(name.clone()), may_change(name)));
            }
            self.causes.insert(target, cause);
        }
        news
    }

    /// Outputs and exports of other stacks that resources of this one read.
    pub(super) fn foreign(&self) -> Vec<Target> {
        let other = |target: &&Target| matches!(target, Target::Output(..) | Target::Export(_));
        self.dependents.keys().filter(other).cloned().collect()
    }

    /// Why the value of an output changes, if it does as far as this stack knows.
    pub(super) fn output(&self, name: &str) -> Option<Cause> {
        let value = entry(self.after, "Outputs", name)?.get("Value")?;
        let found = references(value, Vec::new());
        let causes = found.iter().filter_map(|reference| self.causes.get(&reference.target));
        let strongest = causes.max_by_key(|cause| cause.level).cloned();
        let path = format!("{name}.Value");
        let text =
            self.outputs.iter().any(|change| change.path == path || change.path.starts_with(&format!("{path}.")));
        let new = |level, because: &str| Some(Cause { level, because: because.to_owned(), values: None });
        match strongest {
            None if text => new(Impact::MayReplace, "another value"),
            None if entry(self.before, "Outputs", name).is_none() => new(Impact::MayReplace, "a new output"),
            strongest => strongest.map(|cause| Cause { values: None, ..cause }),
        }
    }

    /// The change as it is reported; nothing if nothing changes.
    pub(super) fn finish(mut self, action: Action) -> Option<StackChange> {
        self.find_renamed();
        let mut resources = Vec::new();
        for slot in self.slots {
            let Some(mut change) = slot.change else { continue };
            if let Some(before) = slot.before.filter(|_| change.impact >= Impact::MayReplace) {
                change.data = loss::on_replace(before, slot.after);
            }
            resources.push(change);
        }
        resources.extend(self.removed);
        let change = StackChange {
            stack: self.stack,
            action,
            method: Method::Template,
            resources,
            parameters: self.parameters.into_values().collect(),
            outputs: self.outputs,
            attributes: self.attributes,
            adopts: false,
        };
        let silent = change.resources.is_empty()
            && change.parameters.is_empty()
            && change.outputs.is_empty()
            && change.attributes.is_empty();
        (action != Action::Update || !silent).then_some(change)
    }

    fn find_renamed(&mut self) {
        let gone = section(self.before, "Resources").filter(|(id, _)| entry(self.after, "Resources", id).is_none());
        let gone: Vec<(&str, &Value)> = gone.map(|(id, resource)| (id.as_str(), resource)).collect();
        let new = self.slots.iter().filter(|slot| slot.before.is_none());
        let new: Vec<(&str, &Value)> = new.map(|slot| (slot.id, slot.after)).collect();
        let pairs: BTreeMap<&str, &str> =
            rename::pairs(&gone, &new).into_iter().flat_map(|(old, new)| [(old, new), (new, old)]).collect();
        let made = self.slots.iter_mut().filter_map(|slot| slot.change.as_mut());
        for change in made.chain(&mut self.removed).filter(|change| change.action != Action::Update) {
            change.looks_like = pairs.get(change.id.as_str()).map(|id| (*id).to_owned());
        }
    }
}

impl Slot<'_> {
    /// What the change of the resource means from the start, and whether that is because it is made.
    fn start(&self, draft: &Draft<'_>) -> Vec<(Target, Cause, bool)> {
        self.consequences(draft).into_iter().map(|(target, cause)| (target, cause, self.before.is_none())).collect()
    }

    /// What the change of the resource means to those that refer to it: an update in place leaves what identifies it.
    fn consequences(&self, draft: &Draft<'_>) -> Vec<(Target, Cause)> {
        let Some(change) = &self.change else { return Vec::new() };
        let cause = |level, because| Cause { level, because, values: None };
        let (level, because) = match change.action {
            Action::Create => (Impact::Replaces, format!("creation of {}", self.id)),
            Action::Update | Action::Delete | Action::Retain => (change.impact, format!("replacement of {}", self.id)),
        };
        if level >= Impact::MayReplace {
            let because = if level == Impact::MayReplace { format!("possible {because}") } else { because };
            return vec![(Target::Own(self.id.to_owned()), cause(level, because))];
        }
        let paths = change.properties.iter().map(|property| property.path.as_str());
        let changed: BTreeSet<&str> = paths.filter_map(first_property).collect();
        let read = draft.attributes_read.get(self.id).into_iter().flatten();
        let others = read.filter(|name| !changed.is_empty() && !keeps(self.kind, name, |it| changed.contains(it)));
        let one = |name: &String| {
            let because = format!("change of {}.{name}", self.id);
            (Target::Attribute(self.id.to_owned(), name.clone()), cause(Impact::MayReplace, because))
        };
        others.map(one).collect()
    }

    /// Changes the resource because something it refers to changes.
    fn follow(&mut self, path: &[Step], cause: &Cause) {
        let text = path_text(path);
        let effect = match impact::of(self.kind, path, None, at(self.after, path)) {
            Impact::Replaces => cause.level,
            milder => milder,
        };
        let change = self.change.get_or_insert_with(|| change(self.id, self.kind, Action::Update));
        let within = |known: &str| {
            let (short, long) = if known.len() < text.len() { (known, text.as_str()) } else { (text.as_str(), known) };
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if let Some(known) = change.properties.iter_mut().find(|known| within(&known.path)) {
            known.impact = known.impact.max(effect);
        } else {
            let new = followed(self.after, self.kind, path, cause);
            change.properties.push(ValueChange { impact: effect, ..new });
        }
        if effect >= Impact::MayReplace {
            let said = format!("{text}: {}", cause.because);
            change.causes.retain(|known| known != &format!("{text}: possible {}", cause.because));
            if !change.causes.contains(&said) && !change.causes.contains(&text) {
                change.causes.push(said);
            }
        }
        change.impact = change.impact.max(effect);
    }
}
