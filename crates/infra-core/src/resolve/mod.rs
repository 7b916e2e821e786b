//! Binds every reference and decides every region.
//!
//! After this stage nothing is unbound: [`Bound::follow`] cannot miss.

mod references;

pub(crate) use references::Collector;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use crate::artifacts::{Expr, Handle, Place, Resource};
use crate::diag::{At, Diagnostic, Diagnostics, Severity, suggest};
use crate::kinds::{Field, KINDS, Kind, KindIndex, KindInfo, Sectioned};
use crate::model::{Common, Definition, Entry, Environment, Origin, Ref, Stack, Unread};
use crate::names::{LogicalId, Name, Region};
use crate::source::Route;

/// Names one entry of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// Index of the stack.
    pub stack: u16,
    /// Index of the kind in the table.
    pub kind: KindIndex,
    /// Index in the section.
    pub index: u32,
}

/// One use of an entry by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The entry that refers.
    pub from: EntryId,
    /// What it demands, such as `edge`; empty for nothing.
    pub mark: &'static str,
}

/// A definition in which every reference is known to have its target.
#[derive(Debug)]
pub struct Resolved {
    project: Name,
    environment: Environment,
    stacks: Vec<(Name, Stack)>,
    index: BTreeMap<String, u16>,
    referrals: BTreeMap<EntryId, Vec<Referral>>,
}

/// One entry of a resolved definition; gives its fields by dereference.
#[derive(Debug)]
pub struct Bound<'a, K> {
    world: &'a Resolved,
    /// Which entry.
    pub id: EntryId,
    /// Its name.
    pub name: &'a Name,
    entry: &'a Entry<K>,
}

impl<K> Clone for Bound<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Bound<'_, K> {}

impl<K> Deref for Bound<'_, K> {
    type Target = K;

    fn deref(&self) -> &K {
        &self.entry.spec
    }
}

/// Binds the references of `definition` and lets every kind check its entries.
///
/// Reports unknown names, names of another kind, and what the kinds themselves refuse; `None` if any is an error. An
/// entry with a bad reference hides only what hangs together with it: the rest is still checked.
pub fn resolve(definition: Definition, diags: &mut Diagnostics) -> Option<Resolved> {
    resolve_or_rest(definition, diags).ok()
}

/// What of a definition with mistakes can be looked at further. Nothing is ever made of it.
#[derive(Debug)]
pub struct Rest {
    /// What could be bound, with the entries that their kinds refuse.
    pub world: Box<Resolved>,
    /// Entries that their kinds refuse and those that refer to them or are referred to: what is found of them may follow
    /// from the mistake.
    hidden: BTreeSet<EntryId>,
    /// Whether something that was written is missing, so that only what is true of each entry alone is still true.
    pub is_partial: bool,
}

impl Rest {
    /// Returns whether a finding at a place is about an entry that hangs together with no mistake.
    pub fn shows(&self, at: &At) -> bool {
        self.world.entry_at(at).is_some_and(|entry| !self.hidden.contains(&entry))
    }
}

/// Does the same; where references are bad or kinds refuse entries, what can be looked at further is the error.
pub fn resolve_or_rest(definition: Definition, diags: &mut Diagnostics) -> Result<Resolved, Option<Rest>> {
    let (unread, flawed) = (definition.unread, definition.flawed);
    let mut world = Resolved {
        project: definition.project,
        environment: definition.environment,
        index: definition.stacks.keys().zip(0_u16..).map(|(name, index)| (name.to_string(), index)).collect(),
        stacks: definition.stacks.into_iter().collect(),
        referrals: BTreeMap::new(),
    };
    let bound = bind(&world, &unread, diags);
    let whole = bound.loose.is_empty() && unread.is_empty();
    world.referrals = bound.referrals;
    if !whole {
        world.drop_connected(&bound.loose);
        world.referrals = bind(&world, &unread, &mut Diagnostics::default()).referrals;
    }
    let mut found = Diagnostics::default();
    for stack in 0..world.stack_count() {
        KINDS.iter().for_each(|kind| (kind.validate)(&world, stack, &mut found));
    }
    if whole && !flawed && !found.has_errors() {
        diags.append(found);
        return Ok(world);
    }
    let refused: Option<BTreeSet<EntryId>> = found
        .iter()
        .filter(|it| it.severity == Severity::Error)
        .map(|it| it.primary.as_ref().and_then(|label| world.entry_at(&label.at)))
        .collect();
    diags.append(found);
    let Some(refused) = refused.filter(|_| unread.is_empty()) else { return Err(None) };
    let hidden = world.beside(refused);
    Err(Some(Rest { world: Box::new(world), hidden, is_partial: !whole || flawed }))
}

