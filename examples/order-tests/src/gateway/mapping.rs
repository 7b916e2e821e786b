//! Parameter mapping: values that are made of a request.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, request};
use serde_json::Value;

/// What a value can be made of.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) id: &'a str,
    pub(super) head: &'a request::Parts,
    pub(super) body: &'a [u8],
    pub(super) client: SocketAddr,
    pub(super) route: &'a str,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) claims: Value,
}

/// A text with variables in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expression {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    RequestId,
    Claim(String),
    SourceIp,
    Method,
    RouteKey,
    Path,
    PathParameter(String),
    Header(String),
    Body,
}

/// A change of headers or status.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Sets a header, whatever it was.
    Overwrite(HeaderName, Expression),
    /// Adds a value to a header.
    Append(HeaderName, Expression),
    /// Takes a header away.
    Remove(HeaderName),
    /// Sets the status of an answer.
    Status(StatusCode),
}

impl Expression {
    /// # Panics
    ///
    /// If it has a variable that is not known here.
    pub(super) fn parse(text: &str) -> Self {
        if let Some(name) = text.strip_prefix('$').filter(|rest| !rest.starts_with('{')) {
            return Self { parts: vec![Part::variable(name)] };
        }
        let mut pieces = text.split("${");
        let mut parts = vec![Part::Text(pieces.next().unwrap_or_default().to_owned())];
        for piece in pieces {
            let (name, rest) = piece.split_once('}').unwrap_or_else(|| panic!("{text} has an open variable"));
            parts.extend([Part::variable(name), Part::Text(rest.to_owned())]);
        }
        Self { parts }
    }

    /// The value for a request; what the request does not have is empty.
    pub(super) fn value(&self, context: &Context<'_>) -> String {
        self.parts.iter().map(|part| part.value(context)).collect()
    }
}

impl Part {
    fn variable(name: &str) -> Self {
        match name {
            "context.requestId" => Self::RequestId,
            "context.identity.sourceIp" => Self::SourceIp,
            "context.httpMethod" => Self::Method,
            "context.routeKey" => Self::RouteKey,
            "context.path" | "request.path" => Self::Path,
            "request.body" => Self::Body,
            _ => {
                let after = |start| name.strip_prefix(start).map(str::to_owned);
                let claim = after("context.authorizer.claims.").map(Self::Claim);
                let header = || after("request.header.").map(Self::Header);
                let parameter = || after("request.path.").map(Self::PathParameter);
                claim
                    .or_else(header)
                    .or_else(parameter)
                    .unwrap_or_else(|| panic!("the variable {name} is not understood"))
            }
        }
    }

    fn value(&self, context: &Context<'_>) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::RequestId => context.id.to_owned(),
            Self::Claim(name) => match &context.claims[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
            Self::SourceIp => context.client.ip().to_string(),
            Self::Method => context.head.method.to_string(),
            Self::RouteKey => context.route.to_owned(),
            Self::Path => context.head.uri.path().to_owned(),
            Self::PathParameter(name) => context.parameters.get(name).cloned().unwrap_or_default(),
            Self::Header(name) => {
                let values = context.head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
                values.collect::<Vec<_>>().join(",")
            }
            Self::Body => String::from_utf8_lossy(context.body).into_owned(),
        }
    }
}

impl Change {
    /// Reads a change as `overwrite:header.x-request-id` and where its value comes from.
    ///
    /// # Panics
    ///
    /// If it changes something that is not known here.
    pub(super) fn parse(destination: &str, source: &str) -> Self {
        let header = |name: &str| name.parse().unwrap_or_else(|_| panic!("{name} is no header"));
        if destination == "overwrite:statuscode" {
            return Self::Status(source.parse().unwrap_or_else(|_| panic!("{source} is no status")));
        }
        match destination.split_once(":header.") {
            Some(("overwrite", name)) => Self::Overwrite(header(name), Expression::parse(source)),
            Some(("append", name)) => Self::Append(header(name), Expression::parse(source)),
            Some(("remove", name)) => Self::Remove(header(name)),
            _ => panic!("the mapping to {destination} is not understood"),
        }
    }

    /// Changes headers, and an answer's status.
    pub(super) fn apply(&self, context: &Context<'_>, headers: &mut HeaderMap, status: Option<&mut StatusCode>) {
        let header = |value: &Expression| HeaderValue::from_str(&value.value(context)).ok();
        match self {
            Self::Overwrite(name, value) => {
                if let Some(value) = header(value) {
                    headers.insert(name, value);
                }
            }
            Self::Append(name, value) => {
                if let Some(value) = header(value) {
                    headers.append(name, value);
                }
            }
            Self::Remove(name) => {
                headers.remove(name);
            }
            Self::Status(code) => *status.expect("requests have no status") = *code,
        }
    }
}
