//! Numbers for alarms, in `CloudWatch`.
//!
//! One request in a minute does not need the SDK's client of `CloudWatch`, with a protocol, a compression and big numbers
//! of its own; its older protocol is a form.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::Client;

/// Longest that a request may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Version of the protocol.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html> (read 2026-11-30).
const VERSION: &str = "2010-08-01";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
}

/// A namespace of `CloudWatch`.
#[derive(Debug)]
pub struct Numbers {
    http: Client,
    url: String,
    region: String,
    namespace: String,
    credentials: Option<SharedCredentialsProvider>,
}

impl Numbers {
    /// Uses a namespace. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn new(config: &SdkConfig, namespace: String) -> reqwest::Result<Self> {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let url = config.endpoint_url().map_or_else(|| endpoint(&region), |url| url.trim_end_matches('/').to_owned());
        let http = Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Self { http, url, region, namespace, credentials: config.credentials_provider() })
    }

    /// Puts numbers there, as they are now.
    ///
    /// # Errors
    ///
    /// Says why they are not there.
    pub async fn put(&self, numbers: &[(&str, Unit, f64)]) -> Result<(), String> {
        let provider = self.credentials.as_ref().ok_or("there are no credentials")?;
        let credentials = provider.provide_credentials().await.map_err(|error| format!("no credentials: {error}"))?;
        let (url, body) = (format!("{}/", self.url), form(&self.namespace, numbers));
        let identity = credentials.into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("monitoring")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let headers = std::iter::once(("content-type", FORM));
        let signable = SignableRequest::new("POST", &url, headers, SignableBody::Bytes(body.as_bytes()));
        let signed = sign(signable.map_err(|error| error.to_string())?, &parameters);
        let (signature, _) = signed.map_err(|error| error.to_string())?.into_parts();
        let mut request = self.http.post(&url).header("content-type", FORM).body(body);
        for (name, value) in signature.headers() {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|error| format!("no answer: {error}"))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let text = answer.text().await.unwrap_or_default();
        Err(format!("{status}: {}", said(&text)))
    }
}

/// Where `CloudWatch` is in a region.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/cw_region.html> (read 2026-11-30).
fn endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://monitoring.{region}.{suffix}")
}

fn form(namespace: &str, numbers: &[(&str, Unit, f64)]) -> String {
    let fixed = [("Action", "PutMetricData"), ("Version", VERSION), ("Namespace", namespace)];
    let mut all: Vec<String> = fixed.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
    for (index, (name, unit, value)) in numbers.iter().enumerate() {
        let member = format!("MetricData.member.{}", index.saturating_add(1));
        let unit = match unit {
            Unit::Count => "Count",
            Unit::Seconds => "Seconds",
        };
        all.push(format!("{member}.MetricName={}&{member}.Unit={unit}&{member}.Value={value}", encode(name)));
    }
    all.join("&")
}

/// A value of a form.
fn encode(value: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    value.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What an error says, without its XML.
fn said(text: &str) -> &str {
    let inner = text.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>"));
    inner.map_or(text, |(message, _)| message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_a_form() {
        let form = form("orders/local", &[("Parked", Unit::Count, 2.0), ("Oldest", Unit::Seconds, 1.5)]);
        assert_eq!(
            form,
            "Action=PutMetricData&Version=2010-08-01&Namespace=orders%2Flocal\
             &MetricData.member.1.MetricName=Parked&MetricData.member.1.Unit=Count&MetricData.member.1.Value=2\
             &MetricData.member.2.MetricName=Oldest&MetricData.member.2.Unit=Seconds&MetricData.member.2.Value=1.5"
        );
    }

    #[test]
    fn a_region_has_its_address() {
        assert_eq!(endpoint("eu-west-1"), "https://monitoring.eu-west-1.amazonaws.com");
        assert_eq!(endpoint("cn-north-1"), "https://monitoring.cn-north-1.amazonaws.com.cn");
        assert_eq!(said("<ErrorResponse><Error><Message>not yours</Message></Error></ErrorResponse>"), "not yours");
        assert_eq!(said("nonsense"), "nonsense");
    }
}