/// What binding found.
#[derive(Default)]
struct Binding {
    referrals: BTreeMap<EntryId, Vec<Referral>>,
    /// Entries with a reference that has no target.
    loose: BTreeSet<EntryId>,
}

fn bind(world: &Resolved, unread: &Unread, diags: &mut Diagnostics) -> Binding {
    let mut binding = Binding::default();
    let mut collector = Collector::default();
    for (stack, (_, content)) in (0_u16..).zip(&world.stacks) {
        for (kind, info) in (0_u8..).zip(KINDS) {
            (info.references)(&content.sections, &mut |index, entry| {
                let from = EntryId { stack, kind, index: u32::try_from(index).unwrap_or(u32::MAX) };
                entry.collect(&mut collector);
                for found in collector.drain() {
                    match world.find(stack, found.section, &found.text) {
                        Ok(target) => {
                            binding.referrals.entry(target).or_default().push(Referral { from, mark: found.mark });
                        }
                        Err(miss) => {
                            binding.loose.insert(from);
                            if !world.is_unread(stack, &found, unread) {
                                diags.push(miss.report(world, &found, entry.origin(), unread));
                            }
                        }
                    }
                }
            });
        }
    }
    binding
}

/// Why a reference has no target.
enum Miss {
    Stack(String),
    Name { stack: u16 },
}

impl Miss {
    fn report(self, world: &Resolved, found: &references::Found, origin: &Origin, unread: &Unread) -> Diagnostic {
        let at = origin.locate(&Route(found.route.clone()));
        let wanted = found.noun();
        match self {
            Self::Stack(stack) => {
                let error = Diagnostic::error("resolve/unknown-stack", format!("there is no stack `{stack}`"))
                    .at(at, format!("refers to a {wanted} of it"));
                match suggest(&stack, world.stacks.iter().map(|(name, _)| name.as_str())) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => {
                        error.help(format!("the stacks are {}", list(world.stacks.iter().map(|(n, _)| n.as_str()))))
                    }
                }
            }
            Self::Name { stack } => world.unknown_name(stack, found, at, unread),
        }
    }
}

/// Lists words for people: "`a`, `b`, `c`".
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

impl Resolved {
    /// Returns the project's name.
    pub fn project(&self) -> &Name {
        &self.project
    }

    /// Returns the environment.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns the number of stacks.
    pub fn stack_count(&self) -> u16 {
        u16::try_from(self.stacks.len()).unwrap_or(u16::MAX)
    }

    /// Returns name and content of a stack.
    ///
    /// # Panics
    /// Never with an index of this definition.
    #[expect(clippy::expect_used, reason = "stack indices are made by this room alone")]
    pub fn stack(&self, index: u16) -> (&Name, &Stack) {
        let (name, stack) = self.stacks.get(usize::from(index)).expect("internal error: no such stack");
        (name, stack)
    }

    /// Returns the region of a stack's own part.
    pub fn home_region(&self, stack: u16) -> &Region {
        self.stack(stack).1.region.as_ref().unwrap_or(&self.environment.region)
    }

    /// Returns the region of a place.
    pub fn region(&self, place: Place) -> Region {
        if place.edge { Region::US_EAST_1 } else { *self.home_region(place.stack) }
    }

    /// Returns the us-east-1 part of a stack: the stack itself if that is where it lives.
    pub fn edge(&self, stack: u16) -> Place {
        Place { stack, edge: *self.home_region(stack) != Region::US_EAST_1 }
    }

    /// Returns the name of the CloudFormation stack of a place.
    pub fn stack_name(&self, place: Place) -> String {
        let name = format!("{}-{}-{}", self.project, self.environment.name, self.stack(place.stack).0);
        if place.edge { name + "-us-east-1" } else { name }
    }

