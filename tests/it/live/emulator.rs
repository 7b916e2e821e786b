//! The emulator as a test has it, and that it does what the other tests rely on.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::project::root;

/// How long an emulator may take to start; most of it is for the fault proxy.
const START: Duration = Duration::from_mins(1);
/// How long a stack may take here.
const STACK: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);

/// AWS on a free port of loopback, empty. It ends when this is dropped, and when the test dies in any other way:
/// it reads its standard input, which ends with us.
pub(crate) struct Emulator {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Emulator {
    /// Starts one that answers as fast as it can.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one with options of `scripts/emulator`.
    pub(crate) fn with(options: &[&str]) -> Self {
        let python = root().join("target/emulator/bin/python");
        assert!(
            python.is_file(),
            "no emulator at {}: run `scripts/emulator --install` or scripts/test",
            python.display()
        );
        let folder = tempfile::tempdir().expect("a folder can be made");
        let port_file = folder.path().join("port");
        let mut process = Command::new(python)
            .arg(root().join("tests/emulator"))
            .args(["--port", "0", "--stdin", "--quiet", "--port-file"])
            .arg(&port_file)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the emulator starts");
        let port = wait_for_port(&port_file, &mut process);
        Self { process, port, _folder: folder }
    }

    /// The address for `endpoint-url`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Gives a command this AWS and nothing else: the account of the environment `local`, and no settings of the user.
    pub(crate) fn credentials<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("AWS_ENDPOINT_URL", self.endpoint())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// Forgets everything: stacks, rules, calls and settings.
    pub(crate) fn reset(&self) {
        self.control("POST", "/_reset", None);
    }

    /// Forgets the calls.
    pub(crate) fn forget_calls(&self) {
        self.control("DELETE", "/_calls", None);
    }

    /// Replaces the rules about faults; `tests/emulator/faults.py` says what a rule can be.
    pub(crate) fn faults(&self, rules: &Value) {
        self.control("PUT", "/_faults", Some(rules));
    }

    /// The kinds of the faults that happened, in order.
    pub(crate) fn fired(&self) -> Vec<String> {
        let report = self.control("GET", "/_faults", None);
        let fired = report["fired"].as_array().expect("a list");
        fired.iter().map(|fault| fault["kind"].as_str().expect("a kind").to_owned()).collect()
    }

    /// The calls since the start, in order: service, action, region, accessKey, status and fault of each.
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.control("GET", "/_calls", None)["calls"].as_array().expect("a list").clone()
    }

    /// How often an action was called, as `cloudformation:DescribeStacks`.
    pub(crate) fn count(&self, action: &str) -> u64 {
        self.control("GET", "/_calls", None)["counts"][action].as_u64().unwrap_or_default()
    }

    /// Changes settings while it runs: latency, stack-time, resource-time, certificates, tokens.
    pub(crate) fn settings(&self, settings: &Value) {
        self.control("PUT", "/_settings", Some(settings));
    }

    /// Asks CloudFormation something, and returns status and XML. `None`: the connection ended without an answer.
    pub(crate) fn cloudformation(&self, region: &str, action: &str, parameters: &[(&str, &str)]) -> Option<Answer> {
        self.cloudformation_of("test", region, action, parameters)
    }

