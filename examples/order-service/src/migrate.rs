//! `order-service migrate`: makes the tables, the users of the programs, and what they may do; as the master user.

use order_runtime::database;
use order_runtime::settings::{Reader, SecretFile};
use order_runtime::store::{Store, User};
use tracing::Level;

/// What it needs.
#[derive(Clone, Debug)]
pub struct Settings {
    database: database::Settings,
    users: [(User, SecretFile, SecretFile); 2],
    level: Level,
}

impl Settings {
    /// Reads them.
    pub fn read(env: &Reader<'_>) -> Option<Self> {
        let database = database::Settings::of_migration(env);
        let service = (
            env.secret("DB_ORDER_SERVICE_USERNAME_FILE", "file with the user of the order service"),
            env.secret("DB_ORDER_SERVICE_PASSWORD_FILE", "file with that user's password"),
        );
        let worker = (
            env.secret("DB_ORDER_WORKER_USERNAME_FILE", "file with the user of the worker"),
            env.secret("DB_ORDER_WORKER_PASSWORD_FILE", "file with that user's password"),
        );
        let level = env.or("LOG_LEVEL", "least level of log lines: error, warn, info, debug or trace", "info");
        let users = [(User::Service, service.0?, service.1?), (User::Worker, worker.0?, worker.1?)];
        Some(Self { database: database?, users, level: level? })
    }

    /// Returns the least level of log lines.
    pub fn level(&self) -> Level {
        self.level
    }
}

/// Does it. It may be done again at any time, by several at once, and while programs run.
///
/// # Errors
///
/// What went wrong; it is safe to try again.
pub async fn run(settings: &Settings) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let users = settings.users.iter().map(|(user, name, password)| Ok((*user, name.read()?, password.read()?)));
    let users = users.collect::<std::io::Result<Vec<_>>>()?;
    let store = Store::new(settings.database.connections("order-service/migrate"));
    store.migrate().await?;
    store.make_users(&users).await?;
    tracing::info!("tables and users are as this version expects them");
    Ok(())
}
