//! A Kubernetes cluster as the tests have it: a front on loopback that counts what is asked and can lose or delay it, and
//! behind it a model of an API server or, where `KUBEBUILDER_ASSETS` names a folder with `etcd` and `kube-apiserver`, a
//! real one. A thread stands for the controllers in both.

mod api;
mod controller;
mod defaults;
mod fields;
mod front;
mod kinds;
mod patch;
mod real;
mod rights;
mod rules;
mod typed;
mod wire;
mod write;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) use self::api::Admission;
use self::api::State;
use self::controller::Sticking;
use self::front::Front;
pub(crate) use self::front::{Fault, What};
use self::real::Real;
pub(crate) use self::wire::{Answer, Request, User};

/// The token that the kubeconfig's command prints.
const TOKEN: &str = "token-of-a-test";
/// Start of the token of a member of a group.
const MEMBER: &str = "token-of-a-member-of-";

/// What answers behind the front.
trait Server: Send + Sync {
    fn answer(&self, request: &Request) -> Answer;

    /// Ends what was started.
    fn stop(&self) {}

    /// How long the controllers rest between two looks.
    fn pace(&self) -> Duration;

    /// What leads to a real one by itself.
    fn kubeconfig(&self) -> Option<String> {
        None
    }
}

/// The model, which is asked by one at a time.
struct Model(Mutex<State>);

impl Server for Model {
    fn answer(&self, request: &Request) -> Answer {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).handle(request)
    }

    fn pace(&self) -> Duration {
        Duration::from_millis(5)
    }
}

/// A cluster that can be asked.
pub(crate) struct Cluster {
    server: Arc<dyn Server>,
    model: Option<Arc<Model>>,
    front: Front,
    sticking: Arc<Mutex<Sticking>>,
    ends: Arc<AtomicBool>,
    controller: Option<JoinHandle<()>>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(controller) = self.controller.take() {
            let _ = controller.join();
        }
        self.server.stop();
    }
}

impl Cluster {
    /// A real one where there is one, with controllers.
    pub(crate) fn start() -> Self {
        match Real::start() {
            Some(real) => Self::with(Arc::new(real), None).controlled(),
            None => Self::model().controlled(),
        }
    }

    /// The model with controllers, for what a real one cannot be brought to.
    pub(crate) fn modelled() -> Self {
        Self::model().controlled()
    }

    /// The model, whatever there is, and no controllers.
    pub(crate) fn model() -> Self {
        let model = Arc::new(Model(Mutex::new(State::new())));
        Self::with(Arc::<Model>::clone(&model), Some(model))
    }

    fn with(server: Arc<dyn Server>, model: Option<Arc<Model>>) -> Self {
        let front = Front::start(Arc::clone(&server));
        let (sticking, ends) = (Arc::default(), Arc::default());
        Self { server, model, front, sticking, ends, controller: None }
    }

