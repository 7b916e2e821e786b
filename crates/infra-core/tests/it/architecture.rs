//! The rooms of the core and the arrows between them, as a table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may name. A new arrow is a decision about the design: change it here and in
/// `ARCHITECTURE.md` together.
const ALLOWED: &[(&str, &[&str])] = &[
    ("place", &[]),
    ("facts", &[]),
    ("diag", &["place"]),
    ("names", &["diag", "facts"]),
    ("source", &["diag", "place"]),
    ("artifacts", &["facts", "names"]),
    // A kind's file holds what the user writes and what it compiles to, so these four know each other.
    ("kinds", &["artifacts", "diag", "facts", "lower", "model", "names", "resolve", "source"]),
    ("model", &["diag", "kinds", "names", "resolve", "source"]),
    ("resolve", &["artifacts", "diag", "kinds", "model", "names", "source"]),
    ("lower", &["artifacts", "diag", "facts", "kinds", "model", "names", "resolve", "source"]),
    ("foreign", &["artifacts", "diag", "facts", "names", "place", "source"]),
    ("view", &["artifacts", "diag", "facts", "foreign", "lower", "model", "names", "place", "resolve", "source"]),
    ("rules", &["artifacts", "diag", "facts", "lower", "model", "names", "resolve", "view"]),
    ("catalogue", &["diag", "foreign", "model", "rules"]),
    ("assembly", &["artifacts", "diag", "facts", "lower", "resolve", "rules", "source"]),
    ("schema", &["kinds", "model"]),
    ("state", &["assembly", "names"]),
    ("access", &["facts", "state"]),
    ("diff", &["facts", "names", "state"]),
    ("plan", &["artifacts", "assembly", "diff", "facts", "model", "names", "state"]),
];

/// Most lines of a file before its tests.
const MAX_LINES: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Whether a file is a test module of its own.
fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests" || stem == "testing")
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") && !is_test(&path) {
            let text = fs::read_to_string(&path).expect("the file is UTF-8");
            found.push((path, text));
        }
    }
    found.sort();
    found
}

/// What comes before the tests of a file.
fn without_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod tests {").map_or(text, |(code, _)| code)
}

fn room(path: &Path) -> String {
    let first = path.strip_prefix(root()).ok().and_then(|path| path.components().next());
    let name = first.map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    name.trim_end_matches(".rs").to_owned()
}

/// The rooms that a text names through `crate::`.
fn named(code: &str) -> BTreeSet<String> {
    let words = code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| {
        line.split("crate::")
            .skip(1)
            .map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect())
    });
    words.filter(|word: &String| ALLOWED.iter().any(|(room, _)| room == word)).collect()
}

#[test]
fn every_room_names_only_the_rooms_it_may() {
    let mut broken = Vec::new();
    for (path, text) in sources(&root()) {
        let room = room(&path);
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == room) else {
            assert_eq!(room, "lib", "{} is in a room that the table does not have", path.display());
            continue;
        };
        for other in named(without_tests(&text)) {
            if other != room && !allowed.contains(&other.as_str()) {
                broken.push(format!("{}: {room} -> {other}", path.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn every_arrow_of_the_table_is_used() {
    let files = sources(&root());
    for (name, allowed) in ALLOWED {
        let used: BTreeSet<String> = files
            .iter()
            .filter(|(path, _)| room(path) == *name)
            .flat_map(|(_, text)| named(without_tests(text)))
            .collect();
        let unused: Vec<_> = allowed.iter().filter(|other| !used.contains(**other)).collect();
        assert!(unused.is_empty(), "{name} does not use {unused:?}");
    }
}

#[test]
fn only_source_names_the_yaml_parser() {
    for (path, text) in sources(&root()) {
        assert!(room(&path) == "source" || !text.contains("saphyr"), "{} names the YAML parser", path.display());
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    for (path, text) in sources(&root()) {
        assert!(text.starts_with("//!"), "{} does not start with `//!`", path.display());
        let lines = without_tests(&text).lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines before its tests", path.display());
    }
}
