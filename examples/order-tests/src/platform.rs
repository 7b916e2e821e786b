//! The bundled platform, deployed by `infra apply`, and what `infra synth` wrote for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::emulator::Emulator;
use crate::evaluate::Scope;
use crate::process::{built, root};

/// The environment that is deployed.
pub const ENVIRONMENT: &str = "local";
/// Who takes on the roles of pods.
const PODS: &str = "pods.eks.amazonaws.com";

/// A copy of the platform in a temporary folder, and its stacks.
#[derive(Debug)]
pub struct Platform {
    folder: tempfile::TempDir,
    project: String,
    outputs: BTreeMap<String, BTreeMap<String, String>>,
    stacks: BTreeMap<String, Stack>,
    objects: Vec<Value>,
}

/// A deployed stack.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its template, as it was synthesized.
    pub template: Value,
    /// What the template can refer to.
    pub scope: Scope,
}

#[derive(Deserialize)]
struct Manifest {
    project: String,
    account: String,
    partition: String,
    stacks: Vec<StackEntry>,
}

#[derive(Deserialize)]
struct StackEntry {
    name: String,
    region: String,
    template: PathBuf,
    #[serde(default)]
    parameters: BTreeMap<String, Source>,
}

#[derive(Deserialize)]
struct Source {
    stack: String,
    region: String,
    output: String,
}

impl Platform {
    /// Deploys the platform by the real `infra`.
    pub async fn apply(emulator: &Emulator) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        copy_project(folder.path(), &emulator.plain_endpoint());
        infra(folder.path(), &["apply", "--env", ENVIRONMENT, "--yes"]);
        let outputs = infra(folder.path(), &["outputs", "--env", ENVIRONMENT, "--format", "json"]);
        let outputs = serde_json::from_str(&outputs).expect("`infra outputs` prints JSON");
        infra(folder.path(), &["synth", "--env", ENVIRONMENT]);

