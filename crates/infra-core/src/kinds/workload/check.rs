//! What must hold in a workload beyond its types.

use std::collections::BTreeMap;

use super::spec::{Identity, SecretDelivery};
use super::{Pod, Scaler, Workload, identity, literal, namespace, placement, pod_check, secrets};
use crate::artifacts::Statement;
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::kinds::cluster::{self, Cluster, Need, Provision};
use crate::kinds::{Job, Migration, Service, Worker};
use crate::names::{Name, Seconds, quantity};
use crate::resolve::{Bound, EntryId, list};
use crate::route;
use crate::source::Route;

/// Longest time that a pod is given to stop. Unit: seconds; ours: SQS hides no message longer.
const MAX_GRACE: Seconds = Seconds::new(43_200);

/// Reports what is wrong with a workload of either kind.
pub(in crate::kinds) fn check<K: Workload>(entry: Bound<'_, K>, pod: &Pod<'_>, diags: &mut Diagnostics) {
    let mut report = Report { entry, pod, diags };
    report.placement();
    report.identity();
    report.needs();
    report.replicas();
    report.resources();
    report.cpu_limit();
    report.shutdown();
    report.health();
    report.secrets();
    report.login();
    report.references();
    report.actions();
    literal::check(entry, pod, diags);
    placement::check(entry, pod, diags);
    pod_check::check(entry, pod, diags);
    connections(entry, pod, diags);
}

/// Reports workloads of a cluster whose objects would have the same names.
pub(in crate::kinds) fn same_names(cluster: Bound<'_, Cluster>, diags: &mut Diagnostics) {
    let services = cluster.referrers::<Service>().into_iter().map(|s| (namespace(s), s.name, s.at(&route![])));
    let workers = cluster.referrers::<Worker>().into_iter().map(|w| (namespace(w), w.name, w.at(&route![])));
    let migrations = cluster.referrers::<Migration>().into_iter().map(|m| (namespace(m), m.name, m.at(&route![])));
    let jobs = cluster.referrers::<Job>().into_iter().map(|j| (namespace(j), j.name, j.at(&route![])));
    let mut seen: BTreeMap<(String, &str), At> = BTreeMap::new();
    for (namespace, name, at) in services.chain(workers).chain(migrations).chain(jobs) {
        let title = format!("two workloads `{name}` in namespace `{namespace}`");
        if let Some(earlier) = seen.insert((namespace, name.as_str()), at.clone()) {
            diags.push(
                Diagnostic::error("workloads/same-name", title)
                    .at(at, "this one")
                    .also(earlier, "and this one")
                    .note("their service accounts and other objects would be the same")
                    .help("rename one, or give it a `namespace` of its own"),
            );
        }
    }
}

struct Report<'r, 'a, K> {
    entry: Bound<'a, K>,
    pod: &'r Pod<'a>,
    diags: &'r mut Diagnostics,
}

impl<K: Workload> Report<'_, '_, K> {
    fn error(&self, id: &'static str, title: impl Into<String>, route: &Route, label: impl Into<String>) -> Diagnostic {
        Diagnostic::error(id, title).at(self.entry.at(route), label)
    }

    fn placement(&mut self) {
        let cluster = self.pod.cluster;
        if self.entry.region() != cluster.region() {
            let title = "a workload's stack must be in the region of its cluster";
            let label = format!("this stack is in {}", self.entry.region());
            let error = self
                .error("workloads/region", title, &route!["cluster"], label)
                .also(cluster.at(&route![]), format!("the cluster is in {}", cluster.region()))
                .note("rules of security groups and Pod Identity associations cannot cross regions");
            self.diags.push(error);
        }
        if !cluster.runs(self.pod.parts.arch) {
            let arch = self.pod.parts.arch.as_str();
            let title = format!("no node of cluster `{}` runs {arch} images", cluster.name);
            let error = self
                .error("workloads/arch", title, &route!["arch"], format!("an {arch} image"))
                .also(cluster.at(&route!["node-groups"]), "the nodes")
                .note("the pods would stay pending; without the node selector they would die with `exec format error`")
                .help(format!("build the image for the nodes, or add a node group with `arch: {arch}`; the general node pool of Auto Mode is amd64"));
            self.diags.push(error);
        }
        let space = &self.pod.namespace;
        if space == "default" || space.starts_with("kube-") {
            let title = format!("workloads do not belong into namespace `{space}`");
            let error = self.error("workloads/namespace", title, &route!["namespace"], "belongs to Kubernetes");
            self.diags.push(error.help("remove the line, or name another one"));
        }
    }

