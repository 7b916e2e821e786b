//! RDS: databases, proxies and their connections.

mod connection_budget;
mod engine_support;
mod open_database;
mod proxy_borrow_timeout;
mod proxy_wiring;
mod single_region_data;
mod stale_pool_connection;
mod statement_timeout;
mod surge_over_budget;
mod unordered_proxy_targets;
mod zone_coverage;

use super::Rule;
use crate::facts::rds;
use crate::view::{Container, Object, Prop, Resource, View};

pub(super) const RULES: &[&Rule] = &[
    &connection_budget::RULE,
    &engine_support::RULE,
    &open_database::RULE,
    &proxy_borrow_timeout::RULE,
    &proxy_wiring::RULE,
    &single_region_data::RULE,
    &stale_pool_connection::RULE,
    &statement_timeout::RULE,
    &surge_over_budget::RULE,
    &unordered_proxy_targets::RULE,
    &zone_coverage::RULE,
];

/// The connections that a workload may open.
struct Demand<'v> {
    workload: Object<'v>,
    /// The variable with the size of the pool.
    pool: Prop<'v>,
    pool_size: i64,
    /// The most pods of the workload, without those of a rollout.
    pods: i64,
}

/// Variables with the size of a pool of connections.
const POOL_SIZES: &[&str] = &[
    "DATABASE_POOL_SIZE",
    "DB_POOL_SIZE",
    "QUARKUS_DATASOURCE_JDBC_MAX_SIZE",
    "SPRING_DATASOURCE_HIKARI_MAXIMUMPOOLSIZE",
    "SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE",
];

/// Returns the workloads that connect to a database without a proxy, by database.
fn demands<'v>(view: &'v View<'v>) -> Vec<(Resource<'v>, Vec<Demand<'v>>)> {
    let mut found: Vec<(Resource<'v>, Vec<Demand<'v>>)> = Vec::new();
    for workload in view.objects().filter(|object| matches!(object.kind(), "Deployment" | "StatefulSet")) {
        let Some(pods) = workload.pods() else { continue };
        for container in pods.main() {
            let pool = POOL_SIZES.iter().find_map(|name| container.env(name));
            let Some((pool, pool_size)) = pool.and_then(|pool| Some((pool, pool.int()?))) else { continue };
            let (Some(database), Some(count)) = (database_of(&container), workload.count()) else { continue };
            let demand = Demand { workload, pool, pool_size, pods: count.max };
            match found.iter_mut().find(|(known, _)| *known == database) {
                Some((_, demands)) => demands.push(demand),
                None => found.push((database, vec![demand])),
            }
        }
    }
    found
}

/// Types of what a connection string leads to.
const ENDPOINTS: &[&str] = &["AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::RDS::DBProxy"];

/// Returns what the environment of a container connects to, by reference or by the name in the host.
fn database_of<'v>(container: &Container<'v>) -> Option<Resource<'v>> {
    container.envs().find_map(|(_, value)| {
        let endpoint = |resource: &Resource<'v>| ENDPOINTS.contains(&resource.kind());
        value.mentions().into_iter().find(endpoint).or_else(|| {
            let text = value.text().filter(|text| text.contains(".rds.amazonaws.com"))?;
            let host = text.rsplit_once("://").map_or(text.as_ref(), |(_, rest)| rest);
            let name = host.rsplit_once('@').map_or(host, |(_, rest)| rest).split('.').next()?;
            let instances = value.view().of("AWS::RDS::DBInstance");
            instances.into_iter().find(|it| it.get("DBInstanceIdentifier").is_some_and(|id| id.is(name)))
        })
    })
}

/// Returns the most connections that an instance takes, and what says so.
fn max_connections<'v>(database: &Resource<'v>) -> Option<(i64, Prop<'v>)> {
    if database.kind() != "AWS::RDS::DBInstance" || database.has("DBClusterIdentifier") {
        return None;
    }
    let settings = database.get("DBParameterGroupName");
    if let Some(settings) = settings {
        let own = settings.resource_of("AWS::RDS::DBParameterGroup");
        let written = own.and_then(|group| group.get("Parameters.max_connections"));
        match (own, written) {
            (_, Some(written)) => return Some((written.int()?, written)),
            (None, None) if !settings.text()?.starts_with("default.") => return None,
            (_, None) => {}
        }
    }
    let class = database.get("DBInstanceClass")?;
    let most = match database.get("Engine")?.text()?.as_ref() {
        "postgres" => rds::postgres_max_connections(&class.text()?),
        "mariadb" | "mysql" => rds::mysql_max_connections(&class.text()?),
        _ => None,
    }?;
    Some((i64::try_from(most).ok()?, class))
}

/// Returns after how many milliseconds the API in front gives up: the shortest of its HTTP integrations.
fn request_limit<'v>(view: &'v View<'v>) -> Option<(Prop<'v>, i64)> {
    let integrations = view.of("AWS::ApiGatewayV2::Integration").map(|it| (it.properties(), "IntegrationType", 30_000));
    let methods = view.of("AWS::ApiGateway::Method").filter_map(|it| Some((it.get("Integration")?, "Type", 29_000)));
    let http = integrations
        .chain(methods)
        .filter(|(prop, kind, _)| prop.key(kind).is_some_and(|kind| kind.is_one_of(&["HTTP", "HTTP_PROXY"])));
    let limits = http.filter_map(|(prop, _, default)| {
        let written = prop.key("TimeoutInMillis");
        Some((written.unwrap_or(prop), written.map_or(Some(default), |written| written.int())?))
    });
    limits.min_by_key(|(_, most)| *most)
}
