//! Reads the functions that users write themselves, in `raw` entries and patches, once all resources are known.

use std::collections::{BTreeMap, BTreeSet};

use super::Artifacts;
use crate::artifacts::functions::{self, Names, is_function};
use crate::artifacts::text::{Piece, pieces};
use crate::artifacts::{Expr, Handle, Parameter, Place, Pseudo};
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::kinds::KINDS;
use crate::resolve::{EntryId, Resolved};
use crate::route;
use crate::source::{Route, Step};

/// Reads the functions of every `raw` entry and of every object of `manifests`.
pub(super) fn read(world: &Resolved, out: &mut Artifacts, diags: &mut Diagnostics) {
    let is_raw = |entry: &EntryId| KINDS.get(usize::from(entry.kind)).is_some_and(|kind| kind.section == "raw");
    let mut templates = std::mem::take(&mut out.templates);
    for template in templates.values_mut() {
        for resource in template.resources.values_mut() {
            let Some(entry) = out.provenance.get(&resource.handle).filter(|entry| is_raw(entry)) else { continue };
            let known = Known { world, made: &out.provenance, place: resource.handle.place, parameters: None };
            let at = |route: Route| {
                let route = route!["properties"].0.into_iter().chain(route.0).collect();
                world.common(*entry).1.locate(&Route(route))
            };
            known.check(&resource.properties, &at, diags);
            let empty = Expr::Object(crate::artifacts::Object::default());
            resource.properties = functions::read(std::mem::replace(&mut resource.properties, empty), &known);
        }
    }
    out.templates = templates;
    let mut objects = std::mem::take(&mut out.objects);
    for (object, entry) in objects.values_mut().flatten() {
        if KINDS.get(usize::from(entry.kind)).is_none_or(|kind| kind.section != "manifests") {
            continue;
        }
        let place = Place { stack: entry.stack, edge: false };
        let known = Known { world, made: &out.provenance, place, parameters: None };
        let at = |route: Route| world.common(*entry).1.locate(&Route([route!["object"].0, route.0].concat()));
        let before = diags.len();
        known.check(object, &at, diags);
        *object = functions::read(std::mem::replace(object, Expr::Absent), &known);
        if diags.len() == before {
            unevaluated(object, &at, diags);
        }
    }
    out.objects = objects;
}

/// Reports the functions that are left in an object: nobody evaluates them outside of CloudFormation.
pub(super) fn unevaluated(object: &Expr, at: &dyn Fn(Route) -> At, diags: &mut Diagnostics) {
    let mut calls = Vec::new();
    find_calls(object, &mut Vec::new(), &mut calls);
    for (name, argument, route) in calls {
        let finding = match argument {
            Expr::Text(text) if name == "Ref" => {
                Diagnostic::error("manifests/unknown-resource", format!("`{text}` names no resource"))
                    .help("write the logical id of a resource, as `infra synth` shows them")
            }
            _ if matches!(name, "Ref" | "Fn::GetAtt" | "Fn::Sub") => {
                Diagnostic::error("manifests/unknown-resource", format!("`{name}` names no resource"))
                    .help("write the logical id of a resource, as `infra synth` shows them")
            }
            _ => Diagnostic::error("manifests/function", format!("`{name}` cannot be evaluated here"))
                .note("only CloudFormation evaluates functions, and the object goes to Kubernetes")
                .help("use `Ref`, `Fn::GetAtt`, `Fn::Sub`, or `Fn::Join` of them"),
        };
        diags.push(finding.at(at(Route(route)), "is left over"));
    }
}

fn find_calls<'e>(value: &'e Expr, route: &mut Vec<Step>, calls: &mut Vec<(&'e str, &'e Expr, Vec<Step>)>) {
    match value {
        Expr::Call(name, argument) => calls.push((name, argument, route.clone())),
        Expr::List(items) => {
            for (index, item) in items.iter().enumerate() {
                route.push(index.into());
                find_calls(item, route, calls);
                route.pop();
            }
        }
        Expr::Object(object) => {
            for (key, item) in object.iter() {
                route.push(key.into());
                find_calls(item, route, calls);
                route.pop();
            }
        }
        Expr::Concat(parts) => parts.iter().for_each(|part| find_calls(part, route, calls)),
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::Ref(_)
        | Expr::Att(..)
        | Expr::Pseudo(_)
        | Expr::Parameter(_) => {}
    }
}

