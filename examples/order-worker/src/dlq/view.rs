//! Messages as they are printed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use order_events::attribute;
use serde::Serialize;
use serde_json::Value;

use crate::message::Message;

/// What a list says of a message.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    message_id: String,
    /// When it was put into the dead-letter queue, or into its own where SQS moved it.
    sent: String,
    receive_count: u32,
    event_type: Option<String>,
    order_id: Option<String>,
    request_id: Option<String>,
    /// Why the worker put it there; where SQS moved it, it had failed too often.
    reason: Option<String>,
}

/// A message with everything.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    #[serde(flatten)]
    row: Row,
    group: Option<String>,
    attributes: BTreeMap<String, String>,
    body: Value,
}

impl Row {
    fn of(message: &Message) -> Self {
        let body: Value = serde_json::from_str(&message.body).unwrap_or_default();
        let field = |name: &str| body.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let or = |name: &str, other: &str| message.attribute(name).map(ToOwned::to_owned).or_else(|| field(other));
        Self {
            message_id: message.id.clone(),
            sent: jiff::Timestamp::from_second(message.sent.as_second()).unwrap_or(message.sent).to_string(),
            receive_count: message.receives,
            event_type: or(attribute::EVENT_TYPE, "eventType"),
            order_id: field("orderId"),
            request_id: or(attribute::REQUEST_ID, "requestId"),
            reason: message.attribute(attribute::REASON).map(ToOwned::to_owned),
        }
    }
}

/// Prints a list for people. Others wrote the texts, so what would move the cursor is escaped.
pub(super) fn table(messages: &[Message]) -> String {
    if messages.is_empty() {
        return "The dead-letter queue is empty.".to_owned();
    }
    let head = ["MESSAGE ID", "SENT", "RECEIVED", "EVENT", "ORDER", "REQUEST", "REASON"].map(ToOwned::to_owned);
    let mut rows = vec![head];
    rows.extend(messages.iter().map(Row::of).map(|row| {
        let text = |text: Option<String>| text.map_or_else(|| "-".to_owned(), |text| escaped(&text));
        [
            row.message_id,
            row.sent,
            row.receive_count.to_string(),
            text(row.event_type),
            text(row.order_id),
            text(row.request_id),
            row.reason.map_or_else(|| "failed too often".to_owned(), |reason| escaped(&reason)),
        ]
    }));
    let widths: Vec<usize> = (0..7)
        .map(|column| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (text, width) in row.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(line, "{text:width$}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.trim_end().to_owned()
}

/// Prints a list for programs.
pub(super) fn json(messages: &[Message]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&messages.iter().map(Row::of).collect::<Vec<_>>())
}

/// Prints a message with everything. A body that is no JSON is a text.
pub(super) fn whole(message: &Message) -> serde_json::Result<String> {
    let body = serde_json::from_str(&message.body).unwrap_or_else(|_| message.body.as_str().into());
    let text = |name: &String| Some((name.clone(), message.attribute(name)?.to_owned()));
    let attributes = message.attributes.keys().filter_map(text).collect();
    let group = message.group.clone();
    serde_json::to_string_pretty(&Whole { row: Row::of(message), group, attributes, body })
}

fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str, reason: Option<&str>) -> Message {
        let message = Message {
            id: "m1".to_owned(),
            body: body.to_owned(),
            receives: 2,
            sent: "2025-12-06T14:00:00.123Z".parse().expect("it is a time"),
            ..Message::default()
        };
        match reason {
            Some(reason) => Message { attributes: message.with_reason(reason), ..message },
            None => message,
        }
    }

    #[test]
    fn a_list_says_what_it_is_and_why_it_is_there() {
        let body = r#"{"eventType":"OrderCreated","orderId":"o\u001b[1m","requestId":"r1"}"#;
        let said = table(&[message(body, Some("unknown version 9")), message("nonsense", None)]);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 3);
        for text in ["m1", "2025-12-06T14:00:00Z", "OrderCreated", "o\\u{1b}[1m", "r1", "unknown version 9"] {
            assert!(lines[1].contains(text), "{said}");
        }
        assert!(lines[2].ends_with("-  failed too often") || lines[2].ends_with("failed too often"), "{said}");
        assert_eq!(table(&[]), "The dead-letter queue is empty.");
    }

    #[test]
    fn a_message_is_shown_with_everything() {
        let said = whole(&message(r#"{"a":1}"#, Some("why"))).expect("it is JSON");
        let said: Value = serde_json::from_str(&said).expect("it is JSON");
        assert_eq!((&said["body"]["a"], &said["attributes"]["reason"]), (&Value::from(1), &Value::from("why")));
        let said = whole(&message("nonsense", None)).expect("it is JSON");
        assert!(said.contains(r#""body": "nonsense""#), "{said}");
        assert_eq!(json(&[]).expect("it is JSON"), "[]");
    }
}
