//! Compiles stack files in tests of kinds.

use serde_json::Value;

use super::KINDS;
use crate::assembly::Assembly;
use crate::diag::{At, Diagnostic, Diagnostics, Label, Severity};
use crate::model::load::{definition, stack_file};
use crate::model::{Definition, Environment};
use crate::resolve::Resolved;
use crate::source::Sources;

fn load(yaml: &str, diags: &mut Diagnostics) -> (Option<Definition>, Sources) {
    load_in(environment(), yaml, diags)
}

/// The environment of tests: `dev`, which is not protected.
pub(crate) fn environment() -> Environment {
    Environment::new("dev", "123456789012", "eu-west-1", "dev.example.com").unwrap()
}

fn load_in(environment: Environment, yaml: &str, diags: &mut Diagnostics) -> (Option<Definition>, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("stacks/example.yaml", yaml.as_bytes());
    let definition = stack_file(&sources, file, diags)
        .map(|file| definition(&"shop".parse().unwrap(), environment, vec![file].into(), &[], diags));
    (definition, sources)
}

/// What rules find and advise is no matter here: a test of a kind shows a part of a deployment.
fn assert_silent(diags: &Diagnostics) {
    let own = diags.iter().filter(|finding| finding.code.is_none() && finding.severity != Severity::Advice);
    let own: Vec<&Diagnostic> = own.collect();
    assert!(own.is_empty(), "{own:#?}");
}

/// Compiles `yaml` as the stack `example` of environment `dev`; no finding of the kinds is allowed.
pub(crate) fn compile(yaml: &str) -> Assembly {
    compile_in(environment(), yaml)
}

/// Compiles `yaml` as the stack `example` of an environment; no finding of the kinds is allowed.
pub(crate) fn compile_in(environment: Environment, yaml: &str) -> Assembly {
    let mut diags = Diagnostics::default();
    let (definition, sources) = load_in(environment, yaml, &mut diags);
    let assembly = definition.and_then(|definition| crate::compile(definition, &[], &sources, &mut diags));
    assert_silent(&diags);
    assembly.unwrap()
}

/// Compiles stacks by name and content in environment `dev`; no finding is allowed.
pub(crate) fn compile_stacks(stacks: &[(&str, &str)]) -> Assembly {
    select(stacks, &[])
}

/// Compiles stacks by name and content and keeps those `selected` with what they need; no finding is allowed.
pub(crate) fn select(stacks: &[(&str, &str)], selected: &[&str]) -> Assembly {
    let mut diags = Diagnostics::default();
    let mut sources = Sources::default();
    let mut files = Vec::new();
    for (name, yaml) in stacks {
        let file = sources.add(format!("stacks/{name}.yaml"), yaml.as_bytes());
        files.extend(stack_file(&sources, file, &mut diags));
    }
    let definition = definition(&"shop".parse().unwrap(), environment(), files.into(), &[], &mut diags);
    let selected: Vec<String> = selected.iter().map(|name| (*name).to_owned()).collect();
    let assembly = crate::compile(definition, &selected, &sources, &mut diags);
    assert_silent(&diags);
    assembly.unwrap()
}

/// Binds `yaml` as the stack `example`; no finding is allowed.
pub(crate) fn resolved(yaml: &str) -> Resolved {
    let mut diags = Diagnostics::default();
    let (definition, _) = load(yaml, &mut diags);
    let world = crate::resolve::resolve(definition.unwrap(), &mut diags);
    assert_silent(&diags);
    world.unwrap()
}

/// Returns a JSON file of an assembly.
pub(crate) fn json(assembly: &Assembly, path: &str) -> Value {
    let file = assembly.files.get(path);
    let file = file.unwrap_or_else(|| panic!("no {path} in {:?}", assembly.files.keys()));
    serde_json::from_slice(file).unwrap()
}

/// Returns the properties of one resource of a template as YAML.
pub(crate) fn properties_in(assembly: &Assembly, path: &str, id: &str) -> String {
    let template = json(assembly, path);
    let resource = template["Resources"].get(id).unwrap_or_else(|| panic!("no {id} in {template:#}"));
    serde_yaml::to_string(&resource["Properties"]).unwrap()
}

/// Returns the logical ids of all resources of a template.
pub(crate) fn ids(template: &Value) -> Vec<&str> {
    template["Resources"].as_object().unwrap().keys().map(String::as_str).collect()
}

