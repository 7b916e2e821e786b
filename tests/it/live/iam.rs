//! What is sent is what `infra iam` says is sent.

use std::fmt::Write as _;

use serde_json::Value;

use super::emulator::{Emulator, element};
use crate::project::{ENVIRONMENT, Project, Run, infra};

const STACK: &str = "
hosted-zones: { main: { domain: '${env.domain}' } }
certificates: { web: { domain: '${env.domain}', zones: [main] } }
queues: { jobs: {} }
records: { a: { zone: main, name: 'a.${env.domain}', values: { a: [192.0.2.1] } } }
";

/// A project on an emulator.
pub(super) struct Site {
    pub(super) aws: Emulator,
    pub(super) project: Project,
}

impl Site {
    pub(super) fn new(stack: &str) -> Self {
        let aws = Emulator::start();
        let project = Project::of_stack(stack);
        project.write("infra.yaml", environment(&aws, ""));
        Self { aws, project }
    }

    /// Runs a command, with nothing of the user's.
    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        let mut command = infra();
        command.current_dir(self.project.path()).args(arguments).env("AWS_EC2_METADATA_DISABLED", "true");
        Run::of(&mut command)
    }

    /// Runs a command that must end like this, and holds every request that it sends against the policies that are
    /// printed for some uses.
    fn held(&self, arguments: &[&str], uses: &[&str], code: i32) -> Run {
        let printed = self.run(&[&["iam", "--command"], uses].concat());
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        let policies: Value = serde_json::from_str(&printed.stdout).expect("policies are JSON");
        let before = self.aws.calls().len();
        let run = self.run(arguments);
        assert_eq!(run.code, code, "{arguments:?}\n{}{}", run.stdout, run.stderr);
        let calls = self.aws.calls();
        let sent = calls.get(before..).unwrap_or_default();
        assert!(!sent.is_empty(), "{arguments:?} sent nothing");
        let mut refused = String::new();
        for call in sent {
            let [service, action, region] =
                ["service", "action", "region"].map(|key| call[key].as_str().unwrap_or_default());
            let name = format!("{service}:{action}");
            if !allows(&policies, &name, region) {
                let _ = writeln!(refused, "{name} in {region}");
            }
        }
        assert_eq!(refused, "", "{arguments:?} sends what {uses:?} does not allow");
        run
    }
}

/// The project's file, with more keys of its one environment.
pub(super) fn environment(aws: &Emulator, more: &str) -> String {
    ENVIRONMENT.replace(" }", &format!(", endpoint-url: '{}'{more} }}", aws.endpoint()))
}

/// Whether a statement has the action, and a resource in the region. Which resource, the emulator does not tell.
fn allows(policies: &Value, name: &str, region: &str) -> bool {
    let list = |value: &Value| match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
    };
    let statements = policies.as_object().expect("an object").values();
    statements.flat_map(|policy| policy["Statement"].as_array().expect("statements")).any(|statement| {
        let here = |arn: &String| {
            let part = arn.split(':').nth(3).unwrap_or_default();
            part.is_empty() || part == region
        };
        list(&statement["Action"]).iter().any(|action| action == name) && list(&statement["Resource"]).iter().any(here)
    })
}

#[test]
fn every_command_sends_what_its_policy_allows_and_nothing_else() {
    let site = Site::new(STACK);
    let run = site.held(&["diff"], &["diff"], 2);
    assert!(run.stdout.contains("7 to add"), "{}", run.stdout);
    let sent = site.aws.calls();
    let looks = |call: &Value| {
        let action = call["action"].as_str().unwrap_or_default();
        ["Describe", "Get", "List"].iter().any(|start| action.starts_with(start))
    };
    assert!(sent.iter().all(looks), "diff changes something: {sent:?}");

    site.held(&["apply", "--yes"], &["apply"], 0);
    site.held(&["diff"], &["diff"], 0);
    site.held(&["status"], &["status"], 0);
    site.held(&["outputs"], &["outputs"], 0);
    site.held(&["drift"], &["drift"], 0);
    site.held(&["diff", "--drift"], &["diff", "drift"], 0);

    let changed = STACK.replace("jobs: {}", "jobs: { visibility-timeout: 60 }").replace("192.0.2.1", "192.0.2.2");
    site.project.write("stacks/main.yaml", changed);
    site.held(&["diff", "--change-set", "require"], &["diff", "change-set"], 2);
    let run = site.held(&["apply", "--yes"], &["apply"], 0);
    let name = run.stderr.split("\nrun ").nth(1).and_then(|rest| rest.split(':').next()).expect("a run has a name");
    site.held(&["dns", "undo", name, "--yes"], &["dns"], 0);
    site.held(&["recover"], &["recover"], 0);
    let approve = ["--approve", "data-loss", "dns-deletion"];
    let destroy = [&["destroy", "--yes", "--confirm", "dev"], approve.as_slice()].concat();
    site.held(&destroy, &["destroy"], 0);
    site.held(&["bootstrap", "--yes"], &["bootstrap"], 0);
    site.held(&["bootstrap", "--yes"], &["bootstrap"], 0);
}

