//! PostgreSQL databases on RDS or Aurora, with their network, parameters, secret and proxy.

mod checks;
mod emit;
mod existing;
mod proxy;
mod users;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::existing::ExistingDatabase;
pub use self::proxy::Proxy;
pub use self::users::{Login, User};
use super::queue::Encryption;
use super::{Field, Kind, Network, field, security_group};
use crate::artifacts::{Expr, Handle, Pseudo};
use crate::diag::Diagnostics;
use crate::facts::rds;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{Name, Port, Seconds};
use crate::resolve::Bound;

/// Instance class of a database that does not name one.
const DEFAULT_CLASS: &str = "db.t4g.medium";

/// A PostgreSQL database in the isolated subnets of a network.
///
/// It is never public, encrypted at rest, takes encrypted connections only, leaves a snapshot when it goes, and RDS
/// makes and rotates the password of its master user, as which only a migration should log in. What pools of all clients open together must stay below
/// `max_connections` less `reserved-connections`; beyond that, use a proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Database {
    /// The network. Cannot be changed later.
    pub network: Ref<Network>,
    /// The database that exists; without it one is made. Beside it, `network`, `port`, `database-name`, `master-username` and
    /// `users` say how it is; users with passwords get their secrets here all the same, and a migration makes them.
    #[serde(default)]
    pub existing: Option<ExistingDatabase>,
    /// Who stores the data. Cannot be changed later: the other engine is another database.
    #[serde(default)]
    pub engine: Engine,
    /// Version of PostgreSQL, in quotes, such as `'17.11'`; RDS applies newer minor versions by itself. A bare `'17'`
    /// leaves the minor version to RDS.
    #[serde(default = "default_version")]
    pub version: String,
    /// Instance class, such as `db.r8g.large`; `db.t4g.medium` if not set. Not used by serverless databases.
    #[serde(default)]
    pub instance_class: Option<String>,
    /// Whether a standby in another zone takes over; on if not set. Engine `rds` only.
    #[serde(default)]
    pub multi_az: Option<bool>,
    /// Number of instances, the writer included; 2 if not set, so that a reader takes over. 1 to 16. Engine `aurora` only.
    #[serde(default)]
    pub instances: Option<u8>,
    /// Lets the instances grow and shrink with the load. Engine `aurora` only.
    #[serde(default)]
    pub serverless: Option<Serverless>,
    /// The volume. Engine `rds` only; that of Aurora grows by itself.
    #[serde(default)]
    pub storage: Option<Storage>,
    /// Name of the database that is made at first; that of the entry if not set. Cannot be changed later.
    #[serde(default)]
    pub database_name: Option<String>,
    /// Name of the master user. Cannot be changed later.
    #[serde(default = "default_user")]
    pub master_username: String,
    /// Port. 1,150 to 65,535; clients of a proxy always use 5432.
    #[serde(default = "default_port")]
    pub port: Port,
    /// A pool of connections that clients share.
    #[serde(default)]
    pub proxy: Option<Proxy>,
    /// Connections that are kept for migrations, people and RDS itself.
    #[serde(default = "default_reserved")]
    pub reserved_connections: u32,
    /// Parameters of PostgreSQL.
    #[serde(default)]
    pub parameters: Parameters,
    /// Automatic backups.
    #[serde(default)]
    pub backup: Backup,
    /// When RDS may change things, in UTC, such as `sun:03:00-sun:04:00`.
    #[serde(default)]
    pub maintenance_window: Option<String>,
    /// Whether the database refuses to be deleted; as the environment is protected, if not set.
    #[serde(default)]
    pub deletion_protection: Option<bool>,
    /// Encryption at rest; with `kms` the secrets of its users too.
    #[serde(default)]
    pub encryption: Encryption,
    /// Whether the load by query is kept for 7 days.
    #[serde(default = "yes")]
    pub performance_insights: bool,
    /// How often the operating system is measured. 0 (off), 1, 5, 10, 15, 30 or 60 seconds.
    #[serde(default)]
    pub monitoring_interval: Seconds,
    /// Whether the log of PostgreSQL goes to CloudWatch Logs.
    #[serde(default = "yes")]
    pub export_logs: bool,
    /// Users beside the master user, by a name of your choice, so that each program has no more rights than it needs; a
    /// migration makes them.
    #[serde(default)]
    pub users: BTreeMap<Name, User>,
    /// Whether `version` may be raised to another major version, which stops the database for a while.
    #[serde(default)]
    pub allow_major_upgrade: bool,
}

