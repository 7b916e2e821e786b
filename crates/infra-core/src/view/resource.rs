//! A CloudFormation resource of the view.

use super::{Owner, Prop, Stack, View};
use crate::artifacts::{self, Deletion};
use crate::diag::Diagnostic;
use crate::names::Region;

/// A CloudFormation resource.
#[derive(Clone, Copy)]
pub struct Resource<'v> {
    view: &'v View<'v>,
    index: u32,
    data: &'v artifacts::Resource,
    stack: Stack<'v>,
}

/// What a reference names.
#[derive(Clone, Copy, Debug)]
pub struct Target<'v> {
    /// The resource.
    pub resource: Resource<'v>,
    /// The attribute; none for `Ref`.
    pub attribute: Option<&'v str>,
}

impl<'v> Resource<'v> {
    pub(super) fn new(view: &'v View<'v>, index: u32, data: &'v artifacts::Resource, stack: Stack<'v>) -> Self {
        Self { view, index, data, stack }
    }

    pub(super) fn index(&self) -> u32 {
        self.index
    }

    /// Returns the view.
    pub fn view(&self) -> &'v View<'v> {
        self.view
    }

    /// Returns the type, such as `AWS::SQS::Queue`.
    pub fn kind(&self) -> &'v str {
        &self.data.kind
    }

    /// Returns how the view names it.
    pub fn owner(&self) -> Owner {
        Owner::Resource(self.index)
    }

    /// Returns the logical id.
    pub fn id(&self) -> &'v str {
        self.data.handle.id.as_str()
    }

    /// Returns the resource as it is emitted.
    pub fn data(&self) -> &'v artifacts::Resource {
        self.data
    }

    /// Returns the stack.
    pub fn stack(&self) -> Stack<'v> {
        self.stack
    }

    /// Returns the region, if known.
    pub fn region(&self) -> Option<Region> {
        self.stack.region()
    }

    /// Returns what happens to it when it leaves the template.
    pub fn deletion(&self) -> Option<Deletion> {
        self.data.deletion
    }

    /// Returns all its properties.
    pub fn properties(&self) -> Prop<'v> {
        Prop::new(self.view, Owner::Resource(self.index), self.stack.index, &self.data.properties)
    }

    /// Returns the property at `path`, see [`Prop::get`].
    pub fn get(&self, path: &str) -> Option<Prop<'v>> {
        self.properties().get(path)
    }

    /// Returns the items of the property at `path`; nothing where it is not written.
    pub fn each(&self, path: &str) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        self.properties().each(path)
    }

    /// Returns whether the property at `path` is written.
    pub fn has(&self, path: &str) -> bool {
        self.get(path).is_some()
    }

    /// Returns the whole number at `path`, or `default` where nothing is written; `None` where it is not known.
    pub fn int_or(&self, path: &str, default: i64) -> Option<i64> {
        self.get(path).map_or(Some(default), |prop| prop.int())
    }

    /// Returns the boolean at `path`, or `default` where nothing is written; `None` where it is not known.
    pub fn bool_or(&self, path: &str, default: bool) -> Option<bool> {
        self.get(path).map_or(Some(default), |prop| prop.bool())
    }

    /// Returns the text at `path`, or `default` where nothing is written; `None` where it is not known.
    pub fn text_or(&self, path: &str, default: &'static str) -> Option<std::borrow::Cow<'v, str>> {
        self.get(path).map_or(Some(std::borrow::Cow::Borrowed(default)), |prop| prop.text())
    }

    /// Returns the resources that refer to this one, or name it by its physical name, in any stack.
    pub fn referrers(&self) -> impl Iterator<Item = Resource<'v>> + use<'v> {
        let view = self.view;
        let (by_reference, by_name) = (view.edges().to(self.index), view.named().to(self.index));
        let by_name = by_name.iter().filter(|at| !by_reference.contains(at));
        by_reference.iter().chain(by_name).filter_map(move |at| view.resource(*at))
    }

    /// Returns the resources of type `kind` that refer to this one, in any stack.
    pub fn referrers_of(&self, kind: &'static str) -> impl Iterator<Item = Resource<'v>> + use<'v> {
        self.referrers().filter(move |resource| resource.kind() == kind)
    }

    /// Returns the resources that this one refers to, in any stack; those that it names by text are not waited for.
    pub fn references(&self) -> impl Iterator<Item = Resource<'v>> + use<'v> {
        let view = self.view;
        view.edges().from(self.index).iter().filter_map(move |at| view.resource(*at))
    }

    /// Returns whether the template makes this resource only after `other`, which is of the same stack.
    ///
    /// By reference or `DependsOn`, directly or through others.
    pub fn comes_after(&self, other: &Resource<'v>) -> bool {
        let view = self.view;
        let mut seen = std::collections::BTreeSet::new();
        let mut rest = vec![*self];
        while let Some(next) = rest.pop() {
            let first = next.data.depends_on.iter().filter_map(|handle| view.by_handle(handle));
            for before in first.chain(next.references()).filter(|before| before.stack == other.stack) {
                if before == *other {
                    return true;
                }
                if seen.insert(before.index) {
                    rest.push(before);
                }
            }
        }
        false
    }

    /// Starts a finding about the resource as a whole, see [`Prop::finding`].
    pub fn finding(&self, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        self.properties().finding(title, label)
    }

    /// Starts a finding about the property at `path`, or the nearest one above it that is written.
    pub fn finding_at(&self, path: &str, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        self.nearest(path).finding(title, label)
    }

    /// Returns the property at `path`, or the nearest one above it that is written.
    pub fn nearest(&self, path: &str) -> Prop<'v> {
        let mut nearest = self.properties();
        for key in path.split('.') {
            match nearest.key(key) {
                Some(next) => nearest = next,
                None => break,
            }
        }
        nearest
    }

    /// Returns where the resource was written.
    pub fn at(&self) -> crate::diag::At {
        self.properties().at()
    }
}

impl PartialEq for Resource<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl Eq for Resource<'_> {}

impl PartialOrd for Resource<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Resource<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.index.cmp(&other.index)
    }
}

impl std::fmt::Debug for Resource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.stack.name(), self.id())
    }
}
