//! The golden output of every bundled project. `UPDATE=1` writes it anew.

use crate::project::{Run, bundled, infra};

#[test]
fn every_bundled_project_compiles_to_its_golden_output() {
    for (project, golden) in bundled() {
        let mut command = infra();
        command.arg("synth").arg("--project").arg(&project).arg("--out").arg(&golden);
        if std::env::var_os("UPDATE").is_none() {
            command.arg("--check");
        }
        let run = Run::of(&mut command);
        let patch: String = run.stdout.chars().take(4_000).collect();
        assert_eq!(run.code, 0, "{}\n{}\n{patch}", project.display(), run.stderr);
        assert_eq!(run.stderr, "", "findings in {}", project.display());
    }
}