#[test]
fn the_roles_of_ci_are_without_findings_and_trust_one_subject_each() {
    let project = Project::of_stack(STACK);
    let cases = [
        (vec!["--repository", "shop/orders"], "repo:shop/orders:environment:dev"),
        (vec!["--repository", "shop@1/orders@2"], "repo:shop@1/orders@2:environment:dev"),
        (vec!["--repository", "shop/orders", "--ref", "refs/heads/main"], "repo:shop/orders:ref:refs/heads/main"),
        (
            vec!["--repository", "shop/orders", "--ci-environment", "production", "--existing-provider"],
            "repo:shop/orders:environment:production",
        ),
    ];
    for (arguments, subject) in cases {
        let run = project.run(&[&["iam", "--ci", "github"], arguments.as_slice()].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let template: Value = serde_json::from_str(&run.stdout).expect("a template is JSON");
        let conditions = ["DiffRole", "ApplyRole"].map(|role| {
            let path = format!("/Resources/{role}/Properties/AssumeRolePolicyDocument/Statement/0/Condition");
            template.pointer(&path).expect("a condition").clone()
        });
        for (condition, subject) in conditions.iter().zip([&format!("{}pull_request", prefix(subject)), subject]) {
            let equals = condition["StringEquals"].as_object().expect("exact values");
            assert_eq!(equals["token.actions.githubusercontent.com:sub"], *subject);
            assert_eq!(equals["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com");
            assert_eq!((equals.len(), condition.as_object().map(serde_json::Map::len)), (2, Some(1)));
        }
        assert_eq!(template.pointer("/Resources/Provider").is_none(), arguments.contains(&"--existing-provider"));
        project.write("ci.json", &run.stdout);
        let check = project.run(&["check", "ci.json", "--region", "eu-west-1", "--deny-warnings"]);
        assert_eq!(check.code, 0, "{}{}", check.stdout, check.stderr);
        assert!(check.stdout.contains("no findings"), "{}", check.stdout);
    }
    for (arguments, why) in [
        (vec!["--repository", "shop/*"], "without wildcards"),
        (vec!["--repository", "shop/orders", "--ref", "refs/heads/*"], "one branch or tag"),
        (vec!["--repository", "shop/orders", "--ci-environment", "*"], "one environment"),
        (vec![], "--repository"),
    ] {
        let run = project.run(&[&["iam", "--ci", "github"], arguments.as_slice()].concat());
        assert_eq!(run.code, 64, "{arguments:?}");
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
}

/// A subject up to what says which job it is.
fn prefix(subject: &str) -> String {
    subject.splitn(3, ':').take(2).fold(String::new(), |text, part| text + part + ":")
}

/// The policies as IAM takes them, by an emulator that looks at them for the calls themselves.
#[test]
fn who_has_the_printed_policies_can_do_that_and_no_more() {
    let site = Site::new(STACK);
    // Real credentials are not for an emulator that the project names; here it is AWS.
    let real = ENVIRONMENT.replace("111122223333", "000000000000");
    site.project.write("infra.yaml", real);
    let iam = |action: &str, parameters: &[(&str, &str)]| {
        let answer = site.aws.query("test", ("iam", "2010-05-08", "us-east-1"), action, parameters);
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        answer.body
    };
    iam("CreateUser", &[("UserName", "ci")]);
    let key = iam("CreateAccessKey", &[("UserName", "ci")]);
    let [id, secret] = ["AccessKeyId", "SecretAccessKey"].map(|name| element(&key, name).expect("a key").to_owned());
    let run = |arguments: &[&str]| {
        let mut command = infra();
        site.aws.credentials(command.current_dir(site.project.path()).args(arguments));
        Run::of(command.env("AWS_ACCESS_KEY_ID", &id).env("AWS_SECRET_ACCESS_KEY", &secret))
    };
    let allow = |name: &str, prefix: &str| {
        let printed = run(&["iam", "--command", name]).stdout.replace("shop-dev-", prefix);
        let policies: Value = serde_json::from_str(&printed).expect("policies are JSON");
        for (name, document) in policies.as_object().expect("an object") {
            let made = iam("CreatePolicy", &[("PolicyName", name), ("PolicyDocument", &document.to_string())]);
            let arn = element(&made, "Arn").expect("an ARN");
            iam("AttachUserPolicy", &[("UserName", "ci"), ("PolicyArn", arn)]);
        }
    };
    let refused = run(&["diff"]);
    assert_eq!(refused.code, 1, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("AccessDenied"), "{}", refused.stderr);
    allow("diff", "shop-dev-");
    let looked = run(&["diff"]);
    assert_eq!(looked.code, 2, "{}{}", looked.stdout, looked.stderr);
    let refused = run(&["apply", "--yes"]);
    assert_eq!(refused.code, 1, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("cloudformation:CreateChangeSet"), "{}", refused.stderr);
    // The same for another environment is not enough.
    allow("apply", "shop-staging-");
    let refused = run(&["apply", "--yes"]);
    assert_eq!(refused.code, 1, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("AccessDenied"), "{}", refused.stderr);
    allow("apply", "shop-dev-");
    let applied = run(&["apply", "--yes"]);
    assert_eq!(applied.code, 0, "{}{}", applied.stdout, applied.stderr);
    assert_eq!(run(&["diff"]).code, 0);
}
