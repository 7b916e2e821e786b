//! What stands in pods beside the program: volumes, init containers and sidecars.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::{EnvValue, Value};
use super::{Pod, secrets};
use crate::artifacts::{Expr, Object};
use crate::names::{ImageRef, KubernetesName, Name, Port, Seconds};

/// A volume of the pods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Volume {
    /// Empty at first, and gone with the pod.
    Empty(EmptyVolume),
    /// Files that are written here, by a config map; pods are made anew when they change.
    Config(ConfigVolume),
    /// A Kubernetes secret that others make in the namespace.
    Secret(SecretVolume),
    /// A `PersistentVolumeClaim` that is there: another entry's, or one of `manifests`.
    Claim(ClaimVolume),
    /// What a CSI driver brings.
    Csi(CsiVolume),
    /// Several sources in one folder, as Kubernetes writes them.
    Projected(ProjectedVolume),
}

/// A volume that is empty at first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EmptyVolume {
    /// Most that fits in, such as `1Gi`: a pod that writes more is evicted. No limit but the node's if not set.
    pub size: Option<String>,
    /// What it is kept in.
    pub medium: Medium,
}

/// What an empty volume is kept in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Medium {
    /// The volume of the node.
    #[default]
    Disk,
    /// Memory, which counts as the memory of the container that writes it.
    Memory,
}

/// Files that are written here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigVolume {
    /// The files by name. 1 MiB at most together; no secrets.
    pub files: BTreeMap<String, String>,
}

/// A Kubernetes secret as files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretVolume {
    /// Name of the secret.
    pub name: String,
    /// Whether pods start without it.
    #[serde(default)]
    pub optional: bool,
}

/// A claim on a persistent volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClaimVolume {
    /// Name of the claim.
    pub name: String,
    /// Whether no container may write.
    #[serde(default)]
    pub read_only: bool,
}

/// What a CSI driver brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CsiVolume {
    /// Name of the driver, such as `efs.csi.aws.com`.
    pub driver: String,
    /// Whether no container may write.
    #[serde(default)]
    pub read_only: bool,
    /// What the driver takes.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// Several sources in one folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProjectedVolume {
    /// The sources as Kubernetes writes them: `serviceAccountToken`, `configMap`, `secret`, `downwardAPI`.
    pub sources: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// Where a volume is in a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mount {
    /// The folder, or the file with `sub-path`.
    pub path: String,
    /// The part of the volume that is mounted; all of it if not set. Such a mount does not follow changes.
    #[serde(default)]
    pub sub_path: Option<String>,
    /// Whether the container may not write.
    #[serde(default)]
    pub read_only: bool,
}

/// A container beside that of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Companion {
    /// Its name, which no other container of the pod has.
    pub name: KubernetesName,
    /// The image, with tag or digest.
    pub image: ImageRef,
    /// What is run instead of the image's entry point.
    #[serde(default)]
    pub command: Vec<String>,
    /// What it is called with.
    #[serde(default)]
    pub args: Vec<String>,
    /// Its environment variables: text, or where a value comes from.
    #[serde(default)]
    pub env: BTreeMap<String, EnvValue>,
    /// What it is given beside what the program is given.
    #[serde(default)]
    pub resources: CompanionRequests,
    /// Volumes of the pod by their names, and where they are in this container. `/tmp` is that of all.
    #[serde(default)]
    pub mounts: BTreeMap<Name, Mount>,
    /// Ports that it serves, by names of at most 15 characters.
    #[serde(default)]
    pub ports: BTreeMap<Name, Port>,
}

/// What a container beside the program is given, in Kubernetes' notation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CompanionRequests {
    /// CPU time, such as `50m`.
    pub cpu: String,
    /// Most CPU time; no limit if not set.
    pub cpu_limit: Option<String>,
    /// Memory, such as `64Mi`; request and limit.
    pub memory: String,
}

impl Default for CompanionRequests {
    fn default() -> Self {
        Self { cpu: "50m".to_owned(), cpu_limit: None, memory: "64Mi".to_owned() }
    }
}

