//! The bucket for templates that are too long for a request.

use std::fmt::Write as _;

use super::emulator::element;
use super::iam::{Site, environment};

const BUCKET: &str = "infra-templates-111122223333-eu-west-1";

/// A stack whose template has more than 51,200 bytes.
fn long() -> String {
    let mut stack = "queues:\n".to_owned();
    for number in 0..60 {
        let _ = writeln!(stack, "  q{number}: {{ visibility-timeout: 30 }}");
    }
    stack
}

#[test]
fn bootstrap_makes_the_bucket_once_and_says_what_to_write() {
    let site = Site::new("queues: { jobs: {} }\n");
    let refused = site.run(&["bootstrap"]);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(refused.stdout.contains("infra-bootstrap"), "{}", refused.stdout);
    for _ in 0..2 {
        let run = site.run(&["bootstrap", "--yes"]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.ends_with(&format!("    template-bucket: {BUCKET}\n")), "{}", run.stdout);
    }
    assert_eq!(site.aws.count("cloudformation:ExecuteChangeSet"), 1);
    assert_eq!(site.status("infra-bootstrap", "EnableTerminationProtection").as_deref(), Some("true"));
    // It is nobody's: what an environment has does not name it.
    assert!(!site.run(&["status"]).stdout.contains("infra-bootstrap"));
    assert_eq!(site.run(&["destroy", "--confirm", "dev", "--yes"]).code, 0);
    assert_eq!(site.status("infra-bootstrap", "StackStatus").as_deref(), Some("CREATE_COMPLETE"));
}

#[test]
fn a_long_template_goes_through_the_bucket_and_without_one_nothing_is_begun() {
    let site = Site::new(&long());
    let run = site.run(&["apply", "--yes"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("`infra bootstrap --env dev` makes a bucket"), "{}", run.stderr);
    assert_eq!(site.aws.count("cloudformation:CreateChangeSet"), 0);

    let run = site.run(&["bootstrap", "--yes"]);
    let line = run.stdout.lines().last().expect("a line").trim().to_owned();
    site.project.write("infra.yaml", environment(&site.aws, &format!(", {line}")));
    let run = site.run(&["apply", "--yes"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(site.aws.count("s3:PutObject"), 1);
    assert_eq!(site.status("shop-dev-main", "StackStatus").as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(site.run(&["diff"]).code, 0);
    // Where the project names it, there is nothing to write.
    assert!(!site.run(&["bootstrap", "--yes"]).stdout.contains("template-bucket:"));
}

impl Site {
    /// An element of what CloudFormation says of a stack, in the account of the environment.
    fn status(&self, stack: &str, name: &str) -> Option<String> {
        let answer = self.aws.cloudformation_of("111122223333", "eu-west-1", "DescribeStacks", &[("StackName", stack)]);
        element(&answer?.body, name).map(str::to_owned)
    }
}
