//! Messages, as a queue delivers them.

use std::collections::HashMap;

use aws_sdk_sqs::types::{Message as Raw, MessageAttributeValue, MessageSystemAttributeName};
use jiff::Timestamp;
use order_events::attribute;
use order_runtime::telemetry::Carrier;
use serde::Deserialize;

/// Most attributes that a message may have.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>.
pub const MOST_ATTRIBUTES: usize = 10;
/// Most that a reason may have. Unit: bytes.
pub const LONGEST_REASON: usize = 1024;

/// A message that was received.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its id, the same each time it is received.
    pub id: String,
    /// What this receipt is known by.
    pub receipt: String,
    /// Its body.
    pub body: String,
    /// Messages of one group are worked on in order; only in FIFO queues.
    pub group: Option<String>,
    /// How often it was received, with this time.
    pub receives: u32,
    /// When it was put into the queue.
    pub sent: Timestamp,
    /// Its attributes.
    pub attributes: HashMap<String, MessageAttributeValue>,
    /// The trace that AWS itself knows it by.
    pub trace_header: Option<String>,
}

/// What a body may say of where it comes from, if the attributes do not.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hint {
    request_id: Option<String>,
    traceparent: Option<String>,
}

impl Message {
    /// Reads what was received; nothing if it has no body or no receipt, which cannot be.
    pub fn read(raw: Raw) -> Option<Self> {
        let system = raw.attributes.unwrap_or_default();
        let number = |name| system.get(&name).and_then(|text| text.parse::<i64>().ok());
        let receives = number(MessageSystemAttributeName::ApproximateReceiveCount);
        let sent = number(MessageSystemAttributeName::SentTimestamp);
        Some(Self {
            id: raw.message_id?,
            receipt: raw.receipt_handle?,
            body: raw.body?,
            group: system.get(&MessageSystemAttributeName::MessageGroupId).cloned(),
            receives: receives.and_then(|number| u32::try_from(number).ok()).unwrap_or(1),
            sent: sent.and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_else(Timestamp::now),
            attributes: raw.message_attributes.unwrap_or_default(),
            trace_header: system.get(&MessageSystemAttributeName::AwsTraceHeader).cloned(),
        })
    }

    /// Returns the text of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(|value| value.string_value()).filter(|text| !text.is_empty())
    }

    /// Returns the request that led to it, and its trace context. The attributes say it; where they do not, the body may.
    pub fn origin(&self) -> (Option<String>, Carrier) {
        let mut carrier: Carrier = self
            .attributes
            .iter()
            .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.string_value()?.to_owned())))
            .collect();
        if let Some(header) = &self.trace_header {
            carrier.entry("x-amzn-trace-id".to_owned()).or_insert_with(|| header.clone());
        }
        let mut request = self.attribute(attribute::REQUEST_ID).map(ToOwned::to_owned);
        if request.is_none() || !carrier.contains_key(attribute::TRACEPARENT) {
            let hint: Hint = serde_json::from_str(&self.body).unwrap_or_default();
            request = request.or(hint.request_id);
            if let Some(traceparent) = hint.traceparent {
                carrier.entry(attribute::TRACEPARENT.to_owned()).or_insert(traceparent);
            }
        }
        (request, carrier)
    }

    /// Returns its attributes with a reason. If there are too many, those that we know stay.
    pub fn with_reason(&self, reason: &str) -> HashMap<String, MessageAttributeValue> {
        let known = [
            attribute::EVENT_TYPE,
            attribute::EVENT_VERSION,
            attribute::REQUEST_ID,
            attribute::TRACEPARENT,
            attribute::SUBJECT,
        ];
        let mut names: Vec<&String> = self.attributes.keys().filter(|name| *name != attribute::REASON).collect();
        names.sort_by_key(|name| (!known.contains(&name.as_str()), *name));
        let kept = names.into_iter().take(MOST_ATTRIBUTES - 1);
        let mut all: HashMap<_, _> =
            kept.filter_map(|name| Some((name.clone(), self.attributes.get(name)?.clone()))).collect();
        if let Some(value) = text_attribute(&printable(reason)) {
            all.insert(attribute::REASON.to_owned(), value);
        }
        all
    }

    /// Returns its attributes without a reason.
    pub fn without_reason(&self) -> HashMap<String, MessageAttributeValue> {
        let kept = self.attributes.iter().filter(|(name, _)| *name != attribute::REASON);
        kept.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// Makes an attribute of a text that is not empty.
fn text_attribute(text: &str) -> Option<MessageAttributeValue> {
    let text = if text.is_empty() { "unknown" } else { text };
    MessageAttributeValue::builder().data_type("String").string_value(text).build().ok()
}

/// What of a text may be in an attribute: no control characters, and not too long.
fn printable(text: &str) -> String {
    let mut end = text.len().min(LONGEST_REASON);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    // Others than those of XML 1.0 are refused: https://www.w3.org/TR/REC-xml/#charsets
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(names: &[&str]) -> Message {
        let attributes = names.iter().map(|name| {
            let value = text_attribute(&format!("{name}'s")).expect("it is an attribute");
            ((*name).to_owned(), value)
        });
        Message { attributes: attributes.collect(), ..Message::default() }
    }

    #[test]
    fn a_rejected_message_has_its_attributes_and_the_reason() {
        let all = message(&["eventType", "reason"]).with_reason("unknown version 9");
        assert_eq!(all.len(), 2);
        assert_eq!(all["reason"].string_value(), Some("unknown version 9"));
        assert_eq!(all["eventType"].string_value(), Some("eventType's"));
        assert!(!message(&["eventType", "reason"]).without_reason().contains_key("reason"));
    }

    #[test]
    fn of_too_many_attributes_those_that_we_know_stay() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "x-request-id", "traceparent"];
        let all = message(&names).with_reason("r");
        assert_eq!(all.len(), MOST_ATTRIBUTES);
        assert!(["x-request-id", "traceparent", "a", "g", "reason"].iter().all(|name| all.contains_key(*name)));
        assert!(!all.contains_key("h"));
    }

    #[test]
    fn a_reason_fits_into_an_attribute() {
        let long = format!("{}ü", "x".repeat(LONGEST_REASON - 1));
        assert_eq!(printable(&long), "x".repeat(LONGEST_REASON - 1));
        assert_eq!(printable("a\u{0}b\nc"), "a b c");
        let all = message(&[]).with_reason("");
        assert_eq!(all["reason"].string_value(), Some("unknown"));
    }

    #[test]
    fn the_origin_is_in_the_attributes_or_in_the_body() {
        let mut said = message(&["x-request-id", "traceparent"]);
        said.body = r#"{"requestId":"other","traceparent":"other"}"#.to_owned();
        let (request, carrier) = said.origin();
        assert_eq!(request.as_deref(), Some("x-request-id's"));
        assert_eq!(carrier["traceparent"], "traceparent's");
        let (request, carrier) = Message { body: said.body, ..Message::default() }.origin();
        assert_eq!((request.as_deref(), carrier["traceparent"].as_str()), (Some("other"), "other"));
        let (request, carrier) = Message { body: "nonsense".to_owned(), ..Message::default() }.origin();
        assert_eq!((request, carrier.len()), (None, 0));
    }
}
