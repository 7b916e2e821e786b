//! Events that cannot be published, and who learns of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::shop::{PLENTY, SOON, Shop, order};

/// The numbers that the service reports.
pub(crate) const REPORTED: [&str; 4] =
    ["OldestEventAge", "OldestPendingOrderAge", "OldestUnsettledPaymentAge", "ParkedEvents"];

/// Runs the command line of the service in a pod, and returns its code and what it printed.
fn operate(shop: &mut Shop, arguments: &[&str]) -> (i32, String) {
    let pod = shop.program("order-service");
    let mut command = std::process::Command::new(order_tests::process::built("order-service"));
    command.args(arguments).env_clear().envs(&pod.environment().variables);
    let output = command.output().expect("the service starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bucket_refuses_holds_up_nothing_else() {
    let mut shop = Shop::open().await;
    shop.world.set_stock("sku-1", PLENTY).await;
    let ann = shop.customer("ann");
    shop.world.emulator.faults(&json!([{ "service": "s3", "kind": "error", "status": 500, "times": 100_000 }])).await;
    let lines: Vec<Value> = (0..9_900).map(|_| order("sku-1", 1)).collect();
    let mut large = Vec::new();
    for number in 0..12 {
        large.push(shop.place(&ann, &format!("large-{number}"), &json!({ "lines": lines })).await);
    }
    let small = shop.place(&ann, "small", &order("sku-1", 1)).await;
    shop.until(&ann, &small.id, "CONFIRMED").await;
    assert_eq!(shop.state(&ann, &large[0].id).await, "PENDING");
    let (code, listed) = operate(&mut shop, &["outbox", "list", "--format", "json"]);
    assert_eq!(code, 0, "{listed}");
    let listed: Value = serde_json::from_str(&listed).unwrap_or_else(|problem| panic!("{problem}: {listed}"));
    let first = &listed[0];
    assert!(first["reason"].as_str().is_some_and(|reason| reason.contains("bucket")), "{listed}");
    assert!(first["attempts"].as_u64() >= Some(1) && first["dueAt"].is_string(), "{listed}");
    assert_eq!(operate(&mut shop, &["outbox", "put-back", "--all"]), (0, "0 put back\n".to_owned()));

    shop.world.emulator.clear_faults().await;
    let due = "UPDATE outbox_held SET due_at = now()";
    sqlx::query(due).execute(&shop.world.db).await.expect("nobody waits");
    for placed in &large {
        shop.until(&ann, &placed.id, "CONFIRMED").await;
    }
    shop.until_quiet(SOON * 2).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_too_long_is_reported_to_the_namespace_that_is_ours() {
    let mut shop = Shop::closed().await;
    shop.quick();
    shop.start("order-service").await;
    shop.tables().await;
    let namespace = shop.program("order-service").environment().variables["METRICS_NAMESPACE"].clone();
    let world = shop.world.clone();
    let list = async || {
        let service = ("monitoring", "2010-08-01", order_tests::aws::REGION);
        let answer = world.aws().query(service, "ListMetrics", &[("Namespace", &namespace)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let there = async || {
        let body = list().await;
        REPORTED.iter().all(|name| body.contains(&format!("<MetricName>{name}</MetricName>")))
    };
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(there().await, "{}\n{}", list().await, shop.said());
    assert_eq!(list().await.matches("<MetricName>").count(), REPORTED.len());
    shop.close().await;
}
