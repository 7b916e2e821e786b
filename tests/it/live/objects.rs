//! Objects of a cluster: compared, applied, waited for and taken away, against answers in the shapes of an API server.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cluster::{Cluster, Fault, What};
use super::emulator::Emulator;
use crate::project::{Project, Run, infra};

pub(super) const PLATFORM: &str = "
networks: { main: { cidr: 10.20.0.0/16 } }
clusters:
  main:
    network: main
    node-groups: { general: {} }
    access:
      platform:
        principal: 'arn:aws:iam::${env.account}:role/platform-admin'
        policies: { AmazonEKSClusterAdminPolicy: cluster }
";
const APP: &str = "
queues: { jobs: { visibility-timeout: 90 } }
workers:
  jobs:
    cluster: platform.main
    namespace: shop
    image: registry.example.com/jobs:1.0.0
    consumes: [jobs]
    processing-time: 60
    scaling: cpu
    replicas: { min: 1, max: 3 }
    env: { LEVEL: info }
";
const MAIL: &str = "
queues: { mail: { visibility-timeout: 90 } }
workers:
  mail: { cluster: platform.main, namespace: shop, image: 'registry.example.com/mail:1.0.0', consumes: [mail], processing-time: 60, scaling: cpu, replicas: { min: 1, max: 2 } }
";
const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/jobs";
const APPLY: [&str; 4] = ["apply", "--yes", "--progress", "plain"];

/// A project with workers, an AWS and a cluster.
pub(super) struct World {
    pub(super) cluster: Cluster,
    pub(super) project: Project,
    pub(super) emulator: Emulator,
}

impl World {
    pub(super) fn new() -> Self {
        Self::of(Cluster::start())
    }

    fn of(cluster: Cluster) -> Self {
        let emulator = Emulator::start();
        let yaml = format!(
            "project: shop\nenvironments:\n  dev: {{ account: \"000000000000\", region: eu-west-1, domain: dev.example.com, \
             endpoint-url: {}, clusters: {{ main: {{ context: test }} }} }}\n",
            emulator.endpoint()
        );
        let files = [
            ("infra.yaml", &*yaml),
            ("stacks/platform.yaml", PLATFORM),
            ("stacks/app.yaml", APP),
            ("stacks/mail.yaml", MAIL),
        ];
        let project = Project::new(&files);
        project.write("kubeconfig", cluster.kubeconfig());
        Self { cluster, project, emulator }
    }

    /// One in which everything is deployed.
    fn deployed() -> Self {
        let world = Self::new();
        world.ends(&APPLY, 0);
        world.cluster.calls();
        world
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = infra();
        command.current_dir(self.project.path()).args(arguments);
        command.env("KUBECONFIG", self.project.path().join("kubeconfig"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// Runs, and expects an exit code; returns everything that was said.
    pub(super) fn ends(&self, arguments: &[&str], code: i32) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}{}", run.stdout, run.stderr);
        format!("{}{}", run.stdout, run.stderr)
    }

    fn changes(&self) -> Value {
        let run = self.run(&["diff", "--format", "json"]);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
    }

    fn objects(&self) -> Vec<String> {
        let changes = self.changes();
        let all = changes["changes"]["objects"]
            .as_array()
            .or_else(|| changes["objects"].as_array())
            .expect("objects")
            .clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id =
            |it: &Value| it["identity"].as_array().expect("an identity").iter().map(text).collect::<Vec<_>>().join("/");
        all.iter().map(|it| format!("{} {}", text(&it["action"]), id(it))).collect()
    }

    pub(super) fn debug(&self) {
        self.project.write("stacks/app.yaml", APP.replace("LEVEL: info", "LEVEL: debug"));
    }
}

fn level(deployment: &Value) -> String {
    let variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().expect("variables");
    let of = variables.iter().find(|variable| variable["name"] == "LEVEL");
    of.map(|variable| variable["value"].as_str().expect("a text").to_owned()).unwrap_or_default()
}

/// Names of the paths, in the order in which they were sent.
fn sent(calls: &[String], method: &str) -> Vec<String> {
    let all = calls.iter().filter(|call| call.starts_with(method) && !call.contains("dryRun"));
    all.map(|call| call.split('?').next().unwrap_or_default().rsplit('/').take(2).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn objects_are_created_in_order_and_then_nothing_differs() {
    let world = World::new();
    let planned = world.objects();
    assert_eq!(planned[0], "create v1/ConfigMap/default/infra-shop-dev");
    assert_eq!(planned[1], "create v1/Namespace//shop");
    assert!(planned.iter().any(|it| it == "create apps/v1/Deployment/shop/jobs"), "{planned:?}");
    assert_eq!(world.cluster.paths().len(), 1, "a comparison writes nothing");
    world.cluster.calls();

    world.ends(&APPLY, 0);
    let order = sent(&world.cluster.calls(), "PATCH");
    assert_eq!(order.len(), planned.len(), "each once: {order:?}");
    let place = |what: &str| order.iter().position(|it| it == what).unwrap_or_else(|| panic!("{what}: {order:?}"));
    assert!(place("shop namespaces") < place("jobs serviceaccounts"));
    assert!(place("jobs serviceaccounts") < place("jobs networkpolicies"));
    assert!(place("jobs networkpolicies") < place("jobs deployments"));
    assert!(place("jobs deployments") < place("jobs poddisruptionbudgets"));

    let deployment = world.cluster.get(DEPLOYMENT).expect("it is there");
    assert!(!deployment.to_string().contains("${output"), "{deployment}");
    let part_of = &deployment["metadata"]["labels"]["applyset.kubernetes.io/part-of"];
    let set = world.cluster.get("/api/v1/namespaces/default/configmaps/infra-shop-dev").expect("the set is there");
    assert_eq!(set["metadata"]["labels"]["applyset.kubernetes.io/id"], *part_of);

    assert_eq!(world.ends(&["diff"], 0).matches("were not compared").count(), 0);
    assert_eq!(world.objects(), [""; 0]);
    world.ends(&["status"], 0);
}

#[test]
fn a_real_server_is_reached_by_the_certificate_of_its_authority() {
    let world = World::new();
    // The model speaks no TLS.
    let Some(kubeconfig) = world.cluster.direct() else { return };
    world.project.write("kubeconfig", kubeconfig);
    world.ends(&APPLY, 0);
    world.ends(&["diff"], 0);
    assert!(world.cluster.calls().is_empty(), "nothing went through the front");
}

#[test]
fn only_our_field_changes_and_what_others_manage_stays() {
    let world = World::deployed();
    // An autoscaler, and somebody who restarts pods.
    let restarted =
        json!({ "spec": { "replicas": 3, "template": { "metadata": { "annotations": { "restarted": "now" } } } } });
    world.cluster.manage(DEPLOYMENT, "kubectl-rollout", &restarted);
    assert_eq!(world.objects(), [""; 0]);
    world.debug();
    let changes = world.changes();
    let objects = if changes["objects"].is_array() { &changes["objects"] } else { &changes["changes"]["objects"] };
    let field = json!([{
        "path": "spec.template.spec.containers[jobs].env[LEVEL].value", "before": "info", "after": "debug", "impact": "in-place"
    }]);
    assert_eq!(objects[0]["fields"], field, "{objects}");
    assert_eq!(objects.as_array().map(Vec::len), Some(1));
    let said = world.ends(&APPLY, 0);
    assert!(said.contains("UPDATE_COMPLETE shop/jobs Deployment"), "{said}");
    assert_eq!(sent(&world.cluster.calls(), "PATCH"), ["jobs deployments"]);
    let live = world.cluster.get(DEPLOYMENT).expect("it is there");
    assert_eq!((level(&live), &live["spec"]["replicas"]), ("debug".to_owned(), &json!(3)));
    assert_eq!(live["spec"]["template"]["metadata"]["annotations"]["restarted"], "now");
    assert_eq!(world.objects(), [""; 0]);
}

#[test]
fn a_field_of_another_manager_is_named_and_taken_over_only_when_somebody_agrees() {
    let world = World::deployed();
    let fields = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "jobs", "image": "registry.example.com/jobs:hotfix" }] } } } });
    world.cluster.manage(DEPLOYMENT, "kubectl-client-side-apply", &fields);
    let conflict = ".spec.template.spec.containers[name=\"jobs\"].image is managed by \"kubectl-client-side-apply\"";
    let image = || {
        world.cluster.get(DEPLOYMENT).expect("it is there").pointer("/spec/template/spec/containers/0/image").cloned()
    };
    for (arguments, code) in [(&["diff"][..], 2), (&APPLY, 3), (&["apply", "--yes", "--approve", "object-adoption"], 3)]
    {
        let said = words(&world.ends(arguments, code));
        assert!(said.contains(conflict) && said.contains("object-takeover"), "{arguments:?}: {said}");
        assert_eq!(image(), Some("registry.example.com/jobs:hotfix".into()));
    }
    world.ends(&["apply", "--yes", "--approve", "object-takeover:main"], 0);
    assert_eq!(image(), Some("registry.example.com/jobs:1.0.0".into()));
    world.ends(&["diff"], 0);
    // What is wrong between plan and run is refused as well.
    let other = World::deployed();
    other.debug();
    let plan = other.project.path().join("plan.json");
    let plan = plan.to_str().expect("a path");
    other.ends(&["diff", "--out", plan], 2);
    other.cluster.manage(DEPLOYMENT, "kubectl-client-side-apply", &fields);
    let said = other.ends(&["apply", plan], 3);
    assert!(said.contains("object main apps/v1/Deployment/shop/jobs was changed after the plan was made"), "{said}");
    assert_eq!(level(&other.cluster.get(DEPLOYMENT).expect("it is there")), "info");
}