/// Returns the findings of stacks by name and content, one a line, with the file in which each is.
pub(crate) fn report_stacks(stacks: &[(&str, &str)]) -> String {
    let mut diags = Diagnostics::default();
    let mut sources = Sources::default();
    let mut files = Vec::new();
    for (name, yaml) in stacks {
        let file = sources.add(format!("stacks/{name}.yaml"), yaml.as_bytes());
        files.extend(stack_file(&sources, file, &mut diags));
    }
    let definition = definition(&"shop".parse().unwrap(), environment(), files.into(), &[], &mut diags);
    let _ = crate::compile(definition, &[], &sources, &mut diags);
    let line = |finding: &Diagnostic| {
        let place = |label: &Label| match label.at {
            At::Span(span) => {
                let file = sources.get(span.file).unwrap();
                let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
                format!("`{}` of {} {}", String::from_utf8_lossy(&file.bytes[range]), file.path, label.text)
            }
            At::Hidden(_) | At::File(_) | At::Caller { .. } => label.text.clone(),
        };
        let places: Vec<String> = finding.primary.iter().chain(&finding.others).map(place).collect();
        format!("{}: {} <- {}\n", finding.id, finding.title, places.join(" + "))
    };
    diags.into_sorted().iter().map(line).collect()
}

/// Returns the findings of `yaml` as the stack `example` of environment `dev`.
pub(crate) fn findings(yaml: &str) -> Vec<Diagnostic> {
    let mut diags = Diagnostics::default();
    if let (Some(definition), sources) = load(yaml, &mut diags) {
        let _ = crate::compile(definition, &[], &sources, &mut diags);
    }
    diags.into_sorted()
}

/// Returns id, title and marked text of each finding, one a line.
pub(crate) fn report(yaml: &str) -> String {
    let line = |finding: Diagnostic| {
        let label = finding.primary.map(|label| match label.at {
            At::Span(span) => {
                let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
                format!("`{}` {}", &yaml[range], label.text)
            }
            At::Hidden(_) | At::File(_) | At::Caller { .. } => label.text,
        });
        format!("{}: {} <- {}\n", finding.id, finding.title, label.unwrap_or_default())
    };
    findings(yaml).into_iter().map(line).collect()
}

/// Returns the template of the stack `example` as JSON.
pub(crate) fn template(yaml: &str) -> serde_json::Value {
    let assembly = compile(yaml);
    let (_, text) = assembly.files.iter().find(|(path, _)| path.ends_with("example.eu-west-1.template.json")).unwrap();
    serde_json::from_slice(text).unwrap()
}

/// Returns the properties of one resource of the stack `example` as YAML.
pub(crate) fn properties(yaml: &str, id: &str) -> String {
    let template = template(yaml);
    let resource = template["Resources"].get(id);
    let resource = resource.unwrap_or_else(|| panic!("no {id} in {template:#}"));
    serde_yaml::to_string(&resource["Properties"]).unwrap()
}

#[test]
fn every_example_compiles() {
    for kind in KINDS {
        let assembly = compile(kind.example);
        assert!(!assembly.files.is_empty(), "{}", kind.section);
    }
}

/// Everything that can refuse to be deleted, with more fields of each.
fn protectable(more: &str) -> String {
    format!(
        "
networks: {{ main: {{ cidr: 10.20.0.0/16 }} }}
databases:
  rds: {{ network: main{more} }}
  aurora: {{ network: main, engine: aurora{more} }}
tables: {{ items: {{ partition-key: {{ name: key }}{more} }} }}
user-pools: {{ customers: {{ clients: {{ web: {{}} }}{more} }} }}
clusters: {{ main: {{ network: main, creator-is-admin: true, node-groups: {{ general: {{}} }}{more} }} }}
load-balancers:
  internal:
    type: network
    network: main
    listeners: {{ web: {{ port: 80, protocol: tcp, default: {{ forward: web }} }} }}
    target-groups: {{ web: {{ port: 8080 }} }}
    {}
",
        more.trim_start_matches(", ")
    )
}

/// What each resource says about deletion protection.
fn protection(environment: Environment, yaml: &str) -> Vec<String> {
    let template = json(&compile_in(environment, yaml), "stacks/example.eu-west-1.template.json");
    let mut said = Vec::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let properties = &resource["Properties"];
        let attributes = properties["LoadBalancerAttributes"].as_array().into_iter().flatten();
        let mut values = attributes.filter(|it| it["Key"] == "deletion_protection.enabled").map(|it| &it["Value"]);
        let keys = ["DeletionProtection", "DeletionProtectionEnabled"];
        let value = keys.iter().find_map(|key| properties.get(key)).or_else(|| values.next());
        said.extend(value.map(|value| format!("{id} {}", value.to_string().trim_matches('"'))));
    }
    said.sort();
    said
}

#[test]
fn what_refuses_to_be_deleted_follows_the_environment_unless_it_says_otherwise() {
    let open = environment();
    let protected = Environment { protected: true, ..environment() };
    let off = [
        "ClusterMain false",
        "DatabaseAuroraCluster false",
        "DatabaseRds false",
        "LoadBalancerInternal false",
        "TableItems false",
        "UserPoolCustomers INACTIVE",
    ];
    let on = off.map(|line| line.replace("false", "true").replace("INACTIVE", "ACTIVE"));
    assert_eq!(protection(open.clone(), &protectable("")), off);
    assert_eq!(protection(protected.clone(), &protectable("")), on);
    assert_eq!(protection(open, &protectable(", deletion-protection: true")), on);
    assert_eq!(protection(protected, &protectable(", deletion-protection: false")), off);
}
