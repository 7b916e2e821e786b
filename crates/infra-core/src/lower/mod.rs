//! Compiles a resolved definition to documents, grouped by stack and region.
//!
//! Kinds call [`Lowering`] to emit; linking then turns what crosses stacks into parameters. The only mistakes of a
//! user that show up here are those about the output itself: logical ids that clash, overrides that do not fit,
//! stacks that need each other.

mod functions;
mod link;
mod overrides;
mod settle;

pub use link::Flow;
pub(crate) use overrides::is_named;
pub(crate) use settle::{object_path, zone_path};

use std::collections::{BTreeMap, BTreeSet};

use crate::artifacts::{Deletion, Expr, Handle, Output, Place, Policy, RecordSet, Resource, Template};
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::facts;
use crate::facts::tagging::{self, Tagging};
use crate::kinds::KINDS;
use crate::names::{DomainName, LogicalId};
use crate::resolve::{EntryId, Resolved};

/// Everything a definition compiles to; handles of other stacks have become parameters.
#[derive(Debug, Default)]
pub struct Artifacts {
    /// The templates.
    pub templates: BTreeMap<Place, Template>,
    /// The values that cross from one template to another.
    pub flows: BTreeSet<Flow>,
    /// Templates that must be deployed before others although no value crosses: (first, then).
    pub order: BTreeSet<(Place, Place)>,
    /// The record sets by zone.
    pub zones: BTreeMap<EntryId, Zone>,
    /// Kubernetes objects by cluster, namespace and file.
    pub objects: BTreeMap<ObjectFile, Vec<(Expr, EntryId)>>,
    /// Files of web sites by site and file name.
    pub web: BTreeMap<(String, String), (Expr, EntryId)>,
    /// Outputs that each document outside CloudFormation waits for, by the document's path.
    pub needs: BTreeMap<String, BTreeSet<(Place, String)>>,
    /// The entry that made each resource.
    pub provenance: BTreeMap<Handle, EntryId>,
    /// What the owners of things that exist have to do.
    pub owners: Vec<OwnerTask>,
}

/// What the owner of something that exists has to do, because a policy belongs to the thing and not to who uses it.
#[derive(Clone, Debug)]
pub struct OwnerTask {
    /// The entry that stands for the thing.
    pub of: EntryId,
    /// The entry that needs it done.
    pub by: EntryId,
    /// What has to be done, for people, such as "add these statements to the policy of the queue".
    pub what: String,
    /// The thing's ARN.
    pub target: Expr,
    /// The statements.
    pub policy: Expr,
}

/// Records of one hosted zone.
#[derive(Clone, Debug)]
pub struct Zone {
    /// The zone's domain.
    pub domain: DomainName,
    /// Whether it is private.
    pub private: bool,
    /// The zone's id.
    pub id: Expr,
    /// The record sets and the entries that made them.
    pub records: Vec<(RecordSet, EntryId)>,
}

/// Where a Kubernetes object is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectFile {
    /// Name of the cluster entry.
    pub cluster: String,
    /// Namespace; empty for objects of the whole cluster.
    pub namespace: String,
    /// File name without ending.
    pub file: String,
}

/// What kinds emit into.
#[derive(Debug)]
pub struct Lowering<'a> {
    world: &'a Resolved,
    out: Artifacts,
    shared: BTreeMap<LogicalId, Place>,
    current: EntryId,
    diags: &'a mut Diagnostics,
}

/// Compiles `world`; `None` if the output would contradict itself.
pub fn lower(world: &Resolved, diags: &mut Diagnostics) -> Option<Artifacts> {
    let mut found = Diagnostics::default();
    let current = EntryId { stack: 0, kind: 0, index: 0 };
    let mut cx = Lowering { world, out: Artifacts::default(), shared: BTreeMap::new(), current, diags: &mut found };
    // Kind by kind: zones are declared before any stack adds records to them.
    for kind in KINDS {
        (0..world.stack_count()).for_each(|stack| (kind.lower)(world, stack, &mut cx));
    }
    let mut out = cx.out;
    duplicate_zones(world, &out, &mut found);
    duplicate_records(world, &out, &mut found);
    functions::read(world, &mut out, &mut found);
    link::bind(world, &mut out, &mut found);
    // A patch may name what linking has to see.
    if overrides::apply(world, &mut out, &mut found) {
        link::bind(world, &mut out, &mut found);
    }
    settle::settle(world, &mut out);
    link::cycles(world, &out, &mut found);
    let ok = !found.has_errors();
    diags.append(found);
    ok.then_some(out)
}

