//! What a customer asks for.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The id of an order.
///
/// It follows from the user and the idempotency key, so that the same order has the same id wherever it is written
/// first: by the service, by the worker of the queue `intake`, or after the database was down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(Uuid);

impl OrderId {
    /// Of our own; made once at random.
    const NAMESPACE: Uuid = Uuid::from_u128(0x6b0f_91d2_3c0a_4c7e_9a53_7f41_d2e8_5b16);

    /// Returns the id of the order that a user placed under a key.
    pub fn of(user: &UserId, key: &str) -> Self {
        // The length keeps `("a", "bc")` and `("ab", "c")` apart.
        let name = format!("{}:{}{key}", user.as_str().len(), user.as_str());
        Self(Uuid::new_v5(&Self::NAMESPACE, name.as_bytes()))
    }

    /// Returns it as the database has it.
    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for OrderId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl FromStr for OrderId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The claim `sub` of a token: who placed an order. 1 to 255 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

impl UserId {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let sound = (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::one("sub", "must have 1 to 255 visible characters"))
        }
    }
}

impl TryFrom<String> for UserId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<UserId> for String {
    fn from(user: UserId) -> Self {
        user.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Some of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// Which product. 1 to 64 letters, digits, `-`, `_` and `.`.
    pub product_id: String,
    /// How many. 1 to 1,000.
    #[serde(deserialize_with = "amount")]
    pub qty: u32,
}

/// How many, as JSON has it: `2` and `2.0` are the same number.
struct Amount(u32);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Numbers;

        impl Visitor<'_> for Numbers {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Amount, E> {
                u32::try_from(value).map(Amount).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Amount, E> {
                u32::try_from(value).map(Amount).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Amount, E> {
                // The text of a whole number has no fraction, so that nothing is rounded.
                value.to_string().parse().map(Amount).map_err(|_| E::invalid_value(Unexpected::Float(value), &self))
            }
        }

        from.deserialize_any(Numbers)
    }
}

fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    Amount::deserialize(from).map(|Amount(amount)| amount)
}

/// An order as it is asked for: one product, or `lines` with several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// What is ordered, 1 to [`NewOrder::MOST_LINES`] lines.
    pub lines: Vec<Line>,
    /// The key under which it is one and the same order however often it is sent; from the body, if it is there.
    pub idempotency_key: Option<String>,
}

/// What a body may have; `NewOrder` is what it must mean.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    product_id: Option<String>,
    qty: Option<Amount>,
    lines: Option<Vec<Line>>,
    idempotency_key: Option<String>,
}

impl NewOrder {
    /// Most lines of one order.
    pub const MOST_LINES: usize = 10_000;
    /// Most characters of an idempotency key.
    pub const LONGEST_KEY: usize = 255;

    /// Whether a text can be an idempotency key: 1 to 255 visible ASCII characters.
    pub fn is_key(text: &str) -> bool {
        (1..=Self::LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, at once; what is no JSON of the right shape is one problem.
    pub fn read(body: &[u8]) -> Result<Self, Invalid> {
        let body: Body = serde_json::from_slice(body).map_err(|error| Invalid::one("", error.to_string()))?;
        let mut problems = Vec::new();
        let lines = match (body.product_id, body.qty, body.lines) {
            (Some(product_id), Some(Amount(qty)), None) => vec![Line { product_id, qty }],
            (None, None, Some(lines)) => lines,
            (Some(_), None, None) => {
                problems.push(Problem::new("/qty", "is missing"));
                Vec::new()
            }
            (None, Some(_), None) => {
                problems.push(Problem::new("/productId", "is missing"));
                Vec::new()
            }
            (None, None, None) => {
                problems.push(Problem::new("", "needs `productId` and `qty`, or `lines`"));
                Vec::new()
            }
            (_, _, Some(_)) => {
                problems.push(Problem::new("/lines", "cannot stand beside `productId` and `qty`"));
                Vec::new()
            }
        };
        let order = Self { lines, idempotency_key: body.idempotency_key };
        if problems.is_empty() {
            order.check(&mut problems);
        }
        if problems.is_empty() { Ok(order) } else { Err(Invalid(problems)) }
    }

    fn check(&self, problems: &mut Vec<Problem>) {
        if self.lines.is_empty() || self.lines.len() > Self::MOST_LINES {
            problems.push(Problem::new("/lines", format!("must have 1 to {} lines", Self::MOST_LINES)));
        }
        for (index, line) in self.lines.iter().enumerate() {
            let at = |field: &str| {
                if self.lines.len() == 1 { format!("/{field}") } else { format!("/lines/{index}/{field}") }
            };
            let letters = line.product_id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            if !(1..=64).contains(&line.product_id.len()) || !letters {
                problems.push(Problem::new(at("productId"), "must have 1 to 64 letters, digits, `-`, `_` and `.`"));
            }
            if !(1..=1_000).contains(&line.qty) {
                problems.push(Problem::new(at("qty"), "must be 1 to 1000"));
            }
        }
        if let Some(key) = &self.idempotency_key
            && let Err(Invalid(wrong)) = check_key(key)
        {
            problems.extend(wrong.into_iter().map(|problem| Problem::new("/idempotencyKey", problem.detail)));
        }
    }

    /// Returns a digest of what is ordered: two orders under one key are the same order if it is equal.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for Line { product_id, qty } in &self.lines {
            digest.update(format!("{product_id}\n{qty}\n"));
        }
        digest.finalize().into()
    }
}

