//! Nothing outlives a test, however it ends.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use order_tests::emulator::Emulator;
use order_tests::postgres::Postgres;
use order_tests::process;
use order_tests::tls::Tls;

/// Makes [`a_test_that_is_to_die`] start something and wait; without it, it does nothing.
const TOLD: &str = "ORDER_TESTS_IS_TO_DIE";
/// What its processes are told apart by.
const MARK: &str = "processes: ";

/// Ids of the processes that a process started, and that they started.
fn below(id: u32) -> Vec<u32> {
    let children = std::fs::read_dir(format!("/proc/{id}/task")).expect("the process runs").flatten();
    let mut all = Vec::new();
    for thread in children {
        let text = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        for child in text.split_whitespace().filter_map(|child| child.parse().ok()) {
            all.push(child);
            all.extend(below(child));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_is_to_die() {
    if std::env::var_os(TOLD).is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let tls = Tls::generate(folder.path());
    let _all = (Postgres::start(&tls), Emulator::start(&tls));
    let mut program = process::bound_to_us("KILL", "sleep");
    program.arg("600");
    let mut program = process::start(program);
    let all: Vec<String> = below(std::process::id()).iter().map(u32::to_string).collect();
    std::fs::write(std::env::var_os(TOLD).expect("a file"), format!("{MARK}{}\n", all.join(" "))).expect("written");
    // It does not come to an end.
    program.wait().expect("it is ours");
}

#[test]
fn what_a_test_started_ends_when_it_is_killed() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    // What it leaves behind goes with the folder, which PostgreSQL's user must be able to enter.
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("the folder is ours");
    let file = folder.path().join("told");
    let mut command = Command::new(std::env::current_exe().expect("we are a file"));
    command
        .args(["--exact", "orphans::a_test_that_is_to_die"])
        .env(TOLD, &file)
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null());
    let mut other = process::start(command);
    let written = loop {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if text.ends_with('\n') {
            break text;
        }
        assert!(other.try_wait().expect("it is ours").is_none(), "it ended too soon");
        std::thread::sleep(Duration::from_millis(10));
    };
    let ids: Vec<u32> = written.trim().trim_start_matches(MARK).split(' ').filter_map(|id| id.parse().ok()).collect();
    assert!(ids.len() > 5, "PostgreSQL alone has several: {written}");
    other.kill().expect("it runs");
    other.wait().expect("it is ours");
    // A process that nobody waited for yet has ended, too.
    let runs = |id: &u32| {
        let status = std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status"));
        status.is_ok_and(|status| !status.contains("State:\tZ"))
    };
    while ids.iter().any(runs) {
        std::thread::sleep(Duration::from_millis(10));
    }
}
