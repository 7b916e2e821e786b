//! A real control plane: `etcd` and `kube-apiserver` of the folder that `KUBEBUILDER_ASSETS` names, on free ports of
//! loopback, with certificates made here.
//!
//! What to start them with is what controller-runtime's `envtest` starts them with:
//! <https://github.com/kubernetes-sigs/controller-runtime/tree/main/pkg/internal/testing/controlplane> (read 2026-11-30).
//! No other part of a control plane runs: `super::controller` stands for the controllers, as the kubelet and the scheduler
//! would be missing all the same.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use infra::facts::kubernetes_types::{self as facts, Schema, Tag};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use super::{Answer, Request, Server, User};

/// The variable that names the folder.
const VARIABLE: &str = "KUBEBUILDER_ASSETS";
/// How long a program may take to answer.
const STARTS: Duration = Duration::from_mins(1);
/// Kinds of controllers that the tests have installed.
const CUSTOM: [(&str, &str, &str); 3] = [
    ("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", "secretproviderclasses"),
    ("keda.sh/v1alpha1", "ScaledObject", "scaledobjects"),
    ("keda.sh/v1alpha1", "TriggerAuthentication", "triggerauthentications"),
];

pub(super) struct Real {
    processes: Mutex<Vec<Child>>,
    runtime: tokio::runtime::Runtime,
    client: kube::Client,
    folder: tempfile::TempDir,
    /// What leads to it without a front.
    kubeconfig: Value,
}

impl Drop for Real {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder, if there is one.
pub(super) fn assets() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os(VARIABLE).filter(|value| !value.is_empty())?);
    for program in ["etcd", "kube-apiserver"] {
        assert!(folder.join(program).is_file(), "{VARIABLE}={} has no {program}", folder.display());
    }
    Some(folder)
}

/// What every cluster has, so that no test counts it.
pub(super) fn is_of_every_cluster(kind: &str, namespace: &str, name: &str) -> bool {
    let system = |namespace: &str| matches!(namespace, "kube-system" | "kube-public" | "kube-node-lease");
    match kind {
        "Namespace" => system(name),
        "ServiceAccount" if name == "default" => true,
        "ConfigMap" if name == "kube-root-ca.crt" => true,
        "Service" | "Endpoints" if namespace == "default" && name == "kubernetes" => true,
        "ClusterRole" | "ClusterRoleBinding" | "CustomResourceDefinition" | "APIService" | "StorageClass" | "Pod" => {
            true
        }
        _ => system(namespace),
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

/// Writes what the API server is given: certificates, keys for the tokens of service accounts, the administrator's token.
fn credentials(folder: &Path) -> String {
    let mut authority = rcgen::CertificateParams::new(Vec::<String>::new()).expect("parameters");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(rcgen::DnType::CommonName, "infra tests");
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = authority.self_signed(&key).expect("a certificate");
    let names = ["localhost", "127.0.0.1", "kubernetes", "kubernetes.default.svc"].map(str::to_owned);
    let mut server = rcgen::CertificateParams::new(names).expect("names");
    server.distinguished_name.push(rcgen::DnType::CommonName, "kube-apiserver");
    server.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature, rcgen::KeyUsagePurpose::KeyEncipherment];
    server.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let server_key = rcgen::KeyPair::generate().expect("a key");
    let issuer = rcgen::Issuer::new(authority, key);
    let leaf = server.signed_by(&server_key, &issuer).expect("a certificate");
    let accounts = rcgen::KeyPair::generate().expect("a key");
    let files = [
        ("ca.crt", certificate.pem()),
        ("apiserver.crt", leaf.pem()),
        ("apiserver.key", server_key.serialize_pem()),
        // The public half is read as PKIX, the private one as PKCS#8: the API server's reader takes ECDSA so.
        ("accounts.pub", accounts.public_key_pem()),
        ("accounts.key", accounts.serialize_pem()),
        ("tokens.csv", format!("{},administrator,administrator,\"system:masters\"\n", super::TOKEN)),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("the folder can be written");
    }
    certificate.pem()
}

fn start(program: &Path, folder: &Path, arguments: &[String]) -> Child {
    let name = program.file_name().expect("a name").to_string_lossy().into_owned();
    let log = fs::File::create(folder.join(format!("{name}.log"))).expect("a log can be written");
    let errors = log.try_clone().expect("a file can be shared");
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(log).stderr(errors);
    command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()))
}

