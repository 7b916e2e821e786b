//! What is written for people: links lead somewhere, and what is said of versions is so.

use std::fs;
use std::path::{Path, PathBuf};

use infra::state::Owned;
use serde_json::json;

use crate::project::{ENVIRONMENT, Project, root};

/// Every page that is written by hand or made, outside of code.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in [root().to_owned(), root().join("docs"), root().join("docs/rules")] {
        let files = fs::read_dir(folder).expect("there is a folder").map(|entry| entry.expect("it is readable").path());
        pages.extend(files.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    pages.sort();
    pages
}

/// The targets of links in a page, outside of code.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut code = false;
    for line in text.lines() {
        code ^= line.trim_start().starts_with("```");
        if code {
            continue;
        }
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, after)) = after.split_once(')') else { break };
            links.push(target.to_owned());
            rest = after;
        }
    }
    links
}

/// The name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .collect::<String>();
    kept.trim().replace(' ', "-")
}

fn has_anchor(page: &Path, wanted: &str) -> bool {
    let text = fs::read_to_string(page).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    text.contains(&format!("<a id=\"{wanted}\">"))
        || headings.map(|line| anchor(line.trim_start_matches('#'))).any(|it| it == wanted)
}

#[test]
fn every_link_to_a_file_of_the_project_leads_to_one() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page is text");
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            seen += 1;
            let (path, place) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().expect("a folder").join(path) };
            if !target.exists() || (!place.is_empty() && target.is_file() && !has_anchor(&target, place)) {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty() && seen > 50, "{seen} links\n{}", broken.join("\n"));
}

#[test]
fn the_first_page_has_three_screens_and_the_two_commands() {
    let text = fs::read_to_string(root().join("README.md")).expect("there is one");
    assert!(text.lines().count() <= 130, "{} lines", text.lines().count());
    let commands: Vec<&str> = text.split("```sh\n").skip(1).filter_map(|block| block.split("\n```").next()).collect();
    assert_eq!(commands.get(..2), Some(["cargo run --release -- synth", "scripts/test"].as_slice()));
    let license = fs::read_to_string(root().join("LICENSE")).expect("there is one");
    assert!(license.contains("Version 2.0, January 2004") && license.contains("END OF TERMS AND CONDITIONS"));
}

#[test]
fn every_command_is_in_the_list_of_commands() {
    let text = fs::read_to_string(root().join("docs/commands.md")).expect("there is one");
    let help = crate::project::Run::of(crate::project::infra().arg("--help")).stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(names.len() > 15, "{help}");
    for name in names {
        assert!(text.contains(&format!("`infra {name}")), "{name} is not in docs/commands.md");
    }
}

#[test]
fn versions_are_those_of_the_code() {
    let text = fs::read_to_string(root().join("docs/versioning.md")).expect("there is one");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells.len() > 4 && cells[3].ends_with(".rs`"))
        .collect();
    assert_eq!(rows.len(), 7, "{text}");
    for cells in rows {
        let path = cells[3].trim_matches('`');
        let code = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let line = code.lines().find(|line| line.contains("const VERSION: ")).unwrap_or_else(|| panic!("{path}"));
        let version = line.rsplit(' ').next().unwrap_or_default().trim_end_matches(';');
        assert_eq!(version, cells[2], "{path}: {}", cells[1]);
    }
}

#[test]
fn what_earlier_versions_wrote_is_read_or_refused_with_what_to_do() {
    // An assembly.
    let project = Project::of_stack("queues: { jobs: { visibility-timeout: 90 } }\n");
    let before = root().join("tests/versions/assembly-1");
    let run = project.run(&["diff", "--against", before.to_str().expect("a path is text")]);
    assert!(run.code == 2 && run.stdout.contains("VisibilityTimeout"), "{}{}", run.stdout, run.stderr);
    // The memory of an environment, of the first shape and of a later infra.
    let template = |content| json!({ "Resources": { "OwnedA": { "Type": Owned::CARRIER, "Metadata": { "infra::Owned": content } } } });
    let first = Owned::read(&template(json!({ "zones": {}, "objects": { "main": ["v1/Namespace//shop"] } })));
    assert!(first.is_ok_and(|owned| owned.is_some_and(|owned| owned.objects.contains_key("main"))));
    assert!(Owned::read(&template(json!({ "version": 99 }))).is_err_and(|error| error.contains("it has version 99")));
    // A plan, and a journal.
    let project = Project::new(&[("infra.yaml", ENVIRONMENT), ("stacks/main.yaml", "queues: { jobs: {} }\n")]);
    project.write("plan.json", "{ \"version\": 2 }\n");
    let run = project.run(&["apply", "plan.json"]);
    assert!(
        run.code != 0 && run.stderr.contains("it has version 2") && run.stderr.contains("make the plan again"),
        "{}",
        run.stderr
    );
    let journal = "{\"at\":\"2026-11-01T00:00:00Z\",\"event\":{\"started\":{\"version\":2,\"plan\":{}}}}\n";
    project.write(".infra/runs/20261101t000000000z-abcdef.ndjson", journal);
    let run = project.run(&["doctor", "--offline"]);
    assert!(
        run.stdout.contains("warn  journal") && run.stdout.contains("the version of infra that wrote it"),
        "{}",
        run.stdout
    );
}
