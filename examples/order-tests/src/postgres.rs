//! A private PostgreSQL cluster, which takes connections with TLS only.

use std::fmt;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::{User, geteuid};
use rand::distr::{Alphanumeric, SampleString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};

use crate::process::{self, LOOK};
use crate::tls::Tls;

/// The name that tests use, to whom everything is allowed.
pub const USER: &str = "postgres";
/// The master user, as RDS has it: it makes users and owns the database, and is no superuser.
pub const MASTER: &str = "master";
/// The database of the order service.
pub const DATABASE: &str = "orders";
/// How long the server may take to start, also after a crash, and to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a server is stopped.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// Transactions are rolled back and connections closed.
    Fast,
    /// As a crash: it recovers from the log when it starts again.
    Immediate,
}

/// A cluster in a temporary folder. It ends when this is dropped, and when the test dies in any other way.
pub struct Postgres {
    folder: tempfile::TempDir,
    binaries: PathBuf,
    port: u16,
    password: String,
    ca: PathBuf,
    server: Mutex<Option<Child>>,
}

impl Postgres {
    /// Makes a cluster with the database [`DATABASE`] and starts it.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed.
    pub fn start(tls: &Tls) -> Self {
        let folder = tempfile::Builder::new().prefix("order-tests-pg").tempdir().expect("a folder can be made");
        let password = Alphanumeric.sample_string(&mut rand::rng(), 24);
        let port = process::free_port();
        let postgres = Self { folder, binaries: binaries(), port, password, ca: tls.ca(), server: Mutex::new(None) };
        postgres.initialize(tls);
        postgres.start_again();
        let ask = |name: &str, arguments: &[&str]| {
            let mut command = Command::new(postgres.binaries.join(name));
            command.args(["--host", "127.0.0.1", "--username", USER, "--port"]).arg(port.to_string()).args(arguments);
            command.env("PGPASSWORD", &postgres.password).env("PGSSLMODE", "require");
            run(command);
        };
        let make = format!("CREATE ROLE {MASTER} LOGIN CREATEROLE CREATEDB PASSWORD '{}'", postgres.password);
        ask("psql", &["--quiet", "--dbname", "postgres", "--command", &make]);
        ask("createdb", &["--owner", MASTER, DATABASE]);
        postgres
    }

