//! What must hold of every kind in the table.

use infra_core::diag::Diagnostics;
use infra_core::kinds::KINDS;
use infra_core::model::load::{definition, stack_file};
use infra_core::model::{Definition, Environment};
use infra_core::place::Sources;

/// Compiles a stack file alone; gives the number of resources, records and objects, and the findings.
fn compile(text: &str) -> (usize, Vec<String>) {
    let mut sources = Sources::default();
    let mut diags = Diagnostics::default();
    let file = sources.add("stacks/example.yaml", text.as_bytes());
    let environment = Environment::new("dev", "111122223333", "eu-west-1", "dev.example.com").unwrap();
    let made = stack_file(&sources, file, &mut diags).and_then(|stack| {
        let project = "shop".to_owned().try_into().unwrap();
        let definition: Definition = definition(&project, environment, vec![stack], &[], &mut diags);
        let assembly = infra_core::compile(definition, &[], &sources, &mut diags)?;
        let summary = assembly.summary;
        Some(summary.resources + summary.records + summary.objects)
    });
    let findings =
        diags.iter().map(|finding| format!("{}: {} {:?}", finding.id, finding.title, finding.help)).collect();
    (made.unwrap_or(0), findings)
}

#[test]
fn every_example_compiles_to_something_without_findings() {
    for kind in KINDS {
        let (made, findings) = compile(kind.example);
        assert_eq!(findings, Vec::<String>::new(), "example of {}", kind.section);
        assert!(made > 0, "the example of {} makes nothing", kind.section);
        assert!(
            kind.example.contains(&format!("{}:", kind.section)),
            "the example of {} shows another kind",
            kind.section
        );
    }
}

#[test]
fn sections_and_prefixes_are_unique() {
    for (index, kind) in KINDS.iter().enumerate() {
        for other in &KINDS[..index] {
            assert_ne!(kind.section, other.section);
            assert_ne!(kind.prefix, other.prefix);
        }
    }
}

#[test]
fn every_field_of_every_kind_is_documented() {
    let schema = infra_core::schema::stack();
    let definitions = schema["$defs"].as_object().unwrap();
    let mut silent = Vec::new();
    for (name, definition) in definitions {
        for (field, property) in definition.get("properties").and_then(|p| p.as_object()).into_iter().flatten() {
            if property.get("description").is_none() {
                silent.push(format!("{name}.{field}"));
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}
