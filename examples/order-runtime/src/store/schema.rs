//! The tables: made and changed by a migration alone, which also makes the users and says what they may do; and whether
//! they are there.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AssertSqlSafe, PgTransaction};

use super::{Error, Store};
use crate::database::is_class;
use crate::scram;
use crate::settings::Secret;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Who makes tables and users at a time: those that start together wait for each other. Any number that nobody else uses.
const LOCK: i64 = 0x6f72_6465_7273;

/// A program of the platform, as the database knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// The order service.
    Service,
    /// The worker, in any role.
    Worker,
}

/// A table and what may be done with it.
type Grant = (&'static str, &'static str);

impl User {
    /// What it does, and nothing more: it cannot change tables. Who locks rows must be allowed to update them.
    const fn grants(self) -> &'static [Grant] {
        match self {
            Self::Service => &[
                ("_sqlx_migrations", "SELECT"),
                ("orders", "SELECT, INSERT"),
                ("outbox", "SELECT, INSERT, UPDATE, DELETE"),
                ("outbox_held", "SELECT, INSERT, UPDATE, DELETE"),
            ],
            Self::Worker => &[
                ("_sqlx_migrations", "SELECT"),
                ("orders", "SELECT, INSERT, UPDATE"),
                ("outbox", "SELECT, INSERT"),
                ("stock", "SELECT, INSERT, UPDATE"),
                ("idempotency", "SELECT, INSERT, UPDATE, DELETE"),
            ],
        }
    }
}

/// Whether the tables are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tables {
    /// They are as this version expects them, or as a later one does.
    There,
    /// The database answers, and says that they are not there, or not for us.
    Missing(String),
}

impl Store {
    /// Makes the tables, or changes them to what this version expects. A database that a newer version has changed is used
    /// as it is: versions that run side by side must be able to.
    ///
    /// # Errors
    ///
    /// The database does not answer.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        let mut connection = self.connection().await?;
        match MIGRATIONS.run_direct(None, &mut *connection, false).await {
            Err(MigrateError::VersionMissing(version)) => {
                tracing::warn!(version, "the database is that of a newer version");
                Ok(())
            }
            Err(error) => {
                // Whatever it was: the next attempt is made on a connection of its own.
                self.connections.retire();
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    /// Makes users where they are not there, gives them their passwords, and allows them what they do and nothing else.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn make_users(&self, users: &[(User, Secret, Secret)]) -> Result<(), Error> {
        let mut transaction = self.connections.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
        let database: String =
            sqlx::query_scalar("SELECT quote_ident(current_database())").fetch_one(&mut *transaction).await?;
        // What everybody may do by default is to make tables of a session.
        run(&mut transaction, format!("REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")).await?;
        run(&mut transaction, "REVOKE CREATE ON SCHEMA public FROM PUBLIC".to_owned()).await?;
        for (user, name, password) in users {
            let known = sqlx::query("SELECT FROM pg_roles WHERE rolname = $1").bind(name.reveal());
            let known = known.fetch_optional(&mut *transaction).await?.is_some();
            let quoted = "SELECT quote_ident($1), quote_literal($2)";
            let verifier = scram::verifier(password.reveal());
            let (role, verifier): (String, String) =
                sqlx::query_as(quoted).bind(name.reveal()).bind(verifier).fetch_one(&mut *transaction).await?;
            let verb = if known { "ALTER" } else { "CREATE" };
            run(&mut transaction, format!("{verb} ROLE {role} LOGIN PASSWORD {verifier}")).await?;
            run(&mut transaction, format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")).await?;
            run(&mut transaction, format!("GRANT CONNECT ON DATABASE {database} TO {role}")).await?;
            run(&mut transaction, format!("GRANT USAGE ON SCHEMA public TO {role}")).await?;
            for (table, what) in user.grants() {
                run(&mut transaction, format!("GRANT {what} ON {table} TO {role}")).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Looks whether the tables are there.
    ///
    /// # Errors
    ///
    /// The database does not answer.
    pub async fn tables(&self) -> Result<Tables, Error> {
        let done = async {
            let done = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success");
            Ok::<Vec<i64>, Error>(done.fetch_all(&mut *self.connection().await?).await?)
        };
        let done = match done.await {
            Ok(done) => done,
            Err(Error::Unavailable(error) | Error::Refused(error)) if is_unknown(&error) => {
                return Ok(Tables::Missing(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        let missing = MIGRATIONS.iter().map(|migration| migration.version).find(|version| !done.contains(version));
        Ok(missing.map_or(Tables::There, |version| Tables::Missing(format!("migration {version} has not been made"))))
    }
}

/// What somebody is answered who asks before there are tables, the database, or the user: 42P01 no such table, 42501 not
/// for us, 3D000 no such database, 28 no such user or another password.
fn is_unknown(error: &sqlx::Error) -> bool {
    ["42P01", "42501", "3D000", "28"].iter().any(|class| is_class(error, class))
}

/// Runs a statement that takes no parameters; names and texts in it were quoted by the database.
async fn run(transaction: &mut PgTransaction<'_>, statement: String) -> Result<(), Error> {
    sqlx::query(AssertSqlSafe(statement)).execute(&mut **transaction).await?;
    Ok(())
}
