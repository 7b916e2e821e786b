//! The order service under load, and what the outbox costs; `benches/load.py` builds everything and runs this.
//!
//! One process on this machine holds the clients, PostgreSQL, the emulator of AWS, the service and whatever it calls;
//! so the figures say how the service behaves when it is asked for more than the machine can do, not how fast it is on
//! machines of its own.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark")]
#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures for people")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use order_events::{Line, NewOrder, Submission};
use order_runtime::store::{Placed, Store};
use order_tests::World;
use order_tests::postgres::Postgres;
use order_tests::tls::Tls;
use sqlx::postgres::PgPoolOptions;
use sqlx::types::Json;

/// Clients at a time.
const CLIENTS: usize = 200;
/// Connections to the database: those of one pod of the platform.
const POOL: u32 = 8;

/// How long each call took, sorted.
struct Times(Vec<Duration>);

impl Times {
    fn new(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        assert!(!all.is_empty(), "nothing was measured");
        Self(all)
    }

    /// A percentile, in milliseconds.
    fn ms(&self, percent: usize) -> f64 {
        self.0[(self.0.len() - 1) * percent / 100].as_secs_f64() * 1_000.0
    }

    fn line(&self, name: &str, during: Duration) {
        let (p50, p95, p99) = (self.ms(50), self.ms(95), self.ms(99));
        let rate = self.0.len() as f64 / during.as_secs_f64();
        println!("{name:<34} {:>8} {rate:>9.0}/s  p50 {p50:>7.1}  p95 {p95:>7.1}  p99 {p99:>7.1} ms", self.0.len());
    }
}

fn main() {
    // `cargo test --benches` asks whether it starts, and no more.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let seconds = std::env::var("LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let during = Duration::from_secs(seconds);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        println!("{CLIENTS} clients, {seconds} s each\n");
        outbox(during).await;
        service(during).await;
    });
}

/// Runs clients side by side for a time; each call is measured.
async fn clients<F>(during: Duration, call: impl Fn(usize, u64) -> F + Send + Sync + 'static) -> Times
where
    F: Future<Output = ()> + Send,
{
    let call = Arc::new(call);
    let end = Instant::now() + during;
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let call = Arc::clone(&call);
            tokio::spawn(async move {
                let mut times = Vec::new();
                for number in 0.. {
                    let start = Instant::now();
                    if start >= end {
                        break;
                    }
                    call(client, number).await;
                    times.push(start.elapsed());
                }
                times
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("no client panics"));
    }
    Times::new(all)
}

fn submission(client: usize, number: u64) -> Submission {
    let line = Line { product_id: "sku-328".to_owned(), qty: 2 };
    let order = NewOrder { lines: vec![line], idempotency_key: None };
    let user = format!("user-{client}").parse().expect("it is a user");
    let key = number.to_string();
    let request = "d4e8c9f6-1234-4baf-8b3b-3fb7c11a8b2a".to_owned();
    let trace = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
    Submission::new(order, (user, &key), (request, trace), Timestamp::now()).expect("the key is sound")
}

/// An order with its event, beside the order alone: taking turns, on the same database.
async fn outbox(during: Duration) {
    const ROUNDS: u32 = 10;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let server = Postgres::start(&Tls::generate(folder.path()));
    let pool = PgPoolOptions::new().max_connections(POOL).test_before_acquire(false).connect(&server.url()).await;
    let pool = pool.expect("PostgreSQL takes connections");
    let store = Store::new(pool.clone());
    store.migrate().await.expect("the tables are made");
    let part = during / ROUNDS;
    let (mut plain, mut with_event) = (Vec::new(), Vec::new());
    // Who comes second in a round comes first in the next.
    for turn in 0..2 * ROUNDS {
        sqlx::query("TRUNCATE orders, outbox").execute(&pool).await.expect("the tables are emptied");
        if matches!(turn % 4, 0 | 3) {
            let pool = pool.clone();
            let times = clients(part, move |client, number| {
                let (pool, order) = (pool.clone(), submission(client, number));
                async move { insert(&pool, &order).await }
            });
            plain.push(times.await);
        } else {
            let store = store.clone();
            let times = clients(part, move |client, number| {
                let (store, order) = (store.clone(), submission(client, number));
                async move { assert_eq!(store.place(&order).await.expect("it is stored"), Placed::New) }
            });
            with_event.push(times.await);
        }
    }
    println!("PostgreSQL, {POOL} connections, every commit on disk, {ROUNDS} rounds in turns");
    let ratios = plain.iter().zip(&with_event).map(|(plain, with)| with.ms(95) / plain.ms(95));
    let mut ratios: Vec<f64> = ratios.collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let joined = |all: Vec<Times>| Times::new(all.into_iter().flat_map(|times| times.0).collect());
    let (plain, with_event) = (joined(plain), joined(with_event));
    plain.line("insert of an order", during);
    with_event.line("order and event in one statement", during);
    let percent = |ratio: f64| (ratio - 1.0) * 100.0;
    println!(
        "the outbox adds {:.0} % to the p95 of all, {:.0} % to that of the median round ({:.0} % to {:.0} %)\n",
        percent(with_event.ms(95) / plain.ms(95)),
        percent(ratios[ratios.len() / 2]),
        percent(ratios[0]),
        percent(ratios[ratios.len() - 1]),
    );
}

/// The insert of `Store::place` without the event.
async fn insert(pool: &sqlx::PgPool, order: &Submission) {
    let placed: bool = sqlx::query_scalar(
        "WITH placed AS (
            INSERT INTO orders (id, user_id, idempotency_key, fingerprint, request_id, lines, placed_at)
            VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7 / 1000000.0))
            ON CONFLICT (id) DO NOTHING RETURNING id
        )
        SELECT EXISTS (SELECT FROM placed)",
    )
    .bind(order.order_id.as_uuid())
    .bind(order.user_id.as_str())
    .bind(&order.idempotency_key)
    .bind(&order.fingerprint()[..])
    .bind(&order.request_id)
    .bind(Json(&order.lines))
    .bind(order.placed_at.as_microsecond())
    .fetch_one(pool)
    .await
    .expect("it is stored");
    assert!(placed, "an order of its own");
}

