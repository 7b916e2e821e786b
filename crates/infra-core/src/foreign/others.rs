//! YAML of other tools that stands beside templates and manifests, told by its content.

use crate::diag::{At, Diagnostic};
use crate::place::FileId;
use crate::source::Node;

/// Kinds that a tool on this side reads: no server keeps them.
const TOOLS: [(&str, &str); 6] = [
    ("kustomize.config.k8s.io/", "a file of Kustomize"),
    ("skaffold/", "a file of Skaffold"),
    ("eksctl.io/", "a file of eksctl"),
    ("kind.x-k8s.io/", "a file of kind"),
    ("kubeadm.k8s.io/", "a file of kubeadm"),
    ("kubelet.config.k8s.io/", "a configuration of the kubelet"),
];

/// What a document is, if it is one of another tool that is known here.
pub(super) fn of(path: &str, node: &Node) -> Option<&'static str> {
    let has = |key: &str| node.pair(key).is_some();
    let text = |key: &str| node.pair(key).and_then(|pair| pair.value.scalar());
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
    if let (Some(version), Some(kind)) = (text("apiVersion"), text("kind")) {
        let tool = TOOLS.iter().find(|(group, _)| version.starts_with(group)).map(|(_, what)| *what);
        return tool.or_else(|| (version == "v1" && kind == "Config" && has("clusters")).then_some("a kubeconfig"));
    }
    if has("apiVersion") && has("name") && has("version") {
        return Some("the head of a chart of Helm");
    }
    if stem == "kustomization" || (has("resources") && (has("patches") || has("namePrefix") || has("images"))) {
        return Some("a file of Kustomize");
    }
    if stem == "values" || stem.starts_with("values-") || stem.starts_with("values.") || stem.ends_with("-values") {
        return Some("a file of values for a chart of Helm");
    }
    if has("services") && (stem.contains("compose") || has("networks") || has("volumes")) {
        return Some("a file of Docker Compose");
    }
    if has("jobs") && (has("on") || has("true") || has("name")) {
        return Some("a workflow of GitHub");
    }
    None
}

/// The files that a Kustomization lays over others: parts of objects, which are no objects by themselves.
pub(super) fn patches(path: &str, node: &Node) -> Vec<String> {
    let folder = path.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
    let items = |key: &str| node.pair(key).map(|pair| pair.value.items()).unwrap_or_default();
    let given = items("patches").iter().chain(items("patchesJson6902")).filter_map(|patch| patch.pair("path"));
    let merged = items("patchesStrategicMerge").iter().filter_map(Node::scalar);
    let names = given.filter_map(|pair| pair.value.scalar()).chain(merged);
    names.map(|name| joined(folder, name)).collect()
}

/// The path of a file that is named in a folder.
fn joined(folder: &str, name: &str) -> String {
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in name.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != ".." && *last != ".") => {
                steps.pop();
            }
            other => steps.push(other),
        }
    }
    let root = if folder.starts_with('/') { "/" } else { "" };
    format!("{root}{}", steps.join("/"))
}

/// Whether text is a template that Helm or a tool like it renders before it is YAML.
pub(super) fn is_template(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let opened = text.match_indices("{{").map(|(at, _)| text.get(at + 2..).unwrap_or_default());
    let mut words = opened.map(|rest| rest.trim_start_matches(['-', ' ']));
    words.any(|word| {
        word.starts_with('.')
            || ["if ", "include ", "range ", "with ", "end", "template ", "define ", "$", "/*"]
                .iter()
                .any(|start| word.starts_with(start))
    })
}

/// Says in one line that a file is left alone.
pub(super) fn left_alone(at: At, what: &str) -> Diagnostic {
    let finding = Diagnostic::advice("foreign/left-alone", format!("{what} is left alone")).at(at, "not checked");
    match what {
        RENDERED => finding.help("render it first, such as with `helm template`, and check the result"),
        _ => finding,
    }
}

/// What a part of an object is called.
pub(super) const PATCH: &str = "a patch of Kustomize";

/// What a template is called.
pub(super) const RENDERED: &str = "a template that another tool renders";

/// Says in one line that a file that cannot be read yet is left alone.
pub(super) fn template(file: FileId) -> Diagnostic {
    left_alone(At::File(file), RENDERED)
}