    /// Returns the entries of a kind in one stack.
    pub fn each<K: Sectioned>(&self, stack: u16) -> impl Iterator<Item = Bound<'_, K>> {
        let section = K::section(&self.stack(stack).1.sections);
        (0_u32..).zip(section).map(move |(index, (name, entry))| Bound {
            world: self,
            id: EntryId { stack, kind: K::INDEX, index },
            name,
            entry,
        })
    }

    /// Returns the entries of a kind in all stacks.
    pub fn all<K: Sectioned>(&self) -> impl Iterator<Item = Bound<'_, K>> {
        (0..self.stack_count()).flat_map(|stack| self.each::<K>(stack))
    }

    /// Returns the entry of `id` if it is of kind `K`.
    pub fn entry<K: Sectioned>(&self, id: EntryId) -> Option<Bound<'_, K>> {
        if id.kind != K::INDEX {
            return None;
        }
        let (name, entry) = K::section(&self.stack(id.stack).1.sections).get_index(usize::try_from(id.index).ok()?)?;
        Some(Bound { world: self, id, name, entry })
    }

    /// Returns what every entry carries, whatever its kind, and where it was written.
    #[expect(clippy::expect_used, reason = "entry ids are made by this room alone")]
    pub(crate) fn common(&self, id: EntryId) -> (&Common, &Origin) {
        let kind = KINDS.get(usize::from(id.kind));
        kind.and_then(|kind| (kind.entry)(&self.stack(id.stack).1.sections, id.index))
            .expect("internal error: no such entry")
    }

    /// Calls an entry by kind and name, for people: "queue `jobs`".
    pub(crate) fn full_entry(&self, id: EntryId) -> String {
        let Some(kind) = KINDS.get(usize::from(id.kind)) else { return String::new() };
        let names = (kind.names)(&self.stack(id.stack).1.sections);
        let name = usize::try_from(id.index).ok().and_then(|index| names.get(index).copied());
        format!("{} `{}`", kind.noun, name.unwrap_or_default())
    }

    /// Returns the ids of all entries.
    pub(crate) fn ids(&self) -> impl Iterator<Item = EntryId> {
        (0_u16..).zip(&self.stacks).flat_map(|(stack, (_, content))| {
            (0_u8..).zip(KINDS).flat_map(move |(kind, info)| {
                let count = u32::try_from((info.names)(&content.sections).len()).unwrap_or(u32::MAX);
                (0..count).map(move |index| EntryId { stack, kind, index })
            })
        })
    }

    /// Returns the paths of the properties of one of an entry's resources of which its kind says from which fields they
    /// come, and the paths of the fields.
    pub(crate) fn fields(&self, entry: EntryId, id: &LogicalId) -> impl Iterator<Item = (&'static str, &'static str)> {
        let kind = KINDS.get(usize::from(entry.kind));
        let names = kind.map(|kind| (kind.names)(&self.stack(entry.stack).1.sections)).unwrap_or_default();
        let name = names.get(usize::try_from(entry.index).unwrap_or(usize::MAX)).and_then(|name| name.parse().ok());
        let name: Option<Name> = self.common(entry).0.renamed_from.clone().or(name);
        let prefix = kind.map(|kind| kind.prefix).unwrap_or_default();
        let fields = kind.into_iter().flat_map(|kind| kind.fields);
        let of_part =
            move |part: &str| name.as_ref().is_some_and(|name| LogicalId::from_name(prefix, name, part) == *id);
        let made = fields.filter(move |field| field.part == Field::ANY || of_part(field.part));
        made.map(|field| (field.property, field.field))
    }

    /// Returns the entry in which a place lies.
    fn entry_at(&self, at: &At) -> Option<EntryId> {
        self.ids().find(|entry| self.common(*entry).1.holds(at))
    }

    /// Adds the entries that refer to some or are referred to by them.
    fn beside(&self, mut entries: BTreeSet<EntryId>) -> BTreeSet<EntryId> {
        let pairs = self.referrals.iter().flat_map(|(target, from)| from.iter().map(|it| (*target, it.from)));
        let near: Vec<EntryId> = pairs
            .filter_map(|(target, from)| match (entries.contains(&target), entries.contains(&from)) {
                (true, false) => Some(from),
                (false, true) => Some(target),
                (true, true) | (false, false) => None,
            })
            .collect();
        entries.extend(near);
        entries
    }

    fn find(&self, home: u16, section: &'static str, text: &str) -> Result<EntryId, Miss> {
        let (stack, name) = match text.split_once('.') {
            Some((stack, name)) => (self.stack_index(stack).ok_or_else(|| Miss::Stack(stack.to_owned()))?, name),
            None => (home, text),
        };
        self.find_in(stack, section, name).ok_or(Miss::Name { stack })
    }

    /// Returns whether a reference names an entry that is there and could not be read.
    fn is_unread(&self, home: u16, found: &references::Found, unread: &Unread) -> bool {
        let (stack, name) = found.text.split_once('.').unwrap_or((self.stack(home).0.as_str(), &found.text));
        unread.may_hold(stack, found.section, name)
    }

    /// Drops `entries` and everything that hangs together with them through references in either direction.
    fn drop_connected(&mut self, entries: &BTreeSet<EntryId>) {
        let mut neighbours: BTreeMap<EntryId, BTreeSet<EntryId>> = BTreeMap::new();
        for (target, referrals) in &self.referrals {
            for referral in referrals {
                neighbours.entry(*target).or_default().insert(referral.from);
                neighbours.entry(referral.from).or_default().insert(*target);
            }
        }
        let mut dropped = entries.clone();
        let mut rest: Vec<EntryId> = entries.iter().copied().collect();
        while let Some(entry) = rest.pop() {
            let next = neighbours.get(&entry).into_iter().flatten().copied();
            rest.extend(next.filter(|next| dropped.insert(*next)));
        }
        for (stack, (_, content)) in (0_u16..).zip(&mut self.stacks) {
            for (kind, info) in (0_u8..).zip(KINDS) {
                let mut index = 0;
                (info.retain)(&mut content.sections, &mut |_| {
                    let id = EntryId { stack, kind, index };
                    index += 1;
                    !dropped.contains(&id)
                });
            }
        }
    }

    fn stack_index(&self, name: &str) -> Option<u16> {
        self.index.get(name).copied()
    }

    fn find_in(&self, stack: u16, section: &str, name: &str) -> Option<EntryId> {
        let (kind, info) = crate::kinds::by_section(section)?;
        let index = (info.position)(&self.stack(stack).1.sections, name)?;
        Some(EntryId { stack, kind, index: u32::try_from(index).ok()? })
    }

    fn unknown_name(&self, stack: u16, found: &references::Found, at: At, unread: &Unread) -> Diagnostic {
        let (section, text, wanted) = (found.section, found.text.as_str(), found.noun());
        let name = text.rsplit_once('.').map_or(text, |(_, name)| name);
        let other = KINDS.iter().find(|kind| self.find_in(stack, kind.section, name).is_some());
        if let Some(other) = other {
            let title = format!("`{text}` is a {}, not a {wanted}", other.noun);
            return Diagnostic::error("resolve/wrong-kind", title)
                .at(at, format!("a {wanted} is wanted here"))
                .help(format!("name an entry of `{section}`: {}", list(self.names(stack, section))));
        }
        let title = format!("there is no {wanted} `{name}` in stack `{}`", self.stack(stack).0);
        let error = Diagnostic::error("resolve/unknown-reference", title).at(at, "not found");
        let elsewhere = (0..self.stack_count()).find(|other| self.find_in(*other, section, name).is_some());
        if let Some(elsewhere) = elsewhere {
            return error.help(format!("write `{}.{name}`: stack `{0}` has one", self.stack(elsewhere).0));
        }
        // What could not be read was written all the same.
        let mut names = self.names(stack, section);
        names.extend(unread.names(self.stack(stack).0.as_str(), section));
        match suggest(name, names.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("`{section}` of this stack has {}", list(names))),
        }
    }

    fn names(&self, stack: u16, section: &str) -> Vec<&str> {
        crate::kinds::by_section(section)
            .map_or_else(Vec::new, |(_, info): (_, &KindInfo)| (info.names)(&self.stack(stack).1.sections))
    }
}

