//! Whoever collects traces.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use order_tests::otlp::Collector;
use prost::Message;

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

#[tokio::test]
async fn spans_are_remembered_with_their_service_and_trace() {
    let collector = Collector::start().await;
    let span = Span {
        trace_id: vec![0xab; 16],
        span_id: vec![1; 8],
        parent_span_id: vec![2; 8],
        name: "POST /v1/orders".to_owned(),
        attributes: vec![attribute("http.response.status_code", Value::IntValue(202))],
        ..Span::default()
    };
    let service = attribute("service.name", Value::StringValue("order-service".to_owned()));
    let spans = ResourceSpans {
        resource: Some(Resource { attributes: vec![service], ..Resource::default() }),
        scope_spans: vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    };
    let request = ExportTraceServiceRequest { resource_spans: vec![spans] };
    let client = reqwest::Client::new();
    let post = async |body: Vec<u8>| {
        let sent = client.post(format!("{}/v1/traces", collector.url())).body(body).send().await;
        sent.expect("the collector answers").status()
    };
    assert_eq!(post(request.encode_to_vec()).await, 200);
    assert_eq!(post(b"no protobuf".to_vec()).await, 400);
    let spans = collector.of_trace(&"ab".repeat(16));
    let [span] = spans.as_slice() else { panic!("there is one span: {spans:?}") };
    assert_eq!((span.service.as_str(), span.name.as_str()), ("order-service", "POST /v1/orders"));
    assert_eq!(span.parent, "02".repeat(8));
    assert_eq!(span.attributes["http.response.status_code"], "202");
}
