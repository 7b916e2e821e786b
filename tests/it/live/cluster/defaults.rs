//! What the server puts into an object that does not say it.

use serde_json::{Value, json};

use super::kinds::{Kind, Shape};

/// Defaults of a pod, from its `spec` on; `[]` is each item of a list.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/> (read 2026-11-30), and what a
/// kube-apiserver 1.36.2 answered.
const POD: [(&str, &str); 12] = [
    ("restartPolicy", "\"Always\""),
    ("terminationGracePeriodSeconds", "30"),
    ("dnsPolicy", "\"ClusterFirst\""),
    ("securityContext", "{}"),
    ("schedulerName", "\"default-scheduler\""),
    ("containers[].resources", "{}"),
    ("containers[].terminationMessagePath", "\"/dev/termination-log\""),
    ("containers[].terminationMessagePolicy", "\"File\""),
    ("containers[].imagePullPolicy", "\"IfNotPresent\""),
    ("containers[].ports[].protocol", "\"TCP\""),
    ("volumes[].secret?.defaultMode", "420"),
    ("volumes[].configMap?.defaultMode", "420"),
];

const PROBE: [(&str, &str); 5] = [
    ("timeoutSeconds", "1"),
    ("periodSeconds", "10"),
    ("successThreshold", "1"),
    ("failureThreshold", "3"),
    ("httpGet?.scheme", "\"HTTP\""),
];

/// Defaults of whole objects, by kind.
const OBJECTS: [(&str, &str, &str); 40] = [
    ("Deployment", "spec.replicas", "1"),
    ("Deployment", "spec.strategy.type", "\"RollingUpdate\""),
    ("Deployment", "spec.revisionHistoryLimit", "10"),
    ("Deployment", "spec.progressDeadlineSeconds", "600"),
    ("StatefulSet", "spec.replicas", "1"),
    ("StatefulSet", "spec.podManagementPolicy", "\"OrderedReady\""),
    ("StatefulSet", "spec.updateStrategy", "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":0}}"),
    ("StatefulSet", "spec.revisionHistoryLimit", "10"),
    (
        "StatefulSet",
        "spec.persistentVolumeClaimRetentionPolicy",
        "{\"whenDeleted\":\"Retain\",\"whenScaled\":\"Retain\"}",
    ),
    ("StatefulSet", "spec.volumeClaimTemplates[].apiVersion", "\"v1\""),
    ("StatefulSet", "spec.volumeClaimTemplates[].kind", "\"PersistentVolumeClaim\""),
    ("StatefulSet", "spec.volumeClaimTemplates[].spec.volumeMode", "\"Filesystem\""),
    ("StatefulSet", "spec.volumeClaimTemplates[].status", "{\"phase\":\"Pending\"}"),
    (
        "DaemonSet",
        "spec.updateStrategy",
        "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":1,\"maxSurge\":0}}",
    ),
    ("DaemonSet", "spec.revisionHistoryLimit", "10"),
    ("Job", "spec.parallelism", "1"),
    ("Job", "spec.completions", "1"),
    ("Job", "spec.backoffLimit", "6"),
    ("Job", "spec.manualSelector", "false"),
    ("Job", "spec.completionMode", "\"NonIndexed\""),
    ("Job", "spec.suspend", "false"),
    ("Job", "spec.podReplacementPolicy", "\"TerminatingOrFailed\""),
    ("CronJob", "spec.suspend", "false"),
    ("CronJob", "spec.concurrencyPolicy", "\"Allow\""),
    ("Service", "spec.type", "\"ClusterIP\""),
    ("Service", "spec.sessionAffinity", "\"None\""),
    ("Service", "spec.ipFamilies", "[\"IPv4\"]"),
    ("Service", "spec.ipFamilyPolicy", "\"SingleStack\""),
    ("Service", "spec.internalTrafficPolicy", "\"Cluster\""),
    ("Service", "spec.ports[].protocol", "\"TCP\""),
    ("Secret", "type", "\"Opaque\""),
    ("Endpoints", "subsets[].ports[].protocol", "\"TCP\""),
    ("CustomResourceDefinition", "spec.conversion", "{\"strategy\":\"None\"}"),
    ("PersistentVolumeClaim", "spec.volumeMode", "\"Filesystem\""),
    ("Namespace", "spec.finalizers", "[\"kubernetes\"]"),
    ("StorageClass", "reclaimPolicy", "\"Delete\""),
    ("StorageClass", "volumeBindingMode", "\"Immediate\""),
    ("HorizontalPodAutoscaler", "spec.minReplicas", "1"),
    ("NetworkPolicy", "spec.egress[].ports[].protocol", "\"TCP\""),
    ("NetworkPolicy", "spec.ingress[].ports[].protocol", "\"TCP\""),
];

