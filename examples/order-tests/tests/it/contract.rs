//! What the programs need and what the platform gives them are the same, in every environment: nothing is missing, and
//! nothing is left over.
//!
//! One side is what the programs say themselves (`order-service contract`, `order-worker contract ROLE`), the other what
//! `infra synth` writes; the golden files are that, and other tests keep them fresh.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use order_events::Kind;
use order_tests::process::{built, root};
use serde::Deserialize as _;
use serde_json::Value;

const ENVIRONMENTS: [&str; 4] = ["local", "dev", "staging", "prod"];
const ROLES: [&str; 5] = ["payment", "inventory", "email", "intake", "replay"];

/// The variable with the namespace of metrics, which are no resource.
const NAMESPACE: &str = "METRICS_NAMESPACE";

/// A resource, as `orders-dev-messaging` and `QueuePayment`.
type Resource = (String, String);

struct Contract(Value);

impl Contract {
    fn of(program: &str, arguments: &[&str]) -> Self {
        let run = Command::new(built(program)).args(arguments).env_clear().output().expect("it starts");
        assert!(run.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
        Self(serde_json::from_slice(&run.stdout).expect("it is JSON"))
    }

    fn keys(&self, name: &str) -> BTreeSet<String> {
        self.0[name].as_object().expect(name).keys().cloned().collect()
    }

    fn words(&self, name: &str) -> Vec<&str> {
        self.0[name].as_array().expect(name).iter().map(|word| word.as_str().expect("a word")).collect()
    }

    /// Actions with the variable that names the resource.
    fn actions(&self) -> BTreeSet<(String, String)> {
        let text = |value: &Value| value.as_str().expect("a word").to_owned();
        self.0["actions"].as_array().expect("actions").iter().map(|a| (text(&a["action"]), text(&a["on"]))).collect()
    }
}

/// What is synthesized for one environment.
struct Given {
    environment: &'static str,
    folder: PathBuf,
}

/// What is synthesized for one program.
struct Pod {
    objects: Vec<Value>,
    variables: BTreeMap<String, String>,
}

impl Given {
    fn new(environment: &'static str) -> Self {
        Self { environment, folder: root().join("snapshots/orders").join(environment) }
    }

    fn template(&self, stack: &str) -> Value {
        let file = self.folder.join(format!("stacks/{stack}.eu-west-1.template.json"));
        serde_json::from_str(&fs::read_to_string(file).expect("the template is there")).expect("it is JSON")
    }

    fn stack(&self, name: &str) -> String {
        format!("orders-{}-{name}", self.environment)
    }

    fn pod(&self, file: &str) -> Pod {
        let file = self.folder.join(format!("kubernetes/main/orders/{file}.yaml"));
        let text = fs::read_to_string(file).expect("the manifest is there");
        let documents = serde_yaml::Deserializer::from_str(&text);
        let objects: Vec<Value> = documents.map(|document| Value::deserialize(document).expect("an object")).collect();
        let mut pod = Pod { objects, variables: BTreeMap::new() };
        let list = pod.container()["env"].as_array().expect("variables").clone();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        pod.variables = list.iter().map(|variable| (text(&variable["name"]), text(&variable["value"]))).collect();
        pod
    }

    /// The resource behind an output of a stack.
    fn behind(&self, stack: &str, output: &str) -> Resource {
        let short = stack.strip_prefix(&self.stack("")).expect("a stack of this environment");
        let template = self.template(short);
        let value = &template["Outputs"][output]["Value"];
        let id = value.get("Ref").or_else(|| value.get("Fn::GetAtt").map(|att| &att[0]));
        (stack.to_owned(), id.and_then(Value::as_str).unwrap_or_else(|| panic!("{output}: {value}")).to_owned())
    }

    /// The resource that a variable's value names: `${output:STACK@REGION:OUTPUT}`.
    fn named_by(&self, value: &str) -> Resource {
        let inner = value.strip_prefix("${output:").and_then(|rest| rest.strip_suffix('}'));
        let (stack, output) = inner.and_then(|inner| inner.split_once('@')).unwrap_or_else(|| panic!("{value}"));
        self.behind(stack, output.split_once(':').expect("a region and an output").1)
    }