/// What etcd is started with.
fn etcd(folder: &Path, port: u16) -> Vec<String> {
    let url = format!("http://127.0.0.1:{port}");
    vec![
        format!("--data-dir={}", folder.join("etcd").display()),
        format!("--listen-client-urls={url}"),
        format!("--advertise-client-urls={url}"),
        format!("--listen-peer-urls=http://127.0.0.1:{}", free_port()),
        "--unsafe-no-fsync=true".to_owned(),
    ]
}

/// What the API server is started with.
fn api_server(folder: &Path, (etcd, port): (u16, u16)) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        format!("--secure-port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        format!("--cert-dir={}", folder.display()),
        format!("--tls-cert-file={}", file("apiserver.crt")),
        format!("--tls-private-key-file={}", file("apiserver.key")),
        format!("--token-auth-file={}", file("tokens.csv")),
        format!("--service-account-issuer=https://127.0.0.1:{port}/"),
        format!("--service-account-key-file={}", file("accounts.pub")),
        format!("--service-account-signing-key-file={}", file("accounts.key")),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        "--authorization-mode=RBAC".to_owned(),
        // Accounts of namespaces are made by a controller, which does not run.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
        "--allow-privileged=true".to_owned(),
    ]
}

impl Real {
    /// Starts one, if the variable names where its programs are.
    pub(super) fn start() -> Option<Self> {
        Some(Self::of(&assets()?))
    }

    fn of(assets: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = credentials(folder.path());
        let (client_port, port) = (free_port(), free_port());
        let etcd = start(&assets.join("etcd"), folder.path(), &etcd(folder.path(), client_port));
        // From here on, what was started ends with this.
        let processes = Mutex::new(vec![etcd]);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
        let kubeconfig = kubeconfig(port, &authority);
        let client = connection(&runtime, kubeconfig.clone());
        let real = Self { processes, runtime, client, folder, kubeconfig };
        let server = start(
            &assets.join("kube-apiserver"),
            real.folder.path(),
            &api_server(real.folder.path(), (client_port, port)),
        );
        real.processes.lock().expect("nobody panicked").push(server);
        real.ready();
        real
    }

