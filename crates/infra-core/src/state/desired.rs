//! What is wanted of an environment: an assembly, read back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::{Deployed, OutputRef, Owned, Owner, Record, StackKey, placeholders};
use crate::assembly::digest;
use crate::names::Name;

/// Version of the manifest that this reads.
const VERSION: u64 = 1;

/// What is wanted of an environment.
#[derive(Clone, Debug)]
pub struct Desired {
    /// Name of the project.
    pub project: String,
    /// Name of the environment.
    pub environment: String,
    /// Id of the project, if it has one.
    pub id: Option<String>,
    /// Names of all environments of the project; empty where they are not known.
    pub environments: BTreeSet<String>,
    /// The account it belongs to.
    pub account: String,
    /// The region of stacks that do not name one.
    pub region: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// SHA-256 over paths and digests of all documents; comments and places in the sources do not count.
    pub digest: String,
    /// The stacks, that which remembers what is ours among them if there is anything.
    pub stacks: BTreeMap<StackKey, DesiredStack>,
    /// The hosted zones with records.
    pub zones: Vec<DesiredZone>,
    /// The Kubernetes objects, in the order of their files.
    pub objects: Vec<DesiredObject>,
    /// Other documents, such as the web configuration of a site.
    pub documents: Vec<Document>,
}

/// A stack as it is wanted.
#[derive(Clone, Debug)]
pub struct DesiredStack {
    /// Name in the definition, such as `api`.
    pub stack: String,
    /// Path of the template in the assembly.
    pub path: String,
    /// The template's text, as CloudFormation gets it.
    pub body: String,
    /// The template.
    pub template: Value,
    /// SHA-256 of the text.
    pub sha256: String,
    /// Stacks that must be complete first.
    pub needs: BTreeSet<StackKey>,
    /// Parameters and the outputs that give their values.
    pub parameters: BTreeMap<String, OutputRef>,
    /// Capabilities that CloudFormation must be told, such as `CAPABILITY_NAMED_IAM`.
    pub capabilities: Vec<String>,
    /// Tags of the stack.
    pub tags: BTreeMap<String, String>,
    /// Whether deletion is to be refused.
    pub termination_protection: bool,
    /// Where each resource was written, as `path:line:column`.
    pub provenance: BTreeMap<String, String>,
}

/// A hosted zone and the records that are wanted in it.
#[derive(Clone, Debug)]
pub struct DesiredZone {
    /// The domain, with the trailing dot.
    pub domain: String,
    /// Whether it is a private zone.
    pub private: bool,
    /// Its id, or the placeholder of the output that gives it.
    pub id: String,
    /// The record sets; values may hold placeholders.
    pub records: Vec<Record>,
    /// Outputs that must be known first.
    pub needs: BTreeSet<OutputRef>,
    /// Where the zone is named, as `path:line:column`, if no stack makes it.
    pub named: Option<String>,
}

/// A Kubernetes object.
#[derive(Clone, Debug)]
pub struct DesiredObject {
    /// Name of the cluster in the definition.
    pub cluster: String,
    /// Path of its file in the assembly.
    pub path: String,
    /// The object; texts may hold placeholders.
    pub object: Value,
}

/// A document that is none of the others.
#[derive(Clone, Debug)]
pub struct Document {
    /// Path in the assembly.
    pub path: String,
    /// Its content; texts may hold placeholders.
    pub content: Value,
}

