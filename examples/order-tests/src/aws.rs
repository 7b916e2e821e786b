//! Asking AWS on loopback: the SDK's clients, and requests that need no SDK.

use std::time::SystemTime;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region, SharedHttpClient, retry::RetryConfig};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use serde_json::Value;

use crate::tls::Tls;

/// The home region of the environment `local`.
pub const REGION: &str = "eu-west-1";
const FORM: &str = "application/x-www-form-urlencoded";

/// Somebody's access to AWS.
#[derive(Clone, Debug)]
pub struct Aws {
    endpoint: String,
    credentials: Credentials,
    http: reqwest::Client,
    connector: SharedHttpClient,
}

/// What AWS answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status of HTTP.
    pub status: u16,
    /// The document.
    pub body: String,
}

impl Aws {
    /// Access of an account's root.
    pub fn root(endpoint: &str, tls: &Tls) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "order-tests");
        Self { endpoint: endpoint.to_owned(), credentials, http: tls.http_client(), connector: tls.aws_client() }
    }

    /// The same AWS at another address, such as the one without TLS.
    pub fn at(&self, endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), ..self.clone() }
    }

    /// The same AWS with somebody's credentials.
    pub fn with(&self, credentials: Credentials) -> Self {
        Self { credentials, ..self.clone() }
    }

    /// Where it is.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whose access this is.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Takes on a role.
    ///
    /// # Panics
    ///
    /// If AWS refuses.
    pub async fn assume(&self, role: &str, session: &str) -> Self {
        let parameters = [("RoleArn", role), ("RoleSessionName", session)];
        let answer = self.query(("sts", "2011-06-15", REGION), "AssumeRole", &parameters).await;
        assert_eq!(answer.status, 200, "AssumeRole {role}: {}", answer.body);
        let part = |name| element(&answer.body, name).unwrap_or_else(|| panic!("no {name}: {}", answer.body));
        let token = Some(part("SessionToken").to_owned());
        self.with(Credentials::new(part("AccessKeyId"), part("SecretAccessKey"), token, None, "order-tests"))
    }

    /// Asks a service whose requests are forms.
    pub async fn query(
        &self,
        (service, version, region): (&str, &str, &str),
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Answer {
        let all = [&[("Action", action), ("Version", version)], parameters].concat();
        let body: Vec<String> = all.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        self.ask((service, region), ("POST", "/"), &[("content-type", FORM)], body.join("&").as_bytes()).await
    }

    /// Asks a service whose requests are JSON; the action is as in `secretsmanager.GetSecretValue`.
    pub async fn json(&self, service: &str, action: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", action)];
        self.ask((service, REGION), ("POST", "/"), &headers, body.to_string().as_bytes()).await
    }

    /// Sends a signed request.
    pub async fn ask(
        &self,
        (service, region): (&str, &str),
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let url = format!("{}{path}", self.endpoint);
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder().identity(&identity).region(region).name(service);
        let parameters = parameters.time(SystemTime::now()).settings(SigningSettings::default());
        let parameters = parameters.build().expect("nothing is missing").into();
        let signable = SignableRequest::new(method, &url, headers.iter().copied(), SignableBody::Bytes(body));
        let signed =
            sign(signable.expect("the request can be signed"), &parameters).expect("the request can be signed");
        let (signature, _) = signed.into_parts();
        let method = method.parse().expect("the method is one of HTTP");
        let mut request = self.http.request(method, &url).body(body.to_vec());
        for (name, value) in headers.iter().copied().chain(signature.headers()) {
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("AWS answers");
        let status = answer.status().as_u16();
        Answer { status, body: answer.text().await.expect("the answer comes whole") }
    }

    /// A client of SQS, which tries once.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::Config::builder().behavior_version(BehaviorVersion::latest());
        let config =
            config.region(Region::new(REGION)).endpoint_url(&self.endpoint).http_client(self.connector.clone());
        let config = config.credentials_provider(self.credentials.clone()).retry_config(RetryConfig::disabled());
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// A client of SNS, which tries once.
    pub fn sns(&self) -> aws_sdk_sns::Client {
        let config = aws_sdk_sns::Config::builder().behavior_version(BehaviorVersion::latest());
        let config =
            config.region(Region::new(REGION)).endpoint_url(&self.endpoint).http_client(self.connector.clone());
        let config = config.credentials_provider(self.credentials.clone()).retry_config(RetryConfig::disabled());
        aws_sdk_sns::Client::from_conf(config.build())
    }

    /// A client of DynamoDB, which tries once.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder().behavior_version(BehaviorVersion::latest());
        let config =
            config.region(Region::new(REGION)).endpoint_url(&self.endpoint).http_client(self.connector.clone());
        let config = config.credentials_provider(self.credentials.clone()).retry_config(RetryConfig::disabled());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// How many messages a queue holds: those that can be received, and those that somebody works on.
    pub async fn queue_depth(&self, url: &str) -> (u64, u64) {
        use aws_sdk_sqs::types::QueueAttributeName::{
            ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
        };
        let names = [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible];
        let asked = self.sqs().get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
        let answer = asked.send().await.expect("the queue has attributes");
        let attributes = answer.attributes.unwrap_or_default();
        let [visible, busy] = names.map(|name| attributes.get(&name).and_then(|n| n.parse().ok()).unwrap_or_default());
        (visible, busy)
    }

    /// Takes every message out of a queue that can be received now.
    pub async fn drain(&self, url: &str) -> Vec<aws_sdk_sqs::types::Message> {
        let (sqs, mut all) = (self.sqs(), Vec::new());
        loop {
            let asked = sqs.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(0);
            let asked = asked.message_attribute_names("All").message_system_attribute_names("All".into());
            let messages = asked.send().await.expect("the queue can be received from").messages.unwrap_or_default();
            if messages.is_empty() {
                return all;
            }
            for message in messages {
                let receipt = message.receipt_handle.clone().expect("a message has a receipt");
                sqs.delete_message().queue_url(url).receipt_handle(receipt).send().await.expect("it can be deleted");
                all.push(message);
            }
        }
    }
}

/// The text of the first element of a name.
pub fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text)
}

/// A value of a form.
fn encode(value: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    value.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