/// The worker `mail` as a service: its pods are selected by other labels, which a Deployment cannot change.
const SERVICE: &str = "
services:
  mail: { cluster: platform.main, namespace: shop, image: 'registry.example.com/mail:1.0.0', port: 8080, replicas: { min: 2, max: 3 } }
";

#[test]
fn what_cannot_be_changed_is_made_anew_only_when_somebody_agrees() {
    let world = World::deployed();
    let mail = "/apis/apps/v1/namespaces/shop/deployments/mail";
    let uid = || world.cluster.get(mail).expect("it is there")["metadata"]["uid"].clone();
    let before = uid();
    world.project.write("stacks/mail.yaml", SERVICE);
    let others = ["--approve", "data-loss", "exposure", "stack-deletion"];
    for (arguments, code) in [(&["diff"][..], 2), (&[&APPLY[..], &others].concat(), 3)] {
        let said = words(&world.ends(arguments, code));
        assert!(
            said.contains(
                "Deployment shop/mail of cluster main is deleted and made anew: spec.selector: field is immutable"
            ),
            "{said}"
        );
    }
    assert_eq!(uid(), before);
    world.ends(&[&APPLY[..], &others, &["object-deletion"]].concat(), 0);
    assert_ne!(uid(), before);
    assert_eq!(
        world.cluster.get(mail).expect("it is there")["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"],
        "service"
    );
    world.ends(&["diff"], 0);
}

#[test]
fn what_an_api_server_warns_of_is_shown_and_stands_in_no_way() {
    let world = World::deployed();
    world.cluster.warn("Warning: 299 - \"policy/v1beta1 is deprecated; use \\\"policy/v1\\\" instead\"\r\n");
    let said = world.ends(&["diff"], 0);
    assert!(said.contains("cluster main: policy/v1beta1 is deprecated; use \"policy/v1\" instead"), "{said}");
}

/// The roles that are printed for those who look, or for those who deploy.
fn roles(world: &World, who: &str) -> Vec<Value> {
    let printed = world.run(&["iam", "--kubernetes"]);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let documents = printed.stdout.split("---\n").filter(|text| !text.trim_start().starts_with('#'));
    let documents = documents.map(|text| serde_yaml::from_str::<Value>(text).expect("a document"));
    documents.filter(|role| role["metadata"]["name"].as_str().is_some_and(|name| name.contains(who))).collect()
}

