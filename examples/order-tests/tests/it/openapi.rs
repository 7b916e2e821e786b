//! The `OpenAPI` document, held against the running service by schemathesis.

use std::process::{Command, Stdio};

use order_tests::process::root;

use crate::shop::{Shop, print};

/// Examples of each operation and phase. More find more and take longer.
const EXAMPLES: &str = "40";
/// The same requests each time.
const SEED: &str = "5";

#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_as_its_document_says() {
    let tool = root().join("target/schemathesis/bin/schemathesis");
    assert!(tool.is_file(), "there is no {}: scripts/test installs it", tool.display());
    let mut shop = Shop::closed().await;
    // 429 is no answer to wrong data.
    shop.set("RATE_LIMIT", "100000");
    shop.start("order-service").await;
    shop.tables().await;
    let token = shop.customer("ann").token;
    let address = format!("http://{}", shop.program("order-service").address("http"));
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut command = Command::new(tool);
    command.current_dir(folder.path()).stdin(Stdio::null());
    command.arg("--config-file").arg(root().join("examples/order-service/schemathesis.toml"));
    command.args(["run", &format!("{address}/openapi.json"), "--url", &address, "--checks", "all"]);
    command.args([
        "--seed",
        SEED,
        "--max-examples",
        EXAMPLES,
        "--no-color",
        "--header",
        &format!("Authorization: Bearer {token}"),
    ]);
    let output = tokio::task::spawn_blocking(move || command.output().expect("schemathesis starts")).await;
    let output = output.expect("nothing panics");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).replace(&token, "TOKEN");
    assert!(output.status.success(), "{said}");
    shop.close().await;
    let summary = said.find("= SUMMARY =").map_or(said.as_str(), |start| &said[start..]);
    print(summary);
}
