//! Environment variables: what the model knows, and what the user writes.

use std::collections::BTreeMap;

use super::Pod;
use super::secrets;
use crate::artifacts::{Expr, Object};
use crate::names::Name;

/// Returns all variables of the container, sorted by name.
pub(super) fn variables(pod: &Pod<'_>) -> Expr {
    let rename = |name: String| pod.parts.variables.get(&name).cloned().unwrap_or(name);
    let mut all: BTreeMap<String, Expr> = made(pod).into_iter().map(|(name, value)| (rename(name), value)).collect();
    all.extend(pod.parts.env.iter().map(|(name, value)| (name.clone(), Expr::from(value))));
    all.into_iter()
        .map(|(name, value)| {
            let mut object = Object::default();
            object.push("name", name);
            object.push("value", value);
            Expr::Object(object)
        })
        .collect()
}

/// Returns the variables that are made here, by their first names.
pub(super) fn made(pod: &Pod<'_>) -> Vec<(String, Expr)> {
    let mut all: Vec<(String, Expr)> = Vec::new();
    let mut set = |name: String, value: Expr| all.push((name, value));
    if !pod.once {
        set("AWS_REGION".to_owned(), pod.region.to_string().into());
        telemetry(pod, &mut set);
        set("HEALTH_PORT".to_owned(), pod.health_port.to_string().into());
    }
    if let Some(namespace) = &pod.metrics_namespace {
        set("METRICS_NAMESPACE".to_owned(), namespace.into());
    }
    if let Some(port) = pod.port {
        set("PORT".to_owned(), port.to_string().into());
    }
    for topic in &pod.publishes {
        set(named(topic.name, "TOPIC_ARN"), topic.arn());
    }
    for queue in pod.sends.iter().chain(&pod.consumes) {
        set(named(queue.name, "QUEUE_URL"), queue.url());
    }
    for queue in pod.consumes.iter().filter(|_| pod.rejects) {
        if let Some(dead_letters) = queue.dead_letter_queue() {
            set(named(queue.name, "DEAD_LETTER_QUEUE_URL"), dead_letters.reference());
        }
    }
    if let Some((issuer, audiences)) = &pod.tokens {
        set("OIDC_ISSUER".to_owned(), issuer.clone());
        let comma = |(index, audience): (usize, &Expr)| [(index > 0).then(|| Expr::from(",")), Some(audience.clone())];
        let listed = audiences.iter().enumerate().flat_map(comma).flatten().collect();
        set("OIDC_AUDIENCE".to_owned(), Expr::Concat(listed));
    }
    for service in &pod.calls {
        set(named(service.name, "URL"), service.url().into());
    }
    for (name, table, _) in &pod.tables {
        set(named(name, "TABLE"), table.table_name());
    }
    for (name, bucket, _) in &pod.buckets {
        set(named(name, "BUCKET"), bucket.bucket_name());
    }
    if let (Some(database), Some(used)) = (&pod.database, pod.parts.database) {
        set("DB_HOST".to_owned(), database.host());
        set("DB_PORT".to_owned(), text![database.port()]);
        set("DB_NAME".to_owned(), database.database_name().into());
        if let Some(pool) = used.pool {
            set("DB_POOL_SIZE".to_owned(), pool.to_string().into());
        }
        for name in database.users_with_tokens() {
            if used.user == Some(name) {
                set("DB_USERNAME".to_owned(), database.username(name).into());
            } else if used.migrates {
                set(format!("DB_{}", named(name, "USERNAME")), database.username(name).into());
            }
        }
    }
    for cache in &pod.caches {
        set(named(cache.name, "CACHE_HOST"), cache.host());
        set(named(cache.name, "CACHE_PORT"), cache.client_port().to_string().into());
        set(named(cache.name, "CACHE_SHARDED"), cache.sharded().to_string().into());
    }
    for file in secrets::files(pod) {
        set(file.variable, file.path.into());
    }
    all
}

fn telemetry(pod: &Pod<'_>, set: &mut impl FnMut(String, Expr)) {
    set("OTEL_SERVICE_NAME".to_owned(), pod.name.to_string().into());
    // API Gateway, load balancers and Lambda speak X-Ray's header, browsers speak W3C's.
    set("OTEL_PROPAGATORS".to_owned(), "tracecontext,baggage,xray".into());
    let attributes = format!("service.namespace={},deployment.environment.name={}", pod.namespace, pod.environment);
    set("OTEL_RESOURCE_ATTRIBUTES".to_owned(), attributes.into());
    match &pod.parts.telemetry.endpoint {
        Some(endpoint) => {
            set("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), endpoint.into());
            let protocol = if pod.parts.telemetry.port().is_some_and(|port| port.get() == 4317) {
                "grpc"
            } else {
                "http/protobuf"
            };
            set("OTEL_EXPORTER_OTLP_PROTOCOL".to_owned(), protocol.into());
        }
        None => set("OTEL_SDK_DISABLED".to_owned(), "true".into()),
    }
}

/// Makes the name of a variable: `order-events` and `TOPIC_ARN` give `ORDER_EVENTS_TOPIC_ARN`.
pub(in crate::kinds) fn named(name: &Name, what: &str) -> String {
    format!("{}_{what}", name.as_str().to_ascii_uppercase().replace('-', "_"))
}
