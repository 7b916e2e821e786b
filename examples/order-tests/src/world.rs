//! Everything that an order meets on its way.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use sqlx::PgPool;

use crate::aws::Aws;
use crate::emulator::Emulator;
use crate::gateway::Gateway;
use crate::issuer::Issuer;
use crate::log::Log;
use crate::otlp::Collector;
use crate::platform::Platform;
use crate::postgres::Postgres;
use crate::process::LOOK;
use crate::program::{Ended, Environment, Program, Surroundings};
use crate::providers::Providers;
use crate::secrets::Secrets;
use crate::tls::Tls;

/// The port of a service's pods that the gateway forwards to.
const HTTP: &str = "http";

/// The migration of the database.
const MIGRATION: &str = "orders";

/// Somebody who orders.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Subject of the token.
    pub sub: String,
    /// Access token with all scopes.
    pub token: String,
}

/// The deployed platform with everything around it. Programs are started by the test.
#[derive(Debug)]
pub struct World {
    /// Certificates.
    pub tls: Tls,
    /// The database server.
    pub postgres: Postgres,
    /// Connections to the database, for a test to look in.
    pub db: PgPool,
    /// AWS.
    pub emulator: Emulator,
    /// What was deployed.
    pub platform: Platform,
    /// Secrets that pods get.
    pub secrets: Secrets,
    /// Whoever issues tokens.
    pub issuer: Issuer,
    /// Whoever takes money and sends mail.
    pub providers: Providers,
    /// Whoever collects traces.
    pub collector: Collector,
    /// The HTTP API.
    pub gateway: Gateway,
    /// What programs said.
    pub log: Log,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl World {
    /// Starts servers, deploys the platform, fills in its secrets, and has the migration make tables and users.
    pub async fn start() -> Self {
        let world = Self::start_without_tables().await;
        let status = world.migrate(&[]).await;
        assert!(status.success(), "{status}:\n{}", world.log.tail(MIGRATION));
        world
    }

    /// The same before the migration has run.
    pub async fn start_without_tables() -> Self {
        let folder = tempfile::Builder::new().prefix("order-tests").tempdir().expect("a folder can be made");
        let tls = Tls::generate(folder.path());
        let (for_postgres, for_emulator) = (tls.clone(), tls.clone());
        let postgres = tokio::task::spawn_blocking(move || Postgres::start(&for_postgres));
        let emulator = tokio::task::spawn_blocking(move || Emulator::start(&for_emulator));
        let emulator = emulator.await.expect("the emulator starts");
        let platform = Platform::apply(&emulator).await;
        let postgres = postgres.await.expect("PostgreSQL starts");
        let db = postgres.pool().await;
        let secrets = Secrets::put(&platform, emulator.aws(), &postgres).await;
        let issuer = Issuer::start().await;
        let token = |provider| secrets.value(provider, "api-token").unwrap_or("nobody has a token");
        let providers = Providers::start(token("payment-provider"), token("email-provider")).await;
        let collector = Collector::start().await;
        let gateway = Gateway::start(&platform, emulator.aws(), &issuer).await;
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        Self {
            tls,
            postgres,
            db,
            emulator,
            platform,
            secrets,
            issuer,
            providers,
            collector,
            gateway,
            log: Log::default(),
            http,
            _folder: folder,
        }
    }

    /// Root's access to AWS.
    pub fn aws(&self) -> &Aws {
        self.emulator.aws()
    }

    /// Names of all deployments.
    pub fn deployments(&self) -> Vec<String> {
        let names = self.platform.objects("Deployment").map(|object| object["metadata"]["name"].as_str());
        names.map(|name| name.expect("an object has a name").to_owned()).collect()
    }

    /// Runs the job that makes tables and users, to its end.
    pub async fn migrate(&self, overrides: &[(&str, &str)]) -> ExitStatus {
        let environment = Environment::of_job(&self.surroundings(), MIGRATION, overrides).await;
        Program::start(environment, &self.log).ended().await
    }

    /// Connections to the database as one of its users, such as `order_service`.
    pub async fn db_of(&self, user: &str) -> PgPool {
        let (name, password) =
            self.secrets.login(user).unwrap_or_else(|| panic!("nobody knows the password of {user}"));
        self.postgres.pool_of(name, password).await.expect("the user may log in")
    }

    /// What a program of a deployment is started with.
    pub async fn environment(&self, deployment: &str, overrides: &[(&str, &str)]) -> Environment {
        Environment::of(&self.surroundings(), deployment, overrides).await
    }

    fn surroundings(&self) -> Surroundings<'_> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let ca = path(&self.tls.ca());
        let replaced = BTreeMap::from([
            ("DB_HOST", "127.0.0.1".to_owned()),
            ("DB_PORT", self.postgres.port().to_string()),
            ("DB_CA_FILE", ca.clone()),
            ("OIDC_ISSUER", self.issuer.url()),
            ("PAYMENT_PROVIDER_URL", self.providers.url()),
            ("EMAIL_PROVIDER_URL", self.providers.url()),
        ]);
        let added = BTreeMap::from([
            ("AWS_ENDPOINT_URL", self.emulator.endpoint()),
            ("SSL_CERT_FILE", ca),
            ("PATH", "/usr/bin:/bin".to_owned()),
        ]);
        Surroundings { platform: &self.platform, aws: self.aws(), replaced, added }
    }

