//! A value of the view and the place where it was written.

use std::borrow::Cow;

use super::origin::{Located, Step, path_to};
use super::{Owner, Resource, Stack, Target, View, nth};
use crate::artifacts::{Expr, Handle, Pseudo};
use crate::diag::{At, Diagnostic, Edit, Fix, Severity};
use crate::names::Region;

/// Most values that are seen through on the way to what stands behind a value.
const MAX_HOPS: usize = 16;

/// A value and the place where it was written.
///
/// Parameters, outputs, imports and placeholders are seen through: the value is what stands behind them, the place is
/// where it is used.
#[derive(Clone, Copy)]
pub struct Prop<'v> {
    view: &'v View<'v>,
    owner: Owner,
    written: &'v Expr,
    stack: u32,
    value: &'v Expr,
}

impl<'v> Prop<'v> {
    pub(super) fn new(view: &'v View<'v>, owner: Owner, stack: u32, written: &'v Expr) -> Self {
        let (stack, value) = follow(view, stack, written);
        Self { view, owner, written, stack, value }
    }

    /// Returns the view.
    pub fn view(&self) -> &'v View<'v> {
        self.view
    }

    /// Returns the value as it stands in the evaluated document.
    pub fn expr(&self) -> &'v Expr {
        self.value
    }

    /// Returns the value below `path`: keys with dots between them, each looked up in an object.
    ///
    /// `get("ViewerCertificate.AcmCertificateArn")`; a key that holds a dot itself is asked for with [`Self::key`].
    pub fn get(&self, path: &str) -> Option<Prop<'v>> {
        path.split('.').try_fold(*self, |prop, key| prop.key(key))
    }

    /// Returns the value of one key.
    pub fn key(&self, key: &str) -> Option<Prop<'v>> {
        match self.value {
            Expr::Object(object) => object.get(key).map(|value| self.below(value)),
            _ => None,
        }
    }

    fn below(&self, value: &'v Expr) -> Prop<'v> {
        Prop::new(self.view, self.owner, self.stack, value)
    }

    /// Returns keys and values of an object; nothing for any other value.
    pub fn entries(&self) -> impl Iterator<Item = (&'v str, Prop<'v>)> + use<'v> {
        let this = *self;
        let object = match self.value {
            Expr::Object(object) => Some(object),
            _ => None,
        };
        object.into_iter().flat_map(|object| object.iter()).map(move |(key, value)| (key, this.below(value)))
    }

    /// Returns the items of a list; a value that is no list is its own only item, as IAM and CloudFormation take it.
    pub fn items(&self) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        let this = *self;
        let (list, single) = match self.value {
            Expr::List(items) => (items.as_slice(), None),
            _ => (&[][..], Some(this)),
        };
        list.iter().map(move |value| this.below(value)).chain(single)
    }

    /// Returns the items below `path`; nothing where it is not written.
    pub fn each(&self, path: &str) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        self.get(path).into_iter().flat_map(|prop| prop.items())
    }

    /// Returns the values at `path`, going into every list on the way and at its end; an empty path is this value.
    ///
    /// `every("DistributionConfig.Origins.Id")` gives the ids of all origins.
    pub fn every(&self, path: &str) -> Vec<Prop<'v>> {
        let mut found: Vec<Prop<'v>> = self.items().collect();
        for key in path.split('.').filter(|key| !key.is_empty()) {
            found = found.iter().filter_map(|it| it.key(key)).flat_map(|it| it.items()).collect();
        }
        found
    }

    /// Returns what stands in dynamic references of this value, such as `secretsmanager:shop:SecretString:password`.
    pub fn dynamic(&self) -> Vec<Prop<'v>> {
        let parts: &'v [Expr] = match self.value {
            Expr::Concat(parts) => parts,
            other => std::slice::from_ref(other),
        };
        let named = parts.iter().filter_map(|part| match part {
            Expr::Call(name, argument) if name == "resolve" => Some(self.below(argument)),
            _ => None,
        });
        named.collect()
    }

    /// Returns whether this is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.value, Expr::List(_))
    }

    /// Returns whether this is an object.
    pub fn is_object(&self) -> bool {
        matches!(self.value, Expr::Object(_))
    }

    /// Returns the text, if all of it is known; numbers and booleans are spelled out, as CloudFormation does.
    pub fn text(&self) -> Option<Cow<'v, str>> {
        match self.value {
            Expr::Text(text) => Some(Cow::Borrowed(text.as_ref())),
            Expr::Concat(_) | Expr::Pseudo(_) | Expr::Int(_) | Expr::Bool(_) | Expr::Float(_) => {
                let mut text = String::new();
                spell(self.view, self.stack, self.value, &mut text, None).then_some(Cow::Owned(text))
            }
            Expr::Absent
            | Expr::List(_)
            | Expr::Object(_)
            | Expr::Ref(_)
            | Expr::Att(..)
            | Expr::Call(..)
            | Expr::Parameter(_) => None,
        }
    }

    /// Returns the text with `*` for each part that is not known before deployment.
    pub fn pattern(&self) -> String {
        let mut text = String::new();
        spell(self.view, self.stack, self.value, &mut text, Some("*"));
        text
    }

    /// Returns whether the text is known and equals `wanted`.
    pub fn is(&self, wanted: &str) -> bool {
        self.text().is_some_and(|text| text == wanted)
    }

    /// Returns whether the text is known and is one of `wanted`.
    pub fn is_one_of(&self, wanted: &[&str]) -> bool {
        self.text().is_some_and(|text| wanted.contains(&text.as_ref()))
    }

    /// Returns the whole number, also one that is written as text.
    pub fn int(&self) -> Option<i64> {
        match self.value {
            Expr::Int(number) => Some(*number),
            _ => self.text()?.trim().parse().ok(),
        }
    }

    /// Returns the number, also one that is written as text.
    pub fn number(&self) -> Option<f64> {
        match self.value {
            Expr::Float(number) => Some(*number),
            _ => self.text()?.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        }
    }

    /// Returns the length of time that is written as `250ms`, `1.5s`, `2m` or `1h`, in milliseconds.
    pub fn millis(&self) -> Option<i64> {
        let text = self.text()?;
        let (number, unit) = text.split_at_checked(text.find(|c: char| c.is_ascii_alphabetic())?)?;
        let factor = match unit {
            "ms" => 1.0,
            "s" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return None,
        };
        let millis = number.parse::<f64>().ok()? * factor;
        #[expect(clippy::cast_possible_truncation, reason = "far below the largest number")]
        (0.0..1e12).contains(&millis).then_some(millis as i64)
    }

    /// Returns the boolean, also one that is written as text.
    pub fn bool(&self) -> Option<bool> {
        match self.text()?.as_ref() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// Returns whether nothing in this value waits for the deployment.
    pub fn is_known(&self) -> bool {
        match self.value {
            Expr::List(_) => self.items().all(|item| item.is_known()),
            Expr::Object(_) => self.entries().all(|(_, value)| value.is_known()),
            _ => self.text().is_some(),
        }
    }

    /// Returns the resource of the view that the value names, and by which attribute: by reference only.
    pub fn target(&self) -> Option<Target<'v>> {
        let (handle, attribute) = match self.value {
            Expr::Ref(handle) => (handle, None),
            Expr::Att(handle, name) => (handle, Some(name.as_ref())),
            _ => return None,
        };
        self.view.by_handle(handle).map(|resource| Target { resource, attribute })
    }

    /// Returns the resource of the view that the value names: by reference, or by an ARN or name that is its own.
    pub fn resource(&self) -> Option<Resource<'v>> {
        let by_name = || self.view.named().value(self.value).and_then(|at| self.view.resource(at));
        self.target().map(|target| target.resource).or_else(|| self.view.by_text(self)).or_else(by_name)
    }

    /// Returns the resource that the value names, if it is of type `kind`.
    pub fn resource_of(&self, kind: &str) -> Option<Resource<'v>> {
        self.resource().filter(|resource| resource.kind() == kind)
    }

    /// Returns whether both certainly are the same: the same resource, or one expression in one stack.
    pub fn is_same(&self, other: &Prop<'v>) -> bool {
        match (self.resource(), other.resource()) {
            (Some(one), Some(other)) => one == other,
            (None, None) => match (self.text(), other.text()) {
                (Some(one), Some(other)) => one == other,
                (None, None) => self.value == other.value && self.stack == other.stack,
                (Some(_), None) | (None, Some(_)) => false,
            },
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// Returns whether both are one expression of one stack, known or not.
    pub(super) fn is_same_expression(&self, other: &Prop<'v>) -> bool {
        self.stack == other.stack && self.value == other.value
    }

    /// Returns every resource that is referred to in this value or below it.
    pub fn mentions(&self) -> Vec<Resource<'v>> {
        let mut found = Vec::new();
        mentions(self.view, self.stack, self.value, &mut |handle| found.extend(self.view.by_handle(handle)));
        found
    }

    /// Returns the stack in which the value is used.
    pub fn stack(&self) -> Option<Stack<'v>> {
        match self.owner {
            Owner::Resource(at) => self.view.stack(nth(&self.view.resources, at)?.stack),
            Owner::Outputs(stack) => self.view.stack(stack),
            Owner::Object(_) | Owner::Set(_) => None,
        }
    }

    /// Returns the resource in which the value is written.
    pub fn user(&self) -> Option<Resource<'v>> {
        match self.owner {
            Owner::Resource(at) => self.view.resource(at),
            Owner::Object(_) | Owner::Set(_) | Owner::Outputs(_) => None,
        }
    }

    /// Returns what the value belongs to.
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// Returns where the value was written.
    pub fn at(&self) -> At {
        self.located().at
    }

    /// Returns the steps from the root, of an output from its key.
    fn way(&self) -> Vec<Step<'v>> {
        let Owner::Outputs(at) = self.owner else {
            return self.view.root(self.owner).and_then(|root| path_to(root, self.written)).unwrap_or_default();
        };
        let outputs = self.view.stack(at).map(|stack| stack.template().outputs.iter());
        let found = outputs.into_iter().flatten().find_map(|(key, output)| {
            let mut path = path_to(&output.value, self.written)?;
            path.insert(0, Step::Key(key));
            Some(path)
        });
        found.unwrap_or_default()
    }

    fn located(&self) -> Located {
        let path = self.way();
        self.view.origin.locate(self.view, self.owner, &path)
    }

    /// Returns whether the input has a function in this place that gives the value, such as `Ref` to a parameter.
    pub fn is_computed(&self) -> bool {
        self.located().is_computed
    }

    /// Returns the way from the root of what the value belongs to, such as `Rules[0].Name`; empty for the root.
    pub fn path(&self) -> String {
        let mut text = String::new();
        for step in self.way() {
            match step {
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) => text.extend([".", key]),
                Step::Index(index) => text.extend(["[", &index.to_string(), "]"]),
            }
        }
        text
    }

    /// Starts a finding about this value; the rule that reports it gives the id and its weight.
    pub fn finding(&self, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        let mut finding = Diagnostic::error("", title).at(self.at(), label);
        finding.severity = Severity::Warning;
        finding.subject = Some(self.view.subject(self.owner));
        finding
    }

    /// Starts a finding about the key that leads to this value, see [`Self::finding`].
    pub fn finding_of_key(&self, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        let mut finding = self.finding(title, label);
        if let (Some(key), Some(primary)) = (self.located().key, &mut finding.primary) {
            primary.at = At::Span(key);
        }
        finding
    }

    /// Returns the change that writes `name` in the place of the key `old`, which leads to this value.
    pub fn rename(&self, old: &str, name: &str) -> Option<Fix> {
        let span = self.located().key?;
        // A key in quotes is longer than its name.
        let plain = usize::try_from(span.end.checked_sub(span.start)?).ok()? == old.len();
        let text = if plain { name.to_owned() } else { serde_json::Value::from(name).to_string() };
        Some(Fix { title: format!("write `{name}`"), edits: vec![Edit { span, text }] })
    }

    /// Returns the change that writes `text` in the place of this value, where the input says exactly this value here.
    pub fn replace(&self, text: &str) -> Option<Fix> {
        let located = self.located();
        let (At::Span(span), Some(scalar)) = (located.at, located.scalar) else { return None };
        if !self.is(&scalar.text) {
            return None;
        }
        let text = if scalar.quoted { serde_json::Value::from(text).to_string() } else { text.to_owned() };
        Some(Fix { title: format!("write `{text}`"), edits: vec![Edit { span, text }] })
    }
}

