//! What must hold in what users write into pods: labels, volumes, ports, variables of secrets.

use std::collections::BTreeMap;

use super::companion::Mount;
use super::pod::OWN_LABELS;
use super::spec::{Identity, SecretDelivery};
use super::value::{EnvSource, EnvValue, TextOr};
use super::{Pod, Workload, secrets};
use crate::diag::{Diagnostic, Diagnostics, suggest};
use crate::kinds::cluster::{Need, Provision};
use crate::names::{Name, Port};
use crate::resolve::{Bound, list};
use crate::route;
use crate::source::{Route, Step};

/// Volumes of our own.
const OWN_VOLUMES: [&str; 2] = ["tmp", "secrets"];

/// Ports of our own.
const OWN_PORTS: [&str; 2] = ["http", "health"];

/// Most characters of the name of a port.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc6335#section-5.1>, which Kubernetes goes by (read 2026-12-01).
const PORT_NAME: usize = 15;

/// Reports what is wrong with what users write into pods.
pub(super) fn check<K: Workload>(entry: Bound<'_, K>, pod: &Pod<'_>, diags: &mut Diagnostics) {
    let mut report = Report { entry, pod, diags };
    report.keys();
    report.volumes();
    report.ports();
    report.peers();
    report.variables();
    report.account();
}

struct Report<'r, 'a, K> {
    entry: Bound<'a, K>,
    pod: &'r Pod<'a>,
    diags: &'r mut Diagnostics,
}

impl<K: Workload> Report<'_, '_, K> {
    fn push(&mut self, id: &'static str, title: impl Into<String>, route: &Route, (label, help): (String, String)) {
        self.diags.push(Diagnostic::error(id, title).at(self.entry.at(route), label).help(help));
    }

    /// Labels and node selectors that are ours.
    fn keys(&mut self) {
        for key in self.pod.parts.labels.keys().filter(|key| OWN_LABELS.contains(&key.as_str())) {
            let title = format!("the label `{key}` is made from the model");
            let text = (
                "would be replaced".to_owned(),
                "remove it: pods are selected by it, or it says whose they are".to_owned(),
            );
            self.push("workloads/label", title, &route!["labels", key.as_str()], text);
        }
        let own = ["kubernetes.io/arch", "kubernetes.io/os"];
        for key in self.pod.parts.node_selector.keys().filter(|key| own.contains(&key.as_str())) {
            let title = format!("the node selector `{key}` is made from the model");
            let text = ("would be replaced".to_owned(), "remove it; `arch` says the architecture".to_owned());
            self.push("workloads/node-selector", title, &route!["node-selector", key.as_str()], text);
        }
    }

    fn volumes(&mut self) {
        let parts = self.pod.parts;
        for name in parts.volumes.keys().filter(|name| OWN_VOLUMES.contains(&name.as_str())) {
            let text = ("is made from the model".to_owned(), "give it another name".to_owned());
            self.push(
                "workloads/volume-name",
                format!("every pod has a volume `{name}`"),
                &route!["volumes", name.as_str()],
                text,
            );
        }
        self.mounts(&route![], parts.mounts);
        for (key, companions) in [("init-containers", parts.init_containers), ("sidecars", parts.sidecars)] {
            for (index, companion) in companions.iter().enumerate() {
                self.mounts(&route![key, index], &companion.mounts);
            }
        }
        let companions = parts.init_containers.iter().chain(parts.sidecars);
        let mounted: Vec<&Name> =
            parts.mounts.keys().chain(companions.flat_map(|companion| companion.mounts.keys())).collect();
        for name in parts.volumes.keys().filter(|name| !mounted.contains(name)) {
            self.diags.push(
                Diagnostic::warning("workloads/unmounted-volume", format!("no container mounts the volume `{name}`"))
                    .at(self.entry.at(&route!["volumes", name.as_str()]), "not in `mounts`")
                    .help(format!("add it to `mounts`: `{{ {name}: {{ path: /… }} }}`, or remove it")),
            );
        }
    }

    fn mounts(&mut self, start: &Route, mounts: &BTreeMap<Name, Mount>) {
        let volumes = self.pod.parts.volumes;
        for name in mounts.keys().filter(|name| !volumes.contains_key(*name)) {
            let known = || volumes.keys().map(Name::as_str);
            let help = match suggest(name.as_str(), known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add it to `volumes`; they are {}", list(known())),
            };
            let route = below(start, ["mounts".into(), name.as_str().into()]);
            self.push(
                "workloads/unknown-volume",
                format!("the pods have no volume `{name}`"),
                &route,
                ("not found".to_owned(), help),
            );
        }
    }

