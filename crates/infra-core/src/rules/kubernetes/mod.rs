//! Kubernetes: workloads, Services, policies and secrets.

mod blocked_egress;
mod blocked_load_balancer;
mod blocking_disruption_budget;
mod external_secret_version;
mod foreign_resource;
mod lax_container;
mod managed_secret_property;
mod mesh_blocks_load_balancer;
mod misbound_target_group;
mod other_namespace;
mod pool_outwaits_request;
mod removed_api;
mod replicas_with_autoscaler;
mod retired_component;
mod service_host;
mod service_link_collision;
mod service_without_pods;
mod shutdown_budget;
mod stale_password;
mod unknown_secret_key;
mod unknown_service_account;
mod unmounted_secret_sync;
mod unserved_probe_port;
mod unserved_target_port;
mod unspread_pods;
mod utilization_without_request;
mod worker_scaled_on_cpu;

use std::borrow::Cow;

use super::Rule;
use crate::view::{Object, Pods, Prop};

pub(super) const RULES: &[&Rule] = &[
    &blocked_egress::RULE,
    &blocked_load_balancer::RULE,
    &blocking_disruption_budget::RULE,
    &external_secret_version::RULE,
    &foreign_resource::RULE,
    &lax_container::RULE,
    &managed_secret_property::RULE,
    &mesh_blocks_load_balancer::RULE,
    &misbound_target_group::RULE,
    &other_namespace::RULE,
    &pool_outwaits_request::RULE,
    &removed_api::RULE,
    &replicas_with_autoscaler::RULE,
    &retired_component::RULE,
    &service_host::RULE,
    &service_link_collision::RULE,
    &service_without_pods::RULE,
    &shutdown_budget::RULE,
    &stale_password::RULE,
    &unknown_secret_key::RULE,
    &unknown_service_account::RULE,
    &unmounted_secret_sync::RULE,
    &unserved_probe_port::RULE,
    &unserved_target_port::RULE,
    &unspread_pods::RULE,
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
