//! The keys of the issuer, as its `/.well-known/jwks.json` has them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Longest that the issuer may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How often keys are fetched though nobody misses one.
const REFRESH: Duration = Duration::from_mins(10);
/// The issuer is not asked more often than this, however many unknown keys tokens name.
const PAUSE: Duration = Duration::from_secs(10);
/// While there are no keys at all, it is asked more often.
const PAUSE_WITHOUT: Duration = Duration::from_secs(1);
/// Most that a set of keys may have. Unit: bytes.
const LARGEST: usize = 256 * 1024;

/// Keys by name. The last set that could be fetched is kept while the issuer does not answer.
#[derive(Debug)]
pub struct Keys {
    url: String,
    client: reqwest::Client,
    known: RwLock<HashMap<String, Arc<DecodingKey>>>,
    /// When the issuer was last asked, and why it did not answer. Whoever asks has the lock, so that nobody else does.
    asked: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoKey {
    /// The issuer has none of this name.
    Unknown,
    /// The issuer does not answer, so that we cannot know.
    Unavailable(String),
}

impl Keys {
    /// Will fetch the keys of an issuer.
    ///
    /// # Errors
    ///
    /// There can be no client.
    pub fn new(issuer: &str) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        Ok(Self {
            url: format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/')),
            client: client.build()?,
            known: RwLock::default(),
            asked: Mutex::new(None),
        })
    }

    /// Returns a key; fetches the keys if it is not known.
    ///
    /// # Errors
    ///
    /// There is none, or it is not known whether there is.
    pub async fn get(&self, kid: &str) -> Result<Arc<DecodingKey>, NoKey> {
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        let answered = self.refresh(None).await;
        self.known(kid).ok_or(match answered {
            Ok(()) => NoKey::Unknown,
            Err(why) => NoKey::Unavailable(why),
        })
    }

    /// Fetches the keys again and again.
    pub async fn keep_fresh(&self) {
        loop {
            let pause = match self.refresh(Some(Duration::ZERO)).await {
                Ok(()) => REFRESH,
                Err(why) => {
                    tracing::warn!(cause = why, "the keys of the issuer cannot be fetched");
                    PAUSE
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Fetches the keys if that was not just done. Callers wait for the one that fetches.
    async fn refresh(&self, pause: Option<Duration>) -> Result<(), String> {
        let mut asked = self.asked.lock().await;
        let pause = pause.unwrap_or(if self.read().is_empty() { PAUSE_WITHOUT } else { PAUSE });
        if let Some((when, answered)) = asked.as_ref()
            && when.elapsed() < pause
        {
            return answered.clone();
        }
        let answered = self.fetch().await.map(|keys| {
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = keys;
        });
        *asked = Some((Instant::now(), answered.clone()));
        answered
    }

    async fn fetch(&self) -> Result<HashMap<String, Arc<DecodingKey>>, String> {
        let text = |error: reqwest::Error| error.without_url().to_string();
        let mut answer = self.client.get(&self.url).send().await.map_err(text)?.error_for_status().map_err(text)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(text)? {
            if body.len().saturating_add(chunk.len()) > LARGEST {
                return Err("the set of keys is too large".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        let set: JwkSet = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let keys: HashMap<_, _> = set.keys.iter().filter_map(usable).collect();
        if keys.is_empty() { Err("the set has no key for RS256".to_owned()) } else { Ok(keys) }
    }

    fn known(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.read().get(kid).cloned()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<String, Arc<DecodingKey>>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn usable(jwk: &Jwk) -> Option<(String, Arc<DecodingKey>)> {
    let common = &jwk.common;
    let rsa = matches!(jwk.algorithm, AlgorithmParameters::RSA(_));
    let signs = common.public_key_use.as_ref().is_none_or(|r#use| *r#use == PublicKeyUse::Signature);
    let algorithm = common.key_algorithm.is_none_or(|algorithm| algorithm == KeyAlgorithm::RS256);
    let kid = common.key_id.clone().filter(|_| rsa && signs && algorithm)?;
    Some((kid, Arc::new(DecodingKey::from_jwk(jwk).ok()?)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;

    use super::*;

    const SET: &str = r#"{"keys":[
        {"kty":"RSA","kid":"one","use":"sig","alg":"RS256","n":"sXchTu0g","e":"AQAB"},
        {"kty":"RSA","kid":"for-secrets","use":"enc","n":"sXchTu0g","e":"AQAB"},
        {"kty":"EC","kid":"curve","crv":"P-256","x":"AQAB","y":"AQAB"}]}"#;

    /// An issuer that answers well for as long as `good` says, and counts.
    async fn issuer(good: usize) -> (String, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let answer = async move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            if number < good { Ok(SET) } else { Err(StatusCode::INTERNAL_SERVER_ERROR) }
        };
        let router = Router::new().route("/.well-known/jwks.json", get(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let url = format!("http://{}/", listener.local_addr().expect("it has an address"));
        tokio::spawn(crate::server::serve(listener, router, std::future::pending(), Duration::ZERO));
        (url, asked)
    }

    #[tokio::test]
    async fn only_keys_that_sign_with_rs256_are_taken_and_the_issuer_is_asked_once() {
        let (url, asked) = issuer(9).await;
        let keys = Keys::new(&url).expect("there is a client");
        let (one, curve, secrets) = tokio::join!(keys.get("one"), keys.get("curve"), keys.get("for-secrets"));
        assert!(one.is_ok());
        assert_eq!((curve.err(), secrets.err()), (Some(NoKey::Unknown), Some(NoKey::Unknown)));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn old_keys_are_kept_while_the_issuer_does_not_answer() {
        let (url, _) = issuer(1).await;
        let keys = Keys::new(&url).expect("there is a client");
        assert!(keys.get("one").await.is_ok());
        keys.refresh(Some(Duration::ZERO)).await.expect_err("it does not answer any more");
        assert!(keys.get("one").await.is_ok());
        assert!(matches!(keys.get("two").await, Err(NoKey::Unavailable(_))));
    }

    #[tokio::test]
    async fn without_an_issuer_nothing_is_known() {
        let (url, asked) = issuer(0).await;
        let keys = Keys::new(&url).expect("there is a client");
        assert!(matches!(keys.get("one").await, Err(NoKey::Unavailable(_))));
        assert!(matches!(keys.get("one").await, Err(NoKey::Unavailable(_))));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
