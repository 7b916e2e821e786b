//! A request and its answer.

use serde_json::{Value, json};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// One who may do everything.
    Admin,
    /// Somebody with a name.
    Named(String),
    /// Nobody said who.
    Anonymous,
    /// With a token that nobody gave.
    Unknown,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) content_type: String,
    pub(crate) accept: String,
    pub(crate) user: User,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// One of the administrator.
    pub(crate) fn new(method: &str, target: &str, content_type: &str, body: &Value) -> Self {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let (method, target, content_type) = (method.to_owned(), target.to_owned(), content_type.to_owned());
        Self { method, target, content_type, accept: "application/json".to_owned(), user: User::Admin, body }
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(super) fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let of = query.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('='))?;
        Some(decoded(of))
    }

    pub(super) fn is_dry(&self) -> bool {
        self.query("dryRun").as_deref() == Some("All")
    }

    pub(super) fn is_apply(&self) -> bool {
        self.method == "PATCH" && self.content_type.starts_with("application/apply-patch")
    }

    pub(super) fn is_metadata(&self) -> bool {
        self.accept.contains("as=PartialObjectMetadata")
    }
}

pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits = [rest.clone().next(), rest.clone().nth(1)];
        match (byte, digits) {
            (b'%', [Some(high), Some(low)]) => {
                let text = [high, low];
                let code = std::str::from_utf8(&text).ok().and_then(|text| u8::from_str_radix(text, 16).ok());
                bytes.push(code.unwrap_or(b'?'));
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Of `Warning` and `Retry-After`.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// A text is answered as such.
    pub(crate) body: Value,
}

impl Answer {
    pub(super) fn of(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    pub(super) fn failure(code: u16, reason: &str, message: &str, details: Value) -> Self {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code,
        });
        if !reason.is_empty() {
            status["reason"] = reason.into();
        }
        if !details.is_null() {
            status["details"] = details;
        }
        Self::of(code, status)
    }

    pub(super) fn no_page() -> Self {
        Self::of(404, "404 page not found\n".into())
    }

    pub(super) fn bad(message: &str) -> Self {
        Self::failure(400, "BadRequest", message, Value::Null)
    }
}

/// A header that warns.
pub(super) fn warning(text: &str) -> (&'static str, String) {
    ("Warning", format!("299 - \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}