    fn ready(&self) {
        let since = Instant::now();
        loop {
            let answer = self.answer(&Request::new("GET", "/readyz", "application/json", &Value::Null));
            if answer.status == 200 {
                break;
            }
            let ended =
                self.processes.lock().expect("nobody panicked").iter_mut().any(|it| !matches!(it.try_wait(), Ok(None)));
            if ended || since.elapsed() > STARTS {
                let log = |name: &str| {
                    let text = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
                    text.lines().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
                };
                panic!(
                    "the control plane does not start: {}\n{}\n{}",
                    answer.body,
                    log("etcd.log"),
                    log("kube-apiserver.log")
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        for (version, kind, plural) in CUSTOM {
            let crd = crd(version, kind, plural);
            let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
            let answer = self.answer(&Request::new("POST", path, "application/json", &crd));
            assert_eq!(answer.status, 201, "{}", answer.body);
        }
        for (version, _, plural) in CUSTOM {
            while self
                .answer(&Request::new("GET", &format!("/apis/{version}/{plural}"), "application/json", &Value::Null))
                .status
                != 200
            {
                assert!(since.elapsed() < STARTS * 2, "{plural} are not served");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        while self.answer(&Request::new("GET", "/api/v1/namespaces/default", "application/json", &Value::Null)).status
            != 200
        {
            assert!(since.elapsed() < STARTS * 2, "there is no namespace default");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The way to a server, with the certificate of its authority and the administrator's token.
fn kubeconfig(port: u16, authority: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{ "name": "c", "cluster": {
            "server": format!("https://127.0.0.1:{port}"), "certificate-authority-data": encoded(authority.as_bytes()),
        } }],
        "contexts": [{ "name": "test", "context": { "cluster": "c", "user": "u" } }],
        "users": [{ "name": "u", "user": { "token": super::TOKEN } }],
    })
}

fn connection(runtime: &tokio::runtime::Runtime, kubeconfig: Value) -> kube::Client {
    let file: Kubeconfig = serde_json::from_value(kubeconfig).expect("a kubeconfig");
    let options = KubeConfigOptions::default();
    let mut config = runtime.block_on(kube::Config::from_custom_kubeconfig(file, &options)).expect("a configuration");
    // Loopback is not behind a proxy.
    config.proxy_url = None;
    let _within = runtime.enter();
    // A build of the whole workspace has two providers, and rustls then picks none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    kube::Client::try_from(config).expect("a client")
}

fn encoded(bytes: &[u8]) -> String {
    super::defaults::base64(bytes)
}

impl Server for Real {
    fn answer(&self, request: &Request) -> Answer {
        if request.user == User::Unknown {
            return Answer::failure(401, "Unauthorized", "Unauthorized", Value::Null);
        }
        let built = http::Request::builder()
            .method(request.method.as_str())
            .uri(&request.target)
            .header("Accept", &request.accept)
            .header("Content-Type", &request.content_type);
        // Who may do everything may also act as another.
        let built = match &request.user {
            User::Named(group) => built.header("Impersonate-User", "somebody").header("Impersonate-Group", group),
            User::Admin | User::Anonymous | User::Unknown => built,
        };
        let built = built.body(Body::from(request.body.clone())).expect("a request");
        let client = self.client.clone();
        let sent = self.runtime.block_on(async {
            let answer = client.send(built).await.map_err(|error| error.to_string())?;
            let status = answer.status().as_u16();
            let headers: Vec<(&'static str, String)> = ["Warning", "Retry-After"]
                .into_iter()
                .flat_map(|name| {
                    answer
                        .headers()
                        .get_all(name)
                        .into_iter()
                        .map(move |value| (name, value.to_str().unwrap_or_default().to_owned()))
                })
                .collect();
            let bytes = answer.into_body().collect_bytes().await.map_err(|error| error.to_string())?;
            Ok::<_, String>((status, headers, bytes))
        });
        match sent {
            Ok((status, headers, bytes)) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::String(text)) }
            }
            Err(error) => Answer::of(503, Value::String(error)),
        }
    }

    fn stop(&self) {
        // The server first: it would complain of a store that is gone.
        for mut process in self.processes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).drain(..).rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    fn pace(&self) -> Duration {
        Duration::from_millis(100)
    }

    fn kubeconfig(&self) -> Option<String> {
        Some(self.kubeconfig.to_string())
    }
}

/// The CRD of a kind of a controller, from the facts that `infra` has of it.
fn crd(version: &str, kind: &str, plural: &str) -> Value {
    let (group, name) = version.split_once('/').expect("a group");
    let known = facts::find(version, kind).expect("a known kind");
    let mut schema = structural(known.schema(), 0);
    // These two every object has, and the server knows them.
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.remove("metadata");
        properties
            .insert("status".to_owned(), json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true }));
        properties.insert("apiVersion".to_owned(), json!({ "type": "string" }));
        properties.insert("kind".to_owned(), json!({ "type": "string" }));
    }
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.{group}") },
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": { "plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List") },
            "versions": [{ "name": name, "served": true, "storage": true, "subresources": { "status": {} }, "schema": { "openAPIV3Schema": schema } }],
        },
    })
}

