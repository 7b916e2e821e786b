//! Environment variables: what the model knows, and what the user writes.

use std::collections::BTreeMap;

use super::Pod;
use super::secrets;
use super::value::Value;
use crate::artifacts::Expr;
use crate::names::Name;

/// Returns all variables of the program's container, sorted by name, those that others are put together from first.
pub(super) fn variables(pod: &Pod<'_>) -> Expr {
    let rename = |name: String| pod.parts.variables.get(&name).cloned().unwrap_or(name);
    let made = made(pod).into_iter().map(|(name, value)| (rename(name), Value::Made(value)));
    let mut all: BTreeMap<String, Value<'_>> = made.collect();
    all.extend(pod.variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    written(pod, None, all)
}

/// Returns the variables of a container beside the program.
pub(super) fn rendered(pod: &Pod<'_>, container: Option<&str>, variables: Vec<(&str, Value<'_>)>) -> Expr {
    written(pod, container, variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn written(pod: &Pod<'_>, container: Option<&str>, mut rest: BTreeMap<String, Value<'_>>) -> Expr {
    let mut list: Vec<Expr> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        // Kubernetes knows a variable only once it has stood above.
        let waits = |value: &Value<'_>| named_in(value).any(|name| rest.contains_key(name));
        let next: Vec<String> = rest.iter().filter(|(_, value)| !waits(value)).map(|(name, _)| name.clone()).collect();
        // What goes in a circle is left as text, and said.
        let next = if next.is_empty() { rest.keys().cloned().collect() } else { next };
        for name in next {
            let Some(value) = rest.remove(&name) else { continue };
            list.push(variable(pod, container, name, value));
        }
    }
    Expr::List(list)
}

/// Names of the variables that stand in a text as `$(NAME)`.
///
/// Source: <https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/> (read
/// 2026-12-01).
pub(super) fn named_in<'v>(value: &Value<'v>) -> impl Iterator<Item = &'v str> + use<'v> {
    let text = match value {
        Value::Written(text) => text,
        Value::Made(_) | Value::Filled(_) | Value::Secret(..) | Value::Login(_) => "",
    };
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
        } else if let Some((name, after)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            found.push(name);
            rest = after;
        } else {
            rest = after;
        }
    }
    found.into_iter()
}

fn variable(pod: &Pod<'_>, container: Option<&str>, name: String, value: Value<'_>) -> Expr {
    let (plain, filled) = match value {
        Value::Written(text) => (Some(text.to_owned().into()), None),
        Value::Made(value) => (Some(value), None),
        Value::Filled(source) => (None, Some(source)),
        Value::Secret(_, key) => (None, Some(secrets::key_of(pod, &secrets::of_variable(container, &name, key)))),
        Value::Login(login) => (None, Some(secrets::key_of(pod, secrets::of_login(login)))),
    };
    object! { "name" => name, "value" => plain, "valueFrom" => filled }
}

/// Returns the variables that are made here, by their first names.
pub(super) fn made(pod: &Pod<'_>) -> Vec<(String, Expr)> {
    let mut all: Vec<(String, Expr)> = Vec::new();
    let mut set = |name: String, value: Expr| all.push((name, value));
    if !pod.parts.database.is_some_and(|used| used.migrates) {
        set("AWS_REGION".to_owned(), pod.region.to_string().into());
        telemetry(pod, &mut set);
    }
    if !pod.once {
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
