//! The `OpenAPI` document. Paths, parameters and bodies come from the handlers and their types, problems from their
//! table.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Type};
use utoipa::{Modify, OpenApi as _};

use super::{find, place};
use crate::problem::{Kind, Problem};

/// What every route may answer.
const ALWAYS: [Kind; 8] = [
    Kind::Unauthenticated,
    Kind::Forbidden,
    Kind::Method,
    Kind::RateLimit,
    Kind::Internal,
    Kind::Unavailable,
    Kind::Overloaded,
    Kind::TimedOut,
];
/// What `POST /v1/orders` and `POST /v1/orders/async` may answer besides.
const PLACE: [Kind; 8] = [
    Kind::Malformed,
    Kind::Parameter,
    Kind::NoKey,
    Kind::TwoKeys,
    Kind::Conflict,
    Kind::TooLarge,
    Kind::MediaType,
    Kind::Invalid,
];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Orders",
        description = "Places orders and shows what became of them.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(place::place, place::later, find::order, find::orders),
    components(schemas(Problem)),
    modifiers(&Common),
)]
struct Document;

/// Returns the document.
pub fn document() -> OpenApi {
    Document::openapi()
}

/// Adds what is the same everywhere.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        if let Some(components) = &mut document.components {
            components.add_security_scheme("token", SecurityScheme::Http(scheme));
        }
        for (path, item) in &mut document.paths.paths {
            let own: &[Kind] = if path.ends_with("/{id}") { &[Kind::NotFound] } else { &[Kind::Parameter] };
            for (operation, own) in [(&mut item.get, own), (&mut item.post, &PLACE)] {
                if let Some(operation) = operation {
                    add(operation, own);
                }
            }
        }
    }
}

fn add(operation: &mut Operation, own: &[Kind]) {
    let mut kinds: BTreeMap<StatusCode, Vec<Kind>> = BTreeMap::new();
    for kind in ALWAYS.iter().chain(own) {
        kinds.entry(kind.status()).or_default().push(*kind);
    }
    let id = ParameterBuilder::new()
        .name("X-Request-ID")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The id of the request; without 1 to 128 visible ASCII characters it gets a new one."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    operation.parameters.get_or_insert_default().push(RefOr::T(id.build()));
    let all = &mut operation.responses.responses;
    all.extend(kinds.into_iter().map(|(status, kinds)| (status.as_str().to_owned(), problem(status, &kinds))));
    for response in all.values_mut() {
        if let RefOr::T(response) = response {
            response.headers.insert("X-Request-ID".to_owned(), header("The id of the request, as it came or new."));
        }
    }
}

fn problem(status: StatusCode, kinds: &[Kind]) -> RefOr<utoipa::openapi::Response> {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("{} (`{}`)", kind.title(), kind.as_str())).collect();
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    let mut response =
        ResponseBuilder::new().description(kinds.join("; ")).content("application/problem+json", content);
    let besides = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(("WWW-Authenticate", "What is missing.")),
        StatusCode::METHOD_NOT_ALLOWED => Some(("Allow", "The methods that the path knows.")),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Some(("Retry-After", "When to ask again. Unit: seconds."))
        }
        _ => None,
    };
    if let Some((name, description)) = besides {
        response = response.header(name, HeaderBuilder::new().description(Some(description)).build());
    }
    RefOr::T(response.build())
}

fn header(description: &str) -> RefOr<utoipa::openapi::Header> {
    RefOr::T(HeaderBuilder::new().description(Some(description)).build())
}
