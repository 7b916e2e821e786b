//! The deployment view: what would be deployed, as one read-only graph.
//!
//! CloudFormation resources of all stacks and regions, Route 53 record sets and Kubernetes objects of one environment,
//! made from our own lowering ([`Own`]) or from documents that others wrote ([`Foreign`]). A [`Prop`] is a value and
//! the place where it was written: it sees through parameters, outputs and imports to what stands behind them, and
//! says where it comes from only when someone asks. Nothing here changes anything or reports anything.

mod alias;
mod arn;
mod binding;
mod cluster;
mod containment;
mod delivery;
mod document;
mod foreign;
mod graph;
mod ingress;
mod links;
mod named;
mod near;
mod network;
mod object;
mod origin;
mod own;
mod own_policy;
mod permission;
mod policy;
mod prop;
mod record;
mod resource;
mod scaling;
mod served;
mod subscription;
mod target;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

pub use alias::AliasService;
pub use containment::{Direction, lets_port};
pub use delivery::{By, Delivery, Receiver};
pub(crate) use document::check as check_documents;
pub use foreign::Foreign;
pub use ingress::Ingress;
pub use network::{WayOut, single_zone};
pub use object::{Container, Object, Pods, Selector};
pub use origin::{Located, Origin, Scalar, Step};
pub use own::Own;
pub use policy::{Action, Attached, Document, Statement, action_matches, is_readable, is_service};
pub use prop::Prop;
pub use record::{Alias, Record, Zone};
pub use resource::{Resource, Target};
pub use scaling::{Count, share};
pub use served::{Served, covers};
pub use subscription::Subscription;
pub use target::Binding;

use crate::artifacts::{self, Expr, Output, Place};
pub use crate::names::glob;
use crate::names::{AccountId, Date, Region};
use graph::Edges;

/// One deployment, ready to be asked.
pub struct View<'a> {
    origin: &'a (dyn Origin + Sync + 'a),
    stacks: Vec<StackData<'a>>,
    places: BTreeMap<Place, u32>,
    names: BTreeMap<(String, Option<Region>), u32>,
    resources: Vec<ResourceData<'a>>,
    by_kind: BTreeMap<&'a str, Vec<u32>>,
    objects: Vec<ObjectData<'a>>,
    sets: Vec<SetData<'a>>,
    records: Vec<record::RecordData>,
    zones: Vec<record::ZoneData>,
    today: Option<Date>,
    edges: OnceLock<Edges>,
    physical: OnceLock<arn::Names>,
    own_policies: OnceLock<own_policy::OwnPolicies>,
    named: OnceLock<named::Named>,
    near: OnceLock<near::Near>,
    scalers: OnceLock<BTreeMap<u32, u32>>,
}

/// One template to be deployed.
#[derive(Debug)]
pub struct StackInput<'a> {
    /// How handles name it.
    pub place: Place,
    /// Name of the CloudFormation stack.
    pub name: String,
    /// Its region, if known.
    pub region: Option<Region>,
    /// Its account, if known.
    pub account: Option<AccountId>,
    /// The template with its intrinsics evaluated as far as they can be.
    pub template: &'a artifacts::Template,
    /// Parameters that another stack's output fills: name -> (stack, key of the output).
    pub bindings: BTreeMap<&'a str, (Place, &'a str)>,
}

/// One Kubernetes object to be applied.
#[derive(Debug)]
pub struct ObjectInput<'a> {
    /// Name of the cluster that it goes to; empty if unknown.
    pub cluster: &'a str,
    /// The object.
    pub body: &'a Expr,
}

/// One record set that is sent to Route 53 outside CloudFormation.
#[derive(Debug)]
pub struct SetInput<'a> {
    /// The zone that it goes to.
    pub zone: ZoneInput<'a>,
    /// The set as the API's `ResourceRecordSet`.
    pub body: Cow<'a, Expr>,
    /// Whether the set is deleted, not written.
    pub deleted: bool,
    /// Number of the change batch, if somebody else cut it.
    pub batch: Option<usize>,
}

/// The hosted zone of a change batch.
#[derive(Clone, Debug)]
pub struct ZoneInput<'a> {
    /// Its id.
    pub id: Cow<'a, Expr>,
    /// Its domain, if known.
    pub domain: Option<String>,
    /// Whether it is private, if known.
    pub private: Option<bool>,
}

/// All that a view is made of.
#[derive(Debug, Default)]
pub struct Input<'a> {
    /// The stacks.
    pub stacks: Vec<StackInput<'a>>,
    /// The Kubernetes objects.
    pub objects: Vec<ObjectInput<'a>>,
    /// The record sets outside CloudFormation.
    pub sets: Vec<SetInput<'a>>,
    /// The day it is, if calendar rules are wanted.
    pub today: Option<Date>,
}

struct StackData<'a> {
    input: StackInput<'a>,
    first: u32,
}

struct ResourceData<'a> {
    stack: u32,
    resource: &'a artifacts::Resource,
}