fn structural(schema: Schema, depth: usize) -> Value {
    let free = json!({ "x-kubernetes-preserve-unknown-fields": true });
    if depth > 20 {
        return free;
    }
    let inner = || schema.inner().map_or_else(|| free.clone(), |inner| structural(inner, depth + 1));
    match schema.tag() {
        Tag::Any => free,
        Tag::Text | Tag::Time | Tag::Bytes => json!({ "type": "string" }),
        Tag::Integer => json!({ "type": "integer" }),
        Tag::Number => json!({ "type": "number" }),
        Tag::Boolean => json!({ "type": "boolean" }),
        Tag::Quantity | Tag::IntOrString => json!({ "x-kubernetes-int-or-string": true }),
        Tag::Object => {
            let fields = schema.fields().map(|field| (field.name().to_owned(), structural(field.schema(), depth + 1)));
            let required: Vec<&str> =
                schema.fields().filter(|field| field.is_required()).map(|field| field.name()).collect();
            let mut object = json!({ "type": "object", "properties": fields.collect::<serde_json::Map<_, _>>() });
            if !required.is_empty() {
                object["required"] = required.into();
            }
            object
        }
        Tag::Map => json!({ "type": "object", "additionalProperties": inner() }),
        Tag::List => json!({ "type": "array", "items": inner() }),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// What the scenarios of the tests are in.
    const SCENARIOS: [&str; 2] = [include_str!("../objects.rs"), include_str!("../teams.rs")];

    /// Serves what a start asks for, over TLS with the certificate that it is given, to whom it is told to.
    const SERVER: &str = r#"#!/usr/bin/env python3
import http.server, ssl, sys
given = dict(arg[2:].split('=', 1) for arg in sys.argv[1:])
token = open(given['token-auth-file']).read().split(',')[0]
for name in ('service-account-key-file', 'service-account-signing-key-file'):
    assert 'BEGIN P' in open(given[name]).read()
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        known = self.headers.get('Authorization') == 'Bearer ' + token
        self.send_response(401 if not known else 201 if self.command == 'POST' else 200)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'{}')
    do_GET = do_POST = answer
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer((given['bind-address'], int(given['secure-port'])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(given['tls-cert-file'], given['tls-private-key-file'])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"#;
    /// Listens where it is told to.
    const STORE: &str = r#"#!/usr/bin/env python3
import socket, sys, time
given = dict(arg[2:].split('=', 1) for arg in sys.argv[1:])
port = int(given['listen-client-urls'].rsplit(':', 1)[1])
socket.create_server(('127.0.0.1', port))
time.sleep(600)
"#;

    /// The programs here are not the real ones: that ports, certificates and the token fit together and that both end is
    /// all that this says.
    #[test]
    fn a_control_plane_is_started_and_ends_also_when_a_test_fails() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [("etcd", STORE), ("kube-apiserver", SERVER)] {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("a file can be written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be made a program");
        }
        let real = Real::of(folder.path());
        let get = || real.answer(&Request::new("GET", "/anything", "application/json", &Value::Null)).status;
        assert_eq!(get(), 200);
        let text = real.kubeconfig.to_string();
        let port = text.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('"').next()).expect("a port");
        let address = format!("127.0.0.1:{port}");
        assert!(TcpStream::connect(&address).is_ok());
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _held = real;
            panic!("a test that fails");
        }));
        assert!(ended.is_err());
        assert!(TcpStream::connect(&address).is_err(), "it goes on");
    }

    #[test]
    fn what_starts_a_control_plane_says_where_everything_is() {
        let folder = Path::new("/f");
        let given = [etcd(folder, 1), api_server(folder, (1, 2))].concat();
        let mut names: Vec<&str> = given.iter().filter_map(|it| it.split('=').next()).collect();
        assert!(given.iter().all(|it| it.starts_with("--") && it.contains('=')), "{given:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), given.len(), "each once: {given:?}");
    }

    #[test]
    fn crds_are_made_of_what_is_known() {
        for (version, kind, plural) in CUSTOM {
            let crd = crd(version, kind, plural);
            let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
            assert_eq!(schema["type"], "object", "{kind}");
            assert!(schema["properties"]["spec"].is_object(), "{kind}");
        }
    }

    /// Says how many scenarios the model alone has answered.
    #[test]
    fn scenarios_that_no_real_control_plane_answered_are_counted() {
        let count = |what: &str| -> usize { SCENARIOS.iter().map(|text| text.matches(what).count()).sum() };
        let (never, count) = (count("Cluster::modelled()"), count("#[test]"));
        match assets() {
            Some(folder) => println!(
                "{} scenarios run on the control plane of {}, {never} on the model alone",
                count - never,
                folder.display()
            ),
            None => println!(
                "{count} scenarios were not run on a real control plane: {VARIABLE} names no folder with etcd and kube-apiserver"
            ),
        }
    }
}
