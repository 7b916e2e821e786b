//! The connection to PostgreSQL.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions as _, PgPool};

use crate::settings::{Reader, Secret};

/// How long a request waits for a connection. Less than the request may take, more than a statement of the database.
const ACQUIRE: Duration = Duration::from_secs(2);
/// Longest that a statement may take, as the database of the platform has it. Unit: milliseconds.
const STATEMENT: &str = "3000";

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct Settings {
    host: String,
    port: u16,
    name: String,
    user: Secret,
    password: Secret,
    pool: u32,
    ca: Option<PathBuf>,
}

impl Settings {
    /// Reads them.
    pub fn read(env: &Reader<'_>) -> Option<Self> {
        let host = env.required("DB_HOST", "host name of the database");
        let port = env.required("DB_PORT", "port of the database");
        let name = env.required("DB_NAME", "name of the database");
        let user = env.secret("DB_USERNAME_FILE", "file with the user of the database");
        let password = env.secret("DB_PASSWORD_FILE", "file with that user's password");
        let pool = env.required("DB_POOL_SIZE", "most connections that this pod may open");
        let ca = env.maybe(
            "DB_CA_FILE",
            "file with the certificates that the database's must come from; without it the connection is encrypted, and \
             the host is not verified",
        );
        Some(Self { host: host?, port: port?, name: name?, user: user?, password: password?, pool: pool?, ca: ca? })
    }

    /// Makes a pool. It connects when it is first used, so that a program starts while the database is down.
    pub fn pool(&self, application: &str) -> PgPool {
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .database(&self.name)
            .username(self.user.reveal())
            .password(self.password.reveal())
            .application_name(application)
            .options([("statement_timeout", STATEMENT)])
            .disable_statement_logging();
        options = match &self.ca {
            Some(file) => options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(file),
            None => options.ssl_mode(PgSslMode::Require),
        };
        PgPoolOptions::new()
            .max_connections(self.pool)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(Duration::from_mins(5))
            .max_lifetime(Duration::from_mins(20))
            .test_before_acquire(false)
            .connect_lazy_with(options)
    }

    /// Returns how many connections there may be.
    pub fn pool_size(&self) -> u32 {
        self.pool
    }
}
