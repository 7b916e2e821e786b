//! Who may do what in the database: the migration makes tables and users, and the programs write rows.

use std::time::Duration;

use order_tests::postgres::Stop;
use order_tests::world::World;
use sqlx::{AssertSqlSafe, PgPool};

const SOON: Duration = Duration::from_secs(20);

/// The code with which the database refuses a statement; nothing if it does not.
async fn refused(db: &PgPool, statement: &str) -> Option<String> {
    let done = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(db).await;
    let error = done.err()?;
    Some(error.as_database_error().and_then(|said| said.code()).unwrap_or_else(|| panic!("{error}")).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_of_the_programs_write_rows_and_change_no_tables() {
    const NOT_ALLOWED: &str = "42501";
    let world = World::start().await;
    let (service, worker) = (world.db_of("order_service").await, world.db_of("order_worker").await);
    for (user, db) in [("order_service", &service), ("order_worker", &worker)] {
        for statement in [
            "CREATE TABLE mine (id int)",
            "CREATE TEMPORARY TABLE mine (id int)",
            "CREATE SCHEMA mine",
            "CREATE ROLE mine",
            "ALTER TABLE orders ADD COLUMN mine int",
            "CREATE INDEX mine ON orders (status)",
            "DROP TABLE orders",
            "TRUNCATE orders",
            "UPDATE _sqlx_migrations SET success = false",
            "DELETE FROM orders",
            "ALTER ROLE order_worker CREATEDB",
        ] {
            assert_eq!(refused(db, statement).await.as_deref(), Some(NOT_ALLOWED), "{user}: {statement}");
        }
        assert_eq!(refused(db, "SELECT count(*) FROM orders").await, None, "{user}");
    }
    // What belongs to the other one.
    for statement in ["UPDATE orders SET status = 'CONFIRMED'", "SELECT FROM stock", "SELECT FROM idempotency"] {
        assert_eq!(refused(&service, statement).await.as_deref(), Some(NOT_ALLOWED), "{statement}");
    }
    assert_eq!(refused(&worker, "DELETE FROM outbox").await.as_deref(), Some(NOT_ALLOWED));
    // The master user of the tests is none to whom everything is allowed, as that of RDS is not.
    let master = "SELECT FROM pg_roles WHERE rolname = 'master' AND NOT rolsuper AND NOT rolbypassrls";
    assert_eq!(sqlx::query(master).fetch_all(&world.db).await.expect("roles can be read").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_may_run_again_and_gives_a_user_a_new_password() {
    let world = World::start().await;
    let stored = || async {
        let all = "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'order_%' ORDER BY rolname";
        sqlx::query_scalar::<_, String>(all).fetch_all(&world.db).await.expect("roles can be read")
    };
    let before = stored().await;
    assert!(before.len() == 2 && before.iter().all(|kept| kept.starts_with("SCRAM-SHA-256$")), "{before:?}");
    sqlx::query("ALTER ROLE order_service PASSWORD 'of somebody else'").execute(&world.db).await.expect("it is done");
    sqlx::query("GRANT DELETE ON orders TO order_service").execute(&world.db).await.expect("it is done");
    let (one, two) = tokio::join!(world.migrate(&[]), world.migrate(&[]));
    assert!(one.success() && two.success(), "{}", world.log.tail("orders"));
    let service = world.db_of("order_service").await;
    assert_eq!(
        refused(&service, "DELETE FROM orders").await.as_deref(),
        Some("42501"),
        "what was allowed by hand is not"
    );
    let said = world.postgres.said();
    assert!(world.secrets.all().all(|secret| !said.contains(secret) || secret.len() < 16), "a password is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_not_ready_before_the_tables_are_there() {
    let world = World::start_without_tables().await;
    let names = ["order-service", "payment"];
    let mut programs = Vec::new();
    for name in names {
        programs.push(world.begin_program(name).await);
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    for (name, program) in names.iter().zip(&programs) {
        assert!(program.is_alive().await && !program.is_ready().await, "{name} waits:\n{}", world.log.tail(name));
        assert!(world.log.of(name).iter().any(|line| line.get("message") == Some("the tables are not there yet")));
    }
    let status = world.migrate(&[]).await;
    assert!(status.success(), "{}", world.log.tail("orders"));
    for program in &programs {
        world.until("it is ready", SOON, async || program.is_ready().await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_start_without_the_database_and_a_migration_does_not() {
    let world = World::start_without_tables().await;
    world.postgres.stop(Stop::Fast);
    let service = world.begin_program("order-service").await;
    world.until("it takes orders for the queue", SOON, async || service.is_ready().await).await;
    let status = world.migrate(&[]).await;
    assert_eq!(status.code(), Some(1), "it is tried again: {}", world.log.tail("orders"));
    world.postgres.start_again();
    assert!(world.migrate(&[]).await.success(), "{}", world.log.tail("orders"));
}