impl Artifacts {
    /// Keeps what `stacks` make, and the templates that theirs take values from.
    pub fn select(&mut self, stacks: &BTreeSet<u16>) {
        let mut kept = stacks.clone();
        loop {
            let flows = self.flows.iter().map(|flow| (flow.from, flow.to)).chain(self.order.iter().copied());
            let needs: Vec<u16> = flows
                .filter(|(_, to)| kept.contains(&to.stack))
                .map(|(from, _)| from.stack)
                .filter(|from| !kept.contains(from))
                .collect();
            if needs.is_empty() {
                break;
            }
            kept.extend(needs);
        }
        self.templates.retain(|place, _| kept.contains(&place.stack));
        self.flows.retain(|flow| kept.contains(&flow.to.stack));
        self.order.retain(|(_, to)| kept.contains(&to.stack));
        self.zones.values_mut().for_each(|zone| zone.records.retain(|(_, entry)| kept.contains(&entry.stack)));
        self.zones.retain(|entry, zone| kept.contains(&entry.stack) || !zone.records.is_empty());
        self.objects.values_mut().for_each(|objects| objects.retain(|(_, entry)| kept.contains(&entry.stack)));
        self.objects.retain(|_, objects| !objects.is_empty());
        self.web.retain(|_, (_, entry)| kept.contains(&entry.stack));
        self.owners.retain(|task| kept.contains(&task.by.stack));
        self.provenance.retain(|handle, _| kept.contains(&handle.place.stack));
    }
}

impl Lowering<'_> {
    /// Says for which entry the following calls emit.
    pub(crate) fn enter(&mut self, entry: EntryId) {
        self.current = entry;
    }

    /// Adds a resource to its template, with the tags of the entry where its type takes some.
    pub fn add(&mut self, mut resource: Resource) {
        tag(&mut resource, &self.world.common(self.current).0.tags);
        if resource.deletion.is_none() && facts::passing(&resource.kind) {
            resource.deletion = Some(Deletion::Delete);
        }
        let handle = resource.handle.clone();
        if let Some(earlier) = self.out.provenance.insert(handle.clone(), self.current) {
            self.diags.push(clash(self.world, &handle, self.current, earlier));
        }
        let template = self.out.templates.entry(handle.place).or_default();
        template.resources.insert(handle.id, resource);
    }

    /// Adds a resource that several entries need and that must exist once, such as a rule between two security groups.
    ///
    /// Its logical id comes from what it is about, not from the entry. The first entry makes it; the stacks of the
    /// others are deployed after that one.
    pub fn add_shared(&mut self, resource: Resource) {
        let id = resource.handle.id.clone();
        let place = resource.handle.place;
        match self.shared.get(&id) {
            None => {
                self.shared.insert(id, place);
                self.add(resource);
            }
            Some(first) if *first != place => {
                self.out.order.insert((*first, place));
            }
            Some(_) => {}
        }
    }

    /// Adds an output that people or programs look for; values that cross stacks get theirs by themselves.
    pub fn output(&mut self, place: Place, key: impl Into<String>, description: impl Into<String>, value: Expr) {
        let output = Output { description: description.into(), value, export: None };
        self.out.templates.entry(place).or_default().outputs.insert(key.into(), output);
    }

    /// Declares a hosted zone, so that its records have a batch to stand in.
    pub fn zone(&mut self, entry: EntryId, domain: &DomainName, private: bool, id: Expr) {
        let zone = Zone { domain: domain.clone(), private, id, records: Vec::new() };
        let records = self.out.zones.remove(&entry).map(|zone| zone.records);
        self.out.zones.insert(entry, Zone { records: records.unwrap_or_default(), ..zone });
    }

    /// Adds a record set to a zone that was declared.
    pub fn record(&mut self, zone: EntryId, record: RecordSet) {
        if let Some(zone) = self.out.zones.get_mut(&zone) {
            zone.records.push((record, self.current));
        }
    }

    /// Says what the owner of something that exists has to do; the manifest lists it.
    pub fn owner_must(&mut self, of: EntryId, what: &'static str, target: Expr, policy: Policy) {
        let name = self.world.full_entry(of);
        let task = OwnerTask { of, by: self.current, what: what.to_owned(), target, policy: policy.into() };
        self.diags.push(
            Diagnostic::advice("existing/owner", format!("the owner of {name} has to {what}"))
                .at(place_of(self.world, self.current), "needs it")
                .also(place_of(self.world, of), "exists")
                .note("nothing here changes what exists; until it is done, this does not work")
                .help("give its owner the statements: `owners` in `manifest.json` of the output has them"),
        );
        self.out.owners.push(task);
    }

    /// Adds a Kubernetes object.
    pub fn object(&mut self, file: ObjectFile, object: Expr) {
        let objects = self.out.objects.entry(file).or_default();
        if !objects.iter().any(|(known, _)| *known == object) {
            objects.push((object, self.current));
        }
    }

    /// Adds a file of a web site.
    pub fn web(&mut self, site: impl Into<String>, file: impl Into<String>, content: Expr) {
        let (site, file) = (site.into(), file.into());
        let title = format!("two web sites write `web/{site}/{file}`");
        if let Some((_, earlier)) = self.out.web.insert((site, file), (content, self.current)) {
            self.diags.push(
                Diagnostic::error("lower/web-file-clash", title)
                    .at(place_of(self.world, self.current), "this site")
                    .also(place_of(self.world, earlier), "and this one")
                    .help("rename one of the sites"),
            );
        }
    }
}