#[test]
fn the_printed_roles_are_enough_for_those_who_look_and_those_who_deploy() {
    let world = World::new();
    for role in roles(&world, "infra:shop:dev") {
        let kind = role["kind"].as_str().expect("a kind").to_lowercase();
        let namespace =
            role["metadata"]["namespace"].as_str().map(|it| format!("/namespaces/{it}")).unwrap_or_default();
        let name = role["metadata"]["name"].as_str().expect("a name");
        world.cluster.put(&format!("/apis/rbac.authorization.k8s.io/v1{namespace}/{kind}s/{name}"), role.clone());
    }
    let be = |group: &str| world.project.write("kubeconfig", world.cluster.kubeconfig_of(group));
    let destroy = ["destroy", "--confirm", "dev", "--progress", "plain", "--approve", "data-loss"];
    be("strangers");
    assert!(words(&world.ends(&["diff"], 3)).contains("is forbidden: User"));
    be("infra:shop:dev:look");
    world.ends(&["diff"], 2);
    be("infra:shop:dev:deploy");
    world.ends(&APPLY, 0);
    be("infra:shop:dev:look");
    for command in ["diff", "status", "drift"] {
        world.ends(&[command], 0);
    }
    be("infra:shop:dev:deploy");
    world.debug();
    world.ends(&APPLY, 0);
    be("infra:shop:dev:look");
    // Whoever looks sees not all that would go, and may not delete.
    assert!(words(&world.ends(&destroy, 3)).contains("object-deletion"));
    be("infra:shop:dev:deploy");
    world.ends(&destroy, 0);
    assert!(world.cluster.get("/api/v1/namespaces/shop").is_none());
}

#[test]
fn what_a_policy_of_the_cluster_denies_blocks_before_anything_is_changed() {
    let world = World::deployed();
    world.cluster.deny_image(":2.0.0");
    world.ends(&["diff"], 0);
    let wanted = APP.replace("jobs:1.0.0", "jobs:2.0.0").replace("visibility-timeout: 90", "visibility-timeout: 120");
    world.project.write("stacks/app.yaml", &wanted);
    let before = world.cluster.get(DEPLOYMENT);
    for arguments in [&["diff"][..], &APPLY] {
        let said = words(&world.ends(arguments, 3));
        assert!(said.contains("Deployment shop/jobs cannot be applied as wanted: deployments.apps"), "{said}");
        assert!(said.contains("denied request: no such image"), "{said}");
    }
    assert_eq!(world.cluster.get(DEPLOYMENT), before);
    assert_eq!(world.emulator.stack_status("eu-west-1", "shop-dev-app").as_deref(), Some("CREATE_COMPLETE"));
    world.project.write("stacks/app.yaml", wanted.replace("2.0.0", "2.0.1"));
    world.ends(&APPLY, 0);
    world.ends(&["diff"], 0);
}

/// What a service mesh and a policy do to every deployment.
fn meddle(object: &mut Value) {
    object["metadata"]["labels"]["cost-center"] = "shop".into();
    object["spec"]["revisionHistoryLimit"] = 2.into();
    object["spec"]["template"]["metadata"]["annotations"]["mesh.example.com/injected"] = "true".into();
    let containers = object["spec"]["template"]["spec"]["containers"].as_array_mut().expect("containers");
    if containers.iter().all(|it| it["name"] != "sidecar") {
        containers.push(json!({ "name": "sidecar", "image": "registry.example.com/proxy:1" }));
    }
}

#[test]
fn what_webhooks_add_is_no_difference() {
    // A webhook needs a server of its own, so this one is for the model alone.
    let world = World::of(Cluster::modelled());
    world.cluster.admit(Box::new(|asked, object| {
        if asked.resource == "deployments" {
            meddle(object);
        }
        Ok(Vec::new())
    }));
    world.ends(&APPLY, 0);
    world.ends(&["diff"], 0);
    world.ends(&["drift"], 0);
    world.debug();
    let changes = world.changes();
    let objects = if changes["objects"].is_array() { &changes["objects"] } else { &changes["changes"]["objects"] };
    assert_eq!(objects[0]["fields"].as_array().map(Vec::len), Some(1), "{objects}");
    world.ends(&APPLY, 0);
    let live = world.cluster.get(DEPLOYMENT).expect("it is there");
    assert_eq!((level(&live).as_str(), &live["metadata"]["labels"]["cost-center"]), ("debug", &json!("shop")));
    world.ends(&["diff"], 0);
}

#[test]
fn drift_looks_at_objects() {
    let world = World::deployed();
    world.ends(&["drift"], 0);
    let fields = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "jobs", "image": "registry.example.com/jobs:hotfix" }] } } } });
    world.cluster.manage(DEPLOYMENT, "kubectl", &fields);
    let said = world.ends(&["drift"], 2);
    assert!(said.contains("OBJECT Deployment shop/jobs of cluster main\n"), "{said}");
    assert!(said.contains("\"registry.example.com/jobs:1.0.0\" -> \"registry.example.com/jobs:hotfix\""), "{said}");
    assert!(said.contains(":hotfix\", by kubectl\n"), "{said}");
    assert!(said.contains("1 object differ"), "{said}");
    world.ends(&["drift", "--without-clusters"], 0);
}

/// The label of what the environment has in a cluster.
fn set() -> Value {
    json!({ "applyset.kubernetes.io/part-of": infra::state::set_id("shop", "dev") })
}

#[test]
fn fields_that_others_manage_are_named_with_who_manages_them() {
    let world = World::deployed();
    let scaled = json!({ "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": { "name": "jobs", "namespace": "shop" }, "spec": { "replicas": 2 } });
    world.cluster.send("PUT", &format!("{DEPLOYMENT}/scale?fieldManager=kube-controller-manager"), &scaled);
    let who = "\"kube-controller-manager\" manages spec.replicas";
    // It is no difference: the autoscaler is there to do that.
    let said = world.ends(&["drift"], 0);
    assert!(said.contains(&format!("Deployment shop/jobs of cluster main: {who}\n")), "{said}");
    assert!(!world.ends(&["diff"], 0).contains(who));
    world.debug();
    assert!(words(&world.ends(&["diff"], 2)).contains(who));
    world.ends(&APPLY, 0);
    assert_eq!(world.cluster.get(DEPLOYMENT).expect("it is there")["spec"]["replicas"], 2);
}

