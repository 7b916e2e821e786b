//! Files that are made from the code. `UPDATE=1` writes them anew.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::project::{Run, infra, root};

/// Compares a file with what it should hold, or writes it.
fn fresh(path: &str, wanted: &str) {
    let full = root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(full.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(&full, wanted).expect("the file can be written");
    }
    let present = fs::read_to_string(&full).unwrap_or_default();
    assert!(present == wanted, "{path} is stale: run the tests with UPDATE=1");
}

#[test]
fn schemas_are_fresh() {
    for name in ["project", "stack", "overlay", "check", "diff"] {
        let run = Run::of(infra().args(["schema", name]));
        assert_eq!(run.code, 0, "{}", run.stderr);
        fresh(&format!("docs/schema/{name}.schema.json"), &run.stdout);
    }
}

#[test]
fn the_reference_of_kinds_is_fresh() {
    let schema = infra::schema::stack();
    let mut text = String::from("# Kinds of entries\n\nMade from the code; `UPDATE=1 cargo test` writes it anew.\n");
    for kind in infra::kinds::KINDS {
        let section = &schema["properties"][kind.section]["additionalProperties"];
        let _ = write!(text, "\n## `{}`\n\n", kind.section);
        let definition = resolve(&schema, section);
        text.push_str(definition["description"].as_str().unwrap_or_default());
        let _ = write!(text, "\n\n```yaml\n{}\n```\n\n", kind.example.trim());
        fields(&schema, definition, &mut text);
    }
    fresh("docs/kinds.md", &text);
}

#[test]
fn the_pages_of_rules_are_fresh_and_no_others_are_left() {
    let rules: Vec<&infra::rules::Rule> = infra::rules::all().collect();
    let pages = infra::output::rules::pages(&rules);
    for (name, text) in &pages {
        fresh(&format!("docs/rules/{name}"), text);
    }
    let folder = infra::files::read_folder(&root().join("docs/rules")).expect("the folder is readable");
    let by_hand = "not-implemented.md".to_owned();
    let mut wanted: Vec<&String> = pages.iter().map(|(name, _)| name).chain([&by_hand]).collect();
    wanted.sort();
    assert_eq!(folder.keys().collect::<Vec<_>>(), wanted, "a page of docs/rules is about no service");
}

fn resolve<'a>(schema: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        Some(name) => &schema["$defs"][name],
        None => value,
    }
}

fn fields(schema: &Value, definition: &Value, text: &mut String) {
    text.push_str("| key | default | meaning |\n| --- | --- | --- |\n");
    let required: Vec<&str> =
        definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (key, property) in definition["properties"].as_object().into_iter().flatten() {
        let meaning = property["description"].as_str().or_else(|| resolve(schema, property)["description"].as_str());
        let default = match (required.contains(&key.as_str()), &property["default"]) {
            (true, _) => "required".to_owned(),
            (false, Value::Null) => String::new(),
            (false, default) => format!("`{default}`"),
        };
        let meaning = meaning.unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(text, "| `{key}` | {} | {meaning} |", default.replace('|', "\\|"));
    }
}