/// What names stand for in one template.
pub(super) struct Known<'a> {
    pub(super) world: &'a Resolved,
    /// Every resource and the entry that made it.
    pub(super) made: &'a BTreeMap<Handle, EntryId>,
    pub(super) place: Place,
    /// The parameters of the template, where linking has made them.
    pub(super) parameters: Option<&'a BTreeMap<String, Parameter>>,
}

/// What a name is.
enum Meaning {
    /// This resource, which may be of another stack.
    Resource(Handle),
    /// Nothing of that name is in the stack that is named.
    Missing(Place),
    /// There is no such stack.
    NoStack(String),
    /// A resource of each of these stacks.
    Several(Vec<Place>),
    /// Nothing that is known.
    Nothing,
}

impl Known<'_> {
    fn has(&self, place: Place, id: &str) -> Option<Handle> {
        let handle = Handle { place, id: id.parse().ok()? };
        self.made.contains_key(&handle).then_some(handle)
    }

    /// Says what a name is: a resource of the same template, of the stack that it names (`stack/Id`, `stack.Id`), or else
    /// of the only stack that has one.
    fn meaning(&self, name: &str) -> Meaning {
        if let Some((stack, id)) = name.split_once('/').or_else(|| name.split_once('.')) {
            let found = (0..self.world.stack_count()).find(|index| self.world.stack(*index).0.as_str() == stack);
            let Some(stack) = found else { return Meaning::NoStack(stack.to_owned()) };
            let parts = [false, true].map(|edge| Place { stack, edge });
            let home = parts.first().copied().unwrap_or(self.place);
            let found = parts.into_iter().find_map(|place| self.has(place, id));
            return found.map_or(Meaning::Missing(home), Meaning::Resource);
        }
        let other_part = Place { edge: !self.place.edge, ..self.place };
        if let Some(handle) = self.has(self.place, name).or_else(|| self.has(other_part, name)) {
            return Meaning::Resource(handle);
        }
        let mut others: Vec<&Handle> = self.made.keys().filter(|handle| handle.id.as_str() == name).collect();
        match (others.pop(), others.is_empty()) {
            (None, _) => Meaning::Nothing,
            (Some(one), true) => Meaning::Resource(one.clone()),
            (Some(one), false) => Meaning::Several(others.iter().map(|it| it.place).chain([one.place]).collect()),
        }
    }

    fn handle(&self, name: &str) -> Option<Handle> {
        match self.meaning(name) {
            Meaning::Resource(handle) => Some(handle),
            Meaning::Missing(_) | Meaning::NoStack(_) | Meaning::Several(_) | Meaning::Nothing => None,
        }
    }

    /// Reports the names in plain data that say which stack is meant and are not there, and those that several stacks
    /// have. What is wrong with the others the checks of documents say.
    pub(super) fn check(&self, value: &Expr, at: &dyn Fn(Route) -> At, diags: &mut Diagnostics) {
        let mut route = Vec::new();
        walk(value, &mut route, &mut |name, route| {
            let finding = match self.meaning(name) {
                Meaning::Resource(_) | Meaning::Nothing => return,
                Meaning::NoStack(stack) => self.no_stack(name, &stack),
                Meaning::Missing(place) => self.missing(name, place),
                Meaning::Several(places) => self.several(name, &places),
            };
            let label = format!("refers to `{name}`");
            diags.push(finding.at(at(Route(route.to_vec())), label));
        });
    }

    fn no_stack(&self, name: &str, stack: &str) -> Diagnostic {
        let stacks = || (0..self.world.stack_count()).map(|index| self.world.stack(index).0.as_str());
        let error = Diagnostic::error("raw/unknown-stack", format!("there is no stack `{stack}`"));
        match suggest(stack, stacks()) {
            Some(near) => error.help(format!("did you mean `{}`?", name.replacen(stack, near, 1))),
            None => error.help(format!("the stacks are {}", crate::resolve::list(stacks()))),
        }
    }

    fn missing(&self, name: &str, place: Place) -> Diagnostic {
        let id = name.split_once(['/', '.']).map_or(name, |(_, id)| id);
        let title = format!("stack `{}` has no resource `{id}`", self.world.stack_name(place));
        let error = Diagnostic::error("lower/unknown-resource", title);
        let ids = self.made.keys().filter(|handle| handle.place.stack == place.stack).map(|handle| handle.id.as_str());
        match suggest(id, ids) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("write the logical id of one of its resources, as `infra synth` shows them"),
        }
    }

    fn several(&self, name: &str, places: &[Place]) -> Diagnostic {
        let names: BTreeSet<String> =
            places.iter().map(|place| format!("{}/{name}", self.world.stack(place.stack).0)).collect();
        Diagnostic::error("lower/ambiguous-resource", format!("several stacks have a resource `{name}`"))
            .note("a name that the stack itself does not have is looked for in the others")
            .help(format!("write one of {}", crate::resolve::list(names.iter().map(String::as_str))))
    }
}