    fn identity(&mut self) {
        let cluster = self.pod.cluster;
        if self.pod.parts.identity == Identity::Irsa && !cluster.irsa && cluster.existing.is_none() {
            let title = format!("cluster `{}` has no OIDC provider", cluster.name);
            let error = self
                .error("workloads/irsa", title, &route!["identity"], "roles for service accounts need one")
                .also(cluster.at(&route!["irsa"]), "the cluster")
                .help("set `irsa: true` on the cluster, or remove `identity` to use Pod Identity");
            self.diags.push(error);
        }
    }

    fn needs(&mut self) {
        let pod = self.pod;
        let mut needs: Vec<(Need, Route)> = vec![(Need::NetworkPolicies, route![])];
        if pod.parts.identity == Identity::PodIdentity && identity::role(pod).is_some() {
            needs.push((Need::PodIdentity, route!["identity"]));
        }
        if secrets::any(pod) {
            let key = match (pod.secrets.is_empty(), pod.database) {
                (false, _) => "secrets",
                (true, Some(_)) => "database",
                (true, None) => "env",
            };
            needs.push(match pod.parts.secret_delivery {
                SecretDelivery::SecretsStoreCsi => (Need::SecretsStore, route![key]),
                SecretDelivery::ExternalSecrets => (Need::ExternalSecrets, route!["secret-delivery"]),
            });
        }
        match pod.scaled_by {
            Scaler::Fixed => {}
            Scaler::Cpu => needs.push((Need::MetricsServer, route!["replicas"])),
            Scaler::Queues => needs.push((Need::Keda, route!["scaling"])),
        }
        if !pod.reached.from.is_empty() {
            needs.push((Need::LoadBalancerController, route!["exposes"]));
        }
        let wanted: Vec<Need> = needs.iter().map(|(need, _)| *need).collect();
        cluster::unmet(self.entry, pod, &wanted, self.diags);
        for (need, route) in needs {
            if pod.cluster.provides(need) == Provision::Missing {
                let error = self.missing(need, &route);
                self.diags.push(error);
            }
        }
    }

    fn missing(&self, need: Need, route: &Route) -> Diagnostic {
        let cluster = self.pod.cluster;
        let (what, why) = match need {
            Need::LoadBalancerController => ("load balancer controller", "it registers pods in target groups"),
            Need::PodIdentity => ("Pod Identity agent", "it gives pods the credentials of their role"),
            Need::SecretsStore => ("Secrets Store CSI driver", "it mounts secrets as files"),
            Need::ExternalSecrets => ("External Secrets operator", "it copies secrets into the cluster"),
            Need::MetricsServer => ("metrics server", "autoscalers read CPU time from it"),
            Need::Keda => ("KEDA", "it scales by the length of queues"),
            Need::NetworkPolicies => ("pod network that enforces network policies", "else they protect nothing"),
        };
        let title = format!("cluster `{}` has no {what}", cluster.name);
        let mut error = self
            .error("workloads/missing-need", title, route, format!("needs one: {why}"))
            .also(cluster.at(&route!["provided-by"]), "nothing here provides it");
        let add_on = need.add_on().map(|name| format!("add the add-on to the cluster: `add-ons: {{ {name}: {{}} }}`"));
        let auto = need.in_auto_mode().then(|| "let Auto Mode bring it: `mode: auto`".to_owned());
        let other = format!("say who installs it: `provided-by: {{ {}: {{ by: … }} }}`", need.as_str());
        for (index, way) in add_on.into_iter().chain(auto).chain([other]).enumerate() {
            error = error.help(if index == 0 { way } else { format!("or {way}") });
        }
        error
    }