impl<'a, K: Kind> Bound<'a, K> {
    /// Returns the definition.
    pub fn world(&self) -> &'a Resolved {
        self.world
    }

    /// Returns the environment.
    pub fn environment(&self) -> &'a Environment {
        &self.world.environment
    }

    /// Returns whether what holds data or traffic refuses to be deleted: as the entry says, else as the environment is
    /// protected, so that what may be destroyed can be.
    pub fn protection(&self, own: Option<bool>) -> bool {
        own.unwrap_or(self.environment().protected)
    }

    /// Returns the entry's own fields with the lifetime of the definition.
    pub fn spec(&self) -> &'a K {
        &self.entry.spec
    }

    /// Returns the whole entry.
    pub fn entry(&self) -> &'a Entry<K> {
        self.entry
    }

    /// Returns the entry that a reference of this entry names.
    ///
    /// # Panics
    /// Never: every reference was bound before there was a [`Bound`] to call this on.
    #[expect(clippy::expect_used, reason = "resolve has checked every reference")]
    pub fn follow<T: Sectioned, M>(&self, reference: &Ref<T, M>) -> Bound<'a, T> {
        let id = self.world.find(self.id.stack, T::SECTION, reference.as_str()).ok();
        id.and_then(|id| self.world.entry(id)).expect("internal error: unbound reference")
    }

    /// Returns the entries of kind `T` that refer to this one, each once.
    pub fn referrers<T: Sectioned>(&self) -> Vec<Bound<'a, T>> {
        let mut ids: Vec<EntryId> = self.referrals().iter().map(|referral| referral.from).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.world.entry(id)).collect()
    }

    /// Returns every use of this entry.
    pub fn referrals(&self) -> &'a [Referral] {
        self.world.referrals.get(&self.id).map_or(&[], Vec::as_slice)
    }

    /// Returns whether an entry refers to this one with the demand `mark`.
    pub fn demanded(&self, mark: &str) -> bool {
        self.referrals().iter().any(|referral| referral.mark == mark)
    }

    /// Returns the template of the stack's own region.
    pub fn home(&self) -> Place {
        Place { stack: self.id.stack, edge: false }
    }

    /// Returns the template of the stack's us-east-1 part.
    pub fn edge(&self) -> Place {
        self.world.edge(self.id.stack)
    }

    /// Returns the region of the stack's own part.
    pub fn region(&self) -> &'a Region {
        self.world.home_region(self.id.stack)
    }

    /// Returns the name of the stack.
    pub fn stack_name(&self) -> &'a Name {
        self.world.stack(self.id.stack).0
    }

    /// Returns `project-environment-name`, the base of names that people see in AWS.
    pub fn full_name(&self) -> String {
        format!("{}-{}-{}", self.world.project, self.world.environment.name, self.name)
    }

    /// Returns the logical id of one of the entry's resources; the main one has an empty `part`.
    pub fn logical_id(&self, part: &str) -> LogicalId {
        LogicalId::from_name(K::PREFIX, self.entry.common.renamed_from.as_ref().unwrap_or(self.name), part)
    }

    /// Names one of the entry's resources in the stack's own region.
    pub fn handle(&self, part: &str) -> Handle {
        Handle { place: self.home(), id: self.logical_id(part) }
    }

    /// Names one of the entry's resources in us-east-1.
    pub fn edge_handle(&self, part: &str) -> Handle {
        Handle { place: self.edge(), id: self.logical_id(part) }
    }

    /// Starts one of the entry's resources in the stack's own region.
    pub fn resource(&self, part: &str, kind: &'static str, properties: Expr) -> Resource {
        Resource::new(self.handle(part), kind, properties)
    }

    /// Starts one of the entry's resources in us-east-1.
    pub fn edge_resource(&self, part: &str, kind: &'static str, properties: Expr) -> Resource {
        Resource::new(self.edge_handle(part), kind, properties)
    }

    /// Returns the place of a value of this entry for a report.
    pub fn at(&self, route: &Route) -> At {
        self.entry.origin.locate(route)
    }
}

#[cfg(test)]
mod tests;
