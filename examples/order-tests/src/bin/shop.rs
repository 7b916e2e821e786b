//! The whole shop on this machine, until Ctrl-C: the bundled platform on the emulator of AWS, its programs, and whatever
//! they call.
//!
//! `cargo run -p order-tests --bin shop`; needs `scripts/emulator --install` and PostgreSQL once. It prints how to place
//! an order, then the log lines of the programs as they come.

#![expect(clippy::print_stdout, reason = "it is there to be read")]

use std::time::Duration;

use order_tests::World;

/// In the order in which an order meets them.
const PROGRAMS: [&str; 6] = ["order-service", "payment", "inventory", "email", "intake", "replay"];
const PRODUCT: &str = "sku-328";
const STOCK: i64 = 100;
/// How often is looked for new lines.
const LOOK: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() {
    println!("deploying the platform…");
    let world = World::start().await;
    let mut programs = Vec::new();
    for name in PROGRAMS {
        programs.push(world.start_program(name).await);
        println!("{name} is ready");
    }
    world.set_stock(PRODUCT, STOCK).await;
    println!("{}", introduction(&world));

    let mut shown = 0;
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let lines = world.log.lines();
        lines.iter().skip(shown).for_each(|line| println!("{}", line.text));
        shown = lines.len();
        tokio::select! {
            _ = &mut interrupted => break,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    // Everything ends with this process, and nothing of it is kept.
    println!("{} programs, PostgreSQL and AWS are gone.", programs.len());
}

fn introduction(world: &World) -> String {
    let (url, token) = (world.gateway.url(), world.customer("user-999").token);
    format!(
        "\nThe API is at {url}; there are {STOCK} of {PRODUCT}. In another terminal:\n\n\
         export TOKEN={token}\n\
         curl -i {url}/v1/orders -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n  \
         -d '{{\"productId\":\"{PRODUCT}\",\"qty\":2,\"idempotencyKey\":\"order-1\"}}'\n\
         curl -s {url}/v1/orders -H \"Authorization: Bearer $TOKEN\"\n\nCtrl-C stops it.\n"
    )
}
