//! The login of the database changes, or its writer does, while programs run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, io};

use order_runtime::breaker::{Breaker, Broken};
use order_runtime::database;
use order_runtime::settings::Reader;
use order_runtime::store::{Error, Placed, Store};
use order_tests::postgres::{self, Postgres};
use order_tests::tls::Tls;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgPool};

use crate::shop::{PLENTY, ROLES, SOON, Shop, order, placed};
use crate::store::submission;

const WITHIN: Duration = Duration::from_secs(3);

/// A database, and a store that knows it as a program does: by variables and files.
struct Deployed {
    _server: Postgres,
    /// Somebody who may everything.
    root: PgPool,
    store: Store,
    breaker: Breaker,
    folder: tempfile::TempDir,
}

impl Deployed {
    async fn start(connections: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let tls = Tls::generate(folder.path());
        let server = Postgres::start(&tls);
        let root = server.pool().await;
        let (user, password) = (folder.path().join("user"), folder.path().join("password"));
        execute(&root, "CREATE ROLE service SUPERUSER LOGIN PASSWORD 'first'".to_owned()).await;
        write(&user, "service");
        write(&password, "first");
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let variables = BTreeMap::from([
            ("DB_HOST", "127.0.0.1".to_owned()),
            ("DB_PORT", server.port().to_string()),
            ("DB_NAME", postgres::DATABASE.to_owned()),
            ("DB_USERNAME_FILE", text(&user)),
            ("DB_PASSWORD_FILE", text(&password)),
            ("DB_POOL_SIZE", connections.to_string()),
            ("DB_CA_FILE", text(&tls.ca())),
        ]);
        let variable = |name: &str| variables.get(name).cloned();
        let read = |path: &str| fs::read_to_string(path);
        let settings = Reader::new(&variable, &read).finish(database::Settings::read).expect("all is there");
        let store = Store::new(settings.connections("order-tests"));
        store.migrate().await.expect("the tables are made");
        Self { _server: server, root, store, breaker: Breaker::new("the database", 99, WITHIN), folder }
    }

    async fn place(&self, key: &str) -> Result<Placed, Broken<Error>> {
        let order = submission("ann", key, &[("sku-1", 1)]);
        self.store.ask(&self.breaker, WITHIN, || self.store.place(&order)).await
    }

    /// Ends the connections of the store.
    async fn disconnect(&self) {
        disconnect(&self.root, "order-tests").await;
    }
}

/// Replaces a file at once, as whoever mounts secrets does.
fn write(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).and_then(|()| fs::rename(&new, path)).expect("the file can be written");
}

async fn execute(db: &PgPool, statement: String) {
    sqlx::query(AssertSqlSafe(statement)).execute(db).await.expect("the database does it");
}

async fn disconnect(db: &PgPool, application: &str) {
    execute(
        db,
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '{application}%'"),
    )
    .await;
}

