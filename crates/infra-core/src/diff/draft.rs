//! The change of one stack while it is worked out: what the templates say, and what follows from one resource for others.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value};

use super::changes::{Action, Impact, Method, ResourceChange, StackChange, ValueChange};
use super::normal::{Context, Place, intrinsic};
use super::references::{Target, references};
use super::secrets::{self, Side, shown};
use super::value::{Difference, Step, differences, path_text};
use super::{impact, loss, rename};
use crate::facts::resource_types;
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

fn kind_of(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
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
            causes: BTreeMap::new(),
            parameters: BTreeMap::new(),
            outputs: Vec::new(),
            attributes: Vec::new(),
        };
        for (id, resource) in section(after, "Resources") {
            draft.add(id, resource, values);
        }
        for (id, resource) in section(before, "Resources").filter(|(id, _)| entry(after, "Resources", id).is_none()) {
            let (action, data) = loss::on_delete(resource);
            draft.removed.push(ResourceChange { action, data, ..change(id, kind_of(resource), action) });
        }
        draft.outputs = plain(before, after, "Outputs", "");
        draft.describe();
        let start: Vec<(Target, Cause)> = draft.slots.iter().filter_map(Slot::cause).collect();
        for (target, cause) in start {
            draft.raise(&target, cause);
        }
        draft
    }

    fn add(&mut self, id: &'a str, after: &'a Value, values: [&Values; 2]) {
        let before = entry(self.before, "Resources", id);
        let kind = kind_of(after);
        let place = self.slots.len();
        let properties = after.get("Properties").unwrap_or(&Value::Null);
        for reference in references(properties, vec![Step::Key("Properties".to_owned())]) {
            self.dependents.entry(reference.target).or_default().push((place, reference.path));
        }
        let change = match before {
            None => Some(change(id, kind, Action::Create)),
            Some(before) => updated(id, before, after, values),
        };
        self.slots.push(Slot { id, kind, before, after, change });
    }

    /// What is said of the template beside resources, outputs and the values of parameters.
    fn describe(&mut self) {
        let differ = differences(
            self.before.get("Description").unwrap_or(&Value::Null),
            self.after.get("Description").unwrap_or(&Value::Null),
            Context::UNKNOWN,
        );
        self.attributes.extend(differ.iter().map(|one| value_change(one, "Description", Impact::InPlace)));
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
                if let Some(next) = self.slots.get_mut(place).and_then(|slot| slot.follow(&path, &cause)) {
                    open.push_back(next);
                }
            }
            self.causes.insert(target, cause);
        }
        news
    }

    /// Outputs and exports of other stacks that resources of this one read.
    pub(super) fn foreign(&self) -> Vec<Target> {
        let other = |target: &&Target| !matches!(target, Target::Own(_));
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
    /// What the change of the resource means to those that refer to it: an update in place leaves its attributes.
    fn cause(&self) -> Option<(Target, Cause)> {
        let change = self.change.as_ref()?;
        let (level, because) = match change.action {
            Action::Create => (Impact::Replaces, format!("creation of {}", self.id)),
            Action::Update | Action::Delete | Action::Retain => (change.impact, format!("replacement of {}", self.id)),
        };
        let because = if level == Impact::MayReplace { format!("possible {because}") } else { because };
        let cause = Cause { level, because, values: None };
        (level >= Impact::MayReplace).then(|| (Target::Own(self.id.to_owned()), cause))
    }

    /// Changes the resource because something it refers to changes; returns what that means to others, if anything.
    fn follow(&mut self, path: &[Step], cause: &Cause) -> Option<(Target, Cause)> {
        let before = self.before?;
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
            let new = followed([before, self.after], self.kind, path, cause);
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
        self.cause()
    }
}

/// The change of a reference whose target gets another value: unknown until then, unless the value is that of a parameter.
fn followed(resources: [&Value; 2], kind: &str, path: &[Step], cause: &Cause) -> ValueChange {
    let [before, after] = resources;
    let whole = matches!(at(after, path).and_then(intrinsic), Some(("Ref", _)));
    let known = cause.values.clone().filter(|_| whole);
    let unknown = known.is_none();
    let text = || Value::from(format!("known after {}", cause.because));
    let (old, new) = known.map_or_else(|| (at(before, path).cloned(), text()), |(old, new)| (Some(old), new));
    let secret = secrets::is_secret(resource_types::find(kind), path, [Some(after), None]);
    ValueChange {
        path: path_text(path),
        before: old.map(|old| shown(&old, secret, Side::Before)),
        after: Some(shown(&new, secret && !unknown, Side::After)),
        unknown,
        impact: Impact::InPlace,
    }
}