    fn replicas(&mut self) {
        let replicas = self.pod.parts.replicas;
        let least = match self.pod.scaled_by {
            Scaler::Queues => 0,
            Scaler::Fixed | Scaler::Cpu => 1,
        };
        if replicas.min > replicas.max || replicas.min < least || replicas.max == 0 {
            let label = format!("from {} to {}", replicas.min, replicas.max);
            let title = format!("the number of pods must go from {least} or more to at least as many, and 1");
            let error = self.error("workloads/replicas", title, &route!["replicas"], label);
            self.diags.push(error);
        }
        if !(1..=100).contains(&replicas.cpu) {
            let label = format!("{} percent", replicas.cpu);
            let title = "CPU time to scale at is 1 to 100 percent of the request";
            let error = self.error("workloads/cpu-target", title, &route!["replicas", "cpu"], label);
            self.diags.push(error);
        }
    }

    fn resources(&mut self) {
        let resources = self.pod.parts.resources;
        let cpu = [("cpu", Some(&resources.cpu)), ("cpu-limit", resources.cpu_limit.as_ref())];
        let memory = [("memory", Some(&resources.memory)), ("scratch", Some(&resources.scratch))];
        let wrong = cpu
            .into_iter()
            .map(|(key, text)| (key, text, ["m", ""].as_slice(), "250m"))
            .chain(memory.into_iter().map(|(key, text)| (key, text, ["Ki", "Mi", "Gi"].as_slice(), "512Mi")));
        for (key, text, units, example) in wrong {
            let Some(text) = text.filter(|text| !is_quantity(text, units)) else { continue };
            let title = format!("`{key}` must be a quantity such as `{example}`");
            let error = self.error("workloads/quantity", title, &route!["resources", key], format!("`{text}`"));
            self.diags
                .push(error.note("the API server refuses other texts, and a missing unit means bytes or whole cores"));
        }
    }

    fn cpu_limit(&mut self) {
        let resources = self.pod.parts.resources;
        let Some(limit) = &resources.cpu_limit else { return };
        let (Some(asked), Some(most)) = (quantity(&resources.cpu), quantity(limit)) else { return };
        if asked > most {
            let title = format!("`cpu` of {} is above `cpu-limit` of {limit}", resources.cpu);
            let error = self
                .error("workloads/cpu-limit", title, &route!["resources", "cpu-limit"], "below what is asked for")
                .note("the API server refuses a request above its limit")
                .help(format!("raise `cpu-limit` to `{}` or more, or remove it", resources.cpu));
            self.diags.push(error);
        }
    }

    fn shutdown(&mut self) {
        let pre_stop = self.pod.pre_stop;
        let needed = pre_stop.saturating_add(self.pod.drain);
        let grace = self.pod.grace();
        if grace < needed {
            let title = "pods are killed while they still work";
            let label = format!("killed after {grace} s");
            let error = self
                .error("workloads/grace", title, &route!["shutdown", "grace"], label)
                .note(format!("{pre_stop} s before the signal and up to {} s of work after it", self.pod.drain))
                .help(format!("set `grace` to {needed} or more, or remove it"));
            self.diags.push(error);
        }
        if grace > MAX_GRACE {
            let title = format!("a pod gets at most {MAX_GRACE} s to stop");
            let error = self.error("workloads/grace", title, &route!["shutdown"], format!("{grace} s"));
            self.diags.push(error);
        }
    }

