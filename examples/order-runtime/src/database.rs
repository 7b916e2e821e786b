//! The connections to PostgreSQL.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions as _, PgPool, PgTransaction, Postgres};

use crate::settings::{Reader, Secret, SecretFile};

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
    login: Login,
    pool: u32,
    ca: Option<PathBuf>,
}

/// Who connects, in files that whoever rotates the password writes anew.
#[derive(Clone, Debug)]
struct Login {
    user: SecretFile,
    password: SecretFile,
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
        let login = Login { user: user?, password: password? };
        Some(Self { host: host?, port: port?, name: name?, login, pool: pool?, ca: ca? })
    }

    /// Makes what connects, when it is first used, so that a program starts while the database is down.
    pub fn connections(&self, application: &str) -> Connections {
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .database(&self.name)
            .application_name(application)
            .options([("statement_timeout", STATEMENT)])
            .disable_statement_logging();
        options = match &self.ca {
            Some(file) => options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(file),
            None => options.ssl_mode(PgSslMode::Require),
        };
        let retired = Retired::default();
        let looked_at = retired.clone();
        let pool = PgPoolOptions::new()
            .max_connections(self.pool)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(Duration::from_mins(5))
            .max_lifetime(Duration::from_mins(20))
            .test_before_acquire(false)
            .before_acquire(move |_, known| {
                let keeps = looked_at.keeps(known.age);
                Box::pin(async move { Ok(keeps) })
            })
            .connect_lazy_with(options);
        Connections { pool, login: Some(Arc::new((self.login.clone(), Mutex::default()))), retired }
    }

    /// Returns how many connections there may be.
    pub fn pool_size(&self) -> u32 {
        self.pool
    }
}

impl Login {
    fn read(&self) -> io::Result<(Secret, Secret)> {
        Ok((self.user.read()?, self.password.read()?))
    }
}

/// When all connections that there were became useless, if they did.
#[derive(Clone, Debug, Default)]
struct Retired(Arc<Mutex<Option<Instant>>>);

impl Retired {
    /// Whether a connection of this age is still good.
    fn keeps(&self, age: Duration) -> bool {
        let retired = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        retired.is_none_or(|at| at.elapsed() > age)
    }
}

/// Connections to the database: a pool of them that knows who connects.
///
/// User and password are read when a connection is asked for, so that each one that is opened is opened as the files say
/// then. One that is open stays, whatever becomes of the password.
#[derive(Clone, Debug)]
pub struct Connections {
    pool: PgPool,
    /// Who connects, and what was read of that last; nothing where the pool knows.
    login: Option<Arc<(Login, Mutex<Option<(Secret, Secret)>>)>>,
    retired: Retired,
}

impl From<PgPool> for Connections {
    /// Uses a pool that knows who connects.
    fn from(pool: PgPool) -> Self {
        Self { pool, login: None, retired: Retired::default() }
    }
}

impl Connections {
    /// Takes a connection; it is free again when it is dropped.
    ///
    /// # Errors
    ///
    /// There is none, or not in time.
    pub async fn acquire(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        self.renew();
        match self.pool.acquire().await {
            // Somebody may have changed the password between the two files, or after they were read.
            Err(error) if is_class(&error, "28") && self.renew() => self.pool.acquire().await,
            acquired => acquired,
        }
    }

    /// Begins a transaction on a connection of its own; it is rolled back if it is dropped.
    ///
    /// # Errors
    ///
    /// As [`Connections::acquire`].
    pub async fn begin(&self) -> sqlx::Result<PgTransaction<'static>> {
        PgTransaction::begin(self.acquire().await?, None).await
    }

    /// Gives up every connection that there is now: those that nobody uses are closed instead of used again, and those
    /// that somebody uses when they are asked for next.
    pub fn retire(&self) {
        *self.retired.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Closes all connections, and waits for those that somebody uses.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Reads who connects. Returns whether that is new.
    fn renew(&self) -> bool {
        let Some((login, known)) = self.login.as_deref() else { return false };
        let read = match login.read() {
            Ok(read) => read,
            Err(cause) => {
                tracing::warn!(%cause, "the login of the database cannot be read; the one that was known is used");
                return false;
            }
        };
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref() == Some(&read) {
            return false;
        }
        if known.is_some() {
            tracing::info!("the login of the database has changed");
        }
        let (user, password) = &read;
        let options = PgConnectOptions::clone(&self.pool.connect_options());
        self.pool.set_connect_options(options.username(user.reveal()).password(password.reveal()));
        *known = Some(read);
        true
    }
}

/// Whether the database refused with a code that begins so.
pub(crate) fn is_class(error: &sqlx::Error, class: &str) -> bool {
    error.as_database_error().and_then(|said| said.code()).is_some_and(|code| code.starts_with(class))
}
