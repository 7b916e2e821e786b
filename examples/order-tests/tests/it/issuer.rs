//! Tokens of the synthetic issuer.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use order_tests::issuer::{Claims, Issuer, Wrong};

/// Validates as a service does that knows the address only.
async fn validate(issuer: &Issuer, token: &str) -> Option<Claims> {
    let configuration = format!("{}/.well-known/openid-configuration", issuer.url());
    let configuration: serde_json::Value =
        reqwest::get(configuration).await.expect("an answer").json().await.expect("JSON");
    assert_eq!(configuration["issuer"], issuer.url());
    let keys = configuration["jwks_uri"].as_str().expect("an address");
    let keys: JwkSet = reqwest::get(keys).await.expect("an answer").json().await.expect("keys");
    let key = keys.find(&decode_header(token).ok()?.kid?)?.clone();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    validation.set_issuer(&[issuer.url()]);
    let key = DecodingKey::from_jwk(&key).expect("the key is one of RSA");
    let claims: Claims = decode(token, &key, &validation).ok()?.claims;
    (claims.client_id == "shop" && claims.token_use == "access").then_some(claims)
}

#[tokio::test]
async fn good_tokens_verify_and_bad_ones_do_not() {
    let issuer = Issuer::start().await;
    let claims = validate(&issuer, &issuer.token("user-1", "shop")).await.expect("the token is good");
    assert_eq!((claims.sub.as_str(), claims.scope.as_str()), ("user-1", "orders/read orders/write"));
    for wrong in Wrong::ALL {
        assert_eq!(validate(&issuer, &issuer.bad_token(wrong, "user-1", "shop")).await, None, "{wrong:?}");
    }
}

#[tokio::test]
async fn after_a_rotation_old_tokens_are_good_until_their_key_is_forgotten() {
    let issuer = Issuer::start().await;
    let old = issuer.token("user-1", "shop");
    issuer.rotate();
    let new = issuer.token("user-1", "shop");
    assert_ne!(decode_header(&old).expect("a token").kid, decode_header(&new).expect("a token").kid);
    assert!(validate(&issuer, &old).await.is_some());
    assert!(validate(&issuer, &new).await.is_some());
    issuer.forget_old_keys();
    assert!(validate(&issuer, &old).await.is_none());
    assert!(validate(&issuer, &new).await.is_some());
}
