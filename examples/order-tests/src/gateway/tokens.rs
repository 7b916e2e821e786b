//! The JWT authorizer.

use std::sync::{Mutex, PoisonError};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

/// What tokens are held against.
#[derive(Debug)]
pub(super) struct Tokens {
    issuer: String,
    audience: Vec<String>,
    http: reqwest::Client,
    /// The issuer's keys, as they were when a key was last missing.
    keys: Mutex<JwkSet>,
}

impl Tokens {
    /// Tokens of an issuer for these applications.
    pub(super) fn new(issuer: &str, audience: &[String]) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        let keys = Mutex::new(JwkSet { keys: Vec::new() });
        Self { issuer: issuer.to_owned(), audience: audience.to_vec(), http, keys }
    }

    /// The claims of a token, with or without `Bearer` before it, if it is good.
    pub(super) async fn validate(&self, token: &str) -> Option<Value> {
        let token = token.strip_prefix("Bearer ").unwrap_or(token);
        let header = decode_header(token).ok()?;
        let key = self.key(&header.kid?).await?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = 0;
        validation.validate_nbf = true;
        // Access tokens of Cognito have none; what there is is compared below.
        validation.validate_aud = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        let claims: Value = decode(token, &key, &validation).ok()?.claims;
        self.is_for_us(&claims).then_some(claims)
    }

    /// `aud` counts where it is there, `client_id` otherwise.
    fn is_for_us(&self, claims: &Value) -> bool {
        let known = |value: &Value| value.as_str().is_some_and(|text| self.audience.iter().any(|ours| ours == text));
        match &claims["aud"] {
            Value::Null => known(&claims["client_id"]),
            Value::Array(all) => all.iter().any(known),
            other => known(other),
        }
    }

    async fn key(&self, id: &str) -> Option<DecodingKey> {
        let find = |keys: &JwkSet| keys.find(id).and_then(|key| DecodingKey::from_jwk(key).ok());
        let known = find(&self.keys.lock().unwrap_or_else(PoisonError::into_inner));
        if known.is_some() {
            return known;
        }
        let answer = self.http.get(format!("{}/.well-known/jwks.json", self.issuer)).send().await.ok()?;
        let keys: JwkSet = answer.json().await.ok()?;
        let found = find(&keys);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        found
    }
}