/// Who stores the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// RDS for PostgreSQL: an instance with a volume, and a standby.
    #[default]
    Rds,
    /// Aurora PostgreSQL: a cluster whose storage is shared by up to 16 instances.
    Aurora,
}

/// Bounds between which Aurora Serverless v2 sizes each instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Serverless {
    /// Smallest capacity; 0 pauses an idle instance. 0 to 256 ACU of about 2 GiB, in steps of 0.5.
    pub min: f64,
    /// Largest capacity, from which `max_connections` follows. 1 to 256 ACU, in steps of 0.5.
    pub max: f64,
}

/// A volume of type gp3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Storage {
    /// Size at first; never shrinks. 20 to 65,536 GiB.
    pub size_gib: u32,
    /// Size up to which RDS grows it; without it the volume does not grow. At least a tenth above `size-gib`.
    pub max_size_gib: Option<u32>,
    /// Operations per second, from 400 GiB on; 3,000 below, 12,000 above if not set.
    pub iops: Option<u32>,
    /// Throughput in MiB/s, from 400 GiB on; 125 below, 500 above if not set.
    pub throughput: Option<u32>,
}

/// Parameters of PostgreSQL. Encrypted connections are always demanded (`rds.force_ssl`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Parameters {
    /// Longest run of a statement; must be shorter than the time-out of the services that ask. Unit: seconds; 0 is no limit.
    pub statement_timeout: Seconds,
    /// Statements that run longer are logged. Unit: milliseconds.
    pub log_statements_over_ms: u32,
    /// Most connections; by memory if not set. 6 to 262,143; a change needs a restart.
    pub max_connections: Option<u32>,
    /// Any other parameters, as RDS spells them.
    pub others: BTreeMap<String, String>,
}

/// Automatic backups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Backup {
    /// How long they are kept. 1 to 35 days.
    pub retention_days: u8,
    /// When they are made, in UTC, such as `01:00-02:00`; RDS chooses if not set.
    pub window: Option<String>,
}

fn default_version() -> String {
    rds::POSTGRES_DEFAULT.to_owned()
}

fn default_user() -> String {
    "postgres".to_owned()
}

fn default_port() -> Port {
    Port::POSTGRESQL
}

fn default_reserved() -> u32 {
    10
}

fn yes() -> bool {
    true
}

impl Default for Serverless {
    fn default() -> Self {
        Self { min: 0.5, max: 8.0 }
    }
}

impl Default for Storage {
    fn default() -> Self {
        Self { size_gib: 20, max_size_gib: Some(100), iops: None, throughput: None }
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            statement_timeout: Seconds::new(3),
            log_statements_over_ms: 1_000,
            max_connections: None,
            others: BTreeMap::new(),
        }
    }
}

impl Default for Backup {
    fn default() -> Self {
        Self { retention_days: 7, window: None }
    }
}

impl Engine {
    /// Returns the engine's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rds => "postgres",
            Self::Aurora => "aurora-postgresql",
        }
    }
}

impl Database {
    /// Starts a database with safe defaults that no client may reach yet.
    pub fn new(network: Ref<Network>) -> Self {
        Self {
            network,
            existing: None,
            engine: Engine::default(),
            version: default_version(),
            instance_class: None,
            multi_az: None,
            instances: None,
            serverless: None,
            storage: None,
            database_name: None,
            master_username: default_user(),
            port: default_port(),
            proxy: None,
            reserved_connections: default_reserved(),
            parameters: Parameters::default(),
            backup: Backup::default(),
            maintenance_window: None,
            deletion_protection: None,
            encryption: Encryption::default(),
            performance_insights: true,
            monitoring_interval: Seconds::default(),
            export_logs: true,
            users: BTreeMap::new(),
            allow_major_upgrade: false,
        }
    }

