//! Names, labels, annotations and selectors of an object.
//!
//! Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/> and
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/> (read 2026-11-30).

use super::report::{Mistake, Report};
use super::values;
use crate::artifacts::Expr;
use crate::view::Prop;

/// Kinds whose name is part of DNS as a single label.
const LABELS: [&str; 2] = ["Namespace", "Service"];

/// Kinds whose name may be anything that fits into a path.
const PATHS: [&str; 4] = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];

/// The longest name of a `CronJob`, whose Jobs get a suffix. Unit: characters.
const CRON_JOB: usize = 52;

/// Most bytes of all annotations of an object together.
const ANNOTATIONS: usize = 262_144;

/// Checks `metadata`, and that of the pods it makes.
pub(super) fn check(report: &mut Report<'_, '_>) {
    let object = report.object;
    name(report);
    if let Some(metadata) = object.get("metadata") {
        super::laws::apply(super::law_tables::METADATA, metadata, report);
        super::annotations::check(metadata, report);
        if let Some(fields) = metadata.key("managedFields").filter(|it| *it.expr() != Expr::Absent) {
            let says = "is written; a server-side apply refuses it";
            let note = "who wrote which field is kept by the API server";
            let mistake = Mistake::new("manifest/not-together", says, "not to be written", "remove it");
            report.no(fields, mistake.of_key().warning().because(note));
        }
        labels(metadata, report);
    }
    let template = object.pods().filter(|pods| pods.workload.kind() != "Pod");
    if let Some(metadata) = template.and_then(|pods| pods.template.key("metadata")) {
        labels(metadata, report);
    }
}

fn name(report: &mut Report<'_, '_>) {
    let object = report.object;
    let kind = object.kind();
    if let Some(namespace) = object.get("metadata.namespace")
        && let Some(text) = values::known(Some(namespace))
        && !values::is_label(&text)
    {
        let help = "write lower-case letters, digits and hyphens, at most 63";
        report.no(namespace, Mistake::new("manifest/name", "is no name of a namespace", "not a DNS label", help));
    }
    let Some(prop) = object.get("metadata.name") else {
        // What asks a question is not kept.
        let is_question = kind.ends_with("Review") || kind == "TokenRequest";
        if object.get("metadata.generateName").is_none() && !is_question {
            report.missing(object.body(), "metadata.name", "has no name");
        }
        return;
    };
    let Some(text) = values::known(Some(prop)) else { return };
    let (is_good, help) = if PATHS.contains(&kind) {
        (
            !text.is_empty() && !text.contains(['/', '%']) && text != "." && text != "..",
            "write a name without `/` and `%`",
        )
    } else if LABELS.contains(&kind) {
        (values::is_label(&text), "write lower-case letters, digits and hyphens, at most 63")
    } else {
        (values::is_subdomain(&text), "write lower-case letters, digits, hyphens and dots, at most 253")
    };
    if !is_good {
        report.no(prop, Mistake::new("manifest/name", "is no name that Kubernetes takes", "not a name", help));
    } else if kind == "CronJob" && text.len() > CRON_JOB {
        let says = format!("has {} characters; the name of a CronJob has at most {CRON_JOB}", text.len());
        report.no(prop, Mistake::new("manifest/name", says, "too long", "write a shorter name"));
    } else if kind == "PriorityClass"
        && text.starts_with("system-")
        && !text.starts_with("system-cluster-critical")
        && !text.starts_with("system-node-critical")
    {
        let says = "begins with `system-`, which is kept for the system";
        report.no(prop, Mistake::new("manifest/name", says, "not to be taken", "write another name"));
    } else if kind == "CustomResourceDefinition" {
        let part = |path: &str| values::known(object.get(path));
        if let (Some(plural), Some(group)) = (part("spec.names.plural"), part("spec.group"))
            && *text != format!("{plural}.{group}")
        {
            let help = format!("write `{plural}.{group}`");
            report.no(
                prop,
                Mistake::new("manifest/name", "is not plural and group with a dot between", "another name", help),
            );
        }
    }
}

