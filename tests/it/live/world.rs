//! A small project on an emulator, with what a run can be disturbed in: two regions, values that flow, records.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::emulator::{Emulator, element};
use crate::project::{Project, infra};

/// Its files; the first is written with the emulator's address.
pub(super) const STACKS: [(&str, &str); 7] = [
    ("infra.yaml", ""),
    ("stacks/dns.yaml", "hosted-zones: { main: { domain: '${env.domain}' } }\n"),
    (
        "stacks/messaging.yaml",
        "queues: { jobs: {}, mail: {} }\ntopics: { events: { subscriptions: { jobs: { queue: jobs } } } }\n",
    ),
    (
        "stacks/app.yaml",
        "raw:\n  jobs: { type: 'AWS::SSM::Parameter', properties: { Type: String, Value: { Ref: messaging.QueueJobs } } }\n",
    ),
    ("stacks/far.yaml", "region: us-east-1\ntopics: { far: {} }\n"),
    (
        "stacks/near.yaml",
        "raw:\n  near: { type: 'AWS::SSM::Parameter', properties: { Type: String, Value: { Ref: far.TopicFar } } }\n",
    ),
    (
        "stacks/names.yaml",
        "records:\n  a: { zone: dns.main, name: 'a.${env.domain}', values: { a: [192.0.2.1] } }\n  b: { zone: dns.main, name: 'b.${env.domain}', values: { a: [192.0.2.2] } }\n",
    ),
];

/// The project and its emulator.
pub(super) struct World {
    pub(super) emulator: Emulator,
    pub(super) project: Project,
}

impl World {
    pub(super) fn new() -> Self {
        let emulator = Emulator::with(&["--stack-time", "20"]);
        let world = Self { project: Project::new(&STACKS), emulator };
        world.protect(false);
        world
    }

    /// Writes the environment, protected or not.
    pub(super) fn protect(&self, protected: bool) {
        let yaml = format!(
            "project: shop\nenvironments:\n  dev: {{ account: \"000000000000\", region: eu-west-1, domain: dev.example.com, \
             endpoint-url: {}, protected: {protected} }}\n",
            self.emulator.endpoint()
        );
        self.project.write("infra.yaml", yaml);
    }

    /// Forgets everything that was deployed, and every run.
    pub(super) fn anew(&self) {
        self.emulator.reset();
        self.emulator.settings(&serde_json::json!({ "stack-time": 20 }));
        let _ = fs::remove_dir_all(self.project.path().join(".infra"));
    }

    pub(super) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = infra();
        command.current_dir(self.project.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("infra starts")
    }

    /// Runs to the end.
    pub(super) fn run(&self, arguments: &[&str]) {
        let run = self.project.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}{}", run.stdout, run.stderr);
    }

    pub(super) fn journals(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.project.path().join(".infra/runs")).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths
    }

    /// Everything is as after an undisturbed run, and nothing was done twice.
    pub(super) fn is_whole(&self, starts: &str, context: &str) {
        let diff = self.project.run(&["diff"]);
        assert_eq!(diff.code, 0, "{context}: {}{}", diff.stdout, diff.stderr);
        for (name, region) in NAMES {
            assert_eq!(self.starts(name, region, starts), 1, "{context}: {starts} of {name}");
            let sets =
                self.emulator.cloudformation(region, "ListChangeSets", &[("StackName", name)]).expect("an answer");
            let open = sets.body.matches("<ExecutionStatus>AVAILABLE</ExecutionStatus>").count();
            assert_eq!(open, 0, "{context}: {}", sets.body);
        }
    }

    /// How often an operation of the stack began.
    pub(super) fn starts(&self, name: &str, region: &str, status: &str) -> usize {
        let mut found = 0;
        let mut next = String::new();
        loop {
            let mut parameters = vec![("StackName", name)];
            if !next.is_empty() {
                parameters.push(("NextToken", &next));
            }
            let page = self.emulator.cloudformation(region, "DescribeStackEvents", &parameters).expect("an answer");
            for event in page.body.split("<member>").skip(1) {
                let of_stack = element(event, "LogicalResourceId") == Some(name);
                found += usize::from(of_stack && element(event, "ResourceStatus") == Some(status));
            }
            match element(&page.body, "NextToken") {
                Some(token) => token.clone_into(&mut next),
                None => return found,
            }
        }
    }
}

/// The stacks of the project.
pub(super) const NAMES: [(&str, &str); 6] = [
    ("shop-dev-dns", "eu-west-1"),
    ("shop-dev-messaging", "eu-west-1"),
    ("shop-dev-app", "eu-west-1"),
    ("shop-dev-near", "eu-west-1"),
    ("shop-dev-far", "us-east-1"),
    ("shop-dev-owned", "eu-west-1"),
];

/// Applies without a question.
pub(super) const APPLY: [&str; 4] = ["apply", "--yes", "--progress", "plain"];