/// Why an assembly cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file that the manifest names is not there.
    #[error("the assembly has no {0}")]
    Absent(String),
    /// A file is not what the manifest says.
    #[error("{path} is not the file that the manifest describes (SHA-256 {found}, not {expected})")]
    Changed {
        /// Its path.
        path: String,
        /// Digest in the manifest.
        expected: String,
        /// Digest of the file.
        found: String,
    },
    /// A file cannot be read.
    #[error("{0}: {1}")]
    Invalid(String, String),
    /// The manifest was made by another version.
    #[error("manifest.json has version {0}, this infra reads {VERSION}; synthesize it again")]
    Version(u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    version: u64,
    project: String,
    id: Option<String>,
    environment: String,
    account: String,
    region: String,
    partition: String,
    stacks: Vec<ManifestStack>,
    zones: Vec<ManifestZone>,
    files: BTreeMap<String, String>,
    provenance: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManifestStack {
    stack: String,
    name: String,
    region: String,
    template: String,
    depends_on: Vec<String>,
    parameters: BTreeMap<String, ManifestOutput>,
    capabilities: Vec<String>,
    tags: BTreeMap<String, String>,
    termination_protection: bool,
}

#[derive(Deserialize)]
struct ManifestOutput {
    stack: String,
    region: String,
    output: String,
}

#[derive(Deserialize)]
struct ManifestZone {
    domain: String,
    private: bool,
    id: String,
    batch: Option<String>,
}

impl Desired {
    /// Reads the files of an assembly by their paths.
    ///
    /// # Errors
    /// If a file is absent, unreadable or not the one that the manifest describes.
    pub fn read(files: &BTreeMap<String, Vec<u8>>) -> Result<Self, ReadError> {
        let files = Files(files);
        let manifest: Manifest = files.json("manifest.json")?;
        if manifest.version != VERSION {
            return Err(ReadError::Version(manifest.version));
        }
        for (path, expected) in &manifest.files {
            let found = digest(files.bytes(path)?);
            if found != *expected {
                return Err(ReadError::Changed { path: path.clone(), expected: expected.clone(), found });
            }
        }
        let mut listing = String::new();
        for (path, digest) in &manifest.files {
            listing.extend([digest, "  ", path, "\n"]);
        }
        let mut desired = Self {
            digest: digest(listing.as_bytes()),
            stacks: stacks(&manifest, files)?,
            zones: zones(&manifest, files)?,
            objects: objects(&manifest, files)?,
            documents: documents(&manifest, files)?,
            project: manifest.project,
            environment: manifest.environment,
            id: manifest.id,
            environments: BTreeSet::new(),
            account: manifest.account,
            region: manifest.region,
            partition: manifest.partition,
        };
        desired.mark();
        let owned = desired.owned();
        desired.remember(&owned);
        desired.name_regions();
        Ok(desired)
    }

    /// Who the environment is among all that use its account and its clusters.
    pub fn owner(&self) -> Owner {
        Owner { project: self.project.clone(), environment: self.environment.clone(), id: self.id.clone() }
    }

    /// The domains of the public hosted zones that are to be made, with the stack and the logical id.
    pub fn new_zones<'a>(&'a self, deployed: &'a Deployed) -> impl Iterator<Item = (String, &'a StackKey, &'a str)> {
        let zone = |value: &Value| value.get("Type").and_then(Value::as_str) == Some("AWS::Route53::HostedZone");
        self.stacks.iter().flat_map(move |(key, stack)| {
            let before = deployed.stacks.get(key).and_then(|stack| stack.template.get("Resources"));
            let resources = stack.template.get("Resources").and_then(Value::as_object).into_iter().flatten();
            resources.filter_map(move |(id, resource)| {
                let is_there = before.and_then(|all| all.get(id)).is_some_and(zone);
                let properties = resource.get("Properties").filter(|_| zone(resource) && !is_there)?;
                let name = properties.get("Name")?.as_str().filter(|_| properties.get("VPCs").is_none())?;
                Some((super::normal_name(name), key, id.as_str()))
            })
        })
    }

    /// What is ours outside CloudFormation once all of this is applied.
    pub fn owned(&self) -> Owned {
        let mut owned = Owned::default();
        for zone in &self.zones {
            let keys = zone.records.iter().map(|record| record.key.clone());
            owned.zones.entry(zone.id.clone()).or_default().extend(keys);
        }
        for object in &self.objects {
            owned.objects.entry(object.cluster.clone()).or_default().insert(object.identity().join("/"));
        }
        owned
    }

    /// The same with other things remembered as ours.
    #[must_use]
    pub fn remembering(mut self, owned: &Owned) -> Self {
        self.stacks.retain(|_, stack| !stack.is_memory());
        self.remember(owned);
        self
    }

    /// Adds the stacks that remember what is ours, if anything is. More than they hold is a hazard of the comparison.
    fn remember(&mut self, owned: &Owned) {
        let parts = owned.parts().unwrap_or_default();
        // A project may have records and no stack.
        let tags = self.stacks.values().next().map(|sample| sample.tags.clone()).unwrap_or_default();
        for (part, owned) in parts.iter().enumerate().filter(|(_, owned)| !owned.is_empty()) {
            let stack = self.memory(part, owned, tags.clone());
            self.stacks.insert(Owned::part_key(&self.project, &self.environment, &self.region, part), stack);
        }
    }

    /// The stack that carries a part of what is ours.
    fn memory(&self, part: usize, owned: &Owned, mut tags: BTreeMap<String, String>) -> DesiredStack {
        let name = Owned::part_name(part);
        for (key, value) in [("project", &self.project), ("environment", &self.environment), ("stack", &name)] {
            tags.insert(format!("infra:{key}"), value.clone());
        }
        tags.extend(self.id.clone().map(|id| ("infra:id".to_owned(), id)));
        let stack = DesiredStack {
            path: format!("stacks/{name}.{}.template.json", self.region),
            stack: name,
            sha256: String::new(),
            body: String::new(),
            template: Value::Null,
            needs: BTreeSet::new(),
            parameters: BTreeMap::new(),
            capabilities: Vec::new(),
            tags,
            // It holds names only, and goes with the last of them, in protected environments, too.
            termination_protection: false,
            provenance: BTreeMap::new(),
        };
        stack.with_template(owned.template(&self.project, &self.environment))
    }
}

