//! AWS on loopback: policies about TLS and about roles are kept.

use order_tests::aws::Aws;
use order_tests::emulator::Emulator;
use order_tests::platform::Platform;
use order_tests::tls::Tls;
use serde_json::json;

/// The code of a refusal, or nothing.
async fn send(aws: &Aws, queue: &str) -> Option<String> {
    let sent = aws.sqs().send_message().queue_url(queue).message_body("{}").send().await;
    let error = sent.err()?;
    let error = error.as_service_error().expect("SQS itself refuses");
    Some(error.meta().code().expect("a refusal has a code").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_refuses_what_comes_without_tls_and_what_a_role_may_not() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let tls = Tls::generate(folder.path());
    let emulator = Emulator::start(&tls);
    let platform = Platform::apply(&emulator).await;
    let queue = platform.queue_url("intake");

    let root = emulator.aws();
    let denied = Some("AccessDenied".to_owned());
    assert_eq!(send(&root.at(&emulator.plain_endpoint()), queue).await, denied, "without TLS");
    assert_eq!(send(root, queue).await, None, "with TLS");
    assert_eq!(root.queue_depth(queue).await, (1, 0));

    let email = root.assume(&platform.role_of("email"), "test").await;
    let refused = send(&email, queue).await.expect("the role of another worker may not send");
    assert!(refused.contains("AccessDenied"), "{refused}");
    let intake = root.assume(&platform.role_of("intake"), "test").await;
    let (messages, refused) = (intake.drain(queue).await, send(&intake, queue).await);
    assert_eq!(messages.len(), 1);
    assert!(refused.is_some_and(|code| code.contains("AccessDenied")), "it receives and does not send");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_meet_requests_with_tls_and_calls_are_counted() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let emulator = Emulator::start(&Tls::generate(folder.path()));
    emulator.faults(&json!([{ "service": "sqs", "action": "ListQueues", "kind": "reset" }])).await;
    let sqs = emulator.aws().sqs();
    assert!(sqs.list_queues().send().await.is_err());
    sqs.list_queues().send().await.expect("the fault is over");
    assert_eq!(emulator.fired().await.len(), 1);
    assert_eq!(emulator.count("sqs:ListQueues").await, 2);
    emulator.forget_calls().await;
    assert!(emulator.calls().await.is_empty());
}