impl std::fmt::Debug for Prop<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(f)
    }
}

/// Sees through parameters, outputs and placeholders, and through text of one part.
fn follow<'v>(view: &'v View<'v>, mut stack: u32, mut expr: &'v Expr) -> (u32, &'v Expr) {
    for _ in 0..MAX_HOPS {
        let next = match expr {
            Expr::Parameter(name) => binding(view, stack, name),
            Expr::Text(text) if text.starts_with("${output:") => placeholder(view, text),
            Expr::Call(name, argument) if name == "Fn::GetStackOutput" => stack_output(view, stack, argument),
            Expr::Concat(parts) => match parts.as_slice() {
                [single] => Some((stack, single)),
                _ => None,
            },
            _ => None,
        };
        match next {
            Some(next) => (stack, expr) = next,
            None => break,
        }
    }
    (stack, expr)
}

fn binding<'v>(view: &'v View<'v>, stack: u32, name: &str) -> Option<(u32, &'v Expr)> {
    let (place, output) = nth(&view.stacks, stack)?.input.bindings.get(name)?;
    let producer = *view.places.get(place)?;
    let output = nth(&view.stacks, producer)?.input.template.outputs.get(*output)?;
    Some((producer, &output.value))
}

/// Reads `${output:<stack>@<region>:<key>}`, which stands for an output in documents outside CloudFormation.
fn placeholder<'v>(view: &'v View<'v>, text: &str) -> Option<(u32, &'v Expr)> {
    let inner = text.strip_prefix("${output:")?.strip_suffix('}')?;
    let (stack, rest) = inner.split_once('@')?;
    let (region, key) = rest.split_once(':')?;
    let (stack, output) = view.output_of(stack, region.parse().ok(), key)?;
    Some((stack, &output.value))
}

