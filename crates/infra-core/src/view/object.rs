//! Kubernetes objects of the view.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Owner, Prop, View, nth};
use crate::artifacts::Expr;
use crate::diag::Diagnostic;

/// What a namespaced object without a namespace is applied to.
const DEFAULT_NAMESPACE: &str = "default";

/// A Kubernetes object.
#[derive(Clone, Copy)]
pub struct Object<'v> {
    view: &'v View<'v>,
    index: u32,
    kind: &'v str,
}

/// The pods that a workload makes.
#[derive(Clone, Copy)]
pub struct Pods<'v> {
    /// The workload: Deployment, `StatefulSet`, `DaemonSet`, Job, `CronJob`, `ReplicaSet` or Pod.
    pub workload: Object<'v>,
    /// The pod template: `metadata` and `spec`.
    pub template: Prop<'v>,
}

/// One container of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Container<'v> {
    /// The container's object.
    pub prop: Prop<'v>,
    /// Whether it is an init container, also one that keeps running as a sidecar.
    pub init: bool,
}

/// A label selector: a plain map, or `matchLabels` with `matchExpressions`.
#[derive(Clone, Copy)]
pub struct Selector<'v>(pub Prop<'v>);

impl<'v> Object<'v> {
    pub(super) fn new(view: &'v View<'v>, index: u32, kind: &'v str) -> Self {
        Self { view, index, kind }
    }

    /// Returns the view.
    pub fn view(&self) -> &'v View<'v> {
        self.view
    }

