//! The same input gives the same bytes, wherever and however it is compiled.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::project::{Project, Run, infra, root};

fn outputs(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    infra::files::read_folder(folder).expect("the output is readable")
}

#[test]
fn time_zone_language_home_and_working_directory_change_nothing() {
    let out = tempfile::tempdir().expect("a folder can be made");
    let settings: [[(&str, &str); 3]; 2] = [
        [("TZ", "Pacific/Kiritimati"), ("LANG", "tr_TR.UTF-8"), ("HOME", "/nonexistent")],
        [("TZ", "America/Adak"), ("LANG", "C"), ("HOME", "/tmp")],
    ];
    let mut seen = Vec::new();
    for (index, (setting, cwd)) in settings.iter().zip(["/", "/tmp"]).enumerate() {
        let folder = out.path().join(index.to_string());
        let mut command = infra();
        command.envs(setting.iter().copied()).current_dir(cwd).args(["synth", "--project"]).arg(root());
        let run = Run::of(command.arg("--out").arg(&folder));
        assert_eq!(run.code, 0, "{}", run.stderr);
        seen.push(outputs(&folder));
    }
    assert!(!seen[0].is_empty());
    let here = root().to_string_lossy();
    let mut texts = seen[0].values().map(|bytes| String::from_utf8_lossy(bytes));
    assert!(!texts.any(|text| text.contains(here.as_ref())), "a path of this machine is in the output");
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn the_order_of_entries_and_files_changes_nothing_but_where_they_were_written() {
    let entries = ["  alpha: {}\n", "  beta: { delay: 5 }\n", "  gamma: { fifo: true }\n"];
    let stack = |order: [usize; 3]| format!("queues:\n{}", order.map(|index| entries[index]).concat());
    let templates = |order| {
        let project = Project::of_stack(&stack(order));
        assert_eq!(project.run(&["synth"]).code, 0);
        fs::read(project.path().join("infra.out/dev/stacks/main.eu-west-1.template.json")).expect("there is a template")
    };
    assert_eq!(templates([0, 1, 2]), templates([2, 0, 1]));
}

/// Needs the right to make a network namespace; CI and containers that run as root have it.
#[test]
fn synth_needs_no_network() {
    let out = tempfile::tempdir().expect("a folder can be made");
    let namespace = Command::new("unshare").args(["--map-root-user", "--net", "true"]).output();
    let isolated = namespace.is_ok_and(|output| output.status.success());
    let mut command = if isolated { Command::new("unshare") } else { infra() };
    if isolated {
        command.args(["--map-root-user", "--net", env!("CARGO_BIN_EXE_infra")]);
    }
    let run = Run::of(command.args(["synth", "--project"]).arg(root()).arg("--out").arg(out.path()));
    assert_eq!(run.code, 0, "isolated: {isolated}\n{}", run.stderr);
    // Without a namespace the next best proof: nothing that could open a connection is linked.
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("there is a lock file");
    assert!(isolated || !lock.contains("name = \"hyper\""));
}
