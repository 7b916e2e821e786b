//! What is done with a request that may pass.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use aws_sdk_sqs::types::MessageAttributeValue;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use crate::aws::Aws;

use super::answer::{message, set};
use super::api::{Forward, Integration, IntegrationKind, Send};
use super::mapping::Context;

/// Headers of one connection, which are not handed on.
const HOPS: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Forwards a request to a pod: headers and body as they are.
pub(super) async fn forward(
    http: &reqwest::Client,
    integration: &Integration,
    backend: Option<SocketAddr>,
    context: &Context<'_>,
) -> Response {
    let unavailable = || message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    let Some(backend) = backend else { return unavailable() };
    let mut headers = handed_on(&context.head.headers);
    let client = context.client.ip().to_string();
    set(&mut headers, "x-forwarded-for", &client);
    set(&mut headers, "x-forwarded-proto", "https");
    set(&mut headers, "x-forwarded-port", "443");
    if let IntegrationKind::Forward(Forward { requests, .. }) = &integration.kind {
        requests.iter().for_each(|change| change.apply(context, &mut headers, None));
    }
    let path = context.head.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = http.request(context.head.method.clone(), format!("http://{backend}{path}"));
    let request = request.headers(headers).body(context.body.to_vec()).timeout(integration.timeout);
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_timeout() => return message(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout"),
        Err(_) => return unavailable(),
    };
    let (status, headers) = (answer.status(), handed_on(answer.headers()));
    match answer.bytes().await {
        Ok(body) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            map(integration, context, response)
        }
        Err(error) if error.is_timeout() => message(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout"),
        Err(_) => unavailable(),
    }
}

/// A message's attribute, as the mapping writes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Attribute {
    data_type: String,
    string_value: String,
}

/// Puts a request into a queue, as the integration's role.
pub(super) async fn send(role: &Aws, integration: &Integration, send: &Send, context: &Context<'_>) -> Response {
    let body = send.body.value(context);
    let attributes = send.attributes.as_ref().map(|attributes| attributes.value(context));
    let attributes = attributes.unwrap_or_else(|| "{}".to_owned());
    let Ok(attributes) = serde_json::from_str::<BTreeMap<String, Attribute>>(&attributes) else {
        return message(StatusCode::BAD_REQUEST, "Bad Request");
    };
    let sqs = role.sqs();
    let mut request = sqs.send_message().queue_url(send.queue.value(context)).message_body(body);
    for (name, attribute) in attributes {
        let value =
            MessageAttributeValue::builder().data_type(attribute.data_type).string_value(attribute.string_value);
        request = request.message_attributes(name, value.build().expect("an attribute has a type"));
    }
    request = request.set_message_group_id(send.group.as_ref().map(|group| group.value(context)));
    request = request.set_message_deduplication_id(send.deduplication.as_ref().map(|id| id.value(context)));
    match tokio::time::timeout(integration.timeout, request.send()).await {
        Err(_) => message(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout"),
        Ok(Err(error)) => {
            let status = error.raw_response().map_or(500, |response| response.status().as_u16());
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let reason = error.as_service_error().map_or_else(|| error.to_string(), ToString::to_string);
            map(integration, context, message(status, &reason))
        }
        Ok(Ok(done)) => {
            let document = format!(
                "<?xml version=\"1.0\"?><SendMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">\
                 <SendMessageResult><MessageId>{}</MessageId><MD5OfMessageBody>{}</MD5OfMessageBody>\
                 </SendMessageResult></SendMessageResponse>",
                done.message_id.unwrap_or_default(),
                done.md5_of_message_body.unwrap_or_default()
            );
            let mut response = Response::new(Body::from(document));
            set(response.headers_mut(), header::CONTENT_TYPE.as_str(), "text/xml");
            map(integration, context, response)
        }
    }
}

/// Changes an answer as the integration says for its status.
fn map(integration: &Integration, context: &Context<'_>, response: Response) -> Response {
    let changes = integration.answers.get(&response.status().as_u16()).map_or(&[][..], Vec::as_slice);
    let (mut head, body) = response.into_parts();
    for change in changes {
        change.apply(context, &mut head.headers, Some(&mut head.status));
    }
    Response::from_parts(head, body)
}

fn handed_on(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| !HOPS.contains(&name.as_str()));
    let mut all = HeaderMap::new();
    for (name, value) in kept {
        all.append(name.clone(), value.clone());
    }
    all
}