    /// The resource that a variable's value names, or the namespace of metrics that it is.
    fn meant_by(&self, variable: &str, value: &str) -> Resource {
        if variable == NAMESPACE { (NAMESPACE.to_owned(), value.to_owned()) } else { self.named_by(value) }
    }

    /// The resource that a policy of the stack `workloads` allows something on; nothing for names that are written out.
    fn allowed_on(&self, template: &Value, resource: &Value) -> Option<Resource> {
        if let Some(output) = resource.get("Fn::GetStackOutput") {
            let text = |key: &str| output[key].as_str().expect(key);
            return Some(self.behind(text("StackName"), text("OutputName")));
        }
        if let Some(parameter) = resource.get("Ref").and_then(Value::as_str) {
            let said =
                template["Parameters"][parameter]["Description"].as_str().expect("a parameter with a description");
            let words: Vec<&str> = said.split(' ').collect();
            let [_, output, _, _, stack, ..] = words[..] else { panic!("{said}") };
            return Some(self.behind(stack, output));
        }
        if let Some(parts) = resource.get("Fn::Join") {
            // Objects of a bucket: its ARN and `/*`.
            let parts = parts[1].as_array().expect("parts");
            return parts.iter().find(|part| part.is_object()).and_then(|part| self.allowed_on(template, part));
        }
        let text = resource["Fn::Sub"].as_str().unwrap_or_else(|| panic!("{resource}"));
        // The same, or the ARN of a secret, whose name is written out.
        let parameter = text.strip_prefix("${").and_then(|rest| rest.strip_suffix("}/*"))?;
        self.allowed_on(template, &serde_json::json!({ "Ref": parameter }))
    }

    /// Everything that the role of a service account allows.
    fn allowed(&self, account: &str) -> BTreeSet<(String, Option<Resource>)> {
        let template = self.template("workloads");
        let resources = template["Resources"].as_object().expect("resources");
        let identity = resources.values().find(|resource| {
            resource["Type"] == "AWS::EKS::PodIdentityAssociation"
                && resource["Properties"]["ServiceAccount"] == account
        });
        let role = identity.expect("an identity")["Properties"]["RoleArn"]["Fn::GetAtt"][0].as_str().expect("a role");
        let statements = &resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
        let mut all = BTreeSet::new();
        for statement in statements.as_array().expect("statements") {
            let namespace = statement["Condition"]["StringEquals"]["cloudwatch:namespace"].as_str();
            let on = match namespace {
                Some(namespace) => Some((NAMESPACE.to_owned(), namespace.to_owned())),
                None => self.allowed_on(&template, &statement["Resource"]),
            };
            let actions = statement["Action"].as_array().cloned().unwrap_or_else(|| vec![statement["Action"].clone()]);
            all.extend(actions.iter().map(|action| (action.as_str().expect("an action").to_owned(), on.clone())));
        }
        all
    }
}

impl Pod {
    fn object(&self, kind: &str) -> Option<&Value> {
        self.objects.iter().find(|object| object["kind"] == kind)
    }

    fn spec(&self) -> &Value {
        let object = self.object("Deployment").or_else(|| self.object("Job")).expect("a Deployment or a Job");
        &object["spec"]["template"]["spec"]
    }

    fn container(&self) -> &Value {
        &self.spec()["containers"][0]
    }