struct ObjectData<'a> {
    input: ObjectInput<'a>,
    kind: &'a str,
}

struct SetData<'a> {
    input: SetInput<'a>,
}

/// What a value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A resource, by index.
    Resource(u32),
    /// A Kubernetes object, by index.
    Object(u32),
    /// A record set outside CloudFormation, by index.
    Set(u32),
    /// The outputs of a stack, by index of the stack.
    Outputs(u32),
}

fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn nth<T>(list: &[T], number: u32) -> Option<&T> {
    list.get(usize::try_from(number).ok()?)
}

/// One stack of the view.
#[derive(Clone, Copy)]
pub struct Stack<'v> {
    view: &'v View<'v>,
    index: u32,
    data: &'v StackInput<'v>,
}

impl<'a> View<'a> {
    /// Makes a view of `input`; `origin` knows where everything was written.
    pub fn new(input: Input<'a>, origin: &'a (dyn Origin + Sync + 'a)) -> Self {
        let mut view = Self {
            origin,
            stacks: Vec::with_capacity(input.stacks.len()),
            places: BTreeMap::new(),
            names: BTreeMap::new(),
            resources: Vec::new(),
            by_kind: BTreeMap::new(),
            objects: Vec::new(),
            sets: input.sets.into_iter().map(|input| SetData { input }).collect(),
            records: Vec::new(),
            zones: Vec::new(),
            today: input.today,
            edges: OnceLock::new(),
            physical: OnceLock::new(),
            own_policies: OnceLock::new(),
            named: OnceLock::new(),
            near: OnceLock::new(),
            scalers: OnceLock::new(),
        };
        for stack in input.stacks {
            view.add_stack(stack);
        }
        for object in input.objects {
            let kind = match object.body {
                Expr::Object(body) => body.get("kind").and_then(Expr::as_text).unwrap_or_default(),
                _ => "",
            };
            view.objects.push(ObjectData { input: object, kind });
        }
        let (records, zones) = record::collect(&view);
        view.records = records;
        view.zones = zones;
        view
    }

    fn add_stack(&mut self, input: StackInput<'a>) {
        let stack = index(self.stacks.len());
        let first = index(self.resources.len());
        for resource in input.template.resources.values() {
            let at = index(self.resources.len());
            self.by_kind.entry(&resource.kind).or_default().push(at);
            self.resources.push(ResourceData { stack, resource });
        }
        self.places.insert(input.place, stack);
        self.names.insert((input.name.clone(), input.region), stack);
        self.stacks.push(StackData { input, first });
    }

    /// Returns the day, if calendar rules are wanted.
    pub fn today(&self) -> Option<Date> {
        self.today
    }
}

impl<'v> View<'v> {
    /// Returns all stacks.
    pub fn stacks(&'v self) -> impl Iterator<Item = Stack<'v>> {
        (0_u32..).zip(&self.stacks).map(move |(index, data)| Stack { view: self, index, data: &data.input })
    }

    fn stack(&'v self, index: u32) -> Option<Stack<'v>> {
        nth(&self.stacks, index).map(|data| Stack { view: self, index, data: &data.input })
    }

    /// Returns all resources of all stacks.
    pub fn resources(&'v self) -> impl Iterator<Item = Resource<'v>> {
        (0..index(self.resources.len())).filter_map(move |at| self.resource(at))
    }

    /// Returns the resources of a type, such as `AWS::SQS::Queue`.
    pub fn of(&'v self, kind: &str) -> impl Iterator<Item = Resource<'v>> {
        self.by_kind.get(kind).into_iter().flatten().filter_map(move |at| self.resource(*at))
    }

    /// Returns the types that occur, sorted, each with its resources.
    pub fn kinds(&'v self) -> impl Iterator<Item = (&'v str, impl Iterator<Item = Resource<'v>>)> {
        self.by_kind.iter().map(move |(kind, list)| (*kind, list.iter().filter_map(move |at| self.resource(*at))))
    }

    /// Returns all Kubernetes objects.
    pub fn objects(&'v self) -> impl Iterator<Item = Object<'v>> {
        (0_u32..).zip(&self.objects).map(move |(at, data)| Object::new(self, at, data.kind))
    }

    /// Returns the Kubernetes objects of a kind, such as `Deployment`.
    pub fn objects_of(&'v self, kind: &'v str) -> impl Iterator<Item = Object<'v>> {
        self.objects().filter(move |object| object.kind() == kind)
    }

    /// Returns all record sets: those of templates and those of change batches.
    pub fn records(&'v self) -> impl Iterator<Item = Record<'v>> {
        self.records.iter().filter_map(move |data| Record::of(self, data))
    }

    /// Returns all hosted zones that are made here or named by a record set.
    pub fn zones(&'v self) -> impl Iterator<Item = Zone<'v>> {
        (0..index(self.zones.len())).filter_map(move |at| self.zone(at))
    }

    fn zone(&'v self, at: u32) -> Option<Zone<'v>> {
        nth(&self.zones, at).map(|data| Zone::new(self, at, data))
    }

    fn resource(&'v self, at: u32) -> Option<Resource<'v>> {
        let data = nth(&self.resources, at)?;
        Some(Resource::new(self, at, data.resource, self.stack(data.stack)?))
    }

    /// Returns the resource that a handle names.
    pub fn by_handle(&'v self, handle: &artifacts::Handle) -> Option<Resource<'v>> {
        let stack = nth(&self.stacks, *self.places.get(&handle.place)?)?;
        let at = stack.input.template.resources.get_index_of(&handle.id)?;
        self.resource(stack.first.checked_add(index(at))?)
    }

    /// Returns the output of a stack of the view, by the names that `Fn::GetStackOutput` and placeholders use.
    fn output_of(&'v self, stack: &str, region: Option<Region>, key: &str) -> Option<(u32, &'v Output)> {
        let named = |region| self.names.get(&(stack.to_owned(), region)).copied();
        let at = named(region).or_else(|| {
            let mut same =
                self.names.iter().filter(|((name, known), _)| name == stack && (region.is_none() || known.is_none()));
            same.next().map(|(_, at)| *at)
        })?;
        Some((at, nth(&self.stacks, at)?.input.template.outputs.get(key)?))
    }

    fn root(&'v self, owner: Owner) -> Option<&'v Expr> {
        match owner {
            Owner::Resource(at) => nth(&self.resources, at).map(|data| &data.resource.properties),
            Owner::Object(at) => nth(&self.objects, at).map(|data| data.input.body),
            Owner::Set(at) => nth(&self.sets, at).map(|data| data.input.body.as_ref()),
            Owner::Outputs(_) => None,
        }
    }

    /// Returns the value at the root of what `owner` names.
    fn prop(&'v self, owner: Owner) -> Option<Prop<'v>> {
        let stack = match owner {
            Owner::Resource(at) => nth(&self.resources, at)?.stack,
            Owner::Object(_) | Owner::Set(_) => u32::MAX,
            Owner::Outputs(stack) => stack,
        };
        Some(Prop::new(self, owner, stack, self.root(owner)?))
    }

    /// Returns how reports call what `owner` names: `stack/LogicalId`, `Kind/namespace/name`, `name TYPE`.
    pub fn subject(&'v self, owner: Owner) -> String {
        match owner {
            Owner::Resource(at) => {
                self.resource(at).map_or_else(String::new, |it| format!("{}/{}", it.stack().name(), it.id()))
            }
            Owner::Object(at) => nth(&self.objects, at).map_or_else(String::new, |data| {
                let object = Object::new(self, at, data.kind);
                format!("{}/{}/{}", object.kind(), object.namespace(), object.name())
            }),
            Owner::Set(at) => nth(&self.sets, at).map_or_else(String::new, |data| {
                let text = |key| Prop::new(self, owner, u32::MAX, &data.input.body).key(key).and_then(|it| it.text());
                format!("{} {}", text("Name").unwrap_or_default(), text("Type").unwrap_or_default())
            }),
            Owner::Outputs(at) => self.stack(at).map_or_else(String::new, |stack| stack.name().to_owned()),
        }
    }

    fn edges(&'v self) -> &'v Edges {
        self.edges.get_or_init(|| Edges::of(self))
    }
}

impl<'v> Stack<'v> {
    /// Returns the name.
    pub fn name(&self) -> &'v str {
        &self.data.name
    }

    /// Returns the region, if known.
    pub fn region(&self) -> Option<Region> {
        self.data.region
    }

    /// Returns the account, if known.
    pub fn account(&self) -> Option<&'v AccountId> {
        self.data.account.as_ref()
    }

    /// Returns the place that handles name it by.
    pub fn place(&self) -> Place {
        self.data.place
    }

    /// Returns the template.
    pub fn template(&self) -> &'v artifacts::Template {
        self.data.template
    }

    /// Returns the resources.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'v>> + use<'v> {
        let (view, first) = (self.view, nth(&self.view.stacks, self.index).map_or(0, |data| data.first));
        let count = index(self.data.template.resources.len());
        (first..first.saturating_add(count)).filter_map(move |at| view.resource(at))
    }

    /// Returns the names under which values are exported, as far as they are known, and the values.
    pub fn exports(&self) -> impl Iterator<Item = (String, Prop<'v>)> + use<'v> {
        let (view, index) = (self.view, self.index);
        self.data.template.outputs.values().filter_map(move |output| {
            let name = Prop::new(view, Owner::Outputs(index), index, output.export.as_ref()?).text()?;
            Some((name.into_owned(), Prop::new(view, Owner::Outputs(index), index, &output.value)))
        })
    }

    /// Returns the outputs by key.
    pub fn outputs(&self) -> impl Iterator<Item = (&'v str, Prop<'v>)> + use<'v> {
        let (view, index) = (self.view, self.index);
        let outputs = self.data.template.outputs.iter();
        outputs.map(move |(key, output)| (key.as_str(), Prop::new(view, Owner::Outputs(index), index, &output.value)))
    }
}

impl PartialEq for Stack<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}
