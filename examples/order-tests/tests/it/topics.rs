//! Events on their way from the topic to the queues, as the deployed subscriptions say.

use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use order_tests::aws::Aws;
use order_tests::emulator::Emulator;
use order_tests::platform::Platform;
use order_tests::tls::Tls;
use serde_json::json;

const QUEUES: [&str; 3] = ["email", "inventory", "payment"];

async fn publish(aws: &Aws, topic: &str, kind: &str) -> Result<(), String> {
    let attribute = MessageAttributeValue::builder().data_type("String").string_value(kind).build();
    let body = json!({ "eventType": kind }).to_string();
    let publish = aws.sns().publish().topic_arn(topic).message(body);
    let sent = publish.message_attributes("eventType", attribute.expect("an attribute has a type")).send().await;
    let code = |error: aws_sdk_sns::Error| format!("{error:?}");
    sent.map(|_| ()).map_err(|error| code(error.into()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_comes_into_the_queues_whose_filter_wants_it() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let emulator = Emulator::start(&Tls::generate(folder.path()));
    let platform = Platform::apply(&emulator).await;
    let topic = platform.output("messaging", "TopicOrderEventsRef");
    let service = emulator.aws().assume(&platform.role_of("order-service"), "test").await;

    let wanted = [
        ("OrderCreated", ["inventory", "payment"].as_slice()),
        ("OrderConfirmed", &["email"]),
        ("OrderCancelled", &QUEUES),
        ("SomethingElse", &[]),
    ];
    for (kind, queues) in wanted {
        publish(&service, topic, kind).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
        let mut came = Vec::new();
        for queue in QUEUES {
            let messages = emulator.aws().drain(platform.queue_url(queue)).await;
            for message in &messages {
                let body = message.body().expect("a body");
                assert_eq!(body, json!({ "eventType": kind }).to_string(), "delivered as it is");
                let attributes = message.message_attributes().expect("attributes");
                assert_eq!(attributes["eventType"].string_value(), Some(kind));
            }
            came.extend(messages.iter().map(|_| queue));
        }
        assert_eq!(came, queues, "{kind}");
    }

    // IAM knows no action for batches: who may publish and delete may do so in batches.
    let entry = PublishBatchRequestEntry::builder().id("1").message("{}").build().expect("an entry has an id");
    let batch =
        |aws: &Aws| aws.sns().publish_batch().topic_arn(topic).publish_batch_request_entries(entry.clone()).send();
    let sent = batch(&service).await.expect("the service may publish");
    assert_eq!((sent.successful().len(), sent.failed().len()), (1, 0));
    assert_eq!(emulator.count("sns:PublishBatch").await, 1, "calls are counted by the name of the request");

    let plain = publish(&service.at(&emulator.plain_endpoint()), topic, "OrderCreated").await;
    assert!(plain.is_err_and(|error| error.contains("AuthorizationError")), "without TLS");
    let email = emulator.aws().assume(&platform.role_of("email"), "test").await;
    let refused = publish(&email, topic, "OrderCreated").await.expect_err("the role may not publish");
    assert!(refused.contains("AuthorizationError") || refused.contains("AccessDenied"), "{refused}");
    assert!(batch(&email).await.is_err(), "nor in batches");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_received_too_often_is_put_aside() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let emulator = Emulator::start(&Tls::generate(folder.path()));
    let platform = Platform::apply(&emulator).await;
    assert_eq!(platform.queues().len(), 10);
    for queue in ["email", "intake", "inventory", "payment", "replay"] {
        assert!(platform.queues().values().any(|url| *url == platform.dead_letter_url(queue)));
        let (url, dead) = (platform.queue_url(queue), platform.dead_letter_url(queue));
        let sqs = emulator.aws().sqs();
        let mut send = sqs.send_message().queue_url(url).message_body("poison");
        if queue == "replay" {
            send = send.message_group_id("order-1");
        }
        send.send().await.expect("the queue takes messages");
        let mut received = 0;
        loop {
            let ask = sqs.receive_message().queue_url(url).visibility_timeout(0).wait_time_seconds(0);
            let answer = ask.send().await.expect("the queue can be received from");
            if answer.messages().is_empty() {
                break;
            }
            received += 1;
            assert!(received <= 20, "{queue} never gives up");
        }
        assert_eq!(received, 5, "{queue}");
        let aside = emulator.aws().drain(dead).await;
        assert_eq!(aside.len(), 1, "{queue}");
    }
}