    /// Stops the server and waits for its end.
    pub fn stop(&self, how: Stop) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut server) = server else { return };
        let signal = match how {
            Stop::Fast => Signal::SIGINT,
            Stop::Immediate => Signal::SIGQUIT,
        };
        process::signal(&server, signal);
        assert!(process::wait(&mut server, PATIENCE).is_some(), "PostgreSQL does not stop: {}", self.said());
    }

    /// Starts the server that was stopped: the same data at the same port. Returns when it takes connections.
    pub fn start_again(&self) {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(server.is_none(), "PostgreSQL runs already");
        let log = fs::File::options().create(true).append(true).open(self.log()).expect("the log can be written");
        // As a crash, but so that it takes its shared memory with it.
        let mut command = self.command("postgres", Some("QUIT"));
        command.arg("-D").arg(self.data());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut started = process::start(command);
        let begun = Instant::now();
        while !self.is_ready() {
            let ended = started.try_wait().expect("the process is ours");
            assert!(ended.is_none(), "PostgreSQL ended at once: {}", self.said());
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL is not ready: {}", self.said());
            sleep(LOOK);
        }
        *server = Some(started);
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password of [`USER`] and [`MASTER`].
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Its address with user, password and database, verified.
    pub fn url(&self) -> String {
        let ca = self.ca.display();
        let (password, port) = (&self.password, self.port);
        format!("postgres://{USER}:{password}@127.0.0.1:{port}/{DATABASE}?sslmode=verify-full&sslrootcert={ca}")
    }

    /// Some connections for a test to look in.
    pub async fn pool(&self) -> PgPool {
        self.pool_of(USER, &self.password).await.expect("PostgreSQL takes connections")
    }

    /// Some connections of a user.
    pub async fn pool_of(&self, user: &str, password: &str) -> sqlx::Result<PgPool> {
        let options = PgConnectOptions::new().host("127.0.0.1").port(self.port).username(user);
        let options = options.password(password).database(DATABASE);
        let options = options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(&self.ca);
        PgPoolOptions::new().max_connections(4).connect_with(options).await
    }

    /// What the server wrote into its log, without what it says when all is well.
    pub fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn is_ready(&self) -> bool {
        let mut command = Command::new(self.binaries.join("pg_isready"));
        command.args(["--quiet", "--host", "127.0.0.1", "--port"]).arg(self.port.to_string());
        command.status().expect("pg_isready starts").success()
    }

    /// A command as the user whom the cluster belongs to, ended by a signal when we are gone.
    fn command(&self, name: &str, signal: Option<&str>) -> Command {
        let mut command = Command::new("setpriv");
        if geteuid().is_root() {
            let owner = owner();
            command.args(["--clear-groups", "--reuid"]).arg(owner.uid.to_string());
            command.arg("--regid").arg(owner.gid.to_string());
        }
        // After the user: the kernel forgets the signal when the user changes, and setpriv knows.
        signal.iter().for_each(|signal| {
            command.args(["--pdeathsig", signal]);
        });
        command.arg("--").arg(self.binaries.join(name)).current_dir("/").env_clear().env("LC_ALL", "C");
        command
    }

    fn initialize(&self, tls: &Tls) {
        let (folder, data) = (self.folder.path(), self.data());
        let secret = folder.join("password");
        let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.join(name));
        fs::write(&secret, &self.password).expect("the file can be written");
        fs::copy(tls.certificate(), &certificate).expect("the certificate can be copied");
        fs::copy(tls.key(), &key).expect("the key can be copied");
        for file in [&secret, &key] {
            fs::set_permissions(file, Permissions::from_mode(0o600)).expect("the file is ours");
        }
        if geteuid().is_root() {
            let owner = owner();
            for path in [folder, &secret, &certificate, &key] {
                chown(path, Some(owner.uid.as_raw()), Some(owner.gid.as_raw())).expect("the file can be given away");
            }
        }
        let mut initialize = self.command("initdb", None);
        initialize.args(["--username", USER, "--auth", "scram-sha-256", "--no-locale", "--encoding", "UTF8"]);
        initialize.args(["--no-sync", "--pwfile"]).arg(&secret).arg("--pgdata").arg(&data);
        run(initialize);
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\nmax_connections = 100\n\
             statement_timeout = 3000\nssl = on\nssl_cert_file = '{}'\nssl_key_file = '{}'\n\
             log_min_messages = warning\n",
            self.port,
            certificate.display(),
            key.display()
        );
        fs::write(data.join("postgresql.auto.conf"), settings).expect("the settings can be written");
        // As `rds.force_ssl`.
        fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n")
            .expect("the rules can be written");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let server = self.server.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut server) = server {
            process::signal(&server, Signal::SIGQUIT);
            process::wait(&mut server, PATIENCE);
        }
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Postgres").field("port", &self.port).finish_non_exhaustive()
    }
}

/// The user of Debian's package.
fn owner() -> User {
    let found = User::from_name("postgres").expect("users can be looked up");
    found.expect("as root there must be a user `postgres`: apt-get install postgresql")
}

/// The folder of the newest server that Debian installed.
fn binaries() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").map(|entries| entries.flatten().collect::<Vec<_>>());
    let found = versions.unwrap_or_default().into_iter().filter_map(|entry| {
        let version: u32 = entry.file_name().to_string_lossy().parse().ok()?;
        let folder = entry.path().join("bin");
        folder.join("initdb").is_file().then_some((version, folder))
    });
    found.max().map(|(_, folder)| folder).expect("there is no PostgreSQL: apt-get install postgresql")
}

fn run(mut command: Command) {
    let output = command.output().unwrap_or_else(|problem| panic!("{command:?} cannot be started: {problem}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
