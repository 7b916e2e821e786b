//! What the server refuses as invalid: fields that cannot change, and values.

use infra::facts::kubernetes_types::{Schema, Tag};
use serde_json::{Value, json};

use super::kinds::{Kind, Shape};
use super::typed::quantity;
use super::wire::Answer;

/// One cause of a refusal: reason, message and field.
type Cause = (&'static str, String, String);

const INVALID: &str = "FieldValueInvalid";
const REQUIRED: &str = "FieldValueRequired";
const FORBIDDEN: &str = "FieldValueForbidden";
const UNSUPPORTED: &str = "FieldValueNotSupported";

/// The answer to causes.
pub(super) fn refusal(kind: &Kind, name: &str, causes: &[Cause]) -> Option<Answer> {
    let texts: Vec<String> = causes.iter().map(|(_, message, field)| format!("{field}: {message}")).collect();
    let all = match texts.as_slice() {
        [] => return None,
        [one] => one.clone(),
        all if all.windows(2).all(|pair| pair[0] == pair[1]) => all[0].clone(),
        all => format!("[{}]", all.join(", ")),
    };
    let mut details = json!({ "name": name, "kind": kind.name });
    if !kind.group().is_empty() {
        details["group"] = kind.group().into();
    }
    let cause = |(reason, message, field): &Cause| json!({ "reason": reason, "message": message, "field": field });
    details["causes"] = causes.iter().map(cause).collect();
    Some(Answer::failure(422, "Invalid", &format!("{} {name:?} is invalid: {all}", kind.qualified()), details))
}

/// Fields that cannot change: kind, field, what is said of the new value.
const FIXED: [(&str, &str, &str); 6] = [
    ("Deployment", "spec.selector", "field is immutable"),
    ("DaemonSet", "spec.selector", "field is immutable"),
    ("Job", "spec.template", "field is immutable"),
    ("Secret", "type", "field is immutable"),
    ("RoleBinding", "roleRef", "cannot change roleRef"),
    ("StorageClass", "provisioner", "field is immutable"),
];

/// Of a `StatefulSet`, only these change.
const OF_STATEFUL_SET: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// What changed although it cannot.
pub(super) fn changed(kind: &Kind, before: &Value, after: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let differs = |field: &str| {
        let pointer = format!("/{}", field.replace('.', "/"));
        let (old, new) = (before.pointer(&pointer), after.pointer(&pointer));
        (old != new).then(|| new.cloned().unwrap_or_default())
    };
    for (_, field, why) in FIXED.iter().filter(|(of, ..)| *of == kind.name) {
        if let Some(new) = differs(field) {
            causes.push((INVALID, format!("Invalid value: {new}: {why}"), (*field).to_owned()));
        }
    }
    match kind.name.as_str() {
        "ConfigMap" | "Secret" if before["immutable"] == true && differs("data").is_some() => {
            causes.push((
                FORBIDDEN,
                "Forbidden: field is immutable when `immutable` is set".to_owned(),
                "data".to_owned(),
            ));
        }
        "Service" if differs("spec.clusterIP").is_some() => {
            let why = format!("Invalid value: [{}]: may not change once set", after["spec"]["clusterIP"]);
            causes.push((INVALID, why, "spec.clusterIPs[0]".to_owned()));
        }
        "StatefulSet" => {
            let rest = |object: &Value| {
                let spec = object["spec"].as_object().cloned().unwrap_or_default();
                spec.into_iter()
                    .filter(|(key, _)| !OF_STATEFUL_SET.contains(&key.as_str()))
                    .collect::<serde_json::Map<_, _>>()
            };
            if rest(before) != rest(after) {
                let quoted: Vec<String> = OF_STATEFUL_SET.iter().map(|field| format!("'{field}'")).collect();
                let (last, first) = quoted.split_last().expect("there are some");
                let why = format!(
                    "Forbidden: updates to statefulset spec for fields other than {} and {last} are forbidden",
                    first.join(", ")
                );
                causes.push((FORBIDDEN, why, "spec".to_owned()));
            }
        }
        "PersistentVolumeClaim" if differs("spec").is_some() => {
            let why = "Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n";
            causes.push((FORBIDDEN, why.to_owned(), "spec".to_owned()));
        }
        _ => {}
    }
    let finalizers = |object: &Value| object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    let new: Vec<Value> = finalizers(after).into_iter().filter(|it| !finalizers(before).contains(it)).collect();
    if !before["metadata"]["deletionTimestamp"].is_null() && !new.is_empty() {
        let names: Vec<String> = new.iter().map(Value::to_string).collect();
        let why = format!(
            "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            names.join(", ")
        );
        // It is said twice.
        causes.extend([
            (FORBIDDEN, why.clone(), "metadata.finalizers".to_owned()),
            (FORBIDDEN, why, "metadata.finalizers".to_owned()),
        ]);
    }
    causes
}

/// What is wrong with the values of an object.
pub(super) fn invalid(kind: &Kind, object: &Value, before: Option<&Value>) -> Vec<Cause> {
    let mut causes = metadata(object);
    match &kind.shape {
        Shape::Known(schema) => {
            for field in schema.fields().filter(|field| !matches!(field.name(), "metadata" | "status")) {
                if let Some(value) = object.get(field.name()) {
                    known(value, field.schema(), field.name(), &mut causes);
                }
            }
        }
        Shape::Custom(schema) => {
            custom(object, schema, "", &mut causes);
            if !causes.is_empty() {
                let why = "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
                causes.push((INVALID, why.to_owned(), "<nil>".to_owned()));
            } else if let Some(before) = before {
                transitions((before, object), schema, "", &mut causes);
            }
        }
        Shape::Free => {}
    }
    match kind.name.as_str() {
        "Service" => service(object, &mut causes),
        "CronJob" => {
            let words: Vec<&str> = object["spec"]["schedule"].as_str().unwrap_or_default().split(' ').collect();
            if words.len() != 5 {
                let why = format!("expected exactly 5 fields, found {}: [{}]", words.len(), words.join(" "));
                causes.push((
                    INVALID,
                    format!("Invalid value: {}: {why}", object["spec"]["schedule"]),
                    "spec.schedule".to_owned(),
                ));
            }
            restarts(object, "spec.jobTemplate.spec.template.spec", &mut causes);
        }
        "Job" => restarts(object, "spec.template.spec", &mut causes),
        "Deployment" | "StatefulSet" | "DaemonSet" => selects(object, &mut causes),
        "ConfigMap" | "Secret" => {
            let size: usize =
                object["data"].as_object().into_iter().flatten().map(|(_, it)| it.as_str().map_or(0, str::len)).sum();
            if size > 1_048_576 {
                causes.push((
                    "FieldValueTooLong",
                    "Too long: may not be more than 1048576 bytes".to_owned(),
                    "[]".to_owned(),
                ));
            }
        }
        _ => {}
    }
    causes
}

fn metadata(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if !name.chars().all(is_name) && !object["apiVersion"].as_str().is_some_and(|version| version.starts_with("rbac."))
    {
        let why = format!(
            "Invalid value: {name:?}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        );
        causes.push((INVALID, why, "metadata.name".to_owned()));
    }
    for value in object["metadata"]["labels"].as_object().into_iter().flat_map(|labels| labels.values()) {
        let text = value.as_str().unwrap_or_default();
        let is_value = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let ends = |text: &str| {
            text.is_empty()
                || (text.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && text.ends_with(|c: char| c.is_ascii_alphanumeric()))
        };
        if text.len() > 63 || !text.chars().all(is_value) || !ends(text) {
            let why = format!(
                "Invalid value: {value}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            );
            causes.push((INVALID, why, "metadata.labels".to_owned()));
        }
    }
    causes
}

/// What the types of Kubernetes say of values: bounds, enumerations, what must be there.
fn known(value: &Value, schema: Schema, path: &str, causes: &mut Vec<Cause>) {
    match value {
        Value::Number(number) if schema.tag() == Tag::Integer || schema.tag() == Tag::IntOrString => {
            let Some(number) = number.as_i64() else { return };
            let port = path.to_ascii_lowercase().ends_with("port");
            let (low, high) = if port { (Some(1), Some(65_535)) } else { (schema.low(), schema.high()) };
            let out = low.is_some_and(|low| number < low) || high.is_some_and(|high| number > high);
            let bound = match (low, high) {
                _ if !out => return,
                (Some(low), Some(high)) if high < i64::from(i32::MAX) => {
                    format!("must be between {low} and {high}, inclusive")
                }
                (Some(low), _) => format!("must be greater than or equal to {low}"),
                (None, high) => format!("must be less than or equal to {}", high.unwrap_or_default()),
            };
            causes.push((INVALID, format!("Invalid value: {number}: {bound}"), path.to_owned()));
        }
        Value::String(text) => {
            let values: Vec<&str> = schema.values().collect();
            if !values.is_empty() && !text.is_empty() && !values.contains(&text.as_str()) {
                let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
                causes.push((
                    UNSUPPORTED,
                    format!("Unsupported value: {text:?}: supported values: {}", values.join(", ")),
                    path.to_owned(),
                ));
            }
        }
        Value::Object(map) if schema.tag() == Tag::Object => {
            for field in schema.fields().filter(|field| field.is_required()) {
                if map.get(field.name()).is_none_or(|value| *value == "") {
                    causes.push((REQUIRED, "Required value".to_owned(), format!("{path}.{}", field.name())));
                }
            }
            for (key, item) in map {
                if let Some(field) = schema.field(key) {
                    known(item, field.schema(), &format!("{path}.{key}"), causes);
                }
            }
            container(value, path, causes);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(inner) = schema.inner() {
                    known(item, inner, &format!("{path}[{index}]"), causes);
                }
            }
        }
        _ => {}
    }
}

fn container(value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if path.ends_with("resources") {
        for (what, limit) in value["limits"].as_object().into_iter().flatten() {
            let asked = &value["requests"][what];
            let (asked_text, limit) = (asked.as_str().unwrap_or_default(), limit.as_str().unwrap_or_default());
            if quantity(asked_text).zip(quantity(limit)).is_some_and(|(asked, limit)| asked > limit) {
                let why = format!("Invalid value: {asked}: must be less than or equal to {what} limit of {limit}");
                causes.push((INVALID, why, format!("{path}.requests")));
            }
        }
    }
    if path.contains(".ports[") && path.contains("ontainers[") {
        let name = value["name"].as_str().unwrap_or_default();
        if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            let why = format!(
                "Invalid value: {name:?}: must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
            );
            causes.push((INVALID, why, format!("{path}.name")));
        }
    }
}

fn service(object: &Value, causes: &mut Vec<Cause>) {
    let ports = object["spec"]["ports"].as_array().cloned().unwrap_or_default();
    for (index, port) in ports.iter().enumerate() {
        if ports.len() > 1 && port["name"].is_null() {
            causes.push((REQUIRED, "Required value".to_owned(), format!("spec.ports[{index}].name")));
        }
    }
    let address = object["spec"]["clusterIP"].as_str().unwrap_or_default();
    if address != "None" && !address.starts_with("10.96.") {
        let why = format!(
            "Invalid value: [{address:?}]: failed to allocate IP {address}: the provided network does not match the current range"
        );
        causes.push((INVALID, why, "spec.clusterIPs".to_owned()));
    }
}

fn restarts(object: &Value, spec: &str, causes: &mut Vec<Cause>) {
    let policy = object.pointer(&format!("/{}/restartPolicy", spec.replace('.', "/")));
    if policy.is_none_or(|policy| policy == "Always") {
        let why = "Required value: valid values: \"OnFailure\", \"Never\"".to_owned();
        causes.push((REQUIRED, why, format!("{spec}.restartPolicy")));
    }
}

fn selects(object: &Value, causes: &mut Vec<Cause>) {
    let labels = &object["spec"]["template"]["metadata"]["labels"];
    let wanted = object["spec"]["selector"]["matchLabels"].as_object();
    if wanted.into_iter().flatten().any(|(key, value)| labels[key] != *value) {
        let why = format!("Invalid value: {labels}: `selector` does not match template `labels`");
        causes.push((INVALID, why, "spec.template.metadata.labels".to_owned()));
    }
}

/// What the schema of a CRD says of values.
fn custom(value: &Value, schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    if let Some(values) = schema["enum"].as_array().filter(|values| !values.contains(value)) {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        causes.push((
            UNSUPPORTED,
            format!("Unsupported value: {value}: supported values: {}", values.join(", ")),
            path.to_owned(),
        ));
    }
    for (bound, is_out, words) in
        [("maximum", (|a, b| a > b) as fn(f64, f64) -> bool, "less"), ("minimum", |a, b| a < b, "greater")]
    {
        if let (Some(number), Some(limit)) = (value.as_f64(), schema[bound].as_f64())
            && is_out(number, limit)
        {
            let why =
                format!("Invalid value: {value}: {path} in body should be {words} than or equal to {}", schema[bound]);
            causes.push((INVALID, why, path.to_owned()));
        }
    }
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.is_object() && value.get(name).is_none() {
            causes.push((REQUIRED, "Required value".to_owned(), join(name)));
        }
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(item) = value.get(name) {
            custom(item, inner, &join(name), causes);
        }
    }
}