    /// Returns the kind, such as `Deployment`.
    pub fn kind(&self) -> &'v str {
        self.kind
    }

    /// Returns the name of the cluster that it goes to; empty if unknown.
    pub fn cluster(&self) -> &'v str {
        nth(&self.view.objects, self.index).map_or("", |data| data.input.cluster)
    }

    /// Returns the whole object.
    pub fn body(&self) -> Prop<'v> {
        static EMPTY: Expr = Expr::Absent;
        let body = nth(&self.view.objects, self.index).map_or(&EMPTY, |data| data.input.body);
        Prop::new(self.view, Owner::Object(self.index), u32::MAX, body)
    }

    /// Returns the value at `path`, see [`Prop::get`].
    pub fn get(&self, path: &str) -> Option<Prop<'v>> {
        self.body().get(path)
    }

    /// Returns the items of the value at `path`; nothing where it is not written.
    pub fn each(&self, path: &str) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        self.body().each(path)
    }

    /// Returns `metadata.name`; empty if it is not known.
    pub fn name(&self) -> Cow<'v, str> {
        self.get("metadata.name").and_then(|name| name.text()).unwrap_or_default()
    }

    /// Returns the namespace; `default` where none is written.
    pub fn namespace(&self) -> Cow<'v, str> {
        let written = self.get("metadata.namespace").and_then(|name| name.text());
        written.unwrap_or(Cow::Borrowed(DEFAULT_NAMESPACE))
    }

    /// Returns a label of the object itself.
    pub fn label(&self, key: &str) -> Option<Prop<'v>> {
        self.get("metadata.labels")?.key(key)
    }

    /// Returns an annotation of the object itself.
    pub fn annotation(&self, key: &str) -> Option<Prop<'v>> {
        self.get("metadata.annotations")?.key(key)
    }

    /// Returns whether both go to the same cluster and namespace.
    pub fn beside(&self, other: &Self) -> bool {
        self.cluster() == other.cluster() && self.namespace() == other.namespace()
    }

    pub(super) fn index(&self) -> u32 {
        self.index
    }

    /// Returns the objects in the same cluster and namespace, this one included.
    pub fn neighbours(&self) -> impl Iterator<Item = Object<'v>> + use<'v> {
        let view = self.view;
        view.near().beside(self.index).iter().filter_map(move |at| view.object(*at))
    }

    /// Returns the objects of `kind` in the same cluster and namespace.
    pub fn siblings(&self, kind: &'v str) -> impl Iterator<Item = Object<'v>> + use<'v> {
        let view = self.view;
        view.near().of_kind(self.index, kind).iter().filter_map(move |at| view.object(*at))
    }

    /// Returns the object of `kind` and `name` in the same cluster and namespace.
    pub fn sibling(&self, kind: &str, name: &str) -> Option<Object<'v>> {
        self.view.object(self.view.near().named(self.index, kind, name)?)
    }

    /// Returns the pods that this object makes, if it is a workload.
    pub fn pods(&self) -> Option<Pods<'v>> {
        let template = match self.kind {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => self.get("spec.template")?,
            "CronJob" => self.get("spec.jobTemplate.spec.template")?,
            "Pod" => self.body(),
            _ => return None,
        };
        Some(Pods { workload: *self, template })
    }

    /// Returns the files that a `SecretProviderClass` of the AWS provider writes; nothing where they are not known.
    ///
    /// Source: <https://github.com/aws/secrets-store-csi-driver-provider-aws#secretproviderclass-options> (read
    /// 2026-11-30).
    pub fn provider_files(&self) -> Option<Vec<String>> {
        if !self.get("spec.provider")?.is("aws") {
            return None;
        }
        let translation =
            self.get("spec.parameters.pathTranslation").map_or(Some(Cow::Borrowed("_")), |it| it.text())?;
        let objects = crate::source::template(&self.get("spec.parameters.objects")?.text()?)?;
        let mut files = Vec::new();
        for object in objects.as_array()? {
            let text = |value: &serde_json::Value, key: &str| Some(value.get(key)?.as_str()?.to_owned());
            let paths = object.get("jmesPath").and_then(|paths| paths.as_array());
            for path in paths.into_iter().flatten() {
                files.push(text(path, "objectAlias")?);
            }
            let name = text(object, "objectAlias").or_else(|| text(object, "objectName"))?;
            let is_flat = !translation.eq_ignore_ascii_case("false");
            files.push(if is_flat { name.replace('/', &translation) } else { name });
        }
        Some(files)
    }

    /// Starts a finding about the object as a whole, see [`Prop::finding`].
    pub fn finding(&self, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        self.nearest("metadata.name").finding(title, label)
    }

    /// Returns the value at `path`, or the nearest one above it that is written.
    pub fn nearest(&self, path: &str) -> Prop<'v> {
        let mut nearest = self.body();
        for key in path.split('.') {
            match nearest.key(key) {
                Some(next) => nearest = next,
                None => break,
            }
        }
        nearest
    }

    /// Returns where the object was written.
    pub fn at(&self) -> crate::diag::At {
        self.nearest("metadata.name").at()
    }
}