impl Names for Known<'_> {
    fn value(&self, name: &str) -> Option<Expr> {
        if let Some(pseudo) = Pseudo::from_name(name) {
            return Some(Expr::Pseudo(pseudo));
        }
        if self.parameters.is_some_and(|parameters| parameters.contains_key(name)) {
            return Some(Expr::Parameter(name.to_owned()));
        }
        self.handle(name).map(Expr::Ref)
    }

    fn attribute(&self, id: &str, name: &str) -> Option<Expr> {
        // `core.Queue.Arn` is an attribute of a resource of stack `core`.
        let of_stack = || {
            let (resource, attribute) = name.split_once('.')?;
            Some(Expr::Att(self.handle(&format!("{id}/{resource}"))?, attribute.to_owned().into()))
        };
        self.handle(id).map(|handle| Expr::Att(handle, name.to_owned().into())).or_else(of_stack)
    }
}

/// Calls `visit` with every name in plain data that a function takes for a resource, and where it stands.
fn walk(value: &Expr, route: &mut Vec<Step>, visit: &mut dyn FnMut(&str, &[Step])) {
    match value {
        Expr::List(items) => {
            for (index, item) in items.iter().enumerate() {
                below(index.into(), item, route, visit);
            }
        }
        Expr::Object(object) => {
            let mut pairs = object.iter();
            if let (Some((name, argument)), None) = (pairs.next().filter(|(name, _)| is_function(name)), pairs.next()) {
                route.push(name.into());
                names(name, argument, route, visit);
                route.pop();
            }
            object.iter().for_each(|(key, value)| below(key.into(), value, route, visit));
        }
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::Ref(_)
        | Expr::Att(..)
        | Expr::Pseudo(_)
        | Expr::Concat(_)
        | Expr::Call(..)
        | Expr::Parameter(_) => {}
    }
}

fn below(step: Step, value: &Expr, route: &mut Vec<Step>, visit: &mut dyn FnMut(&str, &[Step])) {
    route.push(step);
    walk(value, route, visit);
    route.pop();
}

fn names(function: &str, argument: &Expr, route: &mut Vec<Step>, visit: &mut dyn FnMut(&str, &[Step])) {
    let is_other = |name: &str| name.starts_with("AWS::");
    match (function, argument) {
        ("Ref", Expr::Text(name)) if !is_other(name) => visit(name, route),
        ("Fn::GetAtt", Expr::List(parts)) => {
            if let Some(Expr::Text(name)) = parts.first() {
                route.push(0.into());
                visit(name, route);
                route.pop();
            }
        }
        ("Fn::Sub", Expr::Text(text)) => {
            for piece in pieces(text) {
                // A dot is more likely before an attribute, so only a slash says that a stack is meant.
                if let Piece::Name(name) = piece
                    && name.contains('/')
                {
                    visit(name.split('.').next().unwrap_or(name), route);
                }
            }
        }
        _ => {}
    }
}