#[test]
fn what_carries_our_label_and_nobody_remembers_is_found_and_goes_only_when_somebody_agrees() {
    let world = World::deployed();
    let account = |namespace: &str, name: &str, labels: Value| {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}");
        let metadata = json!({ "name": name, "namespace": namespace, "labels": labels });
        world.cluster.put(&path, json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata }));
        path
    };
    let left = account("shop", "left", set());
    let foreign = account("shop", "foreign", json!({ "applyset.kubernetes.io/part-of": "applyset-of-another-v1" }));
    let mut namesake = set();
    namesake["infra/id"] = "another99id".into();
    let namesake = account("shop", "namesake", namesake);
    let nobody = account("shop", "nobody", json!({}));
    assert_eq!(world.objects(), ["delete v1/ServiceAccount/shop/left"]);
    let said = world.ends(&["drift"], 2);
    assert!(said.contains("OBJECT ServiceAccount shop/left of cluster main\n    it carries the label"), "{said}");
    assert!(words(&world.ends(&APPLY, 3)).contains("object-deletion"));
    assert!(world.cluster.get(&left).is_some());
    world.ends(&[&APPLY[..], &["--approve", "object-deletion"]].concat(), 0);
    assert!(world.cluster.get(&left).is_none());
    world.ends(&["diff"], 0);
    world.ends(&["drift"], 0);
    // A kind that the project does not have any more, in a namespace of which the same is true.
    fs::remove_file(world.project.path().join("stacks/mail.yaml")).expect("it can be removed");
    world.ends(&[&APPLY[..], &["--approve", "stack-deletion", "data-loss", "object-deletion"]].concat(), 0);
    let left = account("shop", "left", set());
    let destroy =
        ["destroy", "--confirm", "dev", "--progress", "plain", "--approve", "data-loss", "stateful-replacement"];
    let said = words(&world.ends(&destroy, 3));
    assert!(said.contains("ServiceAccount foreign"), "{said}");
    world.ends(&[&destroy[..], &["object-deletion"]].concat(), 0);
    for path in [left, foreign, namesake, nobody] {
        assert!(world.cluster.get(&path).is_none(), "{path} went with its namespace, as was agreed to");
    }
}

#[test]
fn what_is_left_in_a_cluster_in_which_nothing_is_wanted_is_found_by_the_object_that_stands_for_the_set() {
    let world = World::deployed();
    // The record of what is ours is lost, and the definition has no objects any more.
    world.emulator.delete_stack("eu-west-1", "shop-dev-owned");
    for file in ["app", "mail"] {
        fs::remove_file(world.project.path().join(format!("stacks/{file}.yaml"))).expect("it can be removed");
    }
    let planned = world.objects();
    assert!(planned.contains(&"delete apps/v1/Deployment/shop/jobs".to_owned()), "{planned:?}");
    assert!(planned.contains(&"delete v1/Namespace//shop".to_owned()), "{planned:?}");
    assert_eq!(planned.last().map(String::as_str), Some("delete v1/ConfigMap/default/infra-shop-dev"));
    world.ends(&[&APPLY[..], &["--approve", "stack-deletion", "data-loss", "object-deletion"]].concat(), 0);
    assert_eq!(world.cluster.paths().into_iter().collect::<Vec<_>>(), ["/api/v1/namespaces/default"]);
    assert_eq!(world.objects(), [""; 0]);
}

#[test]
fn what_cannot_be_listed_is_said_and_stands_in_no_way() {
    let world = World::deployed();
    let why = "deployments.apps is forbidden: User \"ci\" cannot list resource \"deployments\"";
    let what = What::Answer(403, "", status(403, "Forbidden", why));
    world.cluster.fault(Fault { method: "GET", contains: "deployments?labelSelector", times: 1000, what });
    let said = words(&world.ends(&["diff"], 0));
    assert!(
        said.contains("as these cannot be listed: deployments of namespace shop (deployments.apps is forbidden"),
        "{said}"
    );
    world.ends(&APPLY, 0);
}

#[test]
fn only_what_is_recorded_and_marked_as_ours_is_deleted() {
    let world = World::deployed();
    let foreign =
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "foreign", "namespace": "shop" } });
    world.cluster.put("/api/v1/namespaces/shop/configmaps/foreign", foreign);
    // Ours once, and taken over by somebody who took the mark away.
    let taken = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/mail";
    world.cluster.manage(
        taken,
        "other",
        &json!({ "metadata": { "labels": { "applyset.kubernetes.io/part-of": "other" } } }),
    );
    fs::remove_file(world.project.path().join("stacks/mail.yaml")).expect("it can be removed");
    let planned = world.objects();
    assert!(planned.contains(&"delete apps/v1/Deployment/shop/mail".to_owned()), "{planned:?}");
    assert!(!planned.iter().any(|it| it.contains("PodDisruptionBudget")), "{planned:?}");
    let said = world.ends(
        &["apply", "--yes", "--progress", "plain", "--approve", "stack-deletion", "data-loss", "object-deletion"],
        0,
    );
    assert!(said.contains("PodDisruptionBudget shop/mail of cluster main is wanted no more and left alone"), "{said}");
    let paths = world.cluster.paths();
    assert!(paths.contains(taken) && paths.contains("/api/v1/namespaces/shop/configmaps/foreign"), "{paths:?}");
    let ours: Vec<_> = paths.iter().filter(|path| path.ends_with("/mail") && *path != taken).collect();
    assert!(ours.is_empty(), "{ours:?}");
    assert!(paths.contains(DEPLOYMENT));
    let order = sent(&world.cluster.calls(), "DELETE");
    let place = |what: &str| order.iter().position(|it| it == what).unwrap_or_else(|| panic!("{what}: {order:?}"));
    assert!(place("mail deployments") < place("mail serviceaccounts"));
}

