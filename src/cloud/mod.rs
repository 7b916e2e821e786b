//! AWS: reads what is deployed, and carries out single requests. Decides nothing.
//!
//! The only room that names `aws_sdk_*`. Every request goes through [`call`], which keeps within rates, waits out what
//! passes by itself, and counts.

mod actions;
mod bucket;
mod call;
mod certificates;
mod change_sets;
mod clock;
mod pauses;
mod read;
mod signed;
mod stacks;
mod zones;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_types::service_config::ServiceConfigKey;

pub(crate) use self::actions::{Action, Use};
pub(crate) use self::call::Failure;
use self::call::{Calls, Whom};
pub(crate) use self::change_sets::{NewChangeSet, Review, UNSEEN};
pub(crate) use self::pauses::Pauses;
pub(crate) use self::read::{Extent, read};
use self::signed::{Ask, Signer, element};
pub(crate) use self::stacks::{Drift, Event, Operation, Summary};

/// Longest that one attempt of a request may take before it is tried again.
const ATTEMPT: Duration = Duration::from_secs(30);
/// Longest that a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// Where requests go, and as whom.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoint {
    /// An emulator on this machine; AWS itself if there is none.
    pub(crate) url: Option<String>,
    /// The account for which an emulator is asked.
    pub(crate) account: String,
}

/// Connections to AWS, one set of clients a region.
pub(crate) struct Cloud {
    config: SdkConfig,
    route53: aws_sdk_route53::Client,
    signer: Signer,
    local: bool,
    calls: Calls,
    whom: Whom,
    /// Tells people why a request is repeated.
    say: fn(&str),
    clients: Mutex<BTreeMap<String, Arc<Clients>>>,
}

/// The clients of one region.
struct Clients {
    cloudformation: aws_sdk_cloudformation::Client,
    acm: aws_sdk_acm::Client,
}

impl Cloud {
    /// Finds credentials and settings as the AWS CLI does; opens no connection to AWS itself yet.
    ///
    /// An emulator on this machine gets the account's number as its access key and never real credentials.
    pub(crate) async fn connect(endpoint: &Endpoint, region: &str, say: fn(&str)) -> Self {
        let (connector, http) = signed::connections();
        // Attempts are made by `call`, which keeps within rates and counts them.
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build(),
            );
        if let Some(url) = &endpoint.url {
            let credentials = Credentials::new(&endpoint.account, "local", None, None, "emulator");
            loader = loader.endpoint_url(url).credentials_provider(credentials);
        }
        let config = loader.load().await;
        let local = endpoint.url.is_some();
        Self {
            route53: aws_sdk_route53::Client::new(&config),
            signer: Signer::new(connector, config.clone()),
            config,
            local,
            calls: Calls::new(local),
            whom: Whom {
                url: endpoint.url.clone(),
                profile: std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()),
            },
            say,
            clients: Mutex::default(),
        }
    }

    fn clients(&self, region: &str) -> Arc<Clients> {
        let mut clients = self.clients.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let made = clients.entry(region.to_owned()).or_insert_with(|| {
            let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
            Arc::new(Clients {
                cloudformation: aws_sdk_cloudformation::Client::new(&config),
                acm: aws_sdk_acm::Client::new(&config),
            })
        });
        Arc::clone(made)
    }

    fn cloudformation(&self, region: &str) -> aws_sdk_cloudformation::Client {
        self.clients(region).cloudformation.clone()
    }

    fn route53(&self) -> aws_sdk_route53::Client {
        self.route53.clone()
    }

    /// The account that the credentials belong to.
    ///
    /// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html> (from memory).
    pub(crate) async fn account(&self) -> Result<String, Failure> {
        let region = self.config.region().map(Region::as_ref).unwrap_or_default();
        let url = format!("{}/", self.address("STS", region));
        let ask = || {
            self.signer.send(Ask {
                service: "sts",
                region,
                method: "POST",
                url: &url,
                content_type: "application/x-www-form-urlencoded",
                body: b"Action=GetCallerIdentity&Version=2011-06-15",
            })
        };
        let answer = self.call(Action::GetCallerIdentity, ask).await?;
        Ok(element(&String::from_utf8_lossy(&answer), "Account").unwrap_or_default())
    }

    /// Where a service is asked, without a slash at the end: at AWS, or where the settings of the SDK send its requests.
    ///
    /// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html> (from memory).
    fn address(&self, service: &str, region: &str) -> String {
        let url = self.elsewhere(service);
        url.unwrap_or_else(|| format!("https://{}.{region}.{}", service.to_lowercase(), suffix(region)))
    }

    /// Where the settings of the SDK send the requests of a service, without a slash at the end, if not to AWS.
    fn elsewhere(&self, service: &str) -> Option<String> {
        let key =
            ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
        let own = key.ok().and_then(|key| self.config.service_config()?.load_config(key));
        let url = if self.local { None } else { own }.or_else(|| self.config.endpoint_url().map(str::to_owned));
        url.map(|url| url.trim_end_matches('/').to_owned())
    }

    /// Whether an emulator on this machine stands for AWS; the public DNS knows nothing of what is there.
    pub(crate) fn is_local(&self) -> bool {
        self.local
    }

    /// How far the clock of AWS is ahead of this machine's, by its last answer about the account. Unit: seconds.
    pub(crate) fn ahead(&self) -> Option<i64> {
        self.signer.ahead()
    }

    /// How long something is waited for: a tenth of it where an emulator stands for AWS.
    pub(crate) fn patience(&self, time: Duration) -> Duration {
        if self.local { time / 10 } else { time }
    }

    /// How many requests were sent so far, by action, repeated ones counted again.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.calls.counts()
    }
}

/// Spells a time as AWS gives it, in RFC 3339.
fn time(time: Option<&aws_smithy_types::DateTime>) -> String {
    let time = time.and_then(|time| time.fmt(aws_smithy_types::date_time::Format::DateTime).ok());
    time.unwrap_or_default()
}

/// The end of the names of a region's services; of a region that is not known, the most common one.
fn suffix(region: &str) -> &'static str {
    region.parse::<crate::names::Region>().map_or("amazonaws.com", |region| region.partition().dns_suffix())
}
