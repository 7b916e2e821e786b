//! Kubernetes: workloads, Services, policies and secrets.

mod autoscaler_without_target;
mod blocked_egress;
mod blocked_load_balancer;
mod blocking_disruption_budget;
mod external_secret_version;
mod foreign_resource;
mod ingress_target_type;
mod lax_container;
mod managed_secret_property;
mod mesh_blocks_load_balancer;
mod misbound_target_group;
mod other_namespace;
mod pod_security;
mod policy_without_pods;
mod pool_outwaits_request;
mod removed_api;
mod replicas_with_autoscaler;
mod retired_component;
mod service_host;
mod service_link_collision;
mod service_without_pods;
mod shutdown_budget;
mod spread_without_selector;
mod stale_password;
mod store_account;
mod two_autoscalers;
mod uncounted_budget;
mod unknown_ingress_service;
mod unknown_reference;
mod unknown_secret_key;
mod unknown_secret_store;
mod unknown_service_account;
mod unmounted_secret_sync;
mod unreached_host;
mod unserved_ingress_port;
mod unserved_probe_port;
mod unserved_target_port;
mod unspread_pods;
mod unwritten_secret_file;
mod utilization_without_request;
mod worker_scaled_on_cpu;

use std::borrow::Cow;

pub(super) use removed_api::is_removed;

use super::Rule;
use crate::view::{Object, Pods, Prop, Selector};

pub(super) const RULES: &[&Rule] = &[
    &autoscaler_without_target::RULE,
    &blocked_egress::RULE,
    &blocked_load_balancer::RULE,
    &blocking_disruption_budget::RULE,
    &external_secret_version::RULE,
    &foreign_resource::RULE,
    &ingress_target_type::RULE,
    &lax_container::RULE,
    &managed_secret_property::RULE,
    &mesh_blocks_load_balancer::RULE,
    &misbound_target_group::RULE,
    &other_namespace::RULE,
    &pod_security::RULE,
    &policy_without_pods::RULE,
    &pool_outwaits_request::RULE,
    &removed_api::RULE,
    &replicas_with_autoscaler::RULE,
    &retired_component::RULE,
    &service_host::RULE,
    &service_link_collision::RULE,
    &service_without_pods::RULE,
    &shutdown_budget::RULE,
    &spread_without_selector::RULE,
    &stale_password::RULE,
    &store_account::RULE,
    &two_autoscalers::RULE,
    &uncounted_budget::RULE,
    &unknown_ingress_service::RULE,
    &unknown_reference::RULE,
    &unknown_secret_key::RULE,
    &unknown_secret_store::RULE,
    &unknown_service_account::RULE,
    &unmounted_secret_sync::RULE,
    &unreached_host::RULE,
    &unserved_ingress_port::RULE,
    &unserved_probe_port::RULE,
    &unserved_target_port::RULE,
    &unspread_pods::RULE,
    &unwritten_secret_file::RULE,
    &utilization_without_request::RULE,
    &worker_scaled_on_cpu::RULE,
];

/// Returns each `secretKeyRef` of the containers' environment.
fn secret_keys<'v>(pods: &Pods<'v>) -> Vec<Prop<'v>> {
    let variables = pods.containers().flat_map(|container| container.prop.each("env"));
    variables.filter_map(|variable| variable.get("valueFrom.secretKeyRef")).collect()
}

/// Returns what makes a secret of this name in the namespace of `user`.
fn producers<'v>(user: &Object<'v>, name: &str) -> impl Iterator<Item = Object<'v>> + use<'v> {
    let name = name.to_owned();
    user.neighbours().filter(move |object| match object.kind() {
        "Secret" => object.name() == name,
        "ExternalSecret" => target(object) == name,
        "SecretProviderClass" => made(object, &name).is_some(),
        _ => false,
    })
}

/// Returns the keys of the secret that `producer` makes, if all of them are known.
fn keys(producer: &Object<'_>, name: &str) -> Option<Vec<String>> {
    let texts = |items: Vec<Option<Prop<'_>>>| {
        let texts = items.into_iter().map(|key| Some(key?.text()?.into_owned()));
        texts.collect::<Option<Vec<String>>>()
    };
    match producer.kind() {
        "Secret" => {
            let maps = ["data", "stringData"].into_iter().filter_map(|key| producer.get(key));
            Some(maps.flat_map(|map| map.entries()).map(|(key, _)| key.to_owned()).collect())
        }
        // A template or a whole secret of the store brings keys that are not seen here.
        "ExternalSecret"
            if producer.get("spec.dataFrom").is_none() && producer.get("spec.target.template").is_none() =>
        {
            texts(producer.each("spec.data").map(|item| item.key("secretKey")).collect())
        }
        "SecretProviderClass" => texts(made(producer, name)?.each("data").map(|item| item.key("key")).collect()),
        _ => None,
    }
}

fn target<'v>(secret: &Object<'v>) -> Cow<'v, str> {
    secret.get("spec.target.name").and_then(|name| name.text()).unwrap_or_else(|| secret.name())
}

fn made<'v>(class: &Object<'v>, name: &str) -> Option<Prop<'v>> {
    class.each("spec.secretObjects").find(|secret| secret.key("secretName").is_some_and(|written| written.is(name)))
}

