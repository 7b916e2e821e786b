//! Patches over Kubernetes objects.
//!
//! They work on expressions, not on text: what an object refers to stays a reference.

use serde_json::Value;

use super::super::functions::{self as names, Known};
use super::{checked, sound};
use crate::artifacts::{Expr, Object, Place, functions};
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::kinds::workload;
use crate::lower::Artifacts;
use crate::model::{Override, PatchOperation};
use crate::resolve::{EntryId, Resolved, list};
use crate::route;
use crate::source::Route;

/// Where the reason stands in an object.
const REASON: &str = "infra/override";

/// Applies an override of an entry to the object that it names; returns whether there is such an object.
pub(super) fn apply(
    world: &Resolved,
    out: &mut Artifacts,
    (entry, position): (EntryId, usize),
    diags: &mut Diagnostics,
) -> Result<bool, Box<Diagnostic>> {
    let (common, origin) = world.common(entry);
    let Some(patch) = common.overrides.get(position) else { return Ok(false) };
    let at = |step: &'static str| origin.locate(&route!["overrides", position, step]);
    let Artifacts { objects, provenance, .. } = out;
    let own = objects.values_mut().flatten().filter(|(_, maker)| *maker == entry).map(|(object, _)| object);
    let mut meant: Vec<&mut Expr> = own.filter(|object| is_named(object, &patch.resource)).collect();
    let Some(object) = meant.pop() else { return Ok(false) };
    if !meant.is_empty() {
        let names: Vec<String> = meant.into_iter().chain([object]).map(|object| name(object)).collect();
        let title = format!("this entry makes several objects of kind `{}`", patch.resource);
        let error = Diagnostic::error("overrides/several", title).at(at("resource"), "does not say which is meant");
        return Err(Box::new(error.help(format!("write one of {}", list(names.iter().map(String::as_str))))));
    }
    sound(patch, &at)?;
    let place = Place { stack: entry.stack, edge: false };
    let known = Known { world, made: provenance, place, parameters: None };
    checked(world, (entry, position), &known, diags);
    let before = job_name(object);
    merge(object, &patch.merge, &known);
    for operation in &patch.patch {
        if let Err(why) = operate(object, operation, &known) {
            let title = format!("the patch does not apply to `{}`", patch.resource);
            let report = Diagnostic::error("overrides/does-not-apply", title).at(at("patch"), why);
            return Err(Box::new(report.help("`infra synth` without the override shows the object as it is")));
        }
    }
    let at = |_: Route| -> At { at("resource") };
    names::unevaluated(object, &at, diags);
    explain(object, patch);
    if let Some(stem) = before {
        rename(object, &stem);
    }
    Ok(true)
}

/// Kinds and names of the objects that an entry makes.
pub(super) fn names(out: &Artifacts, entry: EntryId) -> Vec<String> {
    out.objects.values().flatten().filter(|(_, maker)| *maker == entry).map(|(object, _)| name(object)).collect()
}

fn text<'e>(object: &'e Expr, path: &[&str]) -> &'e str {
    let mut value = Some(object);
    for key in path {
        value = match value {
            Some(Expr::Object(object)) => object.get(key),
            _ => None,
        };
    }
    value.and_then(Expr::as_text).unwrap_or_default()
}

fn name(object: &Expr) -> String {
    format!("{}/{}", text(object, &["kind"]), text(object, &["metadata", "name"]))
}

/// Whether an override names an object: by kind, or by kind and name.
pub(crate) fn is_named(object: &Expr, written: &str) -> bool {
    match written.split_once('/') {
        Some(_) => name(object) == written,
        None => text(object, &["kind"]) == written,
    }
}

fn merge(target: &mut Expr, over: &serde_json::Map<String, Value>, known: &Known<'_>) {
    let Expr::Object(object) = target else {
        *target = functions::read(Expr::from_json(&Value::Object(over.clone())), known);
        return;
    };
    for (key, value) in over {
        match (object.get_mut(key), value) {
            (_, Value::Null) => object.remove(key),
            (Some(below @ Expr::Object(_)), Value::Object(over)) if !is_call(over) => merge(below, over, known),
            (_, value) => object.set(key.clone(), functions::read(Expr::from_json(value), known)),
        }
    }
}

/// Whether a mapping is a function, which is a value as a whole.
fn is_call(over: &serde_json::Map<String, Value>) -> bool {
    over.len() == 1 && over.keys().all(|key| functions::is_function(key))
}

