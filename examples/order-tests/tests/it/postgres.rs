//! The private PostgreSQL.

use order_tests::postgres::{Postgres, Stop};
use order_tests::tls::Tls;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_verified_and_keeps_its_data_when_it_is_stopped() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let postgres = Postgres::start(&Tls::generate(folder.path()));
    let pool = postgres.pool().await;
    sqlx::query("CREATE TABLE kept (number bigint)").execute(&pool).await.expect("a table can be made");
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(sqlx::query_scalar::<_, bool>(encrypted).fetch_one(&pool).await.expect("an answer"));
    let limit: String = sqlx::query_scalar("SHOW statement_timeout").fetch_one(&pool).await.expect("an answer");
    assert_eq!(limit, "3s");

    for (number, how) in [(1_i64, Stop::Fast), (2, Stop::Immediate)] {
        let insert = sqlx::query("INSERT INTO kept VALUES ($1)").bind(number).execute(&pool).await;
        insert.expect("a row can be inserted");
        postgres.stop(how);
        assert!(PgConnection::connect(&postgres.url()).await.is_err(), "{how:?}");
        postgres.start_again();
        let pool = postgres.pool().await;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(&pool).await.expect("an answer");
        assert_eq!(count, number, "{how:?}");
    }

    let connect = |url: String| async move { PgConnection::connect(&url).await };
    connect(postgres.url()).await.expect("the address has all that is needed");
    let plain = connect(postgres.url().replace("verify-full", "disable")).await;
    assert!(plain.is_err(), "without TLS nobody is let in");
    let other = tempfile::tempdir().expect("a folder can be made");
    let other = Tls::generate(other.path());
    let (start, _) =
        postgres.url().split_once("sslrootcert=").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a CA");
    let distrusted = connect(format!("{start}sslrootcert={}", other.ca().display())).await;
    assert!(distrusted.is_err(), "somebody else's authority does not do");
}
