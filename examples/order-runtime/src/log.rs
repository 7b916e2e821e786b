//! Log lines: JSON, one object a line, with the fields of the spans around them.
//!
//! The fields of the seed's line are always named the same: `time`, `level`, `service`, `requestId`, `message`,
//! `orderId`, `userId`, `durationMs`; `traceId` joins them with the trace. A span that is about a request or a message
//! carries `requestId`, and every line within has it.

use std::fmt;
use std::io::Write;
use std::sync::Mutex;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Writes lines to something.
pub struct Lines<W> {
    service: String,
    out: Mutex<W>,
}

impl<W: Write> Lines<W> {
    /// Writes lines of a service.
    pub fn new(service: impl Into<String>, out: W) -> Self {
        Self { service: service.into(), out: Mutex::new(out) }
    }
}

/// The fields of a span, in order.
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}").into());
    }
}

impl Fields {
    /// Fields with a dot are for traces: `otel.kind`.
    fn set(&mut self, field: &Field, value: Value) {
        if !field.name().contains('.') {
            self.0.insert(field.name().to_owned(), value);
        }
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Map::new();
        line.insert("time".to_owned(), jiff::Timestamp::now().to_string().into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("service".to_owned(), self.service.as_str().into());
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
                line.extend(fields.clone());
            }
        }
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        line.extend(fields.0);
        let text = format!("{}\n", Value::Object(line));
        // A log that cannot be written has nobody to tell.
        let mut out = self.out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_the_fields_of_its_spans_and_its_own() {
        let buffer = Buffer::default();
        let lines = tracing_subscriber::registry().with(Lines::new("order-service", buffer.clone()));
        tracing::subscriber::with_default(lines, || {
            let span =
                tracing::info_span!("request", requestId = "r1", traceId = tracing::field::Empty, otel.kind = "server");
            span.record("traceId", "4bf9");
            let _in = span.enter();
            tracing::info!(orderId = %"o\n1", userId = "user-999", durationMs = 72_u64, "OrderCreated");
        });
        let text = String::from_utf8(buffer.0.lock().expect("nobody panics").clone()).expect("it is UTF-8");
        let line: Map<String, Value> = serde_json::from_str(&text).expect("it is one line of JSON");
        let keys: Vec<&str> = line.keys().map(String::as_str).collect();
        assert_eq!(keys.len(), 9, "{text}");
        let expected = [("level", "INFO"), ("service", "order-service"), ("requestId", "r1"), ("traceId", "4bf9")];
        for (key, value) in expected.into_iter().chain([("message", "OrderCreated"), ("orderId", "o\n1")]) {
            assert_eq!(line[key], value, "{text}");
        }
        assert_eq!(line["durationMs"], 72);
    }
}