impl DesiredStack {
    /// Whether it is one in which infra remembers what is its own.
    pub fn is_memory(&self) -> bool {
        Name::is_memory(&self.stack)
    }

    /// The same stack with another template.
    #[must_use]
    pub fn with_template(self, template: Value) -> Self {
        let mut body = format!("{template:#}");
        body.push('\n');
        Self { sha256: digest(body.as_bytes()), body, template, ..self }
    }
}

impl DesiredObject {
    /// `apiVersion`, `kind`, namespace (empty if none) and name.
    pub fn identity(&self) -> super::ObjectId {
        let text = |pointer: &str| self.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        [text("/apiVersion"), text("/kind"), text("/metadata/namespace"), text("/metadata/name")]
    }
}

#[derive(Clone, Copy)]
struct Files<'a>(&'a BTreeMap<String, Vec<u8>>);

impl<'a> Files<'a> {
    fn bytes(self, path: &str) -> Result<&'a [u8], ReadError> {
        self.0.get(path).map(Vec::as_slice).ok_or_else(|| ReadError::Absent(path.to_owned()))
    }

    fn text(self, path: &str) -> Result<&'a str, ReadError> {
        let invalid = |error: std::str::Utf8Error| ReadError::Invalid(path.to_owned(), error.to_string());
        std::str::from_utf8(self.bytes(path)?).map_err(invalid)
    }

    fn json<T: serde::de::DeserializeOwned>(self, path: &str) -> Result<T, ReadError> {
        let invalid = |error: serde_json::Error| ReadError::Invalid(path.to_owned(), error.to_string());
        serde_json::from_slice(self.bytes(path)?).map_err(invalid)
    }
}

fn stacks(manifest: &Manifest, files: Files<'_>) -> Result<BTreeMap<StackKey, DesiredStack>, ReadError> {
    let key = |stack: &ManifestStack| StackKey::new(&stack.name, &stack.region);
    if let Some(stack) = manifest.stacks.iter().find(|stack| Name::is_memory(&stack.stack)) {
        let why = format!("{} is the name of a stack in which infra remembers what is its own", stack.name);
        return Err(ReadError::Invalid("manifest.json".to_owned(), why));
    }
    let keys: BTreeMap<&str, StackKey> =
        manifest.stacks.iter().map(|stack| (stack.name.as_str(), key(stack))).collect();
    let one = |stack: &ManifestStack| {
        let body = files.text(&stack.template)?.to_owned();
        let needs = stack.depends_on.iter().map(|name| {
            keys.get(name.as_str()).cloned().ok_or_else(|| {
                ReadError::Invalid(
                    "manifest.json".to_owned(),
                    format!("{} depends on {name}, which is no stack", stack.name),
                )
            })
        });
        let parameters = stack.parameters.iter().map(|(name, from)| {
            let output = OutputRef { stack: StackKey::new(&from.stack, &from.region), output: from.output.clone() };
            (name.clone(), output)
        });
        let wanted = DesiredStack {
            stack: stack.stack.clone(),
            path: stack.template.clone(),
            template: files.json(&stack.template)?,
            sha256: digest(body.as_bytes()),
            body,
            needs: needs.collect::<Result<_, _>>()?,
            parameters: parameters.collect(),
            capabilities: stack.capabilities.clone(),
            tags: stack.tags.clone(),
            termination_protection: stack.termination_protection,
            provenance: manifest.provenance.get(&key(stack).to_string()).cloned().unwrap_or_default(),
        };
        Ok((key(stack), wanted))
    };
    manifest.stacks.iter().map(one).collect()
}