/// Who the processes are, within what Pod Security `restricted` allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Security {
    /// Id of the user; that of the image if not set, which must be a number other than 0.
    pub user: Option<u32>,
    /// Id of the group; that of the image if not set.
    pub group: Option<u32>,
    /// Id of the group that owns the volumes; 65532 if not set.
    pub fs_group: Option<u32>,
    /// Whether the containers may write outside of their volumes. A relaxation: whoever gets in can change programs.
    pub writable_root: bool,
    /// Capabilities beside none: `NET_BIND_SERVICE`, for ports below 1024, is what `restricted` allows.
    pub capabilities: Vec<String>,
}

/// What is run when the container starts and before it stops.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Lifecycle {
    /// A command that runs beside the start; the container is killed if it fails.
    pub post_start: Vec<String>,
    /// A command that runs before the process is told to stop, in place of the pause of `shutdown: { pre-stop: … }`. It is
    /// given that time, and must itself wait until load balancers have stopped sending.
    pub pre_stop: Vec<String>,
}

/// A companion with its variables looked up.
pub(super) struct Beside<'a> {
    pub(super) spec: &'a Companion,
    pub(super) variables: Vec<(&'a str, Value<'a>)>,
}

/// Returns the containers that run before the program, and beside it: sidecars first, so that init containers can use them.
///
/// Source: <https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/> (read 2026-12-01).
pub(super) fn init_containers(pod: &Pod<'_>) -> Option<Vec<Expr>> {
    let sidecars = pod.sidecars.iter().map(|it| container(pod, it, true));
    let all: Vec<Expr> = sidecars.chain(pod.init_containers.iter().map(|it| container(pod, it, false))).collect();
    (!all.is_empty()).then_some(all)
}

fn container(pod: &Pod<'_>, beside: &Beside<'_>, stays: bool) -> Expr {
    let spec = beside.spec;
    let resources = &spec.resources;
    let variables = super::environment::rendered(pod, Some(spec.name.as_str()), beside.variables.clone());
    let mut mounts = vec![object! { "name" => "tmp", "mountPath" => "/tmp" }];
    mounts.extend(spec.mounts.iter().map(mount));
    object! {
        "name" => spec.name.to_string(),
        "image" => spec.image.to_string(),
        "restartPolicy" => stays.then_some("Always"),
        "command" => texts(&spec.command),
        "args" => texts(&spec.args),
        "ports" => ports(&spec.ports),
        "env" => (!spec.env.is_empty()).then_some(variables),
        "resources" => object! {
            "requests" => object! { "cpu" => &resources.cpu, "memory" => &resources.memory },
            "limits" => object! { "cpu" => resources.cpu_limit.as_ref(), "memory" => &resources.memory },
        },
        "securityContext" => security_context(pod),
        "volumeMounts" => mounts,
    }
}

/// What every container of the pod may not do.
pub(super) fn security_context(pod: &Pod<'_>) -> Expr {
    let security = pod.parts.security;
    let added = (!security.capabilities.is_empty()).then(|| security.capabilities.iter().collect::<Expr>());
    object! {
        "allowPrivilegeEscalation" => false,
        "readOnlyRootFilesystem" => !security.writable_root,
        "capabilities" => object! { "drop" => list!["ALL"], "add" => added },
    }
}

/// Returns texts, or nothing where there is none.
pub(super) fn texts(texts: &[String]) -> Option<Expr> {
    (!texts.is_empty()).then(|| texts.iter().collect())
}

fn ports(ports: &BTreeMap<Name, Port>) -> Option<Expr> {
    (!ports.is_empty()).then(|| ports.iter().map(|(name, number)| port(name.to_string(), *number)).collect())
}

/// Returns a port of a container.
pub(super) fn port(name: String, number: Port) -> Expr {
    object! { "name" => name, "containerPort" => number.get(), "protocol" => "TCP" }
}

/// Returns where a volume is in a container.
pub(super) fn mount((name, mount): (&Name, &Mount)) -> Expr {
    object! {
        "name" => name.to_string(),
        "mountPath" => &mount.path,
        "subPath" => mount.sub_path.as_ref(),
        "readOnly" => mount.read_only.then_some(true),
    }
}

/// Returns the volumes of the pods: the two that are always or mostly there, and those that are written.
pub(super) fn volumes(pod: &Pod<'_>) -> Vec<Expr> {
    let mut volumes = vec![object! {
        "name" => "tmp",
        "emptyDir" => object! { "sizeLimit" => &pod.parts.resources.scratch },
    }];
    volumes.extend(secrets::volume(pod));
    volumes.extend(pod.parts.volumes.iter().map(|(name, it)| volume(pod, name, it)));
    volumes
}