#[test]
fn a_rollout_is_waited_for_and_its_failure_has_the_real_cause() {
    let world = World::deployed();
    world.debug();
    let waiting =
        json!({ "waiting": { "reason": "ImagePullBackOff", "message": "Back-off pulling image \"jobs:1\"" } });
    let pod = json!({
        "metadata": { "name": "jobs-5d9-x7k", "creationTimestamp": "2026-11-25T12:00:00Z" },
        "status": { "containerStatuses": [{ "name": "jobs", "state": waiting }] },
    });
    world.cluster.stick(Some(Duration::from_secs(2)), json!([pod]));
    let began = Instant::now();
    let said = world.ends(&APPLY, 1);
    assert!(began.elapsed() > Duration::from_secs(2));
    let cause = "pod jobs-5d9-x7k, container jobs: ImagePullBackOff: Back-off pulling image \"jobs:1\"";
    assert!(said.contains(&format!("Deployment shop/jobs is not rolled out yet, 0 of 1 available: {cause}")), "{said}");
    assert!(
        said.contains(&format!(
            "failed: objects main\n  {cause}\n  at Deployment shop/jobs of kubernetes/main/shop/worker-jobs.yaml\n  \
             Deployment shop/jobs is not rolled out: no progress"
        )),
        "{said}"
    );
    // The next time, too, it is not there.
    let why = "is not rolled out: no progress";
    for arguments in [&["diff"][..], &["status"], &APPLY] {
        assert!(world.ends(arguments, 1).contains(why), "{arguments:?}");
    }
    assert_eq!(world.objects(), ["update apps/v1/Deployment/shop/jobs"]);
    // Once the cause is gone, nothing differs.
    world.cluster.stick(None, json!([]));
    world.ends(&["diff"], 0);
}

const DATABASE: &str = "
databases: { orders: { network: platform.main, users: { app: {} } } }
migrations:
  orders: { cluster: platform.main, namespace: shop, database: orders, image: 'registry.example.com/orders:1.0.0' }
";

#[test]
fn a_migration_runs_to_its_end_before_programs_change_and_if_it_fails_they_do_not() {
    let world = World::new();
    let secrets = "    provided-by: { secrets-store: { by: us } }\n    node-groups:";
    world.project.write("stacks/platform.yaml", PLATFORM.replace("    node-groups:", secrets));
    world.project.write("stacks/data.yaml", DATABASE);
    world.ends(&APPLY, 0);
    let calls = world.cluster.calls();
    let place =
        |what: &str| calls.iter().rposition(|call| call.starts_with(what) && !call.contains("dryRun")).expect(what);
    let jobs = "/apis/batch/v1/namespaces/shop/jobs/orders-";
    let seen = calls.iter().rposition(|call| call.starts_with(&format!("GET {jobs}"))).expect("it is looked at");
    assert!(place(&format!("PATCH {jobs}")) < seen && seen < place(&format!("PATCH {DEPLOYMENT}")), "{calls:#?}");
    let job = || world.cluster.paths().into_iter().filter(|path| path.starts_with(jobs)).collect::<Vec<_>>();
    let first = job();
    assert_eq!(first.len(), 1);

    let ended = json!({ "terminated": { "exitCode": 1, "message": "column \"bytes\" exists already" } });
    let pod = json!({
        "metadata": { "name": "orders-x7k", "creationTimestamp": "2026-11-25T12:00:00Z" },
        "status": { "containerStatuses": [{ "name": "orders", "state": ended }] },
    });
    world.debug();
    world.project.write("stacks/data.yaml", DATABASE.replace("1.0.0", "1.0.1"));
    world.cluster.stick(Some(Duration::from_secs(1)), json!([pod]));
    let said = world.ends(&APPLY, 1);
    assert!(said.contains("has not run to its end: BackoffLimitExceeded: Job has reached"), "{said}");
    assert!(said.contains("container orders: exit code 1: column \"bytes\" exists already"), "{said}");
    assert!(said.contains("kubectl --namespace shop delete job orders-"), "{said}");
    let deployment = world.cluster.get(DEPLOYMENT).expect("it is there");
    assert_eq!(level(&deployment), "info", "the old programs go on");
    for (arguments, code) in [(&["diff"][..], 2), (&["status"], 1), (&APPLY, 1)] {
        assert!(world.ends(arguments, code).contains("BackoffLimitExceeded"), "{arguments:?}");
    }

    world.cluster.stick(None, json!([]));
    // A job that failed stays as it is until somebody does as they are told.
    job().iter().filter(|path| **path != first[0]).for_each(|path| world.cluster.delete(path));
    world.ends(&APPLY, 0);
    assert_eq!(level(&world.cluster.get(DEPLOYMENT).expect("it is there")), "debug");
    let last = job();
    assert!(last.len() == 1 && last != first, "the job of the version before goes: {last:?}");
    world.ends(&["diff"], 0);
}

#[test]
fn what_is_not_known_yet_is_created_after_the_stacks_and_a_cluster_that_does_not_answer_is_told() {
    let world = World::new();
    // No output is known, so nothing that needs one was tried.
    let calls = {
        world.objects();
        world.cluster.calls()
    };
    assert!(!calls.iter().any(|call| call.starts_with("PATCH") && call.contains("deployments")), "{calls:?}");

    // A cluster that the plan makes need not answer before.
    world.project.write("kubeconfig", world.cluster.kubeconfig().replace("token-of-a-test", "another"));
    let said = words(&world.ends(&["diff"], 2));
    assert!(said.contains("since it is made first: the cluster does not take the credentials"), "{said}");
    let said = words(&world.ends(&APPLY, 1));
    assert!(said.contains("failed: objects main the cluster does not take the credentials"), "{said}");
    world.project.write("kubeconfig", world.cluster.kubeconfig());
    world.ends(&APPLY, 0);
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_cluster_that_cannot_be_asked_never_ends_with_success() {
    let world = World::deployed();
    let config = world.cluster.kubeconfig();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port is free");
    let old = config.split("http://").nth(1).and_then(|it| it.split('"').next()).expect("an address").to_owned();
    for (kubeconfig, why) in [
        (config.replace("token-of-a-test", "another"), "the cluster does not take the credentials"),
        (config.replace("\"name\":\"test\"", "\"name\":\"prod\""), "the kubeconfig has no context `test`, only: prod"),
        (config.replace(&old, &closed.to_string()), "no connection: "),
    ] {
        world.project.write("kubeconfig", kubeconfig);
        let refused = format!("cluster main: its objects can be neither compared nor applied: {why}");
        for (arguments, code) in [(&["diff"][..], 3), (&APPLY[..], 3), (&["diff", "--format", "markdown"], 3)] {
            let said = words(&world.ends(arguments, code));
            assert!(said.contains(&refused), "{arguments:?}: {said}");
        }
        let json = world.ends(&["diff", "--format", "json"], 3);
        assert!(json.contains(&refused[14..]), "{json}");
        let said = words(&world.ends(&["status"], 1));
        assert!(said.contains("(no answer)") && said.contains(why.split(':').next().unwrap_or_default()), "{said}");
        // Whoever says so leaves the objects as they are.
        let said = words(&world.ends(&["diff", "--without-clusters"], 0));
        assert!(said.contains("objects of cluster main were left out"), "{said}");
        world.ends(&["apply", "--yes", "--progress", "plain", "--without-clusters"], 0);
    }
    fs::remove_file(world.project.path().join("kubeconfig")).expect("it can be removed");
    world.ends(&["diff"], 3);
    world.project.write("kubeconfig", config);
    world.ends(&["status"], 0);
    // No cluster is named: nobody asked for its objects.
    let yaml = fs::read_to_string(world.project.path().join("infra.yaml")).expect("it is there");
    world.project.write("infra.yaml", yaml.replace(", clusters: { main: { context: test } }", ""));
    let said = words(&world.ends(&["diff"], 0));
    assert!(
        said.contains("no cluster was asked; `clusters: { main: { context: … } }` of environment dev in infra.yaml"),
        "{said}"
    );
}

fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": reason, "code": code,
        "message": message,
    })
}