/// Returns whether a name or ARN is that of a secret that RDS makes for a master user.
fn is_managed(key: &Prop<'_>) -> bool {
    let named = key.text().is_some_and(|text| text.contains("rds!db-") || text.contains("rds!cluster-"));
    named || key.target().is_some_and(|target| target.attribute == Some("MasterUserSecret.SecretArn"))
}

/// Returns the object that was probably meant by a name that nothing beside `user` has: one of nearly that name, or one
/// that nobody else uses. Otherwise others may apply what is named.
fn meant<'v>(user: &Object<'v>, kind: &str, name: &str, is_used: impl Fn(&Object<'v>) -> bool) -> Option<Object<'v>> {
    let candidates: Vec<Object<'v>> = user.neighbours().filter(|object| object.kind() == kind).collect();
    if candidates.iter().any(|object| object.name() == name) {
        return None;
    }
    nearest(&candidates, name, is_used)
}

/// Returns the candidate of nearly this name, else one that is not used.
fn nearest<'v>(candidates: &[Object<'v>], name: &str, is_used: impl Fn(&Object<'v>) -> bool) -> Option<Object<'v>> {
    // A name that a template fills is not known.
    if name.contains("{{") || name.contains("${") {
        return None;
    }
    let names: Vec<String> = candidates.iter().map(|object| object.name().into_owned()).collect();
    let near = crate::diag::suggest(name, names.iter().map(String::as_str)).map(str::to_owned);
    let near = near.and_then(|near| candidates.iter().find(|object| object.name() == near.as_str()).copied());
    near.or_else(|| candidates.iter().find(|object| !is_used(object)).copied())
}

/// What leads requests to Services.
const ROUTERS: &[&str] = &["GRPCRoute", "HTTPRoute", "Ingress", "TCPRoute", "TLSRoute", "UDPRoute"];

/// Returns the Services that an Ingress or a route leads to, each with `name` and `port`.
fn ingress_backends<'v>(ingress: &Object<'v>) -> Vec<Prop<'v>> {
    if ingress.kind() != "Ingress" {
        let rules = ingress.each("spec.rules").flat_map(|rule| rule.each("backendRefs").collect::<Vec<_>>());
        let is_service = |backend: &Prop<'v>| {
            backend.key("kind").is_none_or(|kind| kind.is("Service")) && backend.key("namespace").is_none()
        };
        return rules.filter(is_service).collect();
    }
    let rules = ingress.each("spec.rules").flat_map(|rule| rule.each("http.paths").collect::<Vec<_>>());
    let backends = rules.filter_map(|path| path.key("backend")).chain(ingress.get("spec.defaultBackend"));
    let services = backends.filter_map(|backend| backend.key("service"));
    // What an annotation describes is an action of the load balancer, and no Service.
    let is_action = |service: &Prop<'v>| {
        let named = service.key("name").and_then(|name| name.text());
        let annotation = named.map(|name| format!("alb.ingress.kubernetes.io/actions.{name}"));
        annotation.is_some_and(|key| ingress.annotation(&key).is_some())
    };
    services.filter(|service| !is_action(service)).collect()
}

/// Returns the references of an `ExternalSecret` or of its kin to stores of secrets.
fn store_references<'v>(secret: &Object<'v>) -> Vec<Prop<'v>> {
    let spec = if secret.kind() == "ClusterExternalSecret" { "spec.externalSecretSpec" } else { "spec" };
    let Some(spec) = secret.get(spec) else { return Vec::new() };
    let of_data = ["data", "dataFrom"].into_iter().flat_map(|key| spec.each(key).collect::<Vec<_>>());
    let of_data = of_data.filter_map(|item| item.get("sourceRef.storeRef"));
    spec.key("secretStoreRef").into_iter().chain(of_data).chain(spec.each("secretStoreRefs")).collect()
}

/// Returns the kind of store that a reference names.
fn store_kind(reference: &Prop<'_>) -> &'static str {
    let is_of_cluster = reference.key("kind").is_some_and(|kind| kind.is("ClusterSecretStore"));
    if is_of_cluster { "ClusterSecretStore" } else { "SecretStore" }
}

/// Returns the stores of a kind that an object can name.
fn stores<'v>(user: &Object<'v>, kind: &'static str) -> impl Iterator<Item = Object<'v>> + use<'v> {
    let user = *user;
    user.view().objects_of(kind).filter(move |store| {
        if kind == "SecretStore" { store.beside(&user) } else { store.cluster() == user.cluster() }
    })
}

/// Returns the pods that a selector without pods was probably to select: of the same name, or labelled alike, and free.
///
/// Otherwise pods that others make may be meant.
fn missed<'v>(user: &Object<'v>, selector: &Prop<'v>, is_free: impl Fn(&Pods<'v>) -> bool) -> Option<Pods<'v>> {
    let pods = || user.neighbours().filter_map(|object| object.pods());
    if pods().any(|pods| Selector(*selector).matches(&pods.labels())) {
        return None;
    }
    let asked = selector.key("matchLabels").unwrap_or(*selector);
    let mut meant = pods().filter(|pods| {
        let labels = pods.labels();
        let alike = |(key, value): (&str, Prop<'v>)| {
            let (Some(label), Some(value)) = (labels.get(key), value.text()) else { return false };
            let starts = label.starts_with(value.as_ref()) || value.starts_with(label.as_ref());
            starts || crate::diag::suggest(&value, [label.as_ref()]).is_some()
        };
        let same_name = pods.workload.name() == user.name();
        (same_name || asked.entries().all(alike)) && is_free(pods)
    });
    meant.next()
}
