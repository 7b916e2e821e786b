//! The kubelet's part: starts a program as its `Deployment` says, and nothing more.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::aws::Aws;
use crate::log::Log;
use crate::platform::Platform;
use crate::process::{self, LOOK, built};
use crate::secrets;

/// Longest that a request takes from the gateway to a program here.
const ON_THE_WAY: Duration = Duration::from_millis(300);

/// Longest that a job takes here.
const TO_ITS_END: Duration = Duration::from_mins(1);

/// Where the things are that a program in the cluster would find elsewhere.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// The deployed platform.
    pub platform: &'a Platform,
    /// Root's access to AWS, by which roles are taken on.
    pub aws: &'a Aws,
    /// Values that replace those of the manifest, for the variables that it has.
    pub replaced: BTreeMap<&'static str, String>,
    /// Variables that every program gets although the manifest has none: what a pod has from its image.
    pub added: BTreeMap<&'static str, String>,
}

/// What a program is started with.
#[derive(Debug)]
pub struct Environment {
    /// Name of the deployment.
    pub name: String,
    /// Name of the program, which is the last part of the image's name.
    pub binary: String,
    /// Every variable.
    pub variables: BTreeMap<String, String>,
    /// The free port that stands for each port of the container, by its name.
    pub ports: BTreeMap<String, u16>,
    container: Value,
    pod: Value,
    _folder: tempfile::TempDir,
}

/// How a program ended that was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, within its grace period.
    InTime(ExitStatus),
    /// It was killed when its grace period was over.
    Killed,
}

/// A program that runs.
#[derive(Debug)]
pub struct Program {
    environment: Environment,
    child: Child,
    log: Log,
    http: reqwest::Client,
}

impl Environment {
    /// What the manifest of a deployment says, with `overrides` by the test.
    pub async fn of(around: &Surroundings<'_>, name: &str, overrides: &[(&str, &str)]) -> Self {
        Self::of_object(around, around.platform.object("Deployment", name), name, overrides).await
    }

    /// What the manifest of a job says, whose name begins with that of its service account.
    pub async fn of_job(around: &Surroundings<'_>, name: &str, overrides: &[(&str, &str)]) -> Self {
        let is_it = |job: &&Value| job["spec"]["template"]["spec"]["serviceAccountName"] == name;
        let job = around.platform.objects("Job").find(is_it).unwrap_or_else(|| panic!("there is no job {name}"));
        Self::of_object(around, job, name, overrides).await
    }

