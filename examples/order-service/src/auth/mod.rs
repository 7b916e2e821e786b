//! Who calls: the bearer token, and what it allows.

mod keys;

use std::collections::BTreeSet;

use axum::http::{HeaderMap, header};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use order_events::UserId;
use serde::Deserialize;

use crate::problem::{Failure, Kind};
use crate::settings;

pub use keys::{Keys, NoKey};

/// How much the clocks of an issuer and of this machine may differ. Unit: seconds.
const LEEWAY: u64 = 30;

/// What a token may allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Seeing one's own orders.
    Read,
    /// Placing orders.
    Write,
}

impl Scope {
    /// Returns its name in tokens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "orders/read",
            Self::Write => "orders/write",
        }
    }
}

/// Looks at tokens.
#[derive(Debug)]
pub enum Tokens {
    /// Validates them itself, as the API's own authorizer does.
    Service(Box<Validator>),
    /// Believes them: a gateway has validated them.
    Gateway,
}

/// Validates tokens.
#[derive(Debug)]
pub struct Validator {
    keys: Keys,
    /// What every token must say.
    rules: Validation,
    /// Whom it must be for.
    audience: BTreeSet<String>,
}

/// What we read of a token.
#[derive(Clone, Debug, Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    aud: Option<Audience>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    token_use: Option<String>,
    #[serde(default)]
    scope: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Why there is nobody.
enum Refused {
    Missing,
    Invalid(String),
    NoKeys(String),
}

impl Tokens {
    /// Looks at them as the settings say.
    ///
    /// # Errors
    ///
    /// There can be no client for the issuer's keys.
    pub fn new(settings: &settings::Tokens) -> Result<Self, reqwest::Error> {
        Ok(match settings {
            settings::Tokens::Gateway => Self::Gateway,
            settings::Tokens::Service { issuer, audience } => {
                let mut rules = Validation::new(Algorithm::RS256);
                rules.leeway = LEEWAY;
                rules.validate_nbf = true;
                // `aud` may be missing, and then `client_id` counts: see `Claims::check`.
                rules.validate_aud = false;
                rules.set_issuer(&[issuer]);
                rules.set_required_spec_claims(&["exp", "iss", "sub"]);
                Self::Service(Box::new(Validator { keys: Keys::new(issuer)?, rules, audience: audience.clone() }))
            }
        })
    }

    /// Fetches the issuer's keys again and again, so that a change of keys is seen before it is needed.
    pub async fn keep_fresh(&self) {
        match self {
            Self::Service(validator) => validator.keys.keep_fresh().await,
            Self::Gateway => {}
        }
    }

    /// Returns who calls, if the token allows this.
    ///
    /// # Errors
    ///
    /// 401 without a valid token, 403 if it does not allow this, 503 if it cannot be told.
    pub async fn caller(&self, headers: &HeaderMap, scope: Scope) -> Result<UserId, Failure> {
        let claims = self.claims(headers).await.map_err(failure)?;
        let user = claims.sub.parse().map_err(|invalid| failure(Refused::Invalid(format!("{invalid}"))))?;
        if claims.scope.split(' ').any(|name| name == scope.as_str()) {
            return Ok(user);
        }
        let challenge = format!("Bearer realm=\"orders\", error=\"insufficient_scope\", scope=\"{}\"", scope.as_str());
        let failure = Failure::new(Kind::Forbidden, format!("The token needs the scope `{}`.", scope.as_str()));
        Err(failure.with_header(header::WWW_AUTHENTICATE, &challenge))
    }

    async fn claims(&self, headers: &HeaderMap) -> Result<Claims, Refused> {
        let token = bearer(headers)?;
        match self {
            Self::Gateway => jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(invalid),
            Self::Service(validator) => {
                let Validator { keys, rules, audience } = &**validator;
                let head = decode_header(token).map_err(invalid)?;
                // Before a key is looked for: nobody makes us ask the issuer with a token that is none of its.
                if head.alg != Algorithm::RS256 {
                    return Err(Refused::Invalid("it is not signed with RS256".to_owned()));
                }
                let kid = head.kid.ok_or_else(|| Refused::Invalid("it names no key".to_owned()))?;
                let key = keys.get(&kid).await.map_err(|error| match error {
                    NoKey::Unknown => Refused::Invalid("its key is none of the issuer's".to_owned()),
                    NoKey::Unavailable(why) => Refused::NoKeys(why),
                })?;
                let claims: Claims = decode(token, &key, rules).map_err(invalid)?.claims;
                claims.check(audience)?;
                Ok(claims)
            }
        }
    }
}