    /// Asks as an access key: `test`, or the number of an account.
    pub(crate) fn cloudformation_of(
        &self,
        key: &str,
        region: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Option<Answer> {
        self.query(key, ("cloudformation", "2010-05-15", region), action, parameters)
    }

    /// Asks a service whose requests are forms.
    pub(crate) fn query(
        &self,
        key: &str,
        (service, version, region): (&str, &str, &str),
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Option<Answer> {
        let mut body = format!("Action={action}&Version={version}");
        for (key, value) in parameters {
            body += &format!("&{key}={}", encode(value));
        }
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.ask_as((key, service, region), ("POST", "/"), form, body.as_bytes())
    }

    /// Asks a service something; the headers end with a line break each.
    pub(crate) fn ask(
        &self,
        (service, region): (&str, &str),
        (method, path): (&str, &str),
        headers: &str,
        body: &[u8],
    ) -> Option<Answer> {
        self.ask_as(("test", service, region), (method, path), headers, body)
    }

    fn ask_as(
        &self,
        (key, service, region): (&str, &str, &str),
        (method, path): (&str, &str),
        headers: &str,
        body: &[u8],
    ) -> Option<Answer> {
        // The emulator looks at whose key it is, and believes the rest.
        let scope = format!("{key}/20260101/{region}/{service}/aws4_request");
        let headers = format!(
            "{headers}X-Amz-Date: 20260101T000000Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=00\r\n"
        );
        self.exchange(method, path, &headers, body)
    }

    /// Creates a stack and waits for its end.
    pub(crate) fn create_stack(&self, region: &str, name: &str, template: &str) -> String {
        let parameters = [("StackName", name), ("TemplateBody", template)];
        let answer = self.cloudformation(region, "CreateStack", &parameters).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.settled(region, name)
    }

    /// Deletes a stack as somebody else does, and waits until it is gone.
    pub(crate) fn delete_stack(&self, region: &str, name: &str) {
        let answer = self.cloudformation(region, "DeleteStack", &[("StackName", name)]).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let start = Instant::now();
        while self.stack_status(region, name).is_some_and(|status| status != "DELETE_COMPLETE") {
            assert!(start.elapsed() < Duration::from_secs(20), "{name} is not deleted");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The state of a stack once nothing is in progress any more.
    pub(crate) fn settled(&self, region: &str, name: &str) -> String {
        let start = Instant::now();
        loop {
            let status = self.stack_status(region, name).unwrap_or_else(|| panic!("no stack {name}"));
            if !status.ends_with("_IN_PROGRESS") {
                return status;
            }
            assert!(start.elapsed() < STACK, "{name} is still {status}");
            sleep(LOOK);
        }
    }

    /// The state of a stack now.
    pub(crate) fn stack_status(&self, region: &str, name: &str) -> Option<String> {
        let answer = self.cloudformation(region, "DescribeStacks", &[("StackName", name)]).expect("an answer");
        element(&answer.body, "StackStatus").map(str::to_owned)
    }

    /// What the emulator itself answers.
    fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.exchange(method, path, "", body.as_bytes()).expect("an answer");
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("the answer is JSON")
    }

    /// One request on a connection of its own.
    fn exchange(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the emulator listens");
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{headers}", self.port);
        write!(request, "Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()).expect("text can be written");
        stream.write_all(&[request.as_bytes(), body].concat()).ok()?;
        let mut answer = Vec::new();
        // A reset is no answer; what came before it is none either.
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let body = match length {
            Some(length) => body.get(..length.trim().parse().ok()?)?.to_owned(),
            None => unchunked(body)?,
        };
        Some(Answer { status, body })
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The end of its input ends it, and with it the proxy that it may have started.
        drop(self.process.stdin.take());
        let start = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if start.elapsed() > Duration::from_secs(5) {
                // It may be gone already, which is as good.
                self.process.kill().ok();
            }
            sleep(LOOK);
        }
    }
}

/// An answer of HTTP.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The text of the first element of a name.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text)
}

fn wait_for_port(file: &Path, process: &mut Child) -> u16 {
    let start = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(file) {
            return text.trim().parse().expect("the file holds a port");
        }
        if let Some(status) = process.try_wait().expect("the emulator is our child") {
            panic!("the emulator ended at once: {status}; its message is above");
        }
        assert!(start.elapsed() < START, "the emulator is not ready after {START:?}");
        sleep(LOOK);
    }
}

/// A body that was sent in chunks, if all of it came.
fn unchunked(mut body: &str) -> Option<String> {
    let mut text = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n")?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(text);
        }
        text += rest.get(..size)?;
        body = rest.get(size..)?.strip_prefix("\r\n")?;
    }
}

/// A value of a form.
fn encode(value: &str) -> String {
    value.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => encoded.push(byte.into()),
            _ => write!(encoded, "%{byte:02X}").expect("text can be written"),
        }
        encoded
    })
}

const REGION: &str = "eu-west-1";
const QUEUE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;

#[test]
fn a_stack_of_the_platform_is_deployed_found_and_forgotten() {
    let aws = Emulator::start();
    let template = root().join("snapshots/orders/local/stacks/dns.eu-west-1.template.json");
    let template = fs::read_to_string(template).expect("the template is there");
    assert_eq!(aws.create_stack(REGION, "dns", &template), "CREATE_COMPLETE");
    let answer = aws.cloudformation(REGION, "DescribeStacks", &[("StackName", "dns")]).expect("an answer");
    assert_eq!(element(&answer.body, "OutputKey"), Some("ZoneMainNameServers"), "{}", answer.body);
    assert_eq!(aws.stack_status("us-east-1", "dns"), None, "a stack is in one region");

    assert_eq!(aws.count("cloudformation:CreateStack"), 1);
    let first = &aws.calls()[0];
    assert_eq!(
        ["service", "action", "region", "accessKey"].map(|key| &first[key]),
        ["cloudformation", "CreateStack", REGION, "test"]
    );
    aws.reset();
    assert_eq!((aws.calls().len(), aws.stack_status(REGION, "dns")), (0, None));
}

#[test]
fn a_fault_fires_exactly_as_often_as_its_rule_says() {
    let aws = Emulator::start();
    aws.faults(&json!([
        { "service": "cloudformation", "action": "ListStacks", "kind": "throttling", "skip": 1, "times": 2 },
        { "service": "cloudformation", "action": "ListExports", "kind": "error", "status": 503 },
        { "service": "route53", "kind": "prior-request-not-complete" },
    ]));
    let ask = |action| {
        let answer = aws.cloudformation(REGION, action, &[]).expect("an answer");
        (answer.status, element(&answer.body, "Code").map(str::to_owned))
    };
    let throttled = (400, Some("Throttling".to_owned()));
    let all = [(); 4].map(|()| ask("ListStacks"));
    assert_eq!(all, [(200, None), throttled.clone(), throttled, (200, None)]);
    assert_eq!(ask("ListExports"), (503, Some("ServiceUnavailable".to_owned())));
    assert_eq!(ask("ListExports"), (200, None));
    assert_eq!(aws.fired(), ["throttling", "throttling", "error"]);
    assert_eq!(aws.count("cloudformation:ListStacks"), 4, "calls that failed are calls");
}