fn stack_output<'v>(view: &'v View<'v>, stack: u32, argument: &'v Expr) -> Option<(u32, &'v Expr)> {
    let Expr::Object(argument) = argument else { return None };
    let text = |key: &str| {
        let mut text = String::new();
        spell(view, stack, argument.get(key)?, &mut text, None).then_some(text)
    };
    let region: Option<Region> = text("Region").and_then(|region| region.parse().ok());
    let region = region.or_else(|| nth(&view.stacks, stack)?.input.region);
    let name = text("StackName")?;
    let name = name.rsplit(":stack/").next().and_then(|name| name.split('/').next()).unwrap_or(&name).to_owned();
    let (stack, output) = view.output_of(&name, region, &text("OutputName")?)?;
    Some((stack, &output.value))
}

/// Writes what is known of a text to `out`, `unknown` for what is not; returns whether all of it is known.
fn spell<'v>(view: &'v View<'v>, stack: u32, expr: &'v Expr, out: &mut String, unknown: Option<&str>) -> bool {
    let (stack, expr) = follow(view, stack, expr);
    let known = match expr {
        Expr::Text(text) => Some(Cow::Borrowed(text.as_ref())),
        Expr::Int(number) => Some(Cow::Owned(number.to_string())),
        Expr::Float(number) => Some(Cow::Owned(number.to_string())),
        Expr::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        Expr::Absent => Some(Cow::Borrowed("")),
        Expr::Pseudo(pseudo) => view.stack(stack).and_then(|stack| pseudo_text(*pseudo, stack)),
        Expr::Concat(parts) => {
            // All parts are written, also behind one that is unknown.
            let mut known = true;
            for part in parts {
                known &= spell(view, stack, part, out, unknown);
            }
            return known;
        }
        Expr::Ref(_) | Expr::Att(..) => view.own_text(expr),
        Expr::List(_) | Expr::Object(_) | Expr::Call(..) | Expr::Parameter(_) => None,
    };
    if let Some(text) = known {
        out.push_str(&text);
        true
    } else {
        out.push_str(unknown.unwrap_or_default());
        false
    }
}