    /// Starts a program of a deployment, waits until it is ready, and lets the gateway forward to it if it is a service.
    pub async fn start_program(&self, deployment: &str) -> Program {
        self.start_program_with(deployment, &[]).await
    }

    /// The same with spans sent to [`World::collector`], which has them all when the program has ended.
    pub async fn start_traced_program(&self, deployment: &str) -> Program {
        let variables = self.traced();
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.start_program_with(deployment, &variables).await
    }

    /// The same with variables by the test.
    pub async fn start_program_with(&self, deployment: &str, overrides: &[(&str, &str)]) -> Program {
        let mut program = Program::start(self.environment(deployment, overrides).await, &self.log);
        program.ready().await;
        if self.is_service(deployment) {
            self.gateway.add_backend(deployment, program.address(HTTP));
        }
        program
    }

    /// Starts a program of a deployment, which need not become ready.
    pub async fn begin_program(&self, deployment: &str) -> Program {
        Program::start(self.environment(deployment, &[]).await, &self.log)
    }

    /// Kills a program, and lets the gateway find out.
    pub fn kill(&self, program: Program) {
        let service = self.is_service(program.name()).then(|| (program.name().to_owned(), program.address(HTTP)));
        program.kill();
        if let Some((name, address)) = service {
            self.gateway.remove_backend(&name, address);
        }
    }

    /// Ends a program as Kubernetes does: no new requests, a wait, SIGTERM, and SIGKILL when its time is over.
    pub async fn terminate(&self, program: Program) -> Ended {
        if self.is_service(program.name()) {
            self.gateway.remove_backend(program.name(), program.address(HTTP));
            tokio::time::sleep(program.environment().wait()).await;
        }
        program.terminate().await
    }

    fn is_service(&self, deployment: &str) -> bool {
        self.gateway.services().iter().any(|service| service == deployment)
    }

    /// Variables that let a program send its spans to [`World::collector`].
    pub fn traced(&self) -> [(&'static str, String); 2] {
        [("OTEL_SDK_DISABLED", "false".to_owned()), ("OTEL_EXPORTER_OTLP_ENDPOINT", self.collector.url())]
    }

    /// A customer of the shop.
    pub fn customer(&self, sub: &str) -> Customer {
        let client = self.gateway.audience().first().expect("somebody may call the API");
        Customer { sub: sub.to_owned(), token: self.issuer.token(sub, client) }
    }

    /// A request to the HTTP API, without a token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.gateway.url()))
    }

    /// Places an order through `POST /v1/orders`.
    pub async fn place(&self, customer: &Customer, key: &str, order: &Value) -> reqwest::Result<Response> {
        self.post(customer, "/v1/orders", key, order).await
    }

    /// Places an order through the queue, `POST /v1/orders/async`.
    pub async fn place_async(&self, customer: &Customer, key: &str, order: &Value) -> reqwest::Result<Response> {
        self.post(customer, "/v1/orders/async", key, order).await
    }

    /// Asks for something of a customer.
    pub async fn get(&self, customer: &Customer, path: &str) -> reqwest::Result<Response> {
        self.request(Method::GET, path).bearer_auth(&customer.token).send().await
    }

    async fn post(&self, customer: &Customer, path: &str, key: &str, body: &Value) -> reqwest::Result<Response> {
        let request = self.request(Method::POST, path).bearer_auth(&customer.token).json(body);
        request.header("idempotency-key", key).send().await
    }

    /// Sets how many of a product there are.
    pub async fn set_stock(&self, product: &str, available: i64) {
        let set = "INSERT INTO stock (product_id, available) VALUES ($1, $2)
                   ON CONFLICT (product_id) DO UPDATE SET available = $2";
        let done = sqlx::query(set).bind(product).bind(available).execute(&self.db).await;
        done.expect("the table `stock` takes products");
    }

    /// How many of a product there are.
    pub async fn stock(&self, product: &str) -> i64 {
        let asked = sqlx::query_scalar("SELECT available FROM stock WHERE product_id = $1").bind(product);
        asked.fetch_one(&self.db).await.expect("the product is in the table `stock`")
    }

    /// How many messages each queue holds that holds some, by the names of [`Platform::queues`].
    pub async fn backlog(&self) -> BTreeMap<String, u64> {
        let mut backlog = BTreeMap::new();
        for (name, url) in self.platform.queues() {
            let (visible, busy) = self.aws().queue_depth(url).await;
            if visible + busy > 0 {
                backlog.insert(name.to_owned(), visible + busy);
            }
        }
        backlog
    }

    /// Waits until something is so.
    ///
    /// # Panics
    ///
    /// If it is not so after a time.
    pub async fn until(&self, what: &str, time: Duration, so: impl AsyncFn() -> bool) {
        let start = Instant::now();
        while !so().await {
            assert!(start.elapsed() < time, "after {time:?} it did not come to be that {what}");
            tokio::time::sleep(LOOK).await;
        }
    }
}