/// Carries one operation out, or says why it does not apply.
fn operate(object: &mut Expr, operation: &PatchOperation, known: &Known<'_>) -> Result<(), String> {
    let (path, value) = match operation {
        PatchOperation::Add(add) => (&add.path, Some(&add.value)),
        PatchOperation::Replace(replace) => (&replace.path, Some(&replace.value)),
        PatchOperation::Remove(remove) => (&remove.path, None),
    };
    let tokens: Vec<String> = path.split('/').skip(1).map(|it| it.replace("~1", "/").replace("~0", "~")).collect();
    let (Some((last, above)), true) = (tokens.split_last(), path.starts_with('/')) else {
        return Err(format!("`{path}` is no path: it starts with `/`, such as `/spec/template/spec/dnsPolicy`"));
    };
    let missing = || format!("there is nothing at `{path}`");
    let mut target = object;
    for token in above {
        target = match target {
            Expr::Object(object) => object.get_mut(token).ok_or_else(missing)?,
            Expr::List(items) => token.parse().ok().and_then(|at: usize| items.get_mut(at)).ok_or_else(missing)?,
            _ => return Err(missing()),
        };
    }
    let adds = matches!(operation, PatchOperation::Add(_));
    let value = value.map(|value| functions::read(Expr::from_json(value), known));
    match (target, value) {
        (Expr::Object(object), value) => {
            if !adds && object.get(last).is_none() {
                return Err(missing());
            }
            match value {
                Some(value) => object.set(last.clone(), value),
                None => object.remove(last),
            }
        }
        (Expr::List(items), Some(value)) if adds => {
            let index = if last == "-" { items.len() } else { last.parse().map_err(|_| missing())? };
            if index > items.len() {
                return Err(missing());
            }
            items.insert(index, value);
        }
        (Expr::List(items), value) => {
            let index: usize = last.parse().map_err(|_| missing())?;
            match (items.get_mut(index), value) {
                (None, _) => return Err(missing()),
                (Some(item), Some(value)) => *item = value,
                (Some(_), None) => {
                    items.remove(index);
                }
            }
        }
        _ => return Err(missing()),
    }
    Ok(())
}

/// Writes the reason into the object, where whoever compares or reads it sees it.
fn explain(object: &mut Expr, patch: &Override) {
    let Expr::Object(whole) = object else { return };
    let Some(Expr::Object(metadata)) = whole.get_mut("metadata") else { return };
    let reason = patch.reason.trim();
    match metadata.get_mut("annotations") {
        Some(Expr::Object(annotations)) => {
            let earlier = annotations.get(REASON).and_then(Expr::as_text).map(|text| format!("{text}; {reason}"));
            annotations.set(REASON, earlier.unwrap_or_else(|| reason.to_owned()));
        }
        _ => metadata.set("annotations", [(REASON, reason.to_owned())].into_iter().collect::<Object>()),
    }
}

/// What the name of a Job starts with, if it ends with a digest of what the Job is.
fn job_name(object: &Expr) -> Option<String> {
    let Expr::Object(whole) = object else { return None };
    let digest = workload::digest(whole.get("spec")?);
    let stem = text(object, &["metadata", "name"]).strip_suffix(&digest)?;
    (text(object, &["kind"]) == "Job").then(|| stem.to_owned())
}