        let out = folder.path().join("infra.out").join(ENVIRONMENT);
        let manifest = read(&out.join("manifest.json"));
        let manifest: Manifest = serde_json::from_str(&manifest).expect("the manifest has stacks");
        let project = manifest.project.clone();
        let mut platform = Self { folder, project, outputs, stacks: BTreeMap::new(), objects: objects(&out) };
        for entry in &manifest.stacks {
            let template = serde_json::from_str(&read(&out.join(&entry.template))).expect("a template is JSON");
            let scope = platform.scope(emulator.aws(), &manifest, entry).await;
            platform.stacks.insert(format!("{}@{}", entry.name, entry.region), Stack { template, scope });
        }
        platform
    }

    /// The folder of the project.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An output of a stack of the home region; the stack's name without project and environment.
    pub fn output(&self, stack: &str, name: &str) -> &str {
        let stack = self.full_name(stack);
        let output = self.outputs.get(&stack).and_then(|outputs| outputs.get(name));
        output.unwrap_or_else(|| panic!("stack {stack} has no output {name}"))
    }

    /// The outputs of a stack of the home region.
    pub fn outputs(&self, stack: &str) -> &BTreeMap<String, String> {
        let stack = self.full_name(stack);
        self.outputs.get(&stack).unwrap_or_else(|| panic!("there is no stack {stack}"))
    }

    /// The address of a queue by the name that it has in the definition, such as `payment`.
    pub fn queue_url(&self, name: &str) -> &str {
        self.output("messaging", &format!("Queue{}Ref", pascal(name)))
    }

    /// The address of the dead-letter queue of a queue.
    pub fn dead_letter_url(&self, name: &str) -> &str {
        self.output("messaging", &format!("Queue{}DeadLetterRef", pascal(name)))
    }

    /// The addresses of all queues and their dead-letter queues, by name, such as `Payment` and `PaymentDeadLetter`.
    pub fn queues(&self) -> BTreeMap<&str, &str> {
        let outputs = self.outputs("messaging").iter();
        let queues = outputs.filter_map(|(output, value)| {
            let name = output.strip_prefix("Queue")?.strip_suffix("Ref")?;
            Some((name, value.as_str()))
        });
        queues.collect()
    }

    /// A stack of the home region.
    pub fn stack(&self, stack: &str) -> &Stack {
        let stack = self.full_name(stack);
        self.stacks.get(&stack).unwrap_or_else(|| panic!("there is no stack {stack}"))
    }

    /// The Kubernetes objects of a kind, as they were synthesized.
    pub fn objects(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    /// A Kubernetes object.
    pub fn object(&self, kind: &str, name: &str) -> &Value {
        let found = self.objects(kind).find(|object| object["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("there is no {kind} {name}"))
    }

    /// Fills in `${output:STACK@REGION:NAME}`.
    pub fn resolve(&self, text: &str) -> String {
        let mut parts = text.split("${output:");
        let mut done = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (place, rest) = part.split_once('}').unwrap_or_else(|| panic!("{text} has an open placeholder"));
            let (stack, name) = place.rsplit_once(':').unwrap_or_else(|| panic!("{place} names no output"));
            let output = self.outputs.get(stack).and_then(|outputs| outputs.get(name));
            done += output.unwrap_or_else(|| panic!("{text}: there is no such output"));
            done += rest;
        }
        assert!(!done.contains("${"), "{text} has a placeholder that is not known");
        done
    }

    /// The ARN of the role that the pods of a service account have.
    ///
    /// # Panics
    ///
    /// If it has none, or one that pods cannot take on. (The emulator lets its root take on roles of any service.)
    pub fn role_of(&self, service_account: &str) -> String {
        let stack = self.stack("workloads");
        let resources = stack.resources("AWS::EKS::PodIdentityAssociation");
        let association = resources.into_values().find(|found| found["ServiceAccount"] == service_account);
        let association = association.unwrap_or_else(|| panic!("{service_account} has no role"));
        let namespace = &self.object("ServiceAccount", service_account)["metadata"]["namespace"];
        assert_eq!(association["Namespace"], *namespace, "the role is for another namespace");
        let arn = association["RoleArn"].as_str().expect("the role has an ARN");
        stack.assert_trusts(arn, PODS);
        arn.to_owned()
    }

    fn full_name(&self, stack: &str) -> String {
        format!("{}-{ENVIRONMENT}-{stack}@{}", self.project, crate::aws::REGION)
    }

    async fn scope(&self, aws: &Aws, manifest: &Manifest, entry: &StackEntry) -> Scope {
        let mut scope = Scope { account: manifest.account.clone(), ..Scope::default() };
        for (name, source) in &entry.parameters {
            let value = &self.outputs[&format!("{}@{}", source.stack, source.region)][&source.output];
            scope.parameters.insert(name.clone(), value.clone());
        }
        let pseudo = [("AccountId", &manifest.account), ("Partition", &manifest.partition), ("Region", &entry.region)];
        let pseudo = pseudo.map(|(name, value)| (format!("AWS::{name}"), value.clone()));
        scope.parameters.extend(pseudo.into_iter().chain([("AWS::StackName".to_owned(), entry.name.clone())]));
        let service = ("cloudformation", "2010-05-15", entry.region.as_str());
        let answer = aws.query(service, "DescribeStackResources", &[("StackName", &entry.name)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        for member in answer.body.split("<member>").skip(1) {
            let part = |name| crate::aws::element(member, name).unwrap_or_default().to_owned();
            let id = part("LogicalResourceId");
            scope.types.insert(id.clone(), part("ResourceType"));
            scope.resources.insert(id, part("PhysicalResourceId"));
        }
        scope
    }
}

impl Stack {
    /// The properties of all resources of a type, evaluated, by logical id.
    pub fn resources(&self, kind: &str) -> BTreeMap<String, Value> {
        let resources = self.template["Resources"].as_object().expect("a template has resources");
        let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
        let empty = json!({});
        of_kind
            .map(|(id, resource)| {
                let properties = resource.get("Properties").unwrap_or(&empty);
                (id.clone(), self.scope.evaluate(properties))
            })
            .collect()
    }

    /// The logical id of a resource by its physical one.
    pub fn logical_id(&self, physical: &str) -> &str {
        let found = self.scope.resources.iter().find(|(_, id)| *id == physical);
        found.map_or_else(|| panic!("the stack has no {physical}"), |(id, _)| id.as_str())
    }

    /// That a service may take on a role of this stack.
    pub fn assert_trusts(&self, role: &str, service: &str) {
        let name = role.rsplit('/').next().unwrap_or_default();
        let trust = &self.template["Resources"][self.logical_id(name)]["Properties"]["AssumeRolePolicyDocument"];
        let statements = trust["Statement"].as_array().expect("a policy has statements");
        let trusted = statements.iter().any(|statement| {
            let may = &statement["Action"];
            let assumes =
                may == "sts:AssumeRole" || may.as_array().is_some_and(|all| all.contains(&json!("sts:AssumeRole")));
            statement["Effect"] == "Allow" && statement["Principal"]["Service"] == service && assumes
        });
        assert!(trusted, "{service} cannot take on {role}: {trust}");
    }
}

/// Runs `infra` in a folder, which must succeed, and returns what it printed.
fn infra(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(built("infra"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let output = command.output().expect("infra starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "infra {arguments:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

fn copy_project(folder: &Path, endpoint: &str) {
    let settings = read(&root().join("infra.yaml"));
    let there = "http://127.0.0.1:4566";
    let line = format!("endpoint-url: {there}");
    assert!(settings.contains(&line), "infra.yaml has no `{line}`");
    write(&folder.join("infra.yaml"), &settings.replace(&line, &format!("endpoint-url: {endpoint}")));
    for name in ["stacks", "overlays"] {
        fs::create_dir(folder.join(name)).expect("the folder can be made");
        for entry in fs::read_dir(root().join(name)).expect("the folder is there").flatten() {
            fs::copy(entry.path(), folder.join(name).join(entry.file_name())).expect("the file can be copied");
        }
    }
}

/// The objects of all Kubernetes manifests, in order of their files.
fn objects(out: &Path) -> Vec<Value> {
    let mut files = Vec::new();
    let mut folders = vec![out.join("kubernetes")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there").flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let mut objects = Vec::new();
    for file in files {
        for document in serde_yaml::Deserializer::from_str(&read(&file)) {
            objects.push(Value::deserialize(document).expect("a manifest is YAML"));
        }
    }
    objects
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()));
}

/// The name of an entry as logical ids have it.
fn pascal(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(word).collect()
}