/// One pod of the service, with the relay at work, asked directly: the gateway would let 200 requests a second through.
async fn service(during: Duration) {
    let world = World::start().await;
    let service = world.start_program_with("order-service", &[("RATE_LIMIT", "100000"), ("LOG_LEVEL", "warn")]).await;
    let address = format!("http://{}", service.address("http"));
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(CLIENTS).build().expect("a client");
    let tokens: Vec<String> = (0..CLIENTS).map(|client| world.customer(&format!("user-{client}")).token).collect();
    let tokens = Arc::new(tokens);
    let order = serde_json::json!({ "productId": "sku-328", "qty": 2 }).to_string();
    // Until caches and pool are filled.
    for warm_up in [true, false] {
        let time = if warm_up { Duration::from_secs(2) } else { during };
        let (http, tokens, order, url) =
            (http.clone(), Arc::clone(&tokens), order.clone(), format!("{address}/v1/orders"));
        let times = clients(time, move |client, number| {
            let request = http.post(&url).bearer_auth(&tokens[client]).header("content-type", "application/json");
            let request = request.header("idempotency-key", format!("{warm_up}-{number}")).body(order.clone());
            async move {
                let status = request.send().await.expect("an answer").status();
                assert_eq!(status, 202, "POST /v1/orders");
            }
        });
        let times = times.await;
        if !warm_up {
            println!("order-service, one pod of the platform ({POOL} connections), relay and emulator beside it");
            times.line("POST /v1/orders", during);
        }
    }
    let (http, url) = (http.clone(), format!("{address}/v1/orders?limit=20"));
    let times = clients(during, move |client, _| {
        let request = http.get(&url).bearer_auth(&tokens[client]);
        async move {
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "GET /v1/orders");
            answer.bytes().await.expect("a body");
        }
    });
    times.await.line("GET /v1/orders?limit=20", during);
    let mib = |bytes: u64| bytes / 1_048_576;
    println!("memory of the service: {} MiB at its peak", mib(service.peak_memory()));
    let ended = world.terminate(service).await;
    println!("ended: {ended:?}");
}