/// A Job cannot be changed: what it is now gives it its name.
fn rename(object: &mut Expr, stem: &str) {
    let Expr::Object(whole) = object else { return };
    let Some(digest) = whole.get("spec").map(workload::digest) else { return };
    if let Some(Expr::Object(metadata)) = whole.get_mut("metadata") {
        metadata.set("name", format!("{stem}{digest}"));
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde_yaml::Value;

    use crate::kinds::testing::{compile, report};
    use crate::kinds::{Job, Kind, Service};

    fn service(overrides: &str) -> String {
        Service::EXAMPLE.replace("    port: 8080\n", &format!("    port: 8080\n    overrides: [{overrides}]\n"))
    }

    fn object(yaml: &str, file: &str, kind: &str) -> Value {
        let assembly = compile(yaml);
        let documents =
            serde_yaml::Deserializer::from_slice(&assembly.files[&format!("kubernetes/main/shop/{file}.yaml")]);
        let mut objects = documents.map(|document| Value::deserialize(document).unwrap());
        objects.find(|object| object["kind"] == kind).unwrap()
    }

    fn deployment(overrides: &str) -> Value {
        object(&service(overrides), "service-orders", "Deployment")
    }

    #[test]
    fn a_merge_puts_over_and_removes_and_keeps_the_rest() {
        let made = deployment(
            "{ resource: Deployment, reason: the resolver of the node, merge: { spec: { revisionHistoryLimit: null, template: { spec: { dnsPolicy: Default } } } } }",
        );
        let pod = &made["spec"]["template"]["spec"];
        assert_eq!((&pod["dnsPolicy"], &pod["serviceAccountName"]), (&"Default".into(), &"orders".into()));
        assert!(made["spec"].get("revisionHistoryLimit").is_none());
        assert_eq!(made["metadata"]["annotations"]["infra/override"], "the resolver of the node");
    }

    #[test]
    fn a_patch_adds_replaces_and_removes_by_path() {
        let made = deployment(
            "{ resource: Deployment/orders, reason: a, patch: [
                { add: { path: /spec/template/spec/containers/0/env/-, value: { name: TOPIC, value: { Ref: TopicOrderEvents } } } },
                { replace: { path: /spec/revisionHistoryLimit, value: 2 } },
                { remove: { path: /spec/template/spec/topologySpreadConstraints/1 } } ] }, { resource: Deployment, reason: b, merge: { spec: { paused: true } } }",
        );
        let env = made["spec"]["template"]["spec"]["containers"][0]["env"].as_sequence().unwrap();
        assert_eq!(env.last().unwrap()["value"], "${output:shop-dev-example@eu-west-1:TopicOrderEventsRef}");
        assert_eq!(made["spec"]["revisionHistoryLimit"], 2);
        assert_eq!(made["spec"]["template"]["spec"]["topologySpreadConstraints"].as_sequence().unwrap().len(), 1);
        assert_eq!(made["metadata"]["annotations"]["infra/override"], "a; b");
    }

    #[test]
    fn a_job_that_is_patched_gets_the_name_of_what_it_is() {
        let once = Job::EXAMPLE.replace("    schedule: '0 3 * * *'\n    time-zone: Europe/Berlin\n", "");
        let patched = |limit: u32| {
            let line = format!(
                "    overrides: [{{ resource: Job, reason: a, merge: {{ spec: {{ ttlSecondsAfterFinished: {limit} }} }} }}]\n    publishes:"
            );
            let job = object(&once.replace("    publishes:", &line), "job-report", "Job");
            job["metadata"]["name"].as_str().unwrap().to_owned()
        };
        let plain = object(&once, "job-report", "Job")["metadata"]["name"].as_str().unwrap().to_owned();
        assert_ne!(patched(1), plain);
        assert_ne!(patched(1), patched(2));
        assert_eq!(patched(1).len(), plain.len());
    }

    #[test]
    fn what_is_patched_is_checked_and_found_where_it_was_written() {
        insta::assert_snapshot!(report(&service("{ resource: Deployment, reason: a, merge: { spec: { replicas: many } } }")), @"
        kubernetes/replicas-with-autoscaler: `replicas` of `orders` works against its autoscaler <- `many` set at each apply
        manifest/wrong-type: `spec.replicas` of Deployment `orders` is text, `many`, not a whole number <- `many` text
        ");
        insta::assert_snapshot!(report(&service("{ resource: Deployment, reason: a, patch: [{ add: { path: /spec/replicas, value: several } }] }")), @"
        kubernetes/replicas-with-autoscaler: `replicas` of `orders` works against its autoscaler <- `several` set at each apply
        manifest/wrong-type: `spec.replicas` of Deployment `orders` is text, `several`, not a whole number <- `several` text
        ");
    }

    #[test]
    fn an_override_that_does_not_fit_is_reported() {
        insta::assert_snapshot!(report(&service("{ resource: Deploymnt, reason: a, merge: { a: 1 } }")), @"overrides/unknown-resource: this entry makes no resource `Deploymnt` <- `Deploymnt` neither one of its logical ids nor an object of it");
        insta::assert_snapshot!(report(&service("{ resource: Deployment, reason: a }")), @"overrides/empty: an override changes nothing <- `Deployment` neither `patch` nor `merge`");
        insta::assert_snapshot!(report(&service("{ resource: Deployment, reason: a, patch: [{ remove: { path: /spec/paused } }] }")), @"overrides/does-not-apply: the patch does not apply to `Deployment` <- `patch` there is nothing at `/spec/paused`");
        insta::assert_snapshot!(report(&service("{ resource: Deployment, reason: a, patch: [{ remove: { path: spec } }] }")), @"overrides/does-not-apply: the patch does not apply to `Deployment` <- `patch` `spec` is no path: it starts with `/`, such as `/spec/template/spec/dnsPolicy`");
        insta::assert_snapshot!(report(&service("{ resource: Deployment, reason: a, merge: { spec: { template: { Ref: Nothing } } } }")), @"manifests/unknown-resource: `Nothing` names no resource <- `Deployment` is left over");
        let two = "volumes: { a: { config: { files: { a: a } } }, b: { config: { files: { b: b } } } }\n    mounts: { a: { path: /a }, b: { path: /b } }\n    port: 8080\n";
        insta::assert_snapshot!(report(&service("{ resource: ConfigMap, reason: a, merge: { immutable: true } }").replace("port: 8080\n", two)), @"overrides/several: this entry makes several objects of kind `ConfigMap` <- `ConfigMap` does not say which is meant");
    }
}