    fn ports(&mut self) {
        let parts = self.pod.parts;
        let mut seen: BTreeMap<Port, String> = BTreeMap::new();
        seen.extend(self.pod.port.map(|port| (port, "port".to_owned())));
        if !self.pod.once {
            seen.entry(self.pod.health_port).or_insert_with(|| "health: { port }".to_owned());
        }
        let own = parts.ports.iter().map(|(name, port)| (route!["ports", name.as_str()], name, *port));
        let beside = parts.sidecars.iter().enumerate().flat_map(|(index, companion)| {
            let route = move |name: &Name| route!["sidecars", index, "ports", name.as_str()];
            companion.ports.iter().map(move |(name, port)| (route(name), name, *port))
        });
        for (route, name, port) in own.chain(beside).collect::<Vec<_>>() {
            if OWN_PORTS.contains(&name.as_str()) || name.as_str().len() > PORT_NAME {
                let text = (
                    format!("`{name}`"),
                    format!("use a name of at most {PORT_NAME} characters that is none of {}", list(OWN_PORTS)),
                );
                self.push("workloads/port-name", "this cannot be the name of a port", &route, text);
            }
            if let Some(other) = seen.insert(port, name.to_string()) {
                let text = (
                    format!("`{other}` has it, too"),
                    "containers of a pod share its address: give each port a number of its own".to_owned(),
                );
                self.push("workloads/same-port", format!("two things of the pod serve port {port}"), &route, text);
            }
        }
    }

    fn peers(&mut self) {
        for (name, egress) in self.pod.parts.egress {
            if egress.ports.is_empty() {
                let text = ("no port".to_owned(), "name the ports, such as `[6379]`".to_owned());
                self.push(
                    "workloads/no-ports",
                    "nothing is let out without a port",
                    &route!["egress", name.as_str(), "ports"],
                    text,
                );
            }
        }
    }

    /// Variables that are secrets.
    fn variables(&mut self) {
        let parts = self.pod.parts;
        self.secrets(&route![], parts.env);
        for (key, companions) in [("init-containers", parts.init_containers), ("sidecars", parts.sidecars)] {
            for (index, companion) in companions.iter().enumerate() {
                self.secrets(&route![key, index], &companion.env);
            }
        }
        let is_add_on = matches!(self.pod.cluster.provides(Need::SecretsStore), Provision::AddOn(_));
        if secrets::any_variable(self.pod) && parts.secret_delivery == SecretDelivery::SecretsStoreCsi && is_add_on {
            self.diags.push(
                Diagnostic::error("workloads/secret-variable", "the add-on of the CSI driver cannot make Kubernetes secrets")
                    .at(self.entry.at(&route!["env"]), "a variable that is a secret needs one")
                    .also(self.pod.cluster.at(&route!["add-ons"]), "may only mount files")
                    .note("it does not create the role that may write secrets, whatever its configuration says: https://github.com/aws/secrets-store-csi-driver-provider-aws/issues/597")
                    .help("write `secret-delivery: external-secrets`")
                    .help("or say who installs the driver with `syncSecret.enabled=true`: `provided-by: { secrets-store: { by: … } }` of the cluster")
                    .help("or read the secret from a file: `secrets: { … }`"),
            );
        }
    }

    fn secrets(&mut self, start: &Route, env: &BTreeMap<String, EnvValue>) {
        for (name, value) in env {
            let at = below(start, ["env".into(), name.as_str().into()]);
            match value {
                TextOr::Of(EnvSource::Secret(used)) => {
                    let secret = self.entry.follow(&used.secret);
                    let (known, Some(key)) = (secret.json_keys(), &used.key) else { continue };
                    if known.contains(&key.as_str()) {
                        continue;
                    }
                    let help = match suggest(key, known.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "add it to `keys` of the secret, or remove `key` to get the whole value".to_owned(),
                    };
                    let title = format!("secret `{}` has no key `{key}`", secret.name);
                    self.push("workloads/unknown-key", title, &at, ("not a key".to_owned(), help));
                }
                TextOr::Of(EnvSource::Login(_)) => {
                    let user = self.pod.parts.database.and_then(|used| used.user);
                    if self.pod.database.is_none_or(|database| database.login_secret(user).is_none()) {
                        let text = (
                            "nothing to log in with".to_owned(),
                            "name a `database`, and a user of it that logs in with a password".to_owned(),
                        );
                        self.push("workloads/login", "the workload logs in to no database with a password", &at, text);
                    }
                }
                TextOr::Of(_) | TextOr::Text(_) => {}
            }
        }
    }

    fn account(&mut self) {
        let parts = self.pod.parts;
        if parts.service_account.is_some() && parts.identity == Identity::Irsa {
            let role = super::identity::role(self.pod);
            self.diags.extend(role.map(|_| {
                Diagnostic::warning("workloads/foreign-account", "others must tie this service account to the role")
                    .at(self.entry.at(&route!["service-account"]), "made by others")
                    .note("with `identity: irsa` an annotation of the service account names the role")
                    .help("let them write `eks.amazonaws.com/role-arn`, or remove `identity`: Pod Identity needs no annotation")
            }));
        }
    }
}

fn below(start: &Route, steps: [Step; 2]) -> Route {
    Route(start.0.iter().cloned().chain(steps).collect())
}