#[test]
fn what_the_api_server_refuses_blocks_everything_and_hides_nothing() {
    let world = World::deployed();
    world.debug();
    world.project.write("stacks/mail.yaml", MAIL.replace("max: 2", "max: 3"));
    let forbidden =
        "serviceaccounts \"jobs\" is forbidden: User \"ci\" cannot get resource \"serviceaccounts\" in API group \"\"";
    let invalid = "Deployment.apps \"jobs\" is invalid: spec.selector: field is immutable";
    let dead = "Internal error occurred: failed calling webhook \"policies.example.com\"";
    for (method, contains, code, reason, message) in [
        ("GET", "serviceaccounts/jobs", 403, "Forbidden", forbidden),
        ("PATCH", "deployments/jobs", 422, "Invalid", invalid),
        ("PATCH", "deployments/jobs", 500, "InternalError", dead),
        ("PATCH", "networkpolicies/jobs", 403, "Forbidden", "denied by a policy"),
    ] {
        let fault = || {
            let what = What::Answer(code, "", status(code, reason, message));
            world.cluster.fault(Fault { method, contains, times: 1000, what });
        };
        fault();
        let before = world.cluster.get(DEPLOYMENT);
        for (arguments, code) in [(&["diff"][..], 3), (&APPLY[..], 3), (&["diff", "--format", "github"], 3)] {
            let said = words(&world.ends(arguments, code));
            assert!(said.contains(message.split(':').next().unwrap_or_default()), "{arguments:?}: {said}");
        }
        let changes = world.changes();
        assert!(changes["changes"]["hazards"].to_string().contains(&message.replace('"', "\\\"")), "{changes}");
        assert_eq!(world.cluster.get(DEPLOYMENT), before, "nothing is written");
        world.cluster.no_faults();
    }
    let unknown = "failed to create typed patch object (shop/jobs; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema";
    let mut answer = status(500, "", unknown);
    answer.as_object_mut().expect("a map").remove("reason");
    let what = What::Answer(500, "", answer);
    world.cluster.fault(Fault { method: "PATCH", contains: "deployments/jobs", times: 1000, what });
    world.cluster.calls();
    world.ends(&["diff"], 3);
    let tries =
        world.cluster.calls().iter().filter(|it| it.starts_with("PATCH") && it.contains("deployments/jobs")).count();
    assert_eq!(tries, 1, "asking again does not help");
    world.cluster.no_faults();
    world.ends(&APPLY, 0);
}

#[test]
fn what_others_made_is_taken_over_only_when_somebody_agrees_and_their_namespace_is_never_deleted() {
    let world = World::deployed();
    let namespace = "/api/v1/namespaces/shared";
    let labels = json!({ "team": "other" });
    world.cluster.put(
        namespace,
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shared", "labels": labels } }),
    );
    let account = "/api/v1/namespaces/shared/serviceaccounts/mail";
    let theirs =
        json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "mail", "namespace": "shared" } });
    world.cluster.put(account, theirs.clone());
    let settings = "/api/v1/namespaces/shared/configmaps/settings";
    world.cluster.put(
        settings,
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "settings", "namespace": "shared" } }),
    );
    world.project.write("stacks/mail.yaml", MAIL.replace("namespace: shop", "namespace: shared"));
    let said = words(&world.ends(&["diff"], 2));
    assert!(said.contains("object-adoption: Namespace shared of cluster main is not ours yet"), "{said}");
    let go = |more: &[&str], code| {
        let approve = ["--approve", "object-deletion", "data-loss", "stack-deletion", "exposure"];
        world.ends(&[&APPLY[..], &approve[..], more].concat(), code)
    };
    assert!(go(&[], 3).contains("object-adoption"));
    assert_eq!(world.cluster.get(account).expect("it is there")["metadata"]["labels"], Value::Null);
    go(&["object-adoption"], 0);
    let live = world.cluster.get(namespace).expect("it is there");
    assert_eq!(live["metadata"]["labels"]["applyset.kubernetes.io/part-of"], Value::Null, "it is not ours: {live}");
    assert_eq!(live["metadata"]["labels"]["team"], "other");
    world.ends(&["diff"], 0);
    // Back again: the namespace and what is in it stay.
    world.project.write("stacks/mail.yaml", MAIL);
    let said = words(&world.ends(&["diff"], 2));
    assert!(said.contains("Namespace shared of cluster main is wanted no more and left alone"), "{said}");
    go(&[], 0);
    assert!(world.cluster.get(namespace).is_some() && world.cluster.get(settings).is_some());
    world.ends(
        &["destroy", "--confirm", "dev", "--progress", "plain", "--approve", "data-loss", "stateful-replacement"],
        0,
    );
    let left: Vec<_> = world.cluster.paths().into_iter().collect();
    assert_eq!(left, ["/api/v1/namespaces/default", namespace, settings]);
}

