//! Evaluates templates symbolically: never fails, and what is not known stays an expression.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::parameters::Declared;
use super::stack::kind;
use super::text::{concat, settled};
use super::{Choice, Given, Stack, System, Variant};
use crate::artifacts::functions::{self, is_function};
use crate::artifacts::text::{Piece, pieces};
use crate::artifacts::{Deletion, Expr, Handle, Object, Output, Parameter, Pseudo, Resource, Template};
use crate::names::{Region, glob};
use crate::source::{Literal, Node, Pair, Value, literal};

/// Deepest nesting of values, counted through parameters and imports. Unit: levels.
pub(super) const MAX_DEPTH: u16 = 150;

/// Most work that the evaluation of one template does. Unit: values made, and bytes of the texts put together.
const MAX_WORK: usize = 5_000_000;

impl System {
    /// Computes what is deployed under a variant: one template for each of its stacks, in their order.
    ///
    /// Resources and outputs whose condition does not hold are left out, and so are resources without type and those
    /// whose id is none.
    pub fn evaluate(&self, variant: &Variant) -> Vec<Template> {
        let world = World::new(self, variant);
        variant.stacks(self).map(|stack| world.template(stack)).collect()
    }
}

/// One evaluation of a system.
pub(super) struct World<'a> {
    pub(super) system: &'a System,
    pub(super) variant: &'a Variant,
    /// What the variant's stacks export; nothing while that is being found out.
    exports: OnceCell<Vec<Export<'a>>>,
    is_exporting: Cell<bool>,
    /// Conditions that were decided; `None` while one is being decided.
    pub(super) truths: RefCell<BTreeMap<(usize, &'a str), Option<bool>>>,
    /// Outputs that are being computed; one that needs itself is not known.
    busy: RefCell<BTreeSet<(usize, &'a str)>>,
    work: Cell<usize>,
}

/// An output that is exported.
pub(super) struct Export<'a> {
    /// The name, with `*` for what is not known of it.
    pub(super) name: String,
    /// The stack.
    pub(super) stack: usize,
    /// The output.
    pub(super) output: &'a Pair,
}

/// Where something is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    pub(super) stack: usize,
    pub(super) depth: u16,
}

impl Scope {
    pub(super) fn of(stack: usize) -> Self {
        Self { stack, depth: 0 }
    }

    pub(super) fn deeper(self) -> Self {
        Self { depth: self.depth.saturating_add(1), ..self }
    }

    fn in_stack(self, stack: usize) -> Self {
        Self { stack, depth: self.depth.saturating_add(8) }
    }
}

impl<'a> World<'a> {
    pub(super) fn new(system: &'a System, variant: &'a Variant) -> Self {
        Self {
            system,
            variant,
            exports: OnceCell::new(),
            is_exporting: Cell::new(false),
            truths: RefCell::default(),
            busy: RefCell::default(),
            work: Cell::new(0),
        }
    }

    /// Returns what the stacks export, in order.
    pub(super) fn exports(&self) -> &[Export<'a>] {
        // The name of an export cannot be an import, so who asks again on the way gets nothing.
        if self.exports.get().is_none() && !self.is_exporting.replace(true) {
            let work = self.work.replace(0);
            let mut found = Vec::new();
            for index in self.variant.stacks(self.system) {
                for output in self.stack(index).map(|stack| stack.section("Outputs")).unwrap_or_default() {
                    let name = output.value.pair("Export").and_then(|export| export.value.pair("Name"));
                    found.extend(name.map(|name| Export {
                        name: self.pattern_of(index, &name.value),
                        stack: index,
                        output,
                    }));
                }
            }
            self.work.set(work);
            self.is_exporting.set(false);
            return self.exports.get_or_init(|| found);
        }
        self.exports.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the text that a value of a stack is, with `*` for what is not known of it.
    pub(super) fn pattern_of(&self, stack: usize, node: &'a Node) -> String {
        super::text::pattern(&self.eval(Scope::of(stack), node))
    }

    pub(super) fn stack(&self, index: usize) -> Option<&'a Stack> {
        self.system.stacks.get(index)
    }