/// Fills in what an object does not say. Addresses are told by the version that is written.
pub(super) fn fill(object: &mut Value, kind: &Kind, version: u64) {
    for (_, path, value) in OBJECTS.iter().filter(|(of, ..)| *of == kind.name) {
        at(object, path, &parsed(value));
    }
    let template = if kind.name == "CronJob" { "spec.jobTemplate.spec.template.spec" } else { "spec.template.spec" };
    if kind.group() == "apps" || kind.group() == "batch" {
        pod(object, template);
    } else if kind.name == "Pod" {
        pod(object, "spec");
    }
    match kind.name.as_str() {
        "Deployment" if object["spec"]["strategy"]["type"] == "RollingUpdate" => {
            at(object, "spec.strategy.rollingUpdate.maxUnavailable", &"25%".into());
            at(object, "spec.strategy.rollingUpdate.maxSurge", &"25%".into());
        }
        "Job" => job(object),
        "Service" => service(object, version),
        "Secret" => secret(object),
        "Namespace" => {
            let name = object["metadata"]["name"].clone();
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
        "DaemonSet" => object["metadata"]["annotations"]["deprecated.daemonset.template.generation"] = "1".into(),
        _ => {}
    }
    if let Shape::Custom(schema) = &kind.shape {
        custom(object, schema);
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("a default is JSON")
}

fn pod(object: &mut Value, spec: &str) {
    if object.pointer(&format!("/{}", spec.replace('.', "/"))).is_none_or(|spec| !spec.is_object()) {
        return;
    }
    for containers in ["containers", "initContainers"] {
        for (path, value) in POD {
            let path = path.replacen("containers", containers, 1);
            at(object, &format!("{spec}.{path}"), &parsed(value));
        }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            for (path, value) in PROBE {
                at(object, &format!("{spec}.{containers}[].{probe}?.{path}"), &parsed(value));
            }
        }
        at(object, &format!("{spec}.{containers}[].env[].valueFrom?.fieldRef?.apiVersion"), &"v1".into());
    }
    let pointer = format!("/{}", spec.replace('.', "/"));
    if let Some(account) = object.pointer(&format!("{pointer}/serviceAccountName")).cloned() {
        object.pointer_mut(&pointer).expect("it is there")["serviceAccount"] = account;
    }
}

/// A job selects its pods by its own uid.
fn job(object: &mut Value) {
    let (name, uid) = (object["metadata"]["name"].clone(), object["metadata"]["uid"].clone());
    if uid.is_null() {
        return;
    }
    at(object, "spec.selector", &json!({ "matchLabels": { "batch.kubernetes.io/controller-uid": uid } }));
    for (label, value) in [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ] {
        object["spec"]["template"]["metadata"]["labels"][label] = value.clone();
        if object["spec"]["template"]["metadata"]["labels"].as_object().is_some_and(|labels| labels.len() == 4)
            && object["metadata"]["labels"].is_null()
        {
            object["metadata"]["labels"] = object["spec"]["template"]["metadata"]["labels"].clone();
        }
    }
}

fn service(object: &mut Value, version: u64) {
    for port in object["spec"]["ports"].as_array_mut().into_iter().flatten() {
        if port["targetPort"].is_null() {
            port["targetPort"] = port["port"].clone();
        }
    }
    let address = json!(format!("10.96.{}.{}", version / 250 % 250, version % 250 + 1));
    at(object, "spec.clusterIP", &address);
    let address = object["spec"]["clusterIP"].clone();
    if object["spec"]["clusterIPs"][0].is_null() {
        object["spec"]["clusterIPs"] = json!([address]);
    }
    let outside = matches!(object["spec"]["type"].as_str(), Some("NodePort" | "LoadBalancer"));
    for port in object["spec"]["ports"].as_array_mut().into_iter().flatten() {
        if outside && port["nodePort"].is_null() {
            port["nodePort"] = json!(30_000 + version % 2_000);
        } else if !outside {
            port.as_object_mut().expect("a port").remove("nodePort");
        }
    }
    if outside {
        at(object, "spec.externalTrafficPolicy", &"Cluster".into());
    } else if let Some(spec) = object["spec"].as_object_mut() {
        spec.remove("externalTrafficPolicy");
    }
}

/// What was sent as text is kept as bytes.
fn secret(object: &mut Value) {
    let texts = object.as_object_mut().and_then(|map| map.remove("stringData"));
    for (key, text) in texts.as_ref().and_then(Value::as_object).into_iter().flatten() {
        object["data"][key.as_str()] = base64(text.as_str().unwrap_or_default().as_bytes()).into();
    }
}

pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let chunk =
        |chunk: &[u8]| {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            (0..4_usize)
                .map(|digit| {
                    if digit > chunk.len() {
                        '='
                    } else {
                        char::from(ALPHABET[(bits >> (18 - 6 * digit) & 63) as usize])
                    }
                })
                .collect::<String>()
        };
    bytes.chunks(3).map(chunk).collect()
}

fn custom(value: &mut Value, schema: &Value) {
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if let (Some(map), Some(default)) = (value.as_object_mut(), inner.get("default")) {
            map.entry(name.clone()).or_insert_with(|| default.clone());
        }
        if let Some(inside) = value.get_mut(name) {
            custom(inside, inner);
        }
    }
}

/// Puts a default where nothing is: `[]` is each item of a list, and what ends with `?` must be there already.
fn at(value: &mut Value, path: &str, default: &Value) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    if let Some(list) = first.strip_suffix("[]") {
        for item in value.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            at(item, rest.expect("a list has items"), default);
        }
        return;
    }
    let (name, must) = first.strip_suffix('?').map_or((first, false), |name| (name, true));
    let Some(map) = value.as_object_mut() else { return };
    match rest {
        None => {
            if map.get(name).is_none_or(Value::is_null) {
                map.insert(name.to_owned(), default.clone());
            }
        }
        Some(_) if must && !map.contains_key(name) => {}
        Some(rest) => at(map.entry(name.to_owned()).or_insert_with(|| json!({})), rest, default),
    }
}
