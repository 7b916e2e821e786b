//! Migrations: Jobs that make the tables and users of a database before programs are rolled out that use them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster::Arch;
use super::workload::{
    self, BucketUse, Connection, Emitter, Health, Identity, Once, Parts, Pod, Replicas, Requests, SecretDelivery,
    SecretUse, Shutdown, TableUse, Telemetry, Workload,
};
use super::{Cluster, Database, Kind, check};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::Bounds;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{ImageRef, KubernetesName, Name, Seconds};
use crate::resolve::Bound;
use crate::route;

/// The page that says what a Job is.
const SOURCE: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/";

/// A Job that makes the tables and users of a database.
///
/// It alone logs in as the master user. Whenever its image or anything else of it changes, a Job of a new name runs, and
/// `infra apply` waits for it before it changes anything that runs in the cluster: if it fails, the old programs go on. So
/// a change of the tables must suit the programs before it and after it. What the program gets: `DB_HOST`, `DB_PORT`,
/// `DB_NAME`, the master user by the files of `DB_USERNAME_FILE` and `DB_PASSWORD_FILE`, and each of the database's `users`
/// by those of `DB_<USER>_USERNAME_FILE` and `DB_<USER>_PASSWORD_FILE`; one with a token of IAM by `DB_<USER>_USERNAME`. It
/// must do no harm when it runs twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Migration {
    /// The cluster; its region must be that of the stack.
    pub cluster: Ref<Cluster>,
    /// The namespace; the project's name if not set.
    #[serde(default)]
    pub namespace: Option<KubernetesName>,
    /// The database.
    pub database: Ref<Database>,
    /// The image, with tag or digest.
    pub image: ImageRef,
    /// What the program of the image is called with.
    #[serde(default = "migrate")]
    pub args: Vec<String>,
    /// Architecture of the image; the pod only runs on such nodes.
    #[serde(default)]
    pub arch: Arch,
    /// What the pod is given.
    #[serde(default)]
    pub resources: Requests,
    /// Environment variables with values that are no secrets.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Other names for variables that are made here.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// How secrets become files.
    #[serde(default)]
    pub secret_delivery: SecretDelivery,
    /// How the pod gets the credentials of its role.
    #[serde(default)]
    pub identity: Identity,
    /// How long all attempts together may take. 10 to 86,400 seconds.
    #[serde(default = "half_an_hour")]
    pub time_limit: Seconds,
    /// How often it is tried again, after 10 seconds at first and twice as long each time. 0 to 20.
    #[serde(default = "six")]
    pub retries: u32,
}

fn migrate() -> Vec<String> {
    vec!["migrate".to_owned()]
}

fn half_an_hour() -> Seconds {
    Seconds::new(1_800)
}

fn six() -> u32 {
    6
}

/// What all workloads have and a Job has no use for.
static REPLICAS: Replicas = Replicas { min: 1, max: 1, cpu: 70 };
static HEALTH: LazyLock<Health> = LazyLock::new(Health::default);
static SHUTDOWN: LazyLock<Shutdown> = LazyLock::new(Shutdown::default);
static TELEMETRY: Telemetry = Telemetry { endpoint: None };
static TABLES: BTreeMap<Name, TableUse> = BTreeMap::new();
static BUCKETS: BTreeMap<Name, BucketUse> = BTreeMap::new();
static SECRETS: BTreeMap<Name, SecretUse> = BTreeMap::new();

impl Workload for Migration {
    fn parts(&self) -> Parts<'_> {
        Parts {
            cluster: &self.cluster,
            namespace: self.namespace.as_ref(),
            image: &self.image,
            arch: self.arch,
            replicas: &REPLICAS,
            resources: &self.resources,
            env: &self.env,
            variables: &self.variables,
            publishes: &[],
            sends: &[],
            calls: &[],
            tables: &TABLES,
            buckets: &BUCKETS,
            database: Some(Connection { database: &self.database, pool: None, user: None, migrates: true }),
            caches: &[],
            secrets: &SECRETS,
            secret_delivery: self.secret_delivery,
            identity: self.identity,
            health: &HEALTH,
            shutdown: &SHUTDOWN,
            telemetry: &TELEMETRY,
            own_metrics: false,
        }
    }
}