#[test]
fn a_lost_answer_was_carried_out_and_a_reset_was_not() {
    let aws = Emulator::start();
    let create = |name| aws.cloudformation(REGION, "CreateStack", &[("StackName", name), ("TemplateBody", QUEUE)]);
    aws.faults(&json!([
        { "action": "CreateStack", "contains": "StackName=lost", "kind": "lost-answer" },
        { "action": "CreateStack", "contains": "StackName=reset", "kind": "reset" },
        { "action": "CreateStack", "contains": "StackName=hung", "kind": "hang", "ms": 50 },
    ]));
    for name in ["lost", "reset", "hung"] {
        assert!(create(name).is_none(), "{name} was answered");
    }
    assert_eq!(aws.settled(REGION, "lost"), "CREATE_COMPLETE");
    assert_eq!((aws.stack_status(REGION, "reset"), aws.stack_status(REGION, "hung")), (None, None));
    let again = create("lost").expect("an answer");
    assert_eq!(element(&again.body, "Code"), Some("AlreadyExistsException"));
}

#[test]
fn a_request_is_known_by_its_token() {
    let aws = Emulator::start();
    let create = |token| {
        let parameters = [("StackName", "queue"), ("TemplateBody", QUEUE), ("ClientRequestToken", token)];
        let answer = aws.cloudformation(REGION, "CreateStack", &parameters).expect("an answer");
        (answer.status, element(&answer.body, "StackId").map(str::to_owned))
    };
    let (status, stack) = create("one");
    assert_eq!(status, 200);
    aws.settled(REGION, "queue");
    assert_eq!(create("one"), (200, stack), "the same request");
    assert_eq!(create("two"), (400, None), "another one");
    aws.settings(&json!({ "tokens": "ignored" }));
    assert_eq!(create("one"), (400, None));
}

#[test]
fn operations_take_the_time_that_is_set_and_reads_can_be_stale() {
    let aws = Emulator::with(&["--stack-time", "300"]);
    let parameters = [("StackName", "queue"), ("TemplateBody", QUEUE)];
    aws.cloudformation(REGION, "CreateStack", &parameters).expect("an answer");
    assert_eq!(aws.stack_status(REGION, "queue").as_deref(), Some("CREATE_IN_PROGRESS"));
    assert_eq!(aws.settled(REGION, "queue"), "CREATE_COMPLETE");

    aws.settings(&json!({ "stack-time": 0 }));
    aws.faults(&json!([{ "action": "DescribeStacks", "kind": "stale", "times": 2 }]));
    aws.cloudformation(REGION, "DeleteStack", &[("StackName", "queue")]).expect("an answer");
    let seen = [(); 3].map(|()| aws.stack_status(REGION, "queue"));
    assert_eq!(seen, [Some("CREATE_COMPLETE".to_owned()), Some("CREATE_COMPLETE".to_owned()), None]);
    assert_eq!(aws.stack_status(REGION, "new"), None);
}

#[test]
fn an_emulator_ends_with_its_test() {
    let aws = Emulator::start();
    let port = aws.port;
    let mut command = Command::new("env");
    let output = aws.credentials(command.env_clear()).output().expect("env runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("AWS_ENDPOINT_URL={}", aws.endpoint())));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _aws = aws;
        panic!("as a test that fails");
    }));
    assert!(panicked.is_err());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "it still listens");
}

/// The fault proxy of others, by which faults are not only as we imagine them.
#[test]
fn microburst_in_front_fires_exactly_as_often_as_it_should() {
    let aws = Emulator::with(&["--microburst"]);
    let rules = json!([
        { "service": "cloudformation", "operation": "ListStacks", "times": 2, "error": { "code": "Throttling" } },
        { "service": "cloudformation", "operation": "CreateStack", "times": 1, "response": { "abort_bytes": 0 } },
    ]);
    aws.control("POST", "/_microburst/rules", Some(&rules));
    let code = || {
        let answer = aws.cloudformation(REGION, "ListStacks", &[]).expect("an answer");
        element(&answer.body, "Code").map(str::to_owned)
    };
    let throttled = Some("Throttling".to_owned());
    assert_eq!([(); 4].map(|()| code()), [throttled.clone(), throttled, None, None]);
    let parameters = [("StackName", "lost"), ("TemplateBody", QUEUE)];
    assert!(aws.cloudformation(REGION, "CreateStack", &parameters).is_none());
    assert_eq!(aws.settled(REGION, "lost"), "CREATE_COMPLETE");
    assert_eq!(aws.control("GET", "/_microburst/fired", None).as_array().map(Vec::len), Some(3));
    assert_eq!(aws.count("cloudformation:ListStacks"), 2, "what the proxy refused does not arrive");
}