#[test]
fn objects_of_ours_are_forgotten_only_when_somebody_agrees() {
    let world = World::deployed();
    world.project.remove("stacks/mail.yaml");
    let infra = world.project.read("infra.yaml");
    let asks = |arguments: &[&str]| {
        let said = words(&world.ends(
            &[&APPLY[..], &["--approve", "stack-deletion", "data-loss", "object-deletion"], arguments].concat(),
            3,
        ));
        assert!(said.contains("of cluster main, wanted no more, would be forgotten wherever they are"), "{said}");
        assert!(said.contains("object-forgetting"), "{said}");
    };
    // Nobody says any more how the cluster is reached, or it is left out.
    world.project.write("infra.yaml", infra.replace(", clusters: { main: { context: test } }", ""));
    asks(&[]);
    world.project.write("infra.yaml", &infra);
    asks(&["--without-clusters"]);
    // The context leads to another cluster.
    let other = Cluster::start();
    let kubeconfig = world.project.read("kubeconfig");
    world.project.write("kubeconfig", other.kubeconfig());
    asks(&[]);
    world.project.write("kubeconfig", kubeconfig);
    world.ends(&[&APPLY[..], &["--approve", "stack-deletion", "data-loss", "object-deletion"]].concat(), 0);
}

#[test]
fn a_second_environment_does_not_take_over_the_first() {
    let world = World::deployed();
    let yaml = fs::read_to_string(world.project.path().join("infra.yaml")).expect("it is there");
    let dev = yaml.lines().find(|line| line.contains("dev:")).expect("an environment").to_owned();
    world.project.write("infra.yaml", format!("{yaml}{}\n", dev.replace("  dev:", "  test:")));
    let before: Vec<_> = world.cluster.paths().iter().map(|path| world.cluster.get(path)).collect();
    let said = words(&world.ends(&["diff", "--env", "test"], 3));
    assert!(said.contains("cluster main: Namespace shop belongs to the set applyset-"), "{said}");
    world.ends(&["apply", "--env", "test", "--yes", "--progress", "plain"], 3);
    // A plan in which the other one's objects are not there is of no use once they are.
    let after: Vec<_> = world.cluster.paths().iter().map(|path| world.cluster.get(path)).collect();
    assert_eq!(before, after);
    assert_eq!(world.cluster.managers(DEPLOYMENT), ["infra:shop:dev"]);
}

#[test]
fn fields_that_an_earlier_version_managed_are_still_ours() {
    let world = World::deployed();
    // What was managed as `infra` before each environment was a manager of its own.
    world.cluster.rename_manager("infra:shop:dev", "infra");
    world.ends(&["diff"], 0);
    world.debug();
    world.ends(&APPLY, 0);
    assert_eq!(level(&world.cluster.get(DEPLOYMENT).expect("it is there")), "debug");
}

#[test]
fn a_namespace_of_ours_that_holds_what_others_made_goes_only_when_somebody_agrees() {
    let world = World::deployed();
    let settings = "/api/v1/namespaces/shop/configmaps/settings";
    world.cluster.put(
        settings,
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "settings", "namespace": "shop" } }),
    );
    let destroy =
        ["destroy", "--confirm", "dev", "--progress", "plain", "--approve", "data-loss", "stateful-replacement"];
    let said = words(&world.ends(&destroy, 3));
    assert!(
        said.contains("Namespace shop goes, and with it everything in it, also ConfigMap settings, which is not ours"),
        "{said}"
    );
    assert!(said.contains("object-deletion"), "{said}");
    assert!(world.cluster.get(settings).is_some());
    world.ends(&[&destroy[..], &["object-deletion"]].concat(), 0);
    assert!(world.cluster.get(settings).is_none());
}

#[test]
fn passing_failures_are_waited_out() {
    let world = World::new();
    let status = |code: u16, reason: &str| json!({ "kind": "Status", "status": "Failure", "reason": reason, "message": reason, "code": code });
    let fault = |method, contains, times, what| world.cluster.fault(Fault { method, contains, times, what });
    fault("GET", "/api/v1", 1, What::Answer(429, "Retry-After: 1\r\n", status(429, "TooManyRequests")));
    fault("GET", "/apis/apps/v1", 2, What::Answer(503, "", status(503, "ServiceUnavailable")));
    fault("PATCH", "deployments/jobs", 1, What::Answer(504, "", status(504, "Timeout")));
    fault("PATCH", "serviceaccounts/jobs", 1, What::Lost);
    fault("PATCH", "networkpolicies/jobs", 1, What::Slow(Duration::from_millis(400)));
    let began = Instant::now();
    world.ends(&APPLY, 0);
    assert!(began.elapsed() > Duration::from_secs(1), "the server asked to wait");
    assert_eq!(world.cluster.faults_left(), 0);
    world.ends(&["diff"], 0);
    // What is gone already is deleted.
    fs::remove_file(world.project.path().join("stacks/mail.yaml")).expect("it can be removed");
    fault("DELETE", "serviceaccounts/mail", 1, What::Answer(410, "", status(410, "Gone")));
    fault("DELETE", "deployments/mail", 1, What::Lost);
    world.cluster.calls();
    world.ends(
        &["apply", "--yes", "--progress", "plain", "--approve", "stack-deletion", "data-loss", "object-deletion"],
        0,
    );
    assert_eq!(world.cluster.faults_left(), 0);
}

#[test]
fn every_request_may_fail_once() {
    let world = World::new();
    let text = |code: u16, headers, text: &str| What::Answer(code, headers, text.into());
    let all = [
        text(503, "", "service unavailable\n"),
        text(429, "Retry-After: 0\r\n", "Too many requests, please try again later.\n"),
        What::Answer(504, "", status(504, "Timeout", "Timeout: request did not complete within the allotted timeout")),
        What::Answer(401, "", status(401, "Unauthorized", "Unauthorized")),
        What::Lost,
    ];
    let undisturbed = World::deployed().cluster.paths();
    for what in all {
        world.cluster.fail_first(Some(what));
        world.project.write("stacks/app.yaml", APP);
        world.ends(&APPLY, 0);
        assert_eq!(world.cluster.paths(), undisturbed);
        world.debug();
        world.ends(&APPLY, 0);
        assert_eq!(level(&world.cluster.get(DEPLOYMENT).expect("it is there")), "debug");
        world.ends(&["destroy", "--confirm", "dev", "--progress", "plain", "--approve", "data-loss"], 0);
        assert_eq!(world.cluster.paths().into_iter().collect::<Vec<_>>(), ["/api/v1/namespaces/default"]);
    }
}