    /// Returns the class of the instances.
    fn class(&self) -> &str {
        match self.serverless {
            Some(_) => "db.serverless",
            None => self.instance_class.as_deref().unwrap_or(DEFAULT_CLASS),
        }
    }

    /// Returns the major version; `None` if the version is none.
    fn major(&self) -> Option<u32> {
        let (major, minor) = self.version.split_once('.').unwrap_or((&self.version, "0"));
        minor.parse::<u32>().ok()?;
        major.parse().ok()
    }
}

impl Kind for Database {
    const SECTION: &'static str = "databases";
    const NOUN: &'static str = "database";
    const PREFIX: &'static str = "Database";
    const EXAMPLE: &'static str = "
databases:
  orders:
    network: main
    instance-class: db.t4g.large
    storage: { size-gib: 50, max-size-gib: 200 }
    backup: { retention-days: 14, window: '01:00-02:00' }
    users: { order-service: {} }
    proxy: {}
  reports:
    network: main
    engine: aurora
    serverless: { min: 0.5, max: 4 }
networks:
  main: { cidr: 10.20.0.0/16 }
";

    const FIELDS: &'static [Field] = &[
        field(Field::ANY, "AllocatedStorage", "storage.size-gib"),
        field(Field::ANY, "AllowMajorVersionUpgrade", "allow-major-upgrade"),
        field(Field::ANY, "BackupRetentionPeriod", "backup.retention-days"),
        field(Field::ANY, "DBInstanceClass", "instance-class"),
        field(Field::ANY, "DBName", "database-name"),
        field(Field::ANY, "DatabaseName", "database-name"),
        field(Field::ANY, "DeletionProtection", "deletion-protection"),
        field(Field::ANY, "EnableCloudwatchLogsExports", "export-logs"),
        field(Field::ANY, "EnablePerformanceInsights", "performance-insights"),
        field(Field::ANY, "EngineVersion", "version"),
        field(Field::ANY, "Iops", "storage.iops"),
        field(Field::ANY, "KmsKeyId", "encryption"),
        field(Field::ANY, "MasterUsername", "master-username"),
        field(Field::ANY, "MaxAllocatedStorage", "storage.max-size-gib"),
        field(Field::ANY, "MonitoringInterval", "monitoring-interval"),
        field(Field::ANY, "MultiAZ", "multi-az"),
        field(Field::ANY, "PerformanceInsightsEnabled", "performance-insights"),
        field(Field::ANY, "PreferredBackupWindow", "backup.window"),
        field(Field::ANY, "PreferredMaintenanceWindow", "maintenance-window"),
        field(Field::ANY, "ServerlessV2ScalingConfiguration.MaxCapacity", "serverless.max"),
        field(Field::ANY, "ServerlessV2ScalingConfiguration.MinCapacity", "serverless.min"),
        field(Field::ANY, "StorageEncrypted", "encryption"),
        field(Field::ANY, "StorageThroughput", "storage.throughput"),
    ];

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        match &entry.spec().existing {
            Some(existing) => existing::check(entry, existing, diags),
            None => checks::check(entry, diags),
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        match entry.existing {
            Some(_) => users::emit(entry, cx),
            None => emit::emit(entry, cx),
        }
    }
}

impl<'a> Bound<'a, Database> {
    /// Returns the host that clients connect to: the proxy's, if there is one.
    pub fn host(&self) -> Expr {
        if let Some(existing) = &self.existing {
            return self.given(&existing.host);
        }
        if self.proxied() { self.proxy_handle().att("Endpoint") } else { self.main().att("Endpoint.Address") }
    }

    /// Returns the port that clients connect to, as a number.
    pub fn port(&self) -> Expr {
        self.client_port().get().into()
    }

    /// Returns the port that clients connect to; that of a proxy is always 5432.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html> (from memory).
    pub fn client_port(&self) -> Port {
        if self.proxied() { Port::POSTGRESQL } else { self.port }
    }

    /// Returns the name of the database that is made at first.
    pub fn database_name(&self) -> String {
        self.spec().database_name.clone().unwrap_or_else(|| self.name.as_str().replace('-', "_"))
    }

