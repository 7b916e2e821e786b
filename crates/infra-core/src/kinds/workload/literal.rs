//! Variables that the user writes: their names, and values that belong elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::value::{TextOr, Value};
use super::{Pod, Workload, environment};
use crate::diag::{Diagnostic, Diagnostics, suggest};
use crate::names::{AccountId, Arn};
use crate::resolve::{Bound, list};
use crate::route;
use crate::source::Route;

/// Words in the name of a variable whose value is a secret.
const SECRET_WORDS: [&str; 9] =
    ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY", "API_KEY", "PRIVATE_KEY", "ACCESS_KEY", "CREDENTIAL"];

/// Ends of names that only say where or how a secret is found.
const HARMLESS_ENDS: [&str; 9] = ["_FILE", "_PATH", "_ARN", "_URL", "_NAME", "_ID", "_TTL", "_HEADER", "_SECONDS"];

/// Reports bad names, secrets, and what another account owns.
pub(super) fn check<K: Workload>(entry: Bound<'_, K>, pod: &Pod<'_>, diags: &mut Diagnostics) {
    let made = environment::made(pod);
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in &made {
        let renamed = pod.parts.variables.get(name).unwrap_or(name);
        *names.entry(renamed).or_default() += 1;
    }
    for (name, _) in names.iter().filter(|(_, count)| **count > 1) {
        diags.push(
            Diagnostic::error("workloads/same-variable", format!("two things give the variable `{name}`"))
                .at(entry.at(&route!["variables"]), "made from entries of the same name")
                .help("rename one of the entries; `variables` renames both"),
        );
    }
    for (from, to) in pod.parts.variables {
        let at = || entry.at(&route!["variables", from.as_str()]);
        if !made.iter().any(|(name, _)| name == from) {
            let error = Diagnostic::error("workloads/unknown-variable", format!("no variable `{from}` is made here"))
                .at(at(), "not made");
            let known = || made.iter().map(|(name, _)| name.as_str());
            diags.push(match suggest(from, known()) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("the variables are {}", list(known()))),
            });
        }
        if !is_variable(to) {
            diags.push(bad_name(to).at(at(), "not a name"));
        }
    }
    for (name, value) in pod.parts.env {
        let at = || entry.at(&route!["env", name.as_str()]);
        if !is_variable(name) {
            diags.push(bad_name(name).at(at(), "not a name"));
        }
        if names.contains_key(name.as_str()) {
            diags.push(
                Diagnostic::error("workloads/made-variable", format!("`{name}` is made from the model"))
                    .at(at(), "would replace it")
                    .help("remove it, or rename the one that is made: `variables: { … }`"),
            );
        }
        let TextOr::Text(value) = value else { continue };
        if let Some(why) = secret(name, value) {
            diags.push(
                Diagnostic::error("workloads/secret-literal", format!("`{name}` looks like a secret"))
                    .at(at(), why)
                    .note("variables stand in manifests, in the Deployment and in crash reports for everybody to read")
                    .help("put the value into Secrets Manager and name it under `secrets`; it becomes a file"),
            );
        }
        if let Some(account) = foreign(value, &entry.environment().account) {
            diags.push(
                Diagnostic::error("workloads/foreign-arn", format!("`{name}` names a resource of account {account}"))
                    .at(at(), format!("this environment is account {}", entry.environment().account))
                    .help("use `publishes`, `sends`, `tables` and the like; in text, write `${env.account}`"),
            );
        }
    }
    let companions = [("init-containers", &pod.init_containers), ("sidecars", &pod.sidecars)];
    for (key, list) in companions {
        for (index, beside) in list.iter().enumerate() {
            let known: BTreeSet<&str> = beside.variables.iter().map(|(name, _)| *name).collect();
            let route = route![key, index, "env"];
            unset(entry, (&route, &beside.variables), &known, diags);
        }
    }
    let known = names.keys().copied().chain(pod.variables.iter().map(|(name, _)| *name)).collect();
    unset(entry, (&route!["env"], &pod.variables), &known, diags);
    telemetry(entry, pod, diags);
}

/// Reports `$(NAME)` in texts where no variable of that name is.
fn unset<K: Workload>(
    entry: Bound<'_, K>,
    (route, variables): (&Route, &[(&str, Value<'_>)]),
    known: &BTreeSet<&str>,
    diags: &mut Diagnostics,
) {
    for (name, value) in variables {
        for named in environment::named_in(value).filter(|named| !known.contains(named) || named == name) {
            let place = Route(route.0.iter().cloned().chain([(*name).into()]).collect());
            let warning = Diagnostic::warning(
                "workloads/unset-variable",
                format!("`$({named})` stands for no variable"),
            )
            .at(entry.at(&place), "stays as it is written")
            .note("Kubernetes puts in the other variables of the same container, and leaves other names as they are");
            diags.push(match suggest(named, known.iter().copied().filter(|near| near != name)) {
                Some(near) => warning.help(format!("did you mean `$({near})`?")),
                None => warning
                    .help(format!("add a variable `{named}`, or write `$$({named})` if the text itself is meant")),
            });
        }
    }
}

fn telemetry<K: Workload>(entry: Bound<'_, K>, pod: &Pod<'_>, diags: &mut Diagnostics) {
    let Some(endpoint) = &pod.parts.telemetry.endpoint else { return };
    let http = endpoint.starts_with("http://") || endpoint.starts_with("https://");
    if http && pod.parts.telemetry.port().is_some() {
        return;
    }
    diags.push(
        Diagnostic::error("workloads/telemetry", "the collector's address must be a URL with a port")
            .at(entry.at(&route!["telemetry", "endpoint"]), format!("`{endpoint}`"))
            .note("the network policy lets out that port and no other")
            .help("such as `http://collector.observability.svc.cluster.local:4318`"),
    );
}

fn bad_name(name: &str) -> Diagnostic {
    Diagnostic::error("workloads/variable-name", format!("`{name}` is not the name of a variable"))
        .help("use letters, digits and underscores, and start with a letter")
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Says why a literal looks like a secret.
fn secret(name: &str, value: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let told = SECRET_WORDS.iter().any(|word| name.contains(word));
    let harmless = HARMLESS_ENDS.iter().any(|end| name.ends_with(end));
    let plain = value.is_empty()
        || (value.starts_with("$(") && value.ends_with(')'))
        || matches!(value, "true" | "false")
        || value.bytes().all(|b| b.is_ascii_digit());
    if told && !harmless && !plain {
        return Some("its name says so");
    }
    let key = value.get(..4).is_some_and(|start| matches!(start, "AKIA" | "ASIA")) && value.len() == 20;
    let with_password = value.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
    // What another variable brings is not written here.
    let written = |user: &str| user.split_once(':').is_some_and(|(_, password)| !password.starts_with("$("));
    let with_password = with_password.is_some_and(|(user, _)| written(user) && !user.contains('/'));
    if key || with_password || value.contains("-----BEGIN") {
        return Some("its value says so");
    }
    None
}

/// Returns the account of an ARN of another one.
fn foreign(value: &str, own: &AccountId) -> Option<AccountId> {
    let account = value.parse::<Arn>().ok()?.account()?;
    (account != *own).then_some(account)
}