#[test]
fn a_group_whose_own_server_is_down_is_not_waited_for() {
    let world = World::deployed();
    let what = What::Answer(503, "", "service unavailable\n".into());
    world.cluster.fault(Fault { method: "GET", contains: "/apis/storage.k8s.io/v1$", times: 100_000, what });
    let began = Instant::now();
    world.ends(&["diff"], 0);
    let destroy = ["destroy", "--confirm", "dev", "--progress", "plain", "--approve", "data-loss"];
    let said = words(&world.ends(&destroy, 3));
    assert!(said.contains("also whatever storage.k8s.io/v1 has, which cannot be read"), "{said}");
    world.ends(&[&destroy[..], &["object-deletion"]].concat(), 0);
    assert!(began.elapsed() < Duration::from_mins(1), "it is not waited for");
}

#[test]
fn a_write_in_between_is_seen() {
    let world = World::deployed();
    world.debug();
    let modified = json!({ "kind": "Status", "status": "Failure", "reason": "Conflict", "code": 409, "message": "the object has been modified" });
    world.cluster.fault(Fault {
        method: "PATCH",
        contains: "deployments/jobs?fieldManager=infra%3Ashop%3Adev&force=false$",
        times: 2,
        what: What::Answer(409, "", modified),
    });
    world.ends(&APPLY, 0);
    assert_eq!(world.cluster.faults_left(), 0);
    let bodies = world.cluster.bodies();
    let last = bodies.last().expect("something was applied");
    assert!(last["metadata"]["resourceVersion"].is_string(), "{last}");
    assert!(!bodies.iter().any(|body| body.to_string().contains("*** (")), "nothing masked is sent");
}

#[test]
fn a_run_that_is_killed_is_resumed_to_the_same_end() {
    let undisturbed = World::deployed().cluster.paths();
    let world = World::new();
    let mut killed = 0;
    for line in 1..60 {
        let arguments: &[&str] = if line == 1 { &APPLY } else { &["apply", "--resume", "--progress", "plain"] };
        let mut child = world.command(arguments);
        let child =
            child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("infra starts");
        if !kill(&world, child, killed + 1) {
            break;
        }
        killed += 1;
    }
    assert!(killed > 3, "{killed} kills came in time");
    world.ends(&["apply", "--resume", "--progress", "plain"], 0);
    world.ends(&APPLY, 0);
    assert_eq!(world.cluster.paths(), undisturbed);
    world.ends(&["diff"], 0);
}

#[test]
fn what_is_not_as_planned_when_its_turn_comes_is_refused() {
    let world = World::new();
    let mut child = world.command(&APPLY);
    let child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("infra starts");
    assert!(kill(&world, child, 3), "it was not killed in time");
    let path = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/jobs";
    let foreign = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": { "name": "jobs", "namespace": "shop" },
        "spec": { "unhealthyPodEvictionPolicy": "AlwaysAllow" },
    });
    world.cluster.put(path, foreign);
    let said = world.ends(&["apply", "--resume", "--progress", "plain"], 3);
    let why = "PodDisruptionBudget shop/jobs is not any more as it was when the plan was made: it would change in another way";
    assert!(said.contains(why), "{said}");
    let live = world.cluster.get(path).expect("it is there");
    assert_eq!(live["spec"], json!({ "unhealthyPodEvictionPolicy": "AlwaysAllow" }), "it is left alone");
}

/// Kills a run once the journal names so many objects; whether it was still running.
fn kill(world: &World, mut child: Child, objects: usize) -> bool {
    loop {
        if child.try_wait().expect("the run can be asked").is_some() {
            return false;
        }
        let entries = fs::read_dir(world.project.path().join(".infra/runs")).into_iter().flatten().flatten();
        let journal = entries.filter_map(|entry| fs::read_to_string(entry.path()).ok()).collect::<String>();
        if journal.matches("\"event\":{\"object\":").count() >= objects {
            child.kill().expect("the run can be killed");
            child.wait().expect("the run ends");
            return true;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn objects_go_before_the_stack_of_their_cluster() {
    let world = World::deployed();
    let said = world.ends(
        &[
            "destroy",
            "--confirm",
            "dev",
            "--progress",
            "plain",
            "--approve",
            "stack-deletion",
            "data-loss",
            "stateful-replacement",
        ],
        0,
    );
    let place = |what: &str| said.rfind(what).unwrap_or_else(|| panic!("{what}: {said}"));
    assert!(place("DELETE_COMPLETE shop Namespace") < place("DELETE_COMPLETE ClusterMain"), "{said}");
    let left: Vec<_> = world.cluster.paths().into_iter().collect();
    assert_eq!(left, ["/api/v1/namespaces/default"]);
}

#[test]
fn what_a_run_made_that_failed_elsewhere_goes_when_it_is_taken_back() {
    let world = World::deployed();
    let before = world.cluster.paths();
    let post = MAIL.replace("queues: { mail:", "queues: { post: { visibility-timeout: 90 }, mail:").replacen(
        "workers:\n",
        "workers:\n  post: { cluster: platform.main, namespace: post, image: 'registry.example.com/post:1.0.0', consumes: \
         [post], processing-time: 60, scaling: cpu, replicas: { min: 1, max: 2 } }\n",
        1,
    );
    world.project.write("stacks/mail.yaml", post);
    world.project.write("stacks/bad.yaml", super::site::BROKEN);
    world.ends(&APPLY, 1);
    assert!(world.cluster.get("/apis/apps/v1/namespaces/post/deployments/post").is_some());
    world.project.write("stacks/mail.yaml", MAIL);
    std::fs::remove_file(world.project.path().join("stacks/bad.yaml")).expect("the file is there");
    world.ends(&["recover", "--env", "dev", "--do", "shop-dev-bad", "--delete"], 0);
    let agreed = [&APPLY[..], &["--approve", "data-loss", "exposure", "object-deletion"]].concat();
    world.ends(&agreed, 0);
    assert_eq!(world.cluster.paths(), before);
    world.ends(&["diff"], 0);
}