/// Rules of a CRD of the one form that the tests have: `self >= oldSelf`.
fn transitions((before, after): (&Value, &Value), schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        let shrinks = before.as_f64().zip(after.as_f64()).is_some_and(|(before, after)| after < before);
        if rule["rule"] == "self >= oldSelf" && shrinks {
            let message = rule["message"].as_str().unwrap_or_default();
            causes.push((INVALID, format!("Invalid value: {after}: {message}"), path.to_owned()));
        }
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if let (Some(before), Some(after)) = (before.get(name), after.get(name)) {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            transitions((before, after), inner, &path, causes);
        }
    }
}

/// What the server warns of.
pub(super) fn warnings(object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if object["kind"] == "Endpoints" {
        found.push("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".to_owned());
    }
    let template = &object["spec"]["template"];
    if !template["spec"]["nodeSelector"]["beta.kubernetes.io/os"].is_null() {
        found.push("spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead".to_owned());
    }
    for key in template["metadata"]["annotations"].as_object().into_iter().flat_map(|map| map.keys()) {
        if key.starts_with("container.apparmor.security.beta.kubernetes.io/") {
            found.push(format!("spec.template.metadata.annotations[{key}]: deprecated since v1.30; use the \"appArmorProfile\" field instead"));
        }
    }
    for (index, container) in template["spec"]["containers"].as_array().into_iter().flatten().enumerate() {
        let names: Vec<&Value> = container["env"].as_array().into_iter().flatten().map(|it| &it["name"]).collect();
        for (place, name) in names.iter().enumerate() {
            if names[..place].contains(name) {
                found.push(format!(
                    "spec.template.spec.containers[{index}].env[{place}]: hides previous definition of {name}, which may be dropped when using apply"
                ));
            }
        }
    }
    found
}