    /// Returns the ARN of the master user's secret, which holds `username` and `password` and nothing else.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html> (from memory).
    pub fn secret_arn(&self) -> Expr {
        if let Some(existing) = &self.spec().existing {
            return existing.secret.as_ref().map(|secret| self.follow(secret).arn()).into();
        }
        self.main().att("MasterUserSecret.SecretArn")
    }

    /// Returns the side of a connection that clients open.
    pub(super) fn side(&self) -> security_group::Side<'a> {
        security_group::Side { stack: self.stack_name(), owner: self.logical_id(""), group: self.security_group_id() }
    }

    /// Returns the security group that clients must be let into, and out to.
    pub fn security_group_id(&self) -> Expr {
        if let Some(existing) = &self.existing {
            return self.given(&existing.security_group);
        }
        let part = if self.proxied() { "ProxyGroup" } else { "Group" };
        self.handle(part).att("GroupId")
    }

    /// Returns the most connections that the database accepts; `None` for instance classes of unknown memory.
    pub fn max_connections(&self) -> Option<u64> {
        if self.existing.is_some() {
            return None;
        }
        self.parameters.max_connections.map(u64::from).or_else(|| self.default_connections())
    }

    /// Returns how many connections all clients may hold together, or `None` where nobody knows or a proxy queues them.
    pub fn client_connections(&self) -> Option<u64> {
        let most = self.max_connections().filter(|_| !self.proxied())?;
        Some(most.saturating_sub(u64::from(self.reserved_connections)))
    }

    /// Returns whether clients talk to a proxy.
    pub fn proxied(&self) -> bool {
        self.proxy.is_some()
    }

    /// Returns the time after which a client's idle connection is closed; pools must give theirs up before.
    pub fn idle_client_timeout(&self) -> Option<Seconds> {
        self.proxy.as_ref().map(|proxy| proxy.idle_client_timeout)
    }

    /// Returns the ARN of the customer managed key, if there is one.
    pub fn key_arn(&self) -> Option<Expr> {
        self.key_of(&self.encryption)
    }

    /// Returns the dimension under which CloudWatch keeps the database's metrics.
    pub(super) fn metric_dimension(&self) -> (&'static str, Expr) {
        if let Some(existing) = &self.existing {
            return ("DBInstanceIdentifier", existing.instance.as_ref().map(|id| self.given(id)).into());
        }
        let name = match self.engine {
            Engine::Rds => "DBInstanceIdentifier",
            Engine::Aurora => "DBClusterIdentifier",
        };
        (name, self.main().reference())
    }

    /// Returns the size of the volume in GiB; none for Aurora, which has no fixed one.
    pub(super) fn storage_gib(&self) -> Option<u32> {
        if self.existing.is_some() {
            return None;
        }
        match self.engine {
            Engine::Rds => Some(self.storage.as_ref().map_or(Storage::default().size_gib, |storage| storage.size_gib)),
            Engine::Aurora => None,
        }
    }

    /// Names the instance or the cluster; apart, because CloudFormation does not change the type of a resource.
    fn main(&self) -> Handle {
        match self.engine {
            Engine::Rds => self.handle(""),
            Engine::Aurora => self.handle("Cluster"),
        }
    }

    fn proxy_handle(&self) -> Handle {
        self.handle("Proxy")
    }

    /// Returns the connections that memory is good for.
    fn default_connections(&self) -> Option<u64> {
        match &self.serverless {
            Some(serverless) => rds::serverless_max_connections(serverless.min, serverless.max),
            None => rds::postgres_max_connections(self.class()),
        }
    }

    /// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html> (from
    /// memory).
    fn user_arn(&self, user: &str) -> Expr {
        let id = match self.engine {
            Engine::Rds if self.existing.is_some() => {
                let known = self.existing.as_ref().and_then(|existing| existing.resource_id.as_ref());
                known.map(|id| self.given(id)).into()
            }
            Engine::Rds => self.main().att("DbiResourceId"),
            Engine::Aurora => self.main().att("DBClusterResourceId"),
        };
        let region = self.region().to_string();
        let (partition, account) = (Pseudo::Partition, Pseudo::AccountId);
        text!["arn:", partition, ":rds-db:", region, ":", account, ":dbuser:", id, "/", user.to_owned()]
    }
}

#[cfg(test)]
mod tests;