/// Writes the entry's tags into a resource in the form that its type takes.
fn tag(resource: &mut Resource, tags: &BTreeMap<String, String>) {
    if tags.is_empty() {
        return;
    }
    let Expr::Object(properties) = &mut resource.properties else { return };
    match tagging::style(&resource.kind) {
        Tagging::None => {}
        Tagging::List(key) => {
            let mut all = match properties.get(key) {
                Some(Expr::List(own)) => own.clone(),
                _ => Vec::new(),
            };
            all.extend(tags.iter().map(|(key, value)| object! { "Key" => key, "Value" => value }));
            properties.set(key, all);
        }
        Tagging::Map(key) => {
            let mut all = match properties.get(key) {
                Some(Expr::Object(own)) => own.clone(),
                _ => crate::artifacts::Object::default(),
            };
            tags.iter().for_each(|(key, value)| all.set(key.clone(), value));
            properties.set(key, all);
        }
    }
}

fn clash(world: &Resolved, handle: &Handle, current: EntryId, earlier: EntryId) -> Diagnostic {
    let title =
        format!("two resources of stack `{}` have the logical id `{}`", world.stack(handle.place.stack).0, handle.id);
    Diagnostic::error("lower/logical-id-clash", title)
        .at(place_of(world, current), "made from this entry")
        .also(place_of(world, earlier), "and from this one")
        .help("rename one of the entries; `renamed-from: <other name>` chooses the id without renaming")
}

/// Returns where an entry was written.
pub(crate) fn place_of(world: &Resolved, entry: EntryId) -> At {
    world.common(entry).1.at()
}

/// Records of one domain stand in one batch, so they belong to one entry.
fn duplicate_zones(world: &Resolved, out: &Artifacts, diags: &mut Diagnostics) {
    let mut seen: BTreeMap<(&DomainName, bool), EntryId> = BTreeMap::new();
    for (entry, zone) in out.zones.iter().filter(|(_, zone)| !zone.records.is_empty()) {
        if let Some(earlier) = seen.insert((&zone.domain, zone.private), *entry) {
            let kind = if zone.private { "private" } else { "public" };
            let title = format!("two {kind} hosted zones of `{}` have records", zone.domain);
            diags.push(
                Diagnostic::error("hosted-zones/twice", title)
                    .at(place_of(world, *entry), "this one")
                    .also(place_of(world, earlier), "and this one")
                    .note("the records of a domain are one batch; one of the two would be lost")
                    .help("declare the zone in one stack and refer to it as `stack.name` from the others"),
            );
        }
    }
}