    fn port(&self, name: &Value) -> u64 {
        let ports = self.container()["ports"].as_array().expect("ports");
        let port = ports.iter().find(|port| &port["name"] == name).unwrap_or_else(|| panic!("no port {name}"));
        port["containerPort"].as_u64().expect("a number")
    }
}

/// Everybody: the contract, the manifest's file and the service account.
fn programs() -> Vec<(Contract, String, &'static str)> {
    let service = (Contract::of("order-service", &["contract"]), "service-order-service".to_owned(), "order-service");
    let migration = (Contract::of("order-service", &["contract", "migrate"]), "migration-orders".to_owned(), "orders");
    let worker = |role| (Contract::of("order-worker", &["contract", role]), format!("worker-{role}"), role);
    [service, migration].into_iter().chain(ROLES.into_iter().map(worker)).collect()
}

/// Runs a check for every program in every environment.
fn everywhere(check: impl Fn(&Contract, &Given, &Pod, &str)) {
    let programs = programs();
    for environment in ENVIRONMENTS {
        let given = Given::new(environment);
        for (contract, file, account) in &programs {
            check(contract, &given, &given.pod(file), account);
        }
    }
}

#[test]
fn the_variables_are_those_that_the_programs_ask_for() {
    everywhere(|contract, given, pod, account| {
        let provided: BTreeSet<String> = pod.variables.keys().cloned().collect();
        let (required, optional) = (contract.keys("required"), contract.keys("optional"));
        let missing: Vec<_> = required.difference(&provided).collect();
        assert!(missing.is_empty(), "{account} in {}: nobody sets {missing:?}", given.environment);
        let unread: Vec<_> =
            provided.iter().filter(|name| !required.contains(*name) && !optional.contains(*name)).collect();
        assert!(unread.is_empty(), "{account} in {}: nobody reads {unread:?}", given.environment);
    });
}

#[test]
fn ports_and_probes_are_those_that_the_programs_serve() {
    everywhere(|contract, given, pod, account| {
        let context = format!("{account} in {}", given.environment);
        if pod.object("Job").is_some() {
            assert!(contract.words("ports").is_empty() && contract.keys("probes").is_empty(), "{context}");
            return;
        }
        let number = |variable: &str| pod.variables[variable].parse::<u64>().expect("a port");
        let served: BTreeSet<u64> = contract.words("ports").into_iter().map(number).collect();
        let exposed = pod.container()["ports"].as_array().expect("ports").iter();
        let exposed: BTreeSet<u64> = exposed.map(|port| port["containerPort"].as_u64().expect("a number")).collect();
        assert_eq!(served, exposed, "{context}");
        let probes = contract.0["probes"].as_object().expect("probes");
        let mut asked = BTreeSet::new();
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            let get = &pod.container()[probe]["httpGet"];
            let path = get["path"].as_str().expect("a path");
            let variable = probes.get(path).unwrap_or_else(|| panic!("{context}: {path} is not served"));
            assert_eq!(pod.port(&get["port"]), number(variable.as_str().expect("a variable")), "{context}: {probe}");
            asked.insert(path);
        }
        assert_eq!(asked, probes.keys().map(String::as_str).collect(), "{context}: a probe that nobody asks");
        let seconds = |value: &Value| value.as_u64().expect("seconds");
        let grace = seconds(&pod.spec()["terminationGracePeriodSeconds"]);
        let before = seconds(&pod.container()["lifecycle"]["preStop"]["sleep"]["seconds"]);
        let drain = seconds(&contract.0["drainSeconds"]);
        assert!(before + drain <= grace, "{context}: {before} s + {drain} s do not fit into {grace} s");
        // The platform's load balancer is a network one, which opens connections to pods that leave it for two minutes more.
        let registered = pod.objects.iter().any(|object| object["kind"] == "TargetGroupBinding");
        assert!(!registered || before >= 120, "{context}: still asked after {before} s");
    });
}

#[test]
fn the_roles_allow_what_the_programs_do_and_nothing_else() {
    everywhere(|contract, given, pod, account| {
        let context = format!("{account} in {}", given.environment);
        let needed: BTreeSet<(String, Option<Resource>)> = contract
            .actions()
            .into_iter()
            .map(|(action, variable)| {
                let value = pod.variables.get(&variable).unwrap_or_else(|| panic!("{context}: {variable}"));
                (action, Some(given.meant_by(&variable, value)))
            })
            .collect();
        // The files of secrets are fetched by the driver in the name of the pod.
        let (fetched, allowed): (BTreeSet<_>, BTreeSet<_>) =
            given.allowed(account).into_iter().partition(|(action, _)| action.starts_with("secretsmanager:"));
        assert_eq!(needed, allowed, "{context}");
        let files = pod.variables.keys().filter(|name| name.ends_with("_FILE")).count();
        assert_eq!(fetched.is_empty(), files == 0, "{context}: {fetched:?} for {files} files");
    });
}