    fn controlled(mut self) -> Self {
        let (server, sticking, ends) = (Arc::clone(&self.server), Arc::clone(&self.sticking), Arc::clone(&self.ends));
        self.controller = Some(std::thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                let how = sticking.lock().unwrap_or_else(PoisonError::into_inner).clone();
                controller::step(&*server, &how);
                std::thread::sleep(server.pace());
            }
        }));
        self
    }

    /// Lets the controllers look once.
    pub(crate) fn step(&self) {
        controller::step(&*self.server, &Sticking::default());
    }

    /// Adds a policy, webhook or quota; of the model alone.
    pub(crate) fn admit(&self, admission: Admission) {
        self.state(|state| state.admissions.push(admission));
    }

    /// Has a policy of the cluster that denies deployments with an image that ends so.
    pub(crate) fn deny_image(&self, end: &'static str) {
        const WHY: &str = "no such image";
        if self.model.is_some() {
            return self.admit(Box::new(move |asked, object| {
                let containers = object["spec"]["template"]["spec"]["containers"].as_array().into_iter().flatten();
                let denied = containers.filter_map(|it| it["image"].as_str()).any(|image| image.ends_with(end));
                if asked.resource != "deployments" || !denied {
                    return Ok(Vec::new());
                }
                let said = format!("ValidatingAdmissionPolicy 'images' with binding 'images' denied request: {WHY}");
                let message = format!("deployments.apps {} is forbidden: {said}", object["metadata"]["name"]);
                Err(Answer::failure(422, "Invalid", &message, json!({ "causes": [{ "message": said }] })))
            }));
        }
        let root = "/apis/admissionregistration.k8s.io/v1";
        let rules = json!([{ "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["deployments"] }]);
        let expression = format!("object.spec.template.spec.containers.all(c, !c.image.endsWith('{end}'))");
        self.send("POST", &format!("{root}/validatingadmissionpolicies"), &json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": { "name": "images" },
            "spec": { "failurePolicy": "Fail", "matchConstraints": { "resourceRules": rules }, "validations": [{ "expression": expression, "message": WHY }] },
        }));
        self.send("POST", &format!("{root}/validatingadmissionpolicybindings"), &json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": { "name": "images" },
            "spec": { "policyName": "images", "validationActions": ["Deny"] },
        }));
        // It takes a moment until it is heeded.
        let labels = json!({ "app": "tried" });
        let tried = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "tried", "namespace": "default" },
            "spec": { "selector": { "matchLabels": labels }, "template": {
                "metadata": { "labels": labels }, "spec": { "containers": [{ "name": "a", "image": format!("a{end}") }] },
            } },
        });
        let since = Instant::now();
        let request =
            Request::new("POST", "/apis/apps/v1/namespaces/default/deployments?dryRun=All", "application/json", &tried);
        while self.ask(&request).status < 300 {
            assert!(since.elapsed() < Duration::from_secs(30), "the policy is not heeded");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Lets somebody do something with a resource of a namespace.
    pub(crate) fn allow(&self, who: &str, verbs: &[&str], (resource, namespace): (&str, &str)) {
        let name = format!("{who}-{resource}");
        let root = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}");
        let (version, metadata) = ("rbac.authorization.k8s.io/v1", json!({ "name": name }));
        let rules = json!([{ "apiGroups": ["*"], "resources": [resource], "verbs": verbs }]);
        let role = json!({ "apiVersion": version, "kind": "Role", "metadata": metadata, "rules": rules });
        self.put(&format!("{root}/roles/{name}"), role);
        let reference = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name });
        let subjects = json!([{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": who }]);
        let binding = json!({ "apiVersion": version, "kind": "RoleBinding", "metadata": metadata, "roleRef": reference, "subjects": subjects });
        self.put(&format!("{root}/rolebindings/{name}"), binding);
    }

    fn state(&self, act: impl FnOnce(&mut State)) {
        let model = self.model.as_ref().expect("the model answers");
        act(&mut model.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A kubeconfig whose context `test` leads here, with credentials from a command as `aws eks get-token` gives them.
    pub(crate) fn kubeconfig(&self) -> String {
        self.kubeconfig_with(TOKEN)
    }

    /// The same for a member of a group.
    pub(crate) fn kubeconfig_of(&self, group: &str) -> String {
        self.kubeconfig_with(&format!("{MEMBER}{group}"))
    }

    fn kubeconfig_with(&self, token: &str) -> String {
        let credential = json!({
            "apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
            "status": { "token": token, "expirationTimestamp": "2099-01-01T00:00:00Z" },
        });
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "other",
            "clusters": [{ "name": "c", "cluster": { "server": format!("http://127.0.0.1:{}", self.front.port) } }],
            "contexts": [{ "name": "test", "context": { "cluster": "c", "user": "u" } }],
            "users": [{ "name": "u", "user": { "exec": {
                "apiVersion": "client.authentication.k8s.io/v1beta1", "command": "echo",
                "args": [credential.to_string()], "interactiveMode": "Never",
            } } }],
        })
        .to_string()
    }

    /// A kubeconfig whose context `test` leads to a real server without the front; nothing of the model.
    pub(crate) fn direct(&self) -> Option<String> {
        self.server.kubeconfig()
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.front.state().faults.push(fault);
    }

    /// Has something happen to every request the first time that it is sent.
    pub(crate) fn fail_first(&self, what: Option<What>) {
        self.front.state().fail_first(what);
    }

    /// Takes all faults back.
    pub(crate) fn no_faults(&self) {
        self.front.state().faults.clear();
    }

    pub(crate) fn faults_left(&self) -> usize {
        self.front.state().faults.iter().map(|fault| fault.times).sum()
    }

    /// Warns in the answer to every apply.
    pub(crate) fn warn(&self, header: &'static str) {
        self.front.state().warning = header;
    }

    /// What was asked, as `GET /path?query`, and forgets it.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.front.state().calls)
    }

    /// Everything that was sent to be applied.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.front.state().bodies.clone()
    }

    /// Makes every rollout stand still, and fail after a time, for a reason that the pods show.
    pub(crate) fn stick(&self, after: Option<Duration>, pods: Value) {
        let since = Instant::now();
        let mut sticking = self.sticking.lock().unwrap_or_else(PoisonError::into_inner);
        let known = controller::generations(&*self.server);
        *sticking = Sticking { after: after.map(|after| (since, after)), pods, known };
    }

    /// Asks as somebody.
    pub(crate) fn ask(&self, request: &Request) -> Answer {
        self.server.answer(request)
    }

    fn sent(&self, method: &str, target: &str, content_type: &str, body: &Value) -> Value {
        let answer = self.ask(&Request::new(method, target, content_type, body));
        assert!(answer.status < 300, "{method} {target}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// The object at a path.
    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        let answer = self.ask(&Request::new("GET", path, "application/json", &Value::Null));
        match answer.status {
            200 => Some(answer.body),
            404 => None,
            other => panic!("GET {path}: {other} {}", answer.body),
        }
    }

    /// Who manages fields of an object.
    pub(crate) fn managers(&self, path: &str) -> Vec<String> {
        let object = self.get(path).expect("the object is there");
        let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        let own = entries.iter().filter(|entry| entry["subresource"].is_null());
        own.map(|entry| entry["manager"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Has another name for a manager of fields, in all objects.
    pub(crate) fn rename_manager(&self, from: &str, to: &str) {
        for path in self.paths() {
            let object = self.get(&path).expect("the object is there");
            let mut entries = object["metadata"]["managedFields"].clone();
            for entry in entries.as_array_mut().into_iter().flatten().filter(|entry| entry["manager"] == from) {
                entry["manager"] = to.into();
            }
            if entries != object["metadata"]["managedFields"] {
                let patch = json!({ "metadata": { "managedFields": entries } });
                self.sent("PATCH", &format!("{path}?fieldManager=test"), "application/merge-patch+json", &patch);
            }
        }
    }

    /// Paths of all objects, but for those that every cluster has by itself.
    pub(crate) fn paths(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for kind in kinds::Kind::built_in() {
            let list = format!("{}/{}", kind.root(), kind.plural);
            let answer = self.ask(&Request::new("GET", &list, "application/json", &Value::Null));
            for object in answer.body["items"].as_array().into_iter().flatten() {
                let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
                let (namespace, name) = (text("namespace"), text("name"));
                if !real::is_of_every_cluster(&kind.name, &namespace, &name) {
                    found.insert(match namespace.as_str() {
                        "" => format!("{list}/{name}"),
                        namespace => format!("{}/namespaces/{namespace}/{}/{name}", kind.root(), kind.plural),
                    });
                }
            }
        }
        found
    }

    /// Puts an object there that nobody of ours made.
    pub(crate) fn put(&self, path: &str, object: Value) {
        let (list, _) = path.rsplit_once('/').expect("a path of an object");
        self.sent("POST", &format!("{list}?fieldManager=somebody"), "application/json", &object);
    }

    /// Writes as somebody does by hand.
    pub(crate) fn send(&self, method: &str, target: &str, body: &Value) {
        self.sent(method, target, "application/json", body);
    }

    /// Deletes an object, as somebody does by hand.
    pub(crate) fn delete(&self, path: &str) {
        self.sent("DELETE", path, "application/json", &Value::Null);
    }

    /// Has another manager apply fields of an object, by force.
    pub(crate) fn manage(&self, path: &str, manager: &str, fields: &Value) {
        let object = self.get(path).expect("the object is there");
        let mut applied = fields.clone();
        (applied["apiVersion"], applied["kind"]) = (object["apiVersion"].clone(), object["kind"].clone());
        applied["metadata"]["name"] = object["metadata"]["name"].clone();
        let target = format!("{path}?fieldManager={manager}&force=true");
        self.sent("PATCH", &target, "application/apply-patch+yaml", &applied);
    }
}