impl Kind for Migration {
    const SECTION: &'static str = "migrations";
    const NOUN: &'static str = "migration";
    const PREFIX: &'static str = "Migration";
    const EXAMPLE: &'static str = "
migrations:
  orders:
    cluster: main
    database: orders
    image: ${env.account}.dkr.ecr.${env.region}.amazonaws.com/orders:1.4.2
    args: [migrate]
databases:
  orders:
    network: main
    users: { order-service: {} }
clusters:
  main:
    network: main
    node-groups: { general: {} }
    add-ons: { aws-secrets-store-csi-driver-provider: {} }
    access:
      platform:
        principal: arn:aws:iam::${env.account}:role/platform-admin
        policies: { AmazonEKSClusterAdminPolicy: cluster }
networks:
  main: { cidr: 10.20.0.0/16 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        workload::check(entry, &Pod::of(entry).once(), diags);
        let mut bounds = |key: &'static str, value, min, max| {
            let bounds = Bounds { min, max, default: min };
            check::bounds(entry, diags, &route![key], value, (bounds, SOURCE));
        };
        bounds("time-limit", entry.time_limit.get(), 10, 86_400);
        bounds("retries", entry.retries, 0, 20);
        let others = entry.follow(&entry.spec().database).referrers::<Self>();
        if let Some(other) = others.into_iter().find(|other| other.id < entry.id) {
            diags.push(
                Diagnostic::error("migrations/twice", "two migrations change one database")
                    .at(entry.at(&route!["database"]), "this one")
                    .also(other.at(&route!["database"]), "and this one")
                    .note("they run at the same time, and each makes all users")
                    .help("let one program do both"),
            );
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let pod = Pod::of(entry).once();
        let mut out = Emitter::start(&pod, cx);
        out.foundation(&pod);
        let once = Once { args: &entry.args, time_limit: entry.time_limit, retries: entry.retries };
        out.job(&pod, once);
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde::Deserialize as _;
    use serde_yaml::Value;

    use super::*;
    use crate::kinds::testing::{compile, properties, report};

    fn objects(yaml: &str) -> Vec<Value> {
        let assembly = compile(yaml);
        let documents = serde_yaml::Deserializer::from_slice(&assembly.files["kubernetes/main/shop/migration-orders.yaml"]);
        documents.map(|document| Value::deserialize(document).unwrap()).collect()
    }

    fn object(yaml: &str, kind: &str) -> Value {
        objects(yaml).into_iter().find(|object| object["kind"] == kind).unwrap()
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a snapshot")]
    fn a_job_gets_the_master_user_and_every_user() {
        assert_snapshot!(serde_yaml::to_string(&object(Migration::EXAMPLE, "Job")["spec"]).unwrap(), @"
        backoffLimit: 6
        activeDeadlineSeconds: 1800
        template:
          metadata:
            labels:
              app.kubernetes.io/name: orders
              app.kubernetes.io/component: migration
              app.kubernetes.io/part-of: shop
              app.kubernetes.io/version: 1.4.2
              app.kubernetes.io/managed-by: infra
            annotations:
              infra/users: 537e0fe3d4
          spec:
            serviceAccountName: orders
            automountServiceAccountToken: false
            enableServiceLinks: false
            restartPolicy: Never
            nodeSelector:
              kubernetes.io/arch: amd64
              kubernetes.io/os: linux
            securityContext:
              runAsNonRoot: true
              fsGroup: 65532
              seccompProfile:
                type: RuntimeDefault
            containers:
            - name: orders
              image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1.4.2
              args:
              - migrate
              env:
              - name: DB_HOST
                value: ${output:shop-dev-example@eu-west-1:DatabaseOrdersEndpointAddress}
              - name: DB_NAME
                value: orders
              - name: DB_ORDER_SERVICE_PASSWORD_FILE
                value: /mnt/secrets/db-order-service-password
              - name: DB_ORDER_SERVICE_USERNAME_FILE
                value: /mnt/secrets/db-order-service-username
              - name: DB_PASSWORD_FILE
                value: /mnt/secrets/db-password
              - name: DB_PORT
                value: '5432'
              - name: DB_USERNAME_FILE
                value: /mnt/secrets/db-username
              resources:
                requests:
                  cpu: 250m
                  memory: 512Mi
                limits:
                  memory: 512Mi
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop:
                  - ALL
              volumeMounts:
              - name: tmp
                mountPath: /tmp
              - name: secrets
                mountPath: /mnt/secrets
                readOnly: true
              terminationMessagePolicy: FallbackToLogsOnError
            volumes:
            - name: tmp
              emptyDir:
                sizeLimit: 64Mi
            - name: secrets
              csi:
                driver: secrets-store.csi.k8s.io
                readOnly: true
                volumeAttributes:
                  secretProviderClass: orders
        ");
        let class = object(Migration::EXAMPLE, "SecretProviderClass");
        assert_snapshot!(class["spec"]["parameters"]["objects"].as_str().unwrap(), @r#"
        - objectName: "${output:shop-dev-example@eu-west-1:DatabaseOrdersMasterUserSecretSecretArn}"
          objectType: secretsmanager
          objectAlias: "db"
          jmesPath:
            - path: 'username'
              objectAlias: "db-username"
            - path: 'password'
              objectAlias: "db-password"
        - objectName: "${output:shop-dev-example@eu-west-1:DatabaseOrdersOrderServiceUserRef}"
          objectType: secretsmanager
          objectAlias: "db-order-service"
          jmesPath:
            - path: 'username'
              objectAlias: "db-order-service-username"
            - path: 'password'
              objectAlias: "db-order-service-password"
        "#);
    }

    #[test]
    fn its_name_changes_with_what_it_is_and_with_nothing_else() {
        let name = |yaml: &str| object(yaml, "Job")["metadata"]["name"].as_str().unwrap().to_owned();
        let first = name(Migration::EXAMPLE);
        assert!(first.starts_with("orders-") && first.len() == "orders-".len() + 10, "{first}");
        assert_ne!(name(&Migration::EXAMPLE.replace("orders:1.4.2", "orders:1.4.3")), first);
        assert_ne!(name(&Migration::EXAMPLE.replace("[migrate]", "[migrate, --all]")), first);
        assert_ne!(name(&Migration::EXAMPLE.replace("order-service: {}", "order-service: { username: shop }")), first);
        assert_eq!(name(&Migration::EXAMPLE.replace("cidr: 10.20.0.0/16", "cidr: 10.21.0.0/16")), first);
    }

    #[test]
    fn its_role_reads_what_it_mounts_and_a_program_reads_its_own_user_only() {
        let yaml = Migration::EXAMPLE.replace("users: { order-service: {} }", "users: { order-service: {}, reports: {} }")
            + "services:
  shop:
    cluster: main
    port: 8080
    image: r.example.com/orders:1
    database: { database: orders, user: order-service }
";
        let secrets = |id: &str| {
            let text = properties(&yaml, id);
            ["MasterUserSecret", "DatabaseOrdersOrderServiceUser", "DatabaseOrdersReportsUser"].map(|it| text.contains(it))
        };
        assert_eq!(secrets("MigrationOrdersRole"), [true, true, true]);
        assert_eq!(secrets("ServiceShopRole"), [false, true, false]);
    }

    #[test]
    fn a_user_with_tokens_is_named_and_has_no_secret() {
        let yaml = Migration::EXAMPLE.replace("order-service: {}", "order-service: { login: iam }");
        let job = serde_yaml::to_string(&object(&yaml, "Job")).unwrap();
        assert!(job.contains("name: DB_ORDER_SERVICE_USERNAME\n          value: order_service\n"), "{job}");
        assert!(!job.contains("DB_ORDER_SERVICE_PASSWORD_FILE"), "{job}");
    }

    #[test]
    fn what_cannot_run_is_refused() {
        let yaml = Migration::EXAMPLE
            .replace("args: [migrate]", "retries: 21\n    time-limit: 5\n  second: { cluster: main, database: orders, image: r.example.com/orders:1 }");
        assert_snapshot!(report(&yaml), @"
        kinds/out-of-range: `retries` must be from 0 to 20 <- `21` 21 is outside
        kinds/out-of-range: `time-limit` must be from 10 to 86400 <- `5` 5 is outside
        migrations/twice: two migrations change one database <- `orders` this one
        ");
    }
}
