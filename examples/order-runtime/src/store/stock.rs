//! The goods of an order.

use std::collections::BTreeMap;

use order_events::OrderId;
use sqlx::PgConnection;

use super::{Cause, Error, Locked, Store};

/// What became of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The goods are reserved.
    Reserved,
    /// There are not enough of a product, and the order is cancelled.
    OutOfStock,
    /// It was settled before, or the order is cancelled.
    Settled,
}

impl Store {
    /// Reserves the goods of an order, all or none. The order is confirmed if it is paid, and cancelled if there are not
    /// enough; a product that is not known is one of which there is none.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn reserve(&self, id: OrderId, cause: &Cause) -> Result<Reserved, Error> {
        let mut tx = self.begin().await?;
        let order = Locked::take(&mut tx, id).await?;
        if order.stock != "OPEN" || !order.is("PENDING") {
            return Ok(Reserved::Settled);
        }
        let wanted = wanted(&order);
        let (products, amounts) = columns(&wanted);
        // In one order for all transactions, so that none waits for another in a circle.
        let enough: Vec<bool> = sqlx::query_scalar(
            "SELECT available >= wanted FROM stock JOIN unnest($1::text[], $2::bigint[]) AS w (product_id, wanted)
             USING (product_id) ORDER BY product_id FOR UPDATE OF stock",
        )
        .bind(&products)
        .bind(&amounts)
        .fetch_all(&mut *tx)
        .await?;
        let reserved = enough.len() == wanted.len() && enough.iter().all(|enough| *enough);
        if reserved {
            take(&mut tx, &products, &amounts).await?;
            set(&mut tx, id, "RESERVED").await?;
            if order.payment == "CAPTURED" {
                order.confirm(&mut tx, cause).await?;
            }
        } else {
            set(&mut tx, id, "MISSING").await?;
            order.cancel(&mut tx, "out-of-stock", cause).await?;
        }
        tx.commit().await?;
        Ok(if reserved { Reserved::Reserved } else { Reserved::OutOfStock })
    }

    /// Gives back the goods of a cancelled order. Returns whether there were any.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn release(&self, id: OrderId) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let order = Locked::take(&mut tx, id).await?;
        if !order.is("CANCELLED") || order.stock != "RESERVED" {
            return Ok(false);
        }
        let (products, amounts) = columns(&wanted(&order));
        sqlx::query("SELECT FROM stock WHERE product_id = ANY($1) ORDER BY product_id FOR UPDATE")
            .bind(&products)
            .execute(&mut *tx)
            .await?;
        let back: Vec<i64> = amounts.iter().map(|amount| -amount).collect();
        take(&mut tx, &products, &back).await?;
        set(&mut tx, id, "RELEASED").await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Says how many of a product there are.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn set_stock(&self, product: &str, available: u32) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO stock (product_id, available) VALUES ($1, $2)
             ON CONFLICT (product_id) DO UPDATE SET available = excluded.available",
        )
        .bind(product)
        .bind(i64::from(available))
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }
}

/// Adds up the lines of an order by product, in the order of products.
fn wanted(order: &Locked) -> BTreeMap<&str, i64> {
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for line in &order.lines {
        let amount = wanted.entry(&line.product_id).or_default();
        *amount = amount.saturating_add(i64::from(line.qty));
    }
    wanted
}

fn columns(wanted: &BTreeMap<&str, i64>) -> (Vec<String>, Vec<i64>) {
    wanted.iter().map(|(product, amount)| ((*product).to_owned(), *amount)).unzip()
}

async fn take(tx: &mut PgConnection, products: &[String], amounts: &[i64]) -> Result<(), Error> {
    sqlx::query(
        "UPDATE stock SET available = available - wanted FROM unnest($1::text[], $2::bigint[]) AS w (product_id, wanted)
         WHERE stock.product_id = w.product_id",
    )
    .bind(products)
    .bind(amounts)
    .execute(tx)
    .await?;
    Ok(())
}

async fn set(tx: &mut PgConnection, id: OrderId, stock: &str) -> Result<(), Error> {
    sqlx::query("UPDATE orders SET stock = $2, changed_at = now() WHERE id = $1")
        .bind(id.as_uuid())
        .bind(stock)
        .execute(tx)
        .await?;
    Ok(())
}