    fn health(&mut self) {
        let health = self.pod.parts.health;
        for (key, path) in [("readiness", &health.readiness), ("liveness", &health.liveness)] {
            if !path.starts_with('/') {
                let title = "the path of a probe must start with `/`";
                let error = self.error("workloads/probe-path", title, &route!["health", key], format!("`{path}`"));
                self.diags.push(error);
            }
        }
        if health.readiness == health.liveness {
            self.diags.push(
                Diagnostic::warning("workloads/liveness", "readiness and liveness ask the same path")
                    .at(self.entry.at(&route!["health", "liveness"]), "the same path")
                    .note("when something the pod depends on fails, all pods are restarted instead of taken out of service")
                    .help("give liveness a path that looks at the process alone"),
            );
        }
        if !(10..=3_600).contains(&health.startup.get()) {
            let title = "a start may take 10 to 3,600 seconds";
            let error =
                self.error("workloads/startup", title, &route!["health", "startup"], format!("{} s", health.startup));
            self.diags.push(error);
        }
    }

    fn secrets(&mut self) {
        for (name, secret, used) in &self.pod.secrets {
            let known = secret.json_keys();
            for (index, key) in used.keys.iter().enumerate() {
                if !known.contains(&key.as_str()) {
                    let title = format!("secret `{}` has no key `{key}`", secret.name);
                    let error = self
                        .error(
                            "workloads/unknown-key",
                            title,
                            &route!["secrets", name.as_str(), "keys", index],
                            "not a key",
                        )
                        .also(secret.at(&route![]), format!("its keys: {}", list(known.iter().copied())));
                    self.diags.push(match suggest(key, known.iter().copied()) {
                        Some(near) => error.help(format!("did you mean `{near}`?")),
                        None => {
                            error.help("add it to `keys` of the secret, or remove `keys` here to get the whole value")
                        }
                    });
                }
                let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
                if key.is_empty() || !key.bytes().all(fits) {
                    let title = "a key of a secret becomes part of a file name";
                    let at = route!["secrets", name.as_str(), "keys", index];
                    let error = self.error("workloads/secret-key", title, &at, format!("`{key}`"));
                    self.diags.push(error.help("use keys of letters, digits, dots, dashes and underscores"));
                }
            }
        }
        if let Some(path) = secrets::clash(self.pod) {
            let title = "two secrets would be the same file";
            let error = self.error("workloads/secret-file", title, &route!["secrets"], format!("`{path}`"));
            self.diags.push(error.help("give one of them another name"));
        }
    }

    /// Reports who logs in to the database.
    fn login(&mut self) {
        let (Some(database), Some(used)) = (self.pod.database, self.pod.parts.database) else { return };
        if used.pool == Some(0) {
            let title = "a pod needs at least one connection";
            let error = self.error("workloads/pool", title, &route!["database", "pool"], "0 connections");
            self.diags.push(error);
        }
        let at = self.entry.at(&route!["database", "user"]);
        match used.user {
            Some(name) => {
                let unknown = database.unknown_user(name);
                self.diags.extend(unknown.map(|error| error.at(at, "not one of its `users`")));
            }
            None if used.migrates => {}
            None => {
                let title = format!("pods log in to database `{}` as its master user", database.name);
                let finding = if database.users.is_empty() {
                    Diagnostic::advice("workloads/master-user", title)
                        .help("add `users` to the database, and name one here: `user: <name>`")
                } else {
                    let names = list(database.users.keys().map(Name::as_str));
                    Diagnostic::warning("workloads/master-user", title)
                        .help(format!("name one of {names}: `user: <name>`"))
                };
                self.diags.push(
                    finding
                        .at(at, "may change tables, and read what belongs to others")
                        .note("the password of the master user is also rotated by RDS, every seven days"),
                );
            }
        }
    }

    /// Reports actions that the access to a table or bucket does not stand for.
    fn actions(&mut self) {
        let tables = self.pod.tables.iter().map(|(name, table, used)| {
            ("tables", *name, "dynamodb:", identity::table_statements(table, used.access), &used.actions)
        });
        let buckets = self.pod.buckets.iter().map(|(name, bucket, used)| {
            ("buckets", *name, "s3:", identity::bucket_statements(bucket, used.access), &used.actions)
        });
        let mut errors = Vec::new();
        for (section, name, service, statements, wanted) in tables.chain(buckets) {
            let known: Vec<&str> = statements
                .iter()
                .flat_map(Statement::actions)
                .filter_map(|action| action.strip_prefix(service))
                .collect();
            for action in wanted.iter().filter(|action| !known.contains(&action.as_str())) {
                let title = format!("`{action}` is none of the actions that `access` stands for");
                let at = route![section, name.as_str(), "actions"];
                let error = self.error("workloads/action", title, &at, format!("`{action}`"));
                errors.push(match suggest(action, known.iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => {
                        error.help(format!("they are {}; others need another `access`", list(known.iter().copied())))
                    }
                });
            }
        }
        self.diags.extend(errors);
    }