fn pseudo_text(pseudo: Pseudo, stack: Stack<'_>) -> Option<Cow<'_, str>> {
    Some(match pseudo {
        Pseudo::AccountId => Cow::Borrowed(stack.account()?.as_str()),
        Pseudo::Partition => Cow::Borrowed(stack.region()?.partition().as_str()),
        Pseudo::Region => Cow::Owned(stack.region()?.as_str().to_owned()),
        Pseudo::StackName => Cow::Borrowed(stack.name()),
        Pseudo::UrlSuffix => Cow::Borrowed(stack.region()?.partition().dns_suffix()),
        Pseudo::NotificationArns | Pseudo::StackId => return None,
    })
}

/// Calls `found` with every handle in `expr` or behind it.
pub(super) fn mentions<'v>(view: &'v View<'v>, stack: u32, expr: &'v Expr, found: &mut impl FnMut(&'v Handle)) {
    let (stack, expr) = follow(view, stack, expr);
    match expr {
        Expr::Ref(handle) | Expr::Att(handle, _) => found(handle),
        Expr::List(items) | Expr::Concat(items) => items.iter().for_each(|item| mentions(view, stack, item, found)),
        Expr::Object(object) => object.iter().for_each(|(_, value)| mentions(view, stack, value, found)),
        Expr::Call(_, argument) => mentions(view, stack, argument, found),
        Expr::Absent
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::Pseudo(_)
        | Expr::Parameter(_) => {}
    }
}