#[test]
fn nobody_but_the_migration_is_the_master_user_of_the_database() {
    everywhere(|_, given, _, account| {
        let secrets =
            given.allowed(account).into_iter().filter(|(action, _)| action == "secretsmanager:GetSecretValue");
        let users: BTreeSet<String> = secrets.filter_map(|(_, secret)| Some(secret?.1)).collect();
        let (master, service, worker) =
            ("DatabaseOrders", "DatabaseOrdersOrderServiceUser", "DatabaseOrdersOrderWorkerUser");
        let expected: &[&str] = match account {
            "orders" => &[master, service, worker],
            "order-service" => &[service],
            "email" => &[],
            _ => &[worker],
        };
        assert_eq!(users, expected.iter().map(|id| (*id).to_owned()).collect(), "{account} in {}", given.environment);
    });
}

#[test]
fn the_alarms_look_at_what_the_service_reports() {
    for environment in ENVIRONMENTS {
        let given = Given::new(environment);
        let namespace = given.pod("service-order-service").variables[NAMESPACE].clone();
        let template = given.template("monitoring");
        let alarms = template["Resources"].as_object().expect("resources").values();
        let looked_at: BTreeSet<&str> = alarms
            .filter(|alarm| alarm["Properties"]["Namespace"] == namespace)
            .map(|alarm| alarm["Properties"]["MetricName"].as_str().expect("a name"))
            .collect();
        assert_eq!(looked_at, order_service_reports(), "{environment}");
    }
}

/// The names that the service gives its numbers; a test of the running service holds them against what it sends.
fn order_service_reports() -> BTreeSet<&'static str> {
    crate::outbox::REPORTED.into_iter().collect()
}

#[test]
fn the_files_of_secrets_are_those_that_the_programs_read() {
    everywhere(|contract, given, pod, account| {
        let context = format!("{account} in {}", given.environment);
        let mounted = pod
            .object("SecretProviderClass")
            .map_or("", |class| class["spec"]["parameters"]["objects"].as_str().expect("a list of objects"));
        let mounted: Value = serde_yaml::from_str(mounted).expect("it is YAML");
        let mut files = BTreeSet::new();
        for object in mounted.as_array().into_iter().flatten() {
            for path in object["jmesPath"].as_array().expect("parts") {
                files.insert(format!("/mnt/secrets/{}", path["objectAlias"].as_str().expect("a name")));
            }
        }
        let read = contract.keys("required").into_iter().filter(|name| name.ends_with("_FILE"));
        let read: BTreeSet<String> = read.map(|name| pod.variables[&name].clone()).collect();
        assert_eq!(read, files, "{context}");
    });
}

#[test]
fn every_queue_has_one_consumer_and_its_scaler_looks_at_it() {
    for environment in ENVIRONMENTS {
        let given = Given::new(environment);
        let mut taken = BTreeSet::new();
        for (contract, file, account) in programs() {
            let pod = given.pod(&file);
            let queues: BTreeSet<Resource> = contract
                .words("consumes")
                .into_iter()
                .map(|variable| given.named_by(&pod.variables[variable]))
                .collect();
            if let Some(scaler) = pod.object("ScaledObject") {
                let triggers = scaler["spec"]["triggers"].as_array().expect("triggers").iter();
                let watched = triggers.map(|trigger| trigger["metadata"]["queueURL"].as_str().expect("a URL"));
                let watched: BTreeSet<Resource> = watched.map(|url| given.named_by(url)).collect();
                assert_eq!(watched, queues, "{account} in {environment}");
            }
            for queue in queues {
                assert!(taken.insert(queue.clone()), "{queue:?} is taken by two");
            }
        }
        let template = given.template("messaging");
        let all = template["Resources"].as_object().expect("resources").iter();
        let queues = all.filter(|(id, resource)| resource["Type"] == "AWS::SQS::Queue" && !id.ends_with("DeadLetter"));
        let queues: BTreeSet<Resource> = queues.map(|(id, _)| (given.stack("messaging"), id.clone())).collect();
        assert_eq!(taken, queues, "{environment}");
    }
}

