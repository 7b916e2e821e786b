//! A definition in Rust gives the same bytes as the same definition in YAML.

#[path = "../../examples/messaging.rs"]
mod messaging;

use std::collections::BTreeMap;

use infra::model::Definition;
use serde_json::Value;

use crate::project::{Run, infra, root};

/// The files of a definition; the manifest without where things were written, which must differ.
fn of_rust(definition: Definition) -> BTreeMap<String, Vec<u8>> {
    let mut diags = infra::diag::Diagnostics::default();
    let assembly = infra::compile(definition, &[], &infra::source::Sources::default(), &mut diags);
    assert!(diags.is_empty(), "{diags:?}");
    without_provenance(assembly.expect("it compiles").files)
}

fn of_yaml(example: &str, environment: &str) -> BTreeMap<String, Vec<u8>> {
    let out = tempfile::tempdir().expect("a folder can be made");
    let project = root().join("examples").join(example);
    let run = Run::of(infra().arg("synth").arg("-C").arg(project).arg("--out").arg(out.path()));
    assert_eq!(run.code, 0, "{}", run.stderr);
    without_provenance(infra::files::read_folder(&out.path().join(environment)).expect("the output is readable"))
}

fn without_provenance(mut files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let bytes = files.remove("manifest.json").expect("there is a manifest");
    let mut manifest: Value = serde_json::from_slice(&bytes).expect("it is JSON");
    manifest.as_object_mut().expect("it is an object").remove("provenance").expect("it says where things were written");
    files.insert("manifest.json".to_owned(), manifest.to_string().into_bytes());
    files
}

#[test]
fn rust_and_yaml_give_the_same_bytes() {
    let rust = of_rust(messaging::definition().expect("the names are names"));
    let yaml = of_yaml("messaging", "dev");
    assert_eq!(rust.keys().collect::<Vec<_>>(), yaml.keys().collect::<Vec<_>>());
    for (path, bytes) in rust {
        assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&yaml[&path]), "{path}");
    }
}