fn duplicate_records(world: &Resolved, out: &Artifacts, diags: &mut Diagnostics) {
    for zone in out.zones.values() {
        let mut seen: BTreeMap<(&DomainName, &str, Option<&str>), EntryId> = BTreeMap::new();
        let mut names: BTreeMap<&DomainName, (&str, EntryId)> = BTreeMap::new();
        for (record, entry) in &zone.records {
            let set = record.routing.as_ref().map(|routing| routing.set_identifier.as_str());
            let key = (&record.name, record.record_type, set);
            if let Some(earlier) = seen.insert(key, *entry) {
                let title = format!("record {} {} is defined twice", record.name, record.record_type);
                diags.push(
                    Diagnostic::error("records/duplicate", title)
                        .at(place_of(world, *entry), "defined here")
                        .also(place_of(world, earlier), "and here")
                        .note("Route 53 keeps one record set per name, type and set identifier: the later change would overwrite the earlier one")
                        .help("remove one, or give both a routing policy with different set identifiers"),
                );
            }
            let (first, owner) = *names.entry(&record.name).or_insert((record.record_type, *entry));
            if first != record.record_type && (first == "CNAME" || record.record_type == "CNAME") {
                let title = format!("{} has a CNAME record and another record", record.name);
                diags.push(
                    Diagnostic::error("records/cname-beside-others", title)
                        .at(place_of(world, *entry), format!("{} record", record.record_type))
                        .also(place_of(world, owner), format!("{first} record"))
                        .note("a name with a CNAME can hold nothing else; Route 53 refuses the batch")
                        .help("keep one of the two, or use an alias record if the target is of AWS or in this zone"),
                );
            }
        }
    }
}

/// Makes a list of key and value objects, as most resource types take their tags.
pub fn name_tag(name: impl Into<Expr>) -> Expr {
    list![object! { "Key" => "Name", "Value" => name }]
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::diag::Diagnostics;
    use crate::kinds::testing::{report, resolved, template};

    #[test]
    fn tags_of_an_entry_are_written_as_each_type_takes_them() {
        let yaml = "
queues: { jobs: { tags: { team: orders } } }
raw: { a: { type: AWS::SSM::Parameter, tags: { team: orders }, properties: { Type: String, Value: a } } }
health-checks: { a: { check: { endpoint: { host: eu.example.com } }, tags: { team: orders } } }
";
        let template = template(yaml);
        let resources = &template["Resources"];
        assert_snapshot!(resources["QueueJobs"]["Properties"]["Tags"], @r#"[{"Key":"team","Value":"orders"}]"#);
        assert_snapshot!(resources["RawA"]["Properties"]["Tags"], @r#"{"team":"orders"}"#);
        assert_snapshot!(resources["HealthCheckA"]["Properties"]["HealthCheckTags"], @r#"[{"Key":"Name","Value":"shop-dev-a"},{"Key":"team","Value":"orders"}]"#);
        assert!(resources["QueueJobsPolicy"]["Properties"].get("Tags").is_none());
    }

    #[test]
    fn a_renamed_entry_keeps_its_logical_ids() {
        let template = template("queues: { orders: { renamed-from: jobs, dead-letter: { enabled: false } } }\n");
        assert_eq!(crate::kinds::testing::ids(&template), ["QueueJobs", "QueueJobsPolicy"]);
    }

    #[test]
    fn two_entries_cannot_make_one_logical_id() {
        let yaml = "queues: { order-2: { dead-letter: { enabled: false } } }\nraw: { a: { type: AWS::SSM::Parameter, logical-id: QueueOrder2 } }\n";
        assert_snapshot!(report(yaml), @"lower/logical-id-clash: two resources of stack `example` have the logical id `QueueOrder2` <- `a` made from this entry");
    }

    #[test]
    fn selecting_everything_changes_nothing() {
        let mut diags = Diagnostics::default();
        let world = resolved("queues: { jobs: {} }\n");
        let mut artifacts = super::lower(&world, &mut diags).unwrap();
        artifacts.select(&[0].into());
        assert_eq!((artifacts.templates.len(), artifacts.provenance.len()), (1, 4));
    }

    #[test]
    fn selecting_follows_flows_and_drops_the_rest() {
        let stack = |name: &str| format!("stacks/{name}.eu-west-1.template.json");
        let raw =
            "raw: { a: { type: AWS::SSM::Parameter, properties: { Type: String, Value: { Ref: core.QueueJobs } } } }\n";
        let site = "web-sites: { app: {} }\n";
        let files = crate::kinds::testing::select(
            &[("core", "queues: { jobs: {} }\n"), ("other", site), ("params", raw)],
            &["params"],
        );
        let mut expected = vec!["manifest.json".to_owned(), stack("core"), stack("params")];
        expected.sort();
        assert_eq!(files.files.into_keys().collect::<Vec<_>>(), expected);
    }
}