impl Claims {
    /// `client_id` counts only where there is no `aud`, as in the API's own authorizer:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>.
    fn check(&self, audience: &BTreeSet<String>) -> Result<(), Refused> {
        let meant = match (&self.aud, &self.client_id) {
            (Some(Audience::One(one)), _) | (None, Some(one)) => audience.contains(one),
            (Some(Audience::Several(several)), _) => several.iter().any(|one| audience.contains(one)),
            (None, None) => false,
        };
        if !meant {
            return Err(Refused::Invalid("it is for somebody else".to_owned()));
        }
        if self.token_use.as_deref().is_some_and(|r#use| r#use != "access") {
            return Err(Refused::Invalid("it is no access token".to_owned()));
        }
        Ok(())
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refused> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return Err(Refused::Missing) };
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refused::Missing)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(Refused::Missing) }
}

fn invalid(error: jsonwebtoken::errors::Error) -> Refused {
    use jsonwebtoken::errors::ErrorKind;
    // What a token holds is not repeated, neither in the answer nor in the log.
    let why = match error.kind() {
        ErrorKind::ExpiredSignature => "it has expired",
        ErrorKind::ImmatureSignature => "it is not valid yet",
        ErrorKind::InvalidIssuer => "somebody else issued it",
        ErrorKind::InvalidSignature => "its signature is wrong",
        ErrorKind::InvalidAlgorithm => "it is not signed with RS256",
        _ => "it cannot be read, or a claim is missing",
    };
    Refused::Invalid(why.to_owned())
}

fn failure(refused: Refused) -> Failure {
    match refused {
        Refused::Missing => Failure::new(Kind::Unauthenticated, "Send `Authorization: Bearer …` with an access token.")
            .with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"orders\""),
        Refused::Invalid(why) => {
            let challenge = format!("Bearer realm=\"orders\", error=\"invalid_token\", error_description=\"{why}\"");
            Failure::new(Kind::Unauthenticated, format!("The token is not accepted: {why}."))
                .with_header(header::WWW_AUTHENTICATE, &challenge)
        }
        Refused::NoKeys(why) => Failure::unavailable("Tokens cannot be validated now.", why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        serde_json::from_str(json).expect("it is claims")
    }

    #[test]
    fn the_client_counts_only_without_an_audience() {
        let audience = BTreeSet::from(["shop".to_owned()]);
        let meant = |json: &str| claims(json).check(&audience).is_ok();
        assert!(meant(r#"{"sub":"u","client_id":"shop"}"#) && meant(r#"{"sub":"u","aud":"shop"}"#));
        assert!(meant(r#"{"sub":"u","aud":["other","shop"],"client_id":"other"}"#));
        assert!(!meant(r#"{"sub":"u","aud":"other","client_id":"shop"}"#));
        assert!(!meant(r#"{"sub":"u"}"#) && !meant(r#"{"sub":"u","client_id":"other"}"#));
        assert!(meant(r#"{"sub":"u","client_id":"shop","token_use":"access"}"#));
        assert!(!meant(r#"{"sub":"u","client_id":"shop","token_use":"id"}"#));
    }

    #[test]
    fn only_one_bearer_token_is_one() {
        let token = |values: &[&str]| {
            let values = values.iter().map(|value| (header::AUTHORIZATION, value.parse().expect("it is a value")));
            let mut headers = HeaderMap::new();
            for (name, value) in values {
                headers.append(name, value);
            }
            bearer(&headers).ok().map(str::to_owned)
        };
        assert_eq!(token(&["Bearer a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(token(&["bearer a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(token(&["Basic a"]), None);
        assert_eq!(token(&["Bearer a", "Bearer b"]), None);
        assert_eq!(token(&[]), None);
    }
}