    fn template(&self, index: usize) -> Template {
        let mut template = Template::default();
        self.work.set(0);
        let Some(stack) = self.stack(index) else { return template };
        let scope = Scope::of(index);
        for pair in stack.section("Resources") {
            if let Some(resource) = self.resource(scope, stack, pair) {
                template.resources.insert(resource.handle.id.clone(), resource);
            }
        }
        for pair in stack.section("Parameters") {
            let description = pair.value.pair("Description").and_then(|pair| pair.value.scalar()).unwrap_or_default();
            template.parameters.insert(pair.key.clone(), Parameter { description: description.to_owned(), ssm: None });
        }
        for pair in stack.section("Outputs").iter().filter(|pair| self.is_created(scope, &pair.value)) {
            let part = |key: &str| pair.value.pair(key).map(|part| self.eval(scope, &part.value));
            let name = pair.value.pair("Export").and_then(|export| export.value.pair("Name"));
            let output = Output {
                description: part("Description").and_then(|text| text.as_text().map(str::to_owned)).unwrap_or_default(),
                value: part("Value").unwrap_or(Expr::Absent),
                export: name.map(|name| self.eval(scope, &name.value)),
            };
            template.outputs.insert(pair.key.clone(), output);
        }
        template
    }

    /// Returns whether the condition of a resource or output holds.
    pub(super) fn is_created(&self, scope: Scope, entry: &'a Node) -> bool {
        let condition = entry.pair("Condition").and_then(|pair| pair.value.scalar());
        condition.is_none_or(|name| self.holds(scope, name))
    }

    fn resource(&self, scope: Scope, stack: &'a Stack, pair: &'a Pair) -> Option<Resource> {
        let node = &pair.value;
        let handle = stack.handle(scope.stack, &pair.key)?;
        let kind = kind(node)?;
        if !self.is_created(scope, node) {
            return None;
        }
        let empty = || Expr::Object(Object::default());
        let mut resource = Resource::new(handle, kind, empty());
        resource.on_replace = Some(Deletion::Delete);
        for Pair { key, value, .. } in node.pairs() {
            let policy = || self.eval(scope, value).as_text().and_then(Deletion::from_name);
            match key.as_str() {
                "Type" => {}
                "Properties" => {
                    resource.properties =
                        Some(self.eval(scope, value)).filter(|it| *it != Expr::Absent).unwrap_or_else(empty);
                }
                "Condition" => resource.condition = value.scalar().map(str::to_owned),
                "DependsOn" => resource.depends_on = self.depends_on(scope, stack, value),
                "DeletionPolicy" => resource.deletion = policy(),
                "UpdateReplacePolicy" => resource.on_replace = policy(),
                "Metadata" => resource.metadata = Some(self.eval(scope, value)),
                _ => resource.attributes.push(key.clone(), self.eval(scope, value)),
            }
        }
        Some(resource)
    }

    fn depends_on(&self, scope: Scope, stack: &'a Stack, value: &'a Node) -> Vec<Handle> {
        let names = value.scalar().into_iter().chain(value.items().iter().filter_map(Node::scalar));
        let is_there = |name: &&str| stack.resource(name).is_some_and(|pair| self.is_created(scope, &pair.value));
        names.filter(is_there).filter_map(|name| stack.handle(scope.stack, name)).collect()
    }

    /// Counts what was made; returns whether the evaluation may go on.
    fn charge(&self, work: usize) -> bool {
        self.work.set(self.work.get().saturating_add(work));
        self.work.get() < MAX_WORK
    }

    /// Computes a value.
    pub(super) fn eval(&self, scope: Scope, node: &'a Node) -> Expr {
        if scope.depth > MAX_DEPTH || !self.charge(1) {
            return unknown("Fn::Transform", Expr::Absent);
        }
        match &node.value {
            Value::Plain(text) => plain(text),
            Value::Quoted(text) => quoted(text),
            Value::List(items) => {
                let items = items.iter().map(|item| self.eval(scope.deeper(), item));
                Expr::List(items.filter(|item| *item != Expr::Absent).collect())
            }
            Value::Map(pairs) => match pairs.as_slice() {
                [only] if is_function(&only.key) => self.call(scope.deeper(), &only.key, &only.value),
                pairs => {
                    let mut object = Object::with_capacity(pairs.len());
                    for pair in pairs {
                        object.push(pair.key.clone(), self.eval(scope.deeper(), &pair.value));
                    }
                    Expr::Object(object)
                }
            },
        }
    }

