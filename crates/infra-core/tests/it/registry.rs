//! What must hold of every kind in the table.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use infra_core::catalogue::FINDINGS;
use infra_core::diag::{Diagnostics, Severity};
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
        let definition: Definition = definition(&project, environment, vec![stack].into(), &[], &mut diags);
        let assembly = infra_core::compile(definition, &[], &sources, &mut diags)?;
        let summary = assembly.summary;
        Some(summary.resources + summary.records + summary.objects)
    });
    // Advice is for whole deployments; an example shows one kind.
    let grave = diags.iter().filter(|finding| finding.severity != Severity::Advice);
    let findings = grave.map(|finding| format!("{}: {} {:?}", finding.id, finding.title, finding.help)).collect();
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

/// Every literal of the sources that has the form of a finding's id.
fn ids_in(folder: &Path, ids: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            ids_in(&path, ids);
        } else if !["tests", "testing"].contains(&stem.as_str()) {
            let text = fs::read_to_string(&path).expect("the file is UTF-8");
            let code = text.split_once("#[cfg(test)]\nmod tests {").map_or(text.as_str(), |(code, _)| code);
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            let word = |part: &str| {
                !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            };
            let literals = code.flat_map(|line| line.split('"').skip(1).step_by(2));
            let is_id = |literal: &&str| literal.split_once('/').is_some_and(|(room, rest)| word(room) && word(rest));
            ids.extend(literals.filter(is_id).map(str::to_owned));
        }
    }
}

/// Literals of two words that are no ids of findings.
const NO_IDS: [&str; 11] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "apps/v1",
    "autoscaling/v2",
    "batch/v1",
    "http/protobuf",
    "infra/config",
    "infra/override",
    "infra/users",
    "policy/v1",
    "text/plain",
];

#[test]
fn every_finding_of_the_sources_is_in_the_catalogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = BTreeSet::new();
    for folder in ["artifacts", "kinds", "lower", "model", "resolve", "source"] {
        ids_in(&root.join("src").join(folder), &mut written);
    }
    ids_in(&root.join("../../src"), &mut written);
    let allow = ["expired", "no-reason", "unknown-rule", "unreadable", "unused"];
    written.extend(allow.map(|problem| format!("allow/{problem}")));
    written.extend(["by-nature", "twice", "unknown"].map(|problem| format!("lints/{problem}")));
    written.insert("cli/unknown-stack".to_owned());
    written.retain(|id| !NO_IDS.contains(&id.as_str()));
    let known: BTreeSet<String> = FINDINGS.iter().map(|finding| finding.id.to_owned()).collect();
    let missing: Vec<_> = written.difference(&known).collect();
    let stale: Vec<_> = known.difference(&written).collect();
    assert!(missing.is_empty() && stale.is_empty(), "missing: {missing:?}, stale: {stale:?}");
}

/// Groups of the catalogue of domain rules, and how many entries each has.
const GROUPS: [(&str, usize); 19] = [
    ("R53", 44),
    ("ACM", 17),
    ("CF", 29),
    ("APIGW", 41),
    ("LINK", 25),
    ("MSG", 29),
    ("EKS", 31),
    ("K8S", 42),
    ("DB", 15),
    ("SEC", 14),
    ("OBS", 12),
    ("RES", 14),
    ("CFN", 23),
    ("MAP", 4),
    ("DEL", 7),
    ("EVT", 2),
    ("FN", 3),
    ("IAM", 11),
    ("NET", 18),
];

#[test]
fn every_entry_of_the_catalogue_is_a_rule_or_says_why_not() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules/not-implemented.md");
    let page = std::fs::read_to_string(page).expect("the page is readable");
    let rules: BTreeSet<&str> = infra_core::rules::all().map(|rule| rule.code).collect();
    let mut silent = Vec::new();
    let mut known = BTreeSet::new();
    for (group, count) in GROUPS {
        for number in 1..=count {
            let code = format!("{group}-{number:03}");
            if !rules.contains(code.as_str()) && !page.contains(&format!("- **{code}** ")) {
                silent.push(code.clone());
            }
            known.insert(code);
        }
    }
    assert_eq!(silent, [""; 0], "neither a rule nor on the page");
    let unknown: Vec<_> = rules.iter().filter(|code| !known.contains(**code)).collect();
    assert!(unknown.is_empty(), "codes that the catalogue does not have: {unknown:?}");
}
