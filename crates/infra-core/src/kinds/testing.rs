//! Compiles stack files in tests of kinds.

use super::KINDS;
use crate::assembly::Assembly;
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::load::{definition, stack_file};
use crate::model::{Definition, Environment};
use crate::source::Sources;

fn load(yaml: &str, diags: &mut Diagnostics) -> (Option<Definition>, Sources) {
    let environment = Environment::new("dev", "123456789012", "eu-west-1", "dev.example.com").unwrap();
    let mut sources = Sources::default();
    let file = sources.add("stacks/example.yaml", yaml.as_bytes());
    let definition = stack_file(&sources, file, diags)
        .map(|file| definition(&"shop".parse().unwrap(), environment, vec![file], &[], diags));
    (definition, sources)
}

/// Compiles `yaml` as the stack `example` of environment `dev`; no finding is allowed.
pub(crate) fn compile(yaml: &str) -> Assembly {
    let mut diags = Diagnostics::default();
    let (definition, sources) = load(yaml, &mut diags);
    let assembly = definition.and_then(|definition| crate::compile(definition, &[], &sources, &mut diags));
    assert!(diags.is_empty(), "{diags:#?}");
    assembly.unwrap()
}

/// Compiles stacks by name and content in environment `dev`; no finding is allowed.
pub(crate) fn compile_stacks(stacks: &[(&str, &str)]) -> Assembly {
    let mut diags = Diagnostics::default();
    let environment = Environment::new("dev", "123456789012", "eu-west-1", "dev.example.com").unwrap();
    let mut sources = Sources::default();
    let mut files = Vec::new();
    for (name, yaml) in stacks {
        let file = sources.add(format!("stacks/{name}.yaml"), yaml.as_bytes());
        files.extend(stack_file(&sources, file, &mut diags));
    }
    let definition = definition(&"shop".parse().unwrap(), environment, files, &[], &mut diags);
    let assembly = crate::compile(definition, &[], &sources, &mut diags);
    assert!(diags.is_empty(), "{diags:#?}");
    assembly.unwrap()
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
            crate::diag::At::Span(span) => {
                let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
                format!("`{}` {}", &yaml[range], label.text)
            }
            crate::diag::At::Hidden(_) | crate::diag::At::File(_) | crate::diag::At::Caller { .. } => label.text,
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
fn every_example_compiles_without_findings() {
    for kind in KINDS {
        let assembly = compile(kind.example);
        assert!(!assembly.files.is_empty(), "{}", kind.section);
    }
}
