//! What others have in a namespace that is to go: it would go with it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::call::{Cluster, Failure};
use super::objects::{Kind, encoded, get, root};

/// What the cluster itself puts into every namespace, or keeps only for a while: kind and name, any name if empty.
///
/// Sources: <https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts>,
/// <https://kubernetes.io/docs/concepts/configuration/configmap/> for `kube-root-ca.crt`,
/// <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/> (read 2026-11-30).
const OF_CLUSTER: [(&str, &str); 7] = [
    ("ServiceAccount", "default"),
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "istio-ca-root-cert"),
    ("Event", ""),
    ("Endpoints", ""),
    ("EndpointSlice", ""),
    ("PodMetrics", ""),
];

/// Objects of one kind that are asked for at most: whether there is one is the question.
const AT_MOST: usize = 100;

impl Cluster {
    /// What is in a namespace and not `ours`, as `ConfigMap settings`. What hangs on another object goes with that one
    /// and is not named. A kind that may not be listed is named as such.
    pub(super) async fn others(&self, namespace: &str, ours: impl Fn(&Value) -> bool) -> Result<Vec<String>, Failure> {
        let mut found = BTreeSet::new();
        for version in self.versions().await? {
            let kinds = match self.kinds_of(&version).await {
                Ok(kinds) => kinds,
                Err(failure) if failure.is_of_cluster() => return Err(failure),
                Err(failure) => {
                    found.insert(format!("whatever {version} has, which cannot be read ({})", failure.message));
                    continue;
                }
            };
            for kind in kinds.iter().filter(|kind| kind.namespaced && kind.listed && !is_passing(&kind.name, "")) {
                self.of_kind((namespace, &version, kind), &ours, &mut found).await?;
            }
        }
        Ok(found.into_iter().collect())
    }

    async fn of_kind(
        &self,
        (namespace, version, kind): (&str, &str, &Kind),
        ours: &impl Fn(&Value) -> bool,
        found: &mut BTreeSet<String>,
    ) -> Result<(), Failure> {
        let path =
            format!("{}/namespaces/{}/{}?limit={AT_MOST}", root(version), encoded(namespace), encoded(&kind.plural));
        let list = match self.call("kubernetes:list", &get(path)).await {
            Ok(list) => list,
            Err(failure) if failure.is_absent() || failure.status == 405 => return Ok(()),
            Err(failure) if failure.is_of_cluster() => return Err(failure),
            Err(failure) => {
                found.insert(format!("whatever {} there is, which cannot be read ({})", kind.plural, failure.message));
                return Ok(());
            }
        };
        for object in list.get("items").and_then(Value::as_array).into_iter().flatten() {
            let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let owned = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
            if owned.is_none_or(Vec::is_empty) && !is_passing(&kind.name, name) && !ours(object) {
                found.insert(format!("{} {name}", kind.name));
            }
        }
        Ok(())
    }

    /// The preferred version of every group.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#unaggregated-discovery> (read 2026-11-30).
    pub(super) async fn versions(&self) -> Result<Vec<String>, Failure> {
        let groups = self.call("kubernetes:discover", &get("/apis".to_owned())).await?;
        let groups = groups.get("groups").and_then(Value::as_array).into_iter().flatten();
        let preferred = |group: &Value| Some(group.pointer("/preferredVersion/groupVersion")?.as_str()?.to_owned());
        Ok(std::iter::once("v1".to_owned()).chain(groups.filter_map(preferred)).collect())
    }
}

fn is_passing(kind: &str, name: &str) -> bool {
    OF_CLUSTER.iter().any(|(of, named)| *of == kind && (*named == name))
}
