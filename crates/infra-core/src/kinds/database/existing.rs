//! A database that exists: what must be known of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Database, Login, users};
use crate::diag::{Diagnostic, Diagnostics};
use crate::kinds::existing::{self, Given};
use crate::kinds::{Migration, Monitor, Secret, Service, Worker, check};
use crate::model::Ref;
use crate::resolve::Bound;
use crate::route;

/// A PostgreSQL database that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingDatabase {
    /// The host that clients connect to.
    pub host: Given,
    /// The security group that lets clients in: `sg-…`. A rule is added to it for each cluster that connects.
    pub security_group: Given,
    /// The secret of the master user, with the keys `username` and `password`. Needed for migrations, and for programs that
    /// log in as nobody else.
    #[serde(default)]
    pub secret: Option<Ref<Secret>>,
    /// Identifier of the instance, under which CloudWatch keeps its metrics; a monitor of everything leaves out a database
    /// that has none.
    #[serde(default)]
    pub instance: Option<Given>,
    /// What RDS calls the database in permissions, `db-…` or `cluster-…`. Needed for users who log in with tokens of IAM.
    #[serde(default)]
    pub resource_id: Option<Given>,
}

impl ExistingDatabase {
    /// Stands for a database at a host, behind a security group.
    pub fn new(host: impl Into<Given>, security_group: impl Into<Given>) -> Self {
        let (host, security_group) = (host.into(), security_group.into());
        Self { host, security_group, secret: None, instance: None, resource_id: None }
    }
}

pub(super) fn check(entry: Bound<'_, Database>, known: &ExistingDatabase, diags: &mut Diagnostics) {
    existing::only(entry, diags, &["network", "port", "database-name", "master-username", "users"]);
    existing::starts(entry, diags, &route!["existing", "host"], &known.host, "");
    existing::starts(entry, diags, &route!["existing", "security-group"], &known.security_group, "sg-");
    check::same_region(entry, diags, &route!["network"], entry.follow(&entry.spec().network));
    users::check(entry, diags);
    let missing = |title: String, at, label: &str, key: &str, value: &str| {
        Diagnostic::error("databases/unknown-of-existing", title)
            .at(at, label)
            .also(entry.at(&route!["existing"]), "the database")
            .help(format!("add it: `existing: {{ {key}: {value} }}`"))
    };
    if known.resource_id.is_none() {
        for (name, _) in entry.spec().users.iter().filter(|(_, user)| user.login == Login::Iam) {
            let title = format!("database `{}` exists, and its resource id is not known", entry.name);
            let at = entry.at(&route!["users", name.as_str(), "login"]);
            diags.push(missing(title, at, "its permission names it", "resource-id", "db-…"));
        }
    }
    if known.secret.is_none() {
        let title = || format!("database `{}` exists, and the secret of its master user is not known", entry.name);
        let migrations = entry.referrers::<Migration>().into_iter().map(|it| it.at(&route!["database"]));
        let unnamed = |used: Option<&crate::kinds::workload::DatabaseUse>| used.is_some_and(|used| used.user.is_none());
        let services = entry.referrers::<Service>().into_iter().filter(|it| unnamed(it.spec().database.as_ref()));
        let workers = entry.referrers::<Worker>().into_iter().filter(|it| unnamed(it.spec().database.as_ref()));
        let pods = services.map(|it| it.at(&route!["database"])).chain(workers.map(|it| it.at(&route!["database"])));
        for at in migrations.chain(pods) {
            diags.push(missing(title(), at, "logs in as the master user", "secret", "<entry of `secrets`>"));
        }
    }
    if known.instance.is_none() {
        for monitor in entry.referrers::<Monitor>() {
            let title = format!("database `{}` exists, and its identifier is not known", entry.name);
            let at = monitor.at(&route!["watch"]);
            diags.push(missing(title, at, "its metrics have it", "instance", "<identifier>"));
        }
    }
}

impl Bound<'_, Database> {
    /// Returns whether CloudWatch's metrics of the database can be named.
    pub(in crate::kinds) fn has_metrics(&self) -> bool {
        self.existing.as_ref().is_none_or(|known| known.instance.is_some())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::kinds::testing::{compile, ids, json, report};

    const ORDERS: &str = "
networks: { main: { cidr: 10.1.0.0/16, existing: { vpc: vpc-0a1b2c3d4e5f60718 } } }
clusters:
  main:
    network: main
    mode: auto
    existing: { name: platform-dev, security-group: sg-0a1b2c3d4e5f60718 }
    provided-by:
      metrics-server: { by: the platform team }
      secrets-store: { by: the platform team }
secrets: { login: { existing: { secrets-manager: orders/login }, keys: [username, password] } }
databases:
  orders:
    network: main
    existing: { host: orders.abc.eu-west-1.rds.amazonaws.com, security-group: sg-0b1b2c3d4e5f60718 }
    users: { api: { login: { secret: login } } }
";

    const API: &str = "
services: { api: { cluster: main, port: 8080, image: 'shop/api:1.0.0', database: { database: orders, user: api } } }
";

    #[test]
    fn pods_reach_a_database_that_exists() {
        let assembly = compile(&format!("{ORDERS}{API}"));
        let template = json(&assembly, "stacks/example.eu-west-1.template.json");
        assert_eq!(
            ids(&template),
            ["ServiceApiRole", "ServiceApiIdentity", "ExampleInClusterMainToExampleDatabaseOrders5432", "ExampleOutClusterMainToExampleDatabaseOrders5432"]
        );
        let objects = String::from_utf8(assembly.files["kubernetes/main/shop/service-api.yaml"].clone()).unwrap();
        assert!(objects.contains("value: orders.abc.eu-west-1.rds.amazonaws.com\n"), "{objects}");
        assert!(objects.contains("cidr: 10.1.0.0/16\n    ports:\n    - protocol: TCP\n      port: 5432\n"), "{objects}");
    }

    #[test]
    fn what_is_not_known_is_missed_where_it_is_needed() {
        let master = API.replace(", user: api", "");
        let found = report(&format!("{ORDERS}{master}"));
        assert!(found.contains("databases/unknown-of-existing: database `orders` exists, and the secret of its master user"));
        let token = ORDERS.replace("login: { secret: login }", "login: iam");
        assert!(report(&format!("{token}{API}")).contains("its resource id is not known"));
        let monitor = "topics: { alarms: {} }\nmonitors: { main: { notify: alarms, watch: { only: { databases: [orders] } } } }\n";
        assert!(report(&format!("{ORDERS}{API}{monitor}")).contains("its identifier is not known"));
        assert_snapshot!(report(&format!("{ORDERS}{API}").replace("    users:", "    multi-az: true\n    users:")).lines().next().unwrap_or_default(), @"existing/not-made: a database that exists is not made as `multi-az` says <- `true` has no effect");
    }
}
