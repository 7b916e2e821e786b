//! The ledger in PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Row as _;

use super::{Answer, Begun, Claim, Ledger, REMEMBERED};
use crate::database::Database;
use crate::outcome::Step;

/// One in so many events that are done also forgets some that need not be remembered any more.
const FORGETS: u32 = 500;

/// The table `idempotency`, beside the orders.
#[derive(Clone, Debug)]
pub struct PostgreSql {
    database: Arc<Database>,
}

impl PostgreSql {
    /// Uses a database.
    pub fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    async fn begun(&self, claim: &Claim) -> Step<Begun> {
        let call = async || {
            let mut connection = self.database.store().connection().await?;
            let taken = sqlx::query(
                "INSERT INTO idempotency AS i (key, done, owner, expires_at)
                 VALUES ($1, false, $2, now() + make_interval(secs => $3))
                 ON CONFLICT (key) DO UPDATE
                 SET done = false, owner = excluded.owner, expires_at = excluded.expires_at
                 WHERE i.expires_at < now() OR (NOT i.done AND i.owner = excluded.owner)",
            )
            .bind(&claim.key)
            .bind(&claim.owner)
            .bind(claim.lease.as_secs_f64())
            .execute(&mut *connection)
            .await?;
            if taken.rows_affected() > 0 {
                return Ok(Begun::Fresh);
            }
            let row = sqlx::query(
                "SELECT done, extract(epoch FROM expires_at - now())::float8 AS left FROM idempotency WHERE key = $1",
            )
            .bind(&claim.key)
            .fetch_optional(&mut *connection)
            .await?;
            // One that is gone by now was let go.
            let Some(row) = row else { return Ok(Begun::Busy(Duration::ZERO)) };
            let left = Duration::try_from_secs_f64(row.try_get("left")?).unwrap_or_default();
            Ok(if row.try_get("done")? { Begun::Done } else { Begun::Busy(left) })
        };
        self.database.ask(call).await
    }

    async fn ours(&self, claim: &Claim, done: bool, time: Duration) -> Step<bool> {
        let call = async || {
            let changed = sqlx::query(
                "UPDATE idempotency SET done = done OR $3, expires_at = now() + make_interval(secs => $4)
                 WHERE key = $1 AND owner = $2 AND (NOT done OR $3)",
            )
            .bind(&claim.key)
            .bind(&claim.owner)
            .bind(done)
            .bind(time.as_secs_f64())
            .execute(&mut *self.database.store().connection().await?)
            .await?;
            Ok(changed.rows_affected() > 0)
        };
        self.database.ask(call).await
    }

    async fn forget(&self) -> Step<()> {
        let call = async || {
            sqlx::query(
                "DELETE FROM idempotency WHERE key IN
                 (SELECT key FROM idempotency WHERE expires_at < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)",
            )
            .execute(&mut *self.database.store().connection().await?)
            .await?;
            Ok(())
        };
        self.database.ask(call).await
    }
}

impl Ledger for PostgreSql {
    fn begin<'a>(&'a self, claim: &'a Claim) -> Answer<'a, Begun> {
        Box::pin(self.begun(claim))
    }

    fn renew<'a>(&'a self, claim: &'a Claim) -> Answer<'a, bool> {
        Box::pin(self.ours(claim, false, claim.lease))
    }

    fn complete<'a>(&'a self, claim: &'a Claim) -> Answer<'a, bool> {
        Box::pin(async {
            let ours = self.ours(claim, true, REMEMBERED).await?;
            if rand::random_ratio(1, FORGETS) {
                // Another time will do.
                let _ = self.forget().await;
            }
            Ok(ours)
        })
    }

    fn release<'a>(&'a self, claim: &'a Claim) -> Answer<'a, ()> {
        Box::pin(async {
            let call = async || {
                sqlx::query("DELETE FROM idempotency WHERE key = $1 AND owner = $2 AND NOT done")
                    .bind(&claim.key)
                    .bind(&claim.owner)
                    .execute(&mut *self.database.store().connection().await?)
                    .await?;
                Ok(())
            };
            self.database.ask(call).await
        })
    }
}