    fn call(&self, scope: Scope, name: &str, argument: &'a Node) -> Expr {
        match name {
            "Ref" => match argument.scalar() {
                Some(name) => self.reference(scope, name),
                None => unknown(name, self.eval(scope, argument)),
            },
            "Fn::GetAtt" => self.attribute(scope, argument),
            "Fn::Sub" => self.substitute(scope, argument),
            "Fn::If" => match argument.items() {
                [condition, yes, no] => {
                    let holds = condition.scalar().is_some_and(|name| self.holds(scope, name));
                    self.eval(scope, if holds { yes } else { no })
                }
                _ => unknown(name, self.eval(scope, argument)),
            },
            "Fn::FindInMap" => match self.mapped(scope, argument) {
                Some(found) => self.eval(scope, found),
                None => unknown(name, self.eval(scope, argument)),
            },
            "Fn::ImportValue" => self.import(scope, self.eval(scope, argument)),
            "Fn::GetStackOutput" => self.stack_output(scope, self.eval(scope, argument)),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                self.truth(scope, name, argument).map_or_else(|| unknown(name, self.eval(scope, argument)), Expr::Bool)
            }
            _ => {
                let result = settled(functions::apply(name, self.eval(scope, argument)));
                if self.charge(result.as_text().map_or(1, str::len)) { result } else { unknown(name, Expr::Absent) }
            }
        }
    }

    /// Computes `Ref`.
    pub(super) fn reference(&self, scope: Scope, name: &str) -> Expr {
        if name == "AWS::NoValue" {
            return Expr::Absent;
        }
        if let Some(pseudo) = Pseudo::from_name(name) {
            return self.pseudo(scope, pseudo);
        }
        let Some(stack) = self.stack(scope.stack) else { return unknown("Ref", name.to_owned().into()) };
        if let Some(parameter) = stack.parameter(name) {
            return self.parameter(scope, stack, name, Declared(&parameter.value));
        }
        stack.handle(scope.stack, name).map_or_else(|| unknown("Ref", name.to_owned().into()), Expr::Ref)
    }

    fn parameter(&self, scope: Scope, stack: &'a Stack, name: &str, declared: Declared<'a>) -> Expr {
        let not_known = || Expr::Parameter(name.to_owned());
        match stack.given.get(name) {
            Some(Given::Output { stack, key }) => return self.output(scope, *stack, key).unwrap_or_else(not_known),
            Some(Given::Value(value)) => return declared.value(value),
            None => {}
        }
        match self.variant.values.get(name) {
            Some(Choice::Is(value)) if declared.allows(value) => declared.value(value),
            Some(Choice::Other) if declared.allowed().next().is_none() => not_known(),
            Some(Choice::Is(_) | Choice::Other) | None => {
                declared.usual().map_or_else(not_known, |value| declared.value(&value))
            }
        }
    }

    /// Returns the region of a stack, be it known or chosen by the variant.
    fn region(&self, scope: Scope) -> Option<Region> {
        let chosen = || match self.variant.values.get("AWS::Region")? {
            Choice::Is(region) => region.parse().ok(),
            Choice::Other => None,
        };
        self.stack(scope.stack)?.region.or_else(chosen)
    }

    fn pseudo(&self, scope: Scope, pseudo: Pseudo) -> Expr {
        let stack = self.stack(scope.stack);
        let region = self.region(scope);
        let known: Option<String> = match pseudo {
            Pseudo::AccountId => stack.and_then(|stack| stack.account.as_ref()).map(ToString::to_string),
            Pseudo::Partition => region.map(|region| region.partition().as_str().to_owned()),
            Pseudo::Region => region.map(|region| region.to_string()),
            Pseudo::StackName => stack.filter(|stack| stack.is_named).map(|stack| stack.name.clone()),
            Pseudo::UrlSuffix => region.map(|region| region.partition().dns_suffix().to_owned()),
            Pseudo::NotificationArns | Pseudo::StackId => None,
        };
        let chosen = || match self.variant.values.get(pseudo.as_str())? {
            Choice::Is(value) => Some(value.clone()),
            Choice::Other => None,
        };
        known.or_else(chosen).map_or(Expr::Pseudo(pseudo), Expr::from)
    }

    fn attribute(&self, scope: Scope, argument: &'a Node) -> Expr {
        let parts: Option<(Cow<'_, str>, Expr)> = match &argument.value {
            Value::Plain(text) | Value::Quoted(text) => {
                text.split_once('.').map(|(id, name)| (Cow::Borrowed(id), name.to_owned().into()))
            }
            Value::List(items) => match items.as_slice() {
                [id, name @ ..] if !name.is_empty() => {
                    // The language extensions let functions compute the id.
                    let computed = || self.eval(scope, id).as_text().map(|id| Cow::Owned(id.to_owned()));
                    id.scalar().map(Cow::Borrowed).or_else(computed).map(|id| {
                        let names: Vec<Expr> = name.iter().map(|name| self.eval(scope, name)).collect();
                        (id, functions::apply("Fn::Join", list![".", Expr::List(names)]))
                    })
                }
                _ => None,
            },
            Value::Map(_) => None,
        };
        let handle = parts.as_ref().and_then(|(id, _)| self.stack(scope.stack)?.handle(scope.stack, id));
        match (handle, parts) {
            (Some(handle), Some((_, Expr::Text(name)))) => Expr::Att(handle, name),
            (_, _) => unknown("Fn::GetAtt", self.eval(scope, argument)),
        }
    }

    fn substitute(&self, scope: Scope, argument: &'a Node) -> Expr {
        let (text, variables) = match (&argument.value, argument.items()) {
            (Value::Plain(text) | Value::Quoted(text), _) => (text.as_str(), &[][..]),
            (_, [text, variables]) => match text.scalar() {
                Some(text) => (text, variables.pairs()),
                None => return unknown("Fn::Sub", self.eval(scope, argument)),
            },
            (_, _) => return unknown("Fn::Sub", self.eval(scope, argument)),
        };
        let values: BTreeMap<&str, Expr> =
            variables.iter().map(|pair| (pair.key.as_str(), self.eval(scope.deeper(), &pair.value))).collect();
        let mut parts = Vec::new();
        for piece in pieces(text) {
            let part = match piece {
                Piece::Text(text) => text.to_owned().into(),
                Piece::Name(name) => match (values.get(name), name.split_once('.')) {
                    (Some(value), _) => value.clone(),
                    (None, Some((id, attribute))) => {
                        let handle = self.stack(scope.stack).and_then(|stack| stack.handle(scope.stack, id));
                        let missing = || unknown("Fn::GetAtt", list![id.to_owned(), attribute.to_owned()]);
                        handle.map_or_else(missing, |handle| Expr::Att(handle, Cow::Owned(attribute.to_owned())))
                    }
                    (None, None) => self.reference(scope.deeper(), name),
                },
            };
            if !self.charge(weight(&part)) {
                return unknown("Fn::Sub", Expr::Absent);
            }
            parts.push(part);
        }
        concat(parts)
    }

    /// Finds the value of `Fn::FindInMap` in the template, or the default that the call gives.
    pub(super) fn mapped(&self, scope: Scope, argument: &'a Node) -> Option<&'a Node> {
        let [map, first, second, rest @ ..] = argument.items() else { return None };
        let key = |node: &'a Node| self.eval(scope.deeper(), node).literal().map(Cow::into_owned);
        let (map, first, second) = (key(map)?, key(first)?, key(second)?);
        let found = self.stack(scope.stack)?.entry("Mappings", &map);
        let found = found.and_then(|map| map.value.pair(&first)?.value.pair(&second));
        found.or_else(|| rest.first()?.pair("DefaultValue")).map(|pair| &pair.value)
    }

    fn import(&self, scope: Scope, name: Expr) -> Expr {
        let importer = self.stack(scope.stack);
        let may_be = |exporter: &Stack| {
            importer.is_some_and(|importer| {
                agree(importer.region.as_ref(), exporter.region.as_ref())
                    && agree(importer.account.as_ref(), exporter.account.as_ref())
            })
        };
        let exports = || self.exports().iter().filter(|export| self.stack(export.stack).is_some_and(may_be));
        let found = name.as_text().and_then(|name| {
            let by_name = exports().find(|export| export.name == name);
            // An export whose name is known in part, as with the name of its stack, is meant where no other can be.
            let mut by_pattern = exports().filter(|export| glob(&export.name, name));
            by_name.or_else(|| by_pattern.next().filter(|_| by_pattern.next().is_none()))
        });
        let value = found.and_then(|export| self.output(scope, export.stack, &export.output.key));
        value.unwrap_or_else(|| unknown("Fn::ImportValue", name))
    }

    fn stack_output(&self, scope: Scope, argument: Expr) -> Expr {
        let value = self.named_output(scope, &argument);
        value.unwrap_or_else(|| unknown("Fn::GetStackOutput", argument))
    }

    fn named_output(&self, scope: Scope, argument: &Expr) -> Option<Expr> {
        let Expr::Object(object) = argument else { return None };
        let text = |key: &str| object.get(key).and_then(Expr::as_text);
        let region = text("Region").map_or_else(|| self.region(scope), |region| region.parse().ok());
        let is_meant = |stack: &&Stack| {
            Some(stack.name.as_str()) == text("StackName") && agree(stack.region.as_ref(), region.as_ref())
        };
        let index = self.system.stacks.iter().position(|stack| is_meant(&stack))?;
        self.output(scope, index, text("OutputName")?)
    }

    /// Computes an output of any stack, as seen from `scope`.
    pub(super) fn output(&self, scope: Scope, stack: usize, key: &str) -> Option<Expr> {
        let output = self.stack(stack)?.entry("Outputs", key)?;
        let value = output.value.pair("Value")?;
        if scope.depth > MAX_DEPTH || !self.busy.borrow_mut().insert((stack, &output.key)) {
            return None;
        }
        let value = self.eval(scope.in_stack(stack), &value.value);
        self.busy.borrow_mut().remove(&(stack, output.key.as_str()));
        Some(value)
    }
}