    async fn of_object(around: &Surroundings<'_>, object: &Value, name: &str, overrides: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("order-tests-pod").tempdir().expect("a folder can be made");
        let pod = object["spec"]["template"]["spec"].clone();
        let [container] = list(&pod["containers"]) else { panic!("{name} has several containers") };
        let account = text(&pod["serviceAccountName"]);
        let role = around.aws.assume(&around.platform.role_of(account), name).await;
        let folders = mounts(around.platform, &pod, container, &role, &folder).await;
        let ports = container["ports"].as_array().into_iter().flatten().map(|port| {
            let number = port["containerPort"].as_u64().expect("a port is a number");
            (text(&port["name"]).to_owned(), (number.to_string(), process::free_port()))
        });
        let ports: BTreeMap<String, (String, u16)> = ports.collect();

        let mut variables = BTreeMap::new();
        for variable in list(&container["env"]) {
            let name = text(&variable["name"]);
            // Only a plain value is known here; `valueFrom` would be something new.
            let mut value = around.platform.resolve(text(&variable["value"]));
            if let Some(replaced) = around.replaced.get(name) {
                value.clone_from(replaced);
            } else if name == "PORT" || name.ends_with("_PORT") && name != "DB_PORT" {
                let port = ports.values().find(|(number, _)| *number == value);
                let (_, port) = port.unwrap_or_else(|| panic!("{name}={value} is no port of the container"));
                value = port.to_string();
            } else if let Some((mount, there)) = folders.iter().find(|(mount, _)| is_below(&value, mount)) {
                value = value.replacen(mount.as_str(), there, 1);
            }
            variables.insert(name.to_owned(), value);
        }
        let credentials = role.credentials();
        let mut own = around.added.clone();
        own.insert("AWS_ACCESS_KEY_ID", credentials.access_key_id().to_owned());
        own.insert("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key().to_owned());
        own.insert("AWS_SESSION_TOKEN", credentials.session_token().unwrap_or_default().to_owned());
        variables.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        variables.extend(overrides.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let image = text(&container["image"]).rsplit('/').next().unwrap_or_default();
        let binary = image.split_once(':').map_or(image, |(binary, _)| binary).to_owned();
        let ports = ports.into_iter().map(|(name, (_, port))| (name, port)).collect();
        let (name, container) = (name.to_owned(), container.clone());
        Self { name, binary, variables, ports, container, pod, _folder: folder }
    }

    /// How long the program may take to end after SIGTERM: Kubernetes counts the wait before it in, which is not slept
    /// here.
    pub fn grace(&self) -> Duration {
        let whole = self.pod["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
        let wait = self.container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap_or_default();
        Duration::from_secs(whole.saturating_sub(wait))
    }

    /// How long Kubernetes waits between taking a pod out of its services and SIGTERM, so that requests that are on their
    /// way to it arrive. On loopback they need less.
    pub fn wait(&self) -> Duration {
        let wait = self.container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap_or_default();
        Duration::from_secs(wait).min(ON_THE_WAY)
    }

    /// How long the program may take to be ready: what the startup probe allows.
    pub fn start_time(&self) -> Duration {
        let probe = &self.container["startupProbe"];
        let number = |key: &str, default| probe[key].as_u64().unwrap_or(default);
        Duration::from_secs(number("periodSeconds", 10) * number("failureThreshold", 3))
    }

    /// The address that a probe asks, and its time-out.
    fn probe(&self, name: &str) -> (String, Duration) {
        let probe = &self.container[name];
        let (path, port) = (text(&probe["httpGet"]["path"]), text(&probe["httpGet"]["port"]));
        let port = self.ports.get(port).unwrap_or_else(|| panic!("{name} asks port {port}, which there is not"));
        let wait = probe["timeoutSeconds"].as_u64().unwrap_or(1);
        (format!("http://127.0.0.1:{port}{path}"), Duration::from_secs(wait))
    }
}

impl Program {
    /// Starts a program, which need not be ready.
    pub fn start(environment: Environment, log: &Log) -> Self {
        let mut command = process::bound_to_us("KILL", built(&environment.binary));
        let arguments = environment.container["args"].as_array().map_or(&[][..], Vec::as_slice);
        command.args(arguments.iter().map(text)).current_dir("/");
        command.env_clear().envs(&environment.variables);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process::start(command);
        let id = child.id();
        log.follow(&environment.name, id, child.stdout.take().expect("the output is ours"));
        log.follow(&environment.name, id, child.stderr.take().expect("the output is ours"));
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        Self { environment, child, log: log.clone(), http }
    }

    /// Waits until the readiness probe is answered, as long as the startup probe allows. Asks more often than they say,
    /// so that tests need not wait.
    pub async fn ready(&mut self) {
        let start = Instant::now();
        while !self.is_ready().await {
            let ended = self.child.try_wait().expect("the process is ours");
            let name = &self.environment.name;
            assert!(ended.is_none(), "{name} ended: {ended:?}\n{}", self.log.tail(name));
            let late = start.elapsed() > self.environment.start_time();
            assert!(!late, "{name} is not ready:\n{}", self.log.tail(name));
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether the readiness probe succeeds now.
    pub async fn is_ready(&self) -> bool {
        self.ask("readinessProbe").await
    }

    /// Whether the liveness probe succeeds now.
    pub async fn is_alive(&self) -> bool {
        self.ask("livenessProbe").await
    }

    /// What the readiness probe is answered: status and text.
    ///
    /// # Panics
    ///
    /// If there is no answer.
    pub async fn readiness(&self) -> (u16, String) {
        let (url, wait) = self.environment.probe("readinessProbe");
        let answer = self.http.get(url).timeout(wait).send().await.expect("the probe is answered");
        (answer.status().as_u16(), answer.text().await.expect("the answer is text"))
    }

    async fn ask(&self, probe: &str) -> bool {
        let (url, wait) = self.environment.probe(probe);
        let answer = self.http.get(url).timeout(wait).send().await;
        answer.is_ok_and(|answer| (200..400).contains(&answer.status().as_u16()))
    }

    /// Name of its deployment.
    pub fn name(&self) -> &str {
        &self.environment.name
    }

    /// What it was started with.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The address of a port by its name, such as `http`.
    pub fn address(&self, port: &str) -> SocketAddr {
        let port = self.environment.ports.get(port).unwrap_or_else(|| panic!("{} has no port {port}", self.name()));
        SocketAddr::from((Ipv4Addr::LOCALHOST, *port))
    }

    /// Bytes of memory that it has now.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most bytes of memory that it ever had.
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// A number of bytes that the kernel knows of it; none once it has ended.
    fn status(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
    }

    /// Whether it runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("the process is ours").is_none()
    }

    /// Waits for its end, as for that of a job; it is killed when that takes too long.
    ///
    /// # Panics
    ///
    /// If it does.
    pub async fn ended(mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the process is ours") {
                return status;
            }
            assert!(start.elapsed() < TO_ITS_END, "{} does not end:\n{}", self.name(), self.log.tail(self.name()));
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Kills it, as when its node is lost.
    pub fn kill(mut self) {
        process::signal(&self.child, Signal::SIGKILL);
        self.child.wait().expect("the process is ours");
    }

    /// Asks it to end, and kills it if it does not in time.
    pub async fn terminate(mut self) -> Ended {
        process::signal(&self.child, Signal::SIGTERM);
        let (start, grace) = (Instant::now(), self.environment.grace());
        while start.elapsed() < grace {
            if let Some(status) = self.child.try_wait().expect("the process is ours") {
                return Ended::InTime(status);
            }
            tokio::time::sleep(LOOK).await;
        }
        process::signal(&self.child, Signal::SIGKILL);
        self.child.wait().expect("the process is ours");
        Ended::Killed
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only if it ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A folder for every volume that is mounted, by the path in the container, filled as the volume says.
async fn mounts(
    platform: &Platform,
    pod: &Value,
    container: &Value,
    role: &Aws,
    folder: &tempfile::TempDir,
) -> BTreeMap<String, String> {
    let mut folders = BTreeMap::new();
    for mount in container["volumeMounts"].as_array().map_or(&[][..], Vec::as_slice) {
        let name = text(&mount["name"]);
        let there = folder.path().join(name);
        fs::create_dir(&there).expect("the folder can be made");
        let volume = list(&pod["volumes"]).iter().find(|volume| volume["name"] == name);
        let volume = volume.unwrap_or_else(|| panic!("there is no volume {name}"));
        if let Some(class) = volume["csi"]["volumeAttributes"]["secretProviderClass"].as_str() {
            secrets::mount(platform, class, role, &there).await;
        } else {
            assert!(volume.get("emptyDir").is_some(), "the volume {volume} is not understood");
        }
        folders.insert(text(&mount["mountPath"]).to_owned(), there.to_string_lossy().into_owned());
    }
    folders
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}