fn at<'v>(value: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(value, |place, step| match step {
        Step::Key(key) => place.get(key),
        Step::Index(index) => place.get(index),
        Step::Tag(_) => None,
    })
}

fn change(id: &str, kind: &str, action: Action) -> ResourceChange {
    ResourceChange {
        id: id.to_owned(),
        kind: kind.to_owned(),
        action,
        impact: Impact::InPlace,
        causes: Vec::new(),
        properties: Vec::new(),
        data: None,
        place: None,
        looks_like: None,
        method: Method::Template,
    }
}

/// The change of a resource that is in both templates, as far as its own text says.
fn updated(id: &str, before: &Value, after: &Value, values: [&Values; 2]) -> Option<ResourceChange> {
    if before == after {
        return None;
    }
    let kind = kind_of(after);
    let facts = resource_types::find(kind);
    let mut result = change(id, kind, Action::Update);
    let none = Map::new();
    let (old, new) = (before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none));
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    for key in keys {
        let context = match key.as_str() {
            "Properties" => Context::of(facts.map(|facts| facts.properties())),
            "DependsOn" => Context { schema: None, place: Place::Words },
            _ => Context::UNKNOWN,
        };
        let empty = match key.as_str() {
            "Properties" | "Metadata" => Value::Object(Map::new()),
            "DependsOn" => Value::Array(Vec::new()),
            _ => Value::Null,
        };
        let (b, a) = (old.get(key).unwrap_or(&empty), new.get(key).unwrap_or(&empty));
        for mut one in differences(b, a, context) {
            if one.path.is_empty() {
                one.before = old.get(key).cloned();
                one.after = new.get(key).cloned();
            }
            if equal_by_value(&one, values) {
                continue;
            }
            one.path.insert(0, Step::Key(key.clone()));
            let effect = impact::of(kind, &one.path, one.before.as_ref(), one.after.as_ref());
            let secret = secrets::is_secret(facts, &one.path, [Some(before), Some(after)]);
            let change = masked(&one, path_text(&one.path), effect, secret);
            if effect > Impact::InPlace {
                result.causes.push(change.path.clone());
            }
            result.impact = result.impact.max(effect);
            result.properties.push(change);
        }
    }
    (!result.properties.is_empty()).then_some(result)
}

/// Whether both sides are known and equal although they are written differently, as a parameter or as its value.
fn equal_by_value(one: &Difference, values: [&Values; 2]) -> bool {
    let known = |value: &Option<Value>, values: &Values| match value {
        Some(Value::String(text)) => Some(text.clone()),
        Some(value) => match intrinsic(value) {
            Some(("Ref", Value::String(name))) => values.get(name).cloned(),
            _ => None,
        },
        None => None,
    };
    let (before, after) = (known(&one.before, values[0]), known(&one.after, values[1]));
    before.is_some() && before == after
}

fn masked(one: &Difference, path: String, impact: Impact, secret: bool) -> ValueChange {
    ValueChange {
        path,
        before: one.before.as_ref().map(|value| shown(value, secret, Side::Before)),
        after: one.after.as_ref().map(|value| shown(value, secret, Side::After)),
        unknown: false,
        impact,
    }
}

/// A difference below a name, as it is reported.
pub(super) fn value_change(one: &Difference, under: &str, impact: Impact) -> ValueChange {
    let inner = path_text(&one.path);
    let path = match (under, inner.as_str()) {
        ("", inner) => inner.to_owned(),
        (under, "") => under.to_owned(),
        (under, inner) if inner.starts_with('[') => format!("{under}{inner}"),
        (under, inner) => format!("{under}.{inner}"),
    };
    masked(one, path, impact, secrets::is_secret(None, &one.path, [None, None]))
}

/// A definition of a parameter whose value is not to be seen hides its default.
fn without_default(mut change: ValueChange) -> ValueChange {
    for value in [&mut change.before, &mut change.after].into_iter().flatten() {
        let hidden = value.get("NoEcho").is_some_and(|no_echo| no_echo == true || no_echo == "true");
        if let Some(default) = value.get_mut("Default").filter(|_| hidden) {
            *default = "***".into();
        }
    }
    change
}

/// The differences of a section in which nothing replaces anything.
fn plain(before: &Value, after: &Value, name: &str, under: &str) -> Vec<ValueChange> {
    let empty = Value::Object(Map::new());
    let (old, new) = (before.get(name).unwrap_or(&empty), after.get(name).unwrap_or(&empty));
    differences(old, new, Context::UNKNOWN).iter().map(|one| value_change(one, under, Impact::InPlace)).collect()
}