#[test]
fn every_kind_of_event_is_let_through_to_somebody_and_no_other_is() {
    for environment in ENVIRONMENTS {
        let template = Given::new(environment).template("messaging");
        let subscriptions = template["Resources"].as_object().expect("resources").values();
        let subscriptions = subscriptions.filter(|resource| resource["Type"] == "AWS::SNS::Subscription");
        let mut through = BTreeSet::new();
        for properties in subscriptions.map(|subscription| &subscription["Properties"]) {
            assert_eq!(properties["RawMessageDelivery"], true, "the workers read events, not envelopes of SNS");
            assert_eq!(properties["FilterPolicyScope"], "MessageAttributes");
            let filter = properties["FilterPolicy"].as_object().expect("a filter");
            assert_eq!(filter.keys().collect::<Vec<_>>(), [order_events::attribute::EVENT_TYPE]);
            let kinds = filter[order_events::attribute::EVENT_TYPE].as_array().expect("kinds");
            through.extend(kinds.iter().map(|kind| kind.as_str().expect("a kind").to_owned()));
        }
        let known: BTreeSet<String> = Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
        assert_eq!(through, known, "{environment}");
    }
}

#[test]
fn the_api_leads_to_what_the_service_serves_with_the_scopes_that_it_asks_for() {
    let document = Contract::of("order-service", &["openapi"]).0;
    let mut served = BTreeMap::new();
    for (path, item) in
        document["paths"].as_object().expect("paths").iter().filter(|(path, _)| path.starts_with("/v1/"))
    {
        for (method, operation) in item.as_object().expect("operations") {
            let scopes =
                operation["security"][0].as_object().expect("a scheme").values().next().expect("scopes").clone();
            served.insert(format!("{} {path}", method.to_uppercase()), scopes);
        }
    }
    for environment in ENVIRONMENTS {
        let template = Given::new(environment).template("api");
        let resources = template["Resources"].as_object().expect("resources");
        let mut led = BTreeMap::new();
        for route in resources.values().filter(|resource| resource["Type"] == "AWS::ApiGatewayV2::Route") {
            let route = &route["Properties"];
            let target = route["Target"]["Fn::Sub"].as_str().expect("a target");
            let integration = target.trim_start_matches("integrations/${").trim_end_matches('}');
            if resources[integration]["Properties"]["IntegrationType"] == "HTTP_PROXY" {
                led.insert(route["RouteKey"].as_str().expect("a key").to_owned(), route["AuthorizationScopes"].clone());
            }
        }
        assert_eq!(led, served, "{environment}");
    }
}

#[test]
fn the_images_are_built_for_the_ports_and_the_user_of_the_pods() {
    everywhere(|_, given, pod, account| {
        let context = format!("{account} in {}", given.environment);
        let image = pod.container()["image"].as_str().expect("an image");
        let (_, name) = image.rsplit_once('/').expect("a registry");
        let (name, version) = name.split_once(':').expect("a tag");
        let dockerfile = root().join("examples").join(name).join("Dockerfile");
        let dockerfile =
            fs::read_to_string(dockerfile).unwrap_or_else(|problem| panic!("{context}: {name}: {problem}"));
        let said = |word: &str| {
            let mut lines = dockerfile.lines().filter_map(|line| line.strip_prefix(word)).map(str::trim);
            lines.next().unwrap_or_else(|| panic!("{name}: no {word}")).to_owned()
        };
        // A migration listens to nobody.
        if let Some(port) = pod.container()["ports"][0]["containerPort"].as_u64() {
            assert_eq!(said("EXPOSE"), port.to_string(), "{context}");
        }
        assert_eq!(pod.spec()["securityContext"]["runAsNonRoot"], true, "{context}");
        let group = pod.spec()["securityContext"]["fsGroup"].as_u64().expect("a group");
        assert_eq!(said("USER"), format!("{group}:{group}"), "{context}");
        assert_eq!(said("ENTRYPOINT"), format!("[\"/usr/local/bin/{name}\"]"), "{context}");
        if let Some(file) = pod.variables.get("DB_CA_FILE") {
            assert!(dockerfile.contains(&format!(" {file}\n")), "{context}: the image has no {file}");
        }
        assert_eq!(version, env!("CARGO_PKG_VERSION"), "{context}");
    });
}