    fn references(&mut self) {
        let cluster = self.pod.cluster;
        for (index, service) in self.pod.calls.iter().enumerate() {
            if service.follow(&service.spec().cluster).id != cluster.id {
                let title = format!("service `{}` runs in another cluster", service.name);
                let error = self
                    .error(
                        "workloads/other-cluster",
                        title,
                        &route!["calls", index],
                        "called by its name inside the cluster",
                    )
                    .also(service.at(&route!["cluster"]), "its cluster")
                    .help("call it through a load balancer or an API, and write its address in `env`");
                self.diags.push(error);
            }
        }
        let Some(database) = self.pod.database else { return };
        let network = database.follow(&database.spec().network);
        if network.id != cluster.network().id {
            let title = format!("database `{}` is in another network than the cluster", database.name);
            let error = self
                .error(
                    "workloads/database-network",
                    title,
                    &route!["database", "database"],
                    format!("in network `{}`", network.name),
                )
                .also(
                    cluster.at(&route!["network"]),
                    format!("the cluster is in network `{}`", cluster.network().name),
                );
            self.diags.push(error);
        }
    }
}

/// Reports workloads that together open more connections than their database takes, at the first of them.
///
/// The number is that of the peak: every pool full, and a rolling update under way.
fn connections<K: Workload>(entry: Bound<'_, K>, pod: &Pod<'_>, diags: &mut Diagnostics) {
    let Some((database, most)) = pod.database.and_then(|database| Some((database, database.client_connections()?)))
    else {
        return;
    };
    let mut users: Vec<User<'_>> = database.referrers::<Service>().into_iter().filter_map(User::of).collect();
    users.extend(database.referrers::<Worker>().into_iter().filter_map(User::of));
    users.extend(database.referrers::<Job>().into_iter().filter_map(User::of));
    users.sort_by_key(|user| user.id);
    let total: u64 = users.iter().map(|user| user.connections).sum();
    if total <= most || users.first().is_none_or(|first| first.id != entry.id) {
        return;
    }
    let title = format!("the pods can open {total} connections to database `{}`, which takes {most}", database.name);
    let mut error = Diagnostic::error("workloads/connections", title);
    for user in users {
        let text = format!("`{}`: {} connections at its peak", user.name, user.connections);
        error = if error.primary.is_none() { error.at(user.at, text) } else { error.also(user.at, text) };
    }
    diags.push(
        error
            .also(database.at(&route![]), "the database")
            .note("counted are full pools of `max` replicas and the quarter more that a rolling update starts")
            .help("make pools or `replicas: { max: … }` smaller, the instance class larger, or put a `proxy` in front"),
    );
}

/// A workload that uses a database.
struct User<'a> {
    id: EntryId,
    name: &'a Name,
    at: At,
    connections: u64,
}

impl<'a> User<'a> {
    fn of<K: Workload>(entry: Bound<'a, K>) -> Option<Self> {
        let parts = entry.spec().parts();
        let pool = parts.database?.pool?;
        let connections = u64::from(pool) * u64::from(parts.peak());
        Some(Self { id: entry.id, name: entry.name, at: entry.at(&route!["database", "pool"]), connections })
    }
}

fn is_quantity(text: &str, units: &[&str]) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(number.len()..).unwrap_or_default();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts = number.split_once('.').unwrap_or((number, "0"));
    let positive = number.bytes().any(|b| (b'1'..=b'9').contains(&b));
    units.contains(&unit) && digits(parts.0) && digits(parts.1) && positive
}
