//! Tells the binary the commit that it is built from and the day of that commit: what git says, or `INFRA_COMMIT` and
//! `INFRA_COMMIT_DATE` where a source archive is built. Without either, the version stands alone.
//!
//! Equal sources of one commit give equal bytes: no clock and no name of a machine goes in.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["INFRA_COMMIT", "INFRA_COMMIT_DATE"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let given = std::env::var("INFRA_COMMIT").ok().zip(std::env::var("INFRA_COMMIT_DATE").ok());
    let version = match given.or_else(of_git) {
        Some((commit, day)) => format!("{version} ({commit} {day})"),
        None => version,
    };
    println!("cargo::rustc-env=INFRA_VERSION={version}");
}

/// Commit and day of the working copy that this folder is the root of.
fn of_git() -> Option<(String, String)> {
    // A folder in the working copy of something else, such as vendored sources, has no commit of its own.
    if !Path::new(".git").exists() {
        return None;
    }
    // Every commit and every checkout writes a line there.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo::rerun-if-changed={log}");
    let said = git(&["show", "--no-patch", "--date=short", "--abbrev=10", "--format=%h %cd", "HEAD"])?;
    let (commit, day) = said.split_once(' ')?;
    Some((commit.to_owned(), day.to_owned()))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