fn labels<'v>(metadata: Prop<'v>, report: &mut Report<'v, '_>) {
    if let Some(labels) = metadata.key("labels") {
        pairs(labels, report);
    }
    let Some(annotations) = metadata.key("annotations") else { return };
    let mut size = 0;
    for (key, value) in annotations.entries() {
        size += key.len() + value.text().map_or(0, |text| text.len());
        // The domain of an annotation may have capitals.
        let lower = key
            .split_once('/')
            .map_or_else(|| key.to_owned(), |(domain, name)| format!("{}/{name}", domain.to_ascii_lowercase()));
        self::key(&lower, value, report);
    }
    if size > ANNOTATIONS {
        let says = format!("has {size} bytes, more than the {ANNOTATIONS} that an object may have");
        report.no(annotations, Mistake::new("manifest/label", says, "too long", "shorten them").of_key());
    }
}

fn key<'v>(key: &str, value: Prop<'v>, report: &mut Report<'v, '_>) {
    if values::has_hole(key) || values::is_qualified(key) {
        return;
    }
    let help = "write letters, digits, `-`, `_` and `.`, at most 63, before it perhaps a domain and `/`";
    report.no(
        value,
        Mistake::new("manifest/label", "has a key that Kubernetes does not take", "not a key", help).of_key(),
    );
}

/// Checks keys and values of labels, or of what asks for labels.
pub(super) fn pairs<'v>(labels: Prop<'v>, report: &mut Report<'v, '_>) {
    for (name, value) in labels.entries() {
        key(name, value, report);
        label_value(value, report);
    }
}

fn label_value<'v>(value: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(text) = values::known(Some(value)).filter(|text| !values::is_label_value(text)) else { return };
    let says = format!("is `{text}`, which is no value of a label");
    let help = "write at most 63 letters, digits, `-`, `_` and `.`, the first and last a letter or digit";
    report.no(value, Mistake::new("manifest/label", says, "no value of a label", help));
}

/// Checks a selector of labels.
pub(super) fn selector<'v>(selector: Prop<'v>, report: &mut Report<'v, '_>) {
    if let Some(labels) = selector.key("matchLabels") {
        pairs(labels, report);
    }
    for expression in selector.each("matchExpressions") {
        requirement(expression, report);
    }
}

/// Checks one requirement of a selector, of labels or of nodes.
pub(super) fn requirement<'v>(expression: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(operator) = expression.key("operator") else { return };
    if let Some(key) = expression.key("key")
        && let Some(text) = values::known(Some(key))
        && !values::is_qualified(&text)
    {
        let help = "write letters, digits, `-`, `_` and `.`, at most 63, before it perhaps a domain and `/`";
        report.no(key, Mistake::new("manifest/label", "is no key of a label", "not a key", help));
    }
    let count = expression.key("values").filter(Prop::is_list).map_or(0, |list| list.items().count());
    let (is_good, help) = match operator.text().as_deref() {
        Some("In" | "NotIn") => (count > 0, "add `values`"),
        Some("Exists" | "DoesNotExist") => (count == 0, "remove `values`"),
        Some("Gt" | "Lt") => (
            count == 1 && expression.each("values").all(|it| it.int().is_some()),
            "write one whole number under `values`",
        ),
        _ => return,
    };
    if !is_good {
        let says = format!(
            "is `{}` with {}",
            operator.text().unwrap_or_default(),
            crate::diag::counted(i64::try_from(count).unwrap_or(0), "value")
        );
        report.no(operator, Mistake::new("manifest/label", says, "does not go with the values", help));
    }
    expression
        .each("values")
        .filter(|_| !matches!(operator.text().as_deref(), Some("Gt" | "Lt")))
        .for_each(|it| label_value(it, report));
}
