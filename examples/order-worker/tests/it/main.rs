//! The program as it is started. (What it does when it runs is tested by `order-tests`.)

#![expect(clippy::expect_used, reason = "these are tests")]

use std::process::{Command, Output};

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_order-worker"));
    command.args(arguments).env_clear().envs(environment.iter().copied());
    command.output().expect("it starts")
}

#[test]
fn every_role_says_all_settings_that_are_missing_and_does_not_start() {
    for role in ["payment", "inventory", "email", "intake", "replay"] {
        let contract = run(&["contract", role], &[]);
        let contract: serde_json::Value = serde_json::from_slice(&contract.stdout).expect("it is JSON");
        let output = run(&[], &[("WORKER_ROLE", role)]);
        let said = String::from_utf8(output.stderr).expect("it is UTF-8");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0), "{said}");
        let required = contract["required"].as_object().expect("variables");
        for name in required.keys().filter(|name| *name != "WORKER_ROLE") {
            assert!(said.contains(&format!("\n  {name} is not set: ")), "{role}, {name}: {said}");
        }
        assert_eq!(said.lines().count(), required.len(), "{role}: {said}");
    }
}

#[test]
fn without_or_with_a_wrong_role_that_is_what_is_said() {
    let said = |environment: &[(&str, &str)]| {
        let output = run(&[], environment);
        assert_eq!(output.status.code(), Some(78));
        String::from_utf8(output.stderr).expect("it is UTF-8")
    };
    assert!(said(&[]).contains("\n  WORKER_ROLE is not set: "), "{}", said(&[]));
    let mail = said(&[("WORKER_ROLE", "mail")]);
    assert!(mail.contains("it must be payment, inventory, email, intake or replay"), "{mail}");
}

#[test]
fn the_commands_say_what_they_do_and_refuse_what_they_cannot() {
    let help = String::from_utf8(run(&["dlq", "--help"], &[]).stdout).expect("it is UTF-8");
    for command in ["list", "show", "redrive"] {
        assert!(help.contains(&format!("\n  {command}")), "{help}");
    }
    let wrong = run(&["dlq", "list"], &[]);
    assert_eq!(wrong.status.code(), Some(2), "{}", String::from_utf8_lossy(&wrong.stderr));
}