fn zones(manifest: &Manifest, files: Files<'_>) -> Result<Vec<DesiredZone>, ReadError> {
    let one = |zone: &ManifestZone| {
        let mut wanted = DesiredZone {
            domain: super::normal_name(&zone.domain),
            private: zone.private,
            id: zone.id.clone(),
            records: Vec::new(),
            needs: BTreeSet::new(),
            named: manifest.provenance.values().find_map(|places| places.get(&zone.id)).cloned(),
        };
        placeholders(&zone.id.clone().into(), &mut |output| {
            wanted.needs.insert(output);
        });
        for path in zone.batch.iter().flat_map(|first| parts(first, &manifest.files)) {
            let batch: Value = files.json(&path)?;
            placeholders(&batch, &mut |output| {
                wanted.needs.insert(output);
            });
            for change in batch.get("Changes").and_then(Value::as_array).into_iter().flatten() {
                let set = change.get("ResourceRecordSet").unwrap_or(&Value::Null);
                wanted.records.push(Record::read(set).map_err(|error| ReadError::Invalid(path.clone(), error))?);
            }
        }
        wanted.records.sort();
        Ok(wanted)
    };
    manifest.zones.iter().map(one).collect()
}

/// The files of a zone's batches: `<zone>.change-batch.json`, `<zone>.2.change-batch.json` and so on.
fn parts(first: &str, files: &BTreeMap<String, String>) -> Vec<String> {
    let later = (2..).map(|part| first.replace(".change-batch.", &format!(".{part}.change-batch.")));
    let later = later.take_while(|path| files.contains_key(path));
    std::iter::once(first.to_owned()).chain(later).collect()
}

fn objects(manifest: &Manifest, files: Files<'_>) -> Result<Vec<DesiredObject>, ReadError> {
    let mut objects = Vec::new();
    for path in manifest.files.keys() {
        let Some(cluster) = path.strip_prefix("kubernetes/").and_then(|rest| rest.split('/').next()) else { continue };
        for document in serde_yaml::Deserializer::from_str(files.text(path)?) {
            let object = Value::deserialize(document)
                .map_err(|error: serde_yaml::Error| ReadError::Invalid(path.clone(), error.to_string()))?;
            if !object.is_null() {
                objects.push(DesiredObject { cluster: cluster.to_owned(), path: path.clone(), object });
            }
        }
    }
    Ok(objects)
}

fn documents(manifest: &Manifest, files: Files<'_>) -> Result<Vec<Document>, ReadError> {
    let web = manifest.files.keys().filter(|path| path.starts_with("web/"));
    web.map(|path| Ok(Document { path: path.clone(), content: files.json(path)? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::testing::compile;

    const YAML: &str = "
hosted-zones: { main: { domain: '${env.domain}' } }
queues: { jobs: {} }
records: { a: { zone: main, name: 'a.${env.domain}', values: { a: [192.0.2.1] } } }
";

    #[test]
    fn an_assembly_is_read_back() {
        let desired = Desired::read(&compile(YAML).files).unwrap();
        let names: Vec<String> = desired.stacks.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["shop-dev-example@eu-west-1", "shop-dev-owned@eu-west-1"]);
        let stack = &desired.stacks[&StackKey::new("shop-dev-example", "eu-west-1")];
        assert_eq!(stack.provenance["QueueJobs"], "stacks/example.yaml:3:11");
        let zone = &desired.zones[0];
        assert_eq!(zone.id, "${output:shop-dev-example@eu-west-1:ZoneMainRef}");
        assert_eq!(zone.needs.len(), 1);
        assert_eq!(zone.records[0].key.to_string(), "a.dev.example.com. A");
        assert_eq!(desired.owned().records(&zone.id, |_| None).len(), 1);
    }

    #[test]
    fn a_file_that_the_manifest_does_not_describe_is_refused() {
        let files = compile(YAML).files;
        for path in files.keys().filter(|path| *path != "manifest.json") {
            let mut changed = files.clone();
            changed.get_mut(path).unwrap().push(b' ');
            let error = Desired::read(&changed).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{path} is not the file")), "{error}");
            changed.remove(path);
            assert_eq!(Desired::read(&changed).unwrap_err().to_string(), format!("the assembly has no {path}"));
        }
    }

    #[test]
    fn where_a_thing_is_written_makes_no_difference() {
        let digest = |yaml: &str| Desired::read(&compile(yaml).files).unwrap().digest;
        assert_eq!(digest(YAML), digest(&format!("# a comment\n{YAML}")));
        assert_ne!(digest(YAML), digest(&YAML.replace("jobs", "tasks")));
    }
}
