//! Which route a request takes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use axum::http::Method;

use super::api::Route;

/// How well a segment of a route fits: the better, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// `{name+}`, which takes the rest.
    Greedy,
    /// `{name}`.
    Parameter,
    /// The very text.
    Literal,
}

/// The route of a request with the values of its parameters: the most specific path, then the very method before `ANY`,
/// then `$default`.
pub(super) fn find<'a>(
    routes: &'a [Route],
    method: &Method,
    path: &str,
) -> Option<(&'a Route, BTreeMap<String, String>)> {
    let fits = routes.iter().filter_map(|route| {
        let (wanted, pattern) = route.key.split_once(' ')?;
        if wanted != "ANY" && wanted != method.as_str() {
            return None;
        }
        let (fit, parameters) = fit(pattern, path)?;
        Some(((fit, Reverse(wanted == "ANY")), route, parameters))
    });
    let best = fits.max_by(|(one, ..), (other, ..)| one.cmp(other));
    let otherwise = || routes.iter().find(|route| route.key == "$default").map(|route| (route, BTreeMap::new()));
    best.map(|(_, route, parameters)| (route, parameters)).or_else(otherwise)
}

fn fit(pattern: &str, path: &str) -> Option<(Vec<Fit>, BTreeMap<String, String>)> {
    let (mut fits, mut parameters) = (Vec::new(), BTreeMap::new());
    let mut rest = path.strip_prefix('/')?;
    let mut segments = pattern.strip_prefix('/')?.split('/').peekable();
    while let Some(segment) = segments.next() {
        let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        if let Some(name) = name.and_then(|name| name.strip_suffix('+')) {
            fits.push(Fit::Greedy);
            parameters.insert(name.to_owned(), rest.to_owned());
            return (!rest.is_empty()).then_some((fits, parameters));
        }
        let last = segments.peek().is_none();
        let (value, remaining) = match rest.split_once('/') {
            Some((value, remaining)) if !last => (value, remaining),
            None if last => (rest, ""),
            _ => return None,
        };
        match name {
            Some(name) if !value.is_empty() => {
                fits.push(Fit::Parameter);
                parameters.insert(name.to_owned(), value.to_owned());
            }
            None if segment == value => fits.push(Fit::Literal),
            _ => return None,
        }
        rest = remaining;
    }
    Some((fits, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_route_is_taken() {
        let keys = [
            "$default",
            "ANY /v1/{rest+}",
            "GET /v1/orders",
            "GET /v1/orders/{id}",
            "ANY /v1/orders/{id}",
            "POST /v1/orders/async",
        ];
        let routes = keys.map(|key| Route { key: key.to_owned(), integration: String::new(), scopes: None });
        let found = |method: Method, path: &str| {
            let (route, parameters) = find(&routes, &method, path).expect("there is a default");
            (route.key.clone(), parameters.into_values().collect::<Vec<_>>().join(","))
        };
        let expect = |key: &str, values: &str| (key.to_owned(), values.to_owned());
        assert_eq!(found(Method::GET, "/v1/orders"), expect("GET /v1/orders", ""));
        assert_eq!(found(Method::GET, "/v1/orders/1"), expect("GET /v1/orders/{id}", "1"));
        assert_eq!(found(Method::PUT, "/v1/orders/1"), expect("ANY /v1/orders/{id}", "1"));
        assert_eq!(found(Method::POST, "/v1/orders/async"), expect("POST /v1/orders/async", ""));
        assert_eq!(found(Method::GET, "/v1/orders/async"), expect("GET /v1/orders/{id}", "async"));
        assert_eq!(found(Method::GET, "/v1/orders/1/lines"), expect("ANY /v1/{rest+}", "orders/1/lines"));
        assert_eq!(found(Method::GET, "/v1/orders/"), expect("ANY /v1/{rest+}", "orders/"));
        assert_eq!(found(Method::GET, "/"), expect("$default", ""));
        assert!(find(&routes[2..], &Method::DELETE, "/v1/orders").is_none());
    }
}
