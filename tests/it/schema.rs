//! The published schemas accept what is shipped and refuse what the loader refuses.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::project::{bundled, root};

fn yaml(path: &PathBuf) -> Value {
    let text = fs::read_to_string(path).expect("the file is readable");
    serde_yaml::from_str(&text).expect("the file is YAML")
}

/// Every YAML file of every bundled project, with the name of its schema.
fn shipped() -> Vec<(PathBuf, &'static str)> {
    let mut files = Vec::new();
    for (project, _) in bundled() {
        files.push((project.join("infra.yaml"), "project"));
        for (folder, schema) in [("stacks", "stack"), ("overlays", "overlay")] {
            let Ok(entries) = fs::read_dir(project.join(folder)) else { continue };
            let paths = entries.map(|entry| entry.expect("the entry is readable").path());
            files.extend(
                paths.filter(|path| path.extension().is_some_and(|ext| ext == "yaml")).map(|path| (path, schema)),
            );
        }
    }
    files
}

fn schema(name: &str) -> Value {
    match name {
        "project" => infra::schema::project(),
        "stack" => infra::schema::stack(),
        _ => infra::schema::overlay(),
    }
}

#[test]
fn every_shipped_file_is_valid() {
    let files = shipped();
    assert!(files.len() > 10, "{files:?}");
    for (path, name) in files {
        let validator = jsonschema::validator_for(&schema(name)).expect("the schema is one");
        let mistakes: Vec<String> =
            validator.iter_errors(&yaml(&path)).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(mistakes, Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn every_shipped_file_names_its_schema_for_editors() {
    for (path, name) in shipped() {
        let text = fs::read_to_string(&path).expect("the file is readable");
        let first = text.lines().next().unwrap_or_default();
        let target = first.strip_prefix("# yaml-language-server: $schema=").expect("the first line is the modeline");
        let target = path.parent().expect("a file has a folder").join(target);
        let wanted = root().join(format!("docs/schema/{name}.schema.json"));
        assert_eq!(target.canonicalize().ok(), wanted.canonicalize().ok(), "{}", path.display());
    }
}

#[test]
fn a_misspelt_key_is_refused() {
    let validator = jsonschema::validator_for(&schema("stack")).expect("the schema is one");
    assert!(validator.is_valid(&json!({ "queues": { "a": { "delay": 5 } } })));
    assert!(!validator.is_valid(&json!({ "queues": { "a": { "dealy": 5 } } })));
    assert!(!validator.is_valid(&json!({ "queus": {} })));
}
