//! `scripts/deploy-by-hand` on the bundled project: what it would run, in which order and with which values.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::project::{Run, infra, root};

#[test]
fn every_stack_is_deployed_after_its_producers_with_every_parameter_filled() {
    let out = tempfile::tempdir().expect("a folder can be made");
    let run = Run::of(infra().arg("synth").arg("--project").arg(root()).arg("--out").arg(out.path()));
    assert_eq!(run.code, 0, "{}", run.stderr);
    for environment in ["dev", "staging", "prod"] {
        let folder = out.path().join(environment);
        let manifest = manifest(&folder);
        let run = dry_run(&folder, &[]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{environment}");
        let deployed = deployments(&run.stdout);
        let stacks = manifest["stacks"].as_array().expect("stacks");
        assert_eq!(deployed.len(), stacks.len(), "{environment}");
        for stack in stacks {
            let (position, command) = &deployed[text(&stack["name"])];
            for producer in stack["dependsOn"].as_array().expect("names") {
                let (before, _) = &deployed[text(producer)];
                assert!(before < position, "{producer} comes after {}", stack["name"]);
            }
            let template = fs::read(folder.join(text(&stack["template"]))).expect("the template is there");
            let template: Value = serde_json::from_slice(&template).expect("the template is JSON");
            for parameter in template["Parameters"].as_object().into_iter().flat_map(|parameters| parameters.keys()) {
                let source = &stack["parameters"][parameter];
                let [stack, region, output] = ["stack", "region", "output"].map(|key| text(&source[key]));
                let value = format!("{parameter}=${{output:{stack}@{region}:{output}}}");
                assert!(command.contains(&value), "no {value} in {command}");
            }
        }
        assert!(run.stdout.contains("route53 change-resource-record-sets"), "{environment}");
        assert!(!run.stdout.contains("kubectl"), "{environment}");
        assert!(!folder.with_extension("filled").exists(), "a dry run writes nothing");
    }
}

#[test]
fn one_stack_can_be_named_and_an_unknown_one_is_refused() {
    let out = tempfile::tempdir().expect("a folder can be made");
    let run = Run::of(infra().args(["synth", "--env", "prod", "--project"]).arg(root()).arg("--out").arg(out.path()));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let folder = out.path().join("prod");
    // The stack and its part in us-east-1 go by one name.
    let run = dry_run(&folder, &["--only", "edge"]);
    assert_eq!(
        deployments(&run.stdout).into_keys().collect::<Vec<_>>(),
        ["orders-prod-edge", "orders-prod-edge-us-east-1"]
    );
    assert_eq!(run.stdout.matches("--enable-termination-protection").count(), 2);
    let run = dry_run(&folder, &["--only", "egde"]);
    assert_eq!((run.code, run.stderr.trim()), (1, "no such stack: egde"));
}

fn manifest(folder: &Path) -> Value {
    let bytes = fs::read(folder.join("manifest.json")).expect("there is a manifest");
    serde_json::from_slice(&bytes).expect("the manifest is JSON")
}

fn dry_run(folder: &Path, arguments: &[&str]) -> Run {
    let script = root().join("scripts/deploy-by-hand");
    Run::of(Command::new("python3").arg(script).arg(folder).arg("--dry-run").args(arguments))
}

/// Returns place and text of the command that deploys a stack, by the stack's name.
fn deployments(stdout: &str) -> BTreeMap<&str, (usize, &str)> {
    let name = |line: &'_ str| -> Option<usize> { line.find(" --stack-name ").map(|at| at + " --stack-name ".len()) };
    let deploys = stdout.lines().enumerate().filter(|(_, line)| line.contains("cloudformation deploy "));
    deploys
        .map(|(position, line)| {
            let rest = &line[name(line).expect("a deployment names its stack")..];
            (rest.split(' ').next().unwrap_or_default(), (position, line))
        })
        .collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
