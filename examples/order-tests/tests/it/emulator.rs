//! AWS on loopback: policies about TLS and about roles are kept.

use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
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
    let asked = intake.sqs().receive_message().queue_url(queue).send().await.expect("the worker may receive");
    let [message] = asked.messages() else { panic!("there is one message: {asked:?}") };
    let receipt = message.receipt_handle().expect("a message has a receipt");
    let entry = DeleteMessageBatchRequestEntry::builder().id("1").receipt_handle(receipt).build();
    let delete = intake.sqs().delete_message_batch().queue_url(queue);
    let deleted = delete.entries(entry.expect("an entry has an id")).send().await.expect("the worker may delete");
    assert_eq!((deleted.successful().len(), deleted.failed().len()), (1, 0));
    let refused = send(&intake, queue).await;
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
