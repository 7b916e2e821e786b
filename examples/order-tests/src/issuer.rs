//! Whoever issues tokens: a synthetic OpenID provider whose access tokens are shaped as those of Amazon Cognito.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::serve::Server;

/// Lifetime of a token when nothing else is said, as the platform's client has it.
pub const LIFETIME: Duration = Duration::from_hours(1);

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is about.
    pub sub: String,
    /// The application that it was issued to. Access tokens of Cognito have no `aud`.
    pub client_id: String,
    /// `access`, other than for an ID token.
    pub token_use: String,
    /// What may be done with it, separated by spaces.
    pub scope: String,
    /// When it ends, in seconds of Unix.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// When the customer signed in.
    pub auth_time: i64,
    /// Its own id.
    pub jti: String,
}

/// What can be wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is over.
    Expired,
    /// Somebody else issued it.
    Issuer,
    /// It was issued to another application.
    Client,
    /// It is signed by a key that the issuer does not have, under the name of one that it has.
    Key,
    /// It has no signature and says so: `alg: none`.
    Unsigned,
    /// It is signed by HMAC with the public key as the secret.
    PublicKeyAsSecret,
    /// It is an ID token.
    IdToken,
}

impl Wrong {
    /// Everything that can be wrong.
    pub const ALL: [Self; 7] =
        [Self::Expired, Self::Issuer, Self::Client, Self::Key, Self::Unsigned, Self::PublicKeyAsSecret, Self::IdToken];
}

/// A key of RSA by which tokens are signed.
#[derive(Clone)]
struct Key {
    id: String,
    signs: EncodingKey,
    public: Jwk,
    public_pem: String,
}

/// The keys of all issuers of this process; making one takes long. The last one is of nobody.
static KEYS: LazyLock<[Key; 3]> = LazyLock::new(|| ["first", "second", "foreign"].map(Key::generate));

struct Keys {
    /// Signs.
    current: usize,
    /// Are published.
    published: Vec<usize>,
}

/// An issuer on loopback.
pub struct Issuer {
    server: Server,
    keys: Arc<Mutex<Keys>>,
}

impl Issuer {
    /// Starts one.
    pub async fn start() -> Self {
        let keys = Arc::new(Mutex::new(Keys { current: 0, published: vec![0] }));
        let state = keys.clone();
        let server = Server::with_address(move |address| {
            let issuer = format!("http://{address}");
            let configuration = json!({
                "issuer": issuer,
                "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            });
            Router::new()
                .route("/.well-known/openid-configuration", get(|| async move { Json(configuration) }))
                .route("/.well-known/jwks.json", get(published))
                .with_state(state)
        });
        Self { server: server.await, keys }
    }

    /// Its name, which is its address.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// A token for what a customer may do by default.
    pub fn token(&self, sub: &str, client_id: &str) -> String {
        self.token_for(sub, client_id, &["orders/read", "orders/write"], LIFETIME)
    }

    /// A token with scopes and a lifetime.
    pub fn token_for(&self, sub: &str, client_id: &str, scopes: &[&str], lifetime: Duration) -> String {
        self.sign(&self.claims(sub, client_id, scopes, lifetime))
    }

    /// What a token would say.
    pub fn claims(&self, sub: &str, client_id: &str, scopes: &[&str], lifetime: Duration) -> Claims {
        let now = jiff::Timestamp::now().as_second();
        Claims {
            iss: self.url(),
            sub: sub.to_owned(),
            client_id: client_id.to_owned(),
            token_use: "access".to_owned(),
            scope: scopes.join(" "),
            exp: now + i64::try_from(lifetime.as_secs()).expect("a short time"),
            iat: now,
            auth_time: now,
            jti: Uuid::new_v4().to_string(),
        }
    }

    /// Signs claims by the current key.
    pub fn sign(&self, claims: &impl Serialize) -> String {
        KEYS[self.locked().current].sign(claims)
    }

    /// A token that nobody may accept, and whose scopes would do.
    pub fn bad_token(&self, wrong: Wrong, sub: &str, client_id: &str) -> String {
        let mut claims = self.claims(sub, client_id, &["orders/read", "orders/write"], LIFETIME);
        let key = &KEYS[self.locked().current];
        match wrong {
            Wrong::Expired => {
                // Longer ago than clocks may differ.
                claims.iat -= 7200;
                claims.exp -= 7200;
            }
            Wrong::Issuer => "https://issuer.example.com".clone_into(&mut claims.iss),
            Wrong::Client => "another-client".clone_into(&mut claims.client_id),
            Wrong::Key => return Key { id: key.id.clone(), ..KEYS[2].clone() }.sign(&claims),
            Wrong::Unsigned => {
                let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
                let claims = serde_json::to_value(&claims).expect("claims are JSON");
                return format!("{}.{}.", part(&json!({ "alg": "none", "kid": key.id })), part(&claims));
            }
            Wrong::PublicKeyAsSecret => {
                let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::HS256) };
                let secret = EncodingKey::from_secret(key.public_pem.as_bytes());
                return encode(&header, &claims, &secret).expect("claims can be signed");
            }
            Wrong::IdToken => {
                let mut claims = serde_json::to_value(&claims).expect("claims are JSON");
                let object = claims.as_object_mut().expect("claims are an object");
                object.retain(|name, _| name != "client_id" && name != "scope");
                object.insert("token_use".to_owned(), "id".into());
                object.insert("aud".to_owned(), client_id.into());
                return key.sign(&claims);
            }
        }
        key.sign(&claims)
    }

    /// Signs by another key from now on. Tokens that are signed by the old one stay good.
    pub fn rotate(&self) {
        let mut keys = self.locked();
        keys.current = 1 - keys.current;
        keys.published = vec![0, 1];
    }

    /// Publishes the current key only: tokens that are signed by another one are worth nothing.
    pub fn forget_old_keys(&self) {
        let mut keys = self.locked();
        keys.published = vec![keys.current];
    }

    /// The keys that are published.
    pub fn jwks(&self) -> JwkSet {
        set(&self.locked())
    }

    fn locked(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Issuer").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Key {
    fn generate(id: &str) -> Self {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key can be made");
        let signs = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).expect("the key is one of RSA");
        let mut public = Jwk::from_encoding_key(&signs, Algorithm::RS256).expect("the key has a public part");
        public.common.key_id = Some(id.to_owned());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_algorithm = Some(KeyAlgorithm::RS256);
        Self { id: id.to_owned(), signs, public, public_pem: pair.public_key_pem() }
    }

    fn sign(&self, claims: &impl Serialize) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::RS256) };
        encode(&header, claims, &self.signs).expect("claims can be signed")
    }
}

fn set(keys: &Keys) -> JwkSet {
    JwkSet { keys: keys.published.iter().map(|&index| KEYS[index].public.clone()).collect() }
}

async fn published(State(keys): State<Arc<Mutex<Keys>>>) -> Json<JwkSet> {
    Json(set(&keys.lock().unwrap_or_else(PoisonError::into_inner)))
}
