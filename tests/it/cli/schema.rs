//! `infra schema`.

use crate::project::{Run, infra};

#[test]
fn an_unknown_file_is_wrong_usage() {
    let run = Run::of(infra().args(["schema", "stacks"]));
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("a similar value exists: 'stack'"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let command = format!("{} schema | head -c 10", env!("CARGO_BIN_EXE_infra"));
    let run = Run::of(std::process::Command::new("bash").args(["-o", "pipefail", "-c", &command]));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}
