//! A project and an AWS of its own, the runs of `infra` between them, and what AWS says afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::emulator::{Emulator, element};
use crate::project::{Project, Run, infra, root};

/// Region of the environments here.
pub(crate) const REGION: &str = "eu-west-1";
/// Region of what serves the edge.
pub(crate) const EDGE: &str = "us-east-1";
/// A queue, by its own.
pub(crate) const QUEUE: &str = "queues:\n  jobs: { dead-letter: { enabled: false } }\n";
/// The same queue, with a setting that changes in place.
pub(crate) const SLOWER: &str = "queues:\n  jobs: { dead-letter: { enabled: false }, visibility-timeout: 90 }\n";
/// The queue, and on its fifth line what AWS refuses.
pub(crate) const BROKEN: &str = "\
queues:
  jobs: { dead-letter: { enabled: false } }
raw:
  # A record in a zone that is not there.
  bad:
    type: AWS::Route53::RecordSet
    properties:
      HostedZoneId: Z0000000000000000000
      Name: a.example.com
      Type: TXT
      TTL: '60'
      ResourceRecords: ['\"x\"']
";
/// A parameter that takes the ARN of the queue of stack `main`.
pub(crate) const READER: &str = "\
raw:
  jobs:
    type: AWS::SSM::Parameter
    properties: { Type: String, Name: /shop/jobs, Value: { Fn::GetAtt: [main.QueueJobs, Arn] } }
";
/// A zone with two records.
pub(crate) const ZONE: &str = "\
hosted-zones:
  main: { domain: '${env.domain}' }
records:
  one: { zone: main, name: 'one.${env.domain}', values: { a: [192.0.2.1] } }
  two: { zone: main, name: 'two.${env.domain}', values: { txt: [two] } }
";
/// How long something may take to be seen.
const SOON: Duration = Duration::from_secs(20);

/// A project whose environment is an emulator.
pub(crate) struct Site {
    pub(crate) aws: Emulator,
    pub(crate) project: Project,
}

impl Site {
    /// The bundled platform; its environment here is `local`.
    pub(crate) fn platform() -> Self {
        let aws = Emulator::start();
        let project = Project::new(&[]);
        let settings = fs::read_to_string(root().join("infra.yaml")).expect("the project is there");
        project.write("infra.yaml", settings.replace("http://127.0.0.1:4566", &aws.endpoint()));
        for folder in ["stacks", "overlays"] {
            for entry in fs::read_dir(root().join(folder)).expect("the folder is there") {
                let path = entry.expect("the entry is readable").path();
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                project.write(&format!("{folder}/{name}"), fs::read(path).expect("the file is readable"));
            }
        }
        Self { aws, project }
    }

    /// The project `shop` with the environment `dev` and these stacks.
    pub(crate) fn shop(stacks: &[(&str, &str)]) -> Self {
        Self::with(&[], stacks)
    }

    /// The same on an emulator with options.
    ///
    /// The policies of queues refuse requests without TLS, also those of a test.
    pub(crate) fn with(options: &[&str], stacks: &[(&str, &str)]) -> Self {
        let aws = Emulator::with(&[&["--no-auth"], options].concat());
        let site = Self { aws, project: Project::new(&[]) };
        site.settings("");
        stacks.iter().for_each(|(name, text)| site.stack(name, text));
        site
    }

    /// Writes the environment, with more settings.
    pub(crate) fn settings(&self, more: &str) {
        let url = self.aws.endpoint();
        let text = format!(
            "project: shop\nenvironments:\n  dev:\n    account: \"000000000000\"\n    region: {REGION}\n    \
             domain: dev.example.com\n    endpoint-url: {url}\n{more}"
        );
        self.project.write("infra.yaml", text);
    }

    /// Writes a stack file.
    pub(crate) fn stack(&self, name: &str, text: &str) {
        self.project.write(&format!("stacks/{name}.yaml"), text);
    }