impl PartialEq for Object<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl<'v> Pods<'v> {
    /// Returns the pod's `spec`.
    pub fn spec(&self) -> Option<Prop<'v>> {
        self.template.key("spec")
    }

    /// Returns the value at `path` below the pod's `spec`.
    pub fn get(&self, path: &str) -> Option<Prop<'v>> {
        self.spec()?.get(path)
    }

    /// Returns the pod's labels that are known.
    pub fn labels(&self) -> BTreeMap<&'v str, Cow<'v, str>> {
        let labels = self.template.get("metadata.labels");
        let labels = labels.into_iter().flat_map(|labels| labels.entries());
        labels.filter_map(|(key, value)| Some((key, value.text()?))).collect()
    }

    /// Returns the containers, init containers first.
    pub fn containers(&self) -> impl Iterator<Item = Container<'v>> + use<'v> {
        let spec = self.spec();
        let list = move |key: &'static str| spec.into_iter().flat_map(move |spec| spec.each(key));
        let init = list("initContainers").map(|prop| Container { prop, init: true });
        init.chain(list("containers").map(|prop| Container { prop, init: false }))
    }

    /// Returns the main containers: those that are no init containers.
    pub fn main(&self) -> impl Iterator<Item = Container<'v>> + use<'v> {
        self.containers().filter(|container| !container.init)
    }

    /// Returns the name of the service account; `default` where none is written.
    pub fn service_account(&self) -> Cow<'v, str> {
        let written = self.get("serviceAccountName").and_then(|name| name.text());
        written.unwrap_or(Cow::Borrowed("default"))
    }

    /// Returns whether a spread constraint counts these pods, so that it spreads them.
    pub fn is_counted(&self, constraint: &Prop<'v>) -> bool {
        let Some(selector) = constraint.key("labelSelector") else { return false };
        // An empty selector matches every pod of the namespace.
        if selector.is_object() && selector.entries().next().is_none() {
            return true;
        }
        // What is not known may match, and so may labels that are not known.
        let is_known = selector.is_known() && self.template.get("metadata.labels").is_none_or(|it| it.is_known());
        !is_known || Selector(selector).matches(&self.labels())
    }

    /// Returns the Kubernetes Services that select these pods.
    pub fn services(&self) -> impl Iterator<Item = Object<'v>> + use<'v> {
        let view = self.workload.view;
        let labels = self.labels();
        let services = view.near().asking(self, "Service").into_iter().filter_map(move |at| view.object(at));
        services.filter(move |service| {
            service.get("spec.selector").is_some_and(|selector| Selector(selector).matches(&labels))
        })
    }
}

impl<'v> Container<'v> {
    /// Returns the value at `path` below the container.
    pub fn get(&self, path: &str) -> Option<Prop<'v>> {
        self.prop.get(path)
    }

    /// Returns the name; empty if it is not known.
    pub fn name(&self) -> Cow<'v, str> {
        self.get("name").and_then(|name| name.text()).unwrap_or_default()
    }

    /// Returns the value of an environment variable that is written as `value`.
    pub fn env(&self, name: &str) -> Option<Prop<'v>> {
        self.prop.each("env").find(|variable| variable.get("name").is_some_and(|known| known.is(name)))?.key("value")
    }

    /// Returns names and values of the environment variables that are written as `value`.
    pub fn envs(&self) -> impl Iterator<Item = (Cow<'v, str>, Prop<'v>)> + use<'v> {
        self.prop.each("env").filter_map(|variable| Some((variable.key("name")?.text()?, variable.key("value")?)))
    }
}

impl Selector<'_> {
    /// Returns whether labels are selected. A selector with what is not known, and an empty one, selects nothing.
    pub fn matches(&self, labels: &BTreeMap<&str, Cow<'_, str>>) -> bool {
        let is_full = self.0.key("matchLabels").is_some() || self.0.key("matchExpressions").is_some();
        let pairs = if is_full { self.0.key("matchLabels") } else { Some(self.0) };
        let mut asked = false;
        for (key, value) in pairs.into_iter().flat_map(|pairs| pairs.entries()) {
            asked = true;
            if labels.get(key).is_none_or(|label| !value.is(label)) {
                return false;
            }
        }
        for expression in self.0.each("matchExpressions") {
            asked = true;
            if !expression_matches(&expression, labels) {
                return false;
            }
        }
        asked
    }
}

fn expression_matches(expression: &Prop<'_>, labels: &BTreeMap<&str, Cow<'_, str>>) -> bool {
    let label = expression.key("key").and_then(|key| key.text()).and_then(|key| labels.get(key.as_ref()).cloned());
    let listed = |label: &str| expression.each("values").any(|value| value.is(label));
    match (expression.key("operator").and_then(|operator| operator.text()).as_deref(), label) {
        (Some("In"), Some(label)) => listed(&label),
        (Some("NotIn"), Some(label)) => !listed(&label),
        (Some("Exists"), label) => label.is_some(),
        (Some("NotIn" | "DoesNotExist"), None) => true,
        (_, _) => false,
    }
}
