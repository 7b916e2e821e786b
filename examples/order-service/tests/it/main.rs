//! The program as it is started. (What it does when it runs is tested by `order-tests`.)

#![expect(clippy::expect_used, reason = "these are tests")]

use std::process::{Command, Output};

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_order-service"));
    command.args(arguments).env_clear().envs(environment.iter().copied());
    command.output().expect("it starts")
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let output = run(arguments, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it is JSON")
}

#[test]
fn without_settings_it_says_all_that_are_missing_and_does_not_start() {
    let output = run(&[], &[]);
    let said = String::from_utf8(output.stderr).expect("it is UTF-8");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0), "{said}");
    let contract = json(&["contract"]);
    let required = contract["required"].as_object().expect("variables");
    for name in required.keys() {
        assert!(said.contains(&format!("\n  {name} is not set: ")), "{name}: {said}");
    }
    assert_eq!(said.lines().count(), 1 + required.len(), "{said}");
}

#[test]
fn a_wrong_setting_is_said_with_those_that_are_missing() {
    let output = run(&["serve"], &[("PORT", "http"), ("ORDER_ANSWER", "maybe")]);
    let said = String::from_utf8(output.stderr).expect("it is UTF-8");
    assert!(said.contains("\n  PORT is `http`: invalid digit found in string"), "{said}");
    assert!(said.contains("\n  ORDER_ANSWER is `maybe`: known: accepted, created"), "{said}");
    assert!(said.contains("\n  AWS_REGION is not set: "), "{said}");
}

#[test]
fn the_openapi_document_has_every_route() {
    let document = json(&["openapi"]);
    let paths: Vec<&String> = document["paths"].as_object().expect("paths").keys().collect();
    for path in ["/v1/orders", "/v1/orders/{id}"] {
        assert!(paths.iter().any(|known| *known == path), "{paths:?}");
    }
}
