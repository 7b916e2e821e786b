//! The way to an API server: the kubeconfig's context, its credentials, one request and its answer.

use std::time::Duration;

/// Longest that a connection may take to be made.
#[cfg(feature = "k8s")]
const CONNECT: Duration = Duration::from_secs(5);
/// Longest that one attempt of a request may take before it is tried again.
#[cfg(feature = "k8s")]
const ATTEMPT: Duration = Duration::from_secs(30);

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

/// What the server answered.
pub(super) struct Answer {
    pub(super) status: u16,
    /// How long it asks to wait.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
    /// What it warns of.
    pub(super) warnings: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) message: String,
    /// Whether asking again may help.
    pub(super) passing: bool,
}

#[cfg(feature = "k8s")]
pub(super) use with_kube::Transport;

#[cfg(feature = "k8s")]
mod with_kube {
    use std::error::Error as StdError;

    use http::header::{CONTENT_TYPE, RETRY_AFTER, WARNING};
    use kube::client::Body;
    use kube::config::{KubeConfigOptions, Kubeconfig};
    use kube::{Client, Config};

    use super::{ATTEMPT, Answer, CONNECT, Duration, Lost, Request};

    /// A connection to one API server.
    pub(in super::super) struct Transport {
        client: Client,
        /// Whether the server is on this machine.
        pub(in super::super) local: bool,
    }

    impl Transport {
        /// Takes a context of the kubeconfig, found as kubectl finds it; sends nothing yet.
        pub(in super::super) async fn connect(context: &str) -> Result<Self, String> {
            let chain = |error: &dyn StdError| chain(error);
            let file = Kubeconfig::read().map_err(|error| format!("no kubeconfig can be read: {}", chain(&error)))?;
            if !file.contexts.iter().any(|known| known.name == context) {
                let known: Vec<&str> = file.contexts.iter().map(|known| known.name.as_str()).collect();
                return Err(format!("the kubeconfig has no context `{context}`, only: {}", known.join(", ")));
            }
            let options = KubeConfigOptions { context: Some(context.to_owned()), ..KubeConfigOptions::default() };
            let config = Config::from_custom_kubeconfig(file, &options).await;
            let mut config = config.map_err(|error| format!("context `{context}`: {}", chain(&error)))?;
            // Attempts are made by `call`, which counts them.
            config.default_retry = false;
            config.connect_timeout = Some(CONNECT);
            config.read_timeout = Some(ATTEMPT);
            let host = config.cluster_url.host().unwrap_or_default();
            let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
            // A build of the whole workspace has two providers, and rustls then picks none.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = Client::try_from(config).map_err(|error| format!("context `{context}`: {}", chain(&error)))?;
            Ok(Self { client, local })
        }

        pub(in super::super) async fn send(&self, request: &Request) -> Result<Answer, Lost> {
            let built = http::Request::builder()
                .method(request.method)
                .uri(&request.path)
                .header(CONTENT_TYPE, request.content_type)
                .body(Body::from(request.body.clone()))
                .map_err(|error| Lost { message: error.to_string(), passing: false })?;
            match tokio::time::timeout(ATTEMPT, self.answer(built)).await {
                Ok(answer) => answer,
                Err(_) => {
                    Err(Lost { message: format!("no answer within {} seconds", ATTEMPT.as_secs()), passing: true })
                }
            }
        }

        async fn answer(&self, request: http::Request<Body>) -> Result<Answer, Lost> {
            let answer = self.client.send(request).await.map_err(|error| lost(&error))?;
            let status = answer.status().as_u16();
            let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            let warnings = answer.headers().get_all(WARNING).iter();
            let warnings = warnings.filter_map(|value| warning(value.to_str().ok()?)).collect();
            let body = answer.into_body().collect_bytes().await.map_err(|error| lost(&error))?;
            Ok(Answer { status, retry_after: retry_after.map(Duration::from_secs), body: body.to_vec(), warnings })
        }
    }

    /// The text of a header as `299 - "autoscaling/v2beta2 is deprecated"`.
    ///
    /// Source: <https://kubernetes.io/blog/2020/09/03/warnings/> (from memory): code 299, the agent `-`, the text in
    /// quotes.
    fn warning(header: &str) -> Option<String> {
        let text = header.split_once('"')?.1.strip_suffix('"')?;
        Some(text.replace("\\\"", "\""))
    }

    /// Credentials that cannot be had do not come by waiting, connections may.
    fn lost(error: &kube::Error) -> Lost {
        let passing = matches!(error, kube::Error::HyperError(_) | kube::Error::Service(_));
        Lost { message: chain(error), passing }
    }

    /// An error with its causes, each once.
    fn chain(error: &dyn StdError) -> String {
        let mut text = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            next = cause.source();
        }
        text
    }
}

/// Stands for the client where infra was built without it.
#[cfg(not(feature = "k8s"))]
pub(super) struct Transport {
    /// Whether the server is on this machine.
    pub(super) local: bool,
}

#[cfg(not(feature = "k8s"))]
impl Transport {
    pub(super) async fn connect(_context: &str) -> Result<Self, String> {
        std::future::ready(()).await;
        Err("this infra was built without the feature `k8s`".to_owned())
    }

    pub(super) async fn send(&self, request: &Request) -> Result<Answer, Lost> {
        std::future::ready(()).await;
        let Request { method, path, content_type, body } = request;
        let message = format!("{method} {path} with {} bytes of {content_type} cannot be sent", body.len());
        Err(Lost { message, passing: false })
    }
}