fn volume(pod: &Pod<'_>, name: &Name, volume: &Volume) -> Expr {
    let (key, source) = match volume {
        Volume::Empty(empty) => {
            let medium = (empty.medium == Medium::Memory).then_some("Memory");
            ("emptyDir", object! { "medium" => medium, "sizeLimit" => empty.size.as_ref() })
        }
        Volume::Config(_) => ("configMap", object! { "name" => config_name(pod, name) }),
        Volume::Secret(secret) => {
            let optional = secret.optional.then_some(true);
            // Readable for the group of the volumes, as the secrets of our own are.
            ("secret", object! { "secretName" => &secret.name, "defaultMode" => 0o440, "optional" => optional })
        }
        Volume::Claim(claim) => {
            let read_only = claim.read_only.then_some(true);
            ("persistentVolumeClaim", object! { "claimName" => &claim.name, "readOnly" => read_only })
        }
        Volume::Csi(csi) => {
            let attributes: Object = csi.attributes.iter().map(|(key, value)| (key.clone(), value)).collect();
            let attributes = (!attributes.is_empty()).then_some(attributes);
            let read_only = csi.read_only.then_some(true);
            ("csi", object! { "driver" => &csi.driver, "readOnly" => read_only, "volumeAttributes" => attributes })
        }
        Volume::Projected(projected) => {
            let sources = projected.sources.iter().map(|it| Expr::from_json(&serde_json::Value::Object(it.clone())));
            ("projected", object! { "sources" => sources.collect::<Expr>() })
        }
    };
    object! { "name" => name.to_string(), key => source }
}

/// Name of the config map of a volume.
pub(super) fn config_name(pod: &Pod<'_>, volume: &Name) -> String {
    format!("{}-{volume}", pod.name)
}

/// Returns the files of each volume that has some written.
pub(super) fn configs<'a>(pod: &Pod<'a>) -> impl Iterator<Item = (&'a Name, &'a BTreeMap<String, String>)> + use<'a> {
    pod.parts.volumes.iter().filter_map(|(name, volume)| match volume {
        Volume::Config(config) => Some((name, &config.files)),
        Volume::Empty(_) | Volume::Secret(_) | Volume::Claim(_) | Volume::Csi(_) | Volume::Projected(_) => None,
    })
}

/// Returns the config maps of the volumes.
pub(super) fn config_maps(pod: &Pod<'_>) -> Vec<Expr> {
    configs(pod)
        .map(|(name, files)| {
            let data: Object = files.iter().map(|(name, text)| (name.clone(), text)).collect();
            object! {
                "apiVersion" => "v1",
                "kind" => "ConfigMap",
                "metadata" => pod.metadata(&config_name(pod, name)),
                "data" => data,
            }
        })
        .collect()
}

/// What keeps pods away from nodes, and them from pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Toleration {
    /// Key of the taint.
    pub key: String,
    /// Value of the taint; any if not set.
    #[serde(default)]
    pub value: Option<String>,
    /// What the taint does; all effects if not set.
    #[serde(default)]
    pub effect: Option<crate::kinds::cluster::TaintEffect>,
    /// How long pods stay on a node that gets the taint later; for good if not set. Only with `no-execute`. Unit: seconds.
    #[serde(default)]
    pub seconds: Option<Seconds>,
}

impl Toleration {
    /// Returns whether pods with it may stay where a taint is.
    pub(super) fn tolerates(&self, taint: &crate::kinds::cluster::Taint) -> bool {
        let value = self.value.as_ref().is_none_or(|value| Some(value) == taint.value.as_ref());
        self.key == taint.key && value && self.effect.is_none_or(|effect| effect == taint.effect)
    }

    pub(super) fn expr(&self) -> Expr {
        object! {
            "key" => &self.key,
            "operator" => if self.value.is_some() { "Equal" } else { "Exists" },
            "value" => self.value.as_ref(),
            "effect" => self.effect.map(crate::kinds::cluster::TaintEffect::in_kubernetes),
            "tolerationSeconds" => self.seconds.map(Seconds::get),
        }
    }
}