/// Returns whether two places can be the same: nobody knows otherwise.
pub(super) fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.is_none() || other.is_none() || one == other
}

fn unknown(name: &str, argument: Expr) -> Expr {
    Expr::Call(Cow::Owned(name.to_owned()), Box::new(argument))
}

/// Returns how much a part adds to a text.
fn weight(part: &Expr) -> usize {
    match part {
        Expr::Text(text) => text.len(),
        Expr::Concat(parts) => parts.iter().map(weight).sum(),
        Expr::Call(_, argument) => 1 + weight(argument),
        Expr::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Expr::Object(object) => 1 + object.iter().map(|(_, value)| weight(value)).sum::<usize>(),
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Ref(_)
        | Expr::Att(..)
        | Expr::Pseudo(_)
        | Expr::Parameter(_) => 1,
    }
}

fn plain(text: &str) -> Expr {
    match literal(text) {
        Literal::Null => Expr::Absent,
        Literal::Bool(value) => Expr::Bool(value),
        Literal::Int(value) => Expr::Int(value),
        Literal::Float(value) => Expr::Float(value),
        Literal::Text => quoted(text),
    }
}

fn quoted(text: &str) -> Expr {
    let text = Expr::Text(Cow::Owned(text.to_owned()));
    if text.as_text().is_some_and(|text| text.contains(super::text::OPEN)) { concat(vec![text]) } else { text }
}

/// Returns the value of a document in which nothing is evaluated.
pub(super) fn data(node: &Node) -> Expr {
    match &node.value {
        Value::Plain(text) => plain(text),
        Value::Quoted(text) => Expr::Text(Cow::Owned(text.clone())),
        Value::List(items) => items.iter().map(data).collect(),
        Value::Map(pairs) => Expr::Object(pairs.iter().map(|pair| (pair.key.clone(), data(&pair.value))).collect()),
    }
}