/// Checks an idempotency key: 1 to 255 visible ASCII characters.
///
/// # Errors
///
/// Says what it must be.
pub(crate) fn check_key(key: &str) -> Result<(), Invalid> {
    if NewOrder::is_key(key) { Ok(()) } else { Err(Invalid::one("", "must have 1 to 255 visible ASCII characters")) }
}

/// One thing that is wrong with what somebody sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole.
    pub pointer: String,
    /// What it must be.
    pub detail: String,
}

impl Problem {
    fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// Everything that is wrong with what somebody sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Invalid(pub Vec<Problem>);

impl Invalid {
    pub(crate) fn one(pointer: &str, detail: impl Into<String>) -> Self {
        Self(vec![Problem::new(pointer, detail)])
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { pointer, detail }) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { "; " };
            write!(f, "{gap}{pointer}{}{detail}", if pointer.is_empty() { "" } else { " " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(body: &str) -> String {
        NewOrder::read(body.as_bytes()).expect_err(body).to_string()
    }

    #[test]
    fn one_product_is_an_order_of_one_line() {
        let one = NewOrder::read(br#"{"productId":"sku-328","qty":2,"idempotencyKey":"k"}"#).expect("it is an order");
        let many = NewOrder::read(br#"{"lines":[{"productId":"sku-328","qty":2}]}"#).expect("it is an order");
        assert_eq!((one.lines.clone(), one.fingerprint()), (many.lines.clone(), many.fingerprint()));
        assert_eq!((one.idempotency_key.as_deref(), many.idempotency_key), (Some("k"), None));
    }

    #[test]
    fn a_whole_number_may_have_a_fraction_of_nothing() {
        for amount in ["2", "2.0", "2e0", "0.2E1"] {
            let body = format!(r#"{{"lines":[{{"productId":"a","qty":{amount}}}]}}"#);
            assert_eq!(NewOrder::read(body.as_bytes()).map(|order| order.lines[0].qty), Ok(2), "{amount}");
            let body = format!(r#"{{"productId":"a","qty":{amount}}}"#);
            assert_eq!(NewOrder::read(body.as_bytes()).map(|order| order.lines[0].qty), Ok(2), "{amount}");
        }
        for amount in ["2.5", "-1", "-1.0", "4294967296", "1e300", "\"2\"", "true"] {
            let said = wrong(&format!(r#"{{"productId":"a","qty":{amount}}}"#));
            assert!(said.contains("expected a whole number"), "{said}");
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let said = wrong(r#"{"lines":[{"productId":"a b","qty":0},{"productId":"b","qty":1001}],"idempotencyKey":""}"#);
        assert_eq!(said.matches("; ").count(), 3, "{said}");
        assert!(said.starts_with("/lines/0/productId must have 1 to 64"), "{said}");
        assert!(said.contains("/idempotencyKey must have 1 to 255"), "{said}");
        assert_eq!(wrong(r#"{"productId":"a"}"#), "/qty is missing");
        assert_eq!(wrong("{}"), "needs `productId` and `qty`, or `lines`");
        assert_eq!(wrong(r#"{"qty":1,"lines":[]}"#), "/lines cannot stand beside `productId` and `qty`");
        assert_eq!(wrong(r#"{"lines":[]}"#), "/lines must have 1 to 10000 lines");
        assert!(wrong(r#"{"productId":"a","qty":1,"colour":"red"}"#).contains("unknown field `colour`"));
        assert!(wrong(r#"{"productId":"a","qty":-1}"#).contains("-1"));
        assert!(wrong("nonsense").contains("expected"));
    }

    #[test]
    fn the_id_follows_from_user_and_key() {
        let user = |text: &str| text.parse::<UserId>().expect("it is a user");
        assert_eq!(OrderId::of(&user("a"), "bc"), OrderId::of(&user("a"), "bc"));
        assert_ne!(OrderId::of(&user("a"), "bc"), OrderId::of(&user("ab"), "c"));
        assert_ne!(OrderId::of(&user("a"), "bc"), OrderId::of(&user("a"), "bd"));
        assert!("".parse::<UserId>().is_err() && "a\n".parse::<UserId>().is_err());
    }
}