    /// Takes a stack file away.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.project.path().join(format!("stacks/{name}.yaml"))).expect("the file is there");
    }

    /// Runs `infra`, which must end with a code.
    pub(crate) fn run(&self, code: i32, arguments: &[&str]) -> Run {
        let run = self.project.run(arguments);
        assert_eq!(run.code, code, "infra {arguments:?}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    /// Starts `infra` and goes on.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Begun {
        let mut command = infra();
        command.current_dir(self.project.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Begun { child: command.spawn().expect("infra starts") }
    }

    /// What changed something in AWS since the calls were forgotten, in order.
    pub(crate) fn writes(&self) -> Vec<String> {
        const READS: [&str; 4] = ["Describe", "Get", "List", "Detect"];
        let calls = self.aws.calls();
        let text = |call: &Value, key: &str| call[key].as_str().unwrap_or_default().to_owned();
        let named = calls.iter().map(|call| (text(call, "service"), text(call, "action")));
        let writes = named.filter(|(_, action)| !READS.iter().any(|read| action.starts_with(read)));
        writes.map(|(service, action)| format!("{service}:{action}")).collect()
    }

    /// Runs that were written down, oldest first.
    pub(crate) fn runs(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.project.path().join(".infra/runs")) else { return Vec::new() };
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.map(|entry| name(entry.expect("the entry is readable"))).collect();
        names.sort();
        names.iter().map(|name| name.trim_end_matches(".ndjson").to_owned()).collect()
    }

    /// The state of a stack of the home region.
    pub(crate) fn status(&self, stack: &str) -> String {
        self.aws.stack_status(REGION, stack).unwrap_or_default()
    }

    /// Every stack of a region with its state, by name.
    pub(crate) fn stacks(&self, region: &str) -> BTreeMap<String, String> {
        pairs(&self.cloudformation(region, "DescribeStacks", &[]), "StackName", "StackStatus")
    }

    /// The parameters that a stack was given.
    pub(crate) fn parameters(&self, region: &str, stack: &str) -> BTreeMap<String, String> {
        let answer = self.cloudformation(region, "DescribeStacks", &[("StackName", stack)]);
        pairs(&answer, "ParameterKey", "ParameterValue")
    }

    /// What a stack gives out.
    pub(crate) fn outputs(&self, region: &str, stack: &str) -> BTreeMap<String, String> {
        let answer = self.cloudformation(region, "DescribeStacks", &[("StackName", stack)]);
        pairs(&answer, "OutputKey", "OutputValue")
    }

    /// The physical id of a resource.
    pub(crate) fn physical(&self, stack: &str, id: &str) -> String {
        let parameters = [("StackName", stack), ("LogicalResourceId", id)];
        let answer = self.cloudformation(REGION, "DescribeStackResource", &parameters);
        element(&answer, "PhysicalResourceId").unwrap_or_else(|| panic!("no {id}: {answer}")).to_owned()
    }

    /// Whether CloudFormation refuses to delete a stack.
    pub(crate) fn is_protected(&self, stack: &str) -> bool {
        let answer = self.cloudformation(REGION, "DescribeStacks", &[("StackName", stack)]);
        element(&answer, "EnableTerminationProtection") == Some("true")
    }

    /// Names of a stack's change sets that were not executed.
    pub(crate) fn change_sets(&self, stack: &str) -> Vec<String> {
        let answer = self.aws.cloudformation(REGION, "ListChangeSets", &[("StackName", stack)]).expect("an answer");
        let sets = pairs(&answer.body, "ChangeSetName", "ExecutionStatus");
        sets.into_iter().filter(|(_, status)| !status.starts_with("EXECUTE_")).map(|(name, _)| name).collect()
    }

    /// How often each stack began an operation, as its events tell it: all but creation and update by rollback.
    pub(crate) fn operations(&self, stack: &str) -> Vec<String> {
        let answer = self.cloudformation(REGION, "DescribeStackEvents", &[("StackName", stack)]);
        let mut begun = Vec::new();
        for event in answer.split("<member>") {
            let of_stack = element(event, "ResourceType") == Some("AWS::CloudFormation::Stack");
            let status = element(event, "ResourceStatus").unwrap_or_default();
            if of_stack && matches!(status, "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS") {
                begun.push(status.trim_end_matches("_IN_PROGRESS").to_owned());
            }
        }
        begun.reverse();
        begun
    }

    fn cloudformation(&self, region: &str, action: &str, parameters: &[(&str, &str)]) -> String {
        let answer = self.aws.cloudformation(region, action, parameters).expect("an answer");
        assert_eq!(answer.status, 200, "{action} {parameters:?}: {}", answer.body);
        answer.body
    }

    /// Asks a service that speaks JSON.
    pub(crate) fn json(&self, service: &str, action: &str, body: &Value) -> Value {
        let headers = format!("Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: {action}\r\n");
        let answer = self.aws.ask((service, REGION), ("POST", "/"), &headers, body.to_string().as_bytes());
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap_or(Value::Null)
    }

    /// The records of a zone, as `name type values`, in order of their names; aliases by their target.
    pub(crate) fn records(&self, zone: &str) -> Vec<String> {
        let mut path = format!("/2013-04-01/hostedzone/{zone}/rrset");
        let mut found = Vec::new();
        loop {
            let answer = self.aws.ask(("route53", EDGE), ("GET", &path), "", b"").expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.body);
            for set in answer.body.split("<ResourceRecordSet>").skip(1) {
                let [name, kind] = ["Name", "Type"].map(|key| element(set, key).unwrap_or_default());
                let mut values = elements(set, "Value");
                values.extend(elements(set, "DNSName"));
                found.push(format!("{name} {kind} {}", values.join(",").replace("&quot;", "\"")));
            }
            let next = ["NextRecordName", "NextRecordType"].map(|key| element(&answer.body, key));
            let [Some(name), Some(kind)] = next else { break };
            path = format!("/2013-04-01/hostedzone/{zone}/rrset?name={name}&type={kind}");
        }
        found.sort();
        found
    }

    /// Changes a record by hand.
    pub(crate) fn change_record(&self, zone: &str, action: &str, (name, kind, value): (&str, &str, &str)) {
        let value = value.replace('"', "&quot;");
        let body = format!(
            "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch>\
             <Changes><Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type>\
             <TTL>300</TTL><ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords>\
             </ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        let path = format!("/2013-04-01/hostedzone/{zone}/rrset");
        let answer = self.aws.ask(("route53", EDGE), ("POST", &path), "", body.as_bytes()).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// The id of the zone of [`ZONE`].
    pub(crate) fn zone(&self) -> String {
        self.outputs(REGION, "shop-dev-dns").remove("ZoneMainRef").expect("the zone is an output")
    }

    /// The value of the parameter of [`READER`].
    pub(crate) fn read(&self) -> String {
        let answer = self.json("ssm", "AmazonSSM.GetParameter", &serde_json::json!({ "Name": "/shop/jobs" }));
        answer["Parameter"]["Value"].as_str().expect("a value").to_owned()
    }

    /// An attribute of the queue of [`QUEUE`].
    pub(crate) fn queue(&self, attribute: &str) -> String {
        let url = self.physical("shop-dev-main", "QueueJobs");
        let body = serde_json::json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let answer = self.json("sqs", "AmazonSQS.GetQueueAttributes", &body);
        answer["Attributes"][attribute].as_str().unwrap_or_default().to_owned()
    }

    /// Changes the queue by hand.
    pub(crate) fn change_queue(&self, attribute: &str, value: &str) {
        let url = self.physical("shop-dev-main", "QueueJobs");
        let body = serde_json::json!({ "QueueUrl": url, "Attributes": { attribute: value } });
        self.json("sqs", "AmazonSQS.SetQueueAttributes", &body);
    }

    /// Waits until something is so.
    pub(crate) fn until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !so(self) {
            assert!(start.elapsed() < SOON, "it did not come to be that {what}");
            sleep(Duration::from_millis(10));
        }
    }
}

/// A run of `infra` that goes on.
pub(crate) struct Begun {
    child: Child,
}

impl Begun {
    /// Sends a signal, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().expect("kill runs");
        assert!(status.success(), "no signal {name} for {id}");
    }

    /// Waits for the end.
    pub(crate) fn end(self) -> Run {
        let output = self.child.wait_with_output().expect("infra ends");
        let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
        Run { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap_or(-1) }
    }
}

/// Runs git in a folder, as nobody in particular.
pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=test", "-c", "user.email=test@example.com"]).args(arguments);
    let output = command.output().expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The texts of all elements of a name.
fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let parts = xml.split(&format!("<{name}>")).skip(1).collect::<Vec<_>>();
    parts.into_iter().filter_map(|rest| rest.split_once("</").map(|(text, _)| text)).collect()
}

/// Pairs of elements that follow each other.
fn pairs(xml: &str, key: &str, value: &str) -> BTreeMap<String, String> {
    let start = format!("<{key}>");
    let parts = xml.split(&start).skip(1);
    let pair = |rest: &str| Some((rest.split_once("</")?.0.to_owned(), element(rest, value)?.to_owned()));
    parts.filter_map(pair).collect()
}
