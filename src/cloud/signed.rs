//! Requests to services of which a command needs an action or two: signed and sent by the parts that the SDK's own
//! clients are made of, so that no client has to be built for them.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_cloudformation::config::http::{HttpRequest, HttpResponse};
use aws_sdk_cloudformation::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::http_client_fn;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::{ATTEMPT, CONNECT, clock};

/// How long before their end credentials are asked for anew.
const RENEWED: Duration = Duration::from_mins(5);

/// A request before it is signed.
pub(super) struct Ask<'a> {
    /// The service as signatures name it, such as `s3`.
    pub(super) service: &'a str,
    /// The region as signatures name it.
    pub(super) region: &'a str,
    /// Method of HTTP.
    pub(super) method: &'static str,
    /// Where it goes, escaped.
    pub(super) url: &'a str,
    /// Type of the body.
    pub(super) content_type: &'static str,
    /// The body.
    pub(super) body: &'a [u8],
}

/// What a service answered to a request that it refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", meta.message().unwrap_or("refused"))]
pub(super) struct Refusal {
    meta: ErrorMetadata,
}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.meta
    }
}

/// Signs with the credentials of the SDK's settings, and sends through the connections of the SDK's clients.
pub(super) struct Signer {
    connector: SharedHttpConnector,
    config: SdkConfig,
    credentials: Mutex<Option<Credentials>>,
    /// How far the services' clock is ahead of this machine's. Unit: seconds.
    skew: AtomicI64,
    /// The same by the date of the last answer, if it had one, without anything following from it.
    ahead: Mutex<Option<i64>>,
}

/// The connections of a run, and what hands them to the SDK's clients.
///
/// `ring` signs and encrypts: every library here takes it, and it builds in a tenth of the time of `aws-lc-rs`.
pub(super) fn connections() -> (SharedHttpConnector, SharedHttpClient) {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ATTEMPT).build();
    let connector = Connector::builder()
        .connector_settings(settings)
        .proxy_config(ProxyConfig::from_env())
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build();
    let connector = SharedHttpConnector::new(connector);
    let shared = connector.clone();
    (connector, http_client_fn(move |_, _| shared.clone()))
}

impl Signer {
    pub(super) fn new(connector: SharedHttpConnector, config: SdkConfig) -> Self {
        Self { connector, config, credentials: Mutex::default(), skew: AtomicI64::new(0), ahead: Mutex::default() }
    }

    /// Sends a request once and returns the body of the answer.
    pub(super) async fn send(&self, ask: Ask<'_>) -> Result<Vec<u8>, SdkError<Refusal, HttpResponse>> {
        let request = self.signed(&ask, self.credentials().await?).map_err(SdkError::construction_failure)?;
        let answer = tokio::time::timeout(ATTEMPT, self.answer(request)).await;
        let (answer, body) = answer.map_err(SdkError::timeout_error)??;
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = clock::ahead(&answer);
        if answer.status().is_success() {
            return Ok(body);
        }
        let meta = refusal(&String::from_utf8_lossy(&body));
        if let Some(skew) = clock::skew(meta.code().unwrap_or_default(), &answer) {
            self.skew.store(skew, Ordering::Relaxed);
        }
        Err(SdkError::service_error(Refusal { meta }, answer))
    }

    /// How far the services' clock is ahead of this machine's, by the last answer. Unit: seconds.
    pub(super) fn ahead(&self) -> Option<i64> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: HttpRequest) -> Result<(HttpResponse, Vec<u8>), SdkError<Refusal, HttpResponse>> {
        let mut answer = self.connector.call(request).await.map_err(|error| {
            if error.is_timeout() { SdkError::timeout_error(error) } else { SdkError::dispatch_failure(error) }
        })?;
        let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
        match ByteStream::new(body).collect().await {
            Ok(body) => Ok((answer, body.to_vec())),
            Err(error) => Err(SdkError::response_error(error, answer)),
        }
    }

    async fn credentials(&self) -> Result<Credentials, SdkError<Refusal, HttpResponse>> {
        let kept = self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let soon = SystemTime::now() + RENEWED;
        if let Some(kept) = kept.filter(|kept| kept.expiry().is_none_or(|end| end > soon)) {
            return Ok(kept);
        }
        let lost = |error| SdkError::dispatch_failure(ConnectorError::other(error, None));
        let Some(provider) = self.config.credentials_provider() else {
            return Err(lost("there are no credentials".into()));
        };
        let found = provider.provide_credentials().await.map_err(|error| lost(error.into()))?;
        *self.credentials.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    /// The request with its signature.
    ///
    /// S3 wants the digest of the body as a header, and the path as it is.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html> (from
    /// memory).
    fn signed(
        &self,
        ask: &Ask<'_>,
        credentials: Credentials,
    ) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
        let mut settings = SigningSettings::default();
        if ask.service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let identity = credentials.into();
        let parameters = SigningParams::builder().identity(&identity).region(ask.region).name(ask.service);
        let parameters = parameters.time(self.now()).settings(settings).build()?.into();
        let headers = [("content-type", ask.content_type)];
        let signable = SignableRequest::new(ask.method, ask.url, headers.into_iter(), SignableBody::Bytes(ask.body))?;
        let (signature, _) = sign(signable, &parameters)?.into_parts();
        let mut request = http::Request::builder().method(ask.method).uri(ask.url);
        for (name, value) in headers.into_iter().chain(signature.headers()) {
            request = request.header(name, value);
        }
        let request = request.header("content-length", ask.body.len());
        Ok(request.body(SdkBody::from(ask.body))?.try_into()?)
    }

    /// The time of the services, as far as it is known.
    fn now(&self) -> SystemTime {
        let skew = self.skew.load(Ordering::Relaxed);
        let by = Duration::from_secs(skew.unsigned_abs());
        let now = SystemTime::now();
        if skew < 0 { now.checked_sub(by).unwrap_or(now) } else { now + by }
    }
}

/// The code and the words of a refusal in XML, as S3 and STS give them.
fn refusal(body: &str) -> ErrorMetadata {
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = element(body, "Code") {
        meta = meta.code(code);
    }
    if let Some(message) = element(body, "Message") {
        meta = meta.message(message);
    }
    meta.build()
}

/// The text of the first element of a name in a document of XML, at any depth.
pub(super) fn element(document: &str, name: &str) -> Option<String> {
    let mut document = aws_smithy_xml::decode::Document::new(document);
    while let Some(start) = document.next_start_element() {
        if start.matches(name) {
            let mut scope = document.scoped_to(start);
            return aws_smithy_xml::decode::try_data(&mut scope).ok().map(|text| text.into_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_element_of_a_document_is_found_at_any_depth() {
        let body = "<E><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>a &amp; b</Message></Error></E>";
        assert_eq!(refusal(body).code(), Some("AccessDenied"));
        assert_eq!(refusal(body).message(), Some("a & b"));
        assert_eq!(refusal("").code(), None);
    }
}