fn refused(error: &Broken<Error>, code: &str) -> bool {
    let Broken::Failed(Error::Unavailable(sqlx::Error::Database(said))) = error else { return false };
    said.code().as_deref() == Some(code)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_connection_is_opened_with_the_login_that_the_files_say_then() {
    let deployed = Deployed::start(2).await;
    deployed.place("k1").await.expect("it is stored");
    // The password is another, and the file does not say so yet. Connections that are open stay.
    execute(&deployed.root, "ALTER ROLE service PASSWORD 'second'".to_owned()).await;
    deployed.place("k2").await.expect("it is stored");
    deployed.disconnect().await;
    let error = deployed.place("k3").await.expect_err("the password is refused");
    assert!(refused(&error, "28P01"), "it is an outage: {error}");
    write(&deployed.folder.path().join("password"), "second\n");
    deployed.place("k3").await.expect("it is stored");
    // Another user, and another password, one after the other.
    execute(&deployed.root, "CREATE ROLE other SUPERUSER LOGIN PASSWORD 'third'".to_owned()).await;
    deployed.disconnect().await;
    write(&deployed.folder.path().join("user"), "other");
    let error = deployed.place("k4").await.expect_err("it is the password of another user");
    assert!(refused(&error, "28P01"), "it is an outage: {error}");
    write(&deployed.folder.path().join("password"), "third");
    deployed.place("k4").await.expect("it is stored");
    // A file that is missing for a moment does no harm.
    fs::remove_file(deployed.folder.path().join("password")).expect("it is there");
    deployed.disconnect().await;
    deployed.place("k5").await.expect("it is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_a_server_that_takes_no_changes_is_given_up() {
    let deployed = Deployed::start(3).await;
    // As connections are that lead to the server which was the writer until just now.
    let mut stale = Vec::new();
    for _ in 0..3 {
        let mut connection = deployed.store.connection().await.expect("a connection");
        sqlx::query("SET default_transaction_read_only = on").execute(&mut *connection).await.expect("it is set");
        stale.push(connection);
    }
    drop(stale);
    deployed.store.takes_changes().await.expect_err("it was the writer");
    deployed.place("k1").await.expect("the next connection leads to the writer");
    deployed.store.takes_changes().await.expect("it is the writer");

    // No server takes changes, as when the volume is full.
    execute(&deployed.root, format!("ALTER DATABASE {} SET default_transaction_read_only = on", postgres::DATABASE))
        .await;
    deployed.disconnect().await;
    let error = deployed.place("k2").await.expect_err("nothing can be written");
    assert!(refused(&error, "25006"), "it is an outage: {error}");
    let mut writes = deployed.root.acquire().await.expect("a connection");
    let back = format!("ALTER DATABASE {} RESET default_transaction_read_only", postgres::DATABASE);
    sqlx::query("SET default_transaction_read_only = off").execute(&mut *writes).await.expect("it is set");
    sqlx::query(AssertSqlSafe(back)).execute(&mut *writes).await.expect("it is set");
    deployed.place("k2").await.expect("it is stored");
}

/// The files with the login of every program that runs.
fn files(shop: &mut Shop, variable: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for name in ["order-service"].into_iter().chain(ROLES) {
        all.extend(shop.program(name).environment().variables.get(variable).map(PathBuf::from));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_under_load_loses_no_order_and_needs_no_restart() {
    let mut shop = Shop::closed().await;
    shop.quick();
    shop.set("RATE_LIMIT", "10000");
    shop.start_all().await;
    shop.world.set_stock("sku-1", PLENTY).await;
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|client| {
            let (world, over) = (shop.world.clone(), over.clone());
            tokio::spawn(async move {
                let customer = world.customer(&format!("customer-{client}"));
                let mut answers = Vec::new();
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("key-{number}");
                    let answer = world.place(&customer, &key, &order("sku-1", 1)).await.expect("the gateway answers");
                    answers.push(placed(answer).await);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                answers
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let users: io::Result<Vec<String>> = files(&mut shop, "DB_USERNAME_FILE").iter().map(fs::read_to_string).collect();
    let mut users = users.expect("the files are there");
    users.sort_unstable();
    users.dedup();
    let password = "rotated-and-known-to-nobody-yet";
    for user in &users {
        execute(&shop.world.db, format!("ALTER ROLE \"{user}\" PASSWORD '{password}'")).await;
        if user == postgres::USER {
            let options = PgConnectOptions::clone(&shop.world.db.connect_options());
            shop.world.db.set_connect_options(options.password(password));
        }
    }
    disconnect(&shop.world.db, "order-").await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let said = shop.program("order-service").readiness().await;
    assert_eq!(said, (200, "ready\nthe database does not answer\n".to_owned()));
    for file in files(&mut shop, "DB_PASSWORD_FILE") {
        write(&file, password);
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    over.store(true, Ordering::Relaxed);
    let mut ids = Vec::new();
    for client in clients {
        for answer in client.await.expect("nothing panics") {
            assert_eq!(answer.status, 202, "{}", shop.said());
            ids.push(answer.id);
        }
    }
    assert!(ids.len() > 50, "there were {} orders", ids.len());
    shop.until_quiet(SOON).await;
    let said = shop.program("order-service").readiness().await;
    assert_eq!(said, (200, "ready\n".to_owned()));
    let tally = shop.world.providers.tally();
    for id in &ids {
        assert_eq!(tally.get(id).map(|tally| (tally.charges, tally.refunds)), Some((1, 0)), "{id}\n{}", shop.said());
    }
    assert_eq!(shop.world.stock("sku-1").await, PLENTY - i64::try_from(ids.len()).expect("there are few"));
    let mut left = shop.world.backlog().await;
    left.retain(|queue, _| queue.ends_with("DeadLetter"));
    assert!(left.is_empty(), "nothing is in a dead-letter queue: {left:?}");
    shop.close().await;
}
