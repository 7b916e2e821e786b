//! AWS on loopback, with TLS and with IAM: the launcher of `tests/emulator`, and what it can be told.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::aws::Aws;
use crate::process::{self, LOOK};
use crate::tls::Tls;

/// How long it may take to start.
const START: Duration = Duration::from_mins(1);

/// An AWS of our own, empty at first. It ends when this is dropped, and when the test dies in any other way.
#[derive(Debug)]
pub struct Emulator {
    process: Child,
    plain_port: u16,
    port: u16,
    aws: Aws,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Emulator {
    /// Starts one that looks at IAM policies, at two free ports: with TLS and without.
    ///
    /// # Panics
    ///
    /// If it is not installed.
    pub fn start(tls: &Tls) -> Self {
        let python = process::root().join("target/emulator/bin/python");
        assert!(python.is_file(), "no emulator at {}: run `scripts/emulator --install`", python.display());
        let folder = tempfile::tempdir().expect("a folder can be made");
        let [plain, secure] = ["port", "tls-port"].map(|name| folder.path().join(name));
        let mut command = process::bound_to_us("KILL", python);
        command.arg(process::root().join("tests/emulator"));
        command.args(["--port", "0", "--stdin", "--quiet", "--port-file"]).arg(&plain);
        command.arg("--tls").arg(tls.certificate()).arg(tls.key()).arg("--tls-port-file").arg(&secure);
        let mut process = process::start(with_input(command));
        let plain_port = wait_for_port(&plain, &mut process);
        let port = wait_for_port(&secure, &mut process);
        let aws = Aws::root(&format!("https://127.0.0.1:{port}"), tls);
        Self { process, plain_port, port, aws, http: tls.http_client(), _folder: folder }
    }

    /// The address with TLS.
    pub fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The address without TLS, the only one that `infra` takes for an emulator.
    pub fn plain_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.plain_port)
    }

    /// Access as the account's root, with TLS.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Replaces the rules about faults; `tests/emulator/README.md` says what a rule can be.
    pub async fn faults(&self, rules: &Value) {
        self.control("PUT", "/_faults", Some(rules)).await;
    }

    /// Adds rules about faults.
    pub async fn add_faults(&self, rules: &Value) {
        self.control("POST", "/_faults", Some(rules)).await;
    }

    /// Takes all rules about faults away.
    pub async fn clear_faults(&self) {
        self.control("DELETE", "/_faults", None).await;
    }

    /// The faults that happened, in order.
    pub async fn fired(&self) -> Vec<Value> {
        list(self.control("GET", "/_faults", None).await, "fired")
    }

    /// The last 10,000 calls, in order: service, action, region, accessKey, status and fault of each.
    pub async fn calls(&self) -> Vec<Value> {
        list(self.control("GET", "/_calls", None).await, "calls")
    }

    /// How often an action was called, as `sns:Publish`.
    pub async fn count(&self, action: &str) -> u64 {
        self.control("GET", "/_calls", None).await["counts"][action].as_u64().unwrap_or_default()
    }

    /// Forgets the calls.
    pub async fn forget_calls(&self) {
        self.control("DELETE", "/_calls", None).await;
    }

    /// Adds a time to every call.
    pub async fn latency(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).expect("a short time");
        self.control("PUT", "/_settings", Some(&json!({ "latency": milliseconds }))).await;
    }

    /// What the emulator itself answers.
    async fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let method = method.parse().expect("the method is one of HTTP");
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = self.http.request(method, format!("{}{path}", self.endpoint())).body(body);
        let answer = request.send().await.expect("the emulator answers");
        let (status, text) = (answer.status(), answer.text().await.expect("the answer comes whole"));
        assert!(status.is_success(), "{path}: {text}");
        serde_json::from_str(&text).expect("the answer is JSON")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.process.stdin.take());
        if process::wait(&mut self.process, Duration::from_secs(5)).is_none() {
            // It may be gone already, which is as good.
            self.process.kill().ok();
            self.process.wait().ok();
        }
    }
}

fn with_input(mut command: std::process::Command) -> std::process::Command {
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    command
}

fn list(mut report: Value, key: &str) -> Vec<Value> {
    let Value::Array(list) = report[key].take() else { panic!("{key} is no list") };
    list
}

fn wait_for_port(file: &Path, process: &mut Child) -> u16 {
    let start = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(file) {
            return text.trim().parse().expect("the file holds a port");
        }
        let ended = process.try_wait().expect("the process is ours");
        assert!(ended.is_none(), "the emulator ended at once; its message is above");
        assert!(start.elapsed() < START, "the emulator is not ready after {START:?}");
        sleep(LOOK);
    }
}
