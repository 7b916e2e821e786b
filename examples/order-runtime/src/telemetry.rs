//! Traces: where a request or a message belongs, and their way to an OpenTelemetry collector.
//!
//! Trace context is read and written whether traces are exported or not, so that no program breaks a chain.

use std::collections::HashMap;

use opentelemetry::propagation::{Extractor, Injector, TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{KeyValue, global};
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_otlp::{Protocol, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry};

use crate::log::Lines;
use crate::settings::Reader;

/// What OpenTelemetry's variables say, by their own names:
/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.
#[derive(Clone, Debug)]
pub struct Settings {
    service: String,
    attributes: String,
    propagators: String,
    /// The collector; nothing if traces are not exported.
    endpoint: Option<String>,
    level: Level,
}

impl Settings {
    /// Reads them.
    pub fn read(env: &Reader<'_>) -> Option<Self> {
        let service = env.required("OTEL_SERVICE_NAME", "name of this program in logs and traces");
        let attributes = env.or("OTEL_RESOURCE_ATTRIBUTES", "what else is known of it, as `key=value,…`", "");
        let propagators = env.or("OTEL_PROPAGATORS", "how trace context is written", "tracecontext,baggage");
        let propagators = propagators.filter(|names: &String| known(env, names));
        let disabled = env.or::<bool>("OTEL_SDK_DISABLED", "`true` if no traces are exported", "false");
        let endpoint = env.maybe::<String>("OTEL_EXPORTER_OTLP_ENDPOINT", "address of the collector");
        let protocol = env.or::<OtlpProtocol>("OTEL_EXPORTER_OTLP_PROTOCOL", "how it is spoken to", "http/protobuf");
        let level = env.or("LOG_LEVEL", "least level of log lines: error, warn, info, debug or trace", "info");
        protocol?;
        Some(Self {
            service: service?,
            attributes: attributes?,
            propagators: propagators?,
            endpoint: if disabled? { None } else { endpoint? },
            level: level?,
        })
    }

    /// Returns the name of this program.
    pub fn service(&self) -> &str {
        &self.service
    }
}

/// The protocol that we speak.
struct OtlpProtocol;

impl std::str::FromStr for OtlpProtocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "http/protobuf" {
            Ok(Self)
        } else {
            Err("this program speaks http/protobuf only; use the collector's port 4318".to_owned())
        }
    }
}

fn known(env: &Reader<'_>, names: &str) -> bool {
    let unknown = names.split(',').find(|name| !["tracecontext", "baggage", "xray", "none"].contains(&name.trim()));
    unknown.is_none_or(|name| {
        env.refuse(format!("OTEL_PROPAGATORS names `{name}`; known: tracecontext, baggage, xray, none"))
    })
}

/// Exports what is left when it is dropped.
#[derive(Debug)]
#[must_use = "traces that are not exported yet are lost with it"]
pub struct Telemetry(SdkTracerProvider);

impl Telemetry {
    /// Exports what is left. It blocks; call it where nothing else has to happen.
    pub fn shut_down(self) {
        // The collector may be gone; then there is nobody to tell.
        let _ = self.0.shutdown();
    }
}

/// Starts logs on standard output, and traces.
///
/// # Errors
///
/// The address of the collector is none.
pub fn start(settings: &Settings) -> Result<Telemetry, Box<dyn std::error::Error + Send + Sync>> {
    let attributes = settings.attributes.split(',').filter_map(|pair| pair.split_once('='));
    let attributes = attributes.map(|(key, value)| KeyValue::new(key.trim().to_owned(), value.trim().to_owned()));
    let resource = Resource::builder().with_service_name(settings.service.clone()).with_attributes(attributes).build();
    let mut provider = SdkTracerProvider::builder().with_resource(resource);
    if let Some(endpoint) = &settings.endpoint {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_timeout(std::time::Duration::from_secs(5))
            .build()?;
        provider = provider.with_batch_exporter(exporter);
    }
    let provider = provider.build();
    global::set_text_map_propagator(propagator(&settings.propagators));
    let tracer = provider.tracer("order");
    let targets = targets(settings.level);
    Registry::default()
        .with(tracing_opentelemetry::layer().with_tracer(tracer).with_filter(targets.clone()))
        .with(Lines::new(settings.service.clone(), std::io::stdout()).with_filter(targets))
        .try_init()?;
    Ok(Telemetry(provider))
}

/// Starts logs on standard output alone, for what runs once.
///
/// # Errors
///
/// They were started before.
pub fn start_logs(service: &str, level: Level) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let lines = Lines::new(service, std::io::stdout()).with_filter(targets(level));
    Ok(Registry::default().with(lines).try_init()?)
}

/// The libraries below are heard when something is wrong with them.
fn targets(level: Level) -> Targets {
    let ours = ["order_service", "order_worker", "order_runtime"].map(|name| (name, level));
    Targets::new().with_default(LevelFilter::WARN).with_targets(ours)
}

fn propagator(names: &str) -> TextMapCompositePropagator {
    let known = names.split(',').filter_map(|name| -> Option<Box<dyn TextMapPropagator + Send + Sync>> {
        match name.trim() {
            "tracecontext" => Some(Box::new(TraceContextPropagator::new())),
            "baggage" => Some(Box::new(BaggagePropagator::new())),
            "xray" => Some(Box::new(XrayPropagator::default())),
            _ => None,
        }
    });
    // The first that finds a context must not be overwritten by one that finds none; so the last asked is the first named.
    let mut all: Vec<_> = known.collect();
    all.reverse();
    TextMapCompositePropagator::new(all)
}

/// Headers or message attributes, by name in lower case.
pub type Carrier = HashMap<String, String>;

struct Read<'a>(&'a Carrier);

impl Extractor for Read<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(&key.to_ascii_lowercase()).map(String::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

struct Written<'a>(&'a mut Carrier);

impl Injector for Written<'_> {
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(key.to_ascii_lowercase(), value);
    }
}

/// Makes a span part of the trace that headers or attributes name, and notes its `traceId`.
pub fn adopt(span: &Span, carrier: &Carrier) {
    let context = global::get_text_map_propagator(|propagator| propagator.extract(&Read(carrier)));
    // A span that nobody looks at has no trace.
    let _ = span.set_parent(context);
    let id = span.context().span().span_context().trace_id();
    span.record("traceId", id.to_string());
}

/// Returns the headers that tell another side where the current span belongs.
pub fn headers() -> Carrier {
    let mut carrier = Carrier::new();
    let context = Span::current().context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut Written(&mut carrier)));
    carrier.retain(|_, value| !value.is_empty());
    carrier
}

/// Returns the header `traceparent` of the current span.
pub fn traceparent() -> Option<String> {
    headers().remove("traceparent")
}
