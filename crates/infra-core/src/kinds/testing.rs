//! What the unit tests of kinds share: one YAML file in, documents or findings out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test helpers")]

use crate::assembly::Assembly;
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::Environment;
use crate::model::load::{self, StackFile};
use crate::names::Name;
use crate::source::{Sources, parse};

/// Compiles `yaml` as stack `example` of project `shop` in environment `dev`.
fn run(yaml: &str) -> (Option<Assembly>, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let mut diags = Diagnostics::default();
    let file = sources.add("stacks/example.yaml", yaml.as_bytes().to_vec());
    let environment = Environment::new("dev", "123456789012", "eu-west-1", "dev.example.com").unwrap();
    let assembly = parse(file, yaml.as_bytes(), &mut diags).and_then(|tree| {
        let name = |text: &str| Name::try_from(text.to_owned()).unwrap();
        let stacks = vec![StackFile { name: name("example"), tree }];
        let definition = load::definition(&name("shop"), environment, stacks, &[], &mut diags)?;
        crate::compile(definition, &[], &sources, &mut diags)
    });
    (assembly, diags.into_sorted())
}

/// Compiles a stack file that must have no finding.
pub(crate) fn compile(yaml: &str) -> Assembly {
    match run(yaml) {
        (Some(assembly), findings) if findings.is_empty() => assembly,
        (_, findings) => panic!("{findings:#?}"),
    }
}

/// Returns the findings about a stack file.
pub(crate) fn findings(yaml: &str) -> Vec<Diagnostic> {
    run(yaml).1
}

/// Returns a resource of the stack's own template.
pub(crate) fn resource(assembly: &Assembly, id: &str) -> serde_json::Value {
    let bytes = assembly.files.get("stacks/example.eu-west-1.template.json").unwrap();
    let template: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    template.pointer(&format!("/Resources/{id}")).cloned().unwrap_or_default()
}

/// Returns a text file.
pub(crate) fn text<'a>(assembly: &'a Assembly, path: &str) -> &'a str {
    let known = || assembly.files.keys().cloned().collect::<Vec<_>>().join(", ");
    let bytes = assembly.files.get(path).unwrap_or_else(|| panic!("no {path} among {}", known()));
    std::str::from_utf8(bytes).unwrap()
}
